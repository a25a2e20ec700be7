//! Where a server keeps its sessions, and what seals its tickets: the traits.

use core::fmt;
use rustls_pki_types::UnixTime;

use super::ServerSession;

/// Keeps a server's sessions by their IDs. [`ServerMemoryStore`](super::ServerMemoryStore) is one.
pub trait ServerSessionStore: fmt::Debug + Send + Sync {
    /// The session of this ID, if it is kept and has not outlived its time at `now`.
    fn find(&self, id: &[u8], now: UnixTime) -> Option<ServerSession>;

    /// Keeps a session. It may be forgotten at any time.
    fn keep(&self, id: &[u8], session: ServerSession, now: UnixTime);

    /// Forgets a session: its connection ended with a fatal alert (RFC 5246 §7.2.2).
    fn forget(&self, id: &[u8]);
}

/// Seals a server's sessions in tickets. [`TicketKeys`](super::TicketKeys) is one.
pub trait Tickets: fmt::Debug + Send + Sync {
    /// The ticket that holds `session`; none if it cannot be sealed now.
    fn seal(&self, session: &ServerSession, now: UnixTime) -> Option<super::SealedTicket>;

    /// The session in `ticket`; none if it is not ours, was changed, or has outlived its time at `now`.
    fn open(&self, ticket: &[u8], now: UnixTime) -> Option<super::OpenedTicket>;
}
