//! Limits on things that are harmless unless a peer does them often, and on the size of records.

use super::refusal::RenegotiationRefusal;
use crate::error::{Error, Limited};
use crate::wire::{MAX_RECORD_SIZE_LIMIT, MaxFragmentLength};

/// Consecutive records without content (the limit of OpenSSL). Such records were once sent to hide the next IV.
const MAX_EMPTY_RECORDS: u8 = 32;

/// Warning alerts on one connection (the limits of rustls and OpenSSL are within one of this).
const MAX_WARNINGS: u8 = 4;

/// Requests to renegotiate on one connection. Each is answered with an alert, which costs more than the request.
const MAX_RENEGOTIATION_REQUESTS: u8 = 4;

/// Counts of things that a peer may do only a limited number of times.
#[derive(Default)]
pub(crate) struct Tolerance {
    empty_records: u8,
    warnings: u8,
    renegotiation_requests: u8,
    renegotiations: u8,
    /// The last refusal to renegotiate, and whether the caller has been notified.
    refused: Option<(RenegotiationRefusal, Reported)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reported {
    No,
    Yes,
}

impl Tolerance {
    /// Counts an empty record, or resets the count at another one.
    pub(crate) fn record(&mut self, is_empty: bool) -> Result<(), Error> {
        if is_empty {
            count(&mut self.empty_records, MAX_EMPTY_RECORDS, Limited::EmptyRecords)
        } else {
            self.empty_records = 0;
            Ok(())
        }
    }

    /// Counts a warning.
    pub(crate) fn warning(&mut self) -> Result<(), Error> {
        count(&mut self.warnings, MAX_WARNINGS, Limited::Warnings)
    }

    /// Counts a request to renegotiate.
    pub(crate) fn renegotiation_request(&mut self) -> Result<(), Error> {
        count(&mut self.renegotiation_requests, MAX_RENEGOTIATION_REQUESTS, Limited::RenegotiationRequests)
    }

    /// Records why this side refused to renegotiate.
    pub(crate) fn refuse(&mut self, why: RenegotiationRefusal) {
        self.refused = Some((why, Reported::No));
    }

    /// Why this side last refused to renegotiate, if it did.
    pub(crate) fn refused(&self) -> Option<RenegotiationRefusal> {
        self.refused.map(|(why, _)| why)
    }

    /// The same, unless the caller has been notified.
    pub(crate) fn take_refusal(&mut self) -> Option<RenegotiationRefusal> {
        let (why, reported) = self.refused.as_mut()?;
        (core::mem::replace(reported, Reported::Yes) == Reported::No).then_some(*why)
    }

    /// Counts a renegotiation, unless there have been `max` already. Returns whether it is allowed.
    pub(crate) fn renegotiate(&mut self, max: u8) -> bool {
        let may = self.renegotiations < max;
        self.renegotiations += u8::from(may);
        may
    }

    /// Disables renegotiation from here on.
    pub(crate) fn renegotiate_no_more(&mut self) {
        self.renegotiations = u8::MAX;
    }

    /// Whether renegotiation is enabled.
    pub(crate) fn may_renegotiate(&self) -> bool {
        self.renegotiations < u8::MAX
    }
}

fn count(counter: &mut u8, max: u8, what: Limited) -> Result<(), Error> {
    if *counter >= max {
        return Err(Error::TooMany(what));
    }
    *counter += 1;
    Ok(())
}

/// The longest plaintext of a protected record, each way. Every connection keeps them, so they are short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordLimits {
    pub(crate) send: u16,
    pub(crate) receive: u16,
}

impl RecordLimits {
    pub(crate) const NONE: Self = Self { send: MAX_RECORD_SIZE_LIMIT, receive: MAX_RECORD_SIZE_LIMIT };

    /// RFC 6066 §4: the same both ways. 1 stands for 2^9 bytes, 2 for 2^10, and so on.
    pub(crate) const fn both(length: MaxFragmentLength) -> Self {
        let bytes = 1 << (8 + length.code());
        Self { send: bytes, receive: bytes }
    }
}
