//! The two directions of a connection as separate halves, without a lock, as neither uses what the other changes.
//!
//! In TLS 1.2, the halves of an established connection are independent, except for alerts that one direction causes the
//! other to send: the refusal to renegotiate, and the alert that reports a failure. The receiving half returns them as
//! [`Outgoing`].

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::ops::Range;

use super::{Connection, Diagnosis, Progress, Step};
use crate::error::{AlertDescription, Error};
use crate::handshake::{ConnectionInfo, Sending, Tracer};
use crate::record::{SealError, Sealer};
use crate::wire::{Alert, AlertLevel, ContentType, RecordHeader};

/// The receiving half of a connection, created by [`Connection::split`].
///
/// It does not renegotiate: a peer's request is refused.
// It is the connection with a sealer that does not encrypt: its output consists of plaintext records.
pub struct Receiver(Connection);

/// The sending half of a connection, created by [`Connection::split`].
pub struct Sender {
    sealer: Sealer,
    sending: Sending,
    /// Reports the messages that it sends; the receiver has already reported those that it hands out.
    tracer: Option<Box<Tracer>>,
}

/// Alerts that the [`Receiver`] passes to its [`Sender`], at most a handful per connection. It is almost always empty,
/// and then uses no memory.
#[derive(Default)]
#[must_use = "the peer waits for it: give it to Sender::send"]
pub struct Outgoing {
    /// Unprotected records.
    records: Vec<u8>,
    /// Nothing more may be sent, because the peer has ended the connection with a fatal alert (RFC 5246 §7.2.2).
    ends: bool,
}

impl Connection {
    /// Splits the connection into one half for each direction. They can be used from two threads at the same time.
    ///
    /// Exported keys, channel bindings and the session are available only before the split.
    ///
    /// # Errors
    /// The unchanged connection, if it cannot be split: the handshake is not complete, or
    /// [`Event::Connected`](crate::Event::Connected) has not been returned yet; a renegotiation is in progress; or the
    /// connection has failed.
    #[expect(
        clippy::result_large_err,
        reason = "not an error to propagate, but the connection that the caller continues to use"
    )]
    pub fn split(mut self) -> Result<(Receiver, Sender), Self> {
        let told = matches!(self.progress, Progress::Connected | Progress::PeerClosed);
        if !told || self.is_renegotiating() || self.established().is_none() {
            return Err(self);
        }
        self.tolerance.renegotiate_no_more();
        #[cfg(feature = "record")]
        self.stop_recording("the connection was split into its two halves, which are not recorded");
        let sealer = mem::replace(&mut self.sealer, Sealer::plain());
        // The sender knows whether anything may still be sent.
        let sending = mem::replace(&mut self.sending, Sending::Open);
        let tracer = self.tracer.clone();
        Ok((Receiver(self), Sender { sealer, sending, tracer }))
    }
}

impl Receiver {
    /// Like [`Connection::process`], but adds the records that must be sent to `outgoing`, which must be passed to the
    /// sender, whatever this returns. Only the events [`NeedInput`](crate::Event::NeedInput),
    /// [`Data`](crate::Event::Data), [`Warning`](crate::Event::Warning),
    /// [`RenegotiationRefused`](crate::Event::RenegotiationRefused) and [`CloseNotify`](crate::Event::CloseNotify)
    /// occur.
    ///
    /// # Errors
    /// The error is fatal. The alert that reports it to the peer is in `outgoing`, and every later call returns the
    /// same error.
    pub fn process<'b>(&mut self, input: &'b mut [u8], outgoing: &mut Outgoing) -> Result<Step<'b>, Error> {
        let step = self.0.process(input, &mut outgoing.records);
        outgoing.ends |= matches!(step, Err(Error::Alert(_)));
        step
    }

    /// Must be called when the transport ends, as [`Connection::end_of_input`].
    ///
    /// # Errors
    /// [`Error::Truncated`] if the peer did not send close_notify: data may be missing. If the connection failed
    /// before, its error.
    pub fn end_of_input(&mut self) -> Result<(), Error> {
        self.0.end_of_input()
    }

    /// Must be called when the transport is reset, as [`Connection::transport_reset`].
    ///
    /// # Errors
    /// [`Error::Reset`] if the peer did not send close_notify: data may be missing. If the connection failed before,
    /// its error.
    pub fn transport_reset(&mut self) -> Result<(), Error> {
        self.0.transport_reset()
    }

    /// See [`Connection::peer_closed`].
    #[must_use]
    pub fn peer_closed(&self) -> bool {
        self.0.peer_closed()
    }

    /// Returns the negotiated parameters and the peer's identity, or `None` after an error.
    #[must_use]
    pub fn info(&self) -> Option<&ConnectionInfo> {
        self.0.info()
    }

    /// Returns an explanation of why the connection failed, as [`Connection::diagnosis`].
    #[must_use]
    pub fn diagnosis(&self) -> Option<Diagnosis> {
        self.0.diagnosis()
    }
}

impl Sender {
    /// Encrypts `plaintext`, and appends it to `out` in as many records as needed.
    ///
    /// # Errors
    /// [`SealError`]. Nothing was appended, and the connection is unchanged.
    pub fn seal(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        self.seal_vectored(&[plaintext], out)
    }

    /// Like [`Self::seal`], for the concatenation of `parts`.
    ///
    /// # Errors
    /// [`SealError`]. Nothing was appended, and the connection is unchanged.
    pub fn seal_vectored(&mut self, parts: &[&[u8]], out: &mut Vec<u8>) -> Result<(), SealError> {
        self.check_sending()?;
        self.sealer.seal_parts(ContentType::APPLICATION_DATA, parts, out)
    }

    /// See [`Connection::seal_in_place`].
    ///
    /// # Errors
    /// [`SealError`]. The connection and the buffer are unchanged, except that after [`SealError::Provider`] the space
    /// of the record is wiped.
    pub fn seal_in_place<'b>(&mut self, buf: &'b mut [u8], text: Range<usize>) -> Result<&'b [u8], SealError> {
        self.check_sending()?;
        self.sealer.seal_in_place(ContentType::APPLICATION_DATA, buf, text)
    }

    /// Appends the alerts that the receiver of the same connection returned to `out`. Appends nothing if this side has
    /// closed the connection (RFC 5246 §7.2.1). After a fatal alert, of either side, nothing more can be sealed.
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
        if outgoing.ends {
            self.sending = Sending::Closed;
        }
    }

    /// Closes this side of the connection by appending close_notify to `out`. The peer may still send data. Does
    /// nothing if this side is already closed.
    pub fn close(&mut self, out: &mut Vec<u8>) {
        let alert = Alert { level: AlertLevel::Warning, description: AlertDescription::CloseNotify };
        if let (Sending::Open, Some(tracer)) = (self.sending, &self.tracer) {
            tracer.sent(ContentType::ALERT, &alert.to_bytes());
        }
        self.alert(alert, out);
    }

    fn alert(&mut self, alert: Alert, out: &mut Vec<u8>) {
        if self.sending == Sending::Closed {
            return;
        }
        // If the provider fails, no alert can be sent; the receiver has returned the original error.
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
    /// Returns whether there is nothing to send, and nothing for the sender to know.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && !self.ends
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
