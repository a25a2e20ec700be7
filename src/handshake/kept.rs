//! A connection's session in a store, on either side.

use alloc::boxed::Box;
use alloc::sync::Arc;
use rustls_pki_types::UnixTime;

use crate::session::{ClientSession, ClientSessionKey, ClientSessionStore, ServerSessionStore};

/// A session of this connection that is in a store.
pub(crate) enum KeptSession {
    Server { store: Arc<dyn ServerSessionStore>, id: Box<[u8]> },
    Client(ClientSlot),
}

impl KeptSession {
    /// RFC 5246 §7.2.2: the session of a connection that ended with a fatal alert MUST NOT be resumed.
    pub(crate) fn forget(&self) {
        match self {
            Self::Server { store, id } => store.forget(id),
            Self::Client(slot) => slot.forget(),
        }
    }
}

/// The place of a client's session in a store.
pub(crate) struct ClientSlot {
    store: Arc<dyn ClientSessionStore>,
    key: ClientSessionKey,
    now: UnixTime,
    content: Content,
}

/// What is in the store.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// An earlier session, or none.
    Old,
    /// The session that the handshake created.
    New,
}

impl ClientSlot {
    pub(crate) fn new(store: Arc<dyn ClientSessionStore>, key: ClientSessionKey, now: UnixTime) -> Self {
        Self { store, key, now, content: Content::Old }
    }

    pub(crate) fn find(&self) -> Option<ClientSession> {
        self.store.find(&self.key, self.now)
    }

    /// Stores the session that the handshake created.
    pub(crate) fn keep(&mut self, session: ClientSession) {
        self.store.keep(&self.key, session, self.now);
        self.content = Content::New;
    }

    /// Called when the handshake is complete. A session that was resumed and not replaced can be resumed again; but if
    /// none was resumed, the server no longer has the earlier session.
    pub(crate) fn settle(&mut self, resumed: bool) {
        if self.content == Content::Old && !resumed {
            self.forget();
        }
        self.content = Content::Old;
    }

    pub(crate) fn forget(&self) {
        self.store.forget(&self.key);
    }
}
