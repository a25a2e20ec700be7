//! TLS over anything that blocks: a [`TcpStream`](std::net::TcpStream), a pipe, a tunnel.
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

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::borrow::BorrowMut;
use core::fmt;
use rustls_pki_types::{ServerName, UnixTime};
use std::io::{self, BufRead, IoSlice, Read, Write};
use std::sync::{Mutex, PoisonError};

pub use super::Parts;
use super::pump::{Next, Progress, Pump};
use crate::connection::Connection;
use crate::error::Error;
use crate::handshake::{Answer, ClientConfig, ConnectionInfo, Need, NewSession, ServerConfig};
use crate::session::ClientSession;

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
}

/// Decides what the configuration leaves open.
type Decide = Box<dyn FnMut(Need) -> Answer + Send>;

impl<T: Read + Write> StreamOwned<T> {
    /// A client's connection to the server of this name, at the system's time.
    ///
    /// # Errors
    /// [`Error::Provider`], if the random source fails.
    pub fn client(config: Arc<ClientConfig>, server_name: ServerName<'static>, transport: T) -> Result<Self, Error> {
        let mut output = Vec::new();
        let connection = Connection::client(config, server_name, UnixTime::now(), &mut output)?;
        Ok(Self::new(connection, transport, output))
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
        let mut output = Vec::new();
        let connection = Connection::resume(config, server_name, session, UnixTime::now(), &mut output)?;
        Ok(Self::new(connection, transport, output))
    }

    /// A server's connection to a client that has yet to speak, at the system's time.
    pub fn server(config: Arc<ServerConfig>, transport: T) -> Self {
        Self::new(Connection::server(config, UnixTime::now()), transport, Vec::new())
    }
}

impl<C: BorrowMut<Connection>, T: Read + Write> TlsStream<C, T> {
    /// A stream of these, owned or borrowed. `output` is what the connection has appended so far and was not sent: the
    /// ClientHello of a new client, nothing of a new server.
    pub fn new(connection: C, transport: T, output: Vec<u8>) -> Self {
        Self { pump: Pump::new(connection, output), transport, answer: None }
    }

    /// Has `answer` decide what the configuration leaves open. Without it such a [`Need`] is an error.
    #[must_use]
    pub fn answering(mut self, answer: impl FnMut(Need) -> Answer + Send + 'static) -> Self {
        self.answer = Some(Mutex::new(Box::new(answer)));
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
            if !self.pump.inbox.data().is_empty() {
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, "the peer renegotiates: read its data first"));
            }
            self.advance()?;
        }
        Ok(())
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

    /// Goes on to the next thing that happens. What was not read of the data is gone then.
    fn advance(&mut self) -> io::Result<()> {
        match self.pump.advance() {
            Ok(Next::Receive) => {
                self.flush()?;
                let read = uninterrupted(|| self.transport.read(self.pump.inbox.room()));
                let n = read.map_err(|error| self.pump.could_not_read(error))?;
                self.pump.received(n)?;
            }
            Ok(Next::Connected) => self.flush()?,
            Ok(Next::Decide(need)) => {
                let answer = self.answer.as_mut().ok_or_else(undecided)?;
                let answer = answer.get_mut().unwrap_or_else(PoisonError::into_inner)(need);
                return self.pump.answer(answer).or_else(|error| self.fail(error));
            }
            Ok(Next::Undecided) => return Err(undecided()),
            Ok(_) => {}
            Err(error) => return self.fail(error.into()),
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
        while let rest @ [_, ..] = self.pump.outbox.unsent() {
            match uninterrupted(|| self.transport.write(rest))? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => self.pump.outbox.took(n),
            }
        }
        Ok(())
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
        while self.pump.inbox.data().is_empty() && self.pump.progress != Progress::PeerClosed {
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
        self.complete_handshake()?;
        self.send()?;
        let n = self.pump.seal(bufs, MAX_WRITE)?;
        // The text is taken: an error now would have the caller write it again.
        let _ = self.send();
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()?;
        self.transport.flush()
    }
}

impl<C: BorrowMut<Connection>, T: fmt::Debug> fmt::Debug for TlsStream<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pump, transport, .. } = self;
        f.debug_struct("TlsStream")
            .field("connection", pump.connection.borrow())
            .field("transport", transport)
            .field("progress", &pump.progress)
            .finish_non_exhaustive()
    }
}

fn undecided() -> io::Error {
    io::Error::other("the connection needs a decision that neither its configuration nor the stream makes")
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
