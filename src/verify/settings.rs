//! How chains are checked.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::policies::CertificatePolicies;
use super::revocation::Revocation;
use super::rule::{Allowed, Required};

/// How many intermediates a path may have by default. The web's have one to three; mbedTLS follows 8, GnuTLS 16.
const MAX_INTERMEDIATES: usize = 10;

/// How chains are checked.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) allowed: Allowed,
    pub(super) required: Required,
    pub(super) policies: CertificatePolicies,
    /// The contents of the identifiers of further purposes that will do.
    pub(super) purposes: Vec<Box<[u8]>>,
    pub(super) max_intermediates: usize,
    pub(super) revocation: Option<Arc<Revocation>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allowed: Allowed::default(),
            required: Required::default(),
            policies: CertificatePolicies::new(),
            purposes: Vec::new(),
            max_intermediates: MAX_INTERMEDIATES,
            revocation: None,
        }
    }
}
