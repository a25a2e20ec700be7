//! The nonces of AEAD records.

use crate::crypto::AeadAlgorithm;
use crate::error::ProviderError;

/// The length of what differs for every record: a sequence number.
const COUNTER_LEN: usize = 8;

/// How the nonce of a record is derived from the key block and eight bytes that differ for every record: the bytes of the
/// key block are padded with zeros, and the last eight bytes are XORed with the eight.
///
/// For AES-GCM (RFC 5288 §3), the key block gives four bytes, and each record carries the eight. For ChaCha20-Poly1305
/// (RFC 7905 §2), it gives all twelve, and the eight are the sequence number, which is not sent.
#[derive(Clone, Copy)]
pub(super) struct Nonces {
    fixed: [u8; AeadAlgorithm::MAX_NONCE_LEN],
    algorithm: AeadAlgorithm,
}

/// A nonce.
pub(super) struct Nonce {
    bytes: [u8; AeadAlgorithm::MAX_NONCE_LEN],
    len: usize,
}

impl AsRef<[u8]> for Nonce {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Nonces {
    /// For `algorithm`, with its part of the key block.
    pub(super) fn new(algorithm: AeadAlgorithm, fixed_iv: &[u8]) -> Result<Self, ProviderError> {
        const FAILED: ProviderError = ProviderError::Failed("cutting the key block");
        let len = algorithm.nonce_len();
        let explicit_len = len.checked_sub(fixed_iv.len()).ok_or(FAILED)?;
        let fits = (COUNTER_LEN..=AeadAlgorithm::MAX_NONCE_LEN).contains(&len);
        if !fits || fixed_iv.len() != algorithm.fixed_iv_len() || ![0, COUNTER_LEN].contains(&explicit_len) {
            return Err(FAILED);
        }
        let mut fixed = [0; AeadAlgorithm::MAX_NONCE_LEN];
        for (to, from) in fixed.iter_mut().zip(fixed_iv) {
            *to = *from;
        }
        Ok(Self { fixed, algorithm })
    }

    /// How many bytes of the nonce each record carries.
    pub(super) const fn explicit_len(self) -> usize {
        self.algorithm.nonce_len() - self.algorithm.fixed_iv_len()
    }

    /// The length of the tag after the text, in bytes.
    pub(super) const fn tag_len(self) -> usize {
        self.algorithm.tag_len()
    }

    /// The number of data records that may be sealed under one key.
    pub(super) const fn max_records(self) -> u64 {
        self.algorithm.max_records()
    }

    /// The nonce with these eight bytes.
    pub(super) fn nonce(self, eight: [u8; COUNTER_LEN]) -> Nonce {
        let Self { fixed: mut bytes, algorithm } = self;
        let len = algorithm.nonce_len();
        // As one word: otherwise the next read of the nonce would have to wait for eight stores of single bytes.
        if let Some(last) = bytes.get_mut(..len).and_then(|nonce| nonce.last_chunk_mut()) {
            *last = (u64::from_ne_bytes(*last) ^ u64::from_ne_bytes(eight)).to_ne_bytes();
        }
        Nonce { bytes, len }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const EIGHT: [u8; 8] = [0, 0, 0, 0, 0, 0, 1, 2];

    /// RFC 5288 §3: the salt, then the explicit part.
    #[test]
    fn aes_gcm_puts_the_fixed_iv_before_the_explicit_part() {
        for algorithm in [AeadAlgorithm::Aes128Gcm, AeadAlgorithm::Aes256Gcm] {
            let nonces = Nonces::new(algorithm, &[0xa1, 0xa2, 0xa3, 0xa4]).unwrap();
            assert_eq!(nonces.nonce(EIGHT).as_ref(), [0xa1, 0xa2, 0xa3, 0xa4, 0, 0, 0, 0, 0, 0, 1, 2]);
            assert_eq!(nonces.explicit_len(), 8);
            assert!(Nonces::new(algorithm, &[0; 12]).is_err());
        }
    }

    /// RFC 7905 §2: the sequence number, padded on the left to 12 bytes, is added by XOR to the IV.
    #[test]
    fn chacha20_poly1305_adds_the_sequence_number_to_the_fixed_iv() {
        let nonces = Nonces::new(AeadAlgorithm::ChaCha20Poly1305, &[0xff; 12]).unwrap();
        assert_eq!(
            nonces.nonce(EIGHT).as_ref(),
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xfd]
        );
        assert_eq!(nonces.explicit_len(), 0);
        assert!(Nonces::new(AeadAlgorithm::ChaCha20Poly1305, &[0; 4]).is_err());
    }
}
