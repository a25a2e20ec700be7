//! The default provider: ring, and RustCrypto for what ring does not support (AES-CBC, RSA encryption and decryption,
//! P-521).

mod aead;
mod cbc;
mod cbc_mac;
mod cbc_seal;
mod exchange;
mod random;
mod rsa;
mod sign;
mod sign_ec;
mod verify;

use ::ring::rand::SecureRandom as _;
use ::ring::{digest, hmac};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::RangeInclusive;
use rustls_pki_types::PrivateKeyDer;

use super::{
    AeadAlgorithm, AeadKey, CbcCipher, CbcKeys, CbcOpener, CbcSealer, CipherSuite, Digest, HashAlgorithm, Hasher,
    HmacKey, KeyExchangeGroup, MacOrder, PrivateKey, Provider, PublicKey, Secret, SecureRandom, SignatureAlgorithms,
};
use crate::error::ProviderError;

/// Returns the default provider.
#[must_use]
pub fn provider() -> Arc<dyn Provider> {
    Arc::new(Ring { random: SystemRandom::new(), smallest_rsa: rsa::MIN_MODULUS_BITS })
}

/// Returns the default provider, but accepting peers' RSA keys of 1024 bits and more, for devices that cannot have a
/// larger key. It encrypts to such keys (static RSA) and verifies their signatures in the handshake (ECDHE, a client's
/// CertificateVerify), but not certificates that they have signed. The verifier must allow such a key too, with
/// `Allow::SmallRsaKeys` or `Despite::SmallKey`.
///
/// A well-funded attacker can factor 1024-bit keys (NIST SP 800-131A rev. 2 §6), and can then read all connections to
/// the device with static RSA, including recorded ones, and impersonate the device with ECDHE.
#[must_use]
pub fn provider_for_small_rsa_keys() -> Arc<dyn Provider> {
    Arc::new(Ring { random: SystemRandom::new(), smallest_rsa: rsa::SMALL_MODULUS_BITS })
}

#[derive(Debug)]
struct Ring {
    random: SystemRandom,
    /// The minimum size of a peer's RSA key, in bits.
    smallest_rsa: u32,
}

impl Provider for Ring {
    fn random(&self) -> &dyn SecureRandom {
        &self.random
    }

    /// All suites: the matches below cover every algorithm.
    fn supports(&self, _: &CipherSuite) -> bool {
        true
    }

    fn groups(&self) -> &[&dyn KeyExchangeGroup] {
        &exchange::GROUPS
    }

    fn signature_algorithms(&self) -> SignatureAlgorithms {
        if self.smallest_rsa < rsa::MIN_MODULUS_BITS { verify::WITH_SMALL_RSA } else { verify::ALGORITHMS }
    }

    fn rsa_key_bits(&self) -> RangeInclusive<u32> {
        self.smallest_rsa..=rsa::MAX_PUBLIC_MODULUS_BITS
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Digest, ProviderError> {
        Ok(Digest::new(digest::digest(hash_algorithm(algorithm), data).as_ref()))
    }

    fn hasher(&self, algorithm: HashAlgorithm) -> Result<Box<dyn Hasher>, ProviderError> {
        Ok(Box::new(Hashing(digest::Context::new(hash_algorithm(algorithm)))))
    }

    fn hmac_key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError> {
        let algorithm = match algorithm {
            HashAlgorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            HashAlgorithm::Sha256 => hmac::HMAC_SHA256,
            HashAlgorithm::Sha384 => hmac::HMAC_SHA384,
            HashAlgorithm::Sha512 => hmac::HMAC_SHA512,
        };
        Ok(Box::new(Hmac(hmac::Key::new(algorithm, key))))
    }

    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
        aead::key(algorithm, key)
    }

    fn cbc_sealer(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcSealer>, ProviderError> {
        cbc::sealer(cipher, mac, order, keys)
    }

    fn cbc_opener(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcOpener>, ProviderError> {
        cbc::opener(cipher, mac, order, keys)
    }

    fn rsa_encrypt(
        &self,
        key: &PublicKey,
        premaster: &Secret,
        random: &dyn SecureRandom,
    ) -> Result<Vec<u8>, ProviderError> {
        rsa::encrypt(key, premaster, random, self.smallest_rsa)
    }

    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn PrivateKey>, ProviderError> {
        sign::load(key)
    }
}

fn hash_algorithm(algorithm: HashAlgorithm) -> &'static digest::Algorithm {
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

/// The operating system's random source.
#[derive(Debug)]
struct SystemRandom(::ring::rand::SystemRandom);

impl SystemRandom {
    fn new() -> Self {
        Self(::ring::rand::SystemRandom::new())
    }
}

impl SecureRandom for SystemRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        self.0.fill(out).map_err(|_| ProviderError::Random)
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
