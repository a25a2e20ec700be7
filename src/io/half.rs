//! The two directions of a stream, independent of how the caller waits for bytes. Does no I/O.

use alloc::boxed::Box;
use core::mem;
use std::io::{self, IoSlice};
use std::sync::{Mutex, PoisonError, mpsc};

use super::pump::{Inbox, Next, Outbox, Pump, is_reset, seal_front};
use crate::connection::{Connection, Outgoing, Receiver, Sender};
use crate::error::Error;

/// The reading direction, without the transport.
pub(super) struct Incoming {
    pub(super) receiver: Receiver,
    pub(super) inbox: Inbox,
    tell: mpsc::Sender<Outgoing>,
}

/// The writing direction, without the transport.
pub(super) struct Departing {
    pub(super) sender: Sender,
    pub(super) outbox: Outbox,
    /// Alerts to send, of which a connection has only a handful. In a mutex that is never locked, so that a half is
    /// `Sync`.
    told: Mutex<mpsc::Receiver<Outgoing>>,
}

/// Returns the two halves, or the pump if the connection cannot be split.
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
    /// Advances to the next event. Unread data is discarded.
    pub(super) fn advance(&mut self) -> Result<Next, Error> {
        let mut outgoing = Outgoing::default();
        let next = self.inbox.process(|input| self.receiver.process(input, &mut outgoing));
        if !outgoing.is_empty() {
            // If the other half has been dropped, nothing can be sent.
            let _ = self.tell.send(mem::take(&mut outgoing));
        }
        next
    }

    /// Whether there is something to read: data, or the peer's close_notify.
    pub(super) fn is_ready(&self) -> bool {
        !self.inbox.data().is_empty() || self.receiver.peer_closed()
    }

    /// Handles an error of the transport while reading: a reset ends the connection.
    pub(super) fn could_not_read(&mut self, error: io::Error) -> io::Error {
        if is_reset(&error) {
            let _ = self.receiver.transport_reset();
        }
        error
    }

    /// Records that the transport read `amount` bytes into the inbox; 0 at its end.
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
    /// Takes the alerts that the other half wants to send.
    pub(super) fn collect(&mut self) {
        let told = self.told.get_mut().unwrap_or_else(PoisonError::into_inner);
        while let Ok(outgoing) = told.try_recv() {
            self.sender.send(outgoing, &mut self.outbox.bytes);
        }
    }

    /// Seals at most `limit` bytes of `bufs`, and returns the number of bytes sealed.
    pub(super) fn seal(&mut self, bufs: &[IoSlice<'_>], limit: usize) -> io::Result<usize> {
        let Self { sender, outbox, .. } = self;
        seal_front(bufs, limit, |parts| sender.seal_vectored(parts, &mut outbox.bytes))
    }

    /// Closes this side of the connection.
    pub(super) fn close(&mut self) {
        self.collect();
        self.sender.close(&mut self.outbox.bytes);
    }
}
