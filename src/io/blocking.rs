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
use alloc::vec;
use alloc::vec::Vec;
use core::borrow::BorrowMut;
use core::fmt;
use core::ops::Range;
use rustls_pki_types::{ServerName, UnixTime};
use std::io::{self, BufRead, Read, Write};

use crate::connection::{Connection, Event};
use crate::error::Error;
use crate::handshake::{Answer, ClientConfig, ConnectionInfo, Need, NewSession, ServerConfig};
use crate::session::ClientSession;
use crate::wire::{MAX_CIPHERTEXT, RecordHeader};

/// The size of the buffer for input: holds the longest record, and most of the next.
const INPUT_LEN: usize = 1 << 15;
const _: () = assert!(INPUT_LEN >= RecordHeader::LEN + MAX_CIPHERTEXT, "a whole record must fit");

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
/// timeout the same call can be made again. An error of TLS ends the connection; the alert that tells the peer has been
/// sent, as far as the transport took it.
///
/// Dropping it sends nothing: call [`Self::close`].
pub struct TlsStream<C, T> {
    connection: C,
    transport: T,
    input: Box<[u8]>,
    /// Where in `input` the data lies that is to be read next.
    data: Range<usize>,
    /// Where in `input` that lies which has not been processed: behind `data`.
    received: Range<usize>,
    output: Vec<u8>,
    /// How much of `output` the transport has taken.
    sent: usize,
    progress: Progress,
    session: Option<Box<NewSession>>,
    answer: Option<Box<dyn FnMut(Need) -> Answer + Send>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Handshake,
    Connected,
    PeerClosed,
}

/// What a stream is made of, and what it held.
#[derive(Debug)]
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
}

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
        Self {
            connection,
            transport,
            input: vec![0; INPUT_LEN].into_boxed_slice(),
            data: 0..0,
            received: 0..0,
            output,
            sent: 0,
            progress: Progress::Handshake,
            session: None,
            answer: None,
        }
    }

    /// Has `answer` decide what the configuration leaves open. Without it such a [`Need`] is an error.
    #[must_use]
    pub fn answering(mut self, answer: impl FnMut(Need) -> Answer + Send + 'static) -> Self {
        self.answer = Some(Box::new(answer));
        self
    }

    /// Completes the handshake, if it is not complete: what is known of the peer can then be looked at before it is
    /// sent anything. So it does with one that the server has asked for since ([`Renegotiation`](crate::Renegotiation)),
    /// but not while there is data to be read.
    ///
    /// # Errors
    /// Those of the transport, and of TLS: see [`Self`].
    pub fn complete_handshake(&mut self) -> io::Result<()> {
        while self.progress == Progress::Handshake || self.connection.borrow().is_renegotiating() {
            if !self.data.is_empty() {
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
        self.connection.borrow()
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
        self.connection.borrow_mut().close(&mut self.output);
        self.flush()
    }

    /// Takes the stream apart.
    pub fn into_parts(self) -> Parts<C, T> {
        let held = |range: Range<usize>| self.input.get(range).unwrap_or_default().to_vec();
        Parts {
            data: held(self.data.clone()),
            received: held(self.received.clone()),
            unsent: self.output.get(self.sent..).unwrap_or_default().to_vec(),
            connection: self.connection,
            transport: self.transport,
        }
    }

    /// The session to be kept for a later connection to resume, if the handshake has made one and it was not taken yet.
    pub fn take_session(&mut self) -> Option<NewSession> {
        self.session.take().map(|session| *session)
    }

    /// Goes on to the next thing that happens. What was read of the data is gone then.
    fn advance(&mut self) -> io::Result<()> {
        let input_start = self.input.as_ptr().addr();
        let received = self.input.get_mut(self.received.clone()).unwrap_or_default();
        let step = match self.connection.borrow_mut().process(received, &mut self.output) {
            Ok(step) => step,
            Err(error) => return Err(self.fail(error)),
        };
        self.received.start += step.consumed;
        match step.event {
            Event::Data(data) => {
                let start = data.as_ptr().addr() - input_start;
                self.data = start..start + data.len();
            }
            Event::NeedInput { .. } => {
                self.flush()?;
                self.receive()?;
            }
            Event::Connected => {
                self.progress = Progress::Connected;
                self.flush()?;
            }
            Event::CloseNotify => self.progress = Progress::PeerClosed,
            Event::Suspended(need) => self.answer(need)?,
            // Only a request that nobody answered is waited for.
            Event::Waiting => return Err(unanswered()),
            Event::Session(session) => self.session = Some(Box::new(session)),
            Event::Warning(_) | Event::Renegotiated => {}
        }
        Ok(())
    }

    /// Has a request answered.
    fn answer(&mut self, need: Need) -> io::Result<()> {
        let answer = self.answer.as_mut().ok_or_else(unanswered)?(need);
        match self.connection.borrow_mut().answer(answer, &mut self.output) {
            Err(crate::AnswerError::Fatal(error)) => Err(self.fail(error)),
            other => Ok(other?),
        }
    }

    /// Tells the peer why the connection is over, and returns the reason.
    fn fail(&mut self, error: Error) -> io::Error {
        // That the alert does not get through must not hide the error that it is about.
        let _ = self.flush();
        error.into()
    }

    /// Reads from the transport behind what is there.
    fn receive(&mut self) -> io::Result<()> {
        // What has not been processed is less than a record here, so that there is room once it lies in front.
        if self.received.start > 0 {
            self.input.copy_within(self.received.clone(), 0);
            self.received = 0..self.received.len();
        }
        let room = self.input.get_mut(self.received.end..).unwrap_or_default();
        match uninterrupted(|| self.transport.read(room))? {
            0 => Ok(self.connection.borrow_mut().end_of_input()?),
            n => {
                self.received.end += n;
                Ok(())
            }
        }
    }

    /// Sends what is left to be sent.
    fn send(&mut self) -> io::Result<()> {
        while let Some(rest @ [_, ..]) = self.output.get(self.sent..) {
            match uninterrupted(|| self.transport.write(rest))? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => self.sent += n,
            }
        }
        self.output.clear();
        self.sent = 0;
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
        while self.data.is_empty() && self.progress != Progress::PeerClosed {
            self.advance()?;
        }
        Ok(self.input.get(self.data.clone()).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.data.start = self.data.end.min(self.data.start.saturating_add(amount));
    }
}

impl<C: BorrowMut<Connection>, T: Read + Write> Write for TlsStream<C, T> {
    /// Seals and sends. What the transport does not take at once is held, and sent with the next write or flush, which
    /// also returns the error if there was one.
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.complete_handshake()?;
        self.send()?;
        let text = buf.get(..MAX_WRITE).unwrap_or(buf);
        self.connection.borrow_mut().seal(text, &mut self.output)?;
        // The text is taken: an error now would have the caller write it again.
        let _ = self.send();
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()?;
        self.transport.flush()
    }
}

impl<C: BorrowMut<Connection>, T: fmt::Debug> fmt::Debug for TlsStream<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, transport, progress, .. } = self;
        f.debug_struct("TlsStream")
            .field("connection", connection.borrow())
            .field("transport", transport)
            .field("progress", progress)
            .finish_non_exhaustive()
    }
}

fn unanswered() -> io::Error {
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
