//! RSA private keys: signatures (RFC 8017 §8), made by the provider's library or by `rsa.rs`; and decryption, which is always by
//! `rsa.rs`.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::primitives::{Primitives, Signer};
use super::rsa::RsaPrivate;
use super::rsa_key::public_half;
use crate::crypto::{PrivateKey, PublicKey, RsaDecrypt, SecureRandom};
use crate::error::ProviderError;
use crate::wire::SignatureScheme;

/// RSASSA-PSS first: it has a proof, and PKCS #1 v1.5 has a history. SHA-1 is used only where a policy names it.
const RSA_SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    #[cfg(feature = "static-rsa")]
    SignatureScheme::RSA_PKCS1_SHA1,
];

/// An RSA private key.
pub(super) struct RsaKey {
    public: PublicKey,
    /// Signs with every scheme except the one with SHA-1, if the provider's library is to sign.
    signer: Option<Box<dyn Signer>>,
    /// Decrypts, and signs otherwise.
    key: RsaPrivate,
    random: &'static dyn SecureRandom,
}

impl RsaKey {
    /// From an RSAPrivateKey (RFC 8017 §A.1.2).
    pub(super) fn new(primitives: &dyn Primitives, pkcs1: &[u8]) -> Result<Self, ProviderError> {
        let public = public_half(pkcs1)?;
        let key = RsaPrivate::from_pkcs1(pkcs1)?;
        let signer = primitives.rsa_signer(pkcs1, key.is_vectorized())?;
        Ok(Self { public, signer, key, random: primitives.random() })
    }
}

impl PrivateKey for RsaKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        RSA_SCHEMES
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        match &self.signer {
            _ if !RSA_SCHEMES.contains(&scheme) => Err(ProviderError::Unsupported("this signature scheme")),
            Some(signer) if scheme != SignatureScheme::RSA_PKCS1_SHA1 => signer.sign(scheme, message),
            _ => self.key.sign(scheme, message, self.random),
        }
    }

    fn decrypt(&self) -> Option<&dyn RsaDecrypt> {
        self.key.decrypts()
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaKey").field("public", &self.public).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[cfg(all(feature = "ring", feature = "static-rsa", feature = "std"))]
mod tests;
