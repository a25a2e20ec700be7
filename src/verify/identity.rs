//! What the verdicts of a verifier depend on, as a hash.

use sha2::{Digest, Sha256};

/// A hash of roots, pins and settings, in the order in which they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(pub(super) [u8; 32]);

impl Identity {
    /// That of nothing.
    pub(super) const NONE: Self = Self([0; 32]);

    /// That of what this is of, and of this too.
    pub(super) fn and(self, fields: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for field in [&self.0[..]].iter().chain(fields) {
            hash.update(field.len().to_be_bytes());
            hash.update(field);
        }
        Self(hash.finalize().into())
    }
}
