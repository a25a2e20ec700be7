//! The cryptography that the protocol needs: the [`Provider`] trait, the table of cipher suites, and the types of
//! secrets.
//!
//! A provider handles keys, nonces and bytes. The record layer chooses sequence numbers, nonces and additional data,
//! for all providers alike. The choice between a decrypted premaster secret and a random one is made here
//! ([`DecryptedPremaster`]), for all keys alike.
//!
//! There are three providers, each with a feature of its own. With the feature `static-rsa`, which is on by default, all of them
//! support the same suites, groups, signature schemes and types of key:
//!
//! - `ring` (default): fast; contains some assembly and C.
//! - `aws_lc_rs` (feature `aws-lc-rs`): faster X25519, RSA signatures and AES-GCM; its build needs a C compiler.
//! - `rustcrypto`: pure Rust and `no_std`, for targets that the others do not support.
//!
//! Without `static-rsa`, the crate `rsa` is not compiled. Then `ring` and `aws_lc_rs` support no suite with static RSA, do not sign
//! with RSA and SHA-1, and accept no RSA key of a peer below 2048 bits; RSA private keys still load and sign. A policy that names a
//! suite with static RSA is then refused when the configuration is built
//! ([`ConfigError::UnsupportedSuite`](crate::ConfigError::UnsupportedSuite)). `rustcrypto` verifies and signs with that crate, so it
//! enables the feature.
//!
//! With the features `simd` and `static-rsa`, on processors with AVX-512, this crate's own operation signs in place of ring's with RSA
//! keys of 2048, 3072 and 4096 bits, in about half the time.
//!
//! `ClientConfig::builder` and `ServerConfig::builder` use ring. For the others, pass `crypto::aws_lc_rs::provider()` or
//! `crypto::rustcrypto::provider()` to [`ClientConfig::builder_with_provider`](crate::ClientConfig::builder_with_provider) and
//! [`ServerConfig::builder_with_provider`](crate::ServerConfig::builder_with_provider).

mod algorithms;
mod certificate;
mod premaster;
mod prf;
mod provider;
mod public_key;
mod secret;
mod suite;

#[cfg(feature = "_provider")]
mod common;

#[cfg(feature = "aws-lc-rs")]
pub mod aws_lc_rs;
#[cfg(feature = "ring")]
pub mod ring;
#[cfg(feature = "rustcrypto")]
pub mod rustcrypto;

pub use crate::wire::suite_name;
pub use algorithms::SignatureAlgorithms;
pub(crate) use certificate::{
    end_point_hash, is_self_issued, issuer_of_certificate, name_text, schemes_of_certificate,
};
pub use premaster::{DecryptedPremaster, RSA_PREMASTER_LEN};
pub(crate) use premaster::{psk_premaster, random_premaster};
pub use provider::{
    AeadKey, CbcKeys, CbcOpener, CbcRecord, CbcSealer, Digest, Hasher, HmacKey, KeyExchangeGroup, KeyShare, MacOrder,
    PrivateKey, Provider, RsaDecrypt, SecureRandom,
};
pub(crate) use provider::{cbc_body_len, fitting, fitting_signature};
pub use public_key::{KeyType, PublicKey};
#[cfg(feature = "_provider")]
pub(crate) use public_key::{bit_length, rsa_modulus_bits};
pub use secret::{MasterSecret, PremasterSecret, Secret};
pub(crate) use secret::{constant_time_eq, wipe_on_drop};
pub use suite::{AeadAlgorithm, CbcCipher, CipherSuite, HashAlgorithm, KeyExchange, Protection, SUITES};
