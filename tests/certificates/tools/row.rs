//! What a row is: a set of certificates, the tool that makes it, and the verdicts on it.

use std::path::Path;

pub use tls12::CertificateErrorKind as Kind;
use tls12::verify::Allow;

use crate::certificates::theirs::Theirs;

/// A set of certificates: what is trusted, and what a peer sends.
#[derive(Clone, Copy)]
pub struct Row {
    /// Unique, `tool/what`.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    pub tool: Tool,
    /// The recipe, for the shell, in an empty folder: leaves `roots.pem` (what is trusted) and `chain.pem` (what is sent).
    /// It finds `$GO`, `$PYTHON`, `$NPM` (a folder) and `$PROGRAMS` (of this test).
    pub made: &'static str,
    /// In the place of a recipe: leaves the same files in a folder.
    pub by_us: Option<fn(&Path)>,
    /// The server's name or address; None for a client.
    pub server: Option<&'static str>,
    /// The rules that we relax. The others are asked with their defaults in any case.
    pub allowed: &'static [Allow],
    pub ours: Ours,
    pub openssl: Theirs,
    pub gnutls: Theirs,
    pub go: Theirs,
}

/// Our verdict: accepted, or refused with a kind of error.
pub type Ours = Result<(), Kind>;

/// What a recipe needs.
#[derive(Clone, Copy)]
pub struct Tool {
    /// What must be there, each with what it prints its version for.
    pub needs: &'static [[&'static str; 2]],
    /// A folder that must be there.
    pub folder: Option<&'static str>,
    /// How to install it.
    pub install: &'static str,
}
