//! Pins: certificates and keys that are trusted directly, whoever signed them.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use base64ct::{Base64, Encoding};
use core::fmt;
use rustls_pki_types::{CertificateDer, ServerName};
use sha2::{Digest, Sha256};

use super::certificate::Certificate;
use super::identity::Identity;
use crate::handshake::{Peer, PeerChain, server_name_text};

/// The length of a [`Pin`] in bytes: SHA-256.
const PIN_LEN: usize = 32;

/// A certificate or key that is trusted directly: the way to trust a self-signed device and nothing else.
///
/// No CA vouches for it, so no chain is followed, and no name is compared unless [`Self::only_for`] gives one. The
/// other checks apply: it must be valid at the time, and its key must be large enough and allowed for its use.
/// [`Self::despite`] relaxes them for a device that cannot meet them. It may be of any X.509 version, and may be a CA
/// certificate: only the certificate itself is trusted, not what it issues.
///
/// ```
/// use tls12::verify::{Despite, Pin, Verifier};
/// # use tls12::verify::TrustStore;
/// // As printed by `openssl x509 -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64`.
/// let pin: Pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".parse()?;
/// let camera = Verifier::pinned([pin.despite(Despite::Expired)])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    what: What,
    hash: [u8; PIN_LEN],
    peer: Option<ServerName<'static>>,
    pub(super) despite: Vec<Despite>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Certificate,
    Key,
}

/// A fault that a pinned certificate may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Despite {
    /// It has expired, or is not valid yet: a device whose certificate nobody renews, or whose clock is wrong.
    Expired,
    /// Its keyUsage or extendedKeyUsage does not allow what the key is used for.
    Usage,
    /// Its RSA key has fewer than 2048 bits, but at least 1024.
    SmallKey,
}

impl Pin {
    /// Pins this certificate: no byte of it may change.
    #[must_use]
    pub fn certificate(certificate: &CertificateDer<'_>) -> Self {
        Self::new(What::Certificate, Sha256::digest(certificate).into())
    }

    /// Pins the key of this certificate: any certificate for the same key is accepted, such as a renewed one.
    ///
    /// # Errors
    /// [`PinError::Malformed`] if the certificate cannot be read.
    pub fn key_of(certificate: &CertificateDer<'_>) -> Result<Self, PinError> {
        Certificate::parse(certificate).map(|parsed| Self::key(key_hash(&parsed))).map_err(|_| PinError::Malformed)
    }

    /// Pins the key whose SubjectPublicKeyInfo, in DER, has this SHA-256 hash, as in RFC 7469 §2.4.
    #[must_use]
    pub fn key(spki_sha256: [u8; PIN_LEN]) -> Self {
        Self::new(What::Key, spki_sha256)
    }

    fn new(what: What, hash: [u8; PIN_LEN]) -> Self {
        Self { what, hash, peer: None, despite: Vec::new() }
    }

    /// Accepts it only as the certificate of this server, whatever names it contains. Without this, it is accepted for
    /// every server that a connection is made to, and for clients.
    #[must_use]
    pub fn only_for(mut self, server: ServerName<'static>) -> Self {
        self.peer = Some(server);
        self
    }

    /// Trusts it despite this fault.
    #[must_use]
    pub fn despite(mut self, despite: Despite) -> Self {
        self.despite.push(despite);
        self
    }

    /// Returns the SHA-256 hash of the certificate, or of the key's SubjectPublicKeyInfo.
    #[must_use]
    pub fn sha256(&self) -> &[u8; PIN_LEN] {
        &self.hash
    }

    /// Returns the identity of a verifier with this pin added.
    pub(super) fn identify(&self, verifier: Identity) -> Identity {
        let peer = self.peer.as_ref().map(server_name_text).unwrap_or_default();
        let pinned = verifier.and(&[self.to_string().as_bytes(), peer.as_bytes()]);
        self.despite.iter().fold(pinned, |identity, despite| identity.and(&[format!("{despite:?}").as_bytes()]))
    }

    /// Whether it pins a key, and not a certificate.
    #[cfg(feature = "std")]
    pub(super) fn is_of_key(&self) -> bool {
        self.what == What::Key
    }

    /// Whether this is the certificate that was pinned.
    pub(super) fn is_of(&self, chain: &PeerChain, own: &Certificate<'_>) -> bool {
        let peer = self.peer.as_ref().is_none_or(|pinned| chain.peer == Peer::Server(pinned.clone()));
        peer && match self.what {
            What::Certificate => chain.certificates.first().is_some_and(|der| *Sha256::digest(der) == self.hash),
            What::Key => key_hash(own) == self.hash,
        }
    }
}

/// The hash that pins a certificate's key.
pub(super) fn key_hash(certificate: &Certificate<'_>) -> [u8; PIN_LEN] {
    Sha256::digest(certificate.key.whole).into()
}

/// `sha256/` and the hash in Base64, for a key; `certificate:sha256/` and the same, for a certificate. The settings of
/// a pin are not written.
impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.what == What::Certificate {
            f.write_str("certificate:")?;
        }
        let mut buffer = [0; 44];
        let text = Base64::encode(&self.hash, &mut buffer).map_err(|_| fmt::Error)?;
        write!(f, "sha256/{text}")
    }
}

impl core::str::FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let (what, rest) = match text.strip_prefix("certificate:") {
            Some(rest) => (What::Certificate, rest),
            None => (What::Key, text),
        };
        let rest = rest.strip_prefix("sha256/").ok_or(PinError::Text)?;
        let mut hash = [0; PIN_LEN];
        match Base64::decode(rest, &mut hash) {
            Ok(decoded) if decoded.len() == PIN_LEN => Ok(Self::new(what, hash)),
            _ => Err(PinError::Text),
        }
    }
}

/// Why a pin could not be created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinError {
    /// The certificate cannot be read.
    Malformed,
    /// It is not `sha256/` and the Base64 of 32 bytes.
    Text,
    /// No pin was given, and there is no trust store: every peer would be refused.
    None,
    /// A line of a list of known peers is not a name, a space and a pin.
    Line(usize),
}

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("the certificate to be pinned cannot be parsed"),
            Self::Text => f.write_str("a pin is 'sha256/' followed by the Base64 of a 32-byte hash"),
            Self::None => f.write_str("there is no pin, so every peer would be refused"),
            Self::Line(number) => write!(f, "line {number} is not a name, a space and a pin"),
        }
    }
}

impl core::error::Error for PinError {}
