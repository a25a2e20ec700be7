//! The two directions of a blocking stream, for two threads.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use rustls::Connection;
use std::io::{self, Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::established::Info;
use super::stream::{Kind, Stream};
use super::transport::Transport;
use crate::io::blocking::{self, uninterrupted};

/// How many bytes are read from the transport at once: a record of the maximum length, and its header.
const READ: usize = (1 << 14) + 2048 + 5;

/// The reading half of a [`Stream`].
///
/// The [`WriteHalf`] sends its alerts, and its answers to key updates, with the next operation.
pub struct ReadHalf<R> {
    incoming: Incoming<R>,
    info: Info,
}

/// The writing half of a [`Stream`].
///
/// Dropping it sends nothing: call [`Self::close`].
pub struct WriteHalf<W>(Departing<W>);

enum Incoming<R> {
    Rustls(Box<OfRustls<R>>),
    Tls12(Box<blocking::ReadHalf<Transport<R>>>),
}

enum Departing<W> {
    Rustls { connection: Shared, transport: W, unsent: Vec<u8> },
    Tls12(Box<blocking::WriteHalf<W>>),
}

/// The reading direction of a connection with rustls.
struct OfRustls<R> {
    connection: Shared,
    transport: Transport<R>,
    /// What was read from the transport.
    buf: Box<[u8]>,
    /// The part of it that rustls does not have yet.
    rest: Range<usize>,
}

/// The lock is never held while waiting for the transport.
#[derive(Clone)]
struct Shared(Arc<Mutex<Connection>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Read + Write> Stream<T> {
    /// Splits the stream into one half for each direction, for two threads, neither of which waits for the other. `split` splits
    /// the transport, such as `|socket| Ok((socket.try_clone()?, socket))` for a `TcpStream`.
    ///
    /// # Errors
    /// The error of `split`, or one of kind [`NotConnected`](io::ErrorKind::NotConnected) if the connection has failed. The
    /// stream is then dropped.
    pub fn into_split<R: Read, W: Write>(
        self,
        split: impl FnOnce(T) -> io::Result<(R, W)>,
    ) -> io::Result<(ReadHalf<R>, WriteHalf<W>)> {
        let (kind, info) = self.into_parts();
        let (connection, transport): (Connection, _) = match kind {
            Kind::Client(stream) => (stream.conn.into(), stream.sock),
            Kind::Server(stream) => (stream.conn.into(), stream.sock),
            Kind::Tls12(stream) => {
                let (read, write) = stream.into_split(|transport| transport.split(|timed| split(timed.inner)))?;
                let incoming = Incoming::Tls12(Box::new(read));
                return Ok((ReadHalf { incoming, info }, WriteHalf(Departing::Tls12(Box::new(write)))));
            }
        };
        let (transport, write) = transport.split(|timed| split(timed.inner))?;
        let connection = Shared(Arc::new(Mutex::new(connection)));
        let departing = Departing::Rustls { connection: connection.clone(), transport: write, unsent: Vec::new() };
        let half = OfRustls { connection, transport, buf: alloc::vec![0; READ].into(), rest: 0..0 };
        let incoming = Incoming::Rustls(Box::new(half));
        Ok((ReadHalf { incoming, info }, WriteHalf(departing)))
    }
}

impl<R> ReadHalf<R> {
    /// Returns the negotiated parameters, and the identity of the peer.
    #[must_use]
    pub fn info(&self) -> &Info {
        &self.info
    }
}

/// As the stream's: 0 only if the peer has closed its side with close_notify.
impl<R: Read> Read for ReadHalf<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match &mut self.incoming {
            Incoming::Tls12(half) => half.read(out),
            Incoming::Rustls(half) => half.read(out),
        }
    }
}

impl<R: Read> OfRustls<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Self { connection, transport, buf, rest } = self;
        loop {
            match connection.lock().reader().read(out) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
            if Range::is_empty(rest) {
                *rest = 0..uninterrupted(|| transport.read(buf))?;
            }
            // Nothing means the end of the transport, to rustls too. It need not take everything at once.
            let mut received = buf.get(rest.clone()).unwrap_or_default();
            let mut connection = connection.lock();
            rest.start += connection.read_tls(&mut received)?;
            connection.process_new_packets().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
    }
}

impl<W: Write> WriteHalf<W> {
    /// Sends all unsent data, and close_notify. The peer may still send data.
    ///
    /// # Errors
    /// The errors of the transport.
    pub fn close(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Departing::Tls12(half) => half.close(),
            Departing::Rustls { connection, .. } => {
                connection.lock().send_close_notify();
                self.flush()
            }
        }
    }

    /// Returns the transport, for example to shut it down. Do not write to it.
    #[must_use]
    pub fn transport(&self) -> &W {
        match &self.0 {
            Departing::Tls12(half) => half.transport(),
            Departing::Rustls { transport, .. } => transport,
        }
    }
}

/// Sends the records of `connection` and those in `unsent`, which keeps what cannot be sent.
fn send(connection: &Shared, unsent: &mut Vec<u8>, transport: &mut impl Write) -> io::Result<()> {
    {
        let mut connection = connection.lock();
        while connection.wants_write() {
            connection.write_tls(unsent)?;
        }
    }
    while !unsent.is_empty() {
        match uninterrupted(|| transport.write(unsent))? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n => drop(unsent.drain(..n)),
        }
    }
    Ok(())
}

impl<W: Write> Write for WriteHalf<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let (connection, transport, unsent) = match &mut self.0 {
            Departing::Tls12(half) => return half.write(buf),
            Departing::Rustls { connection, transport, unsent } => (connection, transport, unsent),
        };
        send(connection, unsent, transport)?;
        let n = connection.lock().writer().write(buf)?;
        // The data has been accepted: an error now would make the caller write it again.
        let _ = send(connection, unsent, transport);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Departing::Tls12(half) => half.flush(),
            Departing::Rustls { connection, transport, unsent } => {
                send(connection, unsent, transport)?;
                transport.flush()
            }
        }
    }
}

impl<R> fmt::Debug for ReadHalf<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadHalf").field("info", &self.info).finish_non_exhaustive()
    }
}

impl<W> fmt::Debug for WriteHalf<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteHalf").finish_non_exhaustive()
    }
}
