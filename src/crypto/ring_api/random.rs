//! The operating system's source of randomness, by a library with the API of ring.

use super::library::rand::{self, SecureRandom as _};
use crate::crypto::SecureRandom;
use crate::error::ProviderError;

#[derive(Debug)]
pub(super) struct SystemRandom;

impl SecureRandom for SystemRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        rand::SystemRandom::new().fill(out).map_err(|_| ProviderError::Random)
    }
}
