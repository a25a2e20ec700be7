//! A source of randomness with RustCrypto's traits.

use p521::elliptic_curve::rand_core::{TryCryptoRng, TryRng};

use crate::crypto::SecureRandom;
use crate::error::ProviderError;

/// The maximum number of draws of randomness for one operation. Each draw is rejected with probability at most 1/2, so
/// a source that needs more draws is broken.
pub(super) const MAX_DRAWS: u32 = 128;

/// The randomness of one operation.
pub(super) struct Draws<'a> {
    random: &'a dyn SecureRandom,
    left: u32,
}

impl<'a> Draws<'a> {
    pub(super) fn new(random: &'a dyn SecureRandom) -> Self {
        Self { random, left: MAX_DRAWS }
    }
}

impl TryRng for Draws<'_> {
    type Error = ProviderError;

    fn try_next_u32(&mut self) -> Result<u32, ProviderError> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, ProviderError> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), ProviderError> {
        self.left = self.left.checked_sub(1).ok_or(ProviderError::Random)?;
        self.random.fill(out)
    }
}

impl TryCryptoRng for Draws<'_> {}
