//! The code that the providers share: the [`Provider`](super::Provider) itself, on top of the [`Primitives`] in which they differ;
//! AES-CBC with HMAC, and RSA encryption, which all of them take from RustCrypto; HMAC, on RustCrypto's hashes; and the parsing of
//! private keys.

mod cbc;
mod cbc_mac;
mod cbc_seal;
mod compression;
#[cfg(any(feature = "ring", feature = "rustcrypto"))]
pub(super) mod ecdh;
pub(super) mod hash;
pub(super) mod hmac;
pub(super) mod id;
#[cfg(all(feature = "static-rsa", feature = "std"))]
mod kept;
#[cfg(all(feature = "static-rsa", not(feature = "std")))]
#[path = "without_kept.rs"]
mod kept;
mod keys;
#[cfg(all(feature = "simd", target_arch = "x86_64", target_pointer_width = "64"))]
mod lanes;
#[cfg(not(all(feature = "simd", target_arch = "x86_64", target_pointer_width = "64")))]
#[path = "without_lanes.rs"]
mod lanes;
pub(super) mod primitives;
mod provider;
mod random;
#[cfg(feature = "static-rsa")]
mod rsa;
#[cfg(not(feature = "static-rsa"))]
#[path = "without_rsa.rs"]
mod rsa;
#[cfg(feature = "static-rsa")]
mod rsa_crt;
#[cfg(feature = "static-rsa")]
mod rsa_encoding;
#[cfg(all(feature = "static-rsa", feature = "simd", target_arch = "x86_64", target_pointer_width = "64"))]
mod rsa_ifma;
#[cfg(all(feature = "static-rsa", not(all(feature = "simd", target_arch = "x86_64", target_pointer_width = "64"))))]
#[path = "without_rsa_ifma.rs"]
mod rsa_ifma;
mod rsa_key;
#[cfg(feature = "static-rsa")]
mod rsa_public;
mod sign_ec;
mod sign_rsa;
pub(super) mod verify;
#[cfg(feature = "static-rsa")]
pub(super) mod verify_rsa;
pub(super) mod verify_table;

pub(super) use primitives::{PARTS, Primitives, Signer};
pub(super) use provider::provider;
#[cfg(feature = "static-rsa")]
pub(super) use provider::provider_for_small_rsa_keys;
