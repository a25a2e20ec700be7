//! What every adapter does between a connection and a transport, whoever waits for the bytes: holds what was received and
//! what is to be sent, and says what comes next. Does no I/O.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::borrow::BorrowMut;
use core::ops::Range;
use std::io::{self, IoSlice};

use super::Parts;
use crate::connection::{Connection, Event, Step};
use crate::error::Error;
use crate::handshake::{Answer, Need, NewSession};
use crate::record::SealError;
use crate::wire::{MAX_CIPHERTEXT, RecordHeader};

/// The size of the buffer for input at first: an idle connection, or one with short records, needs no more.
const MIN_INPUT: usize = 1 << 12;

/// The most that the buffer for input grows to: holds the longest record, and most of the next.
const MAX_INPUT: usize = 1 << 15;
const _: () = assert!(MAX_INPUT >= RecordHeader::LEN + MAX_CIPHERTEXT, "a whole record must fit");

/// The most memory for output that an idle connection keeps.
const IDLE_OUTPUT: usize = 1 << 12;

/// The most buffers that one vectored write takes.
const MAX_PARTS: usize = 64;

/// What was received: data to be read, and behind it what was not processed yet.
#[derive(Default)]
pub(super) struct Inbox {
    buffer: Vec<u8>,
    data: Range<usize>,
    received: Range<usize>,
    /// How much more must be received before anything can happen.
    lacking: usize,
    /// Whether the transport had more than it was asked for.
    supply: Supply,
}

/// What the last read from the transport left there.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Supply {
    /// Nothing, as the room was not filled.
    #[default]
    Dry,
    /// Perhaps more.
    Plenty,
}

/// What came of processing.
#[must_use]
pub(super) enum Next {
    /// There may be data to be read, or more to process.
    Process,
    /// More must be received.
    Receive,
    /// Data can be sent, though the handshake is not complete.
    FalseStart,
    Connected,
    Renegotiated,
    CloseNotify,
    Decide(Need),
    /// The decision that was asked for is missing.
    Undecided,
    Session(NewSession),
}

impl Inbox {
    /// One that holds `data` to be read, and `received`, which is still to be processed.
    fn holding(mut data: Vec<u8>, received: &[u8]) -> Self {
        let start = data.len();
        data.extend_from_slice(received);
        let received = start..data.len();
        Self { buffer: data, data: 0..start, received, ..Self::default() }
    }

    /// The data to be read.
    pub(super) fn data(&self) -> &[u8] {
        self.buffer.get(self.data.clone()).unwrap_or_default()
    }

    /// The first `amount` bytes of the data have been read.
    pub(super) fn consume(&mut self, amount: usize) {
        self.data.start = self.data.end.min(self.data.start.saturating_add(amount));
    }

    /// What was received and not processed.
    fn received(&self) -> &[u8] {
        self.buffer.get(self.received.clone()).unwrap_or_default()
    }

    /// Whether there is data, or anything that was not processed.
    #[cfg(feature = "ureq")]
    pub(super) fn holds_input(&self) -> bool {
        !self.data().is_empty() || !self.received().is_empty()
    }

    /// Has `process` go on with what was received. What was not read of the data is gone then.
    pub(super) fn process(
        &mut self,
        process: impl FnOnce(&mut [u8]) -> Result<Step<'_>, Error>,
    ) -> Result<Next, Error> {
        let buffer_start = self.buffer.as_ptr().addr();
        let step = process(self.buffer.get_mut(self.received.clone()).unwrap_or_default())?;
        self.received.start += step.consumed;
        Ok(match step.event {
            Event::Data(data) => {
                let start = data.as_ptr().addr() - buffer_start;
                self.data = start..start + data.len();
                Next::Process
            }
            Event::NeedInput { at_least } => {
                self.lacking = at_least;
                Next::Receive
            }
            Event::FalseStart => Next::FalseStart,
            Event::Connected => Next::Connected,
            Event::Renegotiated => Next::Renegotiated,
            Event::CloseNotify => Next::CloseNotify,
            Event::Suspended(need) => Next::Decide(need),
            Event::Waiting => Next::Undecided,
            Event::Session(session) => Next::Session(session),
            Event::Warning(_) | Event::RenegotiationRefused(_) => Next::Process,
        })
    }

    /// Where the next input goes. There must be no data left.
    pub(super) fn room(&mut self) -> &mut [u8] {
        // What was not processed is less than a record, and moves to the front.
        self.buffer.copy_within(self.received.clone(), 0);
        self.received = 0..self.received.len();
        self.data = 0..0;
        let is_idle = self.received.is_empty() && self.supply == Supply::Dry;
        if is_idle && self.buffer.len() > MIN_INPUT {
            self.buffer = Vec::new();
        }
        let wanted = (self.received.end + self.lacking).next_power_of_two().clamp(MIN_INPUT, MAX_INPUT);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        self.buffer.get_mut(self.received.end..).unwrap_or_default()
    }

    /// So much of the room was filled. Where all of it was, there is more next time.
    pub(super) fn filled(&mut self, amount: usize) {
        self.received.end += amount;
        self.lacking = 0;
        self.supply = Supply::Dry;
        if self.received.end == self.buffer.len() {
            self.supply = Supply::Plenty;
            if self.buffer.len() < MAX_INPUT {
                self.buffer.resize(2 * self.buffer.len(), 0);
            }
        }
    }
}

/// What is to be sent.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) bytes: Vec<u8>,
    sent: usize,
}

impl Outbox {
    /// What was not sent yet.
    pub(super) fn unsent(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// The transport has taken so much of it.
    pub(super) fn took(&mut self, amount: usize) {
        self.sent += amount;
        if self.unsent().is_empty() {
            self.bytes.clear();
            self.sent = 0;
        }
    }

    /// Gives memory back that was needed for much at once, if all of it was sent.
    pub(super) fn rest(&mut self) {
        if self.bytes.is_empty() && self.bytes.capacity() > IDLE_OUTPUT {
            self.bytes = Vec::new();
        }
    }
}

/// The front of `bufs` that has at most `limit` bytes, given to `seal`; returns its length.
pub(super) fn seal_front(
    bufs: &[IoSlice<'_>],
    limit: usize,
    seal: impl FnOnce(&[&[u8]]) -> Result<(), SealError>,
) -> io::Result<usize> {
    let mut parts = [[].as_slice(); MAX_PARTS];
    let (mut left, mut count) = (limit, 0);
    for (part, buf) in parts.iter_mut().zip(bufs.iter().filter(|buf| !buf.is_empty())) {
        *part = buf.get(..left).unwrap_or(buf);
        left -= part.len();
        count += 1;
    }
    seal(parts.get(..count).unwrap_or_default())?;
    Ok(limit - left)
}

/// Whether the peer waits for something that is still to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    None,
    Due,
}

/// A connection with what it has received and is to send. Where it stands, the connection says itself: nothing of that is
/// kept here, since others may have driven it so far.
pub(super) struct Pump<C> {
    pub(super) connection: C,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) reply: Reply,
    pub(super) session: Option<Box<NewSession>>,
}

impl<C: BorrowMut<Connection>> Pump<C> {
    /// `output` is what the connection has appended so far and was not sent.
    pub(super) fn new(connection: C, output: Vec<u8>) -> Self {
        Self::with(connection, Inbox::default(), output, None)
    }

    /// What [`Self::into_parts`] took apart, but for the transport.
    pub(super) fn from_parts<T>(parts: Parts<C, T>) -> (Self, T) {
        let Parts { connection, transport, data, received, unsent, session } = parts;
        (Self::with(connection, Inbox::holding(data, &received), unsent, session), transport)
    }

    fn with(connection: C, inbox: Inbox, output: Vec<u8>, session: Option<NewSession>) -> Self {
        Self {
            connection,
            inbox,
            reply: if output.is_empty() { Reply::None } else { Reply::Due },
            outbox: Outbox { bytes: output, sent: 0 },
            session: session.map(Box::new),
        }
    }

    /// Whether a handshake is under way, or has failed: the first, or another that the server has asked for.
    pub(super) fn in_handshake(&self) -> bool {
        self.connection.borrow().in_handshake()
    }

    /// Whether nothing can be sent before more has come. What this side has closed will never be sent, and that is known.
    pub(super) fn must_wait_to_send(&self) -> bool {
        let connection = self.connection.borrow();
        self.in_handshake() && !connection.is_closed() && !connection.has_started_falsely()
    }

    /// Whether the peer has closed its side: no more data will come.
    pub(super) fn peer_closed(&self) -> bool {
        self.connection.borrow().peer_closed()
    }

    /// Goes on to the next thing that happens. What was not read of the data is gone then.
    pub(super) fn advance(&mut self) -> Result<Next, Error> {
        let Self { connection, inbox, outbox, .. } = self;
        let output_len = outbox.bytes.len();
        let next = inbox.process(|input| connection.borrow_mut().process(input, &mut outbox.bytes));
        if outbox.bytes.len() > output_len {
            self.reply = Reply::Due;
        }
        Ok(match next? {
            Next::FalseStart => Next::Process,
            Next::Session(session) => {
                self.session = Some(Box::new(session));
                Next::Process
            }
            next => next,
        })
    }

    /// Goes on with the decision that was asked for.
    pub(super) fn answer(&mut self, answer: Answer) -> io::Result<()> {
        self.reply = Reply::Due;
        Ok(self.connection.borrow_mut().answer(answer, &mut self.outbox.bytes)?)
    }

    /// The room of the inbox, for the transport to fill. There must be no data left.
    pub(super) fn room(&mut self) -> &mut [u8] {
        self.outbox.rest();
        self.inbox.room()
    }

    /// The transport has read so much into the room of the inbox: none, if it has ended.
    pub(super) fn received(&mut self, amount: usize) -> Result<(), Error> {
        match amount {
            0 => self.connection.borrow_mut().end_of_input(),
            n => {
                self.inbox.filled(n);
                Ok(())
            }
        }
    }

    /// The transport could not read: if it was reset, the connection is over, and can say why.
    pub(super) fn could_not_read(&mut self, error: io::Error) -> io::Error {
        if is_reset(&error) {
            let _ = self.connection.borrow_mut().transport_reset();
        }
        error
    }

    /// Seals as much of `bufs` as `limit` allows; returns how much that was.
    pub(super) fn seal(&mut self, bufs: &[IoSlice<'_>], limit: usize) -> io::Result<usize> {
        let Self { connection, outbox, .. } = self;
        seal_front(bufs, limit, |parts| connection.borrow_mut().seal_vectored(parts, &mut outbox.bytes))
    }

    /// Ends this side of the connection.
    pub(super) fn close(&mut self) {
        self.connection.borrow_mut().close(&mut self.outbox.bytes);
    }

    /// Takes everything apart.
    pub(super) fn into_parts<T>(self, transport: T) -> Parts<C, T> {
        Parts {
            data: self.inbox.data().to_vec(),
            received: self.inbox.received().to_vec(),
            unsent: self.outbox.unsent().to_vec(),
            session: self.session.map(|session| *session),
            connection: self.connection,
            transport,
        }
    }
}

/// Whether what goes wrong with a write to the transport leaves it to be read from: it takes nothing at present, or the peer
/// has left, and may have said why before.
pub(super) fn may_still_be_read(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut | BrokenPipe | ConnectionReset | ConnectionAborted | NotConnected)
}

/// Whether the transport was reset.
pub(super) fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted)
}
