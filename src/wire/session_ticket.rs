//! NewSessionTicket (RFC 5077 §3.3).

use alloc::vec::Vec;

use super::{HandshakeType, LengthOf, Reader, put_message, put_vec};
use crate::error::DecodeError;

/// A NewSessionTicket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSessionTicket<'a> {
    /// How long the server intends to accept it, in seconds; 0 if unspecified.
    pub lifetime_hint: u32,
    /// The ticket; empty if the server decided not to issue one.
    pub ticket: &'a [u8],
}

impl<'a> NewSessionTicket<'a> {
    /// Decodes the body of a NewSessionTicket.
    ///
    /// # Errors
    /// [`DecodeError`] if it is malformed.
    pub fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("NewSessionTicket", body);
        let lifetime_hint = u32::from_be_bytes(reader.array()?);
        let ticket = reader.vec16()?;
        reader.done()?;
        Ok(Self { lifetime_hint, ticket })
    }
}

/// Appends a NewSessionTicket to `out`.
pub fn put_new_session_ticket(out: &mut Vec<u8>, lifetime_hint: u32, ticket: &[u8]) {
    put_message(out, HandshakeType::NEW_SESSION_TICKET, |out| {
        out.extend(lifetime_hint.to_be_bytes());
        put_vec(out, LengthOf::U16, |out| out.extend(ticket));
    });
}
