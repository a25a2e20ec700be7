//! What one operation leaves for the next, which may be in another thread, but not in another process.

use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// At most one value, with the process that it belongs to. The lock is held only while the value is moved.
pub(super) struct Kept<T>(Mutex<Option<(u32, T)>>);

impl<T> Kept<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Takes the value out. A value from before a fork is dropped, because the other process has it too.
    pub(super) fn take(&self) -> Option<T> {
        let (process, value) = self.lock().take()?;
        (process == process::id()).then_some(value)
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
}
