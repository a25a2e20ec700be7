//! The two directions of a stream, for two threads without a lock.

use core::fmt;
use std::io::{self, BufRead, IoSlice, Read, Write};

use super::{MAX_WRITE, StreamOwned, send, uninterrupted};
use crate::handshake::ConnectionInfo;
use crate::io::half::{self, Departing, Incoming};
use crate::io::pump::Next;

/// The reading half of a [`StreamOwned`].
///
/// The [`WriteHalf`] sends its alerts with the next operation: the alert of a failure, and the refusal to renegotiate.
pub struct ReadHalf<R> {
    incoming: Incoming,
    transport: R,
}

/// The writing half of a [`StreamOwned`].
///
/// Dropping it sends nothing: call [`Self::close`].
pub struct WriteHalf<W> {
    departing: Departing,
    transport: W,
}

impl<T: Read + Write> StreamOwned<T> {
    /// Splits the stream into one half for each direction, for two threads that share no lock. `split` splits the
    /// transport, such as `|socket| Ok((socket.try_clone()?, socket))` for a `TcpStream`.
    ///
    /// # Errors
    /// The error of `split`, or one of kind [`NotConnected`](io::ErrorKind::NotConnected) if the connection cannot be
    /// split: its handshake is not complete (see [`Self::complete_handshake`]), it is renegotiating, or it has failed.
    /// The stream is then dropped.
    pub fn into_split<R: Read, W: Write>(
        self,
        split: impl FnOnce(T) -> io::Result<(R, W)>,
    ) -> io::Result<(ReadHalf<R>, WriteHalf<W>)> {
        let (incoming, departing) = half::split(self.pump).map_err(|_| {
            io::Error::new(io::ErrorKind::NotConnected, "a connection cannot be split during a handshake")
        })?;
        let (read, write) = split(self.transport)?;
        Ok((ReadHalf { incoming, transport: read }, WriteHalf { departing, transport: write }))
    }
}

impl<R> ReadHalf<R> {
    /// Returns the negotiated parameters and the peer's identity, or `None` after an error.
    pub fn info(&self) -> Option<&ConnectionInfo> {
        self.incoming.receiver.info()
    }
}

impl<R: Read> BufRead for ReadHalf<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let Self { incoming, transport } = self;
        while !incoming.is_ready() {
            if let Next::Receive = incoming.advance()? {
                match uninterrupted(|| transport.read(incoming.inbox.room())) {
                    Ok(n) => incoming.received(n)?,
                    Err(error) => return Err(incoming.could_not_read(error)),
                }
            }
        }
        Ok(incoming.inbox.data())
    }

    fn consume(&mut self, amount: usize) {
        self.incoming.inbox.consume(amount);
    }
}

impl<R: Read> Read for ReadHalf<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let n = self.fill_buf()?.read(buf)?;
        self.consume(n);
        Ok(n)
    }
}

impl<W: Write> WriteHalf<W> {
    /// Sends all unsent data, and close_notify. The peer may still send data.
    ///
    /// # Errors
    /// The errors of the transport.
    pub fn close(&mut self) -> io::Result<()> {
        self.departing.close();
        self.flush()
    }

    /// Returns the transport, for example to shut it down. Do not write to it.
    pub fn transport(&self) -> &W {
        &self.transport
    }

    /// Sends encrypted data, and the alerts of the other half.
    fn send(&mut self) -> io::Result<()> {
        self.departing.collect();
        send(&mut self.departing.outbox, &mut self.transport)
    }
}

impl<W: Write> Write for WriteHalf<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.send()?;
        let n = self.departing.seal(bufs, MAX_WRITE)?;
        // The plaintext has been accepted: an error now would make the caller write it again.
        let _ = self.send();
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()?;
        self.departing.outbox.rest();
        self.transport.flush()
    }
}

impl<R: fmt::Debug> fmt::Debug for ReadHalf<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { incoming, transport } = self;
        f.debug_struct("ReadHalf")
            .field("receiver", &incoming.receiver)
            .field("transport", transport)
            .finish_non_exhaustive()
    }
}

impl<W: fmt::Debug> fmt::Debug for WriteHalf<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { departing, transport } = self;
        f.debug_struct("WriteHalf")
            .field("sender", &departing.sender)
            .field("transport", transport)
            .finish_non_exhaustive()
    }
}
