//! Asks the revocation lists for the certificates of a path.

use alloc::string::String;
use alloc::vec::Vec;
use rustls_pki_types::TrustAnchor;
use x509_parser::prelude::X509Certificate;

use super::certificate::{Certificate, Key};
use super::finding::{Finding, Place};
use super::names::Name;
use super::path::Path;
use super::revocation::Revocation;
use super::rule::{Allow, Allowed};
use super::scope::Subject;
use super::status::{Conditions, Expired, Inquiry, NotGood, Signer, Signers, Unknown};
use super::window::Window;
use super::{text, tlv};
use crate::handshake::PeerChain;

/// The most signatures on lists that are verified for one path.
const MAX_SIGNATURES: usize = 100;

/// Refuses what was revoked, and what is not known not to be, as `revocation` says: for how long the lists are good. Of the
/// peer's own certificate it may be known by a staple, which is good for some time.
pub(super) fn check(
    path: &Path<'_, '_>,
    anchor: &TrustAnchor<'_>,
    revocation: &Revocation,
    allowed: &Allowed,
    chain: &PeerChain,
    staple: Option<Window>,
) -> Result<Window, Finding> {
    let expired = if allowed.has(Allow::ExpiredCrls) { Expired::Allowed } else { Expired::Refused };
    let conditions = Conditions { now: text::seconds(chain.now), expired, algorithms: chain.algorithms.all };
    let root_name = tlv::wrap(tlv::SEQUENCE, &[&anchor.subject]).unwrap_or_default();
    let root_key = tlv::wrap(tlv::SEQUENCE, &[&anchor.subject_public_key_info]).unwrap_or_default();
    let mut issuers = Issuers { keys: Vec::new(), left: MAX_SIGNATURES };
    for (_, issuer, _) in path.issuers() {
        let (name, key) = (Name::new(issuer.subject().as_raw()), Key::new(issuer.public_key().raw));
        let Some((name, key)) = name.zip(key) else { continue };
        issuers.keys.push((name, Signer { key, may_sign_lists: may_sign_lists(issuer) }));
    }
    if let (None, Some(name), Some(key)) = (path.root.1, Name::new(&root_name), Key::new(&root_key)) {
        issuers.keys.push((name, Signer { key, may_sign_lists: true }));
    }
    let mut inquiry = Inquiry::new(revocation, conditions);
    let mut window = Window::ALWAYS;
    for (place, (index, certificate)) in path.sent.iter().enumerate() {
        let is_stapled = place == 0 && staple.is_some();
        let malformed = Finding::Malformed(Place::Sent(*index));
        let certificate = Certificate::parse(certificate.as_raw()).map_err(|_| malformed)?;
        match inquiry.status(&Subject::of(&certificate), &mut issuers) {
            Ok(good) => window = window.and(good),
            Err(NotGood::Unknown(_)) if is_stapled || revocation.accepts_unknown() => (),
            Err(why) => return Err(finding(*index, why, revocation)),
        }
    }
    Ok(window)
}

fn finding(index: usize, why: NotGood, revocation: &Revocation) -> Finding {
    match why {
        NotGood::Revoked { at, list } => Finding::Listed { index, at, list: revocation.origin(list) },
        NotGood::Unknown(why) => {
            let list = match why {
                Unknown::Rejected { list } => revocation.rejected().get(list).map(alloc::string::ToString::to_string),
                why => why.list().map(|list| revocation.origin(list)),
            };
            Finding::StatusUnknown { index, why, list: list.unwrap_or_else(String::new) }
        }
        NotGood::TooMuchWork => Finding::TooMuchWork,
    }
}

/// §4.2.1.3: cRLSign, or no keyUsage.
fn may_sign_lists(issuer: &X509Certificate<'_>) -> bool {
    issuer.key_usage().is_ok_and(|usage| usage.is_none_or(|usage| usage.value.crl_sign()))
}

/// The keys of the issuers on the path, by their names.
struct Issuers<'c> {
    keys: Vec<(Name<'c>, Signer<'c>)>,
    /// How many signatures may still be verified.
    left: usize,
}

impl<'c> Signers<'c> for Issuers<'c> {
    fn signer(&mut self, name: Name<'_>, nth: usize) -> Option<Signer<'c>> {
        self.keys.iter().filter(|(other, _)| other.is_same(name)).nth(nth).map(|(_, signer)| *signer)
    }

    fn may_verify(&mut self) -> bool {
        let left = self.left.checked_sub(1);
        self.left = left.unwrap_or_default();
        left.is_some()
    }
}
