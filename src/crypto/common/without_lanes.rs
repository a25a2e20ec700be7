//! In place of `lanes.rs`, without the feature `simd` or on processors other than x86-64: messages are hashed one at a time.

/// The number of messages that would be hashed at once.
pub(super) const LANES: usize = 16;

pub(super) type CompressLanes<State, const BLOCK: usize> = fn(&mut [State; LANES], [&[[u8; BLOCK]]; LANES]) -> usize;

/// Returns `None`.
pub(super) fn sha1() -> Option<CompressLanes<[u32; 5], 64>> {
    None
}

/// Returns `None`.
pub(super) fn sha256() -> Option<CompressLanes<[u32; 8], 64>> {
    None
}
