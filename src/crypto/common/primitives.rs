//! What a provider brings itself.

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

    /// The same, but those of the protocol's schemes also verify with RSA keys of 1024 bits and more.
    fn signature_algorithms_for_small_rsa_keys(&self) -> SignatureAlgorithms;

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Digest;

    fn hasher(&self, algorithm: HashAlgorithm) -> Box<dyn Hasher>;

    fn hmac_key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError>;

    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError>;

    /// Signs with an RSAPrivateKey (RFC 8017 §A.1.2), by all RSA schemes but the one with SHA-1. None if the `rsa` crate is to
    /// sign.
    fn rsa_signer(&self, pkcs1: &[u8]) -> Result<Option<Box<dyn Signer>>, ProviderError>;

    /// Signs with the private key `scalar` on `curve` and the hash that fits the curve; `public` is its public half, an
    /// uncompressed point. None if RustCrypto is to sign, as it does with other hashes.
    fn ecdsa_signer(
        &self,
        curve: NamedGroup,
        scalar: &[u8],
        public: &[u8],
    ) -> Result<Option<Box<dyn Signer>>, ProviderError>;

    /// Signs with an Ed25519 key in PKCS #8 (RFC 8410 §7), with its public half or without; and the public half.
    fn ed25519_signer(&self, pkcs8: &[u8]) -> Result<(Box<dyn Signer>, Vec<u8>), ProviderError>;
}

/// Signs with one private key.
pub(in crate::crypto) trait Signer: Send + Sync {
    /// Signs `message` by `scheme`, which is one that the key has.
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError>;
}

/// Why a private key is refused.
pub(in crate::crypto) const PARTS: ProviderError =
    ProviderError::InvalidPrivateKey("its components are malformed or inconsistent");

/// A signature was not made.
pub(in crate::crypto) const SIGNING: ProviderError = ProviderError::Failed("signing");

/// How an uncompressed point begins (SEC 1 §2.3.3).
pub(in crate::crypto) const UNCOMPRESSED: u8 = 4;
