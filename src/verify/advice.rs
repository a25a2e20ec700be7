//! The likely causes of a refusal, most likely first, each with a remedy; and what was checked.

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

/// The maximum number of certificates that are described: a peer may send thousands.
const MAX_DESCRIBED: usize = 10;

/// The details of an error.
pub(super) fn details(refused: &Refused<'_>, kind: Kind, finding: &Finding) -> CertificateErrorDetails {
    let peer = match &refused.chain.peer {
        Peer::Server(name) => format!("server {}", text::plain(&server_name_text(name))),
        Peer::UnnamedServer => String::from("a server without a name"),
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
        | Finding::IssuedByTrusted { index, .. }
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
        | Finding::StatusNotStapled
        | Finding::BadStaple(_)
        | Finding::NotNamed
        | Finding::NoName
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
        (_, Finding::NoIssuer(index) | Finding::IssuedByTrusted { index, .. }) => unknown_issuer(refused, *index, side),
        (Kind::UnknownIssuer, Finding::NotSigned { index: 0, .. })
            if refused.get(0).is_some_and(Certificate::is_self_issued) =>
        {
            unknown_issuer(refused, 0, side)
        }
        (Kind::UnknownIssuer, _) => Vec::from([
            format!("the {side}'s CA has a new key: add its new certificate to your roots"),
            String::from(INTERCEPTED),
        ]),
        (_, Finding::Expired { place: Place::Root(_), .. }) => {
            Vec::from([String::from("your roots are out of date: update them"), relax(Allow::ExpiredRoots)])
        }
        (Kind::Expired, _) => expired(refused, side),
        (Kind::NotYetValid, _) => {
            Vec::from([String::from("your clock is wrong"), String::from("the certificate was deployed too early")])
        }
        (Kind::NameMismatch, _) => not_named(refused),
        (Kind::BadSignature, _) => Vec::from([
            String::from(
                "the certificate was corrupted or modified after it was signed: obtain it again from its issuer",
            ),
            format!("the {side}'s chain has an intermediate with the right name from another CA: replace it"),
        ]),
        (Kind::RevocationUnknown, Finding::StatusUnknown { why, .. }) => revocation_unknown(*why),
        _ => by_finding(side, finding),
    }
}

fn expired(refused: &Refused<'_>, side: &str) -> Vec<String> {
    let mut causes = Vec::from([
        format!("the {side} has not received its renewed certificate, or was not restarted since"),
        String::from("your clock is wrong"),
    ]);
    if refused.is_trusted_itself() {
        causes.push(String::from("nobody renews it: pin it with Pin::despite(Despite::Expired)"));
    }
    causes
}

const INTERCEPTED: &str = "your connections are intercepted: look for a proxy or antivirus software";

/// The advice for a check that can be relaxed.
fn relax(allow: Allow) -> String {
    format!("if you have to accept it, relax only this check: Verifier::allow(Allow::{allow:?})")
}

fn by_finding(side: &str, finding: &Finding) -> Vec<String> {
    match finding {
        Finding::Breaks { breach, .. } => {
            let (rule, clause, _) = breach.describe();
            Vec::from([
                format!("the CA's software does not follow RFC 5280 {clause}: have the certificate reissued"),
                format!("your verifier is stricter than the default: do not require Rule::{rule:?}"),
            ])
        }
        Finding::KeyUsage(_) => Vec::from([format!(
            "the {side}'s certificate is for another key exchange: have it reissued with the right keyUsage"
        )]),
        Finding::Purpose(_) => Vec::from([
            format!("the certificate was issued for another purpose: have one issued for this {side}"),
            String::from("if you accept its purpose, such as Remote Desktop authentication: Verifier::accept_purpose"),
        ]),
        Finding::UnknownKey => Vec::from([format!("generate a new key for the {side}: P-256 is supported everywhere")]),
        Finding::SmallKey { .. } => Vec::from([
            String::from("the key is old: generate a new one of 2048 bits or more"),
            relax(Allow::SmallRsaKeys),
        ]),
        // A provider for small keys accepts them from peers, but not from CAs.
        Finding::NotSigned { why: Unsigned::SmallKey(_), .. } => Vec::from([
            String::from("the CA is old: have the certificate reissued by one with a key of 2048 bits or more"),
            format!("the {side} is an old device: add its own certificate to the trust store, or pin it"),
        ]),
        Finding::NotSigned { why: Unsigned::Algorithm, .. } => Vec::from([
            String::from("the CA is old: have the certificate reissued, signed with SHA-256"),
            relax(Allow::Sha1Signatures).replace("accept it", "accept SHA-1"),
        ]),
        Finding::NotPinned(_) => Vec::from([
            format!("the {side} has a new certificate: compare its pin and replace yours"),
            format!("you are connected to a different {side} than you expect, or {INTERCEPTED}"),
        ]),
        Finding::StatusNotStapled => Vec::from([
            format!("the {side} does not staple an OCSP response: configure it to do so"),
            String::from("give revocation lists too (Revocation::from_files)"),
        ]),
        Finding::NotStapled | Finding::BadStaple(_) => Vec::from([
            format!("the {side} could not renew its OCSP response: check its connection to its CA"),
            relax(Allow::UnusableStaple),
        ]),
        Finding::TooLong { .. } => {
            Vec::from([String::from("if you know the chain: raise Verifier::max_intermediates")])
        }
        Finding::OldVersion(_) => Vec::from([
            String::from(
                "the certificate was created without extensions: have it reissued with a subjectAltName \
                 (openssl x509 -req: with -extfile)",
            ),
            format!("the {side} is an old device: add its own certificate to the trust store, or pin it"),
            relax(Allow::OldVersions),
        ]),
        _ => Vec::new(),
    }
}

fn revocation_unknown(why: Unknown) -> Vec<String> {
    match why {
        Unknown::Expired { .. } => {
            Vec::from([String::from("your revocation lists are out of date: update them"), relax(Allow::ExpiredCrls)])
        }
        Unknown::Future { .. } => Vec::from([String::from("your clock is wrong")]),
        _ => Vec::from([String::from(
            "you have no revocation list from a CA in the chain: add it, or use UnknownStatus::Accept",
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
            "the certificate was created without names: have it reissued with a subjectAltName such as {form}:{name}"
        ));
        if leaf::common_name(own, asked).is_some() {
            causes.push(relax(Allow::CommonName));
        }
    }
    causes.extend([
        String::from("you asked for a name other than the server's: use one that the certificate has"),
        String::from(
            "the server has a certificate for this name, but presents another one: it did not receive the name (SNI), or its \
             virtual hosts are misconfigured",
        ),
        String::from("you are connected to a different server than you expect: check the address, and any proxies in between"),
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
                "the {side} is a device with a self-signed certificate: compare it, then trust it \
                     (TrustStore), or pin it; its pin is {pin}"
            ),
            format!("the {side} presents its default certificate, because it has none for this name"),
        ]);
    }
    if refused.root_of(last).is_some() {
        return Vec::from([
            format!("if {issuer} is a CA: have its certificate reissued as one (basicConstraints CA:TRUE)"),
            format!("if {issuer} is the {side} itself, with a new certificate: trust that one instead"),
        ]);
    }
    let private = format!("{issuer} is a private CA: add its certificate to your roots");
    if last.is_self_issued() {
        return Vec::from([private, String::from(INTERCEPTED)]);
    }
    Vec::from([
        format!(
            "the {side} does not send its intermediates: have it send the certificate of {issuer} too, if that is an intermediate"
        ),
        private,
        String::from(INTERCEPTED),
    ])
}
