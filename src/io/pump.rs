//! The common part of all adapters between a connection and a transport, independent of how the caller waits for bytes:
//! buffers input and output, and determines the next step. Does no I/O.

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

/// The initial size of the input buffer, which is enough for an idle connection, or one with short records.
const MIN_INPUT: usize = 1 << 12;

/// The maximum size of the input buffer: the longest record, and most of the next.
const MAX_INPUT: usize = 1 << 15;
const _: () = assert!(MAX_INPUT >= RecordHeader::LEN + MAX_CIPHERTEXT, "a whole record must fit");

/// The maximum memory for output that an idle connection keeps, in bytes.
const IDLE_OUTPUT: usize = 1 << 12;

/// The maximum number of buffers that one vectored write accepts.
const MAX_PARTS: usize = 64;

/// Received bytes: data to read, followed by bytes that have not been processed.
#[derive(Default)]
pub(super) struct Inbox {
    buffer: Vec<u8>,
    data: Range<usize>,
    received: Range<usize>,
    /// The number of bytes that must be received before processing can continue.
    lacking: usize,
    /// Whether the transport may have more.
    supply: Supply,
}

/// Whether the last read drained the transport.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Supply {
    /// It did, as it did not fill the buffer.
    #[default]
    Dry,
    /// There may be more.
    Plenty,
}

/// The result of processing.
#[must_use]
pub(super) enum Next {
    /// There may be data to read, or more to process.
    Process,
    /// More input is needed.
    Receive,
    /// Data can be sent although the handshake is not complete.
    FalseStart,
    Connected,
    Renegotiated,
    CloseNotify,
    Decide(Need),
    /// A requested decision has not been answered.
    Undecided,
    Session(NewSession),
}

impl Inbox {
    /// Creates an inbox with `data` to read, and `received` to process.
    fn holding(mut data: Vec<u8>, received: &[u8]) -> Self {
        let start = data.len();
        data.extend_from_slice(received);
        let received = start..data.len();
        Self { buffer: data, data: 0..start, received, ..Self::default() }
    }

    /// The data to read.
    pub(super) fn data(&self) -> &[u8] {
        self.buffer.get(self.data.clone()).unwrap_or_default()
    }

    /// Records that the first `amount` bytes of the data have been read.
    pub(super) fn consume(&mut self, amount: usize) {
        self.data.start = self.data.end.min(self.data.start.saturating_add(amount));
    }

    /// Received bytes that have not been processed.
    fn received(&self) -> &[u8] {
        self.buffer.get(self.received.clone()).unwrap_or_default()
    }

    /// Whether there is data, or unprocessed input.
    #[cfg(feature = "ureq")]
    pub(super) fn holds_input(&self) -> bool {
        !self.data().is_empty() || !self.received().is_empty()
    }

    /// Processes received bytes with `process`. Unread data is discarded.
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

    /// The buffer for the next input. There must be no unread data.
    pub(super) fn room(&mut self) -> &mut [u8] {
        // Unprocessed input is less than a record, and moves to the front.
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

    /// Records that `amount` bytes of the buffer were filled. If all of it was, the buffer grows.
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

/// Bytes to send.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) bytes: Vec<u8>,
    sent: usize,
}

impl Outbox {
    /// Bytes that have not been sent.
    pub(super) fn unsent(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// Records that the transport accepted `amount` bytes.
    pub(super) fn took(&mut self, amount: usize) {
        self.sent += amount;
        if self.unsent().is_empty() {
            self.bytes.clear();
            self.sent = 0;
        }
    }

    /// Releases memory beyond the idle limit, if everything was sent.
    pub(super) fn rest(&mut self) {
        if self.bytes.is_empty() && self.bytes.capacity() > IDLE_OUTPUT {
            self.bytes = Vec::new();
        }
    }
}

/// Passes the first `limit` bytes of `bufs`, at most, to `seal`, and returns their number.
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

/// Whether the peer waits for unsent output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    None,
    Due,
}

/// A connection with its input and output buffers. The state of the connection is not duplicated here, since the
/// connection may have been driven elsewhere before.
pub(super) struct Pump<C> {
    pub(super) connection: C,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) reply: Reply,
    pub(super) session: Option<Box<NewSession>>,
}

impl<C: BorrowMut<Connection>> Pump<C> {
    /// `output` is the connection's unsent output so far.
    pub(super) fn new(connection: C, output: Vec<u8>) -> Self {
        Self::with(connection, Inbox::default(), output, None)
    }

    /// Reverses [`Self::into_parts`], except for the transport.
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

    /// Whether a handshake, or a renegotiation, is in progress or has failed.
    pub(super) fn in_handshake(&self) -> bool {
        self.connection.borrow().in_handshake()
    }

    /// Whether more input is needed before data can be sent. If this side is closed, sending fails at once instead.
    pub(super) fn must_wait_to_send(&self) -> bool {
        let connection = self.connection.borrow();
        self.in_handshake() && !connection.is_closed() && !connection.has_started_falsely()
    }

    /// Whether the peer has closed its side: no more data will arrive.
    pub(super) fn peer_closed(&self) -> bool {
        self.connection.borrow().peer_closed()
    }

    /// Advances to the next event. Unread data is discarded.
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

    /// Continues with the answer to a decision.
    pub(super) fn answer(&mut self, answer: Answer) -> io::Result<()> {
        self.reply = Reply::Due;
        Ok(self.connection.borrow_mut().answer(answer, &mut self.outbox.bytes)?)
    }

    /// The buffer of the inbox, for the transport to fill. There must be no unread data.
    pub(super) fn room(&mut self) -> &mut [u8] {
        self.outbox.rest();
        self.inbox.room()
    }

    /// Records that the transport read `amount` bytes into the inbox; 0 at its end.
    pub(super) fn received(&mut self, amount: usize) -> Result<(), Error> {
        match amount {
            0 => self.connection.borrow_mut().end_of_input(),
            n => {
                self.inbox.filled(n);
                Ok(())
            }
        }
    }

    /// Handles an error of the transport while reading: a reset ends the connection.
    pub(super) fn could_not_read(&mut self, error: io::Error) -> io::Error {
        if is_reset(&error) {
            let _ = self.connection.borrow_mut().transport_reset();
        }
        error
    }

    /// Seals at most `limit` bytes of `bufs`, and returns the number of bytes sealed.
    pub(super) fn seal(&mut self, bufs: &[IoSlice<'_>], limit: usize) -> io::Result<usize> {
        let Self { connection, outbox, .. } = self;
        seal_front(bufs, limit, |parts| connection.borrow_mut().seal_vectored(parts, &mut outbox.bytes))
    }

    /// Closes this side of the connection.
    pub(super) fn close(&mut self) {
        self.connection.borrow_mut().close(&mut self.outbox.bytes);
    }

    /// Splits the pump into its parts.
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

/// Whether the transport can still be read after this write error: it accepts nothing at present, or the peer has left
/// and may have sent an alert before.
pub(super) fn may_still_be_read(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut | BrokenPipe | ConnectionReset | ConnectionAborted | NotConnected)
}

/// Whether the transport was reset.
pub(super) fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted)
}
