//! In place of `kept.rs`, without the feature `std`: there is no lock, and a fork cannot be detected, so nothing is kept.

use core::marker::PhantomData;

/// No value.
pub(super) struct Kept<T>(PhantomData<fn() -> T>);

impl<T> Kept<T> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }

    pub(super) fn take(&self) -> Option<T> {
        let Self(_) = self;
        None
    }

    /// Drops the value.
    pub(super) fn put(&self, _: T) {
        let Self(_) = self;
    }
}
