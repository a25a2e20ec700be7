//! Stores that keep the first session that they are given, and find it for whoever asks: what a connection does changes nothing for
//! the next.

use std::sync::OnceLock;

use rustls_pki_types::UnixTime;
use tls12::session::{ClientSession, ClientSessionKey, ClientSessionStore, ServerSession, ServerSessionStore};

/// A session of each side.
#[derive(Default)]
pub struct Fixed {
    client: OnceLock<ClientSession>,
    server: OnceLock<ServerSession>,
}

impl std::fmt::Debug for Fixed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fixed").finish_non_exhaustive()
    }
}

impl ClientSessionStore for Fixed {
    fn find(&self, _key: &ClientSessionKey, _now: UnixTime) -> Option<ClientSession> {
        self.client.get().cloned()
    }

    fn keep(&self, _key: &ClientSessionKey, session: ClientSession, _now: UnixTime) {
        self.client.get_or_init(|| session);
    }

    fn forget(&self, _key: &ClientSessionKey) {}
}

impl ServerSessionStore for Fixed {
    fn find(&self, _id: &[u8], _now: UnixTime) -> Option<ServerSession> {
        self.server.get().cloned()
    }

    fn keep(&self, _id: &[u8], session: ServerSession, _now: UnixTime) {
        self.server.get_or_init(|| session);
    }

    fn forget(&self, _id: &[u8]) {}
}
