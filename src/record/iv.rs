//! The IVs of CBC records: fresh random bytes for each (RFC 5246 §6.2.3.2), drawn for several records at a time.

use alloc::sync::Arc;
use zeroize::Zeroize;

use super::CBC_IV_LEN;
use crate::crypto::Provider;
use crate::error::ProviderError;

/// The number of IVs drawn at a time: 256 bytes, the most that Linux returns without interruption (getrandom(2)).
const AHEAD: usize = 16;

/// The IVs of one direction, under one key.
pub(super) struct Ivs {
    provider: Arc<dyn Provider>,
    /// The unused IVs are at the end; used ones have been replaced by zeros.
    drawn: [[u8; CBC_IV_LEN]; AHEAD],
    left: usize,
    /// The number of IVs to draw when none is left.
    at_a_time: usize,
    /// The process in which the unused IVs were drawn.
    process: Option<u32>,
}

impl Ivs {
    pub(super) fn new(provider: Arc<dyn Provider>) -> Self {
        Self { provider, drawn: [[0; CBC_IV_LEN]; AHEAD], left: 0, at_a_time: AHEAD, process: None }
    }

    /// Prepares for a write of `records` records. IVs drawn before a fork are discarded, because the other process has
    /// them too. If the process ID is not available, none are kept from one write to the next.
    pub(super) fn start_write(&mut self, records: usize) {
        let process = process();
        if process.is_none() || process != self.process {
            self.drawn.zeroize();
            self.left = 0;
        }
        self.process = process;
        self.at_a_time = if process.is_some() { AHEAD } else { records.clamp(1, AHEAD) };
    }

    /// The IV of the next record.
    pub(super) fn next(&mut self) -> Result<[u8; CBC_IV_LEN], ProviderError> {
        if self.left == 0 {
            let room = self.drawn.get_mut(AHEAD - self.at_a_time..).unwrap_or_default();
            self.provider.random().fill(room.as_flattened_mut())?;
            self.left = self.at_a_time;
        }
        let drawn = self.drawn.get_mut(AHEAD - self.left).ok_or(ProviderError::Random)?;
        let iv = *drawn;
        drawn.zeroize();
        self.left -= 1;
        Ok(iv)
    }
}

impl Drop for Ivs {
    fn drop(&mut self) {
        self.drawn.zeroize();
    }
}

#[cfg(feature = "std")]
fn process() -> Option<u32> {
    Some(super::process::id())
}

#[cfg(not(feature = "std"))]
fn process() -> Option<u32> {
    None
}

#[cfg(test)]
#[cfg(all(feature = "ring", feature = "std"))]
#[allow(clippy::unwrap_used)]
mod tests {

    use super::*;
    use alloc::vec::Vec;

    fn ivs() -> Ivs {
        Ivs::new(crate::crypto::ring::provider())
    }

    #[test]
    fn none_comes_twice_and_none_stays() {
        let mut ivs = ivs();
        let mut seen = Vec::new();
        for _ in 0..AHEAD + 3 {
            ivs.start_write(1);
            let iv = ivs.next().unwrap();
            assert!(!seen.contains(&iv) && !ivs.drawn.contains(&iv));
            seen.push(iv);
        }
        // One draw for the first 16, and one for the rest.
        assert_eq!(ivs.left, AHEAD - 3);
    }

    /// A forked process has copies of the IVs drawn before the fork.
    #[test]
    fn none_is_used_that_was_drawn_by_another_process() {
        let mut ivs = ivs();
        ivs.start_write(1);
        ivs.next().unwrap();
        let before = ivs.drawn;
        ivs.process = ivs.process.map(|id| id + 1);
        ivs.start_write(1);
        assert_eq!((ivs.left, ivs.drawn), (0, [[0; CBC_IV_LEN]; AHEAD]));
        for _ in 0..AHEAD {
            assert!(!before.contains(&ivs.next().unwrap()));
        }
    }

    /// As without `std`, where a fork cannot be detected.
    #[test]
    fn where_the_process_is_not_known_as_many_are_drawn_as_are_written() {
        let mut ivs = ivs();
        (ivs.at_a_time, ivs.left) = (3, 0);
        ivs.next().unwrap();
        assert_eq!(ivs.left, 2);
    }
}
