//! The primitives that each provider implements itself.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::crypto::{
    AeadAlgorithm, AeadKey, Digest, HashAlgorithm, Hasher, HmacKey, KeyExchangeGroup, SecureRandom, SignatureAlgorithms,
};
use crate::error::ProviderError;
use crate::wire::{NamedGroup, SignatureScheme};

/// The primitives of a provider, each for every algorithm.
pub(in crate::crypto) trait Primitives: fmt::Debug + Send + Sync {
    fn random(&self) -> &'static dyn SecureRandom;

    /// Most preferred first.
    fn groups(&self) -> &'static [&'static dyn KeyExchangeGroup];

    fn signature_algorithms(&self) -> SignatureAlgorithms;

    /// The same, except that in the handshake they also accept RSA keys of 1024 bits and more.
    #[cfg(feature = "static-rsa")]
    fn signature_algorithms_for_small_rsa_keys(&self) -> SignatureAlgorithms;

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Digest;

    fn hasher(&self, algorithm: HashAlgorithm) -> Box<dyn Hasher>;

    fn hmac_key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError>;

    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError>;

    /// A signer for an RSAPrivateKey (RFC 8017 §A.1.2), with every RSA scheme except the one with SHA-1. `None` if `rsa.rs`
    /// must sign; `vectorized` is whether it does so with vector instructions.
    fn rsa_signer(&self, pkcs1: &[u8], vectorized: bool) -> Result<Option<Box<dyn Signer>>, ProviderError>;

    /// A signer for the private key `scalar` on `curve`, with the hash that matches the curve. `public` is the public key, an
    /// uncompressed point. `None` if RustCrypto must sign, as it does with other hashes.
    fn ecdsa_signer(
        &self,
        curve: NamedGroup,
        scalar: &[u8],
        public: &[u8],
    ) -> Result<Option<Box<dyn Signer>>, ProviderError>;

    /// A signer for an Ed25519 key in PKCS #8 (RFC 8410 §7), with or without the public key; and the public key.
    fn ed25519_signer(&self, pkcs8: &[u8]) -> Result<(Box<dyn Signer>, Vec<u8>), ProviderError>;
}

/// Signs with one private key.
pub(in crate::crypto) trait Signer: Send + Sync {
    /// Signs `message` with `scheme`, which the key supports.
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError>;
}

/// Why a private key is refused.
pub(in crate::crypto) const PARTS: ProviderError =
    ProviderError::InvalidPrivateKey("its components are malformed or inconsistent");

/// A signature was not made.
pub(in crate::crypto) const SIGNING: ProviderError = ProviderError::Failed("signing");

/// The first byte of an uncompressed point (SEC 1 §2.3.3).
pub(in crate::crypto) const UNCOMPRESSED: u8 = 4;
