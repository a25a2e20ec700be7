//! The default provider: ring, and RustCrypto for what ring does not support (AES-CBC, RSA encryption and decryption, P-521, a
//! few pairs of curve and hash), and for HMAC-SHA256 on processors with instructions for SHA-256, where it is faster.

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
pub(super) struct Ring;
use Ring as Library;

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
///
/// It needs the feature `static-rsa`, which is on by default.
#[cfg(feature = "static-rsa")]
#[must_use]
pub fn provider_for_small_rsa_keys() -> Arc<dyn Provider> {
    common::provider_for_small_rsa_keys(&Ring)
}
