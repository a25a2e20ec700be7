//! The server: looks at the ClientHello, and hands the connection to rustls or to this crate.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;
use rustls::ServerConnection;
use std::io::{self, Read, Write};
use std::net::TcpStream;

use super::choice::Stack;
use super::error::SetupError;
use super::hello::{Ahead, Progress, READ_AHEAD};
use super::setup::ServerSetup;
use super::stream::Stream;
use super::timed::Timed;
use super::transport::Transport;
use crate::handshake::ServerConfig;
use crate::io::{HANDSHAKE_TIME, blocking};
use crate::wire::ProtocolVersion;

/// Accepts clients with rustls, and with this crate those that are too old for rustls.
///
/// rustls answers clients that offer TLS 1.3, or TLS 1.2 with ECDHE and an AEAD that fits a key of this server. A client
/// that sends TLS_FALLBACK_SCSV without offering TLS 1.3 is refused with `inappropriate_fallback` (RFC 7507 §3).
#[derive(Clone, Debug)]
pub struct Acceptor {
    pub(super) setup: Arc<ServerSetup>,
    pub(super) time: Duration,
}

impl Acceptor {
    /// Creates an acceptor with the credentials, client authentication, key log, application protocols and policy of
    /// `config`.
    ///
    /// # Errors
    /// [`SetupError`] if rustls cannot do what `config` says.
    pub fn new(config: &ServerConfig) -> Result<Self, SetupError> {
        Self::with_min_version(config, ProtocolVersion::TLS_1_2)
    }

    /// Like [`Self::new`], with this minimum version: TLS 1.2, or TLS 1.3, and then rustls answers every client.
    ///
    /// # Errors
    /// [`SetupError`]; [`SetupError::MinVersion`] if it is another version.
    pub fn with_min_version(config: &ServerConfig, min_version: ProtocolVersion) -> Result<Self, SetupError> {
        Ok(Self { setup: Arc::new(ServerSetup::new(config, min_version)?), time: HANDSHAKE_TIME })
    }

    /// Sets the time limit of each handshake, instead of [`HANDSHAKE_TIME`]. Over a transport other than a `TcpStream`, the
    /// time is checked between operations: also set a timeout on the transport.
    #[must_use]
    pub fn handshake_time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// Completes the handshake with a client that has connected. The socket has no timeouts afterwards.
    ///
    /// # Errors
    /// Those of the operating system and of both stacks; [`TimedOut`](io::ErrorKind::TimedOut).
    pub fn accept(&self, socket: TcpStream) -> io::Result<Stream<TcpStream>> {
        LazyAcceptor::greet(Timed::socket(socket, self.time))?.accept(self)
    }

    /// Completes the handshake with the client at the other end of `transport`.
    ///
    /// # Errors
    /// Those of the transport and of both stacks; [`TimedOut`](io::ErrorKind::TimedOut).
    pub fn accept_over<T: Read + Write>(&self, transport: T) -> io::Result<Stream<T>> {
        LazyAcceptor::greet(Timed::new(transport, self.time))?.accept(self)
    }
}

/// A connection whose ClientHello has been read, for a server that chooses its [`Acceptor`] based on it.
pub struct LazyAcceptor<T> {
    pub(super) transport: Timed<T>,
    pub(super) ahead: Ahead,
}

impl<T> LazyAcceptor<T> {
    /// Returns the name that the client requests (RFC 6066 §3), or `None` if it requests none, or something that cannot be a
    /// name. It is not authenticated.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.ahead.server_name()
    }
}

impl LazyAcceptor<TcpStream> {
    /// Reads the ClientHello from a socket. The whole handshake may take `time`. The socket has no timeouts afterwards.
    ///
    /// # Errors
    /// Those of the operating system; [`TimedOut`](io::ErrorKind::TimedOut).
    pub fn read(socket: TcpStream, time: Duration) -> io::Result<Self> {
        Self::greet(Timed::socket(socket, time))
    }
}

impl<T: Read + Write> LazyAcceptor<T> {
    fn greet(mut transport: Timed<T>) -> io::Result<Self> {
        let mut ahead = Ahead::default();
        let mut buf = [0; READ_AHEAD];
        loop {
            // This crate says what it means that a connection ends here.
            let n = transport.read(&mut buf)?;
            if n == 0 || ahead.receive(buf.get(..n).unwrap_or_default()) == Progress::Complete {
                return Ok(Self { transport, ahead });
            }
        }
    }

    /// Completes the handshake with this acceptor, whose time limit has no effect.
    ///
    /// # Errors
    /// Those of the transport and of both stacks; [`TimedOut`](io::ErrorKind::TimedOut).
    pub fn accept(self, acceptor: &Acceptor) -> io::Result<Stream<T>> {
        let ServerSetup { rustls, tls12, supported, .. } = &*acceptor.setup;
        let stack = self.ahead.stack(supported);
        let transport = Transport::new(self.transport, self.ahead.into_bytes());
        match stack {
            Stack::Rustls => {
                let connection = ServerConnection::new(Arc::clone(rustls)).map_err(io::Error::other)?;
                Stream::server(connection, &acceptor.setup, transport)
            }
            Stack::Tls12 => {
                // The transport has the time limit.
                let stream = blocking::StreamOwned::server(Arc::clone(tls12), transport);
                Stream::tls12(stream.handshake_time(Duration::MAX), &tls12.common)
            }
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for LazyAcceptor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyAcceptor")
            .field("server_name", &self.server_name())
            .field("transport", &self.transport.inner)
            .finish_non_exhaustive()
    }
}
