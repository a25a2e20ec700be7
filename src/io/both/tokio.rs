//! Client and server over tokio.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use rustls_pki_types::ServerName;
use std::io::{self, IoSlice};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::{client, server};

use super::acceptor::{Acceptor, LazyAcceptor};
use super::attempts::Attempts;
use super::choice::{Answer, Stack};
use super::connector::{Connector, server_name};
use super::error::ConnectError;
use super::established::{Established, Info, Side, of_established};
use super::hello::{Ahead, Progress, READ_AHEAD};
use super::memory::Host;
use super::setup::ServerSetup;
use super::timed::Timed;
use super::transport::Transport;
use super::trust::in_our_words;
use crate::crypto::Digest;
use crate::handshake::ExportError;
use crate::io::blocking::clock::timed_out;
use crate::io::tokio as tls12;

/// TLS over an asynchronous transport, after the handshake, by rustls or by this crate ([`Info::stack`]).
///
/// A read returns 0 only if the peer has closed its side with close_notify; a transport that ends without it is an error of
/// kind [`UnexpectedEof`](io::ErrorKind::UnexpectedEof). A shutdown flushes, sends close_notify, and shuts the transport down
/// for writing. Dropping the stream sends nothing.
///
/// To read and write from two tasks, use `tokio::io::split`.
pub struct AsyncStream<T> {
    kind: Kind<T>,
    established: Established,
}

enum Kind<T> {
    Client(Box<client::TlsStream<Transport<T>>>),
    Server(Box<server::TlsStream<Transport<T>>>),
    Tls12(Box<tls12::TlsStream<Transport<T>>>),
}

/// Does the same with a stream of each kind, pinned.
macro_rules! each {
    ($this:expr, $stream:ident => $does:expr) => {
        match &mut $this.get_mut().kind {
            Kind::Client($stream) => {
                let $stream = Pin::new(&mut **$stream);
                $does
            }
            Kind::Server($stream) => {
                let $stream = Pin::new(&mut **$stream);
                $does
            }
            Kind::Tls12($stream) => {
                let $stream = Pin::new(&mut **$stream);
                $does
            }
        }
    };
}

impl Connector {
    /// Like [`Self::connect`], with tokio. The runtime must have its I/O and its timers enabled.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect_async(&self, host: &str, port: u16) -> Result<AsyncStream<TcpStream>, ConnectError> {
        self.connect_async_with(server_name(host)?, port, || TcpStream::connect((host, port))).await
    }

    /// Like [`Self::connect_with`], with tokio. The runtime must have its timers enabled.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect_async_with<T: AsyncRead + AsyncWrite + Unpin, F: Future<Output = io::Result<T>>>(
        &self,
        server_name: ServerName<'static>,
        port: u16,
        mut dial: impl FnMut() -> F,
    ) -> Result<AsyncStream<T>, ConnectError> {
        let name = server_name;
        let mut attempts = Attempts::new(&self.client, Host { name: name.clone(), port });
        loop {
            let transport = match dial().await {
                Ok(transport) => Transport::new(transport, Vec::new()),
                Err(error) => return Err(attempts.unreachable(error)),
            };
            let attempted = match attempts.stack() {
                Stack::Rustls => self.by_rustls_async(&name, transport).await,
                Stack::Tls12 => {
                    self.by_tls12_async(&name, port, transport).await.map_err(|error| (error, Answer::More))
                }
            };
            match attempted {
                Ok(stream) => {
                    attempts.connected();
                    return Ok(stream);
                }
                Err((error, answer)) => attempts = attempts.failed(error, answer)?,
            }
        }
    }

    async fn by_rustls_async<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        name: &ServerName<'static>,
        transport: Transport<T>,
    ) -> Result<AsyncStream<T>, (io::Error, Answer)> {
        let setup = self.client.setup();
        let connector = tokio_rustls::TlsConnector::from(Arc::clone(&setup.rustls));
        let connecting = connector.connect(name.clone(), transport).into_fallible();
        let connected = timeout(self.time, connecting).await.map_err(|_| (timed_out(), Answer::More))?;
        let stream = connected.map_err(|(error, transport)| (error, transport.answer()))?;
        let established = Established::of_client(stream.get_ref().1, setup, name);
        let established = established.map_err(|error| (error, Answer::More))?;
        Ok(AsyncStream { kind: Kind::Client(Box::new(stream)), established })
    }

    async fn by_tls12_async<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        name: &ServerName<'static>,
        port: u16,
        transport: Transport<T>,
    ) -> io::Result<AsyncStream<T>> {
        let config = &self.client.setup().tls12;
        let connector = tls12::TlsConnector::new(Arc::clone(config)).port(port).handshake_time(self.time);
        let stream = connector.connect(name.clone(), transport).await?;
        let established = Established::of_tls12(stream.connection(), &config.common)?;
        Ok(AsyncStream { kind: Kind::Tls12(Box::new(stream)), established })
    }
}

impl Acceptor {
    /// Like [`Self::accept_over`], with tokio. The runtime must have its timers enabled.
    ///
    /// # Errors
    /// Those of the transport and of both stacks; [`TimedOut`](io::ErrorKind::TimedOut).
    pub async fn accept_async<T: AsyncRead + AsyncWrite + Unpin>(&self, transport: T) -> io::Result<AsyncStream<T>> {
        self.accept_noting(transport, || {}).await
    }

    /// The same, and calls `greeted` when the ClientHello has arrived.
    pub(super) async fn accept_noting<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        transport: T,
        greeted: impl FnOnce(),
    ) -> io::Result<AsyncStream<T>> {
        let accepting = async {
            let client = LazyAcceptor::greet_async(transport).await?;
            greeted();
            client.answer_async(self).await
        };
        timeout(self.time, accepting).await.unwrap_or_else(|_| Err(timed_out()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> LazyAcceptor<T> {
    /// Like [`Self::read`], with tokio, over any transport. The runtime must have its timers enabled.
    ///
    /// # Errors
    /// Those of the transport; [`TimedOut`](io::ErrorKind::TimedOut) if the ClientHello takes longer than `time`.
    pub async fn read_async(transport: T, time: Duration) -> io::Result<Self> {
        timeout(time, Self::greet_async(transport)).await.unwrap_or_else(|_| Err(timed_out()))
    }

    async fn greet_async(mut transport: T) -> io::Result<Self> {
        let mut ahead = Ahead::default();
        loop {
            let mut buf = [0; READ_AHEAD];
            let mut buf = ReadBuf::new(&mut buf);
            poll_fn(|cx| Pin::new(&mut transport).poll_read(cx, &mut buf)).await?;
            // This crate says what it means that a connection ends here.
            if buf.filled().is_empty() || ahead.receive(buf.filled()) == Progress::Complete {
                return Ok(Self { transport: Timed::unlimited(transport), ahead });
            }
        }
    }

    /// Completes the handshake with this acceptor, within its time limit, with tokio.
    ///
    /// # Errors
    /// Those of the transport and of both stacks; [`TimedOut`](io::ErrorKind::TimedOut).
    pub async fn accept_async(self, acceptor: &Acceptor) -> io::Result<AsyncStream<T>> {
        timeout(acceptor.time, self.answer_async(acceptor)).await.unwrap_or_else(|_| Err(timed_out()))
    }

    async fn answer_async(self, acceptor: &Acceptor) -> io::Result<AsyncStream<T>> {
        let ServerSetup { rustls, tls12, supported, .. } = &*acceptor.setup;
        let stack = self.ahead.stack(supported);
        let transport = Transport::new(self.transport.inner, self.ahead.into_bytes());
        match stack {
            Stack::Rustls => {
                let accepting = tokio_rustls::TlsAcceptor::from(Arc::clone(rustls)).accept(transport);
                let stream = accepting.await.map_err(in_our_words)?;
                let established = Established::of_server(stream.get_ref().1, &acceptor.setup)?;
                Ok(AsyncStream { kind: Kind::Server(Box::new(stream)), established })
            }
            Stack::Tls12 => {
                let tls12_acceptor = tls12::TlsAcceptor::new(Arc::clone(tls12)).handshake_time(acceptor.time);
                let stream = tls12_acceptor.accept(transport).await?;
                let established = Established::of_tls12(stream.connection(), &tls12.common)?;
                Ok(AsyncStream { kind: Kind::Tls12(Box::new(stream)), established })
            }
        }
    }
}

impl<T> AsyncStream<T> {
    of_established!();

    fn side(&self) -> Side<'_> {
        match &self.kind {
            Kind::Client(stream) => Side::Client(stream.get_ref().1),
            Kind::Server(stream) => Side::Server(stream.get_ref().1),
            Kind::Tls12(stream) => Side::Tls12(stream.connection()),
        }
    }

    /// Returns the transport.
    #[must_use]
    pub fn transport(&self) -> &T {
        match &self.kind {
            Kind::Client(stream) => &stream.get_ref().0.inner,
            Kind::Server(stream) => &stream.get_ref().0.inner,
            Kind::Tls12(stream) => &stream.transport().inner,
        }
    }

    /// Returns the transport, for example to set an option. Do not read from it or write to it.
    pub fn transport_mut(&mut self) -> &mut T {
        match &mut self.kind {
            Kind::Client(stream) => &mut stream.get_mut().0.inner,
            Kind::Server(stream) => &mut stream.get_mut().0.inner,
            Kind::Tls12(stream) => &mut stream.transport_mut().inner,
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for AsyncStream<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_read(cx, buf))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for AsyncStream<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        each!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_shutdown(cx))
    }
}

impl<T: fmt::Debug> fmt::Debug for AsyncStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncStream")
            .field("info", self.info())
            .field("transport", self.transport())
            .finish_non_exhaustive()
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Transport<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.is_caught_up() {
            buf.put_slice(this.take_ahead(buf.remaining()));
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        this.note(buf.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Transport<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
