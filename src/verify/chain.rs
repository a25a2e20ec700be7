//! The verdict on a chain.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::ptr;
use rustls_pki_types::{ServerName, SignatureVerificationAlgorithm, TrustAnchor};
use webpki::{EndEntityCert, Error, VerifiedPath};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::X509Certificate;

use super::certificate::{Certificate, Key};
use super::explain::explain;
use super::finding::{Finding, Place};
use super::ocsp::{self, Status};
use super::path::Path;
use super::revocation::Revocation;
use super::rule::{Allow, Allowed};
use super::stand_in::Shown;
use super::window::Window;
use super::{TrustStore, certificate, listed, tlv};
use crate::error::CertificateError;
use crate::handshake::{KeyUse, Peer, PeerChain, VerifyPeer};
use crate::session::Verified;

/// How many intermediates a path may have: a limit of webpki's own, which it does not show.
pub(super) const MAX_INTERMEDIATES: usize = 6;

/// How many bytes a certificate may have: a limit of webpki's own, 64 kB and a header.
pub(super) const MAX_CERTIFICATE: usize = 0xffff + 4;

/// How chains are checked.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) allowed: Allowed,
    pub(super) max_intermediates: usize,
    pub(super) revocation: Option<Arc<Revocation>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { allowed: Allowed::default(), max_intermediates: MAX_INTERMEDIATES, revocation: None }
    }
}

impl VerifyPeer for TrustStore {
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError> {
        let window = check(self, &Settings::default(), chain);
        window.map(Verified::from).map_err(|finding| explain(Some(self), chain, finding))
    }

    fn identity(&self) -> Option<[u8; 32]> {
        Some(self.identity.0)
    }
}

/// Checks a chain against the roots of `store`: for how long the verdict holds.
pub(super) fn check(store: &TrustStore, settings: &Settings, chain: &PeerChain) -> Result<Window, Finding> {
    let parsed: Vec<_> = chain.certificates.iter().map(|der| certificate::parse(der)).collect();
    if let Some(index) = chain.certificates.iter().position(|der| der.len() > MAX_CERTIFICATE) {
        return Err(Finding::TooLarge(index));
    }
    let shown = Shown::new(&chain.certificates, &parsed, &settings.allowed);
    let (first, others) = shown.certificates.split_first().ok_or(Finding::NoCertificate)?;
    let end_entity = EndEntityCert::try_from(first).map_err(Finding::Path)?;
    let own = parsed.first().and_then(Option::as_ref).ok_or(Finding::Malformed(Place::Sent(0)))?;
    let usage = match chain.peer {
        Peer::Server(_) => webpki::KeyUsage::server_auth(),
        Peer::Client => webpki::KeyUsage::client_auth(),
    };
    let algorithms = shown.algorithms(chain.algorithms.all);
    let algorithms: Vec<_> = algorithms.iter().map(|a| -> &dyn SignatureVerificationAlgorithm { a }).collect();
    // What was wrong with a path that webpki had found good. It says more than why there was no other.
    let refused = RefCell::new(None);
    let window = Cell::new(Window::ALWAYS);
    let judge = |path: &VerifiedPath<'_>| {
        judge(store, settings, chain, &shown, &parsed, path).map(|found| window.set(found)).map_err(|finding| {
            refused.borrow_mut().get_or_insert(finding);
            Error::UnknownIssuer
        })
    };
    let found = end_entity.verify_for_usage(&algorithms, &store.anchors, others, chain.now, usage, None, Some(&judge));
    if let Err(error) = found {
        return Err(refused.into_inner().unwrap_or(Finding::Path(error)));
    }
    // RFC 5246 §7.4.2: each is a certificate, whether it is needed or not.
    if let Some(index) = parsed.iter().position(Option::is_none) {
        return Err(Finding::Malformed(Place::Sent(index)));
    }
    if !is_supported(own, chain.algorithms.all) {
        return Err(Finding::UnknownKey);
    }
    check_key(own, chain.key_use, &settings.allowed)?;
    Ok(window.get())
}

/// Judges a path that webpki has found.
fn judge(
    store: &TrustStore,
    settings: &Settings,
    chain: &PeerChain,
    shown: &Shown<'_>,
    parsed: &[Option<X509Certificate<'_>>],
    path: &VerifiedPath<'_>,
) -> Result<Window, Finding> {
    let found = path.intermediate_certificates().count();
    if found > settings.max_intermediates {
        return Err(Finding::TooLong { limit: settings.max_intermediates, found });
    }
    let mut sent = Vec::new();
    let shown_der = core::iter::once(path.end_entity().der()).chain(path.intermediate_certificates().map(|c| c.der()));
    for der in shown_der {
        let index = shown.certificates.iter().position(|other| *other == der).ok_or(Finding::TooMuchWork)?;
        let certificate = parsed.get(index).and_then(Option::as_ref).ok_or(Finding::Malformed(Place::Sent(index)))?;
        sent.push((index, certificate));
    }
    let root = store.anchors.iter().position(|anchor| ptr::eq(anchor, path.anchor())).ok_or(Finding::TooMuchWork)?;
    let root_certificate = store.certificate(root);
    let (end_entity, anchor) = (path.end_entity(), path.anchor());
    let issuer_key = path.issuer_spki();
    let path = Path { sent, root: (root, root_certificate.as_ref()) };
    path.check(&settings.allowed, chain.now)?;
    let mut window = path.window(&settings.allowed);
    let mut staple = None;
    if let Peer::Server(name) = &chain.peer {
        check_name(name, end_entity, &path, names_bind(anchor), &settings.allowed)?;
        staple = check_staple(chain, &issuer_key, &settings.allowed)?;
        window = window.and(staple.unwrap_or(Window::ALWAYS));
    }
    if let Some(revocation) = &settings.revocation {
        let listed = listed::check(&path, anchor, revocation, &settings.allowed, chain, staple)?;
        window = window.and(listed);
    }
    Ok(window)
}

/// RFC 6066 §8: a stapled response must be satisfactory, where there is one. RFC 7633: and there must be one, where the
/// certificate says so. For how long it is good, if it is.
fn check_staple(chain: &PeerChain, issuer_key: &[u8], allowed: &Allowed) -> Result<Option<Window>, Finding> {
    let malformed = Finding::Malformed(Place::Sent(0));
    let own = chain.certificates.first().ok_or(Finding::NoCertificate)?;
    let own = Certificate::parse(own).map_err(|_| malformed.clone())?;
    let issuer = ocsp::Issuer { name: own.issuer, key: Key::new(issuer_key).ok_or(malformed)? };
    let response = chain.ocsp_response.as_ref();
    let status = response
        .map(|response| ocsp::status(response, &own, &issuer, chain.algorithms.all, super::text::seconds(chain.now)));
    match status {
        Some(Ok(Status::Good(window))) => Ok(Some(window)),
        Some(Ok(Status::Revoked(at))) => Err(Finding::Revoked(at)),
        Some(Err(why)) if !allowed.has(Allow::UnusableStaple) => Err(Finding::BadStaple(why)),
        _ if own.extensions.must_staple => Err(Finding::NotStapled),
        _ => Ok(None),
    }
}

/// Whether a root constrains names. One may have no certificate, and constrain them all the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Free,
    Constrained,
}

fn names_bind(anchor: &TrustAnchor<'_>) -> Names {
    if anchor.name_constraints.is_some() { Names::Constrained } else { Names::Free }
}

/// The name as webpki compares it; or else the common name, where that is allowed.
fn check_name(
    name: &ServerName<'_>,
    end_entity: &EndEntityCert<'_>,
    path: &Path<'_, '_>,
    root: Names,
    allowed: &Allowed,
) -> Result<(), Finding> {
    let Err(error) = end_entity.verify_is_valid_for_subject_name(name) else { return Ok(()) };
    let constrained = root == Names::Constrained
        || path.issuers().any(|(_, issuer, _)| {
            issuer.extensions().iter().any(|e| matches!(e.parsed_extension(), ParsedExtension::NameConstraints(_)))
        });
    let named = || path.sent.first().is_some_and(|(_, own)| certificate::has_common_name(own, name));
    if allowed.has(Allow::CommonName) && !constrained && named() {
        return Ok(());
    }
    Err(Finding::Path(error))
}

/// Whether there is an algorithm for the peer's key: no handshake could use it otherwise.
fn is_supported(own: &X509Certificate<'_>, algorithms: &[&dyn SignatureVerificationAlgorithm]) -> bool {
    let key = tlv::parts(own.public_key().raw, tlv::SEQUENCE);
    let of_key = key.as_ref().and_then(|parts| parts.first()).map(|algorithm| algorithm.content);
    algorithms.iter().any(|algorithm| Some(&*algorithm.public_key_alg_id()) == of_key)
}

/// Whether the peer's key may be used for what it is used for, and is large enough.
pub(super) fn check_key(own: &X509Certificate<'_>, key_use: KeyUse, allowed: &Allowed) -> Result<(), Finding> {
    // RFC 5246 §7.4.2: the bit must be set if the extension is present.
    if let Some(usage) = own.key_usage().map_err(|_| Finding::Malformed(Place::Sent(0)))? {
        let fits = match key_use {
            KeyUse::DigitalSignature => usage.value.digital_signature(),
            KeyUse::KeyEncipherment => usage.value.key_encipherment(),
        };
        if !fits {
            return Err(Finding::KeyUsage(*usage.value));
        }
    }
    let least = if allowed.has(Allow::SmallRsaKeys) { certificate::SMALL_RSA_BITS } else { certificate::MIN_RSA_BITS };
    certificate::rsa_bits(own.public_key())
        .filter(|bits| *bits < least)
        .map_or(Ok(()), |bits| Err(Finding::SmallKey { bits, least }))
}
