//! Hashes by RustCrypto.

#[cfg(feature = "rustcrypto")]
use alloc::boxed::Box;
use sha2::Digest as _;

#[cfg(feature = "rustcrypto")]
use crate::crypto::Hasher;
use crate::crypto::{Digest, HashAlgorithm};
#[cfg(feature = "rustcrypto")]
use crate::error::ProviderError;

/// The hash of `data`.
pub(in crate::crypto) fn hash(algorithm: HashAlgorithm, data: &[u8]) -> Digest {
    match algorithm {
        HashAlgorithm::Sha1 => Digest::new(&sha1::Sha1::digest(data)),
        HashAlgorithm::Sha256 => Digest::new(&sha2::Sha256::digest(data)),
        HashAlgorithm::Sha384 => Digest::new(&sha2::Sha384::digest(data)),
        HashAlgorithm::Sha512 => Digest::new(&sha2::Sha512::digest(data)),
    }
}

/// A hash of data that arrives in parts.
#[cfg(feature = "rustcrypto")]
pub(in crate::crypto) fn hasher(algorithm: HashAlgorithm) -> Box<dyn Hasher> {
    match algorithm {
        HashAlgorithm::Sha1 => Box::new(Hashing(sha1::Sha1::new())),
        HashAlgorithm::Sha256 => Box::new(Hashing(sha2::Sha256::new())),
        HashAlgorithm::Sha384 => Box::new(Hashing(sha2::Sha384::new())),
        HashAlgorithm::Sha512 => Box::new(Hashing(sha2::Sha512::new())),
    }
}

#[cfg(feature = "rustcrypto")]
struct Hashing<D>(D);

#[cfg(feature = "rustcrypto")]
impl<D: sha2::Digest + Clone + Send + Sync> Hasher for Hashing<D> {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn hash(&self) -> Result<Digest, ProviderError> {
        Ok(Digest::new(&self.0.clone().finalize()))
    }
}
