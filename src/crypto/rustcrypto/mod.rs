//! A provider in pure Rust, by RustCrypto and the dalek crates: without a C compiler or an assembler, for targets that the
//! others do not build on.
//!
//! Randomness comes from the `getrandom` crate, whose documentation says how a target without an operating system gets a
//! source. All arithmetic with secrets is written to be constant-time; little of it has been independently audited.

mod aead;
mod hmac;
mod random;
mod sign;
mod verify;
mod x25519;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::common::{self, Primitives, Signer, ecdh, hash};
use super::{
    AeadAlgorithm, AeadKey, Digest, HashAlgorithm, Hasher, HmacKey, KeyExchangeGroup, Provider, SecureRandom,
    SignatureAlgorithms,
};
use crate::error::ProviderError;
use crate::wire::NamedGroup;

/// The provider in pure Rust.
#[must_use]
pub fn provider() -> Arc<dyn Provider> {
    common::provider(&RustCrypto)
}

/// The provider in pure Rust, but with peers' RSA keys of 1024 bits and more: for devices that cannot have a larger one. It
/// encrypts to them (static RSA), and verifies what they sign (ECDHE, a client's CertificateVerify), but no certificates that
/// they have signed for others. The verifier must allow such a key too, by `Allow::SmallRsaKeys` or `Despite::SmallKey`.
///
/// 1024 bits are within reach of factoring for those who can pay for it (NIST SP 800-131A rev. 2 §6): whoever does reads
/// all connections with the device by static RSA, earlier ones too, and can impersonate it with ECDHE.
#[must_use]
pub fn provider_for_small_rsa_keys() -> Arc<dyn Provider> {
    common::provider_for_small_rsa_keys(&RustCrypto)
}

static GROUPS: [&dyn KeyExchangeGroup; 4] = [&x25519::X25519, ecdh::P256, ecdh::P384, ecdh::P521];

#[derive(Debug)]
struct RustCrypto;

impl Primitives for RustCrypto {
    fn random(&self) -> &'static dyn SecureRandom {
        &random::SystemRandom
    }

    fn groups(&self) -> &'static [&'static dyn KeyExchangeGroup] {
        &GROUPS
    }

    fn signature_algorithms(&self) -> SignatureAlgorithms {
        verify::ALGORITHMS
    }

    fn signature_algorithms_for_small_rsa_keys(&self) -> SignatureAlgorithms {
        verify::WITH_SMALL_RSA
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Digest {
        hash::hash(algorithm, data)
    }

    fn hasher(&self, algorithm: HashAlgorithm) -> Box<dyn Hasher> {
        hash::hasher(algorithm)
    }

    fn hmac_key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError> {
        hmac::key(algorithm, key)
    }

    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
        aead::key(algorithm, key)
    }

    fn rsa_signer(&self, _: &[u8]) -> Result<Option<Box<dyn Signer>>, ProviderError> {
        Ok(None)
    }

    fn ecdsa_signer(&self, _: NamedGroup, _: &[u8], _: &[u8]) -> Result<Option<Box<dyn Signer>>, ProviderError> {
        Ok(None)
    }

    fn ed25519_signer(&self, pkcs8: &[u8]) -> Result<(Box<dyn Signer>, Vec<u8>), ProviderError> {
        sign::ed25519(pkcs8)
    }
}
