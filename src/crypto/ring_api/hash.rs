//! Hashes and HMAC, by a library with the API of ring.

use alloc::boxed::Box;

use super::library::{digest, hmac};
use super::special;
use crate::crypto::common;
use crate::crypto::{Digest, HashAlgorithm, Hasher, HmacKey};
use crate::error::ProviderError;

pub(super) fn hash(algorithm: HashAlgorithm, data: &[u8]) -> Digest {
    Digest::new(digest::digest(of(algorithm), data).as_ref())
}

pub(super) fn hasher(algorithm: HashAlgorithm) -> Box<dyn Hasher> {
    Box::new(Hashing(digest::Context::new(of(algorithm))))
}

pub(super) fn hmac_key(algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError> {
    // The library copies its contexts for each HMAC, which takes longer than a hash for which there are instructions.
    if has_instructions(algorithm) && !special::is_fips_module() {
        return common::hmac::key(algorithm, key);
    }
    let algorithm = match algorithm {
        HashAlgorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        HashAlgorithm::Sha256 => hmac::HMAC_SHA256,
        HashAlgorithm::Sha384 => hmac::HMAC_SHA384,
        HashAlgorithm::Sha512 => hmac::HMAC_SHA512,
    };
    Ok(Box::new(Hmac(hmac::Key::new(algorithm, key))))
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
cpufeatures::new!(sha256_instructions, "sha", "sse4.1");
#[cfg(target_arch = "aarch64")]
cpufeatures::new!(sha256_instructions, "sha2");
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
mod sha256_instructions {
    pub(super) fn get() -> bool {
        false
    }
}

/// Returns whether `hash` is SHA-256 and the processor has instructions for it, which `sha2` then uses. Without them, the
/// assembly of ring and AWS-LC is faster.
fn has_instructions(hash: HashAlgorithm) -> bool {
    hash == HashAlgorithm::Sha256 && sha256_instructions::get()
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
