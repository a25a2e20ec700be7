//! The results of processing input.

use core::fmt;

use crate::error::{AlertDescription, Bytes};
use crate::handshake::{Need, NewSession, RenegotiationRefusal};

/// The result of [`Connection::process`](crate::Connection::process).
#[derive(Debug)]
#[non_exhaustive]
pub struct Step<'b> {
    /// The number of input bytes that were consumed. Do not pass them again. Their contents are unspecified, except for
    /// [`Event::Data`].
    pub consumed: usize,
    /// What happened.
    pub event: Event<'b>,
}

/// What happened.
#[must_use]
#[non_exhaustive]
pub enum Event<'b> {
    /// More input is needed.
    NeedInput {
        /// At least this many bytes are missing after the given ones.
        at_least: usize,
    },
    /// The connection cannot continue without this decision.
    Suspended(Need),
    /// The decision has not been answered yet; no input was consumed.
    Waiting,
    /// Data can be sent already, a round trip before [`Self::Connected`]: the server has been verified, but its
    /// Finished has not arrived. This event only occurs if it is configured; see [`FalseStart`](crate::FalseStart) for
    /// the risks.
    FalseStart,
    /// The handshake is complete: data can be sent.
    Connected,
    /// A renegotiation that the server requested is complete. [`Connection::info`](crate::Connection::info) returns the
    /// new parameters. See [`Renegotiation`](crate::Renegotiation).
    Renegotiated,
    /// The peer asked to renegotiate, and this side refused. The connection remains open on this side, but many peers
    /// close it then.
    RenegotiationRefused(RenegotiationRefusal),
    /// Data from the peer, decrypted in the input.
    Data(&'b mut [u8]),
    /// A session to store, for later connections to resume. This event immediately precedes [`Self::Connected`].
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
