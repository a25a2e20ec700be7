//! HMAC (RFC 2104).

use alloc::boxed::Box;
use hmac::{Hmac, KeyInit, Mac};

use crate::crypto::{Digest, HashAlgorithm, HmacKey};
use crate::error::ProviderError;

pub(super) fn key(algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError> {
    match algorithm {
        HashAlgorithm::Sha1 => new::<Hmac<sha1::Sha1>>(key),
        HashAlgorithm::Sha256 => new::<Hmac<sha2::Sha256>>(key),
        HashAlgorithm::Sha384 => new::<Hmac<sha2::Sha384>>(key),
        HashAlgorithm::Sha512 => new::<Hmac<sha2::Sha512>>(key),
    }
}

fn new<M: Mac + KeyInit + Clone + Send + Sync + 'static>(key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError> {
    // Any length will do.
    let key =
        <M as KeyInit>::new_from_slice(key).map_err(|_| ProviderError::Unsupported("an HMAC key of this length"))?;
    Ok(Box::new(Key(key)))
}

/// The states after the two paddings of the key, which each MAC starts from. Its own type wipes it.
struct Key<M>(M);

impl<M: Mac + Clone + Send + Sync> HmacKey for Key<M> {
    fn sign(&self, parts: &[&[u8]]) -> Result<Digest, ProviderError> {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        Ok(Digest::new(&mac.finalize().into_bytes()))
    }
}
