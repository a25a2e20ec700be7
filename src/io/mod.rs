//! TLS over other crates' I/O, and everything else that needs an operating system.
//!
//! Each adapter is a thin layer on top of [`Connection`](crate::Connection), without knowledge of the protocol. `redis`
//! is not an adapter: it shares the sessions and ticket keys of a fleet through Redis.
//!
//! Every adapter
//!
//! - limits the time of a handshake, by default to [`HANDSHAKE_TIME`];
//! - resumes sessions, as a client, with the store of its [`ClientConfig`](crate::ClientConfig);
//! - distinguishes how a connection ends: a read returns 0 (or the end of the body) only after close_notify. A
//!   transport that ends without it is an [`Error::Truncated`], and a reset is the transport's own error;
//! - reads even if data is waiting to be sent, and releases memory when it is idle.
//!
//! The name of the server is an argument, or the host of the URI or of the settings. A pin (`verify::Pin`) trusts its key
//! whatever the host is called. With `blocking`, `tokio` and `futures`, a client can also connect to a server without a name:
//! see [`StreamOwned::client_without_name`](blocking::TlsStream::client_without_name).
//!
//! | module | feature | for |
//! |---|---|---|
//! | `both` | `rustls` | TLS 1.3 with rustls, and old peers with this crate, from one endpoint: blocking and tokio |
//! | [`blocking`] | `std` | anything that implements `Read + Write` |
//! | `tokio` | `tokio` | tokio: `TlsConnector`, `TlsAcceptor`, `LazyAcceptor`, streams that split into halves |
//! | `futures` | `futures` | the traits of futures-io, such as smol's |
//! | `hyper` | `hyper` | the client of hyper-util, HTTP/1.1 and HTTP/2 |
//! | `axum` | `axum` | axum's server |
//! | `ureq` | `ureq` | ureq's transports |
//! | `postgres` | `postgres` | tokio-postgres, with channel binding |
//! | `pcapng` | `pcapng` | recording connections of any of these for Wireshark, with their secrets |
//!
//! Crates that accept any stream need no adapter of their own: tonic works over `hyper` and `axum`; tokio-tungstenite, async-imap,
//! lettre and tiberius over `tokio`; suppaftp over [`blocking`]. The package `examples/ecosystem` in the repository has one
//! example for each.

#[cfg(feature = "axum")]
pub mod axum;
pub mod blocking;
#[cfg(feature = "rustls")]
pub mod both;
mod current;
#[cfg(any(feature = "futures", feature = "tokio"))]
mod endpoints;
#[cfg(feature = "futures")]
pub mod futures;
mod half;
#[cfg(feature = "hyper")]
pub mod hyper;
mod key_log;
#[cfg(feature = "pcapng")]
pub mod pcapng;
#[cfg(any(feature = "futures", feature = "hyper", feature = "tokio"))]
mod poll;
#[cfg(any(feature = "futures", feature = "tokio"))]
mod poll_half;
#[cfg(any(feature = "futures", feature = "tokio"))]
mod polled;
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

/// The default time limit of a handshake. A handshake takes two round trips, and a silent peer occupies a socket and
/// memory. Go's `net/http` has the same limit (`TLSHandshakeTimeout`).
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// The parts of a stream, including its buffers.
#[non_exhaustive]
pub struct Parts<C, T> {
    /// The connection.
    pub connection: C,
    /// The transport.
    pub transport: T,
    /// Data from the peer that has not been read.
    pub data: Vec<u8>,
    /// Bytes from the transport that the connection has not processed.
    pub received: Vec<u8>,
    /// Bytes that the transport has not accepted yet, which must be sent before anything else.
    pub unsent: Vec<u8>,
    /// The session that the handshake created, if it has not been taken.
    pub session: Option<NewSession>,
}

/// The buffers are not printed, since they contain data.
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
    /// Creates parts with empty buffers, to create a stream from a connection that was driven directly. Set the other
    /// fields if anything is buffered.
    pub fn new(connection: C, transport: T) -> Self {
        Self { connection, transport, data: Vec::new(), received: Vec::new(), unsent: Vec::new(), session: None }
    }
}

/// The TLS error is preserved: `error.get_ref()` returns it, to be downcast to [`Error`].
///
/// The kinds are [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) for [`Error::Truncated`] and
/// [`Error::TruncatedInHandshake`], [`ConnectionReset`](io::ErrorKind::ConnectionReset) for [`Error::Reset`] and
/// [`Error::ResetInHandshake`], [`ConnectionAborted`](io::ErrorKind::ConnectionAborted) if the peer ended the
/// connection, [`Other`](io::ErrorKind::Other) if this side failed, and [`InvalidData`](io::ErrorKind::InvalidData) for
/// everything that a peer must not send.
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

/// The kinds are [`NotConnected`](io::ErrorKind::NotConnected) and [`BrokenPipe`](io::ErrorKind::BrokenPipe), if the
/// connection is not open yet or no longer open, and [`Other`](io::ErrorKind::Other).
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
