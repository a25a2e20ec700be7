//! The likely causes of a refusal, the likeliest first, each with what to do; and what was checked.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use rustls_pki_types::ServerName;

use super::certificate::Certificate;
use super::finding::{Finding, Place};
use super::pin::Pin;
use super::refused::Refused;
use super::rule::Allow;
use super::signature::Unsigned;
use super::status::Unknown;
use super::{leaf, text};
use crate::error::{CertificateErrorDetails, CertificateErrorKind as Kind, CertificateSummary};
use crate::handshake::{Peer, server_name_text};

/// The most certificates that are described: a peer may send thousands.
const MAX_DESCRIBED: usize = 10;

/// The details of an error.
pub(super) fn details(refused: &Refused<'_>, kind: Kind, finding: &Finding) -> CertificateErrorDetails {
    let peer = match &refused.chain.peer {
        Peer::Server(name) => format!("server {}", text::plain(&server_name_text(name))),
        Peer::Client => String::from("a client"),
    };
    let roots = refused.store.map(|store| text::count(store.subjects().len(), "root"));
    CertificateErrorDetails {
        about: about(finding).filter(|index| *index < MAX_DESCRIBED),
        chain: (refused.read.iter().take(MAX_DESCRIBED)).map(|c| c.as_ref().map(summary).unwrap_or_default()).collect(),
        checked_against: format!("{peer}, {}", roots.as_deref().unwrap_or("pins only")).into(),
        time: text::time(text::seconds(refused.chain.now)).into(),
        causes: causes(refused, kind, finding).into_iter().map(String::into_boxed_str).collect(),
    }
}

fn summary(certificate: &Certificate<'_>) -> CertificateSummary {
    CertificateSummary {
        subject: text::name(certificate.subject).into(),
        issuer: text::name(certificate.issuer).into(),
        serial: text::hex(certificate.serial).into(),
        not_before: text::time(certificate.validity.from).into(),
        not_after: text::time(certificate.validity.until).into(),
    }
}

/// The certificate that a finding is about.
fn about(finding: &Finding) -> Option<usize> {
    match finding {
        Finding::NotYetValid { place, .. } | Finding::Expired { place, .. } | Finding::PathLength { place, .. } => {
            place_of(*place)
        }
        Finding::Constraints { by, .. } => place_of(*by),
        Finding::Unreadable { index, .. }
        | Finding::TooLarge(index)
        | Finding::NoIssuer(index)
        | Finding::NotSigned { index, .. }
        | Finding::OldVersion(index)
        | Finding::UnknownCritical { index }
        | Finding::NotAuthority { index, .. }
        | Finding::NoCertSign { index, .. }
        | Finding::Name { index, .. }
        | Finding::Policy { index, .. }
        | Finding::Purpose(index)
        | Finding::Breaks { index, .. }
        | Finding::Listed { index, .. }
        | Finding::StatusUnknown { index, .. } => Some(*index),
        Finding::Revoked(_)
        | Finding::NotStapled
        | Finding::NotTold
        | Finding::BadStaple(_)
        | Finding::NotNamed
        | Finding::KeyUsage(_)
        | Finding::UnknownKey
        | Finding::SmallKey { .. }
        | Finding::NotPinned(_) => Some(0),
        Finding::NoCertificate | Finding::TooMany | Finding::TooLong { .. } | Finding::TooMuchWork => None,
    }
}

const fn place_of(place: Place) -> Option<usize> {
    match place {
        Place::Sent(index) => Some(index),
        Place::Root(_) => None,
    }
}

fn causes(refused: &Refused<'_>, kind: Kind, finding: &Finding) -> Vec<String> {
    let side = refused.side();
    match (kind, finding) {
        (_, Finding::NoCertificate) => Vec::from([format!("the {side} has no certificate configured")]),
        (_, Finding::NoIssuer(index)) => unknown_issuer(refused, *index, side),
        (Kind::UnknownIssuer, Finding::NotSigned { index: 0, .. })
            if refused.get(0).is_some_and(Certificate::is_self_issued) =>
        {
            unknown_issuer(refused, 0, side)
        }
        (Kind::UnknownIssuer, _) => Vec::from([
            format!("the {side}'s authority has a new key: add its new certificate to your roots"),
            String::from(INTERCEPTED),
        ]),
        (_, Finding::Expired { place: Place::Root(_), .. }) => {
            Vec::from([String::from("your list of roots is out of date: renew it"), relax(Allow::ExpiredRoots)])
        }
        (Kind::Expired, _) => expired(refused, side),
        (Kind::NotYetValid, _) => {
            Vec::from([String::from("your clock is wrong"), String::from("the certificate was put to use too early")])
        }
        (Kind::NameMismatch, _) => not_named(refused),
        (Kind::BadSignature, _) => Vec::from([
            String::from("the certificate was damaged or changed after it was signed: get it anew from its issuer"),
            format!("the {side}'s chain has an intermediate of the right name from another authority: replace it"),
        ]),
        (Kind::RevocationUnknown, Finding::StatusUnknown { why, .. }) => revocation_unknown(*why),
        _ => by_finding(side, finding),
    }
}

fn expired(refused: &Refused<'_>, side: &str) -> Vec<String> {
    let mut causes = Vec::from([
        format!("the {side} was not given its renewed certificate, or was not restarted since"),
        String::from("your clock is wrong"),
    ]);
    if refused.is_trusted_itself() {
        causes.push(String::from("nobody renews it: pin it, and say so by Pin::despite(Despite::Expired)"));
    }
    causes
}

const INTERCEPTED: &str = "your connections are intercepted: look for a proxy or a virus scanner";

/// What to say of one that can be relaxed.
fn relax(allow: Allow) -> String {
    format!("if you must live with it, relax this one check: Verifier::allow(Allow::{allow:?})")
}

fn by_finding(side: &str, finding: &Finding) -> Vec<String> {
    match finding {
        Finding::Breaks { breach, .. } => {
            let (rule, clause, _) = breach.told();
            Vec::from([
                format!("the authority's software does not follow RFC 5280 {clause}: have the certificate issued anew"),
                format!("your verifier requires more than the default: leave out Rule::{rule:?}"),
            ])
        }
        Finding::KeyUsage(_) => Vec::from([format!(
            "the {side}'s certificate is for another key exchange: have it issued with the right keyUsage"
        )]),
        Finding::Purpose(_) => Vec::from([
            format!("the certificate was issued for something else: have one issued for this {side}"),
            String::from("if its purpose is as good for you, such as Remote Desktop's: Verifier::accept_purpose"),
        ]),
        Finding::UnknownKey => Vec::from([format!("make a new key for the {side}: P-256 is supported everywhere")]),
        Finding::SmallKey { .. } => {
            Vec::from([String::from("the key is old: make a new one of 2048 bits or more"), relax(Allow::SmallRsaKeys)])
        }
        // A provider for small keys takes them from peers, and not from authorities.
        Finding::NotSigned { why: Unsigned::SmallKey(_), .. } => Vec::from([
            String::from(
                "the authority is old: have the certificate issued anew by one with a key of 2048 bits or more",
            ),
            format!("the {side} is an old device: give its own certificate as a root, or pin it"),
        ]),
        Finding::NotSigned { why: Unsigned::Algorithm, .. } => Vec::from([
            String::from("the authority is old: have the certificate issued anew, signed with SHA-256"),
            relax(Allow::Sha1Signatures).replace("with it", "with SHA-1"),
        ]),
        Finding::NotPinned(_) => Vec::from([
            format!("the {side} has a new certificate: compare its pin, and replace yours"),
            format!("it is a different {side} than you think, or {INTERCEPTED}"),
        ]),
        Finding::NotTold => Vec::from([
            format!("the {side} staples no OCSP response: configure it to"),
            String::from("give revocation lists too (Revocation::from_files)"),
        ]),
        Finding::NotStapled | Finding::BadStaple(_) => Vec::from([
            format!("the {side} could not renew its OCSP response: look at its connection to its authority"),
            relax(Allow::UnusableStaple),
        ]),
        Finding::TooLong { .. } => {
            Vec::from([String::from("raise Verifier::max_intermediates, if you know the chain")])
        }
        Finding::OldVersion(_) => Vec::from([
            String::from(
                "the certificate was made without extensions: have it issued anew with a subjectAltName \
                 (openssl x509 -req: by -extfile)",
            ),
            format!("the {side} is an old device: give its own certificate as a root, or pin it"),
            relax(Allow::OldVersions),
        ]),
        _ => Vec::new(),
    }
}

fn revocation_unknown(why: Unknown) -> Vec<String> {
    match why {
        Unknown::Expired { .. } => {
            Vec::from([String::from("your revocation lists are out of date: renew them"), relax(Allow::ExpiredCrls)])
        }
        Unknown::Future { .. } => Vec::from([String::from("your clock is wrong")]),
        _ => Vec::from([String::from(
            "you have no list of an authority of the chain: add it, or decide by UnknownStatus::Accept",
        )]),
    }
}

fn not_named(refused: &Refused<'_>) -> Vec<String> {
    let mut causes = Vec::new();
    if let (Peer::Server(asked), Some(own)) = (&refused.chain.peer, refused.get(0))
        && text::valid_names(own).next().is_none()
    {
        let form = if matches!(asked, ServerName::IpAddress(_)) { "IP" } else { "DNS" };
        let name = text::plain(&server_name_text(asked));
        causes.push(format!(
            "the certificate was made without names: have it issued anew with a subjectAltName, such as {form}:{name}"
        ));
        if leaf::common_name(own, asked).is_some() {
            causes.push(relax(Allow::CommonName));
        }
    }
    causes.extend([
        String::from("you asked for another name than the server's: use one that the certificate has"),
        String::from(
            "the server has a certificate for this name, but presents another one: it was not told the name (SNI), or its \
             virtual hosts are mixed up",
        ),
        String::from("you are connected to a different server than you think: check the address, and proxies on the way"),
    ]);
    causes
}

fn unknown_issuer(refused: &Refused<'_>, index: usize, side: &str) -> Vec<String> {
    let Some(last) = refused.get(index) else { return Vec::new() };
    let issuer = text::name(last.issuer);
    if last.is_self_issued() && index == 0 {
        let pin = Pin::key(super::pin::key_hash(last));
        return Vec::from([
            format!(
                "the {side} is a device with a certificate of its own making: compare it, then give it as trusted \
                     (TrustStore), or pin it; its pin is {pin}"
            ),
            format!("the {side} shows its default certificate, since it has none for this name"),
        ]);
    }
    if refused.root_of(last).is_some() {
        return Vec::from([
            format!("if {issuer} is an authority: have its certificate issued anew as one (basicConstraints CA:TRUE)"),
            format!("if {issuer} is the {side} itself, with a new certificate: give that as trusted instead"),
        ]);
    }
    let private = format!("{issuer} is a private authority: add its certificate to your roots");
    if last.is_self_issued() {
        return Vec::from([private, String::from(INTERCEPTED)]);
    }
    Vec::from([
        format!(
            "the {side} does not send its intermediates: it should send the certificate of {issuer} too, if that is an intermediate"
        ),
        private,
        String::from(INTERCEPTED),
    ])
}
