//! All handshake messages sent and received so far (RFC 5246 §7.4.9).
//!
//! They are kept as they are, and hashed when a hash is asked for, which is twice or three times in a handshake: the
//! hash function is known only after the ServerHello, and signatures of them are made of messages, not of hashes.

use alloc::vec::Vec;

use crate::crypto::{Digest, HashAlgorithm, Provider};
use crate::error::ProviderError;
use crate::wire::Message;

/// The messages so far, each with its header, HelloRequests left out. Its size is bounded by that of the messages that
/// the state machine accepts, each at most once.
#[derive(Default)]
pub(crate) struct Transcript(Vec<u8>);

impl Transcript {
    /// Adds a message that was received.
    pub(crate) fn add(&mut self, message: Message<'_>) {
        self.0.extend_from_slice(message.bytes);
    }

    /// Adds the message that `put` appends; returns it.
    pub(crate) fn put(&mut self, put: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        let start = self.0.len();
        put(&mut self.0);
        self.0.get(start..).unwrap_or_default()
    }

    /// The messages, as CertificateVerify signs them (RFC 5246 §7.4.8).
    pub(crate) fn messages(&self) -> &[u8] {
        &self.0
    }

    /// Their hash.
    pub(crate) fn hash(&self, provider: &dyn Provider, algorithm: HashAlgorithm) -> Result<Digest, ProviderError> {
        provider.hash(algorithm, &self.0)
    }
}
