//! RSA by the `rsa` crate: encryption and decryption of premaster secrets (the primitives of RFC 8017 §5.1, and the padding
//! that encrypts), and the signatures that a provider does not make itself. It is compiled with the feature `static-rsa`;
//! `without_rsa.rs` stands in for it otherwise.

use alloc::vec;
use alloc::vec::Vec;
use rsa::hazmat::{rsa_decrypt_and_check, rsa_encrypt};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::traits::{PublicKeyParts, SignatureScheme as _};
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey, Pss};
use zeroize::{Zeroize, Zeroizing};

use super::hash::hash;
use super::primitives::SIGNING;
use super::random::{Draws, MAX_DRAWS};
use super::rsa_key::MAX_PUBLIC_MODULUS_BITS;
use crate::crypto::{HashAlgorithm, KeyType, PublicKey, RsaDecrypt, Secret, SecureRandom, bit_length};
use crate::error::ProviderError;
use crate::wire::SignatureScheme;

/// RSAES-PKCS1-v1_5 (RFC 8017 §7.2.1): 00 02, nonzero padding, 00, message.
pub(super) fn encrypt(
    key: &PublicKey,
    message: &Secret,
    random: &dyn SecureRandom,
    smallest: u32,
) -> Result<Vec<u8>, ProviderError> {
    /// 00 02, at least 8 bytes of padding, 00.
    const OVERHEAD: usize = 11;
    if key.key_type() != KeyType::Rsa {
        return Err(ProviderError::InvalidPublicKey);
    }
    let key = public_key(key.key(), smallest).ok_or(ProviderError::InvalidPublicKey)?;
    let message = message.expose();
    let padding_len = key.size().checked_sub(message.len() + OVERHEAD - 8).filter(|&len| len >= 8);
    let padding_len = padding_len.ok_or(ProviderError::Failed("RSA encryption of a message of this length"))?;
    let mut padding = Zeroizing::new(vec![0; padding_len]);
    fill_nonzero(&mut padding, random)?;

    let mut encoded = Zeroizing::new(Vec::with_capacity(key.size()));
    encoded.extend_from_slice(&[0, 2]);
    encoded.extend_from_slice(&padding);
    encoded.push(0);
    encoded.extend_from_slice(message);
    let mut encoded = integer(&encoded, &key)?;
    let encrypted = rsa_encrypt(&key, &encoded).map_err(|_| ProviderError::Failed("RSA encryption"));
    encoded.zeroize();
    Ok(bytes(&encrypted?, key.size()))
}

/// A peer's RSAPublicKey (RFC 8017 §A.1.1), with a modulus of `smallest` bits or more.
pub(super) fn public_key(pkcs1: &[u8], smallest: u32) -> Option<rsa::PublicKey> {
    let key = rsa::PublicKey::from_pkcs1_der(pkcs1).ok()?;
    (smallest..=MAX_PUBLIC_MODULUS_BITS).contains(&bit_length(&key.n_bytes())).then_some(key)
}

/// Fills `out` with bytes that are not 0.
fn fill_nonzero(out: &mut [u8], random: &dyn SecureRandom) -> Result<(), ProviderError> {
    random.fill(out)?;
    for byte in out {
        let mut draws = 0;
        while *byte == 0 {
            if draws == MAX_DRAWS {
                return Err(ProviderError::Random);
            }
            random.fill(core::slice::from_mut(byte))?;
            draws += 1;
        }
    }
    Ok(())
}

/// An RSA private key.
pub(super) struct RsaPrivate(PrivateKey);

impl RsaPrivate {
    /// From an RSAPrivateKey (RFC 8017 §A.1.2) whose sizes were checked.
    pub(super) fn from_pkcs1(pkcs1: &[u8]) -> Result<Self, ProviderError> {
        let key = PrivateKey::from_pkcs1_der(pkcs1);
        key.map(Self).map_err(|_| ProviderError::InvalidPrivateKey("its components are inconsistent"))
    }

    pub(super) fn decrypts(&self) -> Option<&dyn RsaDecrypt> {
        Some(self)
    }

    /// RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017 §8), blinded with `random`.
    pub(super) fn sign(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        random: &dyn SecureRandom,
    ) -> Result<Vec<u8>, ProviderError> {
        use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};
        let Self(key) = self;
        let random = Some(&mut Draws::new(random));
        let hashed = |algorithm| hash(algorithm, message);
        match scheme {
            SignatureScheme::RSA_PKCS1_SHA1 => {
                Pkcs1v15Sign::new::<sha1::Sha1>().sign(random, key, hashed(Sha1).as_ref())
            }
            SignatureScheme::RSA_PKCS1_SHA256 => {
                Pkcs1v15Sign::new::<sha2::Sha256>().sign(random, key, hashed(Sha256).as_ref())
            }
            SignatureScheme::RSA_PKCS1_SHA384 => {
                Pkcs1v15Sign::new::<sha2::Sha384>().sign(random, key, hashed(Sha384).as_ref())
            }
            SignatureScheme::RSA_PKCS1_SHA512 => {
                Pkcs1v15Sign::new::<sha2::Sha512>().sign(random, key, hashed(Sha512).as_ref())
            }
            SignatureScheme::RSA_PSS_RSAE_SHA256 => {
                Pss::<sha2::Sha256>::new().sign(random, key, hashed(Sha256).as_ref())
            }
            SignatureScheme::RSA_PSS_RSAE_SHA384 => {
                Pss::<sha2::Sha384>::new().sign(random, key, hashed(Sha384).as_ref())
            }
            SignatureScheme::RSA_PSS_RSAE_SHA512 => {
                Pss::<sha2::Sha512>::new().sign(random, key, hashed(Sha512).as_ref())
            }
            _ => return Err(ProviderError::Unsupported("this signature scheme")),
        }
        .map_err(|_| SIGNING)
    }
}

/// This is slower than OpenSSL's operation, which keeps a pair of numbers that blinds the base, and squares it each time. Here, the
/// `rsa` crate blinds the base, both exponents and both primes with the randomness that it is given; without randomness, it
/// blinds none of them. A pair of our own would therefore cost the blinding of the exponents and primes, which is what hides
/// the key from an arithmetic that has not been proved constant-time. The faster operations of other libraries are no
/// alternative: the safe APIs of ring and aws-lc-rs have none without padding, and one that reports wrong padding is an oracle.
impl RsaDecrypt for RsaPrivate {
    fn decrypt_raw(&self, ciphertext: &[u8], random: &dyn SecureRandom) -> Result<Secret, ProviderError> {
        const FAILED: ProviderError = ProviderError::Failed("RSA decryption");
        let Self(key) = self;
        // RFC 8017 §7.2.2 step 1. Whether the number is smaller than the modulus is checked below.
        if ciphertext.len() != key.size() {
            return Err(FAILED);
        }
        let ciphertext = integer(ciphertext, key)?;
        let mut random = Draws::new(random);
        let mut encoded = rsa_decrypt_and_check(key, Some(&mut random), &ciphertext).map_err(|error| match error {
            rsa::Error::Rng => ProviderError::Random,
            _ => FAILED,
        })?;
        let secret = Secret::new(bytes(&encoded, key.size()));
        encoded.zeroize();
        Ok(secret)
    }
}

/// OS2IP (RFC 8017 §4.2), with as many limbs as the modulus.
fn integer(bytes: &[u8], key: &impl PublicKeyParts) -> Result<BoxedUint, ProviderError> {
    BoxedUint::from_be_slice(bytes, key.n_bits_precision()).map_err(|_| ProviderError::Failed("RSA"))
}

/// I2OSP (RFC 8017 §4.1) of a number that is smaller than a modulus of `len` bytes. The number of leading zeros does
/// not leak.
fn bytes(number: &BoxedUint, len: usize) -> Vec<u8> {
    // Whole limbs, so it may be longer than the modulus, with leading zeros.
    let limbs = Zeroizing::new(number.to_be_bytes());
    let start = limbs.len().saturating_sub(len);
    limbs.get(start..).unwrap_or_default().to_vec()
}
