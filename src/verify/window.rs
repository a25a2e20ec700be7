//! For how long a verdict holds.

use core::time::Duration;
use rustls_pki_types::UnixTime;

use crate::session::Verified;

/// From the first to the last second since 1970, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from: i64,
    pub(super) until: i64,
}

impl From<Window> for Verified {
    fn from(window: Window) -> Self {
        let time = |second: i64| UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(second).unwrap_or(0)));
        Self::between(time(window.from), time(window.until))
    }
}

impl Window {
    pub(super) const ALWAYS: Self = Self { from: i64::MIN, until: i64::MAX };

    /// The intersection of both.
    pub(super) fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }

    #[cfg(feature = "std")]
    pub(super) fn contains(self, second: i64) -> bool {
        (self.from..=self.until).contains(&second)
    }
}
