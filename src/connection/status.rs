//! The state of a connection. Adapters query it instead of keeping a state of their own, which would be wrong for a
//! connection that they did not drive from the start.

use super::{Connection, Progress};
use crate::error::Error;
use crate::handshake::Role;

impl Connection {
    /// Returns which side of the connection this is.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns the error with which the connection failed, or `None` if it has not failed. [`Self::diagnosis`] explains it to
    /// people.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.state.as_ref().err()
    }

    /// Returns whether a handshake is in progress, the first or a renegotiation. Unless
    /// [`Event::FalseStart`](crate::Event::FalseStart) was returned, data cannot be sent until
    /// [`Event::Connected`](crate::Event::Connected) or [`Event::Renegotiated`](crate::Event::Renegotiated) is
    /// returned. Returns `false` after an error.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.state.is_ok() && !matches!(self.progress, Progress::Connected | Progress::PeerClosed)
    }

    /// Returns whether the peer has closed its side of the connection with close_notify, and
    /// [`Event::CloseNotify`](crate::Event::CloseNotify) was returned. No more data will arrive.
    #[must_use]
    pub fn peer_closed(&self) -> bool {
        self.progress == Progress::PeerClosed
    }
}

/// For the adapters.
#[cfg(feature = "std")]
impl Connection {
    /// Like [`Self::is_handshaking`], but also `true` if the handshake has failed: processing more input then returns the
    /// error.
    pub(crate) fn in_handshake(&self) -> bool {
        !matches!(self.progress, Progress::Connected | Progress::PeerClosed)
    }

    /// Whether data can be sent although the handshake is not complete.
    pub(crate) fn has_started_falsely(&self) -> bool {
        self.progress == Progress::FalseStart
    }

    /// Whether this side has closed the connection.
    pub(crate) fn is_closed(&self) -> bool {
        self.sending == crate::handshake::Sending::Closed
    }

    /// Requests the decision that the connection waits for again, if the previous request was lost.
    pub(crate) fn ask_again(&mut self) -> Option<crate::handshake::Need> {
        let need = self.state.as_ref().ok()?.need()?;
        self.progress = Progress::Suspended(need.id());
        Some(need)
    }
}
