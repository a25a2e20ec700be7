//! All handshake messages sent and received so far (RFC 5246 §7.4.9).
//!
//! They are stored until the ServerHello determines the hash, and hashed as they arrive from then on. They remain
//! stored only while a signature may be needed, which covers the messages, not their hash.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::crypto::{Digest, HashAlgorithm, Hasher, Provider};
use crate::error::ProviderError;
use crate::wire::Message;

/// The length of verify_data (RFC 5246 §7.4.9).
pub(crate) const VERIFY_DATA_LEN: usize = 12;

/// The messages so far, each with its header, without HelloRequests. Its size is bounded by that of the messages that
/// the state machine accepts, each at most once.
#[derive(Default)]
pub(crate) struct Transcript {
    /// All messages; once they are discarded, the last one that was sent.
    messages: Vec<u8>,
    forgotten: bool,
    /// Has hashed all messages.
    hasher: Option<Box<dyn Hasher>>,
}

impl Transcript {
    /// Adds a message that was received.
    pub(crate) fn add(&mut self, message: Message<'_>) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(message.bytes);
        }
        if !self.forgotten {
            self.make_room();
            self.messages.extend_from_slice(message.bytes);
        }
    }

    /// Adds the message that `put` appends, and returns it.
    pub(crate) fn put(&mut self, put: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        if self.forgotten {
            self.messages.clear();
        }
        self.make_room();
        let start = self.messages.len();
        put(&mut self.messages);
        let message = self.messages.get(start..).unwrap_or_default();
        if let Some(hasher) = &mut self.hasher {
            hasher.update(message);
        }
        message
    }

    /// On the first message, reserves space for those that usually follow.
    fn make_room(&mut self) {
        /// A handshake with one certificate, in bytes.
        const USUAL: usize = 2048;
        if self.messages.capacity() == 0 {
            self.messages.reserve(USUAL);
        }
    }

    /// Hashes with this algorithm from here on.
    pub(crate) fn hash_by(&mut self, provider: &dyn Provider, algorithm: HashAlgorithm) -> Result<(), ProviderError> {
        let mut hasher = provider.hasher(algorithm)?;
        hasher.update(&self.messages);
        self.hasher = Some(hasher);
        Ok(())
    }

    /// No further signature over the messages will be needed: only their hash is kept, once it is known.
    pub(crate) fn forget_messages(&mut self) {
        self.forgotten = self.hasher.is_some();
        if self.forgotten {
            self.messages.clear();
        }
    }

    /// The messages, as CertificateVerify signs them (RFC 5246 §7.4.8). Empty once they are discarded.
    pub(crate) fn messages(&self) -> &[u8] {
        if self.forgotten { &[] } else { &self.messages }
    }

    /// Their hash.
    pub(crate) fn hash(&self, provider: &dyn Provider, algorithm: HashAlgorithm) -> Result<Digest, ProviderError> {
        match &self.hasher {
            Some(hasher) => hasher.hash(),
            None => provider.hash(algorithm, &self.messages),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "ring")]
#[allow(clippy::unwrap_used)]
mod tests {

    use super::*;
    use crate::crypto::ring::provider;
    use crate::wire::{HandshakeType, put_message};

    const SHA256: HashAlgorithm = HashAlgorithm::Sha256;

    fn message(typ: u8, len: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_message(&mut bytes, HandshakeType(typ), |out| out.resize(out.len() + len, typ));
        bytes
    }

    /// The hash covers all messages, wherever the algorithm becomes known and wherever the messages are discarded.
    #[test]
    fn the_hash_covers_what_is_forgotten() {
        let provider = provider();
        let all: Vec<_> = (1..=6).map(|typ| message(typ, 50 * usize::from(typ))).collect();
        for known in 0..6 {
            for forgotten in known..6 {
                let mut transcript = Transcript::default();
                for (i, bytes) in all.iter().enumerate() {
                    if i == known {
                        transcript.hash_by(&*provider, SHA256).unwrap();
                    }
                    if i == forgotten {
                        assert_eq!(transcript.messages(), all.iter().take(i).flatten().copied().collect::<Vec<_>>());
                        transcript.forget_messages();
                    }
                    if i % 2 == 0 {
                        transcript.add(Message::split(bytes).unwrap().0);
                    } else {
                        assert_eq!(transcript.put(|out| out.extend_from_slice(bytes)), bytes);
                    }
                }
                let hash = transcript.hash(&*provider, SHA256).unwrap();
                assert_eq!(hash.as_ref(), provider.hash(SHA256, &all.concat()).unwrap().as_ref());
                assert!(transcript.messages().is_empty());
            }
        }
    }

    /// A signature must never cover only a part of the messages.
    #[test]
    fn messages_are_not_forgotten_before_they_are_hashed() {
        let mut transcript = Transcript::default();
        let first = message(1, 10);
        transcript.add(Message::split(&first).unwrap().0);
        transcript.forget_messages();
        assert_eq!(transcript.messages(), first);
    }
}
