//! The algorithms that verify signatures: ring's, and RustCrypto's for the pairs of curve and hash that ring does not have.

use super::of_library::{
    ECDSA_P256_SHA256, ECDSA_P256_SHA384, ECDSA_P384_SHA256, ECDSA_P384_SHA384, ED25519, RSA_PKCS1_SHA1,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA256_BARE, RSA_PKCS1_SHA384, RSA_PKCS1_SHA384_BARE, RSA_PKCS1_SHA512,
    RSA_PKCS1_SHA512_BARE, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
};
use crate::crypto::common::verify::{
    ECDSA_P256_SHA1, ECDSA_P256_SHA512, ECDSA_P384_SHA1, ECDSA_P384_SHA512, ECDSA_P521_SHA1, ECDSA_P521_SHA256,
    ECDSA_P521_SHA384, ECDSA_P521_SHA512,
};
use crate::crypto::common::verify_table::signature_algorithms;
#[cfg(feature = "static-rsa")]
use crate::crypto::common::verify_table::with_small_rsa_keys;

signature_algorithms!();
#[cfg(feature = "static-rsa")]
with_small_rsa_keys!();
