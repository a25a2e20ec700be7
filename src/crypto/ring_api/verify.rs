//! Verification of signatures, by a library with the API of ring.

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

use super::library::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use crate::crypto::common::id;
use crate::crypto::common::primitives::UNCOMPRESSED;
use crate::crypto::rsa_modulus_bits;

/// An algorithm of the library, in the terms of certificates.
#[derive(Debug)]
pub(super) struct OfLibrary {
    pub(super) key: AlgorithmIdentifier,
    pub(super) signature: AlgorithmIdentifier,
    pub(super) algorithm: &'static dyn VerificationAlgorithm,
}

impl OfLibrary {
    /// Whether a key has the one form that it may have: RSAPublicKey (RFC 8017 §A.1.1), an uncompressed point (RFC 8422
    /// §5.1.2), or the 32 bytes of Ed25519. AWS-LC would read others.
    fn is_well_formed(&self, public_key: &[u8]) -> bool {
        match self.key {
            alg_id::RSA_ENCRYPTION => rsa_modulus_bits(public_key).is_some(),
            alg_id::ED25519 => public_key.len() == 32,
            _ => public_key.first() == Some(&UNCOMPRESSED),
        }
    }
}

impl SignatureVerificationAlgorithm for OfLibrary {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        if !self.is_well_formed(public_key) {
            return Err(InvalidSignature);
        }
        let key = UnparsedPublicKey::new(self.algorithm, public_key);
        key.verify(message, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

macro_rules! of_library {
    ($($name:ident = $key:ident, $signature:expr, $algorithm:ident;)*) => {$(
        pub(super) const $name: &dyn SignatureVerificationAlgorithm =
            &OfLibrary { key: alg_id::$key, signature: $signature, algorithm: &signature::$algorithm };
    )*};
}

of_library! {
    RSA_PSS_SHA256 = RSA_ENCRYPTION, alg_id::RSA_PSS_SHA256, RSA_PSS_2048_8192_SHA256;
    RSA_PSS_SHA384 = RSA_ENCRYPTION, alg_id::RSA_PSS_SHA384, RSA_PSS_2048_8192_SHA384;
    RSA_PSS_SHA512 = RSA_ENCRYPTION, alg_id::RSA_PSS_SHA512, RSA_PSS_2048_8192_SHA512;
    RSA_PKCS1_SHA1 = RSA_ENCRYPTION, id::RSA_PKCS1_SHA1, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY;
    RSA_PKCS1_SHA256 = RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA256, RSA_PKCS1_2048_8192_SHA256;
    RSA_PKCS1_SHA384 = RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA384, RSA_PKCS1_2048_8192_SHA384;
    RSA_PKCS1_SHA512 = RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA512, RSA_PKCS1_2048_8192_SHA512;
    RSA_PKCS1_SHA256_BARE = RSA_ENCRYPTION, id::RSA_PKCS1_SHA256_BARE, RSA_PKCS1_2048_8192_SHA256;
    RSA_PKCS1_SHA384_BARE = RSA_ENCRYPTION, id::RSA_PKCS1_SHA384_BARE, RSA_PKCS1_2048_8192_SHA384;
    RSA_PKCS1_SHA512_BARE = RSA_ENCRYPTION, id::RSA_PKCS1_SHA512_BARE, RSA_PKCS1_2048_8192_SHA512;
    ECDSA_P256_SHA256 = ECDSA_P256, alg_id::ECDSA_SHA256, ECDSA_P256_SHA256_ASN1;
    ECDSA_P256_SHA384 = ECDSA_P256, alg_id::ECDSA_SHA384, ECDSA_P256_SHA384_ASN1;
    ECDSA_P384_SHA256 = ECDSA_P384, alg_id::ECDSA_SHA256, ECDSA_P384_SHA256_ASN1;
    ECDSA_P384_SHA384 = ECDSA_P384, alg_id::ECDSA_SHA384, ECDSA_P384_SHA384_ASN1;
    ED25519 = ED25519, alg_id::ED25519, ED25519;
}
