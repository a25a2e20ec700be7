//! The two directions of a connection, each on its own: no lock, as neither uses what the other changes.
//!
//! In TLS 1.2 an established connection is two independent halves, but for the alerts that one direction has the other
//! send: the refusal to renegotiate, and the alert that says why the connection failed. The receiving half hands them out
//! as [`Outgoing`].

use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::ops::Range;

use super::{Connection, Diagnosis, Progress, Step};
use crate::error::{AlertDescription, Error};
use crate::handshake::{ConnectionInfo, Sending};
use crate::record::{SealError, Sealer};
use crate::wire::{Alert, AlertLevel, ContentType, RecordHeader};

/// The half of a connection that receives, made by [`Connection::split`].
///
/// It does not renegotiate: a peer that asks for it is refused.
// It is the connection, with a sealer that does not protect: what it would send comes out as plain records.
pub struct Receiver(Connection);

/// The half of a connection that sends, made by [`Connection::split`].
pub struct Sender {
    sealer: Sealer,
    sending: Sending,
}

/// What the [`Receiver`] wants its [`Sender`] to send: alerts, at most a handful on a connection. Almost always nothing,
/// which takes no memory.
#[derive(Default)]
#[must_use = "the peer waits for it: give it to Sender::send"]
pub struct Outgoing {
    /// Unprotected records.
    records: Vec<u8>,
}

impl Connection {
    /// Splits the connection into one half for each direction, which can be used at the same time from two threads.
    ///
    /// Exported keys, channel bindings and the session are the connection's: take them before.
    ///
    /// # Errors
    /// The connection itself, unchanged, if it cannot be split: the handshake is not complete, or
    /// [`Event::Connected`](crate::Event::Connected) was not returned yet; a renegotiation is under way; or it has failed.
    #[expect(clippy::result_large_err, reason = "no error to be passed on, but what the caller goes on with")]
    pub fn split(mut self) -> Result<(Receiver, Sender), Self> {
        let told = matches!(self.progress, Progress::Connected | Progress::PeerClosed);
        if !told || self.is_renegotiating() || self.established().is_none() {
            return Err(self);
        }
        self.tolerance.renegotiate_no_more();
        let sealer = mem::replace(&mut self.sealer, Sealer::plain());
        // Whether anything may still be said is for the sender to know.
        let sending = mem::replace(&mut self.sending, Sending::Open);
        Ok((Receiver(self), Sender { sealer, sending }))
    }
}

impl Receiver {
    /// As [`Connection::process`]; but what must be sent is added to `outgoing`, which is to be given to the sender,
    /// whatever this returns. Of the events, only [`NeedInput`](crate::Event::NeedInput), [`Data`](crate::Event::Data),
    /// [`Warning`](crate::Event::Warning), [`RenegotiationRefused`](crate::Event::RenegotiationRefused) and
    /// [`CloseNotify`](crate::Event::CloseNotify) occur.
    ///
    /// # Errors
    /// The connection is over. The alert that tells the peer is in `outgoing`; every later call returns the same error.
    pub fn process<'b>(&mut self, input: &'b mut [u8], outgoing: &mut Outgoing) -> Result<Step<'b>, Error> {
        self.0.process(input, &mut outgoing.records)
    }

    /// To be called when the transport ends: as [`Connection::end_of_input`].
    ///
    /// # Errors
    /// [`Error::Truncated`], if the peer did not send close_notify: data may be missing. The error of the connection, if
    /// it has failed before.
    pub fn end_of_input(&mut self) -> Result<(), Error> {
        self.0.end_of_input()
    }

    /// To be called when the transport was reset: as [`Connection::transport_reset`].
    ///
    /// # Errors
    /// [`Error::Reset`], if the peer did not send close_notify: data may be missing. The error of the connection, if it has
    /// failed before.
    pub fn transport_reset(&mut self) -> Result<(), Error> {
        self.0.transport_reset()
    }

    /// As [`Connection::peer_closed`].
    #[must_use]
    pub fn peer_closed(&self) -> bool {
        self.0.peer_closed()
    }

    /// What was negotiated, and with whom; none after an error.
    #[must_use]
    pub fn info(&self) -> Option<&ConnectionInfo> {
        self.0.info()
    }

    /// Why the connection has failed: as [`Connection::diagnosis`].
    #[must_use]
    pub fn diagnosis(&self) -> Option<Diagnosis> {
        self.0.diagnosis()
    }
}

impl Sender {
    /// Appends `plaintext` to `out`, in as many records as it takes.
    ///
    /// # Errors
    /// [`SealError`]: nothing was appended, and the connection is as it was.
    pub fn seal(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        self.seal_vectored(&[plaintext], out)
    }

    /// As [`Self::seal`]: the plaintext is that of all `parts`, one after another.
    ///
    /// # Errors
    /// [`SealError`]: nothing was appended, and the connection is as it was.
    pub fn seal_vectored(&mut self, parts: &[&[u8]], out: &mut Vec<u8>) -> Result<(), SealError> {
        self.check_sending()?;
        self.sealer.seal_parts(ContentType::APPLICATION_DATA, parts, out)
    }

    /// As [`Connection::seal_in_place`].
    ///
    /// # Errors
    /// [`SealError`]: the connection is as it was, and so is the buffer; but after [`SealError::Provider`] the room of the record
    /// is wiped.
    pub fn seal_in_place<'b>(&mut self, buf: &'b mut [u8], text: Range<usize>) -> Result<&'b [u8], SealError> {
        self.check_sending()?;
        self.sealer.seal_in_place(ContentType::APPLICATION_DATA, buf, text)
    }

    /// Appends to `out` what the receiver of the same connection wants sent. Nothing, if this side has closed the
    /// connection (RFC 5246 §7.2.1). After an alert that ends the connection, nothing more can be sealed.
    pub fn send(&mut self, outgoing: Outgoing, out: &mut Vec<u8>) {
        let mut records = outgoing.records.as_slice();
        while let Some((header, rest)) = records.split_first_chunk() {
            let length = RecordHeader::from_bytes(*header).length;
            let Some((text, rest)) = rest.split_at_checked(length) else { return };
            if let Ok(alert) = Alert::decode(text) {
                self.alert(alert, out);
            }
            records = rest;
        }
    }

    /// Ends this side of the connection: appends close_notify to `out`. The peer may still send data. Does nothing the
    /// second time.
    pub fn close(&mut self, out: &mut Vec<u8>) {
        self.alert(Alert { level: AlertLevel::Warning, description: AlertDescription::CloseNotify }, out);
    }

    fn alert(&mut self, alert: Alert, out: &mut Vec<u8>) {
        if self.sending == Sending::Closed {
            return;
        }
        // If the provider fails, no alert can be sent; the receiver has told the error that matters.
        let _ = self.sealer.seal(ContentType::ALERT, &alert.to_bytes(), out);
        if alert.level == AlertLevel::Fatal || alert.description == AlertDescription::CloseNotify {
            self.sending = Sending::Closed;
        }
    }

    fn check_sending(&self) -> Result<(), SealError> {
        match self.sending {
            Sending::Open => Ok(()),
            Sending::Closed => Err(SealError::Closed),
        }
    }
}

impl Outgoing {
    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("progress", &self.0.progress).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("sending", &self.sending).finish_non_exhaustive()
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("is_empty", &self.is_empty()).finish_non_exhaustive()
    }
}
