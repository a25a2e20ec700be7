//! Sealing of the data that the servers of a fleet share, so that the store need not be trusted.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use super::{ServerSession, TicketRing, seal};
use crate::crypto::{AeadKey, Digest, HashAlgorithm, Provider, Secret};
use crate::error::ProviderError;

/// The first byte of sealed data: its format.
const FORM: &[u8] = &[1];

/// The common secrets of a fleet of servers, from which the names and keys of shared data are derived.
///
/// HMAC-SHA256 derives, from the secret, the fleet's identity and a session's ID, the name under which the session is
/// stored and a separate key, with which it is sealed by AES-256-GCM. Reading the store therefore reveals neither
/// master secrets nor who resumed which session. Writing to it can make servers forget sessions, but cannot replace one
/// session with another. Servers with another identity find none of the data. The requirements on client certificates
/// are also part of the session: a server with different requirements does not resume it.
///
/// There can be several secrets: the first seals, and all of them open. To change the secret, first add the new one to
/// each server as a further one; then make it the first on each; then remove the old one.
pub struct FleetKeys {
    provider: Arc<dyn Provider>,
    identity: Box<[u8]>,
    secrets: Vec<Secret>,
}

/// The kind of data, so that data of one kind is never accepted as another.
#[derive(Clone, Copy)]
enum Kind {
    Session,
    Tickets,
}

impl Kind {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Session => b"session",
            Self::Tickets => b"ticket keys",
        }
    }
}

impl FleetKeys {
    /// The length of a secret, in bytes.
    pub const SECRET_LEN: usize = 32;

    /// Creates the keys of the fleet with this `identity`, such as the name of its service. `secret` is random, and
    /// known to the servers of the fleet only.
    #[must_use]
    pub fn new(provider: Arc<dyn Provider>, identity: impl Into<Box<[u8]>>, secret: &[u8; Self::SECRET_LEN]) -> Self {
        Self { provider, identity: identity.into(), secrets: Vec::from([Secret::new(secret.to_vec())]) }
    }

    /// Also opens data that was sealed with this secret.
    #[must_use]
    pub fn also_opens(mut self, secret: &[u8; Self::SECRET_LEN]) -> Self {
        self.secrets.push(Secret::new(secret.to_vec()));
        self
    }

    /// Returns the provider of cryptography and randomness.
    #[must_use]
    pub fn provider(&self) -> &Arc<dyn Provider> {
        &self.provider
    }

    /// Returns the names under which the session with this ID may be stored, in hexadecimal, one for each secret. Store
    /// it under the first.
    ///
    /// # Errors
    /// [`ProviderError`] if the provider does not support HMAC-SHA256.
    pub fn session_names(&self, id: &[u8]) -> Result<Vec<String>, ProviderError> {
        self.names(Kind::Session, id)
    }

    /// Seals the session, to be stored under the first of [`Self::session_names`].
    ///
    /// # Errors
    /// [`ProviderError`] if the random source or the encryption failed.
    pub fn seal_session(&self, id: &[u8], session: &ServerSession) -> Result<Vec<u8>, ProviderError> {
        self.seal(Kind::Session, id, session.to_bytes())
    }

    /// Opens a session that was stored under the name at this `position`. Returns `None` if the data is corrupted, or
    /// belongs to something else.
    #[must_use]
    pub fn open_session(&self, position: usize, id: &[u8], sealed: &[u8]) -> Option<ServerSession> {
        self.open(Kind::Session, position, id, sealed, |text| ServerSession::from_bytes(text).ok())
    }

    /// Returns the names under which ticket keys are stored, in hexadecimal, one for each secret. Only the data under
    /// the first may be changed.
    ///
    /// # Errors
    /// [`ProviderError`] if the provider does not support HMAC-SHA256.
    pub fn ring_names(&self) -> Result<Vec<String>, ProviderError> {
        self.names(Kind::Tickets, &[])
    }

    /// Seals ticket keys, to be stored under the first of [`Self::ring_names`].
    ///
    /// # Errors
    /// [`ProviderError`] if the random source or the encryption failed.
    pub fn seal_ring(&self, ring: &TicketRing) -> Result<Vec<u8>, ProviderError> {
        self.seal(Kind::Tickets, &[], ring.to_bytes())
    }

    /// Opens ticket keys that were stored under the name at this `position`. Returns `None` if the data is corrupted,
    /// or belongs to something else.
    #[must_use]
    pub fn open_ring(&self, position: usize, sealed: &[u8]) -> Option<TicketRing> {
        self.open(Kind::Tickets, position, &[], sealed, |text| TicketRing::from_bytes(text).ok())
    }

    fn names(&self, kind: Kind, id: &[u8]) -> Result<Vec<String>, ProviderError> {
        self.secrets.iter().map(|secret| Ok(hexadecimal(self.derive(secret, b"name", kind, id)?.as_ref()))).collect()
    }

    fn seal(&self, kind: Kind, id: &[u8], text: Secret) -> Result<Vec<u8>, ProviderError> {
        let secret = self.secrets.first().ok_or(ProviderError::Failed("sealing without a secret"))?;
        seal::seal(&*self.key(secret, kind, id)?, self.provider.random(), FORM, text)
    }

    fn open<T>(
        &self,
        kind: Kind,
        position: usize,
        id: &[u8],
        sealed: &[u8],
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Option<T> {
        let key = self.key(self.secrets.get(position)?, kind, id).ok()?;
        seal::open(&*key, FORM, sealed, read)
    }

    /// Derives a separate key for each item, so that the number of sessions is not limited by random nonces (NIST SP
    /// 800-38D §8.3).
    fn key(&self, secret: &Secret, kind: Kind, id: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
        let key = self.derive(secret, b"key", kind, id)?;
        self.provider.aead_key(seal::ALGORITHM, key.as_ref())
    }

    fn derive(&self, secret: &Secret, purpose: &[u8], kind: Kind, id: &[u8]) -> Result<Digest, ProviderError> {
        let key = self.provider.hmac_key(HashAlgorithm::Sha256, secret.expose())?;
        // The identity is hashed, and nothing before the separator contains a 0, so that different inputs never have
        // the same bytes.
        let identity = self.provider.hash(HashAlgorithm::Sha256, &self.identity)?;
        key.sign(&[b"tls12 fleet ", purpose, b" of ", kind.label(), &[0], identity.as_ref(), id])
    }
}

impl fmt::Debug for FleetKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetKeys").field("secrets", &self.secrets.len()).finish_non_exhaustive()
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
