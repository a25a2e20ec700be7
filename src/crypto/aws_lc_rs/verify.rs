//! The algorithms that verify signatures: AWS-LC's, and RustCrypto's for ECDSA with SHA-1.

use rustls_pki_types::alg_id;

use super::library::signature;
use super::of_library::{
    ECDSA_P256_SHA256, ECDSA_P256_SHA384, ECDSA_P384_SHA256, ECDSA_P384_SHA384, ED25519, OfLibrary, RSA_PKCS1_SHA1,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA256_BARE, RSA_PKCS1_SHA384, RSA_PKCS1_SHA384_BARE, RSA_PKCS1_SHA512,
    RSA_PKCS1_SHA512_BARE, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
};
use crate::crypto::common::verify::{ECDSA_P256_SHA1, ECDSA_P384_SHA1, ECDSA_P521_SHA1};
use crate::crypto::common::verify_table::signature_algorithms;
#[cfg(feature = "static-rsa")]
use crate::crypto::common::verify_table::with_small_rsa_keys;

/// The pairs of curve and hash that ring does not have.
macro_rules! ecdsa {
    ($($name:ident = $key:ident, $signature:ident, $algorithm:ident;)*) => {$(
        const $name: &dyn Algorithm =
            &OfLibrary { key: alg_id::$key, signature: alg_id::$signature, algorithm: &signature::$algorithm };
    )*};
}

ecdsa! {
    ECDSA_P256_SHA512 = ECDSA_P256, ECDSA_SHA512, ECDSA_P256_SHA512_ASN1;
    ECDSA_P384_SHA512 = ECDSA_P384, ECDSA_SHA512, ECDSA_P384_SHA512_ASN1;
    ECDSA_P521_SHA256 = ECDSA_P521, ECDSA_SHA256, ECDSA_P521_SHA256_ASN1;
    ECDSA_P521_SHA384 = ECDSA_P521, ECDSA_SHA384, ECDSA_P521_SHA384_ASN1;
    ECDSA_P521_SHA512 = ECDSA_P521, ECDSA_SHA512, ECDSA_P521_SHA512_ASN1;
}

signature_algorithms!();
#[cfg(feature = "static-rsa")]
with_small_rsa_keys!();
