//! RSA encryption and decryption of premaster secrets: the primitives of RFC 8017 §5.1, and the padding for encryption.
//! Also signatures with SHA-1.

use alloc::vec;
use alloc::vec::Vec;
use rsa::hazmat::{rsa_decrypt_and_check, rsa_encrypt};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::traits::{PublicKeyParts, SignatureScheme as _};
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey};
use zeroize::{Zeroize, Zeroizing};

use super::random::{Draws, MAX_DRAWS};
use crate::crypto::{KeyType, PublicKey, RsaDecrypt, Secret, SecureRandom, bit_length};
use crate::error::ProviderError;

/// The minimum size of a modulus, in bits. Factoring 1024 bits is feasible (NIST SP 800-131A rev. 2 §6).
pub(super) const MIN_MODULUS_BITS: u32 = 2048;
/// The minimum size of a peer's modulus where small keys are accepted, in bits.
pub(super) const SMALL_MODULUS_BITS: u32 = 1024;
/// The maximum size of a peer's modulus, in bits, as for signatures: this limits the work.
pub(super) const MAX_PUBLIC_MODULUS_BITS: u32 = 8192;
/// The maximum size of a private key's modulus, in bits: the limit of ring's signing.
const MAX_PRIVATE_MODULUS_BITS: u32 = 4096;

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
    let key = rsa::PublicKey::from_pkcs1_der(key.key()).map_err(|_| ProviderError::InvalidPublicKey)?;
    if !(smallest..=MAX_PUBLIC_MODULUS_BITS).contains(&bit_length(&key.n_bytes())) {
        return Err(ProviderError::InvalidPublicKey);
    }
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

/// Fills `out` with nonzero bytes.
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

/// An RSA private key, for the operations that ring does not support.
pub(super) struct DecryptionKey(PrivateKey);

impl DecryptionKey {
    pub(super) fn from_pkcs1(pkcs1: &[u8]) -> Result<Self, ProviderError> {
        use ProviderError::InvalidPrivateKey;
        let parts = rsa::pkcs1::RsaPrivateKeyRef::try_from(pkcs1)
            .map_err(|_| InvalidPrivateKey("it is not an RSAPrivateKey (RFC 8017 A.1.2) with two primes"))?;
        let modulus = parts.modulus.as_bytes();
        let bits = bit_length(modulus);
        if bits < MIN_MODULUS_BITS {
            return Err(InvalidPrivateKey("its modulus has fewer than 2048 bits"));
        }
        if bits > MAX_PRIVATE_MODULUS_BITS {
            return Err(InvalidPrivateKey("its modulus has more than 4096 bits"));
        }
        PrivateKey::from_pkcs1_der(pkcs1).map(Self).map_err(|_| InvalidPrivateKey("its components are inconsistent"))
    }
}

impl DecryptionKey {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.1) with SHA-1, the only signature that ring verifies but does not create.
    pub(super) fn sign_pkcs1_sha1(&self, message: &[u8], random: &dyn SecureRandom) -> Result<Vec<u8>, ProviderError> {
        let hash = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, message);
        Pkcs1v15Sign::new::<sha1::Sha1>()
            .sign(Some(&mut Draws::new(random)), &self.0, hash.as_ref())
            .map_err(|_| ProviderError::Failed("signing"))
    }
}

impl RsaDecrypt for DecryptionKey {
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
