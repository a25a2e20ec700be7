//! The provider on AWS-LC, by aws-lc-rs, and on RustCrypto for what aws-lc-rs does not have: AES-CBC with an HMAC that is checked in
//! constant time, RSA encryption and decryption, and ECDSA with SHA-1 or with a hash that does not fit the curve.
//!
//! It needs a C compiler. RSA decryption is not done by AWS-LC, because the safe API of aws-lc-rs has no private operation
//! without padding, and its RSAES-PKCS1-v1_5 reports wrong padding as an error, which would be a padding oracle.
//!
//! # FIPS 140
//!
//! To use AWS's FIPS module, depend on aws-lc-rs with its feature `fips` in your own package; Cargo enables it for this provider
//! too, and `aws_lc_rs::try_fips_mode()` confirms it. The build then also needs CMake and Go. This does not make a
//! connection compliant by itself:
//!
//! - The algorithms listed above are RustCrypto's, and not part of the module. Of the suites, allow only those with ECDHE and
//!   AES-GCM, and of the groups only P-256, P-384 and P-521: ChaCha20-Poly1305 and X25519 are not approved algorithms.
//! - The PRF (RFC 5246 §5), the nonces of AES-GCM (RFC 5288 §3) and session tickets are computed outside the module, with its
//!   HMAC and its AES-GCM.
//!
//! The tests of this crate do not run with the FIPS module.

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

use ::aws_lc_rs::agreement;
use ::aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::common::{self, PARTS, Primitives, Signer};
use super::{
    AeadAlgorithm, AeadKey, Digest, HashAlgorithm, Hasher, HmacKey, KeyExchangeGroup, Provider, SecureRandom,
    SignatureAlgorithms,
};
use crate::error::ProviderError;
use crate::wire::NamedGroup;

/// Returns the provider on AWS-LC.
#[must_use]
pub fn provider() -> Arc<dyn Provider> {
    common::provider(&AwsLc)
}

/// Returns the provider on AWS-LC, but accepting peers' RSA keys of 1024 bits and more, for devices that cannot have a
/// larger key. It encrypts to such keys (static RSA) and verifies their signatures in the handshake (ECDHE, a client's
/// CertificateVerify), but not certificates that they have signed. The verifier must allow such a key too, with
/// `Allow::SmallRsaKeys` or `Despite::SmallKey`.
///
/// A well-funded attacker can factor 1024-bit keys (NIST SP 800-131A rev. 2 §6), and can then read all connections to
/// the device with static RSA, including recorded ones, and impersonate the device with ECDHE.
#[must_use]
pub fn provider_for_small_rsa_keys() -> Arc<dyn Provider> {
    common::provider_for_small_rsa_keys(&AwsLc)
}

static GROUPS: [&dyn KeyExchangeGroup; 4] = [
    &exchange::Group { name: NamedGroup::X25519, algorithm: &agreement::X25519 },
    &exchange::Group { name: NamedGroup::SECP256R1, algorithm: &agreement::ECDH_P256 },
    &exchange::Group { name: NamedGroup::SECP384R1, algorithm: &agreement::ECDH_P384 },
    &exchange::Group { name: NamedGroup::SECP521R1, algorithm: &agreement::ECDH_P521 },
];

#[derive(Debug)]
struct AwsLc;

impl Primitives for AwsLc {
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
            _ => &ECDSA_P521_SHA512_ASN1_SIGNING,
        };
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar, public);
        Ok(Some(Box::new(sign::Ecdsa(pair.map_err(|_| PARTS)?))))
    }

    fn ed25519_signer(&self, pkcs8: &[u8]) -> Result<(Box<dyn Signer>, Vec<u8>), ProviderError> {
        sign::ed25519(pkcs8)
    }
}
