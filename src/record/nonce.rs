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
