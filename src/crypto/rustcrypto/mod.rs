//! The provider in pure Rust, on RustCrypto and the dalek crates: it needs neither a C compiler nor an assembler, and builds for
//! targets that the others do not support.
//!
//! `ClientConfig::builder` and `ServerConfig::builder` use ring, and exist only with the feature `ring`. Pass this provider
//! to `builder_with_provider` instead, and to the credential of a server:
//!
//! ```console
//! $ cargo add tls12 --no-default-features --features rustcrypto,webpki,std
//! ```
//!
#![cfg_attr(all(feature = "webpki", feature = "std"), doc = "```")]
#![cfg_attr(not(all(feature = "webpki", feature = "std")), doc = "```ignore")]
//! use std::{error::Error, sync::Arc};
//! use tls12::{ClientConfig, Credential, ServerConfig, crypto::rustcrypto, verify::TrustStore};
//!
//! fn client(roots: &[u8]) -> Result<Arc<ClientConfig>, Box<dyn Error>> {
//!     let roots = Arc::new(TrustStore::from_pem(roots)?);
//!     Ok(ClientConfig::builder_with_provider(rustcrypto::provider(), roots).build()?)
//! }
//!
//! fn server(chain: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, Box<dyn Error>> {
//!     let provider = rustcrypto::provider();
//!     let credential = Credential::from_pem(&*provider, chain, key)?;
//!     Ok(ServerConfig::builder_with_provider(provider, credential).build()?)
//! }
//! ```
//!
//! Randomness comes from the `getrandom` crate, whose documentation explains how to supply a source on a target without an
//! operating system. All arithmetic on secrets is designed to be constant-time; little of it has been independently audited.

mod aead;
mod random;
mod sign;
mod verify;
mod x25519;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::common::{self, Primitives, Signer, ecdh, hash, hmac};
use super::{
    AeadAlgorithm, AeadKey, Digest, HashAlgorithm, Hasher, HmacKey, KeyExchangeGroup, Provider, SecureRandom,
    SignatureAlgorithms,
};
use crate::error::ProviderError;
use crate::wire::NamedGroup;

/// Returns the provider in pure Rust.
#[must_use]
pub fn provider() -> Arc<dyn Provider> {
    common::provider(&RustCrypto)
}

/// Returns the provider in pure Rust, but accepting peers' RSA keys of 1024 bits and more, for devices that cannot have a
/// larger key. It encrypts to such keys (static RSA) and verifies their signatures in the handshake (ECDHE, a client's
/// CertificateVerify), but not certificates that they have signed. The verifier must allow such a key too, with
/// `Allow::SmallRsaKeys` or `Despite::SmallKey`.
///
/// A well-funded attacker can factor 1024-bit keys (NIST SP 800-131A rev. 2 §6), and can then read all connections to
/// the device with static RSA, including recorded ones, and impersonate the device with ECDHE.
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

    fn rsa_signer(&self, _: &[u8], _: bool) -> Result<Option<Box<dyn Signer>>, ProviderError> {
        Ok(None)
    }

    fn ecdsa_signer(&self, _: NamedGroup, _: &[u8], _: &[u8]) -> Result<Option<Box<dyn Signer>>, ProviderError> {
        Ok(None)
    }

    fn ed25519_signer(&self, pkcs8: &[u8]) -> Result<(Box<dyn Signer>, Vec<u8>), ProviderError> {
        sign::ed25519(pkcs8)
    }
}
