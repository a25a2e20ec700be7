//! Secrets: wiped when dropped, never printed, compared in constant time.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use ctutils::CtEq;

use crate::error::Bytes;

/// Wipes a field of a type when the type is dropped. The derive macros of `zeroize` do the same, but with them every program
/// that uses this crate would compile `syn`.
macro_rules! wipe_on_drop {
    ($($type:ident.$field:tt),+) => {$(
        impl zeroize::Zeroize for $type {
            fn zeroize(&mut self) {
                self.$field.zeroize();
            }
        }

        impl Drop for $type {
            fn drop(&mut self) {
                zeroize::Zeroize::zeroize(self);
            }
        }

        impl zeroize::ZeroizeOnDrop for $type {}
    )+};
}
pub(crate) use wipe_on_drop;

wipe_on_drop!(Secret.0, MasterSecret.0);

/// Secret bytes of any length.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes ownership of `bytes`, which are wiped on drop.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Returns the secret bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Returns the secret bytes for writing.
    #[must_use]
    pub fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secret").field(&Bytes(self.0.len())).finish()
    }
}

/// The premaster secret (RFC 5246 §8.1): 48 bytes for RSA, the shared secret for ECDHE.
pub type PremasterSecret = Secret;

/// The master secret (RFC 5246 §8.1). It is on the heap, so that moves leave no copy behind.
#[derive(Clone)]
pub struct MasterSecret(pub(crate) Box<[u8; Self::LEN]>);

impl MasterSecret {
    /// Its length, in bytes (RFC 5246 §8.1).
    pub const LEN: usize = 48;

    /// Returns the secret bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MasterSecret").field(&Bytes(Self::LEN)).finish()
    }
}

/// Whether two byte strings are equal. The time depends only on their lengths.
pub(crate) fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).to_bool()
}
