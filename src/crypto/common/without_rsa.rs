//! In place of `rsa.rs`, without the feature `static-rsa`: RSA keys sign through the provider's own library only, and there is no
//! encryption and no decryption. No suite that needs these is supported then, so nothing here is called in a handshake.

use alloc::vec::Vec;

use crate::crypto::{PublicKey, RsaDecrypt, Secret, SecureRandom};
use crate::error::ProviderError;
use crate::wire::SignatureScheme;

/// Does not encrypt.
pub(super) fn encrypt(_: &PublicKey, _: &Secret, _: &dyn SecureRandom, _: u32) -> Result<Vec<u8>, ProviderError> {
    Err(ProviderError::Unsupported("RSA encryption, which needs the feature `static-rsa` of tls12"))
}

/// An RSA private key, which only the provider's library has.
pub(super) struct RsaPrivate;

impl RsaPrivate {
    /// The provider's library checks the key.
    pub(super) const fn from_pkcs1(_: &[u8]) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    pub(super) const fn is_vectorized(&self) -> bool {
        let Self = self;
        false
    }

    pub(super) fn decrypts(&self) -> Option<&dyn RsaDecrypt> {
        let Self = self;
        None
    }

    /// Does not sign.
    pub(super) fn sign(&self, _: SignatureScheme, _: &[u8], _: &dyn SecureRandom) -> Result<Vec<u8>, ProviderError> {
        let Self = self;
        Err(ProviderError::Unsupported("this signature scheme, which needs the feature `static-rsa` of tls12"))
    }
}
