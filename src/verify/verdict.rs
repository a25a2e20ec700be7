//! The result of verifying an accepted chain.

use alloc::vec::Vec;
use core::fmt;

use super::breach::Breaches;
use super::rule::Rule;
use super::window::Window;
use crate::session::Verified;

/// The result of verifying an accepted chain: the path, how long the result holds, and which rules for CAs its issuers
/// violated.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub(super) window: Window,
    pub(super) basis: Basis,
    pub(super) notes: Vec<(usize, Breaches)>,
}

/// Why the peer's certificate is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Basis {
    /// A path leads to a root.
    Path {
        /// The indices of its certificates in the chain that the peer sent: 0, the peer's own, then each issuer in
        /// turn.
        certificates: Vec<usize>,
        /// The index of the root in the [`TrustStore`](super::TrustStore), in the order of
        /// [`subjects`](super::TrustStore::subjects).
        root: usize,
    },
    /// The certificate itself is in the store, at this index in the order of [`subjects`](super::TrustStore::subjects).
    Itself {
        /// That index.
        root: usize,
    },
    /// It is pinned.
    Pinned,
    /// It was accepted before, and the verdict is cached ([`Verifier::cache`](super::Verifier::cache)).
    Remembered,
}

impl Verdict {
    /// Returns the validity of the verdict, as sessions store it.
    #[must_use]
    pub fn verified(&self) -> Verified {
        self.window.into()
    }

    /// Returns why the certificate is trusted.
    #[must_use]
    pub const fn basis(&self) -> &Basis {
        &self.basis
    }

    /// Returns the rules for CAs that the issuers violated. These violations are harmless: [`rfc5280`](super::rfc5280)
    /// lists what is noted and what is refused. A cached verdict has no notes.
    pub fn notes(&self) -> impl Iterator<Item = Note> + '_ {
        self.notes.iter().flat_map(|(certificate, breaches)| {
            breaches.iter().map(|breach| {
                let (rule, clause, text) = breach.describe();
                Note { certificate: *certificate, rule, clause, text }
            })
        })
    }
}

/// A rule of RFC 5280 for CAs that a certificate violates.
///
/// [`Display`](fmt::Display) writes it in one line, such as "certificate 1 does not identify its issuer's key
/// (authorityKeyIdentifier) (RFC 5280 §4.2.1.1)".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// The index of the certificate in the chain; 0 is the peer's own.
    pub certificate: usize,
    /// The rule, as [`Verifier::require`](super::Verifier::require) takes it.
    pub rule: Rule,
    /// The clause of RFC 5280, such as "§4.2.1.1".
    pub clause: &'static str,
    /// What is wrong, as the rest of a sentence that starts with the certificate.
    pub text: &'static str,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { certificate, clause, text, .. } = self;
        write!(f, "certificate {} {text} (RFC 5280 {clause})", certificate.saturating_add(1))
    }
}
