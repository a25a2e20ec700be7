//! The server: looks at the ClientHello, and hands the connection to rustls or to this crate.

use alloc::sync::Arc;
use core::time::Duration;
use rustls::ServerConnection;
use std::io::{self, Read, Write};
use std::net::TcpStream;

use super::choice::Stack;
use super::error::SetupError;
use super::hello::Ahead;
use super::setup::ServerSetup;
use super::stream::Stream;
use super::timed::Timed;
use super::transport::Transport;
use crate::handshake::ServerConfig;
use crate::io::{HANDSHAKE_TIME, blocking};

/// The number of bytes that are read at once: more than most ClientHellos have, with one post-quantum key share.
pub(super) const READ_AHEAD: usize = 2048;

/// Accepts clients by rustls, and those that are too old for it by this crate.
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
        Ok(Self { setup: Arc::new(ServerSetup::new(config)?), time: HANDSHAKE_TIME })
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
        self.answer(Timed::socket(socket, self.time))
    }

    /// Completes the handshake with the client at the other end of `transport`.
    ///
    /// # Errors
    /// Those of the transport and of both stacks; [`TimedOut`](io::ErrorKind::TimedOut).
    pub fn accept_over<T: Read + Write>(&self, transport: T) -> io::Result<Stream<T>> {
        self.answer(Timed::new(transport, self.time))
    }

    fn answer<T: Read + Write>(&self, mut transport: Timed<T>) -> io::Result<Stream<T>> {
        let ServerSetup { rustls, tls12, supported, .. } = &*self.setup;
        let mut ahead = Ahead::default();
        let stack = loop {
            let mut buf = [0; READ_AHEAD];
            let received = match transport.read(&mut buf) {
                // This crate says what it means that a connection ends here.
                Ok(0) => break Stack::Tls12,
                Ok(n) => buf.get(..n).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if let Some(stack) = ahead.receive(received, supported) {
                break stack;
            }
        };
        let transport = Transport::new(transport, ahead.into_bytes());
        match stack {
            Stack::Rustls => {
                let connection = ServerConnection::new(Arc::clone(rustls)).map_err(io::Error::other)?;
                Stream::server(connection, &self.setup, transport)
            }
            Stack::Tls12 => {
                let stream = blocking::StreamOwned::server(Arc::clone(tls12), transport);
                Stream::tls12(stream.handshake_time(self.time), &tls12.common)
            }
        }
    }
}
