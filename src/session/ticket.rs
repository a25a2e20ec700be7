//! Tickets (RFC 5077): a server's sessions, sealed and stored by the clients.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::{ServerSession, seal};
use crate::crypto::{AeadKey, Provider, SecureRandom};
use crate::error::{Bytes, ProviderError};

/// A ticket, and how long the server intends to accept it.
#[derive(Clone)]
#[non_exhaustive]
pub struct SealedTicket {
    /// The ticket.
    pub ticket: Vec<u8>,
    /// The time for which the server intends to accept it, in seconds.
    pub lifetime_hint: u32,
}

impl SealedTicket {
    /// Creates a ticket that the server intends to accept for `lifetime_hint` seconds, or 0 if unspecified (RFC 5077
    /// §3.3).
    #[must_use]
    pub fn new(ticket: Vec<u8>, lifetime_hint: u32) -> Self {
        Self { ticket, lifetime_hint }
    }
}

/// Anyone with the ticket and the session's secret can resume the session, so it is not printed.
impl fmt::Debug for SealedTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ticket, lifetime_hint } = self;
        f.debug_struct("SealedTicket")
            .field("ticket", &Bytes(ticket.len()))
            .field("lifetime_hint", lifetime_hint)
            .finish()
    }
}

/// The session of a ticket.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenedTicket {
    /// The session.
    pub session: ServerSession,
    /// Whether the client should receive a new ticket, because the key of this one is about to expire.
    pub renew: Renewal,
}

impl OpenedTicket {
    /// Creates the result of opening a ticket: its session, and whether the client should receive a new ticket.
    #[must_use]
    pub fn new(session: ServerSession, renew: Renewal) -> Self {
        Self { session, renew }
    }
}

/// Whether a ticket should be renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// The ticket remains valid for a while.
    NotDue,
    /// A new ticket is due.
    Due,
}

/// The length of the name of a key, in bytes (RFC 5077 §4).
pub(super) const KEY_NAME_LEN: usize = 16;

/// The length of a key's secret, in bytes: its name, followed by the AES key.
pub(super) const KEY_LEN: usize = KEY_NAME_LEN + 32;

/// A key that seals tickets: AES-256-GCM, with random nonces and the key's name as additional data. A ticket is
/// `key_name ‖ nonce ‖ sealed session ‖ tag`, as RFC 5077 §4 recommends, with an AEAD instead of CBC and HMAC.
pub struct TicketKey {
    name: [u8; KEY_NAME_LEN],
    key: Box<dyn AeadKey>,
}

impl TicketKey {
    /// Creates a key from 48 secret bytes: its 16-byte name, followed by the AES key.
    ///
    /// # Errors
    /// [`ProviderError`] if the provider does not support AES-256-GCM.
    pub fn new(provider: &dyn Provider, secret: &[u8; KEY_LEN]) -> Result<Self, ProviderError> {
        let (name, key) =
            secret.split_first_chunk().ok_or(ProviderError::Unsupported("a ticket key of this length"))?;
        Ok(Self { name: *name, key: provider.aead_key(seal::ALGORITHM, key)? })
    }

    /// Returns a ticket for `session`.
    ///
    /// # Errors
    /// [`ProviderError`] if the random source or the encryption failed.
    pub fn seal(&self, random: &dyn SecureRandom, session: &ServerSession) -> Result<Vec<u8>, ProviderError> {
        seal::seal(&*self.key, random, &self.name, session.to_bytes())
    }

    /// Returns the session in `ticket`, or `None` if it was not sealed with this key.
    #[must_use]
    pub fn open(&self, ticket: &[u8]) -> Option<ServerSession> {
        seal::open(&*self.key, &self.name, ticket, |text| ServerSession::from_bytes(text).ok())
    }
}

impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketKey")
    }
}
