//! Sessions, which later connections resume by session ID (RFC 5246 §7.3) or by ticket (RFC 5077).

mod client;
#[cfg(feature = "std")]
mod client_memory;
mod client_store;
mod fleet;
#[cfg(feature = "std")]
mod key_ring;
#[cfg(feature = "std")]
mod memory;
mod read;
mod seal;
#[cfg(feature = "std")]
mod shared_tickets;
mod store;
mod ticket;
mod ticket_ring;
mod value;
mod verdict;

pub use client::ClientSession;
pub(crate) use client::{CredentialsId, Handle};
#[cfg(feature = "std")]
pub use client_memory::ClientMemoryStore;
pub(crate) use client_store::ClientContext;
pub use client_store::{ClientSessionKey, ClientSessionStore};
pub use fleet::FleetKeys;
#[cfg(feature = "std")]
pub use key_ring::TicketKeys;
#[cfg(feature = "std")]
pub use memory::ServerMemoryStore;
pub use read::SessionError;
#[cfg(feature = "std")]
pub use shared_tickets::SharedTickets;
pub use store::{ServerSessionStore, Tickets};
pub use ticket::{OpenedTicket, Renewal, SealedTicket, TicketKey};
pub use ticket_ring::TicketRing;
pub use value::ServerSession;
pub(crate) use value::{PeerIdentity, PskHash, SessionState, SignedBy, Stapled};
pub use verdict::Verified;
pub(crate) use verdict::{Verdict, VerifierId};

/// The maximum age of a resumed session, in seconds since its full handshake: one day (the upper limit that RFC 5246
/// §F.1.4 suggests).
pub(crate) const MAX_AGE: u64 = 24 * 60 * 60;

/// The maximum length of a ticket that is issued or stored, in bytes. It leaves room for the other extensions of a
/// ClientHello, which share 2^16 - 1 bytes with it (RFC 5246 §7.4.1.2).
pub(crate) const MAX_TICKET: usize = 1 << 15;
