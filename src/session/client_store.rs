//! Where a client keeps its sessions: the trait, and what a session is kept under.

use alloc::boxed::Box;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use rustls_pki_types::{ServerName, UnixTime};

use super::ClientSession;

/// Keeps a client's sessions, one for each server. [`ClientMemoryStore`](super::ClientMemoryStore) is one.
///
/// Several connections may find the same session, and use it at the same time.
pub trait ClientSessionStore: fmt::Debug + Send + Sync {
    /// The session with this server, if one is kept and is still worth offering at `now` (see
    /// [`ClientSession::is_fresh`]).
    fn find(&self, key: &ClientSessionKey, now: UnixTime) -> Option<ClientSession>;

    /// Keeps a session in place of the one before, whose ticket is used. It may be forgotten at any time.
    fn keep(&self, key: &ClientSessionKey, session: ClientSession, now: UnixTime);

    /// Forgets the session with this server: the server has not resumed it, or the connection has failed (RFC 5246 §7.2.2).
    fn forget(&self, key: &ClientSessionKey);
}

/// What a client's session is kept under: the server, and the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientSessionKey {
    server_name: ServerName<'static>,
    port: Option<u16>,
    context: ClientContext,
}

/// The identity of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClientContext {
    /// Of this one only, in this process.
    Own(usize),
    /// Of all that have this context.
    Shared(Box<[u8]>),
}

impl ClientContext {
    /// One that no other configuration of this process has.
    pub(crate) fn own() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self::Own(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl ClientSessionKey {
    pub(crate) fn new(server_name: ServerName<'static>, port: Option<u16>, context: ClientContext) -> Self {
        Self { server_name, port, context }
    }

    /// The server's name or address.
    #[must_use]
    pub fn server_name(&self) -> &ServerName<'static> {
        &self.server_name
    }

    /// The server's port; none, if the connection was made without knowing it.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The context of the configuration ([`session_context`](crate::ClientConfigBuilder::session_context)); none, if the
    /// session is for no other configuration than the one that made it, in this process.
    #[must_use]
    pub fn context(&self) -> Option<&[u8]> {
        match &self.context {
            ClientContext::Own(_) => None,
            ClientContext::Shared(context) => Some(context),
        }
    }
}
