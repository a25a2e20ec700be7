//! The algorithms that verify signatures.

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, alg_id};

use crate::crypto::common::verify::{
    ECDSA_P256_SHA1, ECDSA_P256_SHA256, ECDSA_P256_SHA384, ECDSA_P256_SHA512, ECDSA_P384_SHA1, ECDSA_P384_SHA256,
    ECDSA_P384_SHA384, ECDSA_P384_SHA512, ECDSA_P521_SHA1, ECDSA_P521_SHA256, ECDSA_P521_SHA384, ECDSA_P521_SHA512,
};
use crate::crypto::common::verify_rsa::{
    RSA_PKCS1_SHA1, RSA_PKCS1_SHA256, RSA_PKCS1_SHA256_BARE, RSA_PKCS1_SHA384, RSA_PKCS1_SHA384_BARE, RSA_PKCS1_SHA512,
    RSA_PKCS1_SHA512_BARE, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
};
use crate::crypto::common::verify_table::{signature_algorithms, with_small_rsa_keys};

/// RFC 8032, by ed25519-dalek.
#[derive(Debug)]
struct Ed25519;

const ED25519: &dyn Algorithm = &Ed25519;

impl Algorithm for Ed25519 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = public_key.try_into().map_err(|_| InvalidSignature)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(|_| InvalidSignature)?;
        let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
        key.verify_strict(message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ED25519
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ED25519
    }
}

signature_algorithms!();
with_small_rsa_keys!();
