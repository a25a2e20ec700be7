//! AES-GCM and ChaCha20-Poly1305 for records, by a library with the API of ring.

use alloc::boxed::Box;

use super::library::aead::{AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use crate::crypto::{AeadAlgorithm, AeadKey};
use crate::error::ProviderError;

pub(super) fn key(algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
    let algorithm = match algorithm {
        AeadAlgorithm::Aes128Gcm => &AES_128_GCM,
        AeadAlgorithm::Aes256Gcm => &AES_256_GCM,
        AeadAlgorithm::ChaCha20Poly1305 => &CHACHA20_POLY1305,
    };
    let key = UnboundKey::new(algorithm, key).map_err(|_| ProviderError::Unsupported("an AEAD key of this length"))?;
    Ok(Box::new(Key(LessSafeKey::new(key))))
}

/// "Less safe" because the record layer chooses the nonces.
struct Key(LessSafeKey);

impl AeadKey for Key {
    fn seal(&self, nonce: &[u8], aad: &[u8], text: &mut [u8], tag: &mut [u8]) -> Result<(), ProviderError> {
        const FAILED: ProviderError = ProviderError::Failed("encryption of a record");
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| FAILED)?;
        let made = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), text).map_err(|_| FAILED)?;
        if tag.len() != made.as_ref().len() {
            return Err(FAILED);
        }
        tag.copy_from_slice(made.as_ref());
        Ok(())
    }

    fn open(&self, nonce: &[u8], aad: &[u8], text_and_tag: &mut [u8]) -> bool {
        Nonce::try_assume_unique_for_key(nonce)
            .is_ok_and(|nonce| self.0.open_in_place(nonce, Aad::from(aad), text_and_tag).is_ok())
    }
}
