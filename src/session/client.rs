//! The state that a client keeps to resume a session.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::read::{SessionError, read_flag, read_time};
use super::value::{SessionState, seconds};
use super::{MAX_AGE, MAX_TICKET};
use crate::crypto::{CipherSuite, Secret};
use crate::wire::{LengthOf, MAX_SESSION_ID, Reader, put_vec};

/// A session that a client can resume with the same server. [`Event::Session`](crate::Event::Session) provides it, and
/// [`Connection::resume`](crate::Connection::resume) takes it. It contains the session's master secret.
#[derive(Clone)]
pub struct ClientSession {
    /// Shared, because sessions are cloned often, and moved with every event.
    pub(crate) state: Arc<SessionState>,
    pub(crate) handle: Handle,
    /// The client certificates that were available when the server requested one; `None` if it did not.
    pub(crate) credentials: Option<CredentialsId>,
}

/// A hash of the certificates that a client can present.
pub(crate) type CredentialsId = Arc<[u8; 32]>;

/// How the server identifies the session.
#[derive(Clone)]
pub(crate) enum Handle {
    /// By a session ID.
    Id(Box<[u8]>),
    /// By a ticket. `lifetime_hint` is the time for which the server intends to accept it, in seconds after it was
    /// received, or 0 if unspecified (RFC 5077 §3.3).
    Ticket { ticket: Box<[u8]>, lifetime_hint: u32, received: UnixTime },
}

/// The first byte of an encoded session: how the server identifies it.
const BY_ID: u8 = 0;
const BY_TICKET: u8 = 1;

/// Copies `bytes`, which must have 1 to `max` bytes.
fn bounded(bytes: &[u8], max: usize) -> Result<Box<[u8]>, SessionError> {
    if (1..=max).contains(&bytes.len()) { Ok(bytes.into()) } else { Err(SessionError) }
}

impl ClientSession {
    /// Returns whether the session is worth offering at `now`: it is less than a day old, and its ticket has not
    /// exceeded the server's lifetime hint. The server may still refuse it; the handshake is then a full one.
    #[must_use]
    pub fn is_fresh(&self, now: UnixTime) -> bool {
        let is_meant_to_be_accepted = match self.handle {
            Handle::Id(_) | Handle::Ticket { lifetime_hint: 0, .. } => true,
            Handle::Ticket { lifetime_hint, received, .. } => seconds(received, now) < u64::from(lifetime_hint),
        };
        is_meant_to_be_accepted && self.state.age(now) < MAX_AGE
    }

    /// Encodes the session. The bytes are secret.
    #[must_use]
    pub fn to_bytes(&self) -> Secret {
        let mut out = Vec::new();
        match &self.handle {
            Handle::Id(id) => {
                out.push(BY_ID);
                put_vec(&mut out, LengthOf::U8, |out| out.extend(id));
            }
            Handle::Ticket { ticket, lifetime_hint, received } => {
                out.push(BY_TICKET);
                put_vec(&mut out, LengthOf::U16, |out| out.extend(ticket));
                out.extend(lifetime_hint.to_be_bytes());
                out.extend(received.as_secs().to_be_bytes());
            }
        }
        out.push(u8::from(self.credentials.is_some()));
        out.extend(self.credentials.as_deref().copied().unwrap_or_default());
        self.state.put(&mut out);
        Secret::new(out)
    }

    /// Decodes a session.
    ///
    /// # Errors
    /// [`SessionError`] if the bytes are not a session of this version of the library. Make a full handshake instead.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SessionError> {
        let mut reader = Reader::new("session", bytes);
        let handle = match reader.u8()? {
            BY_ID => Handle::Id(bounded(reader.vec8()?, MAX_SESSION_ID)?),
            BY_TICKET => Handle::Ticket {
                ticket: bounded(reader.vec16()?, MAX_TICKET)?,
                lifetime_hint: u32::from_be_bytes(reader.array()?),
                received: read_time(&mut reader)?,
            },
            _ => return Err(SessionError),
        };
        let asked = read_flag(&mut reader)?;
        let credentials = reader.array()?;
        let state = Arc::new(SessionState::read(&mut reader)?);
        reader.done()?;
        Ok(Self { state, handle, credentials: asked.then(|| Arc::new(credentials)) })
    }

    /// Returns the time of the full handshake.
    #[must_use]
    pub fn created(&self) -> UnixTime {
        self.state.created
    }

    /// Returns the name or address of the server, as it was given to the client.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.state.server_name.as_deref()
    }

    /// Returns the cipher suite.
    #[must_use]
    pub fn suite(&self) -> &'static CipherSuite {
        self.state.suite
    }

    /// Returns the server's certificate chain, its own certificate first, which is empty if it sent none.
    #[must_use]
    pub fn peer_certificates(&self) -> &[CertificateDer<'static>] {
        self.state.peer.certificates()
    }

    /// Returns the identity of the pre-shared key, if the suite uses one.
    #[must_use]
    pub fn psk_identity(&self) -> Option<&[u8]> {
        self.state.peer.psk()
    }
}

impl fmt::Debug for ClientSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SessionState { suite, server_name, created, .. } = &*self.state;
        f.debug_struct("ClientSession")
            .field("suite", &suite.name)
            .field("server_name", server_name)
            .field("created", created)
            .finish_non_exhaustive()
    }
}
