//! The traits for stores of server sessions and for sealing tickets.

use core::fmt;
use rustls_pki_types::UnixTime;

use super::ServerSession;

/// A store of a server's sessions by ID. [`ServerMemoryStore`](super::ServerMemoryStore) implements it.
pub trait ServerSessionStore: fmt::Debug + Send + Sync {
    /// Returns the session with this ID, if it is stored and has not expired at `now`.
    fn find(&self, id: &[u8], now: UnixTime) -> Option<ServerSession>;

    /// Stores a session. The store may drop it at any time.
    fn keep(&self, id: &[u8], session: ServerSession, now: UnixTime);

    /// Removes a session whose connection ended with a fatal alert (RFC 5246 §7.2.2).
    fn forget(&self, id: &[u8]);
}

/// Seals a server's sessions in tickets. [`TicketKeys`](super::TicketKeys) implements it.
pub trait Tickets: fmt::Debug + Send + Sync {
    /// Returns a ticket for `session`, or `None` if it cannot be sealed now.
    fn seal(&self, session: &ServerSession, now: UnixTime) -> Option<super::SealedTicket>;

    /// Returns the session in `ticket`, or `None` if it was sealed with another key, was modified, or has expired at
    /// `now`.
    fn open(&self, ticket: &[u8], now: UnixTime) -> Option<super::OpenedTicket>;
}
