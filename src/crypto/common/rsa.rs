//! RSA: encryption and decryption of premaster secrets (the primitives of RFC 8017 §5.1, and the padding that encrypts), and the
//! signatures that a provider does not make itself. The private operation is that of `rsa_crt.rs`, or of the `rsa` crate if a key has
//! an unusual size. It is compiled with the feature `static-rsa`; `without_rsa.rs` stands in for it otherwise.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use der::Decode;
use rsa::hazmat::rsa_decrypt_and_check;
use rsa::pkcs1::{DecodeRsaPublicKey, RsaPrivateKeyRef};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey};
use zeroize::{Zeroize, Zeroizing};

use super::hash::hash;
use super::primitives::SIGNING;
use super::random::{Draws, MAX_DRAWS};
use super::rsa_crt::{self, DECRYPTION, Loaded};
use super::rsa_encoding;
use super::rsa_key::MAX_PUBLIC_MODULUS_BITS;
use super::rsa_public;
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
    rsa_public::encrypt(&key, &encoded).ok_or(ProviderError::InvalidPublicKey)
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
pub(super) struct RsaPrivate {
    key: Box<dyn RsaDecrypt>,
    is_vectorized: bool,
    modulus_bits: u32,
}

impl RsaPrivate {
    /// From an RSAPrivateKey (RFC 8017 §A.1.2) whose sizes were checked.
    pub(super) fn from_pkcs1(pkcs1: &[u8]) -> Result<Self, ProviderError> {
        const INCONSISTENT: ProviderError =
            ProviderError::InvalidPrivateKey("its components are inconsistent, or its primes have different lengths");
        let parts = RsaPrivateKeyRef::from_der(pkcs1).map_err(|_| INCONSISTENT)?;
        let modulus_bits = bit_length(parts.modulus.as_bytes());
        let (key, is_vectorized): (Box<dyn RsaDecrypt>, _) = match rsa_crt::load(&parts) {
            Loaded::Usual { key, is_vectorized } => (key, is_vectorized),
            Loaded::Inconsistent => return Err(INCONSISTENT),
            Loaded::AnotherSize => (Box::new(AnySize(PrivateKey::try_from(parts).map_err(|_| INCONSISTENT)?)), false),
        };
        Ok(Self { key, is_vectorized, modulus_bits })
    }

    /// Whether the private operation is computed with vector instructions.
    pub(super) const fn is_vectorized(&self) -> bool {
        self.is_vectorized
    }

    pub(super) fn decrypts(&self) -> Option<&dyn RsaDecrypt> {
        Some(&*self.key)
    }

    /// RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017 §8), blinded with `random`.
    pub(super) fn sign(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        random: &dyn SecureRandom,
    ) -> Result<Vec<u8>, ProviderError> {
        use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};
        let pkcs1 = |scheme: Pkcs1v15Sign, algorithm| {
            rsa_encoding::pkcs1(&scheme.prefix, hash(algorithm, message).as_ref(), self.modulus_bits)
        };
        let pss = |algorithm| rsa_encoding::pss(algorithm, message, self.modulus_bits, random);
        let encoded = match scheme {
            SignatureScheme::RSA_PKCS1_SHA1 => pkcs1(Pkcs1v15Sign::new::<sha1::Sha1>(), Sha1),
            SignatureScheme::RSA_PKCS1_SHA256 => pkcs1(Pkcs1v15Sign::new::<sha2::Sha256>(), Sha256),
            SignatureScheme::RSA_PKCS1_SHA384 => pkcs1(Pkcs1v15Sign::new::<sha2::Sha384>(), Sha384),
            SignatureScheme::RSA_PKCS1_SHA512 => pkcs1(Pkcs1v15Sign::new::<sha2::Sha512>(), Sha512),
            SignatureScheme::RSA_PSS_RSAE_SHA256 => pss(Sha256),
            SignatureScheme::RSA_PSS_RSAE_SHA384 => pss(Sha384),
            SignatureScheme::RSA_PSS_RSAE_SHA512 => pss(Sha512),
            _ => return Err(ProviderError::Unsupported("this signature scheme")),
        };
        // RSASP1 is the same operation as RSADP (RFC 8017 §5.2.1).
        let signature = self.key.decrypt_raw(&encoded?, random).map_err(|_| SIGNING)?;
        Ok(signature.expose().to_vec())
    }
}

/// A private key of any size, for which the `rsa` crate blinds the base, both exponents and both primes with the randomness that it is
/// given.
struct AnySize(PrivateKey);

impl RsaDecrypt for AnySize {
    fn decrypt_raw(&self, ciphertext: &[u8], random: &dyn SecureRandom) -> Result<Secret, ProviderError> {
        let Self(key) = self;
        // RFC 8017 §7.2.2 step 1. Whether the number is smaller than the modulus is checked below.
        if ciphertext.len() != key.size() {
            return Err(DECRYPTION);
        }
        let ciphertext = integer(ciphertext, key)?;
        let mut random = Draws::new(random);
        let mut encoded = rsa_decrypt_and_check(key, Some(&mut random), &ciphertext).map_err(|error| match error {
            rsa::Error::Rng => ProviderError::Random,
            _ => DECRYPTION,
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
