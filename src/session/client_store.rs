//! The trait for stores of client sessions, and the key of a session.

use alloc::boxed::Box;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use rustls_pki_types::{ServerName, UnixTime};

use super::ClientSession;

/// A store of a client's sessions, one per server. [`ClientMemoryStore`](super::ClientMemoryStore) implements it.
///
/// Several connections may use the same session at the same time.
pub trait ClientSessionStore: fmt::Debug + Send + Sync {
    /// Returns the session with this server, if there is one that is still worth offering at `now` (see
    /// [`ClientSession::is_fresh`]).
    fn find(&self, key: &ClientSessionKey, now: UnixTime) -> Option<ClientSession>;

    /// Stores a session, replacing the previous one, whose ticket was used. The store may drop it at any time.
    fn keep(&self, key: &ClientSessionKey, session: ClientSession, now: UnixTime);

    /// Removes the session with this server, because the server did not resume it or the connection failed (RFC 5246
    /// §7.2.2).
    fn forget(&self, key: &ClientSessionKey);
}

/// The key of a client's session: the server and the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientSessionKey {
    server_name: ServerName<'static>,
    port: Option<u16>,
    context: ClientContext,
}

/// The identity of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClientContext {
    /// Of one configuration only, in this process.
    Own(usize),
    /// Of all configurations with this context.
    Shared(Box<[u8]>),
}

impl ClientContext {
    /// Returns a context that no other configuration of this process has.
    pub(crate) fn own() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self::Own(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl ClientSessionKey {
    pub(crate) fn new(server_name: ServerName<'static>, port: Option<u16>, context: ClientContext) -> Self {
        Self { server_name, port, context }
    }

    /// Returns the server's name or address.
    #[must_use]
    pub fn server_name(&self) -> &ServerName<'static> {
        &self.server_name
    }

    /// Returns the server's port, or `None` if it was not given when the connection was created.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Returns the context of the configuration ([`session_context`](crate::ClientConfigBuilder::session_context)), or
    /// `None` if the session belongs only to the configuration that created it, in this process.
    #[must_use]
    pub fn context(&self) -> Option<&[u8]> {
        match &self.context {
            ClientContext::Own(_) => None,
            ClientContext::Shared(context) => Some(context),
        }
    }
}
