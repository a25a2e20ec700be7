//! Verification of ECDSA (FIPS 186-5 §6) by RustCrypto, for the pairs of curve and hash that a provider does not have.

use p521::ecdsa::signature::hazmat::PrehashVerifier as _;
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

use super::hash::hash;
use super::primitives::UNCOMPRESSED;
use crate::crypto::HashAlgorithm;

/// ecdsa-with-SHA1 (RFC 3279 §2.2.3). It is used only where it is named.
const ECDSA_SHA1: AlgorithmIdentifier =
    AlgorithmIdentifier::from_slice(&[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01]);

#[derive(Debug)]
struct Ecdsa {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    hash: HashAlgorithm,
    verify: VerifyHash,
}

/// Takes the point, the hash of the message, and the signature in DER.
type VerifyHash = fn(&[u8], &[u8], &[u8]) -> Option<()>;

impl SignatureVerificationAlgorithm for Ecdsa {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        // RFC 8422 §5.1.2 deprecates the other forms.
        if public_key.first() != Some(&UNCOMPRESSED) {
            return Err(InvalidSignature);
        }
        (self.verify)(public_key, hash(self.hash, message).as_ref(), signature).ok_or(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

macro_rules! ecdsa {
    ($($(#[$attribute:meta])* $name:ident = $key:ident, $signature:expr, $curve:ident, $hash:ident;)*) => {$(
        $(#[$attribute])*
        pub(in crate::crypto) const $name: &dyn SignatureVerificationAlgorithm = &Ecdsa {
            key: alg_id::$key,
            signature: $signature,
            hash: HashAlgorithm::$hash,
            verify: |key, hash, signature| {
                let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(key).ok()?;
                let signature = $curve::ecdsa::Signature::from_der(signature).ok()?;
                key.verify_prehash(hash, &signature).ok()
            },
        };
    )*};
}

ecdsa! {
    ECDSA_P256_SHA1 = ECDSA_P256, ECDSA_SHA1, p256, Sha1;
    ECDSA_P384_SHA1 = ECDSA_P384, ECDSA_SHA1, p384, Sha1;
    ECDSA_P521_SHA1 = ECDSA_P521, ECDSA_SHA1, p521, Sha1;
    #[cfg(feature = "rustcrypto")]
    ECDSA_P256_SHA256 = ECDSA_P256, alg_id::ECDSA_SHA256, p256, Sha256;
    #[cfg(feature = "rustcrypto")]
    ECDSA_P256_SHA384 = ECDSA_P256, alg_id::ECDSA_SHA384, p256, Sha384;
    #[cfg(feature = "rustcrypto")]
    ECDSA_P384_SHA256 = ECDSA_P384, alg_id::ECDSA_SHA256, p384, Sha256;
    #[cfg(feature = "rustcrypto")]
    ECDSA_P384_SHA384 = ECDSA_P384, alg_id::ECDSA_SHA384, p384, Sha384;
    #[cfg(any(feature = "ring", feature = "rustcrypto"))]
    ECDSA_P256_SHA512 = ECDSA_P256, alg_id::ECDSA_SHA512, p256, Sha512;
    #[cfg(any(feature = "ring", feature = "rustcrypto"))]
    ECDSA_P384_SHA512 = ECDSA_P384, alg_id::ECDSA_SHA512, p384, Sha512;
    #[cfg(any(feature = "ring", feature = "rustcrypto"))]
    ECDSA_P521_SHA256 = ECDSA_P521, alg_id::ECDSA_SHA256, p521, Sha256;
    #[cfg(any(feature = "ring", feature = "rustcrypto"))]
    ECDSA_P521_SHA384 = ECDSA_P521, alg_id::ECDSA_SHA384, p521, Sha384;
    #[cfg(any(feature = "ring", feature = "rustcrypto"))]
    ECDSA_P521_SHA512 = ECDSA_P521, alg_id::ECDSA_SHA512, p521, Sha512;
}
