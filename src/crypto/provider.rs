//! The [`Provider`] trait: all the cryptography that a connection uses, behind small object traits.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;
use rustls_pki_types::PrivateKeyDer;

use super::prf::p_hash;
use super::{
    AeadAlgorithm, CbcCipher, CipherSuite, HashAlgorithm, PublicKey, Secret, SignatureAlgorithms, wipe_on_drop,
};
use crate::error::{Bytes, ProviderError};
use crate::wire::{NamedGroup, SignatureScheme};

/// All the cryptography that a connection uses.
///
/// The default is `tls12::crypto::ring::provider()`. Implement this trait to use other primitives, an accelerator, or
/// scripted randomness in tests; delegate to an existing provider for everything else.
///
/// Any call may fail, as hardware does. During a handshake, a failure ends the connection with
/// [`Error::Provider`](crate::Error::Provider), and the peer is sent `internal_error`, if that can be sealed. A write that
/// fails returns [`SealError::Provider`](crate::SealError::Provider): nothing is sent, no sequence number is used up, and the
/// write can be repeated. An alert that cannot be sealed, including close_notify, is not sent, and a ticket that cannot be
/// sealed is not issued. Opening a record has no error of its own: if the device fails, return the same as for a modified
/// record.
pub trait Provider: fmt::Debug + Send + Sync {
    /// Returns the source of randomness for the random values of hellos, key shares, premaster secrets, padding and
    /// IVs.
    fn random(&self) -> &dyn SecureRandom;

    /// Returns whether all primitives of `suite` are supported. An unsupported suite is never offered or chosen.
    fn supports(&self, suite: &CipherSuite) -> bool;

    /// Returns the groups for ECDHE, most preferred first.
    fn groups(&self) -> &[&dyn KeyExchangeGroup];

    /// Generates this side's share in `group`, which is one of [`Self::groups`]. The default passes [`Self::random`] to the
    /// group.
    ///
    /// # Errors
    /// Those of [`KeyExchangeGroup::start`].
    fn key_share(&self, group: &dyn KeyExchangeGroup) -> Result<Box<dyn KeyShare>, ProviderError> {
        group.start(self.random())
    }

    /// Returns the algorithms for verifying signatures.
    fn signature_algorithms(&self) -> SignatureAlgorithms;

    /// Returns the accepted sizes of peers' RSA keys, in bits of the modulus, for signatures and encryption. Other
    /// sizes are refused with this as the reason. The default is 2048 to 8192.
    fn rsa_key_bits(&self) -> RangeInclusive<u32> {
        2048..=8192
    }

    /// Computes the hash of `data`.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if the algorithm is not supported.
    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Digest, ProviderError>;

    /// Creates an incremental hash.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if the algorithm is not supported.
    fn hasher(&self, algorithm: HashAlgorithm) -> Result<Box<dyn Hasher>, ProviderError>;

    /// Creates an HMAC key (RFC 2104) from `key`, which may have any length.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if the algorithm is not supported.
    fn hmac_key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError>;

    /// Creates an AEAD key for records in one direction. `key` has `algorithm.key_len()` bytes.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if the algorithm is not supported.
    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError>;

    /// Creates the protection of outgoing CBC records.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if the combination is not supported.
    fn cbc_sealer(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcSealer>, ProviderError>;

    /// Creates the protection of incoming CBC records.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if the combination is not supported.
    fn cbc_opener(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcOpener>, ProviderError>;

    /// Encrypts `premaster` to an RSA key with RSAES-PKCS1-v1_5 (RFC 8017 §7.2.1), with padding from `random`.
    ///
    /// # Errors
    /// [`ProviderError::InvalidPublicKey`] if the key is not an RSA key, or has an unsupported size.
    fn rsa_encrypt(
        &self,
        key: &PublicKey,
        premaster: &Secret,
        random: &dyn SecureRandom,
    ) -> Result<Vec<u8>, ProviderError>;

    /// Loads a private key in PKCS#8, PKCS#1 or SEC 1 form.
    ///
    /// # Errors
    /// [`ProviderError::InvalidPrivateKey`] if it is malformed, or has an unsupported type or size.
    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn PrivateKey>, ProviderError>;
}

/// A source of secure random bytes.
pub trait SecureRandom: Send + Sync {
    /// Fills `out` with random bytes.
    ///
    /// # Errors
    /// [`ProviderError::Random`] if the source failed. The contents of `out` must not be used then.
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError>;

    /// Like [`Self::fill`], for secret bytes: a premaster secret. The bytes that the connection takes from [`Self::fill`]
    /// are sent in plaintext. The default calls [`Self::fill`]; a provider that records randomness treats the two differently.
    ///
    /// # Errors
    /// Those of [`Self::fill`].
    fn fill_secret(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        self.fill(out)
    }
}

wipe_on_drop!(Digest.bytes);

/// The output of a hash or HMAC.
#[derive(Clone)]
pub struct Digest {
    bytes: [u8; Self::MAX_LEN],
    len: usize,
}

impl Digest {
    /// The maximum length of a hash output, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Creates a digest from the first [`Self::MAX_LEN`] bytes of `bytes`.
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

/// It may be a key, or derived from one, so it is not printed.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Digest").field(&Bytes(self.len)).finish()
    }
}

/// An incremental hash.
pub trait Hasher: Send + Sync {
    /// Hashes `data`, which follows the data hashed before. If this fails, [`Self::hash`] returns the error.
    fn update(&mut self, data: &[u8]);

    /// Returns the hash of all data so far. More data may follow.
    ///
    /// # Errors
    /// [`ProviderError::Failed`] if it cannot be computed.
    fn hash(&self) -> Result<Digest, ProviderError>;
}

/// A key for HMAC (RFC 2104).
pub trait HmacKey: Send + Sync {
    /// Computes the HMAC of the concatenation of `parts`.
    ///
    /// # Errors
    /// [`ProviderError::Failed`] if it cannot be computed.
    fn sign(&self, parts: &[&[u8]]) -> Result<Digest, ProviderError>;

    /// Fills `out`, of any length, with the output of the PRF (RFC 5246 §5) for `label` and `seed`, with this key as the secret.
    ///
    /// # Errors
    /// Those of [`Self::sign`]. `out` must not be used then.
    fn prf(&self, label: &[u8], seed: &[u8], out: &mut [u8]) -> Result<(), ProviderError> {
        p_hash(|parts| self.sign(parts), label, seed, out)
    }
}

/// A group for ephemeral Diffie-Hellman.
pub trait KeyExchangeGroup: fmt::Debug + Send + Sync {
    /// Returns the name of the group.
    fn name(&self) -> NamedGroup;

    /// Generates a key share.
    ///
    /// # Errors
    /// [`ProviderError::Random`] if the random source failed.
    fn start(&self, random: &dyn SecureRandom) -> Result<Box<dyn KeyShare>, ProviderError>;
}

/// This side's share of a Diffie-Hellman exchange: a private key that is used once.
pub trait KeyShare: Send + Sync {
    /// Returns the public key in wire format: an uncompressed point, or the 32 bytes of X25519.
    fn public_key(&self) -> &[u8];

    /// Computes the shared secret with the peer's public key.
    ///
    /// # Errors
    /// [`ProviderError::InvalidPublicKey`] if the peer's key is not a valid element of the group, or the result is all
    /// zero (RFC 7748 §6.1).
    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError>;
}

/// An AEAD key for records in one direction.
pub trait AeadKey: Send + Sync {
    /// Encrypts `text` in place, and writes the tag to `tag`. `nonce` has the algorithm's
    /// [`nonce_len`](AeadAlgorithm::nonce_len) bytes, and `tag` its [`tag_len`](AeadAlgorithm::tag_len).
    ///
    /// # Errors
    /// [`ProviderError::Failed`] if the text is too long for the algorithm, or cannot be encrypted now. The contents of
    /// `text` and `tag` are then discarded, and the nonce may be used again.
    fn seal(&self, nonce: &[u8], aad: &[u8], text: &mut [u8], tag: &mut [u8]) -> Result<(), ProviderError>;

    /// Decrypts `text_and_tag` in place, leaving the plaintext in all but the last [`tag_len`](AeadAlgorithm::tag_len)
    /// bytes. Returns `false` if the tag does not match; the contents are then unspecified.
    #[must_use]
    fn open(&self, nonce: &[u8], aad: &[u8], text_and_tag: &mut [u8]) -> bool;
}

/// The order of MAC and encryption in a CBC record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MacOrder {
    /// RFC 5246 §6.2.3.2: the MAC of the plaintext is encrypted together with it.
    MacThenEncrypt,
    /// RFC 7366: the MAC covers the ciphertext.
    EncryptThenMac,
}

/// The two keys for CBC records in one direction.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct CbcKeys<'a> {
    /// The block cipher's key.
    pub cipher: &'a [u8],
    /// The HMAC's key.
    pub mac: &'a [u8],
}

impl<'a> CbcKeys<'a> {
    /// Creates a pair of keys: the block cipher's, and the HMAC's.
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

/// A CBC record to be sealed. `body` follows the IV on the wire.
///
/// Its layout is `text ‖ MAC ‖ padding` for [`MacOrder::MacThenEncrypt`] (all encrypted) and `text ‖ padding` (encrypted)
/// `‖ MAC` for [`MacOrder::EncryptThenMac`]. The padding is the shortest possible (RFC 5246 §6.2.3.2).
#[non_exhaustive]
pub struct CbcRecord<'a> {
    /// The start of the MAC's input: sequence number (8 bytes), content type (1), version (2). The provider appends the
    /// length that follows: that of the text, or that of IV and ciphertext (RFC 7366 §3).
    pub header: [u8; 11],
    /// The initialisation vector, already on the wire.
    pub iv: [u8; 16],
    /// Contains the text in its first `text_len` bytes; the sealer overwrites all of it.
    pub body: &'a mut [u8],
    /// The length of the text, in bytes.
    pub text_len: usize,
}

impl<'a> CbcRecord<'a> {
    /// Creates a record from its fields.
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
    /// Seals `records`, which are independent of each other and may be processed in parallel.
    ///
    /// # Errors
    /// [`ProviderError::Failed`] if one of them cannot be sealed now. None of them is then sent.
    fn seal(&mut self, records: &mut [CbcRecord<'_>]) -> Result<(), ProviderError>;
}

/// Unprotects incoming CBC records.
pub trait CbcOpener: Send + Sync {
    /// Decrypts and checks the `body` that follows `iv` in a record. Returns the length of the text, which is then at
    /// the start of `body`. `header` is as in [`CbcRecord`].
    ///
    /// Returns `None` for every possible fault of a record. For [`MacOrder::MacThenEncrypt`], neither the time nor the
    /// memory accesses may depend on the padding (Lucky Thirteen).
    fn open(&mut self, header: [u8; 11], iv: &[u8; 16], body: &mut [u8]) -> Option<usize>;
}

/// A private key.
pub trait PrivateKey: fmt::Debug + Send + Sync {
    /// Returns the public key, to be compared with that of a certificate.
    fn public_key(&self) -> &PublicKey;

    /// Returns the schemes that the key can sign with, most preferred first.
    fn schemes(&self) -> &[SignatureScheme];

    /// Signs `message`, which has not been hashed.
    ///
    /// # Errors
    /// [`ProviderError`] if the scheme is not one of [`Self::schemes`], or the operation failed.
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError>;

    /// Returns the key for decryption, if it supports that.
    fn decrypt(&self) -> Option<&dyn RsaDecrypt>;
}

/// An RSA private key that can decrypt.
pub trait RsaDecrypt: Send + Sync {
    /// Applies the RSA decryption primitive (RFC 8017 §5.1.2), blinded with `random`, or with what an earlier call made of its
    /// own. Returns the encoded message including its padding, as long as the modulus. The padding must *not* be inspected here:
    /// [`DecryptedPremaster::unpad`](super::DecryptedPremaster::unpad) does so in constant time.
    ///
    /// # Errors
    /// [`ProviderError::Failed`] if `ciphertext` is not as long as the modulus or not smaller than it (both are
    /// public), or if the computation failed.
    fn decrypt_raw(&self, ciphertext: &[u8], random: &dyn SecureRandom) -> Result<Secret, ProviderError>;
}

/// What a provider made, or an answer brought, if it has 1 to `most` bytes, for which its field in a message has room.
pub(crate) fn fitting<'m>(made: &'m [u8], most: usize, making: &'static str) -> Result<&'m [u8], ProviderError> {
    if (1..=most).contains(&made.len()) { Ok(made) } else { Err(ProviderError::Failed(making)) }
}

/// A signature that fits a message (RFC 5246 §4.7).
pub(crate) fn fitting_signature(signature: &[u8]) -> Result<&[u8], ProviderError> {
    fitting(signature, usize::from(u16::MAX), "making a signature of 1 to 65535 bytes")
}
