//! Joins handshake messages that are split over records (RFC 5246 §6.2.1). A message that is contained in one record is
//! not copied.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::Error;
use crate::wire::{MESSAGE_HEADER_LEN, Message};

/// The maximum length of a handshake message other than a ClientHello, in bytes. The longest messages in practice are
/// Certificates; 64 KiB holds dozens of certificates, and is similar to the limit of other implementations (rustls:
/// 0xffff; OpenSSL: 100 KiB).
pub(crate) const MAX_MESSAGE: usize = 1 << 16;

/// The maximum possible length of a ClientHello, in bytes (RFC 5246 §7.4.1.2): version, random, session_id,
/// cipher_suites, compression_methods and extensions, each vector with its length.
pub(crate) const MAX_CLIENT_HELLO: usize = 2 + 32 + (1 + 32) + (2 + 65_534) + (1 + 255) + (2 + 65_535);

/// Holds the part of a handshake message that has arrived, if it is incomplete. Boxed, since an idle connection has none.
#[derive(Default)]
pub(crate) struct Joiner(Option<Box<Partial>>);

#[derive(Default)]
struct Partial {
    bytes: Vec<u8>,
    /// `bytes` is a complete message that was returned, and must be discarded.
    handed_out: bool,
}

impl Joiner {
    /// Returns the next message of the buffered data and `fragment`, from which it is removed. Returns `None` if more
    /// data is needed; the incomplete message is then buffered. A message that announces more than `limit` bytes is
    /// refused.
    pub(crate) fn next<'a, 'f: 'a>(
        &'a mut self,
        fragment: &mut &'f [u8],
        limit: usize,
    ) -> Result<Option<Message<'a>>, Error> {
        if self.is_empty() {
            self.0 = None;
            check_length(fragment, limit)?;
            if let Some((message, rest)) = Message::split(fragment) {
                *fragment = rest;
                return Ok(Some(message));
            }
            if fragment.is_empty() {
                return Ok(None);
            }
        }
        let partial = self.0.get_or_insert_default();
        partial.take(fragment, MESSAGE_HEADER_LEN);
        check_length(&partial.bytes, limit)?;
        if let Some(len) = Message::announced_len(&partial.bytes) {
            partial.take(fragment, MESSAGE_HEADER_LEN + len);
        }
        let message = Message::split(&partial.bytes).map(|(message, _)| message);
        partial.handed_out = message.is_some();
        Ok(message)
    }

    /// Whether no incomplete message is buffered.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|partial| partial.handed_out)
    }
}

impl Partial {
    /// Moves bytes from `fragment` until there are `len`.
    fn take(&mut self, fragment: &mut &[u8], len: usize) {
        let lacking = len.saturating_sub(self.bytes.len()).min(fragment.len());
        let (now, later) = fragment.split_at(lacking);
        extend_up_to(&mut self.bytes, now, len);
        *fragment = later;
    }
}

/// Appends `more` to `bytes`, which will have at most `most`. Where there is no room, the capacity is doubled, but only up to
/// that: a `Vec` by itself would allocate up to twice as much.
pub(crate) fn extend_up_to(bytes: &mut Vec<u8>, more: &[u8], most: usize) {
    let len = bytes.len() + more.len();
    if len > bytes.capacity() {
        let capacity = bytes.capacity().saturating_mul(2).min(most).max(len);
        bytes.reserve_exact(capacity - bytes.len());
    }
    bytes.extend_from_slice(more);
}

fn check_length(bytes: &[u8], limit: usize) -> Result<(), Error> {
    match Message::announced_len(bytes) {
        Some(length) if length > limit => Err(Error::MessageTooLong { length, limit }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{HandshakeType, put_message};

    fn messages() -> Vec<u8> {
        let mut bytes = Vec::new();
        for len in [0, 1, 5, 300] {
            put_message(&mut bytes, HandshakeType(7), |out| out.resize(out.len() + len, 9));
        }
        bytes
    }

    #[test]
    fn messages_are_the_same_however_they_are_split() {
        let bytes = messages();
        for size in 1..bytes.len() + 1 {
            let mut joiner = Joiner::default();
            let mut joined = Vec::new();
            for fragment in bytes.chunks(size) {
                let mut fragment = fragment;
                while let Some(message) = joiner.next(&mut fragment, MAX_MESSAGE).unwrap() {
                    joined.push(message.body.len());
                }
                assert!(fragment.is_empty());
            }
            assert_eq!(joined, [0, 1, 5, 300], "in fragments of {size}");
            assert!(joiner.is_empty());
        }
    }

    #[test]
    fn a_message_that_is_too_long_is_refused_by_its_header() {
        for split in 0..5 {
            let bytes = [11, 1, 0, 1, 0];
            let (first, second) = bytes.split_at(split);
            let mut joiner = Joiner::default();
            let mut outcome = Ok(None);
            for mut fragment in [first, second] {
                outcome = joiner.next(&mut fragment, MAX_MESSAGE).map(|message| message.map(|m| m.typ));
                if outcome.is_err() {
                    break;
                }
            }
            assert_eq!(outcome, Err(Error::MessageTooLong { length: MAX_MESSAGE + 1, limit: MAX_MESSAGE }));
        }
    }
}
