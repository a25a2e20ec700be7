//! TLS over anything that blocks: a [`TcpStream`], a pipe, a tunnel.
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

mod clock;
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

/// The most text that one write takes: as many full records as a CBC suite seals side by side.
const MAX_WRITE: usize = 1 << 18;

/// A stream that borrows its connection and its transport.
///
/// What it has received and not handed out is lost when it is dropped: keep it as long as the connection, or take that
/// out with [`TlsStream::into_parts`].
pub type Stream<'a, T> = TlsStream<&'a mut Connection, &'a mut T>;

/// A stream that owns its connection and its transport.
pub type StreamOwned<T> = TlsStream<Connection, T>;

/// TLS over a transport: what is written is sealed, what is read was opened. Used as [`Stream`] or as [`StreamOwned`].
///
/// The first read or write completes the handshake. A read returns 0 only when the peer has closed its side with
/// close_notify; a transport that ends without is an error of kind [`UnexpectedEof`](io::ErrorKind::UnexpectedEof),
/// with [`Error::Truncated`] in it. [`BufRead`] shows records where they were decrypted, without a copy.
///
/// An error of the transport passes through, and harms nothing: after [`WouldBlock`](io::ErrorKind::WouldBlock) or a
/// timeout the same call can be made again. Only a reset ends the connection. An error of TLS ends the connection; the alert that tells the peer has been
/// sent, as far as the transport took it.
///
/// Dropping it sends nothing: call [`Self::close`].
pub struct TlsStream<C, T> {
    pump: Pump<C>,
    transport: T,
    /// In a mutex, which is never locked, so that a stream can be shared: the closure may not be.
    answer: Option<Mutex<Decide>>,
    clock: Clock<T>,
}

/// Decides what the configuration leaves open.
type Decide = Box<dyn FnMut(Need) -> Answer + Send>;

impl<T: Read + Write> StreamOwned<T> {
    /// A client's connection to the server of this name, at the system's time. It resumes by the configuration's store of
    /// sessions.
    ///
    /// # Errors
    /// [`Error::Provider`], if the random source fails.
    pub fn client(config: Arc<ClientConfig>, server_name: ServerName<'static>, transport: T) -> Result<Self, Error> {
        Self::client_at(config, server_name, None, None, transport)
    }

    /// As [`Self::client`], but offers to resume `session` (see [`Self::take_session`]).
    ///
    /// # Errors
    /// [`Error::Provider`], if the random source fails.
    pub fn resume(
        config: Arc<ClientConfig>,
        server_name: ServerName<'static>,
        session: ClientSession,
        transport: T,
    ) -> Result<Self, Error> {
        Self::client_at(config, server_name, None, Some(session), transport)
    }

    /// Both, at this port, if it is known.
    pub(super) fn client_at(
        config: Arc<ClientConfig>,
        server_name: ServerName<'static>,
        port: Option<u16>,
        session: Option<ClientSession>,
        transport: T,
    ) -> Result<Self, Error> {
        let mut output = Vec::new();
        let mut connection = Connection::stored(config, server_name, port, session, UnixTime::now(), &mut output)?;
        connection.set_clock(UnixTime::now);
        Ok(Self::new(connection, transport, output))
    }

    /// A server's connection to a client that has yet to speak, at the system's time.
    pub fn server(config: Arc<ServerConfig>, transport: T) -> Self {
        let mut connection = Connection::server(config, UnixTime::now());
        connection.set_clock(UnixTime::now);
        Self::new(connection, transport, Vec::new())
    }
}

impl StreamOwned<TcpStream> {
    /// Connects to the server at this host, a name or an address, and port, and completes the handshake, which may take
    /// [`HANDSHAKE_TIME`](super::HANDSHAKE_TIME), beside what it takes to connect. The socket has no timeouts afterwards.
    ///
    /// # Errors
    /// Those of the operating system, and of TLS; [`InvalidInput`](io::ErrorKind::InvalidInput), if the host is neither a name
    /// nor an address.
    pub fn connect(config: Arc<ClientConfig>, host: &str, port: u16) -> io::Result<Self> {
        let name = ServerName::try_from(host).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let socket = TcpStream::connect((host, port))?;
        Self::client_at(config, name.to_owned(), Some(port), None, socket)?.handshake_within(super::HANDSHAKE_TIME)
    }

    /// Completes the handshake with a client that has connected, which may take [`HANDSHAKE_TIME`](super::HANDSHAKE_TIME): one
    /// that says nothing is an error of kind [`TimedOut`](io::ErrorKind::TimedOut). The socket has no timeouts afterwards.
    ///
    /// # Errors
    /// Those of the operating system, and of TLS.
    pub fn accept(config: Arc<ServerConfig>, socket: TcpStream) -> io::Result<Self> {
        Self::server(config, socket).handshake_within(super::HANDSHAKE_TIME)
    }

    /// Completes the handshake within this time, also where the peer says nothing, by timeouts of the socket, which has none
    /// afterwards.
    ///
    /// # Errors
    /// Those of the operating system, and of TLS; [`TimedOut`](io::ErrorKind::TimedOut).
    pub fn handshake_within(mut self, time: Duration) -> io::Result<Self> {
        self.clock = Clock::of_socket(time);
        self.complete_handshake()?;
        Ok(self)
    }
}

impl<C: BorrowMut<Connection>, T: Read + Write> TlsStream<C, T> {
    /// A stream of these, owned or borrowed. The connection may be new, or established already. `output` is what it has
    /// appended so far and was not sent: the ClientHello of a new client, nothing of a new server.
    pub fn new(connection: C, transport: T, output: Vec<u8>) -> Self {
        Self { pump: Pump::new(connection, output), transport, answer: None, clock: Clock::default() }
    }

    /// A stream of what another was made of, which goes on where that stopped; or of [`Parts::new`].
    pub fn from_parts(parts: Parts<C, T>) -> Self {
        let (pump, transport) = Pump::from_parts(parts);
        Self { pump, transport, answer: None, clock: Clock::default() }
    }

    /// Has `answer` decide what the configuration leaves open. Without it such a [`Need`] is an error.
    #[must_use]
    pub fn answering(mut self, answer: impl FnMut(Need) -> Answer + Send + 'static) -> Self {
        self.answer = Some(Mutex::new(Box::new(answer)));
        self
    }

    /// Gives the handshake so much time from its first step on, instead of [`HANDSHAKE_TIME`](super::HANDSHAKE_TIME). One that
    /// takes longer is an error of kind [`TimedOut`](io::ErrorKind::TimedOut).
    ///
    /// The time is looked at between two operations of the transport, so this is no limit for a peer that says nothing over a
    /// transport that waits for it: set a timeout there too, as [`StreamOwned::handshake_within`] does.
    #[must_use]
    pub fn handshake_time(mut self, time: Duration) -> Self {
        self.clock.set(time);
        self
    }

    /// Completes the handshake, if it is not complete: what is known of the peer can then be looked at before it is
    /// sent anything. So it does with one that the server has asked for since ([`Renegotiation`](crate::Renegotiation)),
    /// but not while there is data to be read.
    ///
    /// # Errors
    /// Those of the transport, and of TLS: see [`Self`].
    pub fn complete_handshake(&mut self) -> io::Result<()> {
        while self.pump.in_handshake() {
            self.advance_handshake()?;
        }
        self.reply()
    }

    /// Goes on until data can be sent, which may be before the handshake is complete ([`FalseStart`](crate::FalseStart)).
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
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, "the peer renegotiates: read its data first"));
        }
        self.advance()
    }

    /// What was negotiated, and with whom; none before the handshake is complete.
    pub fn info(&self) -> Option<&ConnectionInfo> {
        self.connection().info()
    }

    /// The connection, such as to export keys.
    pub fn connection(&self) -> &Connection {
        self.pump.connection.borrow()
    }

    /// The transport.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// The transport, such as to set a timeout. Do not read or write.
    pub fn transport_mut(&mut self) -> &mut T {
        &mut self.transport
    }

    /// Sends what is left to be sent, and close_notify. The peer may still have data to send: read on until a read
    /// returns 0, to know that none is missing.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn close(&mut self) -> io::Result<()> {
        self.pump.close();
        self.flush()
    }

    /// Takes the stream apart.
    pub fn into_parts(self) -> Parts<C, T> {
        self.pump.into_parts(self.transport)
    }

    /// The session to be kept for a later connection to resume, if the handshake has made one and it was not taken yet.
    pub fn take_session(&mut self) -> Option<NewSession> {
        self.pump.session.take().map(|session| *session)
    }

    /// Whether something waits for the transport to take it. Over a transport that does not block, [`Self::flush`] sends it
    /// when the transport can be written to again.
    pub fn wants_write(&self) -> bool {
        !self.pump.outbox.unsent().is_empty()
    }

    /// Whether there is data to be read, or input that was not processed yet.
    #[cfg(feature = "ureq")]
    pub(super) fn holds_input(&self) -> bool {
        self.pump.inbox.holds_input() || self.pump.peer_closed()
    }

    /// Goes on to the next thing that happens. What was not read of the data is gone then.
    fn advance(&mut self) -> io::Result<()> {
        match self.pump.advance() {
            Ok(Next::Receive) if self.info().is_some() => self.receive(),
            Ok(Next::Receive) => self.receive_in_handshake(),
            Ok(Next::Connected) => {
                self.clock.stop(&self.transport)?;
                self.reply()
            }
            Ok(Next::Decide(need)) => self.decide(need),
            // Whoever was asked has not answered, and is not to be reached any more.
            Ok(Next::Undecided) => match self.answer.as_ref().and(self.pump.connection.borrow_mut().ask_again()) {
                Some(need) => self.decide(need),
                None => Err(undecided()),
            },
            Ok(_) => Ok(()),
            Err(error) => self.fail(error.into()),
        }
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
        // What the transport does not take now must not keep it from being read: the peer may wait for just that. It stays to
        // be sent, and the error returns with the next write.
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

    /// Tells the peer why the connection is over, and returns the reason.
    fn fail(&mut self, error: io::Error) -> io::Result<()> {
        // That the alert does not get through must not hide the error that it is about.
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
    /// Seals and sends. What the transport does not take at once is held, and sent with the next write or flush, which
    /// also returns the error if there was one.
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    /// As [`Self::write`]: the buffers share records.
    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.wait_to_write()?;
        self.send()?;
        let n = self.pump.seal(bufs, MAX_WRITE)?;
        // The text is taken: an error now would have the caller write it again.
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
fn uninterrupted(mut operation: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
