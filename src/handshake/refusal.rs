//! Why this side refused to renegotiate.

use core::fmt;

/// Why this side refused the peer's request to renegotiate (RFC 5246 §7.2.2: with a `no_renegotiation` alert).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RenegotiationRefusal {
    /// The configuration does not allow it, or not this often: see [`Renegotiation`](crate::Renegotiation).
    NotAllowed,
    /// The connection uses HTTP/2, which forbids it (RFC 9113 §9.2.1).
    Http2,
    /// The server does not support secure renegotiation (RFC 5746).
    NotSecure,
    /// The two sides authenticate each other with a pre-shared key: there is nothing more to request.
    PresharedKey,
    /// This side has closed the connection, or split it into two halves.
    NotPossible,
    /// This side is the server. Servers of this library never renegotiate at a client's request.
    ByServer,
}

impl fmt::Display for RenegotiationRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAllowed => "its configuration does not allow it, or not this often",
            Self::Http2 => "HTTP/2 forbids it (RFC 9113 §9.2.1)",
            Self::NotSecure => "the server does not support secure renegotiation (RFC 5746)",
            Self::PresharedKey => "the two sides authenticate each other with a pre-shared key",
            Self::NotPossible => "it has closed the connection, or split it into two halves",
            Self::ByServer => "this server never renegotiates",
        })
    }
}
