//! The [`Provider`] trait: all the cryptography that a connection uses, behind small object traits.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;
use rustls_pki_types::{PrivateKeyDer, SignatureVerificationAlgorithm};

use super::prf::p_hash;
use super::{AeadAlgorithm, CbcCipher, CipherSuite, HashAlgorithm, PublicKey, Secret};
use crate::error::{Bytes, ProviderError};
use crate::wire::{NamedGroup, SignatureScheme};

/// All the cryptography that a connection uses.
///
/// The default is `tls12::crypto::ring::provider()`. Write another to use other primitives, an accelerator, or scripted
/// randomness in tests; delegate to an existing one for what does not change.
pub trait Provider: fmt::Debug + Send + Sync {
    /// The source of randoms, key shares, premaster secrets, padding and IVs.
    fn random(&self) -> &dyn SecureRandom;

    /// Whether the primitives of `suite` are all here. A suite that is not supported is never offered or chosen.
    fn supports(&self, suite: &CipherSuite) -> bool;

    /// The groups for ECDHE, most preferred first.
    fn groups(&self) -> &[&dyn KeyExchangeGroup];

    /// The signature algorithms that can be verified.
    fn signature_algorithms(&self) -> SignatureAlgorithms;

    /// The lengths, in bits, of the moduli of peers' RSA keys that are used, for signatures and to encrypt. Others are refused
    /// with this as the reason. By default 2048 to 8192.
    fn rsa_key_bits(&self) -> RangeInclusive<u32> {
        2048..=8192
    }

    /// The hash of `data`.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`], if the algorithm is not here.
    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Digest, ProviderError>;

    /// A hash to which data is given bit by bit.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`], if the algorithm is not here.
    fn hasher(&self, algorithm: HashAlgorithm) -> Result<Box<dyn Hasher>, ProviderError>;

    /// An HMAC key (RFC 2104), of any length.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`], if the algorithm is not here.
    fn hmac_key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError>;

    /// A key for AEAD records, for one direction. `key` has `algorithm.key_len()` bytes.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`], if the algorithm is not here.
    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError>;

    /// What protects outgoing CBC records.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`], if the combination is not here.
    fn cbc_sealer(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcSealer>, ProviderError>;

    /// What unprotects incoming CBC records.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`], if the combination is not here.
    fn cbc_opener(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcOpener>, ProviderError>;

    /// Encrypts `premaster` to an RSA key by RSAES-PKCS1-v1_5 (RFC 8017 §7.2.1), with padding from `random`.
    ///
    /// # Errors
    /// [`ProviderError::InvalidPublicKey`], if it is no RSA key, or of a size that is not supported.
    fn rsa_encrypt(
        &self,
        key: &PublicKey,
        premaster: &Secret,
        random: &dyn SecureRandom,
    ) -> Result<Vec<u8>, ProviderError>;

    /// Reads a private key: PKCS#8, PKCS#1 or SEC 1.
    ///
    /// # Errors
    /// [`ProviderError::InvalidPrivateKey`], if it is malformed, or of a type or size that is not supported.
    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn PrivateKey>, ProviderError>;
}

/// A source of secure random bytes.
pub trait SecureRandom: Send + Sync {
    /// Fills `out`.
    ///
    /// # Errors
    /// [`ProviderError::Random`], if the source failed; `out` must not be used then.
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError>;
}

/// The output of a hash or HMAC.
#[derive(Clone, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct Digest {
    bytes: [u8; Self::MAX_LEN],
    len: usize,
}

impl Digest {
    /// The longest output of any hash here, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Takes the first [`Self::MAX_LEN`] bytes of `bytes`.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let mut digest = Self { bytes: [0; Self::MAX_LEN], len: bytes.len().min(Self::MAX_LEN) };
        for (to, from) in digest.bytes.iter_mut().zip(bytes) {
            *to = *from;
        }
        digest
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// It may be a key, or depend on one: it is not printed.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Digest").field(&Bytes(self.len)).finish()
    }
}

/// A hash that is under way.
pub trait Hasher: Send + Sync {
    /// Takes in `data`, which follows what was taken in before.
    fn update(&mut self, data: &[u8]);

    /// The hash of all that was taken in so far. More may follow.
    fn hash(&self) -> Digest;
}

/// A key for HMAC (RFC 2104).
pub trait HmacKey: Send + Sync {
    /// The HMAC of the concatenation of `parts`.
    fn sign(&self, parts: &[&[u8]]) -> Digest;

    /// The PRF of RFC 5246 §5 with this key as its secret: fills `out`, of any length, from `label` and `seed`.
    fn prf(&self, label: &[u8], seed: &[u8], out: &mut [u8]) {
        p_hash(self, label, seed, out);
    }
}

/// A group for ephemeral Diffie-Hellman.
pub trait KeyExchangeGroup: fmt::Debug + Send + Sync {
    /// Its name.
    fn name(&self) -> NamedGroup;

    /// Makes a key share.
    ///
    /// # Errors
    /// [`ProviderError::Random`], if the source failed.
    fn start(&self, random: &dyn SecureRandom) -> Result<Box<dyn KeyShare>, ProviderError>;
}

/// Our share of a Diffie-Hellman exchange: a private key, to be used once.
pub trait KeyShare: Send + Sync {
    /// The public key, as it is sent: the uncompressed point, or the 32 bytes of X25519.
    fn public_key(&self) -> &[u8];

    /// The shared secret with the peer's public key.
    ///
    /// # Errors
    /// [`ProviderError::InvalidPublicKey`], if the peer's is no valid element of the group, or the result is all zero
    /// (RFC 7748 §6.1).
    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError>;
}

/// A key for AEAD records, for one direction.
pub trait AeadKey: Send + Sync {
    /// Encrypts `text` in place; returns the tag.
    ///
    /// # Errors
    /// [`ProviderError::Failed`], if the text is too long for the algorithm.
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8]) -> Result<[u8; 16], ProviderError>;

    /// Decrypts `text_and_tag` in place: the plaintext is then in all but its last 16 bytes. `false` if the tag is not
    /// right; the content is then undefined.
    #[must_use]
    fn open(&self, nonce: &[u8; 12], aad: &[u8], text_and_tag: &mut [u8]) -> bool;
}

/// Whether the MAC of a CBC record is under the encryption or over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MacOrder {
    /// RFC 5246 §6.2.3.2: the MAC of the plaintext is encrypted with it.
    MacThenEncrypt,
    /// RFC 7366: the MAC is that of the ciphertext.
    EncryptThenMac,
}

/// The two keys of a direction of CBC records.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct CbcKeys<'a> {
    /// The block cipher's key.
    pub cipher: &'a [u8],
    /// The HMAC's key.
    pub mac: &'a [u8],
}

impl<'a> CbcKeys<'a> {
    /// The block cipher's key, and the HMAC's.
    #[must_use]
    pub const fn new(cipher: &'a [u8], mac: &'a [u8]) -> Self {
        Self { cipher, mac }
    }
}

impl fmt::Debug for CbcKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cipher, mac } = self;
        f.debug_struct("CbcKeys").field("cipher", &Bytes(cipher.len())).field("mac", &Bytes(mac.len())).finish()
    }
}

/// A CBC record to be sealed: `body` is what follows the IV on the wire.
///
/// Its layout is `text ‖ MAC ‖ padding` for [`MacOrder::MacThenEncrypt`] (all encrypted) and `text ‖ padding` (encrypted)
/// `‖ MAC` for [`MacOrder::EncryptThenMac`]. The padding is the shortest possible (RFC 5246 §6.2.3.2).
#[non_exhaustive]
pub struct CbcRecord<'a> {
    /// The start of what the MAC covers: sequence number (8), content type (1), version (2). The length that follows it
    /// is the provider's to add: that of the text, or (RFC 7366 §3) that of IV and ciphertext.
    pub header: [u8; 11],
    /// The initialisation vector, already on the wire.
    pub iv: [u8; 16],
    /// Holds the text in its first `text_len` bytes; the sealer writes all of it.
    pub body: &'a mut [u8],
    /// The length of the text.
    pub text_len: usize,
}

impl<'a> CbcRecord<'a> {
    /// A record: see its fields.
    #[must_use]
    pub const fn new(header: [u8; 11], iv: [u8; 16], body: &'a mut [u8], text_len: usize) -> Self {
        Self { header, iv, body, text_len }
    }
}

/// The text is not printed.
impl fmt::Debug for CbcRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { header, body, text_len, .. } = self;
        f.debug_struct("CbcRecord")
            .field("header", header)
            .field("body", &Bytes(body.len()))
            .field("text_len", text_len)
            .finish_non_exhaustive()
    }
}

/// The length of the body of a CBC record (without IV) with a text of `text_len` bytes and a MAC of `mac_len`.
#[must_use]
pub(crate) const fn cbc_body_len(order: MacOrder, text_len: usize, mac_len: usize) -> usize {
    // The padding has at least its length byte, and fills the last block of 16 bytes.
    match order {
        MacOrder::MacThenEncrypt => (text_len + mac_len) / 16 * 16 + 16,
        MacOrder::EncryptThenMac => text_len / 16 * 16 + 16 + mac_len,
    }
}

/// Protects outgoing CBC records.
pub trait CbcSealer: Send + Sync {
    /// Seals `records`, which are independent of each other: they may be worked on side by side.
    fn seal(&mut self, records: &mut [CbcRecord<'_>]);
}

/// Unprotects incoming CBC records.
pub trait CbcOpener: Send + Sync {
    /// Decrypts and checks the `body` that follows `iv` in a record; returns the length of the text, which is then at
    /// the start of `body`. `header` is as in [`CbcRecord`].
    ///
    /// For everything that can be wrong with a record there is one answer, `None`; and for
    /// [`MacOrder::MacThenEncrypt`] neither time nor memory access depends on the padding (Lucky Thirteen).
    fn open(&mut self, header: [u8; 11], iv: &[u8; 16], body: &mut [u8]) -> Option<usize>;
}

/// The signature algorithms of a provider.
#[derive(Clone, Copy, Debug)]
pub struct SignatureAlgorithms {
    /// All of them, for the signatures in certificates.
    pub all: &'static [&'static dyn SignatureVerificationAlgorithm],
    /// Those that a scheme of the protocol stands for, most preferred scheme first.
    pub by_scheme: &'static [(SignatureScheme, &'static [&'static dyn SignatureVerificationAlgorithm])],
    /// The same for schemes that are used only where a policy names them: those with SHA-1.
    pub by_name_only: &'static [(SignatureScheme, &'static [&'static dyn SignatureVerificationAlgorithm])],
}

/// A private key.
pub trait PrivateKey: fmt::Debug + Send + Sync {
    /// Its public half, to be compared with a certificate's.
    fn public_key(&self) -> &PublicKey;

    /// The schemes that it can sign with, most preferred first.
    fn schemes(&self) -> &[SignatureScheme];

    /// Signs `message` (not its hash).
    ///
    /// # Errors
    /// [`ProviderError`], if the scheme is not one of [`Self::schemes`], or the operation failed.
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError>;

    /// The same key for decryption, if it can.
    fn decrypt(&self) -> Option<&dyn RsaDecrypt>;
}

/// An RSA private key that decrypts.
pub trait RsaDecrypt: Send + Sync {
    /// The RSA decryption primitive (RFC 8017 §5.1.2), blinded with `random`: the encoded message, padding and all, as
    /// long as the modulus. The padding is *not* looked at here: that is [`DecryptedPremaster::unpad`](super::DecryptedPremaster::unpad)'s, in constant time.
    ///
    /// # Errors
    /// [`ProviderError::Failed`], if `ciphertext` is not as long as the modulus or not smaller than it (which anybody
    /// can see), or the computation failed.
    fn decrypt_raw(&self, ciphertext: &[u8], random: &dyn SecureRandom) -> Result<Secret, ProviderError>;
}
