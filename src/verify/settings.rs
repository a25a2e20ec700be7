//! How chains are checked.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::policies::CertificatePolicies;
use super::revocation::Revocation;
use super::rule::{Allowed, Required};

/// The maximum number of intermediates in a path by default. Paths on the web have one to three; mbedTLS allows 8,
/// GnuTLS 16.
const MAX_INTERMEDIATES: usize = 10;

/// How chains are checked.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) allowed: Allowed,
    pub(super) required: Required,
    pub(super) policies: CertificatePolicies,
    /// The contents of the identifiers of further accepted purposes.
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
