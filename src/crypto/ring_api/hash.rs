//! Hashes and HMAC, by a library with the API of ring.

use alloc::boxed::Box;

use super::library::{digest, hmac};
use crate::crypto::{Digest, HashAlgorithm, Hasher, HmacKey};
use crate::error::ProviderError;

pub(super) fn hash(algorithm: HashAlgorithm, data: &[u8]) -> Digest {
    Digest::new(digest::digest(of(algorithm), data).as_ref())
}

pub(super) fn hasher(algorithm: HashAlgorithm) -> Box<dyn Hasher> {
    Box::new(Hashing(digest::Context::new(of(algorithm))))
}

pub(super) fn hmac_key(algorithm: HashAlgorithm, key: &[u8]) -> Box<dyn HmacKey> {
    let algorithm = match algorithm {
        HashAlgorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        HashAlgorithm::Sha256 => hmac::HMAC_SHA256,
        HashAlgorithm::Sha384 => hmac::HMAC_SHA384,
        HashAlgorithm::Sha512 => hmac::HMAC_SHA512,
    };
    Box::new(Hmac(hmac::Key::new(algorithm, key)))
}

fn of(algorithm: HashAlgorithm) -> &'static digest::Algorithm {
    match algorithm {
        HashAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        HashAlgorithm::Sha256 => &digest::SHA256,
        HashAlgorithm::Sha384 => &digest::SHA384,
        HashAlgorithm::Sha512 => &digest::SHA512,
    }
}

struct Hashing(digest::Context);

impl Hasher for Hashing {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn hash(&self) -> Result<Digest, ProviderError> {
        Ok(Digest::new(self.0.clone().finish().as_ref()))
    }
}

struct Hmac(hmac::Key);

impl HmacKey for Hmac {
    fn sign(&self, parts: &[&[u8]]) -> Result<Digest, ProviderError> {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        Ok(Digest::new(context.sign().as_ref()))
    }
}
