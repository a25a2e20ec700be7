//! The two directions of a stream over a polled transport.

use core::task::{Context, Poll, ready};
use std::io::{self, IoSlice};

use super::half::{Departing, Incoming};
use super::poll::{MAX_WRITE, PollRead, PollWrite, poll_close, poll_send};
use super::pump::Next;

/// The reading direction.
pub(super) struct Reader<R> {
    pub(super) incoming: Incoming,
    pub(super) transport: R,
}

/// The writing direction.
pub(super) struct Writer<W> {
    pub(super) departing: Departing,
    pub(super) transport: W,
}

impl<R: PollRead> Reader<R> {
    /// Returns data to read; empty if the peer has closed its side.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let Self { incoming, transport } = self;
        while !incoming.is_ready() {
            if let Next::Receive = incoming.advance()? {
                match ready!(transport.poll_read(cx, incoming.inbox.room())) {
                    Ok(n) => incoming.received(n)?,
                    Err(error) => return Poll::Ready(Err(incoming.could_not_read(error))),
                }
            }
        }
        Poll::Ready(Ok(incoming.inbox.data()))
    }

    /// The first `amount` bytes of the data have been read.
    pub(super) fn consume(&mut self, amount: usize) {
        self.incoming.inbox.consume(amount);
    }
}

impl<W: PollWrite> Writer<W> {
    /// Sends encrypted data, and the alerts of the other half.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.departing.collect();
        poll_send(&mut self.departing.outbox, &mut self.transport, cx)
    }

    /// Encrypts, and sends as much as the transport accepts at once.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        ready!(self.poll_send(cx))?;
        let n = self.departing.seal(bufs, MAX_WRITE)?;
        // The plaintext has been accepted: an error now would make the caller write it again. The next call returns it.
        let _ = self.poll_send(cx);
        Poll::Ready(Ok(n))
    }

    /// Sends all that was sealed.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        self.departing.outbox.rest();
        self.transport.poll_flush(cx)
    }

    /// Sends all that was sealed and close_notify, and closes the transport for writing.
    pub(super) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.departing.close();
        ready!(self.poll_send(cx))?;
        poll_close(&mut self.transport, cx)
    }
}

/// Defines `ReadHalf` and `WriteHalf` of a `TlsStream<T>(Stream<Io<T>>)`, without trait implementations, for transports
/// with these traits for reading and writing.
macro_rules! halves {
    ($read:ident, $write:ident) => {
        /// The reading half of a [`TlsStream`].
        ///
        /// The [`WriteHalf`] sends its alerts with the next operation: the alert of a failure, and the refusal to
        /// renegotiate.
        pub struct ReadHalf<R>(Reader<Io<R>>);

        /// The writing half of a [`TlsStream`].
        ///
        /// Dropping it sends nothing, and loses unsent data: flush or close it first.
        pub struct WriteHalf<W>(Writer<Io<W>>);

        impl<R> ReadHalf<R> {
            /// Returns the negotiated parameters and the peer's identity, or `None` after an error.
            #[must_use]
            pub fn info(&self) -> Option<&ConnectionInfo> {
                self.0.incoming.receiver.info()
            }
        }

        impl<T: $read + $write + Unpin> TlsStream<T> {
            /// Splits the stream into one half for each direction, which share no lock. `split` splits the transport,
            /// such as tokio's `TcpStream::into_split`, or `|socket| (socket.clone(), socket)` for a socket of smol.
            ///
            /// # Errors
            /// The stream, if its connection cannot be split: it has failed, or is renegotiating.
            #[expect(
                clippy::result_large_err,
                reason = "not an error to propagate, but the stream that the caller continues to use"
            )]
            pub fn into_split<R, W>(
                mut self,
                split: impl FnOnce(T) -> (R, W),
            ) -> Result<(ReadHalf<R>, WriteHalf<W>), Self> {
                match half::split(self.0.pump) {
                    Ok((incoming, departing)) => {
                        let (read, write) = split(self.0.transport.0);
                        let reader = Reader { incoming, transport: Io(read) };
                        Ok((ReadHalf(reader), WriteHalf(Writer { departing, transport: Io(write) })))
                    }
                    Err(pump) => {
                        self.0.pump = *pump;
                        Err(self)
                    }
                }
            }
        }

        impl<R: fmt::Debug> fmt::Debug for ReadHalf<R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Reader { incoming, transport: Io(transport) } = &self.0;
                f.debug_struct("ReadHalf")
                    .field("receiver", &incoming.receiver)
                    .field("transport", transport)
                    .finish_non_exhaustive()
            }
        }

        impl<W: fmt::Debug> fmt::Debug for WriteHalf<W> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Writer { departing, transport: Io(transport) } = &self.0;
                f.debug_struct("WriteHalf")
                    .field("sender", &departing.sender)
                    .field("transport", transport)
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(super) use halves;
