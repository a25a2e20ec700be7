//! How a session is resumed, and why it cannot be.

use core::fmt;

use crate::session::MAX_TICKET;

/// How a server found the session that it resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resumption {
    /// By its ID: the server stores it (RFC 5246 §7.3).
    SessionId,
    /// In a ticket: the client stores it for the server (RFC 5077).
    Ticket,
}

/// Why the session of a connection cannot be resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotResumable {
    /// The connection does not use the extended master secret (RFC 7627 §5.3: without it, sessions should not be resumed).
    NoExtendedMasterSecret,
    /// The server sent neither a session ID nor a ticket (RFC 5246 §7.4.1.3, RFC 5077 §3.2).
    NotOffered,
    /// The server sent an empty ticket: it decided not to issue one (RFC 5077 §3.3).
    EmptyTicket,
    /// The ticket is longer than 32768 bytes, which leaves no room for the other extensions of a ClientHello.
    TicketTooLong,
}

impl NotResumable {
    /// Why this ticket cannot be used.
    pub(crate) fn by_ticket(ticket: &[u8]) -> Option<Self> {
        match ticket.len() {
            0 => Some(Self::EmptyTicket),
            1..=MAX_TICKET => None,
            _ => Some(Self::TicketTooLong),
        }
    }
}

impl fmt::Display for NotResumable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoExtendedMasterSecret => {
                "the connection does not use the extended master secret, without which sessions are not resumed (RFC 7627 §5.3)"
            }
            Self::NotOffered => "the server sent neither a session ID nor a ticket (RFC 5246 §7.4.1.3, RFC 5077 §3.2)",
            Self::EmptyTicket => "the server announced a ticket, but sent an empty one (RFC 5077 §3.3)",
            Self::TicketTooLong => "the ticket is too long to be offered in a ClientHello",
        })
    }
}
