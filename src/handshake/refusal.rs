//! Why this side has refused to renegotiate.

use core::fmt;

/// Why this side has refused to renegotiate (RFC 5246 §7.2.2: by a `no_renegotiation` alert), when the peer asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RenegotiationRefusal {
    /// The configuration does not allow it, or not so often: see [`Renegotiation`](crate::Renegotiation).
    NotAllowed,
    /// The connection carries HTTP/2 (RFC 9113 §9.2.1: it must not be).
    Http2,
    /// The server does not support secure renegotiation (RFC 5746).
    NotSecure,
    /// The two know each other by a pre-shared key: there is nothing more to ask for.
    PresharedKey,
    /// This side has closed the connection, or it has been split in two halves.
    NotPossible,
    /// This side is the server, and servers of this library never renegotiate for a client.
    ByServer,
}

impl fmt::Display for RenegotiationRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAllowed => "its configuration does not allow it, or not so often",
            Self::Http2 => "HTTP/2 forbids it (RFC 9113 §9.2.1)",
            Self::NotSecure => "the server does not support secure renegotiation (RFC 5746)",
            Self::PresharedKey => "the two sides know each other by a pre-shared key",
            Self::NotPossible => "it has closed the connection, or split it in two halves",
            Self::ByServer => "this server never does",
        })
    }
}
