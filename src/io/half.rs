//! One direction of a stream each, whoever waits for the bytes. Does no I/O.

use alloc::boxed::Box;
use core::mem;
use std::io::{self, IoSlice};
use std::sync::{Mutex, PoisonError, mpsc};

use super::pump::{Inbox, Next, Outbox, Pump, is_reset, seal_front};
use crate::connection::{Connection, Outgoing, Receiver, Sender};
use crate::error::Error;

/// What reads, but for the transport.
pub(super) struct Incoming {
    pub(super) receiver: Receiver,
    pub(super) inbox: Inbox,
    tell: mpsc::Sender<Outgoing>,
}

/// What writes, but for the transport.
pub(super) struct Departing {
    pub(super) sender: Sender,
    pub(super) outbox: Outbox,
    /// A connection has but a handful of alerts to send. In a mutex, which is never locked, so that a half can be shared.
    told: Mutex<mpsc::Receiver<Outgoing>>,
}

/// The two halves; or what they would have been made of, if the connection cannot be split.
pub(super) fn split(pump: Pump<Connection>) -> Result<(Incoming, Departing), Box<Pump<Connection>>> {
    let (receiver, sender) = match pump.connection.split() {
        Ok(halves) => halves,
        Err(connection) => return Err(Box::new(Pump { connection, ..pump })),
    };
    let (tell, told) = mpsc::channel();
    let departing = Departing { sender, outbox: pump.outbox, told: Mutex::new(told) };
    Ok((Incoming { receiver, inbox: pump.inbox, tell }, departing))
}

impl Incoming {
    /// Goes on to the next thing that happens. What was not read of the data is gone then.
    pub(super) fn advance(&mut self) -> Result<Next, Error> {
        let mut outgoing = Outgoing::default();
        let next = self.inbox.process(|input| self.receiver.process(input, &mut outgoing));
        if !outgoing.is_empty() {
            // If the other half is gone, nothing can be sent any more.
            let _ = self.tell.send(mem::take(&mut outgoing));
        }
        next
    }

    /// Whether there is something to be read: data, or that the peer has closed its side.
    pub(super) fn is_ready(&self) -> bool {
        !self.inbox.data().is_empty() || self.receiver.peer_closed()
    }

    /// The transport could not read: if it was reset, the connection is over, and can say why.
    pub(super) fn could_not_read(&mut self, error: io::Error) -> io::Error {
        if is_reset(&error) {
            let _ = self.receiver.transport_reset();
        }
        error
    }

    /// The transport has read so much into the room of the inbox: none, if it has ended.
    pub(super) fn received(&mut self, amount: usize) -> Result<(), Error> {
        match amount {
            0 => self.receiver.end_of_input(),
            n => {
                self.inbox.filled(n);
                Ok(())
            }
        }
    }
}

impl Departing {
    /// Takes what the other half wants sent.
    pub(super) fn collect(&mut self) {
        let told = self.told.get_mut().unwrap_or_else(PoisonError::into_inner);
        while let Ok(outgoing) = told.try_recv() {
            self.sender.send(outgoing, &mut self.outbox.bytes);
        }
    }

    /// Seals as much of `bufs` as `limit` allows; returns how much that was.
    pub(super) fn seal(&mut self, bufs: &[IoSlice<'_>], limit: usize) -> io::Result<usize> {
        let Self { sender, outbox, .. } = self;
        seal_front(bufs, limit, |parts| sender.seal_vectored(parts, &mut outbox.bytes))
    }

    /// Ends this side of the connection.
    pub(super) fn close(&mut self) {
        self.collect();
        self.sender.close(&mut self.outbox.bytes);
    }
}
