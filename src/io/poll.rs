//! TLS over a polled transport. The adapters for tokio, futures and hyper implement these two traits for their
//! transports.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::mem;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker, ready};
use rustls_pki_types::{ServerName, UnixTime};
use std::io::{self, IoSlice};
use std::sync::{Mutex, PoisonError};

use super::blocking::clock::timed_out;
use super::pump::{Next, Outbox, Pump, Reply, may_still_be_read};
use crate::connection::{Connection, Diagnosis};
use crate::error::Error;
use crate::handshake::{Answer, ClientConfig, Need};
use crate::session::ClientSession;

/// The maximum plaintext that one write accepts: an idle connection keeps the memory for its records.
pub(super) const MAX_WRITE: usize = 1 << 16;

/// The reading half of a transport.
pub(super) trait PollRead {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;
}

/// The writing half of a transport.
pub(super) trait PollWrite {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// A decision in progress.
pub(super) type Deciding = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Answers decisions that a configuration leaves open, for any number of connections.
#[derive(Clone, Default)]
pub(super) struct Decide(Option<Arc<dyn Fn(Need) -> Deciding + Send + Sync>>);

impl Decide {
    pub(super) fn by<F: Future<Output = Answer> + Send + 'static>(
        decide: impl Fn(Need) -> F + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Arc::new(move |need| Box::pin(decide(need)))))
    }
}

/// A failed handshake, with its transport.
#[non_exhaustive]
pub struct HandshakeError<T> {
    /// The error. It contains an [`Error`] if TLS failed; the alert that reports it to the peer has then been sent.
    pub error: io::Error,
    /// The transport.
    pub transport: T,
    /// An explanation, with what to try. `None` if it was not TLS that failed.
    pub diagnosis: Option<Diagnosis>,
}

/// A connection over a transport.
///
/// It may be polled by two tasks, one that reads and one that writes. Each direction of the transport wakes only the
/// task that polled it last, so a task that polls the other's direction registers both.
pub(super) struct Stream<T> {
    pub(super) pump: Pump<Connection>,
    pub(super) transport: T,
    pub(super) decide: Decide,
    /// In a mutex that is never locked, so that a stream is `Sync` although the future may not be.
    deciding: Option<Mutex<Deciding>>,
    reader: Waker,
    writer: Waker,
    /// The reader was woken because a write waits until the data has been read.
    has_woken_reader: bool,
}

/// The tasks of a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Reader,
    Writer,
}

/// Wakes two tasks.
struct Both(Waker, Waker);

impl Wake for Both {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
        self.1.wake_by_ref();
    }
}

impl<T: PollRead + PollWrite> Stream<T> {
    /// A client's stream, at the system's time, that offers to resume `session`, or the session in the configuration's
    /// store. Fails if the random source does.
    pub(super) fn client(
        config: Arc<ClientConfig>,
        (server_name, port): (Option<ServerName<'static>>, Option<u16>),
        session: Option<ClientSession>,
        decide: Decide,
        transport: T,
    ) -> Result<Self, HandshakeError<T>> {
        let mut output = Vec::new();
        match Connection::stored(config, server_name, port, session, UnixTime::now(), &mut output) {
            Ok(mut connection) => {
                connection.set_clock(UnixTime::now);
                Ok(Self::new(Pump::new(connection, output), decide, transport))
            }
            Err(error) => Err(HandshakeError { error: error.into(), transport, diagnosis: None }),
        }
    }

    pub(super) fn new(pump: Pump<Connection>, decide: Decide, transport: T) -> Self {
        let [reader, writer] = [(); 2].map(|()| Waker::noop().clone());
        Self { pump, transport, decide, deciding: None, reader, writer, has_woken_reader: false }
    }

    /// Completes the handshake, within `limit`.
    pub(super) async fn connected(self, limit: impl Future<Output = ()>) -> Result<Self, HandshakeError<T>> {
        self.driven(limit, Self::poll_handshake).await.map(|(stream, ())| stream)
    }

    /// Continues until there is a decision that is not answered here. Returns `None` if the handshake completes first.
    #[cfg(any(feature = "futures", feature = "tokio"))]
    pub(super) async fn undecided(
        self,
        limit: impl Future<Output = ()>,
    ) -> Result<(Self, Option<Need>), HandshakeError<T>> {
        self.driven(limit, Self::poll_undecided).await
    }

    /// Continues until `step` is done. If it fails, the alert is sent before this returns, since nothing would send it
    /// later.
    async fn driven<R>(
        mut self,
        limit: impl Future<Output = ()>,
        step: impl Fn(&mut Self, &mut Context<'_>) -> Poll<io::Result<R>>,
    ) -> Result<(Self, R), HandshakeError<T>> {
        let (mut limit, mut failed) = (pin!(limit), None);
        let done = poll_fn(|cx| {
            if limit.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(failed.take().unwrap_or_else(timed_out)));
            }
            let error = match failed.take() {
                None => match ready!(step(&mut self, cx)) {
                    Ok(done) => return Poll::Ready(Ok(done)),
                    Err(error) => error,
                },
                Some(error) => error,
            };
            if self.poll_reply(cx, Task::Reader).is_pending() {
                failed = Some(error);
                return Poll::Pending;
            }
            Poll::Ready(Err(error))
        });
        match done.await {
            Ok(done) => Ok((self, done)),
            Err(error) => Err(self.failed(error)),
        }
    }

    pub(super) fn failed(mut self, error: io::Error) -> HandshakeError<T> {
        self.pump.connection.forget_offered();
        let diagnosis = self.pump.connection.diagnosis();
        HandshakeError { error, transport: self.transport, diagnosis }
    }

    /// Completes the handshake, if it is not complete, and sends its output.
    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.pump.in_handshake() {
            ready!(self.poll_advance(cx, Task::Reader))?;
        }
        while self.pump.reply == Reply::Due {
            ready!(self.poll_reply(cx, Task::Reader))?;
        }
        Poll::Ready(Ok(()))
    }

    #[cfg(any(feature = "futures", feature = "tokio"))]
    fn poll_undecided(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Need>>> {
        while self.pump.in_handshake() {
            if let Some(need) = ready!(self.poll_next(cx, Task::Reader))? {
                return Poll::Ready(Ok(Some(need)));
            }
        }
        Poll::Ready(Ok(None))
    }

    /// Advances to the next event. Unread data is discarded.
    fn poll_advance(&mut self, cx: &mut Context<'_>, task: Task) -> Poll<io::Result<()>> {
        match ready!(self.poll_next(cx, task))? {
            Some(_) => Poll::Ready(Err(undecided())),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Like [`Self::poll_advance`], but returns a decision that is not answered here.
    fn poll_next(&mut self, cx: &mut Context<'_>, task: Task) -> Poll<io::Result<Option<Need>>> {
        self.note(cx, task);
        if let Some(deciding) = &mut self.deciding {
            let deciding = deciding.get_mut().unwrap_or_else(PoisonError::into_inner);
            let waker = both(&self.reader, &self.writer);
            let answer = ready!(deciding.as_mut().poll(&mut Context::from_waker(&waker)));
            self.deciding = None;
            if let Err(error) = self.pump.answer(answer) {
                return self.fail(cx, task, error);
            }
        }
        match self.pump.advance() {
            Ok(Next::Decide(need)) => return self.decide(need),
            // The request was lost without an answer.
            Ok(Next::Undecided) => {
                return match self.decide.0.as_ref().and(self.pump.connection.ask_again()) {
                    Some(need) => self.decide(need),
                    None => Poll::Ready(Err(undecided())),
                };
            }
            Ok(Next::Receive) => ready!(self.poll_receive(cx, task))?,
            // A write may have waited for it, or for the end of the connection.
            Ok(Next::Renegotiated | Next::CloseNotify) => self.writer.wake_by_ref(),
            Ok(_) => {}
            Err(error) => {
                self.writer.wake_by_ref();
                return self.fail(cx, task, error.into());
            }
        }
        Poll::Ready(Ok(None))
    }

    /// Starts a decision, or returns it if it is not answered here.
    fn decide(&mut self, need: Need) -> Poll<io::Result<Option<Need>>> {
        let Some(decide) = &self.decide.0 else { return Poll::Ready(Ok(Some(need))) };
        self.deciding = Some(Mutex::new(decide(need)));
        Poll::Ready(Ok(None))
    }

    /// Sends what the peer waits for, as far as the transport accepts it, and reads more.
    fn poll_receive(&mut self, cx: &mut Context<'_>, task: Task) -> Poll<io::Result<()>> {
        // Unsent output must not block reading. It is sent later.
        let sent = match self.pump.reply {
            Reply::Due => self.poll_reply(cx, task),
            Reply::None => self.poll_unsent(cx, task),
        };
        if let Poll::Ready(Err(error)) = &sent
            && !may_still_be_read(error)
        {
            return sent;
        }
        let waker = self.waker(Task::Reader, task, cx);
        let read = self.transport.poll_read(&mut Context::from_waker(&waker), self.pump.room());
        match (read, sent) {
            (Poll::Ready(Ok(n)), _) => Poll::Ready(Ok(self.pump.received(n)?)),
            (Poll::Ready(Err(error)), _) => Poll::Ready(Err(self.pump.could_not_read(error))),
            (Poll::Pending, Poll::Ready(Err(error))) => Poll::Ready(Err(error)),
            (Poll::Pending, _) => Poll::Pending,
        }
    }

    /// Sends the alert, as far as the transport accepts it, and returns the error. (An error of the connection is
    /// sticky, and leads here again.)
    fn fail<R>(&mut self, cx: &mut Context<'_>, task: Task, error: io::Error) -> Poll<io::Result<R>> {
        // A failure to send the alert must not hide the error that it reports.
        let _ = self.poll_reply(cx, task);
        Poll::Ready(Err(error))
    }

    /// Sends what the peer waits for.
    fn poll_reply(&mut self, cx: &mut Context<'_>, task: Task) -> Poll<io::Result<()>> {
        ready!(self.poll_unsent(cx, task))?;
        let waker = self.waker(Task::Writer, task, cx);
        ready!(self.transport.poll_flush(&mut Context::from_waker(&waker)))?;
        self.pump.reply = Reply::None;
        Poll::Ready(Ok(()))
    }

    /// Sends what is left to be sent.
    fn poll_unsent(&mut self, cx: &mut Context<'_>, task: Task) -> Poll<io::Result<()>> {
        if self.pump.outbox.unsent().is_empty() {
            return Poll::Ready(Ok(()));
        }
        let waker = self.waker(Task::Writer, task, cx);
        poll_send(&mut self.pump.outbox, &mut self.transport, &mut Context::from_waker(&waker))
    }

    /// Returns data to read; empty if the peer has closed its side.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        while self.pump.inbox.data().is_empty() && !self.pump.peer_closed() {
            ready!(self.poll_advance(cx, Task::Reader))?;
        }
        Poll::Ready(Ok(self.pump.inbox.data()))
    }

    /// The first `amount` bytes of the data have been read.
    pub(super) fn consume(&mut self, amount: usize) {
        self.pump.inbox.consume(amount);
        self.has_woken_reader = false;
        if self.pump.in_handshake() {
            // A write may have waited for that.
            self.writer.wake_by_ref();
        }
    }

    /// Encrypts, and sends as much as the transport accepts at once.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        ready!(self.poll_send(cx))?;
        while self.pump.must_wait_to_send() {
            if !self.pump.inbox.data().is_empty() {
                // A task that reads must proceed first. It may be this one, which has to be woken once: it would come back here.
                if !mem::replace(&mut self.has_woken_reader, true) {
                    self.reader.wake_by_ref();
                }
                return Poll::Pending;
            }
            ready!(self.poll_advance(cx, Task::Writer))?;
        }
        let n = self.pump.seal(bufs, MAX_WRITE)?;
        // The plaintext has been accepted: an error now would make the caller write it again. The next call returns it.
        let _ = self.poll_send(cx);
        Poll::Ready(Ok(n))
    }

    /// Sends all that was sealed.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        self.pump.outbox.rest();
        self.transport.poll_flush(cx)
    }

    /// Sends all that was sealed and close_notify, and closes the transport for writing.
    pub(super) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pump.close();
        ready!(self.poll_send(cx))?;
        poll_close(&mut self.transport, cx)
    }

    /// Sends what was sealed, as the task that writes.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.note(cx, Task::Writer);
        // In a handshake, the reader waits for the peer's answer to what is sent here.
        let waker = self.pump.in_handshake().then(|| both(&self.reader, &self.writer));
        let mut cx = Context::from_waker(waker.as_ref().unwrap_or_else(|| cx.waker()));
        poll_send(&mut self.pump.outbox, &mut self.transport, &mut cx)
    }

    /// Remembers the task to wake.
    fn note(&mut self, cx: &Context<'_>, task: Task) {
        let noted = match task {
            Task::Reader => &mut self.reader,
            Task::Writer => &mut self.writer,
        };
        noted.clone_from(cx.waker());
    }

    /// The waker for `direction` of the transport, polled by `task`.
    fn waker(&self, direction: Task, task: Task, cx: &Context<'_>) -> Waker {
        if direction == task && !self.pump.in_handshake() {
            cx.waker().clone()
        } else {
            both(&self.reader, &self.writer)
        }
    }
}

/// One waker for both.
fn both(reader: &Waker, writer: &Waker) -> Waker {
    match (reader, writer) {
        (a, b) if a.will_wake(b) || b.will_wake(Waker::noop()) => a.clone(),
        (a, b) if a.will_wake(Waker::noop()) => b.clone(),
        (a, b) => Waker::from(Arc::new(Both(a.clone(), b.clone()))),
    }
}

/// Sends all of `outbox`.
pub(super) fn poll_send(
    outbox: &mut Outbox,
    transport: &mut impl PollWrite,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    while let rest @ [_, ..] = outbox.unsent() {
        match ready!(transport.poll_write(cx, rest))? {
            0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            n => outbox.took(n),
        }
    }
    Poll::Ready(Ok(()))
}

/// Closes the transport for writing. A peer that has already left is not an error.
pub(super) fn poll_close(transport: &mut impl PollWrite, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    match ready!(transport.poll_close(cx)) {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
        closed => Poll::Ready(closed),
    }
}

pub(super) fn undecided() -> io::Error {
    io::Error::other("the connection needs a decision that neither its configuration nor the adapter makes")
}

impl<T> HandshakeError<T> {
    /// Returns the error of TLS, if it was not the transport that failed.
    #[must_use]
    pub fn tls(&self) -> Option<&Error> {
        self.error.get_ref()?.downcast_ref()
    }
}

impl<T> fmt::Debug for HandshakeError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakeError").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for HandshakeError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the handshake failed: {}", self.error)
    }
}

impl<T> core::error::Error for HandshakeError<T> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl<T> From<HandshakeError<T>> for io::Error {
    fn from(failed: HandshakeError<T>) -> Self {
        failed.error
    }
}

impl fmt::Debug for Decide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "decides" } else { "decides nothing" })
    }
}
