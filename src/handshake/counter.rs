//! How often handshakes went how.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::info::ConnectionInfo;
use crate::error::{Error, Side};

/// Counts the handshakes of all connections whose configurations it was given to; such as that of a server and the one that
/// replaces it. Read it by [`Self::counts`].
///
/// A connection whose configuration is chosen by the ClientHello is counted from then on.
#[derive(Default)]
pub struct HandshakeCounter(Mutex<HandshakeCounts>);

/// How often handshakes went how. It holds at most a number for each cipher suite and each variant of [`Error`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandshakeCounts {
    /// Full handshakes, by the name of the cipher suite.
    pub full: BTreeMap<&'static str, u64>,
    /// Handshakes that resumed a session, by the name of the cipher suite.
    pub resumed: BTreeMap<&'static str, u64>,
    /// Handshakes that failed. Among them `InappropriateFallback`: a client had failed before, and tried again with less
    /// (RFC 7507).
    pub failed: BTreeMap<FailureKind, u64>,
    /// Connections that failed after the handshake; also `Truncated` and `Reset`, which many peers take for an end.
    pub broken: BTreeMap<FailureKind, u64>,
}

/// What failures are counted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct FailureKind {
    /// Whose side it was on: `Peer`, `Local`, `Both` or `Transport`, as [`Side`] has it.
    pub side: &'static str,
    /// The cause: the name of the variant of [`Error`], such as `Certificate` or `BadRecordMac`.
    pub cause: String,
}

impl FailureKind {
    fn of(error: &Error) -> Self {
        let side = match error.side() {
            Side::Peer => "Peer",
            Side::Local => "Local",
            Side::Both => "Both",
            Side::Transport => "Transport",
        };
        let text = format!("{error:?}");
        let cause = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        Self { side, cause: cause.to_owned() }
    }
}

impl HandshakeCounter {
    /// The counts of now.
    #[must_use]
    pub fn counts(&self) -> HandshakeCounts {
        self.lock().clone()
    }

    pub(crate) fn complete(&self, info: &ConnectionInfo) {
        let mut counts = self.lock();
        let by_suite = if info.resumed() { &mut counts.resumed } else { &mut counts.full };
        add_one(by_suite.entry(info.suite().name).or_default());
    }

    pub(crate) fn failed(&self, error: &Error) {
        add_one(self.lock().failed.entry(FailureKind::of(error)).or_default());
    }

    pub(crate) fn broken(&self, error: &Error) {
        add_one(self.lock().broken.entry(FailureKind::of(error)).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, HandshakeCounts> {
        // Nothing in here panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add_one(count: &mut u64) {
    *count = count.saturating_add(1);
}

impl fmt::Debug for HandshakeCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HandshakeCounter").field(&self.counts()).finish()
    }
}
