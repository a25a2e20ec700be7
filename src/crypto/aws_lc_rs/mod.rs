//! The provider based on AWS-LC (aws-lc-rs), and on RustCrypto for what aws-lc-rs does not support: AES-CBC with an HMAC that is
//! checked in constant time, RSA encryption and decryption, and ECDSA with SHA-1 or with a hash that does not fit the curve. On
//! processors with instructions for SHA-256, HMAC-SHA256 is RustCrypto's too, because it is faster, but not with the FIPS module.
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
//!   AES-GCM and its HMAC.
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
#[path = "../ring_api/primitives.rs"]
mod primitives;
#[path = "../ring_api/random.rs"]
mod random;
#[path = "../ring_api/sign.rs"]
mod sign;
mod special;
mod verify;

use alloc::sync::Arc;

use super::{Provider, common};

/// The primitives, which are implemented in `ring_api`.
#[derive(Debug)]
pub(super) struct AwsLc;
use AwsLc as Library;

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
///
/// It needs the feature `static-rsa`, which is on by default.
#[cfg(feature = "static-rsa")]
#[must_use]
pub fn provider_for_small_rsa_keys() -> Arc<dyn Provider> {
    common::provider_for_small_rsa_keys(&AwsLc)
}
