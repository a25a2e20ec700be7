//! Certificate revocation lists (RFC 5280 §5).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use rustls_pki_types::CertificateRevocationListDer;
use rustls_pki_types::pem::PemObject;
use webpki::{
    CertRevocationList, ExpirationPolicy, OwnedCertRevocationList, RevocationCheckDepth, RevocationOptions,
    RevocationOptionsBuilder, UnknownStatusPolicy,
};
use x509_parser::prelude::{CertificateRevocationList, FromDer};

use super::rule::{Allow, Allowed};
use super::text;
use super::window::Window;

/// Revocation lists, and what to do about certificates that are on none of their authorities.
///
/// A list counts for what its issuer has issued, if it is signed by it and within its time. Whatever renews the lists makes
/// another verifier with them.
pub struct Revocation {
    lists: Vec<CertRevocationList<'static>>,
    unknown: UnknownStatus,
    window: Window,
}

/// What to do about a certificate of an authority that has given no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownStatus {
    /// Refuse it: there must be a list for every certificate below the root.
    Refuse,
    /// Accept it.
    Accept,
}

impl Revocation {
    /// The lists in `lists`, each in DER.
    ///
    /// # Errors
    /// [`RevocationError`], if there is none, or one cannot be read.
    pub fn from_der<'a>(
        lists: impl IntoIterator<Item = CertificateRevocationListDer<'a>>,
        unknown: UnknownStatus,
    ) -> Result<Self, RevocationError> {
        let mut revocation = Self { lists: Vec::new(), unknown, window: Window::ALWAYS };
        for (position, list) in (1..).zip(lists) {
            revocation.add(&list).map_err(|why| RevocationError::Malformed { position, why })?;
        }
        if revocation.lists.is_empty() { Err(RevocationError::None) } else { Ok(revocation) }
    }

    /// The lists in `pem`. Sections that are no lists are passed over.
    ///
    /// # Errors
    /// [`RevocationError`], if there is none, or one cannot be read.
    pub fn from_pem(pem: &[u8], unknown: UnknownStatus) -> Result<Self, RevocationError> {
        let lists: Result<Vec<_>, _> = (1..)
            .zip(CertificateRevocationListDer::pem_slice_iter(pem))
            .map(|(position, list)| {
                list.map_err(|error| RevocationError::Malformed { position, why: text::plain(&error.to_string()) })
            })
            .collect();
        Self::from_der(lists?, unknown)
    }

    fn add(&mut self, list: &[u8]) -> Result<(), String> {
        let Ok(([], parsed)) = CertificateRevocationList::from_der(list) else {
            return Err(String::from("it is no list in DER"));
        };
        let until = parsed.next_update().map_or(i64::MAX, |time| time.timestamp());
        self.window = self.window.and(Window { from: i64::MIN, until });
        let owned = OwnedCertRevocationList::from_der(list).map_err(|error| text::plain(&error.to_string()))?;
        self.lists.push(owned.into());
        Ok(())
    }

    /// For how long the lists are good.
    pub(super) fn window(&self, allowed: &Allowed) -> Window {
        if allowed.has(Allow::ExpiredCrls) { Window::ALWAYS } else { self.window }
    }

    pub(super) fn references(&self) -> Vec<&CertRevocationList<'static>> {
        self.lists.iter().collect()
    }

    /// For webpki. None if there is no list, which does not happen.
    pub(super) fn options<'a>(
        &self,
        lists: &'a [&'a CertRevocationList<'a>],
        allowed: &Allowed,
    ) -> Option<RevocationOptions<'a>> {
        let unknown = match self.unknown {
            UnknownStatus::Refuse => UnknownStatusPolicy::Deny,
            UnknownStatus::Accept => UnknownStatusPolicy::Allow,
        };
        let expired = match allowed.has(Allow::ExpiredCrls) {
            true => ExpirationPolicy::Ignore,
            false => ExpirationPolicy::Enforce,
        };
        let builder = RevocationOptionsBuilder::new(lists).ok()?;
        let builder = builder.with_depth(RevocationCheckDepth::Chain).with_status_policy(unknown);
        Some(builder.with_expiration_policy(expired).build())
    }
}

impl fmt::Debug for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocation").field("lists", &self.lists.len()).field("unknown", &self.unknown).finish()
    }
}

/// Why there are no revocation lists.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationError {
    /// There is no list in what was given.
    None,
    /// A list cannot be read, or has what is not supported.
    Malformed {
        /// Its place among those given, the first being 1.
        position: usize,
        /// What is wrong.
        why: String,
    },
}

impl fmt::Display for RevocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("there is no revocation list (in PEM: no section X509 CRL)"),
            Self::Malformed { position, why } => write!(f, "revocation list {position} cannot be used: {why}"),
        }
    }
}

impl core::error::Error for RevocationError {}
