//! What all conversations of a capture share.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use super::item::{Item, ItemKind, Place};
use super::secrets::{Secrets, Sessions};
use crate::crypto::Provider;
use crate::handshake::VerifyPeer;

/// What all conversations of a capture share: the provider, the secrets, the sessions seen so far, and the verifiers.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspector {
    /// The provider of all cryptography.
    pub provider: Arc<dyn Provider>,
    /// The secrets. Those that are added after the ChangeCipherSpec of a handshake come too late for it.
    pub secrets: Secrets,
    /// The sessions of the conversations so far.
    pub sessions: Sessions,
    /// Verifies the chains of servers, at the time of the capture.
    pub server_verifier: Option<Arc<dyn VerifyPeer>>,
    /// Verifies the chains of clients, at the time of the capture.
    pub client_verifier: Option<Arc<dyn VerifyPeer>>,
}

impl Inspector {
    /// Creates an inspector without secrets: it reads what is in plaintext.
    #[must_use]
    pub fn new(provider: Arc<dyn Provider>) -> Self {
        Self {
            provider,
            secrets: Secrets::default(),
            sessions: Sessions::default(),
            server_verifier: None,
            client_verifier: None,
        }
    }
}

/// What a call needs, and where its items go.
pub(super) struct Context<'c> {
    pub(super) inspector: &'c mut Inspector,
    pub(super) time: Duration,
    pub(super) items: &'c mut Vec<Item>,
}

impl Context<'_> {
    pub(super) fn push(&mut self, place: Place, kind: ItemKind) {
        self.items.push(Item { place, time: self.time, kind });
    }
}
