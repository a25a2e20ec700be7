//! Sessions in memory.

use std::boxed::Box;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use rustls_pki_types::UnixTime;

use super::{ServerSession, ServerSessionStore};

/// How long a session can be resumed, in seconds: two hours.
const LIFETIME: u64 = 2 * 60 * 60;

/// Server sessions in memory, up to a maximum number. The least recently used session is removed first.
pub struct ServerMemoryStore(Mutex<LruCache<Box<[u8]>, ServerSession>>);

impl ServerMemoryStore {
    /// Creates a store for at most `capacity` sessions.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(capacity)))
    }

    /// Forgets the sessions for which `keep` is false, such as those of a client whose access is to end. The store is locked
    /// meanwhile.
    pub fn retain(&self, keep: impl Fn(&ServerSession) -> bool) {
        let mut cache = self.cache();
        let gone: std::vec::Vec<Box<[u8]>> =
            cache.iter().filter(|(_, session)| !keep(session)).map(|(id, _)| id.clone()).collect();
        for id in gone {
            cache.pop(&id);
        }
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, LruCache<Box<[u8]>, ServerSession>> {
        // Nothing here panics while the lock is held, and a panic would not corrupt a cache.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for ServerMemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerMemoryStore").field("sessions", &self.cache().len()).finish()
    }
}

impl ServerSessionStore for ServerMemoryStore {
    fn find(&self, id: &[u8], now: UnixTime) -> Option<ServerSession> {
        let mut cache = self.cache();
        let session = cache.get(id)?.clone();
        if session.state.age(now) >= LIFETIME {
            cache.pop(id);
            return None;
        }
        Some(session)
    }

    fn keep(&self, id: &[u8], session: ServerSession, _now: UnixTime) {
        self.cache().put(id.into(), session);
    }

    fn forget(&self, id: &[u8]) {
        self.cache().pop(id);
    }
}
