//! TLS for tokio.
//!
//! ```no_run
//! use std::sync::Arc;
//! use tls12::ClientConfig;
//! use tls12::io::tokio::TlsConnector;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::TcpStream;
//! # #[cfg(all(feature = "ring", feature = "webpki"))]
//! # async fn get() -> Result<(), Box<dyn std::error::Error>> {
//! use tls12::verify::TrustStore;
//!
//! let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file("roots.pem")?)).build()?;
//! let socket = TcpStream::connect("server.example:443").await?;
//! let mut stream = TlsConnector::new(config).connect("server.example".try_into()?, socket).await?;
//! stream.write_all(b"GET / HTTP/1.1\r\nHost: server.example\r\nConnection: close\r\n\r\n").await?;
//! stream.flush().await?;
//! let mut answer = Vec::new();
//! stream.read_to_end(&mut answer).await?; // fails if the answer was cut off
//! stream.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! A server that chooses its configuration based on the ClientHello reads that first:
//!
//! ```
//! use tls12::io::tokio::{HandshakeError, LazyAcceptor, TlsAcceptor, TlsStream};
//! use tokio::net::TcpStream;
//!
//! async fn accept(
//!     socket: TcpStream,
//!     one: &TlsAcceptor,
//!     other: &TlsAcceptor,
//! ) -> Result<TlsStream<TcpStream>, HandshakeError<TcpStream>> {
//!     let lazy = LazyAcceptor::read(socket).await?;
//!     let acceptor = if lazy.client_hello().server_name() == Some("one.example") { one } else { other };
//!     lazy.accept(acceptor).await
//! }
//! ```
//!
//! The runtime must have its timers enabled, for example with `enable_all`, since handshakes have a time limit.
//!
//! The operations of a [`TlsStream`] are cancel safe where those of tokio's traits are: dropping a future loses no
//! data. Dropping the future of a handshake drops the connection and the transport.

mod half;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use rustls_pki_types::{ServerName, UnixTime};
use std::io::{self, IoSlice};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::sleep;

use super::endpoints::endpoints;
pub use super::poll::HandshakeError;
use super::poll::{Decide, PollRead, PollWrite, Stream, undecided};
use super::polled;
use super::pump::Pump;
use crate::connection::Connection;
use crate::handshake::{Answer, ClientConfig, ClientOffer, ConnectionInfo, Need, NewSession, SelectConfigRequest};
use crate::io::{CurrentConfig, HANDSHAKE_TIME, Parts};
use crate::session::ClientSession;
pub use half::{ReadHalf, WriteHalf};

/// TLS over a transport, after the handshake.
///
/// A read returns 0 only if the peer has closed its side with close_notify; a transport that ends without it is an
/// error of kind [`UnexpectedEof`](io::ErrorKind::UnexpectedEof), which contains
/// [`Error::Truncated`](crate::Error::Truncated). [`AsyncBufRead`] gives access to records where they were decrypted,
/// without a copy.
///
/// A write is encrypted at once, and sent as far as the transport accepts it; a flush waits for the rest. A shutdown
/// flushes, sends close_notify, and shuts the transport down for writing: the peer may still send. Dropping the stream
/// sends nothing.
///
/// During a renegotiation ([`Renegotiation`](crate::Renegotiation)), a write waits for its end; if data arrives in the
/// meantime, the write waits until that is read.
///
/// To read and write from two tasks, use [`Self::into_split`].
pub struct TlsStream<T>(Stream<Io<T>>);

endpoints!(AsyncRead, AsyncWrite);
polled::buf_read!(TlsStream: AsyncRead AsyncWrite);
polled::write!(TlsStream: AsyncRead AsyncWrite, poll_shutdown
    fn is_write_vectored(&self) -> bool {
        true
    }
);

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buf.remaining() > 0 {
            let n = put(ready!(self.0.poll_fill(cx))?, buf);
            self.0.consume(n);
        }
        Poll::Ready(Ok(()))
    }
}

/// Puts the front of `data` into `buf`; returns its length.
fn put(data: &[u8], buf: &mut ReadBuf<'_>) -> usize {
    let front = data.get(..buf.remaining()).unwrap_or(data);
    buf.put_slice(front);
    front.len()
}

/// A transport of tokio's, or a half of one.
struct Io<T>(T);

impl<T: AsyncRead + Unpin> PollRead for Io<T> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

impl<T: AsyncWrite + Unpin> PollWrite for Io<T> {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
