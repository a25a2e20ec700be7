//! Signatures with Ed25519 (RFC 8032), by ed25519-dalek.

use alloc::boxed::Box;
use alloc::vec::Vec;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ed25519_dalek::{Signer as _, SigningKey};

use crate::crypto::common::{PARTS, Signer};
use crate::error::ProviderError;
use crate::wire::SignatureScheme;

/// From an Ed25519 key in PKCS #8 (RFC 8410 §7), with its public half or without; and the public half.
pub(super) fn ed25519(pkcs8: &[u8]) -> Result<(Box<dyn Signer>, Vec<u8>), ProviderError> {
    let key = SigningKey::from_pkcs8_der(pkcs8).map_err(|_| PARTS)?;
    let public = key.verifying_key().as_bytes().to_vec();
    Ok((Box::new(Ed25519(key)), public))
}

/// Its own type wipes the key.
struct Ed25519(SigningKey);

impl Signer for Ed25519 {
    fn sign(&self, _: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        Ok(self.0.sign(message).to_bytes().to_vec())
    }
}
