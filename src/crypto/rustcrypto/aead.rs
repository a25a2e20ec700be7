//! AES-GCM and ChaCha20-Poly1305 for records.

use aes_gcm::aead::array::typenum::{U12, U16};
use aes_gcm::aead::{AeadCore, AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use alloc::boxed::Box;
use chacha20poly1305::ChaCha20Poly1305;

use crate::crypto::{AeadAlgorithm, AeadKey};
use crate::error::ProviderError;

pub(super) fn key(algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
    match algorithm {
        AeadAlgorithm::Aes128Gcm => new::<Aes128Gcm>(key),
        AeadAlgorithm::Aes256Gcm => new::<Aes256Gcm>(key),
        AeadAlgorithm::ChaCha20Poly1305 => new::<ChaCha20Poly1305>(key),
    }
}

fn new<A>(key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError>
where
    A: AeadInOut + AeadCore<NonceSize = U12, TagSize = U16> + KeyInit + Send + Sync + 'static,
{
    let key = A::new_from_slice(key).map_err(|_| ProviderError::Unsupported("an AEAD key of this length"))?;
    Ok(Box::new(Key(key)))
}

/// Its own type wipes it.
struct Key<A>(A);

impl<A: AeadInOut + AeadCore<NonceSize = U12, TagSize = U16> + Send + Sync> AeadKey for Key<A> {
    fn seal(&self, nonce: &[u8], aad: &[u8], text: &mut [u8], tag: &mut [u8]) -> Result<(), ProviderError> {
        const FAILED: ProviderError = ProviderError::Failed("encryption of a record");
        let nonce: &[u8; 12] = nonce.try_into().map_err(|_| FAILED)?;
        let made = self.0.encrypt_inout_detached(nonce.into(), aad, text.into()).map_err(|_| FAILED)?;
        if tag.len() != made.len() {
            return Err(FAILED);
        }
        tag.copy_from_slice(&made);
        Ok(())
    }

    fn open(&self, nonce: &[u8], aad: &[u8], text_and_tag: &mut [u8]) -> bool {
        let (Ok(nonce), Some((text, tag))) = (<&[u8; 12]>::try_from(nonce), text_and_tag.split_last_chunk_mut::<16>())
        else {
            return false;
        };
        self.0.decrypt_inout_detached(nonce.into(), aad, text.into(), &(*tag).into()).is_ok()
    }
}
