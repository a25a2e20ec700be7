//! TLS over the I/O of others, and what else takes an operating system.
//!
//! Each adapter is a short file on top of [`Connection`](crate::Connection): none of them knows the protocol. `redis` is no
//! adapter: it brings what a fleet shares to Redis and back.
//!
//! Every adapter
//!
//! - has a limit on the time of a handshake, [`HANDSHAKE_TIME`] unless it is told otherwise;
//! - resumes sessions, as a client, by the store of its [`ClientConfig`](crate::ClientConfig);
//! - tells apart how a connection ends: a read returns 0 (or the end of the body) only after close_notify. A transport that
//!   ends without is [`Error::Truncated`], and a reset is the transport's own error;
//! - reads whatever is unsent, and gives memory back when it is idle.
//!
//! | module | feature | for |
//! |---|---|---|
//! | [`blocking`] | `std` | whatever is `Read + Write` |
//! | `tokio` | `tokio` | tokio: `TlsConnector`, `TlsAcceptor`, `LazyAcceptor`, streams that split in two |
//! | `futures` | `futures` | the traits of futures-io, such as smol's |
//! | `hyper` | `hyper` | the client of hyper-util, HTTP/1.1 and HTTP/2 |
//! | `axum` | `axum` | axum's server |
//! | `ureq` | `ureq` | ureq's transports |
//! | `postgres` | `postgres` | tokio-postgres, with channel binding |

#[cfg(feature = "axum")]
pub mod axum;
pub mod blocking;
mod current;
#[cfg(any(feature = "futures", feature = "tokio"))]
mod endpoints;
#[cfg(feature = "futures")]
pub mod futures;
mod half;
#[cfg(feature = "hyper")]
pub mod hyper;
mod key_log;
#[cfg(any(feature = "futures", feature = "hyper", feature = "tokio"))]
mod poll;
#[cfg(any(feature = "futures", feature = "tokio"))]
mod poll_half;
#[cfg(feature = "postgres")]
pub mod postgres;
mod pump;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(any(feature = "futures", feature = "hyper"))]
mod timer;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(feature = "ureq")]
pub mod ureq;

pub use current::CurrentConfig;
pub use key_log::KeyLogFile;

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::io;

use crate::connection::AnswerError;
use crate::error::{Bytes, Error};
use crate::handshake::NewSession;
use crate::record::SealError;

/// How long a handshake may take, unless an adapter is told otherwise: it is two round trips, and a peer that says nothing
/// holds a socket and memory meanwhile. Go's `net/http` has the same limit (`TLSHandshakeTimeout`).
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// What a stream is made of, and what it held.
#[non_exhaustive]
pub struct Parts<C, T> {
    /// The connection.
    pub connection: C,
    /// The transport.
    pub transport: T,
    /// Data from the peer that was not read.
    pub data: Vec<u8>,
    /// Bytes from the transport that the connection has not processed.
    pub received: Vec<u8>,
    /// What the transport has not taken yet: to be sent before anything else.
    pub unsent: Vec<u8>,
    /// The session that the handshake has made, if nobody has taken it.
    pub session: Option<NewSession>,
}

/// The data is not printed, nor what is or may be a part of it.
impl<C: fmt::Debug, T: fmt::Debug> fmt::Debug for Parts<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, transport, data, received, unsent, session } = self;
        f.debug_struct("Parts")
            .field("connection", connection)
            .field("transport", transport)
            .field("data", &Bytes(data.len()))
            .field("received", &Bytes(received.len()))
            .field("unsent", &Bytes(unsent.len()))
            .field("session", session)
            .finish()
    }
}

impl<C, T> Parts<C, T> {
    /// A connection and its transport, and nothing that was held in between: to make a stream of a connection that was
    /// driven by hand. Set the other fields if there is anything.
    pub fn new(connection: C, transport: T) -> Self {
        Self { connection, transport, data: Vec::new(), received: Vec::new(), unsent: Vec::new(), session: None }
    }
}

/// The TLS error stays inside, whole: `error.get_ref()` gives it back, to be downcast to [`Error`].
///
/// The kinds are [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) for [`Error::Truncated`] and [`Error::TruncatedInHandshake`],
/// [`ConnectionReset`](io::ErrorKind::ConnectionReset) for [`Error::Reset`] and [`Error::ResetInHandshake`],
/// [`ConnectionAborted`](io::ErrorKind::ConnectionAborted) where the peer ended the connection,
/// [`Other`](io::ErrorKind::Other) where this side failed, and [`InvalidData`](io::ErrorKind::InvalidData) for all that
/// a peer sends and must not.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Truncated | Error::TruncatedInHandshake => io::ErrorKind::UnexpectedEof,
            Error::Reset | Error::ResetInHandshake => io::ErrorKind::ConnectionReset,
            Error::Alert(_) | Error::ClosedInHandshake => io::ErrorKind::ConnectionAborted,
            Error::Provider(_) => io::ErrorKind::Other,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

/// The kinds are [`NotConnected`](io::ErrorKind::NotConnected) and [`BrokenPipe`](io::ErrorKind::BrokenPipe), where the
/// connection is not open yet or no longer, and [`Other`](io::ErrorKind::Other).
impl From<SealError> for io::Error {
    fn from(error: SealError) -> Self {
        let kind = match &error {
            SealError::NotConnected => io::ErrorKind::NotConnected,
            SealError::Closed => io::ErrorKind::BrokenPipe,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

impl From<AnswerError> for io::Error {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Fatal(error) => error.into(),
            stale @ AnswerError::Stale(_) => Self::other(stale),
        }
    }
}
