//! Counts of what happened between a server and Redis.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use super::Trouble;

/// Counts of events on this server since its start. All except [`Self::found`], [`Self::missing`] and the last two
/// stand for full handshakes instead of resumptions, sessions that were not stored, or ticket keys that were not
/// updated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Lookups that found a session.
    pub found: u64,
    /// Lookups that found no session.
    pub missing: u64,
    /// Sessions that were stored.
    pub kept: u64,
    /// Requests that timed out.
    pub timed_out: u64,
    /// Requests without a connection, or whose connection broke.
    pub unreachable: u64,
    /// Requests that Redis refused.
    pub refused: u64,
    /// Requests that were not made, because Redis had just failed or was overloaded.
    pub not_asked: u64,
    /// Sessions and ticket keys that were corrupted, or not from this fleet.
    pub unreadable: u64,
    /// Sessions that were too long to be stored.
    pub too_long: u64,
    /// Failures of this side's provider.
    pub provider_failed: u64,
    /// How often this server wrote ticket keys to Redis: the first, the next, or those that Redis had lost.
    pub ticket_keys_published: u64,
    /// The generation of this server's ticket keys, which is the same on all servers; 0 if it has none yet.
    pub ticket_generation: u64,
}

impl fmt::Display for Counters {
    /// Writes the counts that are not 0.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            ("found", self.found),
            ("missing", self.missing),
            ("kept", self.kept),
            ("timed out", self.timed_out),
            ("unreachable", self.unreachable),
            ("refused", self.refused),
            ("not asked", self.not_asked),
            ("unreadable", self.unreadable),
            ("too long", self.too_long),
            ("provider failed", self.provider_failed),
            ("ticket keys published", self.ticket_keys_published),
        ];
        for (what, count) in all.iter().filter(|(_, count)| *count > 0) {
            write!(f, "{what} {count}, ")?;
        }
        write!(f, "ticket keys of generation {}", self.ticket_generation)
    }
}

#[derive(Default)]
pub(super) struct Counts {
    pub(super) found: Count,
    pub(super) missing: Count,
    pub(super) kept: Count,
    pub(super) ticket_keys_published: Count,
    timed_out: Count,
    unreachable: Count,
    refused: Count,
    not_asked: Count,
    unreadable: Count,
    too_long: Count,
    provider_failed: Count,
}

#[derive(Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counts {
    pub(super) fn trouble(&self, trouble: Trouble) {
        let count = match trouble {
            Trouble::TimedOut => &self.timed_out,
            Trouble::Unreachable => &self.unreachable,
            Trouble::Refused => &self.refused,
            Trouble::NotAsked => &self.not_asked,
            Trouble::Unreadable => &self.unreadable,
            Trouble::TooLong => &self.too_long,
            Trouble::Provider(_) => &self.provider_failed,
        };
        count.add_one();
    }

    pub(super) fn snapshot(&self, ticket_generation: u64) -> Counters {
        Counters {
            found: self.found.get(),
            missing: self.missing.get(),
            kept: self.kept.get(),
            timed_out: self.timed_out.get(),
            unreachable: self.unreachable.get(),
            refused: self.refused.get(),
            not_asked: self.not_asked.get(),
            unreadable: self.unreadable.get(),
            too_long: self.too_long.get(),
            provider_failed: self.provider_failed.get(),
            ticket_keys_published: self.ticket_keys_published.get(),
            ticket_generation,
        }
    }
}
