//! Reads a ClientHello ahead of the handshake, to see which stack is to answer it. Nothing here does I/O.

use alloc::vec::Vec;

use super::choice::{Stack, Supported};
use crate::error::DecodeError;
use crate::record::MAX_MESSAGE;
use crate::wire::{ContentType, HandshakeType, MAX_PLAINTEXT, Reader, RecordHeader};

/// The maximum number of bytes that are read ahead: those of the longest message that this crate accepts, in records of 64
/// bytes, which is the shortest limit on records that can be negotiated (RFC 8449 §4). A client that sends shorter ones is left
/// to this crate.
const MAX_AHEAD: usize = MAX_MESSAGE + MAX_MESSAGE / 64 * RecordHeader::LEN;

/// The bytes of a client, until its ClientHello is complete.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    bytes: Vec<u8>,
}

/// What has arrived.
enum Arrived {
    /// A part of a ClientHello.
    Part,
    /// The body of a ClientHello.
    Hello(Vec<u8>),
    /// Something else.
    Other,
}

impl Ahead {
    /// Adds bytes that were received. Returns the stack that is to answer the client, if that can be told by now: what
    /// is no ClientHello is left to this crate, which says best what it is.
    pub(super) fn receive(&mut self, bytes: &[u8], supported: &Supported) -> Option<Stack> {
        self.bytes.extend_from_slice(bytes);
        match client_hello(&self.bytes) {
            Arrived::Part if self.bytes.len() < MAX_AHEAD => None,
            Arrived::Part | Arrived::Other => Some(Stack::Tls12),
            Arrived::Hello(body) => Some(supported.choose(&body)),
        }
    }

    /// Returns everything that was received.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Joins the records that a ClientHello is split over (RFC 5246 §6.2.1).
fn client_hello(bytes: &[u8]) -> Arrived {
    let (mut reader, mut message) = (Reader::new("records", bytes), Vec::new());
    while let Ok(content_type) = reader.u8() {
        if content_type != ContentType::HANDSHAKE.0 {
            return Arrived::Other;
        }
        let Ok((_, fragment)) = rest_of_record(&mut reader) else { return Arrived::Part };
        if fragment.is_empty() || fragment.len() > MAX_PLAINTEXT {
            return Arrived::Other;
        }
        message.extend_from_slice(fragment);
        let mut message = Reader::new("ClientHello", &message);
        match message.u8() {
            Ok(typ) if typ != HandshakeType::CLIENT_HELLO.0 => return Arrived::Other,
            _ => {}
        }
        if let Ok(body) = message.vec24() {
            return Arrived::Hello(body.to_vec());
        }
    }
    Arrived::Part
}

fn rest_of_record<'r>(reader: &mut Reader<'r>) -> Result<(u16, &'r [u8]), DecodeError> {
    Ok((reader.u16()?, reader.vec16()?))
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    /// A hello that no stack can decode goes to this crate.
    const BODY: [u8; 3] = [9, 9, 9];

    fn record(fragment: &[u8]) -> Vec<u8> {
        [&[22, 3, 1, 0, u8::try_from(fragment.len()).unwrap()], fragment].concat()
    }

    #[test]
    fn a_hello_is_joined_from_records_and_from_reads() {
        let message = [&[1, 0, 0, 3][..], &BODY].concat();
        let bytes = [record(&message[..2]), record(&message[2..6]), record(&message[6..]), vec![22, 3]].concat();
        let whole = bytes.len() - 2;
        for len in 0..whole {
            assert!(matches!(client_hello(&bytes[..len]), Arrived::Part), "{len}");
        }
        assert!(matches!(client_hello(&bytes), Arrived::Hello(body) if body == BODY));
        let mut ahead = Ahead::default();
        for byte in &bytes[..whole - 1] {
            assert_eq!(ahead.receive(&[*byte], &Supported::default()), None);
        }
        assert_eq!(ahead.receive(&bytes[whole - 1..whole], &Supported::default()), Some(Stack::Tls12));
        assert_eq!(ahead.into_bytes(), bytes[..whole]);
    }

    #[test]
    fn anything_else_is_told_at_once() {
        for other in [&b"GET / HTTP/1.1"[..], &record(&[2, 0]), &record(&[]), &[22, 3, 1, 0, 1, 11], &[128]] {
            assert!(matches!(client_hello(other), Arrived::Other), "{other:?}");
        }
        assert!(matches!(client_hello(&[&[22, 3, 1, 64, 1][..], &[1; 16385]].concat()), Arrived::Other));
    }

    #[test]
    fn no_more_is_read_ahead_than_the_limit() {
        let mut ahead = Ahead::default();
        // It announces 2^24 - 1 bytes.
        let mut fragment = vec![0; 255];
        fragment[..4].copy_from_slice(&[1, 255, 255, 255]);
        let mut received = 0;
        while ahead.receive(&record(&fragment), &Supported::default()).is_none() {
            (fragment, received) = (vec![0; 255], received + 260);
            assert!(received < MAX_AHEAD, "it reads on without end");
        }
        assert!(received > MAX_MESSAGE);
    }
}
