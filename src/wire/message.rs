//! A handshake message: a one-byte type, a three-byte length, and the body (RFC 5246 §7.4).

use alloc::vec::Vec;

use super::{HandshakeType, LengthOf, put_vec};

/// A handshake message in wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its type.
    pub typ: HandshakeType,
    /// Its body.
    pub body: &'a [u8],
    /// The whole message with its header, as hashed into the transcript.
    pub bytes: &'a [u8],
}

/// The length of a message's header, in bytes.
pub const MESSAGE_HEADER_LEN: usize = 4;

impl<'a> Message<'a> {
    /// Returns the announced length of the body, once the header is complete.
    #[must_use]
    pub fn announced_len(bytes: &[u8]) -> Option<usize> {
        let [_, a, b, c] = *bytes.first_chunk()?;
        Some(usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c))
    }

    /// Splits off the first message in `bytes`. Returns `None` while it is incomplete.
    #[must_use]
    pub fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let len = Self::announced_len(bytes)?;
        let (bytes, rest) = bytes.split_at_checked(MESSAGE_HEADER_LEN + len)?;
        let (header, body) = bytes.split_first_chunk::<MESSAGE_HEADER_LEN>()?;
        let [typ, ..] = *header;
        Some((Self { typ: HandshakeType(typ), body, bytes }, rest))
    }
}

/// Appends a handshake message to `out`; `body` appends its body.
pub fn put_message(out: &mut Vec<u8>, typ: HandshakeType, body: impl FnOnce(&mut Vec<u8>)) {
    out.push(typ.0);
    put_vec(out, LengthOf::U24, body);
}
