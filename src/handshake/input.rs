//! The input of the state machine: a handshake message, or ChangeCipherSpec, which is not a handshake message but has
//! its place among them (RFC 5246 §7.1).

use crate::error::{Error, Received};
use crate::wire::{HandshakeType, Message};

/// One input. The type comes first, so that it is checked before the body is parsed.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a> {
    Message(HandshakeType, Message<'a>),
    ChangeCipherSpec,
}

impl Input<'_> {
    /// The error that this arrived where `awaited` was expected (RFC 5246 §7.2.2: unexpected_message).
    pub(crate) fn unexpected(self, awaited: &'static str) -> Error {
        const CHANGE_CIPHER_SPEC: u8 = 20;
        let got = match self {
            Self::Message(typ, _) => Received::Handshake(typ.0),
            Self::ChangeCipherSpec => Received::Record(CHANGE_CIPHER_SPEC),
        };
        Error::UnexpectedMessage { got, awaited }
    }
}
