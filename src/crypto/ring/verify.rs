//! Algorithms for verifying signatures: ring's, and RustCrypto's for the pairs of curve and hash that ring does not
//! support.

use alloc::boxed::Box;
use p521::ecdsa::signature::hazmat::PrehashVerifier as _;
use ring::digest;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::traits::SignatureScheme as _;
use rsa::{Pkcs1v15Sign, Pss, PublicKey};
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

use super::exchange::UNCOMPRESSED;
use super::rsa::{MIN_MODULUS_BITS, SMALL_MODULUS_BITS};
use crate::crypto::{SignatureAlgorithms, rsa_modulus_bits};
use crate::wire::SignatureScheme;

/// The identifiers of SHA-1 signatures in certificates (RFC 8017 §A.2.4, RFC 3279 §2.2.3), which are not accepted by
/// default.
mod sha1_id {
    use rustls_pki_types::AlgorithmIdentifier;

    pub(super) const RSA_PKCS1_SHA1: AlgorithmIdentifier = AlgorithmIdentifier::from_slice(&[
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00,
    ]);
    pub(super) const ECDSA_SHA1: AlgorithmIdentifier =
        AlgorithmIdentifier::from_slice(&[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01]);
}

/// The identifiers of RSA signatures without the NULL for parameters, which must be accepted as well (RFC 4055 §5).
mod no_parameters {
    use rustls_pki_types::AlgorithmIdentifier;

    pub(super) const RSA_PKCS1_SHA256: AlgorithmIdentifier =
        AlgorithmIdentifier::from_slice(&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]);
    pub(super) const RSA_PKCS1_SHA384: AlgorithmIdentifier =
        AlgorithmIdentifier::from_slice(&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c]);
    pub(super) const RSA_PKCS1_SHA512: AlgorithmIdentifier =
        AlgorithmIdentifier::from_slice(&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d]);
}

/// A signature algorithm of ring, for certificates.
#[derive(Debug)]
struct OfRing {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    algorithm: &'static dyn VerificationAlgorithm,
}

impl SignatureVerificationAlgorithm for OfRing {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
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

/// ECDSA of RustCrypto, with any hash.
#[derive(Debug)]
struct Ecdsa {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    hash: &'static digest::Algorithm,
    verify: VerifyHash,
}

/// Takes the point, the hash of the message, and the signature in DER.
type VerifyHash = fn(&[u8], &[u8], &[u8]) -> Option<()>;

impl SignatureVerificationAlgorithm for Ecdsa {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        // RFC 8422 §5.1.2 deprecates the other formats, and ring does not accept them.
        if public_key.first() != Some(&UNCOMPRESSED) {
            return Err(InvalidSignature);
        }
        let hash = digest::digest(self.hash, message);
        (self.verify)(public_key, hash.as_ref(), signature).ok_or(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

/// RustCrypto's RSA for keys of fewer than 2048 bits that ring does not support; ring's for all others.
#[derive(Debug)]
struct SmallRsa {
    of_ring: &'static dyn SignatureVerificationAlgorithm,
    hash: &'static digest::Algorithm,
    verify: fn(&PublicKey, &[u8], &[u8]) -> rsa::Result<()>,
}

impl SignatureVerificationAlgorithm for SmallRsa {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let bits = rsa_modulus_bits(public_key).ok_or(InvalidSignature)?;
        if !(SMALL_MODULUS_BITS..MIN_MODULUS_BITS).contains(&bits) {
            return self.of_ring.verify_signature(public_key, message, signature);
        }
        let key = PublicKey::from_pkcs1_der(public_key).map_err(|_| InvalidSignature)?;
        let hash = digest::digest(self.hash, message);
        (self.verify)(&key, hash.as_ref(), signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.of_ring.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.of_ring.signature_alg_id()
    }
}

/// The bytes before a SHA-384 hash in a DigestInfo (RFC 8017 §9.2, note 1).
const SHA384_PREFIX: [u8; 19] = [0x30, 0x41, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0, 4, 0x30];

const RSA_PKCS1_SHA384_FROM_1024: &dyn SignatureVerificationAlgorithm = &SmallRsa {
    of_ring: RSA_PKCS1_SHA384,
    hash: &digest::SHA384,
    verify: |key, hash, signature| {
        Pkcs1v15Sign { hash_len: Some(hash.len()), prefix: Box::from(SHA384_PREFIX) }.verify(key, hash, signature)
    },
};
const RSA_PSS_SHA256_FROM_1024: &dyn SignatureVerificationAlgorithm = &SmallRsa {
    of_ring: RSA_PSS_SHA256,
    hash: &digest::SHA256,
    verify: |key, hash, signature| Pss::<sha2::Sha256>::new().verify(key, hash, signature),
};
const RSA_PSS_SHA384_FROM_1024: &dyn SignatureVerificationAlgorithm = &SmallRsa {
    of_ring: RSA_PSS_SHA384,
    hash: &digest::SHA384,
    verify: |key, hash, signature| Pss::<sha2::Sha384>::new().verify(key, hash, signature),
};
const RSA_PSS_SHA512_FROM_1024: &dyn SignatureVerificationAlgorithm = &SmallRsa {
    of_ring: RSA_PSS_SHA512,
    hash: &digest::SHA512,
    // RFC 8017 §9.1.2: a key of 1024 bits is too short for it, one of 1040 is not.
    verify: |key, hash, signature| Pss::<sha2::Sha512>::new().verify(key, hash, signature),
};

macro_rules! of_ring {
    ($($name:ident = $key:ident, $signature:path, $algorithm:ident;)*) => {
        $(const $name: &dyn SignatureVerificationAlgorithm = &OfRing {
            key: alg_id::$key,
            signature: $signature,
            algorithm: &signature::$algorithm,
        };)*
    };
}

of_ring! {
    RSA_PSS_SHA256 = RSA_ENCRYPTION, alg_id::RSA_PSS_SHA256, RSA_PSS_2048_8192_SHA256;
    RSA_PSS_SHA384 = RSA_ENCRYPTION, alg_id::RSA_PSS_SHA384, RSA_PSS_2048_8192_SHA384;
    RSA_PSS_SHA512 = RSA_ENCRYPTION, alg_id::RSA_PSS_SHA512, RSA_PSS_2048_8192_SHA512;
    RSA_PKCS1_SHA1 = RSA_ENCRYPTION, sha1_id::RSA_PKCS1_SHA1, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY;
    RSA_PKCS1_SHA256 = RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA256, RSA_PKCS1_2048_8192_SHA256;
    RSA_PKCS1_SHA384 = RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA384, RSA_PKCS1_2048_8192_SHA384;
    RSA_PKCS1_SHA512 = RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA512, RSA_PKCS1_2048_8192_SHA512;
    RSA_PKCS1_SHA1_FROM_1024 =
        RSA_ENCRYPTION, sha1_id::RSA_PKCS1_SHA1, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY;
    RSA_PKCS1_SHA256_FROM_1024 =
        RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA256, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY;
    RSA_PKCS1_SHA512_FROM_1024 =
        RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA512, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY;
    RSA_PKCS1_SHA256_BARE = RSA_ENCRYPTION, no_parameters::RSA_PKCS1_SHA256, RSA_PKCS1_2048_8192_SHA256;
    RSA_PKCS1_SHA384_BARE = RSA_ENCRYPTION, no_parameters::RSA_PKCS1_SHA384, RSA_PKCS1_2048_8192_SHA384;
    RSA_PKCS1_SHA512_BARE = RSA_ENCRYPTION, no_parameters::RSA_PKCS1_SHA512, RSA_PKCS1_2048_8192_SHA512;
    ECDSA_P256_SHA256 = ECDSA_P256, alg_id::ECDSA_SHA256, ECDSA_P256_SHA256_ASN1;
    ECDSA_P256_SHA384 = ECDSA_P256, alg_id::ECDSA_SHA384, ECDSA_P256_SHA384_ASN1;
    ECDSA_P384_SHA256 = ECDSA_P384, alg_id::ECDSA_SHA256, ECDSA_P384_SHA256_ASN1;
    ECDSA_P384_SHA384 = ECDSA_P384, alg_id::ECDSA_SHA384, ECDSA_P384_SHA384_ASN1;
    ED25519 = ED25519, alg_id::ED25519, ED25519;
}

macro_rules! of_rust_crypto {
    ($($name:ident = $key:ident, $signature:path, $curve:ident, $hash:ident;)*) => {
        $(const $name: &dyn SignatureVerificationAlgorithm = &Ecdsa {
            key: alg_id::$key,
            signature: $signature,
            hash: &digest::$hash,
            verify: |key, hash, signature| {
                let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(key).ok()?;
                let signature = $curve::ecdsa::Signature::from_der(signature).ok()?;
                key.verify_prehash(hash, &signature).ok()
            },
        };)*
    };
}

of_rust_crypto! {
    ECDSA_P256_SHA1 = ECDSA_P256, sha1_id::ECDSA_SHA1, p256, SHA1_FOR_LEGACY_USE_ONLY;
    ECDSA_P256_SHA512 = ECDSA_P256, alg_id::ECDSA_SHA512, p256, SHA512;
    ECDSA_P384_SHA1 = ECDSA_P384, sha1_id::ECDSA_SHA1, p384, SHA1_FOR_LEGACY_USE_ONLY;
    ECDSA_P384_SHA512 = ECDSA_P384, alg_id::ECDSA_SHA512, p384, SHA512;
    ECDSA_P521_SHA1 = ECDSA_P521, sha1_id::ECDSA_SHA1, p521, SHA1_FOR_LEGACY_USE_ONLY;
    ECDSA_P521_SHA256 = ECDSA_P521, alg_id::ECDSA_SHA256, p521, SHA256;
    ECDSA_P521_SHA384 = ECDSA_P521, alg_id::ECDSA_SHA384, p521, SHA384;
    ECDSA_P521_SHA512 = ECDSA_P521, alg_id::ECDSA_SHA512, p521, SHA512;
}

/// RSASSA-PSS comes before PKCS #1 v1.5: it has a security proof, the other a history of attacks.
pub(super) const ALGORITHMS: SignatureAlgorithms = SignatureAlgorithms::from_static(
    ALL,
    // RFC 8422 §5.4: the scheme gives the hash, and the key gives the curve.
    &[
        (SignatureScheme::ECDSA_SHA256, &[ECDSA_P256_SHA256, ECDSA_P384_SHA256, ECDSA_P521_SHA256]),
        (SignatureScheme::ECDSA_SHA384, &[ECDSA_P384_SHA384, ECDSA_P256_SHA384, ECDSA_P521_SHA384]),
        (SignatureScheme::ECDSA_SHA512, &[ECDSA_P521_SHA512, ECDSA_P256_SHA512, ECDSA_P384_SHA512]),
        (SignatureScheme::ED25519, &[ED25519]),
        (SignatureScheme::RSA_PSS_RSAE_SHA256, &[RSA_PSS_SHA256]),
        (SignatureScheme::RSA_PSS_RSAE_SHA384, &[RSA_PSS_SHA384]),
        (SignatureScheme::RSA_PSS_RSAE_SHA512, &[RSA_PSS_SHA512]),
        (SignatureScheme::RSA_PKCS1_SHA256, &[RSA_PKCS1_SHA256]),
        (SignatureScheme::RSA_PKCS1_SHA384, &[RSA_PKCS1_SHA384]),
        (SignatureScheme::RSA_PKCS1_SHA512, &[RSA_PKCS1_SHA512]),
    ],
    &[
        (SignatureScheme::ECDSA_SHA1, &[ECDSA_P256_SHA1, ECDSA_P384_SHA1, ECDSA_P521_SHA1]),
        (SignatureScheme::RSA_PKCS1_SHA1, &[RSA_PKCS1_SHA1]),
    ],
);

/// The same, but also verifying the peer's signatures with RSA keys of 1024 bits and more; signatures in certificates
/// as above.
pub(super) const WITH_SMALL_RSA: SignatureAlgorithms = SignatureAlgorithms::from_static(
    ALL,
    &[
        (SignatureScheme::ECDSA_SHA256, &[ECDSA_P256_SHA256, ECDSA_P384_SHA256, ECDSA_P521_SHA256]),
        (SignatureScheme::ECDSA_SHA384, &[ECDSA_P384_SHA384, ECDSA_P256_SHA384, ECDSA_P521_SHA384]),
        (SignatureScheme::ECDSA_SHA512, &[ECDSA_P521_SHA512, ECDSA_P256_SHA512, ECDSA_P384_SHA512]),
        (SignatureScheme::ED25519, &[ED25519]),
        (SignatureScheme::RSA_PSS_RSAE_SHA256, &[RSA_PSS_SHA256_FROM_1024]),
        (SignatureScheme::RSA_PSS_RSAE_SHA384, &[RSA_PSS_SHA384_FROM_1024]),
        (SignatureScheme::RSA_PSS_RSAE_SHA512, &[RSA_PSS_SHA512_FROM_1024]),
        (SignatureScheme::RSA_PKCS1_SHA256, &[RSA_PKCS1_SHA256_FROM_1024]),
        (SignatureScheme::RSA_PKCS1_SHA384, &[RSA_PKCS1_SHA384_FROM_1024]),
        (SignatureScheme::RSA_PKCS1_SHA512, &[RSA_PKCS1_SHA512_FROM_1024]),
    ],
    &[
        (SignatureScheme::ECDSA_SHA1, &[ECDSA_P256_SHA1, ECDSA_P384_SHA1, ECDSA_P521_SHA1]),
        (SignatureScheme::RSA_PKCS1_SHA1, &[RSA_PKCS1_SHA1_FROM_1024]),
    ],
);

/// Those for the signatures in certificates.
const ALL: &[&dyn SignatureVerificationAlgorithm] = &[
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
