//! Reads a ClientHello ahead of the handshake, to choose the stack that answers it. Does no I/O.

use alloc::vec::Vec;

use super::choice::{Stack, Supported};
use crate::record::{Incoming, Joiner, PeerVersion, extend_up_to, next_record};
use crate::wire::{
    AskedName, ClientExtensions, ClientHello, ContentType, HandshakeType, MAX_PLAINTEXT, MESSAGE_HEADER_LEN,
    RecordHeader,
};

/// The maximum length of a ClientHello that is read ahead, in bytes: rustls accepts no longer message. A longer one is left
/// to this crate as soon as it announces its length.
const MAX_HELLO: usize = 0xffff;

/// The maximum number of bytes that are read ahead: those of the longest ClientHello, in records of 64 bytes, which is the
/// shortest limit on records that can be negotiated (RFC 8449 §4). A client that sends shorter ones is left to this crate.
const MAX_AHEAD: usize = {
    let message = MESSAGE_HEADER_LEN + MAX_HELLO;
    message + message.div_ceil(64) * RecordHeader::LEN
};

/// The number of bytes that are read at once: more than most ClientHellos have, with one post-quantum key share.
pub(super) const READ_AHEAD: usize = 2048;

/// The maximum number of bytes that are held: the last read may have more than it takes to reach the limit.
const MAX_HELD: usize = MAX_AHEAD - 1 + READ_AHEAD;

/// The bytes of a client, until its ClientHello is complete.
#[derive(Default)]
pub(super) struct Ahead {
    bytes: Vec<u8>,
    /// The number of bytes in the records that have been read.
    parsed: usize,
    /// Joins the records that the ClientHello is split over.
    joiner: Joiner,
    /// The body of the ClientHello.
    hello: Option<Vec<u8>>,
}

/// Whether there is enough to choose a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Incomplete,
    Complete,
}

impl Ahead {
    /// Adds received bytes, at most [`READ_AHEAD`], until the ClientHello is complete, or it is clear that there is none.
    pub(super) fn receive(&mut self, received: &[u8]) -> Progress {
        let Self { bytes, parsed, joiner, hello } = self;
        extend_up_to(bytes, received, MAX_HELD);
        loop {
            let rest = bytes.get(*parsed..).unwrap_or_default();
            let header = match next_record(rest, PeerVersion::Unknown, MAX_PLAINTEXT) {
                // RFC 5246 §6.2.1: no empty fragments of handshake messages.
                Ok(Incoming::Record(header)) if header.content_type == ContentType::HANDSHAKE && header.length > 0 => {
                    header
                }
                Ok(Incoming::Incomplete(_)) if bytes.len() < MAX_AHEAD => return Progress::Incomplete,
                _ => return Progress::Complete,
            };
            let len = RecordHeader::LEN + header.length;
            let mut fragment = rest.get(RecordHeader::LEN..len).unwrap_or_default();
            *parsed += len;
            match joiner.next(&mut fragment, MAX_HELLO) {
                Ok(None) => {}
                Ok(Some(message)) if message.typ == HandshakeType::CLIENT_HELLO => {
                    *hello = Some(message.body.to_vec());
                    return Progress::Complete;
                }
                _ => return Progress::Complete,
            }
        }
    }

    /// The stack that answers the client. Anything but a ClientHello is left to this crate, whose error says what it is.
    pub(super) fn stack(&self, supported: &Supported) -> Stack {
        supported.choose(self.hello.as_deref())
    }

    /// The name that the client requests, if it is one.
    pub(super) fn server_name(&self) -> Option<&str> {
        let hello = ClientHello::decode(self.hello.as_deref()?).ok()?;
        match ClientExtensions::decode(hello.extensions).ok()?.server_name? {
            AskedName::Host(name) => Some(name),
            AskedName::Other => None,
        }
    }

    /// All bytes that were received.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::io::both::choice::tests::{hello_of_tls13, supported};

    fn record(fragment: &[u8]) -> Vec<u8> {
        [&[22, 3, 1], &u16::try_from(fragment.len()).unwrap().to_be_bytes()[..], fragment].concat()
    }

    /// A whole ClientHello, for rustls.
    fn message() -> Vec<u8> {
        let body = hello_of_tls13();
        [&[1, 0, 0, u8::try_from(body.len()).unwrap()], &body[..]].concat()
    }

    /// The stack, if these bytes suffice to choose it.
    fn told(bytes: &[u8]) -> Option<Stack> {
        let mut ahead = Ahead::default();
        match ahead.receive(bytes) {
            Progress::Incomplete => None,
            Progress::Complete => Some(ahead.stack(&supported())),
        }
    }

    #[test]
    fn a_hello_is_joined_from_records_and_from_reads() {
        let message = message();
        let bytes = [record(&message[..2]), record(&message[2..6]), record(&message[6..]), vec![22, 3]].concat();
        let whole = bytes.len() - 2;
        for len in 0..whole {
            assert_eq!(told(&bytes[..len]), None, "{len}");
        }
        assert_eq!(told(&bytes), Some(Stack::Rustls));
        let mut ahead = Ahead::default();
        for byte in &bytes[..whole - 1] {
            assert_eq!((ahead.receive(&[*byte]), ahead.server_name()), (Progress::Incomplete, None));
        }
        assert_eq!(ahead.receive(&bytes[whole - 1..whole]), Progress::Complete);
        assert_eq!((ahead.stack(&supported()), ahead.server_name()), (Stack::Rustls, Some("rsa.example")));
        assert_eq!(ahead.into_bytes(), bytes[..whole]);
    }

    /// A client that sends its hello in many small records must not make us read the first ones again and again.
    #[test]
    fn each_record_is_read_once() {
        let mut ahead = Ahead::default();
        let mut received = 0;
        for byte in &message()[..80] {
            let record = record(&[*byte]);
            received += record.len();
            assert_eq!(ahead.receive(&record), Progress::Incomplete);
            assert_eq!(ahead.parsed, received);
            // Reading this again would find no record.
            ahead.bytes.fill(0xff);
        }
    }

    #[test]
    fn anything_else_is_told_at_once() {
        let too_long = [&[22, 3, 1, 64, 1][..], &[1; 16385]].concat();
        let others = [
            &b"GET / HTTP/1.1"[..],
            &record(&[]),
            // A ServerHello.
            &record(&[2, 0, 0, 0]),
            // An alert.
            &[21, 3, 3, 0, 2, 2, 40],
            &too_long,
            // A ClientHello that announces 2^16 bytes.
            &record(&[1, 1, 0, 0]),
        ];
        for other in others {
            assert_eq!(told(other), Some(Stack::Tls12), "{other:?}");
        }
    }

    #[test]
    fn no_more_is_read_ahead_than_the_limit() {
        for (len, is_complete) in [(64, true), (48, false)] {
            let mut message = vec![0; 4 + MAX_HELLO];
            message[..4].copy_from_slice(&[1, 0, 255, 255]);
            let (mut ahead, mut received) = (Ahead::default(), 0);
            for fragment in message.chunks(len) {
                received += fragment.len() + 5;
                let is_over = ahead.receive(&record(fragment)) == Progress::Complete;
                let is_last = received == message.len() + message.len().div_ceil(len) * 5;
                assert_eq!(is_over, if is_complete { is_last } else { received >= MAX_AHEAD }, "{received}");
                if is_over {
                    break;
                }
            }
            assert!(received <= MAX_AHEAD + 53, "{received}");
        }
    }
}
