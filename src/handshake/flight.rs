//! The effects of the state machine: sending messages and changing keys.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::journal::{Journal, Stage};
use super::kept::KeptSession;
use super::limits::{RecordLimits, Tolerance};
use super::refusal::RenegotiationRefusal;
use super::trace::Tracer;
use super::transcript::Transcript;
use crate::error::{AlertDescription, Error, Limited};
use crate::record::{Opener, SealError, Sealer};
use crate::wire::{Alert, AlertLevel, ContentType};

/// Whether this side may still send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sending {
    Open,
    Closed,
}

/// Both directions of the record layer, as the state machine uses them while it handles one input.
pub(crate) struct Flight<'a> {
    pub(crate) out: &'a mut Vec<u8>,
    pub(crate) sealer: &'a mut Sealer,
    pub(crate) opener: &'a mut Opener,
    pub(crate) tolerance: &'a mut Tolerance,
    pub(crate) kept: &'a mut Option<Box<KeptSession>>,
    pub(crate) journal: &'a mut Option<Box<Journal>>,
    pub(crate) sending: Sending,
    pub(crate) tracer: Option<&'a Tracer>,
}

impl Flight<'_> {
    /// Sends the handshake message that `put` appends, and adds it to the transcript.
    pub(crate) fn message(&mut self, transcript: &mut Transcript, put: impl FnOnce(&mut Vec<u8>)) -> Result<(), Error> {
        let message = transcript.put(put);
        self.record(ContentType::HANDSHAKE, message)
    }

    /// Sends the first ClientHello, which `put` appends.
    pub(crate) fn first_hello(
        &mut self,
        transcript: &mut Transcript,
        put: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Error> {
        let message = transcript.put(put);
        self.sealer.seal_first_hello(message, self.out).map_err(on_seal_error)?;
        if let Some(tracer) = self.tracer {
            tracer.sent(ContentType::HANDSHAKE, message);
        }
        Ok(())
    }

    /// Sends ChangeCipherSpec; everything after it is sealed by `sealer` (RFC 5246 §7.1).
    pub(crate) fn change_cipher_spec(&mut self, sealer: Sealer) -> Result<(), Error> {
        const CHANGE_CIPHER_SPEC: [u8; 1] = [1];
        self.record(ContentType::CHANGE_CIPHER_SPEC, &CHANGE_CIPHER_SPEC)?;
        *self.sealer = sealer;
        Ok(())
    }

    /// Records that the peer's hello has arrived.
    pub(crate) fn greeted(&mut self) {
        if let Some(journal) = self.journal {
            journal.stage = Stage::Greeted;
        }
    }

    /// Neither sends nor accepts records with more text than these from here on (RFC 6066 §4).
    pub(crate) fn limit_fragments(&mut self, limits: RecordLimits) {
        self.limit_sent(limits.send);
        self.opener.limit_fragments(usize::from(limits.receive));
    }

    /// Sends no records with more text than this from here on.
    pub(crate) fn limit_sent(&mut self, limit: u16) {
        self.sealer.limit_fragments(usize::from(limit));
    }

    /// Opens further records from the peer with `opener`.
    pub(crate) fn read_with(&mut self, opener: Opener) {
        *self.opener = opener;
    }

    /// Refuses to renegotiate (RFC 5246 §7.2.2: always a warning), and counts it. RFC 5246 §7.2.1: nothing is sent
    /// after close_notify.
    pub(crate) fn refuse_renegotiation(&mut self, why: RenegotiationRefusal) -> Result<(), Error> {
        self.tolerance.renegotiation_request()?;
        self.tolerance.refuse(why);
        if self.sending == Sending::Closed {
            return Ok(());
        }
        let alert = Alert { level: AlertLevel::Warning, description: AlertDescription::NoRenegotiation };
        self.record(ContentType::ALERT, &alert.to_bytes())
    }

    fn record(&mut self, content_type: ContentType, text: &[u8]) -> Result<(), Error> {
        self.sealer.seal(content_type, text, self.out).map_err(on_seal_error)?;
        if let Some(tracer) = self.tracer {
            tracer.sent(content_type, text);
        }
        Ok(())
    }
}

fn on_seal_error(error: SealError) -> Error {
    match error {
        SealError::Provider(error) => Error::Provider(error),
        _ => Error::TooMany(Limited::RecordsUnderOneKey),
    }
}
