//! A hash of everything that a verifier's verdicts depend on.

use sha2::{Digest, Sha256};

/// A hash of roots, pins and settings, in the order in which they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(pub(super) [u8; 32]);

impl Identity {
    /// The identity of an empty configuration.
    pub(super) const NONE: Self = Self([0; 32]);

    /// Returns the identity of this configuration with `fields` added.
    pub(super) fn and(self, fields: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for field in [&self.0[..]].iter().chain(fields) {
            hash.update(field.len().to_be_bytes());
            hash.update(field);
        }
        Self(hash.finalize().into())
    }
}
