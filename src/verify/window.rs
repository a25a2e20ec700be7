//! For how long a verdict holds.

/// From the first to the last second since 1970, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from: i64,
    pub(super) until: i64,
}

impl Window {
    pub(super) const ALWAYS: Self = Self { from: i64::MIN, until: i64::MAX };

    /// What is within both.
    pub(super) fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }

    #[cfg(feature = "std")]
    pub(super) fn contains(self, second: i64) -> bool {
        (self.from..=self.until).contains(&second)
    }
}
