//! One direction of a stream each: two tasks, no lock between them.

use core::fmt;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io::{self, IoSlice};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;

use super::{Io, TlsStream, put};
use crate::connection::{Outgoing, Receiver, Sender};
use crate::handshake::ConnectionInfo;
use crate::io::poll::{MAX_WRITE, PollRead as _, PollWrite as _, poll_close, poll_send};
use crate::io::pump::{Inbox, Next, Outbox, Progress, Pump, is_reset, seal_front};

/// The half of a [`TlsStream`] that reads.
///
/// What it has to tell the peer is sent by the [`WriteHalf`], with what that does next: the alert when it fails, and the
/// refusal to renegotiate.
pub struct ReadHalf<R> {
    receiver: Receiver,
    inbox: Inbox,
    progress: Progress,
    outgoing: mpsc::UnboundedSender<Outgoing>,
    transport: Io<R>,
}

/// The half of a [`TlsStream`] that writes.
///
/// Dropping it sends nothing, and what a write has left behind is lost: flush, or shut it down.
pub struct WriteHalf<W> {
    sender: Sender,
    outbox: Outbox,
    outgoing: mpsc::UnboundedReceiver<Outgoing>,
    transport: Io<W>,
}

#[expect(clippy::result_large_err, reason = "no error to be passed on, but what the caller goes on with")]
pub(super) fn split<T, R, W>(
    mut stream: TlsStream<T>,
    split: impl FnOnce(T) -> (R, W),
) -> Result<(ReadHalf<R>, WriteHalf<W>), TlsStream<T>> {
    let pump = stream.0.pump;
    let (receiver, sender) = match pump.connection.split() {
        Ok(halves) => halves,
        Err(connection) => {
            stream.0.pump = Pump { connection, ..pump };
            return Err(stream);
        }
    };
    let (read, write) = split(stream.0.transport.0);
    // A connection has but a handful of alerts to send.
    let (tell, told) = mpsc::unbounded_channel();
    Ok((
        ReadHalf { receiver, inbox: pump.inbox, progress: pump.progress, outgoing: tell, transport: Io(read) },
        WriteHalf { sender, outbox: pump.outbox, outgoing: told, transport: Io(write) },
    ))
}

impl<R> ReadHalf<R> {
    /// What was negotiated, and with whom; none after an error.
    #[must_use]
    pub fn info(&self) -> Option<&ConnectionInfo> {
        self.receiver.info()
    }
}

impl<R: AsyncRead + Unpin> ReadHalf<R> {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        while self.inbox.data().is_empty() && self.progress != Progress::PeerClosed {
            let mut outgoing = Outgoing::default();
            let next = self.inbox.process(|input| self.receiver.process(input, &mut outgoing));
            if !outgoing.is_empty() {
                // If the other half is gone, nothing can be sent any more.
                let _ = self.outgoing.send(mem::take(&mut outgoing));
            }
            match next? {
                Next::Receive => match ready!(self.transport.poll_read(cx, self.inbox.room())) {
                    Ok(0) => self.receiver.end_of_input()?,
                    Ok(n) => self.inbox.filled(n),
                    Err(error) => {
                        if is_reset(&error) {
                            let _ = self.receiver.transport_reset();
                        }
                        return Poll::Ready(Err(error));
                    }
                },
                Next::CloseNotify => self.progress = Progress::PeerClosed,
                _ => {}
            }
        }
        Poll::Ready(Ok(self.inbox.data()))
    }
}

impl<W: AsyncWrite + Unpin> WriteHalf<W> {
    /// Takes what the other half wants sent.
    fn take_outgoing(&mut self) {
        while let Ok(outgoing) = self.outgoing.try_recv() {
            self.sender.send(outgoing, &mut self.outbox.bytes);
        }
    }

    /// Sends what was sealed, and what the other half wants sent.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.take_outgoing();
        poll_send(&mut self.outbox, &mut self.transport, cx)
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for ReadHalf<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buf.remaining() > 0 {
            let n = put(ready!(self.poll_fill(cx))?, buf);
            self.inbox.consume(n);
        }
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncRead + Unpin> AsyncBufRead for ReadHalf<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.get_mut().poll_fill(cx)
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        self.inbox.consume(amount);
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for WriteHalf<W> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_send(cx))?;
        let Self { sender, outbox, .. } = &mut *self;
        let n = seal_front(bufs, MAX_WRITE, |parts| sender.seal_vectored(parts, &mut outbox.bytes))?;
        // The text is taken: an error now would have the caller write it again. It comes with the next call.
        let _ = self.poll_send(cx);
        Poll::Ready(Ok(n))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        self.transport.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.take_outgoing();
        let Self { sender, outbox, .. } = &mut *self;
        sender.close(&mut outbox.bytes);
        ready!(self.poll_send(cx))?;
        poll_close(&mut self.transport, cx)
    }
}

impl<R: fmt::Debug> fmt::Debug for ReadHalf<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { receiver, transport: Io(transport), .. } = self;
        f.debug_struct("ReadHalf").field("receiver", receiver).field("transport", transport).finish_non_exhaustive()
    }
}

impl<W: fmt::Debug> fmt::Debug for WriteHalf<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sender, transport: Io(transport), .. } = self;
        f.debug_struct("WriteHalf").field("sender", sender).field("transport", transport).finish_non_exhaustive()
    }
}
