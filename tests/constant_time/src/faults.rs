//! Calls of the provider that fail, or panic, when a test says so.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use tls12::ProviderError;

/// How a fault is told, by an error and by a panic.
pub const TEXT: &str = "a fault of the test";

/// How many more calls succeed.
#[derive(Debug)]
pub struct Faults {
    /// All calls but those of private keys and of key exchange: randomness, hashes, keys, records, encryption by RSA.
    calls: AtomicUsize,
    /// Only those that seal an AEAD record.
    seals: AtomicUsize,
    panics: AtomicBool,
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Error,
    Panic,
}

impl Faults {
    pub const fn none() -> Self {
        let never = usize::MAX;
        Self { calls: AtomicUsize::new(never), seals: AtomicUsize::new(never), panics: AtomicBool::new(false) }
    }

    /// Makes the `n`th call from now go wrong, counted from 1; those after it succeed.
    pub fn at_call(&self, n: usize, fault: Fault) {
        self.panics.store(fault == Fault::Panic, Relaxed);
        self.calls.store(n, Relaxed);
    }

    /// The same for the `n`th AEAD record that is sealed.
    pub fn at_seal(&self, n: usize, fault: Fault) {
        self.panics.store(fault == Fault::Panic, Relaxed);
        self.seals.store(n, Relaxed);
    }

    /// Returns whether the call of [`Self::at_call`] is still to come.
    pub fn is_ahead(&self) -> bool {
        self.calls.load(Relaxed) < usize::MAX / 2
    }

    pub fn call(&self) -> Result<(), ProviderError> {
        self.count(&self.calls)
    }

    pub fn seal(&self) -> Result<(), ProviderError> {
        self.count(&self.seals)?;
        self.call()
    }

    fn count(&self, left: &AtomicUsize) -> Result<(), ProviderError> {
        if left.fetch_sub(1, Relaxed) == 1 {
            left.store(usize::MAX, Relaxed);
            assert!(!self.panics.load(Relaxed), "{TEXT}");
            return Err(ProviderError::Failed(TEXT));
        }
        Ok(())
    }
}
