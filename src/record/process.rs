//! The process ID, which detects a fork.

pub(super) fn id() -> u32 {
    std::process::id()
}
