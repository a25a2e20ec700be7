//! Counts of handshakes and their outcomes.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::resumption::Resumption;
use crate::crypto::CipherSuite;
use crate::error::{Error, Side};

/// Counts the handshakes of all connections whose configurations use it, such as that of a server and the one that
/// replaces it. Read the counts with [`Self::counts`].
///
/// A connection whose configuration is chosen by the ClientHello is counted from that choice on.
#[derive(Default)]
pub struct HandshakeCounter(Mutex<HandshakeCounts>);

/// Counts of handshakes and their outcomes. It has at most one number for each cipher suite and each variant of
/// [`Error`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandshakeCounts {
    /// Full handshakes, by the name of the cipher suite.
    pub full: BTreeMap<&'static str, u64>,
    /// Handshakes that resumed a session, by the name of the cipher suite.
    pub resumed: BTreeMap<&'static str, u64>,
    /// Failed handshakes. They include `InappropriateFallback`: a client that failed before and retried with a lower
    /// version (RFC 7507).
    pub failed: BTreeMap<FailureKind, u64>,
    /// Connections that failed after the handshake, including `Truncated` and `Reset`, with which many peers end
    /// connections.
    pub broken: BTreeMap<FailureKind, u64>,
}

/// The kind of a failure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct FailureKind {
    /// The side that caused it: `Peer`, `Local`, `Both` or `Transport`, as in [`Side`].
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
    /// Returns the current counts.
    #[must_use]
    pub fn counts(&self) -> HandshakeCounts {
        self.lock().clone()
    }

    pub(crate) fn complete(&self, suite: &CipherSuite, resumption: Option<Resumption>) {
        let mut counts = self.lock();
        let by_suite = if resumption.is_some() { &mut counts.resumed } else { &mut counts.full };
        add_one(by_suite.entry(suite.name).or_default());
    }

    pub(crate) fn failed(&self, error: &Error) {
        add_one(self.lock().failed.entry(FailureKind::of(error)).or_default());
    }

    pub(crate) fn broken(&self, error: &Error) {
        add_one(self.lock().broken.entry(FailureKind::of(error)).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, HandshakeCounts> {
        // Nothing here panics while the lock is held.
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
