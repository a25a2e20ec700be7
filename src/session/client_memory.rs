//! A client's sessions in memory.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use rustls_pki_types::UnixTime;

use super::{ClientSession, ClientSessionKey, ClientSessionStore};

/// A client's sessions in memory, up to a maximum number. The least recently used session is removed first.
pub struct ClientMemoryStore(Mutex<LruCache<ClientSessionKey, ClientSession>>);

impl ClientMemoryStore {
    /// Creates a store for at most `capacity` sessions.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(capacity)))
    }

    fn cache(&self) -> MutexGuard<'_, LruCache<ClientSessionKey, ClientSession>> {
        // Nothing here panics while the lock is held, and a panic would not corrupt a cache.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientSessionStore for ClientMemoryStore {
    fn find(&self, key: &ClientSessionKey, now: UnixTime) -> Option<ClientSession> {
        let mut cache = self.cache();
        let session = cache.get(key)?.clone();
        if !session.is_fresh(now) {
            cache.pop(key);
            return None;
        }
        Some(session)
    }

    fn keep(&self, key: &ClientSessionKey, session: ClientSession, _now: UnixTime) {
        self.cache().put(key.clone(), session);
    }

    fn forget(&self, key: &ClientSessionKey) {
        self.cache().pop(key);
    }
}

impl std::fmt::Debug for ClientMemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientMemoryStore").field("sessions", &self.cache().len()).finish()
    }
}
