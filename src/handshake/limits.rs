//! How often a peer may do what is harmless once.

use super::refusal::RenegotiationRefusal;
use crate::error::{Error, Limited};

/// Records without content, one after another (as many as OpenSSL accepts). They were once sent to hide the next IV.
const MAX_EMPTY_RECORDS: u8 = 32;

/// Warning alerts on one connection (as many as rustls and OpenSSL accept, give or take one).
const MAX_WARNINGS: u8 = 4;

/// Requests to renegotiate on one connection. Each is answered with an alert, which costs more than asking.
const MAX_RENEGOTIATION_REQUESTS: u8 = 4;

/// What a peer has done of what it may do only so often.
#[derive(Default)]
pub(crate) struct Tolerance {
    empty_records: u8,
    warnings: u8,
    renegotiation_requests: u8,
    renegotiations: u8,
    /// The last refusal to renegotiate, and whether the caller has been told of it.
    refused: Option<(RenegotiationRefusal, Told)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    No,
    Yes,
}

impl Tolerance {
    /// Counts one empty record, or the end of a row of them.
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

    /// Keeps why this side refuses to renegotiate.
    pub(crate) fn refuse(&mut self, why: RenegotiationRefusal) {
        self.refused = Some((why, Told::No));
    }

    /// Why this side has refused to renegotiate the last time, if it has.
    pub(crate) fn refused(&self) -> Option<RenegotiationRefusal> {
        self.refused.map(|(why, _)| why)
    }

    /// So, if the caller has not been told.
    pub(crate) fn take_refusal(&mut self) -> Option<RenegotiationRefusal> {
        let (why, told) = self.refused.as_mut()?;
        (core::mem::replace(told, Told::Yes) == Told::No).then_some(*why)
    }

    /// Counts a renegotiation, if there have not been `max` of them; says whether there may be one more.
    pub(crate) fn renegotiate(&mut self, max: u8) -> bool {
        let may = self.renegotiations < max;
        self.renegotiations += u8::from(may);
        may
    }

    /// From here on there may be no renegotiation.
    pub(crate) fn renegotiate_no_more(&mut self) {
        self.renegotiations = u8::MAX;
    }

    /// Whether there may be one at all.
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
