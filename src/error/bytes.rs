//! Bytes that are not printed.

use core::fmt;

/// Stands in for so many bytes in `Debug` output: of a secret, of plaintext, or of an identifier by which others could be
/// told who talks to whom, such as a ticket.
pub(crate) struct Bytes(pub(crate) usize);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0)
    }
}
