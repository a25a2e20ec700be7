//! What comes of processing input.

use core::fmt;

use crate::error::{AlertDescription, Bytes};
use crate::handshake::{Need, NewSession, RenegotiationRefusal};

/// What [`Connection::process`](crate::Connection::process) did.
#[derive(Debug)]
#[non_exhaustive]
pub struct Step<'b> {
    /// How many bytes of the input were used. They are not to be given again; nor may they be read, but for
    /// [`Event::Data`].
    pub consumed: usize,
    /// What happened.
    pub event: Event<'b>,
}

/// What happened.
#[must_use]
#[non_exhaustive]
pub enum Event<'b> {
    /// Nothing more can be done with the input.
    NeedInput {
        /// So many bytes at least must follow those that were given.
        at_least: usize,
    },
    /// The connection cannot go on without this decision.
    Suspended(Need),
    /// The decision is still to come; nothing was used of the input.
    Waiting,
    /// Data can be sent already, a round trip before [`Self::Connected`]: the server is verified, but its Finished is still to
    /// come. Only where the configuration asks for it: [`FalseStart`](crate::FalseStart) says what this means.
    FalseStart,
    /// The handshake is complete: data can be sent.
    Connected,
    /// The server has asked for another handshake, and it is complete: [`Connection::info`](crate::Connection::info) says
    /// what holds from here on. See [`Renegotiation`](crate::Renegotiation).
    Renegotiated,
    /// The peer has asked to renegotiate, and this side has refused. The connection goes on as far as this side is concerned,
    /// but many peers close it then.
    RenegotiationRefused(RenegotiationRefusal),
    /// Data from the peer, decrypted in the input.
    Data(&'b mut [u8]),
    /// A session to be kept, for a later connection to resume. It comes right before [`Self::Connected`].
    Session(NewSession),
    /// The peer sent an alert that does not end the connection.
    Warning(AlertDescription),
    /// The peer will send no more data. All input from here on is ignored (RFC 5246 §7.2.1).
    CloseNotify,
}

/// The data is not printed.
impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeedInput { at_least } => f.debug_struct("NeedInput").field("at_least", at_least).finish(),
            Self::Suspended(need) => f.debug_tuple("Suspended").field(need).finish(),
            Self::Waiting => f.write_str("Waiting"),
            Self::FalseStart => f.write_str("FalseStart"),
            Self::Connected => f.write_str("Connected"),
            Self::Renegotiated => f.write_str("Renegotiated"),
            Self::RenegotiationRefused(why) => f.debug_tuple("RenegotiationRefused").field(why).finish(),
            Self::Data(data) => f.debug_tuple("Data").field(&Bytes(data.len())).finish(),
            Self::Session(session) => f.debug_tuple("Session").field(session).finish(),
            Self::Warning(alert) => f.debug_tuple("Warning").field(alert).finish(),
            Self::CloseNotify => f.write_str("CloseNotify"),
        }
    }
}
