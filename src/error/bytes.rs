//! Bytes that are not printed.

use core::fmt;

/// Replaces bytes in `Debug` output, showing only their number: secrets, plaintext, and identifiers that could link
/// connections, such as tickets.
pub(crate) struct Bytes(pub(crate) usize);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0)
    }
}
