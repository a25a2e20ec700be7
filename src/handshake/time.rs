//! The time, which is asked for when it is needed: a connection may be hours old when a ticket is made, or when the server of a
//! renegotiation is verified.

use rustls_pki_types::UnixTime;

/// Where a connection has its time from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Time {
    /// It was told.
    Told(UnixTime),
    /// It asks this clock.
    Clock(fn() -> UnixTime),
}

impl Time {
    pub(crate) fn now(self) -> UnixTime {
        match self {
            Self::Told(time) => time,
            Self::Clock(clock) => clock(),
        }
    }
}
