//! TLS for transports with the traits of futures-io, such as those of smol.
//!
//! ```no_run
//! use std::sync::Arc;
//! use smol::io::{AsyncReadExt, AsyncWriteExt};
//! use smol::net::TcpStream;
//! use tls12::ClientConfig;
//! use tls12::io::futures::TlsConnector;
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
//! stream.close().await?;
//! # Ok(())
//! # }
//! ```

mod half;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};
use rustls_pki_types::{ServerName, UnixTime};
use std::io::{self, IoSlice, Read as _};

use super::endpoints::endpoints;
pub use super::poll::HandshakeError;
use super::poll::{Decide, PollRead, PollWrite, Stream, undecided};
use super::polled;
use super::pump::Pump;
use super::timer::sleep;
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
/// A write is encrypted at once, and sent as far as the transport accepts it; a flush waits for the rest. Closing
/// flushes, sends close_notify, and closes the transport for writing: the peer may still send. Dropping the stream
/// sends nothing.
///
/// During a renegotiation ([`Renegotiation`](crate::Renegotiation)), a write waits for its end; if data arrives in the
/// meantime, the write waits until that is read.
///
/// To read and write from two tasks, use [`Self::into_split`].
pub struct TlsStream<T>(Stream<Io<T>>);

endpoints!(AsyncRead, AsyncWrite);
polled::buf_read!(TlsStream: AsyncRead AsyncWrite);
polled::write!(TlsStream: AsyncRead AsyncWrite, poll_close);

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let n = ready!(self.0.poll_fill(cx))?.read(buf)?;
        self.0.consume(n);
        Poll::Ready(Ok(n))
    }
}

/// A transport with these traits.
struct Io<T>(T);

impl<T: AsyncRead + Unpin> PollRead for Io<T> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
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
        Pin::new(&mut self.0).poll_close(cx)
    }
}
