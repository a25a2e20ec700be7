//! What the servers of a fleet share is kept in a place that they do not trust: it is sealed before it gets there.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use super::{ServerSession, TicketRing, seal};
use crate::crypto::{AeadAlgorithm, AeadKey, Digest, HashAlgorithm, Provider, Secret};
use crate::error::ProviderError;

/// The form of what is sealed: its first byte.
const FORM: &[u8] = &[1];

/// The secrets that the servers of a fleet have in common, and the name and seal of whatever they share by them.
///
/// From the secret, the fleet's identity, and a session's ID follow by HMAC-SHA256 the name under which the session is kept,
/// and a key of its own, by which it is sealed with AES-256-GCM. So who has the store learns from it neither master secrets nor
/// who resumed what; who writes to it can make servers forget, but not take one session for another; and a server of
/// another identity finds nothing of it. What is asked of clients is bound as well: it is in the session, and a server that
/// asks otherwise does not resume it.
///
/// There can be several secrets: the first seals, all of them open. To change it, give each server the new one as a further one;
/// then each the new one first; then take the old one away.
pub struct FleetKeys {
    provider: Arc<dyn Provider>,
    identity: Box<[u8]>,
    secrets: Vec<Secret>,
}

/// What is kept, so that nothing of one kind is taken for another.
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

    /// The keys of the fleet that is called `identity`, such as by the name of its service, from this secret: random bytes
    /// that its servers have, and nobody else.
    #[must_use]
    pub fn new(provider: Arc<dyn Provider>, identity: impl Into<Box<[u8]>>, secret: &[u8; Self::SECRET_LEN]) -> Self {
        Self { provider, identity: identity.into(), secrets: Vec::from([Secret::new(secret.to_vec())]) }
    }

    /// Opens also what was sealed by this secret.
    #[must_use]
    pub fn also_opens(mut self, secret: &[u8; Self::SECRET_LEN]) -> Self {
        self.secrets.push(Secret::new(secret.to_vec()));
        self
    }

    /// Where ticket keys and randomness come from.
    #[must_use]
    pub fn provider(&self) -> &Arc<dyn Provider> {
        &self.provider
    }

    /// The names under which the session of this ID may be kept, in hexadecimal: one for each secret. It is to be kept under
    /// the first.
    ///
    /// # Errors
    /// [`ProviderError`], if the provider has no HMAC-SHA256.
    pub fn session_names(&self, id: &[u8]) -> Result<Vec<String>, ProviderError> {
        self.names(Kind::Session, id)
    }

    /// The session, sealed to be kept under the first of [`Self::session_names`].
    ///
    /// # Errors
    /// [`ProviderError`], if the random source or the encryption failed.
    pub fn seal_session(&self, id: &[u8], session: &ServerSession) -> Result<Vec<u8>, ProviderError> {
        self.seal(Kind::Session, id, session.to_bytes())
    }

    /// The session that was kept under the name of this `position`, as it was sealed; none if it is damaged, or another's.
    #[must_use]
    pub fn open_session(&self, position: usize, id: &[u8], sealed: &[u8]) -> Option<ServerSession> {
        self.open(Kind::Session, position, id, sealed, |text| ServerSession::from_bytes(text).ok())
    }

    /// The names under which ticket keys are kept, in hexadecimal: one for each secret. Only what is under the first is to be
    /// changed.
    ///
    /// # Errors
    /// [`ProviderError`], if the provider has no HMAC-SHA256.
    pub fn ring_names(&self) -> Result<Vec<String>, ProviderError> {
        self.names(Kind::Tickets, &[])
    }

    /// Ticket keys, sealed to be kept under the first of [`Self::ring_names`].
    ///
    /// # Errors
    /// [`ProviderError`], if the random source or the encryption failed.
    pub fn seal_ring(&self, ring: &TicketRing) -> Result<Vec<u8>, ProviderError> {
        self.seal(Kind::Tickets, &[], ring.to_bytes())
    }

    /// The ticket keys that were kept under the name of this `position`; none if that is damaged, or another's.
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

    /// A key for this alone: so no number of sessions is too many for random nonces (NIST SP 800-38D §8.3).
    fn key(&self, secret: &Secret, kind: Kind, id: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
        let key = self.derive(secret, b"key", kind, id)?;
        self.provider.aead_key(AeadAlgorithm::Aes256Gcm, key.as_ref())
    }

    fn derive(&self, secret: &Secret, purpose: &[u8], kind: Kind, id: &[u8]) -> Result<Digest, ProviderError> {
        let key = self.provider.hmac_key(HashAlgorithm::Sha256, secret.expose())?;
        // The identity is hashed, so that no two inputs are the same bytes: what stands before it has no 0.
        let identity = self.provider.hash(HashAlgorithm::Sha256, &self.identity)?;
        Ok(key.sign(&[b"tls12 fleet ", purpose, b" of ", kind.label(), &[0], identity.as_ref(), id]))
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
        // Text takes whatever is written to it.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
