//! Chains that were verified before, so that a client that connects often does not verify them again.

use core::num::NonZeroUsize;
use lru::LruCache;
use sha2::{Digest, Sha256};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::text;
use super::window::Window;
use crate::handshake::{KeyUse, Peer, PeerChain, server_name_text};

type Key = [u8; 32];

/// The chains that one configuration accepted, each with the time for which the verdict holds. Refusals are not cached.
#[derive(Debug)]
pub(super) struct Cache(Mutex<LruCache<Key, Window>>);

impl Cache {
    pub(super) fn new(capacity: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(capacity)))
    }

    pub(super) fn capacity(&self) -> NonZeroUsize {
        self.lock().cap()
    }

    /// Returns the validity of the cached verdict on this chain, if it still holds.
    pub(super) fn known(&self, key: &Key, chain: &PeerChain) -> Option<Window> {
        self.lock().get(key).copied().filter(|window| window.contains(text::seconds(chain.now)))
    }

    pub(super) fn remember(&self, key: Key, window: Window) {
        self.lock().put(key, window);
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Key, Window>> {
        // Each entry is valid on its own, so a poisoned lock does no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A hash of all that a verdict depends on, but for the time and the configuration.
pub(super) fn key(chain: &PeerChain) -> Key {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update(bytes.len().to_be_bytes());
        hash.update(bytes);
    };
    field(&chain.certificates.len().to_be_bytes());
    for certificate in chain.certificates.iter() {
        field(certificate);
    }
    match &chain.peer {
        Peer::Server(name) => field(server_name_text(name).to_ascii_lowercase().as_bytes()),
        // No server has such a name.
        Peer::UnnamedServer => field(&[0]),
        Peer::Client => field(&[]),
    }
    field(match chain.key_use {
        KeyUse::DigitalSignature => &[0],
        KeyUse::KeyEncipherment => &[1],
    });
    // A missing response and an empty one differ: the empty one cannot be used.
    field(if chain.ocsp_response.is_some() { &[1] } else { &[0] });
    field(chain.ocsp_response.as_deref().unwrap_or_default());
    field(&chain.algorithms.all().count().to_be_bytes());
    for algorithm in chain.algorithms.all().chain(chain.algorithms.all_by_name_only()) {
        field(algorithm.public_key_alg_id().as_ref());
        field(algorithm.signature_alg_id().as_ref());
    }
    hash.finalize().into()
}
