//! The time, which is queried when it is needed: a connection may be hours old when a ticket is issued, or when the
//! server is verified in a renegotiation.

use rustls_pki_types::UnixTime;

/// The source of a connection's time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Time {
    /// A time that was set.
    Set(UnixTime),
    /// A clock that is queried.
    Clock(fn() -> UnixTime),
}

impl Time {
    pub(crate) fn now(self) -> UnixTime {
        match self {
            Self::Set(time) => time,
            Self::Clock(clock) => clock(),
        }
    }
}
