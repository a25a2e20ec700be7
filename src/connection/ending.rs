//! How a connection ends: by close_notify, by an alert, by an error, or with its transport.

use alloc::vec::Vec;
use core::mem;

use super::{Connection, Event, Progress};
use crate::error::{AlertDescription, Error};
use crate::handshake::Sending;
use crate::wire::{Alert, AlertLevel, ContentType};

impl Connection {
    /// Closes this side of the connection by appending close_notify to `out`. The peer may still send data, but an
    /// incomplete handshake is abandoned ([`Error::Abandoned`]). Does nothing if this side is already closed, or after
    /// an error. If the provider cannot seal it, nothing is appended, and the peer will see a truncation.
    pub fn close(&mut self, out: &mut Vec<u8>) {
        #[cfg(feature = "record")]
        if self.taped.is_some() {
            return self.recorded(format_args!("close"), out, Self::close_side);
        }
        self.close_side(out);
    }

    fn close_side(&mut self, out: &mut Vec<u8>) {
        if let (Sending::Open, Ok(machine)) = (self.sending, &self.state) {
            // RFC 5246 §7.2.1: the sender sends no more messages, so the handshake cannot be completed.
            let abandoned = machine.established().is_none() || machine.is_renegotiating();
            self.alert(AlertLevel::Warning, AlertDescription::CloseNotify, out);
            if abandoned {
                self.state = Err(Error::Abandoned);
            }
        }
        self.sending = Sending::Closed;
    }

    /// Ends the connection at once: appends this alert, which is fatal, to `out`, and every later call returns
    /// [`Error::Aborted`]. The session of the connection is not resumed any more (RFC 5246 §7.2.2). Does nothing if the
    /// connection has already failed, and sends nothing after [`Self::close`], which ends a connection normally.
    ///
    /// ```
    /// # fn example(connection: &mut tls12::Connection, out: &mut Vec<u8>) {
    /// use tls12::{AlertDescription, Error, SealError};
    ///
    /// connection.abort(AlertDescription::UserCanceled, out);
    /// assert_eq!(connection.seal(b"data", out), Err(SealError::Closed));
    /// assert_eq!(connection.end_of_input(), Err(Error::Aborted(AlertDescription::UserCanceled)));
    /// # }
    /// ```
    pub fn abort(&mut self, alert: AlertDescription, out: &mut Vec<u8>) {
        #[cfg(feature = "record")]
        if self.taped.is_some() {
            let call = format_args!("abort {}", alert.code());
            return self.recorded(call, out, |connection, out| connection.end_with(alert, out));
        }
        self.end_with(alert, out);
    }

    fn end_with(&mut self, alert: AlertDescription, out: &mut Vec<u8>) {
        if self.state.is_ok() {
            let _: Result<(), Error> = self.guard(Err(Error::Aborted(alert)), out);
        }
        self.sending = Sending::Closed;
    }

    /// Must be called when the transport ends.
    ///
    /// # Errors
    /// [`Error::TruncatedInHandshake`] before the handshake is complete; [`Error::Truncated`] after it, if the peer did
    /// not send close_notify: data may be missing. If the connection failed before, its error.
    pub fn end_of_input(&mut self) -> Result<(), Error> {
        self.transport_ended("end_of_input", [Error::TruncatedInHandshake, Error::Truncated])
    }

    /// Must be called when the transport is reset, so that [`Self::diagnosis`] can report it.
    ///
    /// # Errors
    /// [`Error::ResetInHandshake`] before the handshake is complete; [`Error::Reset`] after it, if the peer did not
    /// send close_notify: data may be missing. If the connection failed before, its error.
    pub fn transport_reset(&mut self) -> Result<(), Error> {
        self.transport_ended("transport_reset", [Error::ResetInHandshake, Error::Reset])
    }

    /// Fails with the first of these errors during the handshake, and with the second after it. `call` is for a recording.
    fn transport_ended(&mut self, call: &str, errors: [Error; 2]) -> Result<(), Error> {
        #[cfg(feature = "record")]
        if self.taped.is_some() {
            let end = |connection: &mut Self, _: &mut Vec<u8>| connection.end_in(errors);
            return self.recorded(format_args!("{call}"), &mut Vec::new(), end);
        }
        let _ = call;
        self.end_in(errors)
    }

    fn end_in(&mut self, [in_handshake, after]: [Error; 2]) -> Result<(), Error> {
        if let Err(error) = &self.state {
            return Err(error.clone());
        }
        if self.progress == Progress::PeerClosed {
            return Ok(());
        }
        let error = if self.established().is_some() { after } else { in_handshake };
        // The peer is gone, so no alert is sent.
        self.guard(Err(error), &mut Vec::new())
    }

    pub(super) fn received_alert(&mut self, alert: Alert) -> Result<Option<Event<'static>>, Error> {
        match alert {
            Alert { description: AlertDescription::CloseNotify, .. } => match self.progress {
                Progress::Connected | Progress::Renegotiating => {
                    self.progress = Progress::PeerClosed;
                    Ok(Some(Event::CloseNotify))
                }
                _ => Err(Error::ClosedInHandshake),
            },
            Alert { level: AlertLevel::Fatal, description } => Err(Error::Alert(description)),
            Alert { level: AlertLevel::Warning, description } => {
                self.tolerance.warning()?;
                Ok(Some(Event::Warning(description)))
            }
        }
    }

    /// Ends the connection if `result` is an error: appends the alert to `out`, and remembers the error.
    pub(super) fn guard<T>(&mut self, result: Result<T, Error>, out: &mut Vec<u8>) -> Result<T, Error> {
        result.inspect_err(|error| self.fail(error, out))
    }

    #[cold]
    fn fail(&mut self, error: &Error, out: &mut Vec<u8>) {
        // First: a tracer or a session store may panic.
        let before = mem::replace(&mut self.state, Err(error.clone()));
        #[cfg(feature = "std")]
        self.count_failure(error);
        #[cfg(feature = "log")]
        if let (Some(tracer), Ok(_) | Err(Error::Poisoned)) = (&self.tracer, &before) {
            tracer.failed(error);
        }
        // It has what the provider, a key or a session left.
        drop(before);
        match error.alert() {
            Some(AlertDescription::CloseNotify) => {
                self.alert(AlertLevel::Warning, AlertDescription::CloseNotify, out);
            }
            Some(description) => self.alert(AlertLevel::Fatal, description, out),
            None => {}
        }
        if let Some(session) = self.kept.take_if(|_| error.forbids_resumption()) {
            session.forget();
        }
    }

    /// Appends an alert to `out`, if the key allows one more record.
    fn alert(&mut self, level: AlertLevel, description: AlertDescription, out: &mut Vec<u8>) {
        if self.sending == Sending::Open {
            // If the key is exhausted, or the provider fails, no alert can be sent; the caller gets the original error.
            let alert = Alert { level, description }.to_bytes();
            let sealed = self.sealer.seal(ContentType::ALERT, &alert, out);
            if let (Ok(()), Some(tracer)) = (sealed, &self.tracer) {
                tracer.sent(ContentType::ALERT, &alert);
            }
        }
    }
}
