//! The source of randomness that `getrandom` has for the target.

use crate::crypto::SecureRandom;
use crate::error::ProviderError;

#[derive(Debug)]
pub(super) struct SystemRandom;

impl SecureRandom for SystemRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        getrandom::fill(out).map_err(|_| ProviderError::Random)
    }
}
