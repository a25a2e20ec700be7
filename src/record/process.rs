//! Which process this is: after a fork, another.

pub(super) fn id() -> u32 {
    std::process::id()
}
