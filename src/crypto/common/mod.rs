//! The code that the providers share: the [`Provider`](super::Provider) itself, on top of the [`Primitives`] in which they differ;
//! AES-CBC with HMAC, and RSA encryption, which all of them take from RustCrypto; and the parsing of private keys.

mod cbc;
mod cbc_mac;
mod cbc_seal;
#[cfg(any(feature = "ring", feature = "rustcrypto"))]
pub(super) mod ecdh;
pub(super) mod hash;
mod keys;
pub(super) mod primitives;
mod provider;
mod random;
mod rsa;
mod sign_ec;
mod sign_rsa;
pub(super) mod verify;
pub(super) mod verify_rsa;
pub(super) mod verify_table;

pub(super) use primitives::{PARTS, Primitives, Signer};
pub(super) use provider::{provider, provider_for_small_rsa_keys};
