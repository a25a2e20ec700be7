//! TLS over any blocking stream: a [`TcpStream`], a pipe, a tunnel.
//!
//! ```no_run
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//! use std::sync::Arc;
//! use tls12::ClientConfig;
//! use tls12::io::blocking::StreamOwned;
//! # #[cfg(all(feature = "ring", feature = "webpki"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use tls12::verify::TrustStore;
//!
//! let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file("roots.pem")?)).build()?;
//! let socket = TcpStream::connect("server.example:443")?;
//! let mut stream = StreamOwned::client(config, "server.example".try_into()?, socket)?;
//! stream.write_all(b"GET / HTTP/1.1\r\nHost: server.example\r\nConnection: close\r\n\r\n")?;
//! let mut answer = Vec::new();
//! stream.read_to_end(&mut answer)?; // fails if the answer was cut off
//! stream.close()?;
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "ring", feature = "webpki")))]
//! # fn main() {}
//! ```

pub(in crate::io) mod clock;
mod half;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::borrow::BorrowMut;
use core::fmt;
use core::time::Duration;
use rustls_pki_types::{ServerName, UnixTime};
use std::io::{self, BufRead, IoSlice, Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, PoisonError};

pub use super::Parts;
use super::pump::{Next, Outbox, Pump, Reply, may_still_be_read};
use crate::connection::Connection;
use crate::error::Error;
use crate::handshake::{Answer, ClientConfig, ConnectionInfo, Need, NewSession, ServerConfig};
use crate::session::ClientSession;
use clock::Clock;
pub use half::{ReadHalf, WriteHalf};

/// The maximum plaintext that one write accepts: as many full records as a CBC suite seals in parallel.
const MAX_WRITE: usize = 1 << 18;

/// A stream that borrows its connection and its transport.
///
/// Received data that has not been read is lost when the stream is dropped: keep it as long as the connection, or get
/// the data from [`TlsStream::into_parts`].
pub type Stream<'a, T> = TlsStream<&'a mut Connection, &'a mut T>;

/// A stream that owns its connection and its transport.
pub type StreamOwned<T> = TlsStream<Connection, T>;

/// TLS over a transport: writes are encrypted, and reads are decrypted. Used as [`Stream`] or as [`StreamOwned`].
///
/// The first read or write completes the handshake. A read returns 0 only if the peer has closed its side with
/// close_notify; a transport that ends without it is an error of kind [`UnexpectedEof`](io::ErrorKind::UnexpectedEof),
/// which contains [`Error::Truncated`]. [`BufRead`] gives access to records where they were decrypted, without a copy.
///
/// Errors of the transport are returned unchanged, and do not affect the connection: after
/// [`WouldBlock`](io::ErrorKind::WouldBlock) or a timeout, the same call can be repeated. Only a reset ends the
/// connection. An error of TLS ends the connection; the alert that reports it to the peer has been sent, as far as the
/// transport accepted it.
///
/// Dropping it sends nothing: call [`Self::close`].
pub struct TlsStream<C, T> {
    pump: Pump<C>,
    transport: T,
    /// In a mutex that is never locked, so that a stream is `Sync` although the closure may not be.
    answer: Option<Mutex<Decide>>,
    clock: Clock<T>,
}

/// Answers decisions that the configuration leaves open.
type Decide = Box<dyn FnMut(Need) -> Answer + Send>;

impl<T: Read + Write> StreamOwned<T> {
    /// Creates a client's stream to the server with this name, at the system's time, using the configuration's session
    /// store.
    ///
    /// # Errors
    /// [`Error::Provider`] if the random source fails.
    pub fn client(config: Arc<ClientConfig>, server_name: ServerName<'static>, transport: T) -> Result<Self, Error> {
        Self::client_at(config, Some(server_name), None, None, transport)
    }

    /// Like [`Self::client`], but offers to resume `session` (see [`Self::take_session`]).
    ///
    /// # Errors
    /// [`Error::Provider`] if the random source fails.
    pub fn resume(
        config: Arc<ClientConfig>,
        server_name: ServerName<'static>,
        session: ClientSession,
        transport: T,
    ) -> Result<Self, Error> {
        Self::client_at(config, Some(server_name), None, Some(session), transport)
    }

    /// Like [`Self::client`], but to a server without a name, such as a device behind a serial line: see
    /// [`Connection::client_without_name`]. The configuration's session store is not used, since it finds sessions by
    /// name; instead, `session` is offered, if there is one (see [`Self::take_session`]).
    ///
    /// # Errors
    /// [`Error::Provider`] if the random source fails.
    pub fn client_without_name(
        config: Arc<ClientConfig>,
        session: Option<ClientSession>,
        transport: T,
    ) -> Result<Self, Error> {
        Self::client_at(config, None, None, session, transport)
    }

    /// All of the above, at this port, if it is known.
    pub(super) fn client_at(
        config: Arc<ClientConfig>,
        server_name: Option<ServerName<'static>>,
        port: Option<u16>,
        session: Option<ClientSession>,
        transport: T,
    ) -> Result<Self, Error> {
        let mut output = Vec::new();
        let mut connection = Connection::stored(config, server_name, port, session, UnixTime::now(), &mut output)?;
        connection.set_clock(UnixTime::now);
        Ok(Self::new(connection, transport, output))
    }

    /// Creates a server's stream, which waits for the ClientHello, at the system's time.
    pub fn server(config: Arc<ServerConfig>, transport: T) -> Self {
        let mut connection = Connection::server(config, UnixTime::now());
        connection.set_clock(UnixTime::now);
        Self::new(connection, transport, Vec::new())
    }
}

impl StreamOwned<TcpStream> {
    /// Connects to the server at this host, a name or an address, and port, and completes the handshake within
    /// [`HANDSHAKE_TIME`](super::HANDSHAKE_TIME), not counting the time to connect. The socket has no timeouts
    /// afterwards.
    ///
    /// # Errors
    /// The errors of the operating system and of TLS; [`InvalidInput`](io::ErrorKind::InvalidInput) if the host is
    /// neither a name nor an address.
    pub fn connect(config: Arc<ClientConfig>, host: &str, port: u16) -> io::Result<Self> {
        let name = ServerName::try_from(host).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let socket = TcpStream::connect((host, port))?;
        Self::client_at(config, Some(name.to_owned()), Some(port), None, socket)?
            .handshake_within(super::HANDSHAKE_TIME)
    }

    /// Completes the handshake with a client that has connected, within [`HANDSHAKE_TIME`](super::HANDSHAKE_TIME). A
    /// silent client causes an error of kind [`TimedOut`](io::ErrorKind::TimedOut). The socket has no timeouts
    /// afterwards.
    ///
    /// # Errors
    /// Those of the operating system, and of TLS.
    pub fn accept(config: Arc<ServerConfig>, socket: TcpStream) -> io::Result<Self> {
        Self::server(config, socket).handshake_within(super::HANDSHAKE_TIME)
    }

    /// Completes the handshake within this time, even with a silent peer, using timeouts of the socket, which has none
    /// afterwards.
    ///
    /// # Errors
    /// The errors of the operating system and of TLS; [`TimedOut`](io::ErrorKind::TimedOut).
    pub fn handshake_within(mut self, time: Duration) -> io::Result<Self> {
        self.clock = Clock::of_socket(time);
        self.complete_handshake()?;
        Ok(self)
    }
}

impl<C: BorrowMut<Connection>, T: Read + Write> TlsStream<C, T> {
    /// Creates a stream from an owned or borrowed connection and transport. The connection may be new or established.
    /// `output` is its unsent output so far: the ClientHello of a new client, empty for a new server.
    pub fn new(connection: C, transport: T, output: Vec<u8>) -> Self {
        Self { pump: Pump::new(connection, output), transport, answer: None, clock: Clock::default() }
    }

    /// Creates a stream from the parts of another, continuing where that stopped, or from [`Parts::new`].
    pub fn from_parts(parts: Parts<C, T>) -> Self {
        let (pump, transport) = Pump::from_parts(parts);
        Self { pump, transport, answer: None, clock: Clock::default() }
    }

    /// Answers decisions that the configuration leaves open with `answer`. Without it, such a [`Need`] is an error.
    #[must_use]
    pub fn answering(mut self, answer: impl FnMut(Need) -> Answer + Send + 'static) -> Self {
        self.answer = Some(Mutex::new(Box::new(answer)));
        self
    }

    /// Sets the time limit of the handshake, counted from its first step, instead of
    /// [`HANDSHAKE_TIME`](super::HANDSHAKE_TIME). Exceeding it is an error of kind
    /// [`TimedOut`](io::ErrorKind::TimedOut).
    ///
    /// The time is checked between operations of the transport, so this does not limit a blocking read from a silent
    /// peer: also set a timeout on the transport, as [`StreamOwned::handshake_within`] does.
    #[must_use]
    pub fn handshake_time(mut self, time: Duration) -> Self {
        self.clock.set(time);
        self
    }

    /// Completes the handshake, if it is not complete, so that the peer can be inspected before data is sent to it.
    /// Also completes a renegotiation ([`Renegotiation`](crate::Renegotiation)), unless there is data to read first.
    ///
    /// # Errors
    /// The errors of the transport and of TLS: see [`Self`].
    pub fn complete_handshake(&mut self) -> io::Result<()> {
        while self.pump.in_handshake() {
            self.advance_handshake()?;
        }
        self.reply()
    }

    /// Continues until data can be sent, which may be before the handshake is complete
    /// ([`FalseStart`](crate::FalseStart)).
    fn wait_to_write(&mut self) -> io::Result<()> {
        if !self.pump.must_wait_to_send() {
            return Ok(());
        }
        while self.pump.must_wait_to_send() {
            self.advance_handshake()?;
        }
        self.reply()
    }

    fn advance_handshake(&mut self) -> io::Result<()> {
        if !self.pump.inbox.data().is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::ResourceBusy,
                "a renegotiation is in progress: read the peer's data first",
            ));
        }
        self.advance()
    }

    /// Returns the negotiated parameters and the peer's identity, or `None` before the handshake is complete.
    pub fn info(&self) -> Option<&ConnectionInfo> {
        self.connection().info()
    }

    /// Returns the connection, for example to export keys.
    pub fn connection(&self) -> &Connection {
        self.pump.connection.borrow()
    }

    /// Returns the transport.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// Returns the transport, for example to set a timeout. Do not read from it or write to it.
    pub fn transport_mut(&mut self) -> &mut T {
        &mut self.transport
    }

    /// Sends all unsent data, and close_notify. The peer may still send data: continue to read until a read returns 0,
    /// which proves that none is missing.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn close(&mut self) -> io::Result<()> {
        self.pump.close();
        self.flush()
    }

    /// Splits the stream into its parts.
    pub fn into_parts(self) -> Parts<C, T> {
        self.pump.into_parts(self.transport)
    }

    /// Takes the session that the handshake created, for a later connection to resume, if there is one and it has not
    /// been taken.
    pub fn take_session(&mut self) -> Option<NewSession> {
        self.pump.session.take().map(|session| *session)
    }

    /// Returns whether there is unsent output. Over a non-blocking transport, call [`Self::flush`] when the transport
    /// is writable again.
    pub fn wants_write(&self) -> bool {
        !self.pump.outbox.unsent().is_empty()
    }

    /// Whether there is data to read, or unprocessed input.
    #[cfg(feature = "ureq")]
    pub(super) fn holds_input(&self) -> bool {
        self.pump.inbox.holds_input() || self.pump.peer_closed()
    }

    /// Advances to the next event. Unread data is discarded.
    fn advance(&mut self) -> io::Result<()> {
        match self.pump.advance() {
            Ok(Next::Receive) if self.in_first_handshake() => self.receive_in_handshake(),
            Ok(Next::Receive) => self.receive(),
            Ok(Next::Connected) => {
                self.clock.stop(&self.transport)?;
                self.reply()
            }
            Ok(Next::Decide(need)) => self.decide(need),
            // The request was lost without an answer.
            Ok(Next::Undecided) => match self.answer.as_ref().and(self.pump.connection.borrow_mut().ask_again()) {
                Some(need) => self.decide(need),
                None => Err(undecided()),
            },
            Ok(_) => Ok(()),
            Err(error) => self.fail(error.into()),
        }
    }

    /// Whether the time limit holds: also after a false start, and not in a renegotiation.
    fn in_first_handshake(&self) -> bool {
        self.connection().in_handshake() && !self.connection().is_renegotiating()
    }

    fn receive_in_handshake(&mut self) -> io::Result<()> {
        let step = self.clock.step(&self.transport);
        let received = step.and_then(|()| self.receive()).map_err(|error| self.clock.explain(error));
        if let Err(error) = &received
            && error.kind() != io::ErrorKind::WouldBlock
        {
            self.pump.connection.borrow_mut().forget_offered();
        }
        received
    }

    /// Sends what is left to be sent, and reads more from the transport.
    fn receive(&mut self) -> io::Result<()> {
        // Unsent output must not block reading, which the peer may be waiting for. It is sent later, and the next write
        // returns the error.
        let sent = self.flush();
        if let Err(error) = &sent
            && !may_still_be_read(error)
        {
            return sent;
        }
        match uninterrupted(|| self.transport.read(self.pump.room())) {
            Ok(n) => Ok(self.pump.received(n)?),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => sent.and(Err(error)),
            Err(error) => Err(self.pump.could_not_read(error)),
        }
    }

    fn decide(&mut self, need: Need) -> io::Result<()> {
        let answer = self.answer.as_mut().ok_or_else(undecided)?;
        let answer = answer.get_mut().unwrap_or_else(PoisonError::into_inner)(need);
        self.pump.answer(answer).or_else(|error| self.fail(error))
    }

    /// Sends what the peer waits for.
    fn reply(&mut self) -> io::Result<()> {
        if self.pump.reply == Reply::Due {
            self.flush()?;
        }
        Ok(())
    }

    /// Sends the alert, and returns the error.
    fn fail(&mut self, error: io::Error) -> io::Result<()> {
        // A failure to send the alert must not hide the error that it reports.
        let _ = self.flush();
        Err(error)
    }

    /// Sends what is left to be sent.
    fn send(&mut self) -> io::Result<()> {
        send(&mut self.pump.outbox, &mut self.transport)
    }
}

impl<C: BorrowMut<Connection>, T: Read + Write> Read for TlsStream<C, T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let n = self.fill_buf()?.read(buf)?;
        self.consume(n);
        Ok(n)
    }
}

impl<C: BorrowMut<Connection>, T: Read + Write> BufRead for TlsStream<C, T> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.pump.inbox.data().is_empty() && !self.pump.peer_closed() {
            self.advance()?;
        }
        Ok(self.pump.inbox.data())
    }

    fn consume(&mut self, amount: usize) {
        self.pump.inbox.consume(amount);
    }
}

impl<C: BorrowMut<Connection>, T: Read + Write> Write for TlsStream<C, T> {
    /// Encrypts and sends `buf`. Data that the transport does not accept at once is buffered, and sent with the next
    /// write or flush, which also returns the error if there was one.
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    /// Like [`Self::write`]; the buffers share records.
    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.wait_to_write()?;
        self.send()?;
        let n = self.pump.seal(bufs, MAX_WRITE)?;
        // The plaintext has been accepted: an error now would make the caller write it again.
        let _ = self.send();
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()?;
        self.pump.outbox.rest();
        self.transport.flush()?;
        self.pump.reply = Reply::None;
        Ok(())
    }
}

impl<C: BorrowMut<Connection>, T: fmt::Debug> fmt::Debug for TlsStream<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pump, transport, .. } = self;
        f.debug_struct("TlsStream")
            .field("connection", pump.connection.borrow())
            .field("transport", transport)
            .finish_non_exhaustive()
    }
}

fn undecided() -> io::Error {
    io::Error::other("the connection needs a decision that neither its configuration nor the stream makes")
}

/// Sends all of `outbox`.
fn send(outbox: &mut Outbox, transport: &mut impl Write) -> io::Result<()> {
    while let rest @ [_, ..] = outbox.unsent() {
        match uninterrupted(|| transport.write(rest))? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n => outbox.took(n),
        }
    }
    Ok(())
}

/// Repeats an operation that a signal interrupted.
pub(in crate::io) fn uninterrupted(mut operation: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
