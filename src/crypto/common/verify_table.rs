//! The tables of a provider's signature algorithms, made of those that it has in scope.

/// Defines `ALGORITHMS`. Every algorithm named here must be in scope.
///
/// RSASSA-PSS comes before PKCS #1 v1.5: it has a security proof, the other a history of attacks.
macro_rules! signature_algorithms {
    () => {
        use rustls_pki_types::SignatureVerificationAlgorithm as Algorithm;
        use $crate::crypto::SignatureAlgorithms;
        use $crate::wire::SignatureScheme as Scheme;

        /// For signatures in certificates.
        const ALL: &[&dyn Algorithm] = &[
            ECDSA_P256_SHA256,
            ECDSA_P256_SHA384,
            ECDSA_P256_SHA512,
            ECDSA_P384_SHA256,
            ECDSA_P384_SHA384,
            ECDSA_P384_SHA512,
            ECDSA_P521_SHA256,
            ECDSA_P521_SHA384,
            ECDSA_P521_SHA512,
            ED25519,
            RSA_PSS_SHA256,
            RSA_PSS_SHA384,
            RSA_PSS_SHA512,
            RSA_PKCS1_SHA256,
            RSA_PKCS1_SHA384,
            RSA_PKCS1_SHA512,
            RSA_PKCS1_SHA256_BARE,
            RSA_PKCS1_SHA384_BARE,
            RSA_PKCS1_SHA512_BARE,
        ];

        /// For keys of 2048 bits and more.
        pub(super) const ALGORITHMS: SignatureAlgorithms = $crate::crypto::common::verify_table::by_scheme!(
            RSA_PSS_SHA256,
            RSA_PSS_SHA384,
            RSA_PSS_SHA512,
            RSA_PKCS1_SHA256,
            RSA_PKCS1_SHA384,
            RSA_PKCS1_SHA512,
            RSA_PKCS1_SHA1
        );
    };
}

/// The algorithms by scheme, with these for RSA. Used by the other macros.
macro_rules! by_scheme {
    ($pss256:ident, $pss384:ident, $pss512:ident, $pkcs256:ident, $pkcs384:ident, $pkcs512:ident, $pkcs1:ident) => {
        SignatureAlgorithms::from_static(
            ALL,
            // RFC 8422 §5.4: the scheme gives the hash, and the key gives the curve.
            &[
                (Scheme::ECDSA_SHA256, &[ECDSA_P256_SHA256, ECDSA_P384_SHA256, ECDSA_P521_SHA256]),
                (Scheme::ECDSA_SHA384, &[ECDSA_P384_SHA384, ECDSA_P256_SHA384, ECDSA_P521_SHA384]),
                (Scheme::ECDSA_SHA512, &[ECDSA_P521_SHA512, ECDSA_P256_SHA512, ECDSA_P384_SHA512]),
                (Scheme::ED25519, &[ED25519]),
                (Scheme::RSA_PSS_RSAE_SHA256, &[$pss256]),
                (Scheme::RSA_PSS_RSAE_SHA384, &[$pss384]),
                (Scheme::RSA_PSS_RSAE_SHA512, &[$pss512]),
                (Scheme::RSA_PKCS1_SHA256, &[$pkcs256]),
                (Scheme::RSA_PKCS1_SHA384, &[$pkcs384]),
                (Scheme::RSA_PKCS1_SHA512, &[$pkcs512]),
            ],
            &[
                (Scheme::ECDSA_SHA1, &[ECDSA_P256_SHA1, ECDSA_P384_SHA1, ECDSA_P521_SHA1]),
                (Scheme::RSA_PKCS1_SHA1, &[$pkcs1]),
            ],
        )
    };
}

/// Defines `WITH_SMALL_RSA`, after `signature_algorithms!`.
#[cfg(feature = "static-rsa")]
macro_rules! with_small_rsa_keys {
    () => {
        use $crate::crypto::common::verify_rsa::{self as small, SmallRsa};

        const RSA_PSS_SHA256_FROM_1024: &dyn Algorithm =
            &SmallRsa { of_others: RSA_PSS_SHA256, verify: small::pss_sha256 };
        const RSA_PSS_SHA384_FROM_1024: &dyn Algorithm =
            &SmallRsa { of_others: RSA_PSS_SHA384, verify: small::pss_sha384 };
        const RSA_PSS_SHA512_FROM_1024: &dyn Algorithm =
            &SmallRsa { of_others: RSA_PSS_SHA512, verify: small::pss_sha512 };
        const RSA_PKCS1_SHA1_FROM_1024: &dyn Algorithm =
            &SmallRsa { of_others: RSA_PKCS1_SHA1, verify: small::pkcs1_sha1 };
        const RSA_PKCS1_SHA256_FROM_1024: &dyn Algorithm =
            &SmallRsa { of_others: RSA_PKCS1_SHA256, verify: small::pkcs1_sha256 };
        const RSA_PKCS1_SHA384_FROM_1024: &dyn Algorithm =
            &SmallRsa { of_others: RSA_PKCS1_SHA384, verify: small::pkcs1_sha384 };
        const RSA_PKCS1_SHA512_FROM_1024: &dyn Algorithm =
            &SmallRsa { of_others: RSA_PKCS1_SHA512, verify: small::pkcs1_sha512 };

        /// The same, but also for the peer's own signatures with RSA keys of 1024 bits and more; those in certificates as above.
        pub(super) const WITH_SMALL_RSA: SignatureAlgorithms = $crate::crypto::common::verify_table::by_scheme!(
            RSA_PSS_SHA256_FROM_1024,
            RSA_PSS_SHA384_FROM_1024,
            RSA_PSS_SHA512_FROM_1024,
            RSA_PKCS1_SHA256_FROM_1024,
            RSA_PKCS1_SHA384_FROM_1024,
            RSA_PKCS1_SHA512_FROM_1024,
            RSA_PKCS1_SHA1_FROM_1024
        );
    };
}

pub(in crate::crypto) use by_scheme;
pub(in crate::crypto) use signature_algorithms;
#[cfg(feature = "static-rsa")]
pub(in crate::crypto) use with_small_rsa_keys;
