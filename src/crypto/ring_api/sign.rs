//! Signatures, by a library with the API of ring.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::library::rand::SystemRandom;
use super::library::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaEncoding, RsaKeyPair};
use super::special::modulus_len;
use crate::crypto::common::primitives::SIGNING;
use crate::crypto::common::{PARTS, Signer};
use crate::error::ProviderError;
use crate::wire::SignatureScheme;

/// From an RSAPrivateKey (RFC 8017 §A.1.2).
pub(super) fn rsa(pkcs1: &[u8]) -> Result<Box<dyn Signer>, ProviderError> {
    let pair = RsaKeyPair::from_der(pkcs1).map_err(|_| PARTS)?;
    Ok(Box::new(Rsa(pair)))
}

/// By an ECDSA key, with the hash that matches its curve.
pub(super) fn ecdsa(pair: EcdsaKeyPair) -> Box<dyn Signer> {
    Box::new(Ecdsa(pair))
}

/// From an Ed25519 key in PKCS #8 (RFC 8410 §7), with its public half or without; and the public half.
pub(super) fn ed25519(pkcs8: &[u8]) -> Result<(Box<dyn Signer>, Vec<u8>), ProviderError> {
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|_| PARTS)?;
    let public = pair.public_key().as_ref().to_vec();
    Ok((Box::new(Ed25519(pair)), public))
}

struct Rsa(RsaKeyPair);

impl Signer for Rsa {
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        let encoding: &'static dyn RsaEncoding = match scheme {
            SignatureScheme::RSA_PSS_RSAE_SHA256 => &signature::RSA_PSS_SHA256,
            SignatureScheme::RSA_PSS_RSAE_SHA384 => &signature::RSA_PSS_SHA384,
            SignatureScheme::RSA_PSS_RSAE_SHA512 => &signature::RSA_PSS_SHA512,
            SignatureScheme::RSA_PKCS1_SHA256 => &signature::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384 => &signature::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512 => &signature::RSA_PKCS1_SHA512,
            _ => return Err(ProviderError::Unsupported("this signature scheme")),
        };
        let mut signed = vec![0; modulus_len(&self.0)];
        self.0.sign(encoding, &SystemRandom::new(), message, &mut signed).map_err(|_| SIGNING)?;
        Ok(signed)
    }
}

struct Ecdsa(EcdsaKeyPair);

impl Signer for Ecdsa {
    fn sign(&self, _: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| SIGNING)?;
        Ok(signature.as_ref().to_vec())
    }
}

struct Ed25519(Ed25519KeyPair);

impl Signer for Ed25519 {
    fn sign(&self, _: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}
