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
}

/// What came of processing.
#[must_use]
pub(super) enum Next {
    /// There may be data to be read, or more to process.
    Process,
    /// More must be received.
    Receive,
    Connected,
    Renegotiated,
    CloseNotify,
    Decide(Need),
    /// The decision that was asked for is missing.
    Undecided,
    Session(NewSession),
}

impl Inbox {
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
        if self.received.end == self.buffer.len() && self.buffer.len() < MAX_INPUT {
            self.buffer.resize(2 * self.buffer.len(), 0);
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

/// Whether the peer, or somebody between, has reset the transport.
pub(super) fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted)
}

/// Where the connection stands, as far as its user is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Handshake,
    Connected,
    PeerClosed,
}

/// Whether the peer waits for something that is still to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    None,
    Due,
}

/// A connection with what it has received and is to send.
pub(super) struct Pump<C> {
    pub(super) connection: C,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) progress: Progress,
    pub(super) reply: Reply,
    pub(super) session: Option<Box<NewSession>>,
}

impl<C: BorrowMut<Connection>> Pump<C> {
    /// `output` is what the connection has appended so far and was not sent.
    pub(super) fn new(connection: C, output: Vec<u8>) -> Self {
        Self {
            connection,
            inbox: Inbox::default(),
            reply: if output.is_empty() { Reply::None } else { Reply::Due },
            outbox: Outbox { bytes: output, sent: 0 },
            progress: Progress::Handshake,
            session: None,
        }
    }

    /// Whether nothing can be sent before more has come: in the handshake, and in another that the server has asked for.
    pub(super) fn in_handshake(&self) -> bool {
        match self.progress {
            Progress::Handshake => true,
            Progress::Connected => self.connection.borrow().is_renegotiating(),
            // Nothing more comes: the connection says what that means.
            Progress::PeerClosed => false,
        }
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
            Next::Connected => {
                self.progress = Progress::Connected;
                Next::Connected
            }
            Next::CloseNotify => {
                self.progress = Progress::PeerClosed;
                Next::CloseNotify
            }
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
            connection: self.connection,
            transport,
        }
    }
}
