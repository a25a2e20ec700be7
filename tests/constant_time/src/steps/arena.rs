//! An allocator that returns the same addresses in each run, so that they can be compared.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const LEN: usize = 1 << 26;

/// Each block takes a multiple of this. A number of a key has a byte more in DER if its highest bit is set, and a whole key has some:
/// they must not move what comes after them. No part of an RSA key of 2048, 3072 or 4096 bits has about as many bytes as a multiple.
const STEP: usize = 80;

/// The address of the arena, or 0 before it is allocated.
static START: AtomicUsize = AtomicUsize::new(0);
/// The number of bytes in use, or [`OFF`].
static USED: AtomicUsize = AtomicUsize::new(OFF);
const OFF: usize = usize::MAX;

/// Runs `work`, which allocates in the arena. Nothing that it allocates may be used afterwards.
pub fn inside<T>(work: impl FnOnce() -> T) -> T {
    if START.load(Relaxed) == 0 {
        let layout = Layout::from_size_align(LEN, 1 << 12).unwrap();
        // SAFETY: the size is not 0.
        START.store(unsafe { System.alloc_zeroed(layout) }.expose_provenance(), Relaxed);
    }
    USED.store(0, Relaxed);
    let result = work();
    let used = USED.swap(OFF, Relaxed);
    // SAFETY: the arena has at least this length, and nothing in it is used any more.
    unsafe { std::ptr::write_bytes(std::ptr::with_exposed_provenance_mut::<u8>(START.load(Relaxed)), 0, used) };
    result
}

/// Returns zeroed memory, or `None` if the arena is off or full.
pub fn allocate(layout: Layout) -> Option<*mut u8> {
    let used = USED.load(Relaxed);
    if used == OFF {
        return None;
    }
    let at = used.next_multiple_of(layout.align());
    let end = at.checked_add(layout.size().checked_next_multiple_of(STEP)?).filter(|end| *end <= LEN)?;
    USED.store(end, Relaxed);
    Some(std::ptr::with_exposed_provenance_mut(START.load(Relaxed) + at))
}

/// Returns whether a block is in the arena, where nothing is freed.
pub fn owns(block: *mut u8) -> bool {
    let start = START.load(Relaxed);
    start != 0 && (start..start + LEN).contains(&block.addr())
}
