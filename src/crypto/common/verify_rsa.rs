//! Verification of RSA signatures (RFC 8017 §8): by the `rsa` crate with keys of less than 2048 bits, where they are asked for,
//! and for a provider that has nothing of its own.

use rsa::traits::SignatureScheme as _;
use rsa::{Pkcs1v15Sign, Pss};
#[cfg(feature = "rustcrypto")]
use rustls_pki_types::alg_id;
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

use super::hash::hash;
#[cfg(feature = "rustcrypto")]
use super::id;
use super::rsa::public_key;
use super::rsa_key::{MIN_MODULUS_BITS, SMALL_MODULUS_BITS};
use crate::crypto::{HashAlgorithm, rsa_modulus_bits};

/// Takes the public key, the message, and the signature.
type Verify = fn(&[u8], &[u8], &[u8]) -> Option<()>;

/// The `rsa` crate for keys of less than 2048 bits, another algorithm for all others.
#[derive(Debug)]
pub(in crate::crypto) struct SmallRsa {
    pub(in crate::crypto) of_others: &'static dyn SignatureVerificationAlgorithm,
    pub(in crate::crypto) verify: Verify,
}

impl SignatureVerificationAlgorithm for SmallRsa {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let bits = rsa_modulus_bits(public_key).ok_or(InvalidSignature)?;
        if (SMALL_MODULUS_BITS..MIN_MODULUS_BITS).contains(&bits) {
            return (self.verify)(public_key, message, signature).ok_or(InvalidSignature);
        }
        self.of_others.verify_signature(public_key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.of_others.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.of_others.signature_alg_id()
    }
}

/// Verifies with keys of 1024 bits and more.
macro_rules! verify {
    ($($name:ident = $scheme:expr, $hash:ident;)*) => {$(
        pub(in crate::crypto) fn $name(key: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
            let key = public_key(key, SMALL_MODULUS_BITS)?;
            $scheme.verify(&key, hash(HashAlgorithm::$hash, message).as_ref(), signature).ok()
        }
    )*};
}

verify! {
    pkcs1_sha1 = Pkcs1v15Sign::new::<sha1::Sha1>(), Sha1;
    pkcs1_sha256 = Pkcs1v15Sign::new::<sha2::Sha256>(), Sha256;
    pkcs1_sha384 = Pkcs1v15Sign::new::<sha2::Sha384>(), Sha384;
    pkcs1_sha512 = Pkcs1v15Sign::new::<sha2::Sha512>(), Sha512;
    pss_sha256 = Pss::<sha2::Sha256>::new(), Sha256;
    pss_sha384 = Pss::<sha2::Sha384>::new(), Sha384;
    // RFC 8017 §9.1.2: a key of 1024 bits is too short for it, one of 1040 is not.
    pss_sha512 = Pss::<sha2::Sha512>::new(), Sha512;
}

/// The `rsa` crate, with keys of 2048 bits and more.
#[cfg(feature = "rustcrypto")]
#[derive(Debug)]
struct Rsa {
    signature: AlgorithmIdentifier,
    verify: Verify,
}

#[cfg(feature = "rustcrypto")]
impl SignatureVerificationAlgorithm for Rsa {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        match rsa_modulus_bits(public_key) {
            Some(MIN_MODULUS_BITS..) => (self.verify)(public_key, message, signature).ok_or(InvalidSignature),
            _ => Err(InvalidSignature),
        }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

#[cfg(feature = "rustcrypto")]
macro_rules! rsa {
    ($($name:ident = $signature:expr, $verify:ident;)*) => {$(
        pub(in crate::crypto) const $name: &dyn SignatureVerificationAlgorithm =
            &Rsa { signature: $signature, verify: $verify };
    )*};
}

#[cfg(feature = "rustcrypto")]
rsa! {
    RSA_PKCS1_SHA1 = id::RSA_PKCS1_SHA1, pkcs1_sha1;
    RSA_PKCS1_SHA256 = alg_id::RSA_PKCS1_SHA256, pkcs1_sha256;
    RSA_PKCS1_SHA384 = alg_id::RSA_PKCS1_SHA384, pkcs1_sha384;
    RSA_PKCS1_SHA512 = alg_id::RSA_PKCS1_SHA512, pkcs1_sha512;
    RSA_PKCS1_SHA256_BARE = id::RSA_PKCS1_SHA256_BARE, pkcs1_sha256;
    RSA_PKCS1_SHA384_BARE = id::RSA_PKCS1_SHA384_BARE, pkcs1_sha384;
    RSA_PKCS1_SHA512_BARE = id::RSA_PKCS1_SHA512_BARE, pkcs1_sha512;
    RSA_PSS_SHA256 = alg_id::RSA_PSS_SHA256, pss_sha256;
    RSA_PSS_SHA384 = alg_id::RSA_PSS_SHA384, pss_sha384;
    RSA_PSS_SHA512 = alg_id::RSA_PSS_SHA512, pss_sha512;
}
