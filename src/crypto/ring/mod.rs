//! The default provider: ring, and RustCrypto for what ring does not have (AES-CBC, RSA encryption and decryption, P-521, a few
//! pairs of curve and hash).

// `ring_api` is written for the interface that ring and aws-lc-rs have in common, and is compiled for each of them.
#![allow(clippy::duplicate_mod, reason = "the same code for two libraries")]

#[path = "../ring_api/aead.rs"]
mod aead;
#[path = "../ring_api/exchange.rs"]
mod exchange;
#[path = "../ring_api/hash.rs"]
mod hash;
mod library;
#[path = "../ring_api/verify.rs"]
mod of_library;
#[path = "../ring_api/random.rs"]
mod random;
#[path = "../ring_api/sign.rs"]
mod sign;
mod special;
mod verify;

use ::ring::agreement;
use ::ring::rand::SystemRandom;
use ::ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::common::{self, PARTS, Primitives, Signer, ecdh};
use super::{
    AeadAlgorithm, AeadKey, Digest, HashAlgorithm, Hasher, HmacKey, KeyExchangeGroup, Provider, SecureRandom,
    SignatureAlgorithms,
};
use crate::error::ProviderError;
use crate::wire::NamedGroup;

/// Returns the default provider.
#[must_use]
pub fn provider() -> Arc<dyn Provider> {
    common::provider(&Ring)
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
    common::provider_for_small_rsa_keys(&Ring)
}

static GROUPS: [&dyn KeyExchangeGroup; 4] = [
    &exchange::Group { name: NamedGroup::X25519, algorithm: &agreement::X25519 },
    &exchange::Group { name: NamedGroup::SECP256R1, algorithm: &agreement::ECDH_P256 },
    &exchange::Group { name: NamedGroup::SECP384R1, algorithm: &agreement::ECDH_P384 },
    ecdh::P521,
];

#[derive(Debug)]
struct Ring;

impl Primitives for Ring {
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
        Ok(hash::hmac_key(algorithm, key))
    }

    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
        aead::key(algorithm, key)
    }

    fn rsa_signer(&self, pkcs1: &[u8]) -> Result<Option<Box<dyn Signer>>, ProviderError> {
        sign::rsa(pkcs1).map(Some)
    }

    fn ecdsa_signer(
        &self,
        curve: NamedGroup,
        scalar: &[u8],
        public: &[u8],
    ) -> Result<Option<Box<dyn Signer>>, ProviderError> {
        let algorithm = match curve {
            NamedGroup::SECP256R1 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            NamedGroup::SECP384R1 => &ECDSA_P384_SHA384_ASN1_SIGNING,
            _ => return Ok(None),
        };
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar, public, &SystemRandom::new());
        Ok(Some(Box::new(sign::Ecdsa(pair.map_err(|_| PARTS)?))))
    }

    fn ed25519_signer(&self, pkcs8: &[u8]) -> Result<(Box<dyn Signer>, Vec<u8>), ProviderError> {
        sign::ed25519(pkcs8)
    }
}
