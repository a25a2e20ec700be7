//! What one operation leaves for the next, which may be in another thread, but not in another process.

use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroize;

/// At most one value, with the process that it belongs to. The lock is held only while the value is moved.
pub(super) struct Kept<T>(Mutex<Option<(u32, T)>>);

impl<T: Clone + Zeroize> Kept<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Takes the value out. A value from before a fork is dropped, because the other process has it too. (It is not noticed if the other
    /// process has the same number, in a namespace of its own.)
    pub(super) fn take(&self) -> Option<T> {
        let mut kept = self.lock();
        let taken = kept.clone();
        // `Option::take` would leave the value where it is.
        kept.zeroize();
        drop(kept);
        taken.filter(|(process, _)| *process == process::id()).map(|(_, value)| value)
    }

    pub(super) fn put(&self, value: T) {
        let replaced = self.lock().replace((process::id(), value));
        drop(replaced);
    }

    fn lock(&self) -> MutexGuard<'_, Option<(u32, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_taken_once_and_by_the_same_process_only() {
        let kept = Kept::new();
        assert_eq!(kept.take(), None);
        kept.put(1);
        kept.put(2);
        assert_eq!([kept.take(), kept.take()], [Some(2), None]);
        kept.put(3);
        if let Some((process, _)) = kept.lock().as_mut() {
            *process += 1;
        }
        assert_eq!([kept.take(), kept.take()], [None, None]);
    }

    /// What was taken must not be found where it was.
    #[test]
    fn what_is_taken_is_wiped() {
        #[derive(Clone, PartialEq, Debug)]
        struct Wiped<'a>(&'a core::cell::Cell<u32>);

        impl Zeroize for Wiped<'_> {
            fn zeroize(&mut self) {
                self.0.set(self.0.get() + 1);
            }
        }

        let wiped = core::cell::Cell::new(0);
        let kept = Kept::new();
        kept.put(Wiped(&wiped));
        assert_eq!(kept.take(), Some(Wiped(&wiped)));
        assert_eq!(wiped.get(), 1);
    }
}
