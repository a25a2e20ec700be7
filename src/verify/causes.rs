//! The likely causes of a refusal, the likeliest first, and what was checked.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use x509_parser::prelude::X509Certificate;

use super::explain::Reader;
use super::finding::{Finding, Place};
use super::rule::Allow;
use super::status::Unknown;
use super::text;
use crate::error::{CertificateErrorDetails, CertificateErrorKind as Kind, CertificateSummary};
use crate::handshake::{Peer, server_name_text};

/// The most certificates that are described: a peer may send thousands.
const MAX_DESCRIBED: usize = 10;

/// The details of an error.
pub(super) fn details(reader: &Reader<'_>, kind: Kind, finding: &Finding) -> CertificateErrorDetails {
    let peer = match &reader.chain.peer {
        Peer::Server(name) => format!("server {}", text::plain(&server_name_text(name))),
        Peer::Client => String::from("a client"),
    };
    let roots = reader.store.map(|store| text::count(store.subjects().len(), "root"));
    CertificateErrorDetails {
        about: about(reader, finding).filter(|index| *index < MAX_DESCRIBED),
        chain: reader
            .certificates
            .iter()
            .take(MAX_DESCRIBED)
            .map(|c| c.as_ref().map(summary).unwrap_or_default())
            .collect(),
        checked_against: format!("{peer}, {}", roots.as_deref().unwrap_or("pins only")).into(),
        time: text::time(text::seconds(reader.chain.now)).into(),
        causes: causes(reader, kind, finding).into_iter().map(String::into_boxed_str).collect(),
    }
}

fn summary(certificate: &X509Certificate<'_>) -> CertificateSummary {
    let time = |time: x509_parser::prelude::ASN1Time| -> Box<str> { text::time(time.timestamp()).into() };
    CertificateSummary {
        subject: text::name(certificate.subject()).into(),
        issuer: text::name(certificate.issuer()).into(),
        serial: text::hex(certificate.raw_serial()).into(),
        not_before: time(certificate.validity().not_before),
        not_after: time(certificate.validity().not_after),
    }
}

fn about(reader: &Reader<'_>, finding: &Finding) -> Option<usize> {
    match finding {
        Finding::Malformed(place)
        | Finding::Breaks { place, .. }
        | Finding::NotYetValid { place, .. }
        | Finding::Expired { place, .. }
        | Finding::PathLength { place, .. } => match place {
            Place::Sent(index) => Some(*index),
            Place::Root(_) => None,
        },
        Finding::Names { index, .. }
        | Finding::TooLarge(index)
        | Finding::Listed { index, .. }
        | Finding::StatusUnknown { index, .. } => Some(*index),
        Finding::KeyUsage(_) | Finding::UnknownKey | Finding::SmallKey { .. } => Some(0),
        Finding::Path(error) => reader.about(error),
        Finding::NotPinned(_) | Finding::Revoked(_) | Finding::NotStapled | Finding::BadStaple(_) => Some(0),
        Finding::NoCertificate | Finding::TooLong { .. } | Finding::Policy | Finding::TooMuchWork => None,
    }
}

fn causes(reader: &Reader<'_>, kind: Kind, finding: &Finding) -> Vec<String> {
    let said = |causes: &[&str]| causes.iter().map(|cause| String::from(*cause)).collect();
    let side = match reader.chain.peer {
        Peer::Server(_) => "server",
        Peer::Client => "client",
    };
    match kind {
        Kind::NoServerCertificate | Kind::NoClientCertificate => {
            vec_of(format!("the {side} has no certificate configured"))
        }
        Kind::UnknownIssuer => unknown_issuer(reader, side),
        Kind::Expired => match finding {
            Finding::Expired { place: Place::Root(_), .. } => {
                let mut causes = vec_of(String::from("your list of roots is out of date: renew it"));
                causes.push(relax(Allow::ExpiredRoots));
                causes
            }
            _ => Vec::from([
                format!("the {side} was not given its renewed certificate, or was not restarted since"),
                String::from("your clock is wrong"),
            ]),
        },
        Kind::NotYetValid => said(&["your clock is wrong", "the certificate was put to use too early"]),
        Kind::NameMismatch => said(&[
            "you asked for another name than the server goes by: use one that the certificate has",
            "the server has a certificate for this name, and shows another: it did not get the name (SNI), or its \
             virtual hosts are mixed up",
            "you are speaking to another server than you think: look at the address, and at proxies on the way",
        ]),
        Kind::BadSignature => said(&[
            "the certificate was damaged or changed after it was signed: get it anew from its issuer",
            "the chain has a certificate of the right name from another authority: replace the chain by the issuer's own",
        ]),
        _ => by_finding(side, finding),
    }
}

/// A list of one. (`vec!` would be std's.)
fn vec_of(cause: String) -> Vec<String> {
    Vec::from([cause])
}

fn relax(allow: Allow) -> String {
    format!("if you must live with it, relax this one rule: Verifier::allow(Allow::{allow:?})")
}

fn by_finding(side: &str, finding: &Finding) -> Vec<String> {
    match finding {
        Finding::Breaks { place, rule } => {
            let who = match place {
                Place::Sent(0) => {
                    format!("the software that made the {side}'s certificate does not keep RFC 5280 {}", rule.clause)
                }
                Place::Sent(_) => {
                    format!("the intermediate authority's certificate does not keep RFC 5280 {}", rule.clause)
                }
                Place::Root(_) => format!("the root's certificate does not keep RFC 5280 {}", rule.clause),
            };
            let mut causes = Vec::from([format!("{who}: have it issued anew")]);
            causes.extend(rule.relaxed_by.map(relax));
            causes
        }
        Finding::KeyUsage(_) => Vec::from([format!(
            "the {side}'s certificate is for another key exchange: have it issued with the right keyUsage"
        )]),
        Finding::UnknownKey => Vec::from([format!("make a new key for the {side}: P-256 is supported everywhere")]),
        Finding::SmallKey { .. } => {
            Vec::from([format!("the {side}'s key is old: make a new one of 2048 bits"), relax(Allow::SmallRsaKeys)])
        }
        Finding::NotPinned(_) => Vec::from([
            format!("the {side} has a new certificate: compare its pin, and replace yours"),
            String::from("somebody on the way opens your connections, or it is another device than you think"),
        ]),
        Finding::NotStapled | Finding::BadStaple(_) => Vec::from([
            format!("the {side} could not renew its OCSP response: look at its connection to its authority"),
            relax(Allow::UnusableStaple),
        ]),
        Finding::StatusUnknown { why: Unknown::Expired { .. }, .. } => {
            Vec::from([String::from("your revocation lists are out of date: renew them"), relax(Allow::ExpiredCrls)])
        }
        Finding::StatusUnknown { .. } => Vec::from([String::from(
            "you have no list of an authority of the chain that counts: add it, or decide by UnknownStatus::Accept",
        )]),
        Finding::TooLong { .. } => {
            Vec::from([String::from("raise Verifier::max_intermediates, if you know the chain")])
        }
        Finding::Path(webpki::Error::CaUsedAsEndEntity) => Vec::from([
            format!("the {side}'s certificate is self-signed by a tool that makes authorities: pin it"),
            relax(Allow::AuthorityAsPeer),
        ]),
        Finding::Path(webpki::Error::UnsupportedCertVersion) => {
            Vec::from([format!("the {side} is a device with a certificate of X.509 version 1: pin it")])
        }
        _ => Vec::new(),
    }
}

fn unknown_issuer(reader: &Reader<'_>, side: &str) -> Vec<String> {
    let Some((index, last)) = reader.on_path().last() else { return Vec::new() };
    let issuer = text::name(last.issuer());
    if last.issuer() != last.subject() {
        return Vec::from([
            format!("the {side} does not send its intermediates: it should send {issuer} too, if that is one"),
            format!("{issuer} is a private root that you have not got: add its certificate to your trust store"),
            String::from("somebody on the way opens your connections: look for a proxy or a virus scanner"),
        ]);
    }
    if index == 0 {
        return Vec::from([
            format!("the {side} is a device with a certificate of its own making: pin it, after you have compared it"),
            format!("the {side} shows its default certificate: it has none for this name"),
        ]);
    }
    Vec::from([
        format!("{issuer} is a private root that you have not got: add its certificate to your trust store"),
        String::from("somebody on the way opens your connections: look for a proxy or a virus scanner"),
    ])
}
