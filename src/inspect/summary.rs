//! What is known of a conversation as a whole.

use alloc::vec::Vec;

use super::bound::MAX_FINDINGS;
use super::finding::{Check, Fault, Unknown};
use super::item::{Both, Direction, Place};
use crate::crypto::CipherSuite;
use crate::wire::{Alert, ProtocolVersion};

/// What is known of a conversation as a whole: see [`Conversation::summary`](super::Conversation::summary).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Summary {
    /// The version that the server chose.
    pub version: Option<ProtocolVersion>,
    /// The number of the suite that the server chose last.
    pub suite: Option<u16>,
    /// Whether the last handshake resumed a session; `None` until this is known.
    pub resumed: Option<bool>,
    /// How many handshakes both sides finished, each with a verified Finished.
    pub handshakes: u64,
    /// The alert that ended the conversation, and the direction in which it was sent: the first that is fatal.
    pub fatal_alert: Option<(Direction, Alert)>,
    /// Everything that is wrong, the first [`MAX_FINDINGS`].
    pub faults: Vec<Found<Fault>>,
    /// Everything that could not be checked, the first [`MAX_FINDINGS`].
    pub unknown: Vec<Found<Unknown>>,
    /// How many further faults there are.
    pub more_faults: u64,
    /// How many further things could not be checked.
    pub more_unknown: u64,
    pub(super) states: Both<State>,
}

/// Something found, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found<T> {
    /// Where.
    pub place: Place,
    /// In which check; `None` for the protection of a record.
    pub check: Option<Check>,
    /// What.
    pub what: T,
}

/// The state of a side: what it has sent so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum State {
    /// Nothing.
    #[default]
    Silent,
    /// Handshake messages, in plaintext.
    Handshake,
    /// ChangeCipherSpec: its records are protected.
    Protected,
    /// A Finished that was verified.
    Finished,
    /// close_notify.
    Closed,
    /// A fatal alert.
    Failed,
}

/// Whether a conversation is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// All of it was checked, and is right: every record opened with its sequence number, at least one handshake was
    /// completed, every Finished and signature and every renegotiation_info that was sent was verified, and both
    /// directions ended with close_notify.
    ///
    /// This is about the bytes. Who the sides are is for [`Check::Chain`], and only if a verifier was given.
    Verified,
    /// Something is wrong: see [`Summary::faults`].
    Failed,
    /// Nothing is wrong as far as could be checked, but not everything could: see [`Summary::unknown`].
    Unknown,
}

impl Summary {
    /// Returns the state of the side that sends in `direction`.
    #[must_use]
    pub const fn state(&self, direction: Direction) -> State {
        *self.states.of(direction)
    }

    /// Returns the name of the suite, in the standards, if there is a suite and it has a name.
    #[must_use]
    pub fn suite_name(&self) -> Option<&'static str> {
        self.suite.and_then(crate::crypto::suite_name)
    }

    /// Returns the suite, if it is one that can be opened.
    #[must_use]
    pub fn supported_suite(&self) -> Option<&'static CipherSuite> {
        self.suite.and_then(CipherSuite::from_code)
    }

    /// Returns whether the conversation is verified so far. It is not before it has ended.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let is_closed = self.states.client == State::Closed && self.states.server == State::Closed;
        let lacks = self.more_unknown > 0 || self.unknown.iter().any(|found| found.what.concerns_bytes());
        if !self.faults.is_empty() {
            Verdict::Failed
        } else if self.handshakes == 0 || lacks || !is_closed {
            Verdict::Unknown
        } else {
            Verdict::Verified
        }
    }

    /// Notes that the side that sends in `direction` has come to `state`.
    pub(super) fn reach(&mut self, direction: Direction, state: State) {
        let current = self.states.of_mut(direction);
        *current = state.max(*current);
    }

    pub(super) fn fault(&mut self, place: Place, check: Option<Check>, what: Fault) {
        add(&mut self.faults, &mut self.more_faults, Found { place, check, what });
    }

    pub(super) fn not_known(&mut self, place: Place, check: Option<Check>, what: Unknown) {
        add(&mut self.unknown, &mut self.more_unknown, Found { place, check, what });
    }
}

fn add<T>(list: &mut Vec<Found<T>>, more: &mut u64, found: Found<T>) {
    if list.len() < MAX_FINDINGS {
        list.push(found);
    } else {
        *more = more.saturating_add(1);
    }
}
