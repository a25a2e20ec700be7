//! A trust anchor (RFC 5280 §6.1.1 (d)): a name, a key, and its constraints. Its own certificate is not validated.

use alloc::boxed::Box;
use rustls_pki_types::CertificateDer;

use super::certificate::{Certificate, Key, Version};
use super::der::Fault;
use super::extensions::KeyUsage;
use super::names::Name;
use super::text;
use super::window::Window;

/// A trust anchor.
#[derive(Clone)]
pub(super) struct Anchor {
    /// A Name, in DER.
    subject: Box<[u8]>,
    /// A SubjectPublicKeyInfo.
    key: Box<[u8]>,
    /// The identifier of the key.
    pub(super) subject_key: Option<Box<[u8]>>,
    /// The content of the NameConstraints.
    pub(super) name_constraints: Option<Box<[u8]>>,
    pub(super) path_len: Option<u64>,
    pub(super) validity: Window,
    pub(super) issues: Issues,
    /// Whether it may sign revocation lists (§6.3.3 (f)): a certificate that is only trusted itself must have cRLSign.
    pub(super) signs_lists: bool,
    /// The subject, for people.
    pub(super) text: Box<str>,
    /// Its certificate, if it was given as one.
    pub(super) certificate: Option<CertificateDer<'static>>,
}

/// Whether an anchor issues certificates. If it does not, only the anchor itself is trusted: otherwise anyone with the
/// key of a trusted device could issue certificates for any name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Issues {
    Yes,
    /// It does not belong to an authority (basicConstraints), or, in a version that cannot say so, is not self-issued.
    NoAuthority,
    /// Its keyUsage has no keyCertSign.
    NoCertSign,
}

impl Anchor {
    /// Returns the anchor for a certificate.
    pub(super) fn of_certificate(certificate: &CertificateDer<'_>) -> Result<Self, Fault> {
        let parsed = Certificate::parse(certificate)?;
        let (extensions, issues) = (&parsed.extensions, issues(&parsed));
        Ok(Self {
            subject: parsed.subject.whole.into(),
            key: parsed.key.whole.into(),
            subject_key: extensions.subject_key.map(Into::into),
            name_constraints: extensions.name_constraints.map(Into::into),
            path_len: extensions.basic_constraints.and_then(|constraints| constraints.path_len),
            validity: parsed.validity,
            issues,
            signs_lists: extensions.key_usage.map_or(issues == Issues::Yes, KeyUsage::signs_lists),
            text: text::name(parsed.subject).into(),
            certificate: Some(certificate.clone().into_owned()),
        })
    }

    /// Returns an anchor from a `TrustAnchor`, which has only a name, a key and name constraints.
    #[cfg(feature = "webpki-roots")]
    pub(super) fn of_trust_anchor(anchor: &rustls_pki_types::TrustAnchor<'_>) -> Option<Self> {
        use super::der;

        let subject = der::wrap(der::SEQUENCE, &[&anchor.subject])?;
        let key = der::wrap(der::SEQUENCE, &[&anchor.subject_public_key_info])?;
        Key::new(&key)?;
        let text = text::name(Name::new(&subject)?).into();
        Some(Self {
            subject: subject.into(),
            key: key.into(),
            subject_key: None,
            name_constraints: anchor.name_constraints.as_ref().map(|names| names.as_ref().into()),
            path_len: None,
            validity: Window::ALWAYS,
            issues: Issues::Yes,
            signs_lists: true,
            text,
            certificate: None,
        })
    }

    pub(super) fn name(&self) -> Name<'_> {
        Name { whole: &self.subject }
    }

    /// Whether this is its key.
    pub(super) fn has_key(&self, key: Key<'_>) -> bool {
        *self.key == *key.whole
    }

    /// Always `Some`: the key was parsed when the anchor was created.
    pub(super) fn key(&self) -> Option<Key<'_>> {
        Key::new(&self.key)
    }
}

/// The checks of RFC 5280 §6.1.4 (k) and (n), which path validation applies to every other issuer.
fn issues(certificate: &Certificate<'_>) -> Issues {
    let usage = certificate.extensions.key_usage;
    let is_authority = match (certificate.version, certificate.extensions.basic_constraints) {
        (_, Some(constraints)) => constraints.is_authority,
        // It says so in another way, which is enough for an anchor.
        (Version::V3, None) => usage.is_some_and(KeyUsage::signs_certificates),
        // An old version cannot say so; the caller vouches for it.
        (Version::Old, None) => certificate.is_self_issued(),
    };
    let signs = usage.is_none_or(KeyUsage::signs_certificates);
    match (is_authority, signs) {
        (false, _) => Issues::NoAuthority,
        (true, false) => Issues::NoCertSign,
        (true, true) => Issues::Yes,
    }
}
