//! The nonces of AEAD records.

use crate::crypto::AeadAlgorithm;
use crate::error::ProviderError;

/// How the nonce of a record is derived from the key block and eight bytes that differ for every record.
#[derive(Clone, Copy)]
pub(super) enum Nonces {
    /// RFC 5288 §3: four bytes of the key block, followed by the eight bytes, which each record carries.
    Explicit([u8; 4]),
    /// RFC 7905 §2: twelve bytes of the key block, XORed with the eight bytes, which are the sequence number.
    Implicit([u8; 12]),
}

impl Nonces {
    /// Returns the nonces for `algorithm`, with its part of the key block.
    pub(super) fn new(algorithm: AeadAlgorithm, fixed_iv: &[u8]) -> Result<Self, ProviderError> {
        let nonces = match algorithm {
            AeadAlgorithm::Aes128Gcm | AeadAlgorithm::Aes256Gcm => fixed_iv.try_into().map(Self::Explicit),
            AeadAlgorithm::ChaCha20Poly1305 => fixed_iv.try_into().map(Self::Implicit),
        };
        nonces.map_err(|_| ProviderError::Failed("cutting the key block"))
    }

    /// The number of nonce bytes that each record carries.
    pub(super) const fn explicit_len(self) -> usize {
        match self {
            Self::Explicit(_) => 8,
            Self::Implicit(_) => 0,
        }
    }

    /// The nonce with these eight bytes.
    pub(super) fn nonce(self, eight: [u8; 8]) -> [u8; 12] {
        let [e, f, g, h, i, j, k, l] = eight;
        match self {
            Self::Explicit([a, b, c, d]) => [a, b, c, d, e, f, g, h, i, j, k, l],
            Self::Implicit(mut iv) => {
                for (to, from) in iv.iter_mut().skip(4).zip(eight) {
                    *to ^= from;
                }
                iv
            }
        }
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
            assert_eq!(nonces.nonce(EIGHT), [0xa1, 0xa2, 0xa3, 0xa4, 0, 0, 0, 0, 0, 0, 1, 2]);
            assert_eq!(nonces.explicit_len(), 8);
            assert!(Nonces::new(algorithm, &[0; 12]).is_err());
        }
    }

    /// RFC 7905 §2: the sequence number, padded on the left to 12 bytes, is added by XOR to the IV.
    #[test]
    fn chacha20_poly1305_adds_the_sequence_number_to_the_fixed_iv() {
        let nonces = Nonces::new(AeadAlgorithm::ChaCha20Poly1305, &[0xff; 12]).unwrap();
        assert_eq!(nonces.nonce(EIGHT), [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xfd]);
        assert_eq!(nonces.explicit_len(), 0);
        assert!(Nonces::new(AeadAlgorithm::ChaCha20Poly1305, &[0; 4]).is_err());
    }
}
