//! Puts into words what is wrong with a chain: which certificate, what was checked against what, what to try.
//!
//! webpki says what is wrong, but not where. So the chain is read once more, with [`Reader`], and only when it was
//! refused: nothing here has a say in the verdict.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use rustls_pki_types::ServerName;
use webpki::{EndEntityCert, Error, RequiredEkuNotFoundContext};
use x509_parser::asn1_rs::{Any, FromDer, Oid};
use x509_parser::extensions::KeyUsage;
use x509_parser::prelude::{X509Certificate, X509Name};

use super::chain::{MAX_CERTIFICATE, MAX_INTERMEDIATES};
use super::finding::{Finding, Place};
use super::rule::Rule;
use super::status::Unknown;
use super::{TrustStore, blame, causes, certificate, text};
use crate::error::{CertificateError, CertificateErrorKind as Kind};
use crate::handshake::{KeyUse, Peer, PeerChain, server_name_text};

/// The names of the bits of keyUsage, in their order (RFC 5280 §4.2.1.3).
const KEY_USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

/// The names of the last arc of 1.3.6.1.5.5.7.3 (RFC 5280 §4.2.1.12).
const PURPOSES: [(usize, &str); 6] = [
    (1, "serverAuth"),
    (2, "clientAuth"),
    (3, "codeSigning"),
    (4, "emailProtection"),
    (8, "timeStamping"),
    (9, "OCSPSigning"),
];

/// The error for what was found. Without a store, a chain is checked against pins only.
pub(super) fn explain(store: Option<&TrustStore>, chain: &PeerChain, finding: Finding) -> CertificateError {
    let reader = Reader::new(store, chain);
    let (kind, explanation) = reader.finding(&finding);
    let details = causes::details(&reader, kind, &finding);
    CertificateError::new(kind, explanation).with_details(details)
}

pub(super) type Explained = (Kind, String);

/// A refused chain, read again.
pub(super) struct Reader<'a> {
    pub(super) store: Option<&'a TrustStore>,
    pub(super) chain: &'a PeerChain,
    pub(super) certificates: Vec<Option<X509Certificate<'a>>>,
    /// The way from the peer's certificate, index 0, from issuer to issuer, as far as the names lead. Each is readable.
    pub(super) path: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn new(store: Option<&'a TrustStore>, chain: &'a PeerChain) -> Self {
        let certificates: Vec<_> = chain.certificates.iter().map(|der| certificate::parse(der)).collect();
        let mut path = Vec::new();
        let mut next = certificates.first().and_then(Option::as_ref).map(|first| (0, first));
        while let Some((index, certificate)) = next {
            path.push(index);
            let issuer = certificate.issuer();
            let is_root = |store| roots_named(store, issuer).next().is_some();
            let known = issuer == certificate.subject() || store.is_some_and(is_root);
            next = if known || path.len() > MAX_INTERMEDIATES {
                None
            } else {
                let all = certificates.iter().enumerate().filter_map(|(i, c)| Some((i, c.as_ref()?)));
                all.filter(|(i, _)| !path.contains(i)).find(|(_, c)| c.subject() == issuer)
            };
        }
        Self { store, chain, certificates, path }
    }

    fn finding(&self, finding: &Finding) -> Explained {
        match finding {
            Finding::NoCertificate => match self.chain.peer {
                Peer::Server(_) => (Kind::NoServerCertificate, String::new()),
                Peer::Client => (Kind::NoClientCertificate, String::new()),
            },
            Finding::Malformed(place) => {
                let what = format!("{}: it, or one of its extensions, cannot be read", self.place(*place));
                (Kind::Malformed, what)
            }
            Finding::Breaks { place, rule } => self.broken(*place, *rule),
            Finding::NotYetValid { place, from } => (Kind::NotYetValid, self.not_yet_valid(*place, *from)),
            Finding::Expired { place, until } => (Kind::Expired, self.expired(*place, *until)),
            Finding::PathLength { place, limit, below } => (Kind::Constraint, self.path_length(*place, *limit, *below)),
            Finding::TooLong { limit, found } => {
                let limit = text::count(*limit, "intermediate");
                (Kind::Refused, format!("the path has {found} intermediates; at most {limit} may be there"))
            }
            Finding::Names { index, by } => (Kind::Constraint, self.name_constraints(*index, &self.place(*by))),
            Finding::Policy => {
                let what =
                    "must have a certificate policy that is valid for all of it (policyConstraints), and has none";
                (Kind::Constraint, format!("the path of {} {what} (RFC 5280 §6.1.5)", self.certificate(0)))
            }
            Finding::NotPinned(pin) => {
                (Kind::NotPinned, format!("{} is not pinned; the pin of its key is {pin}", self.certificate(0)))
            }
            Finding::Revoked(at) => {
                let what = format!("{} was revoked on {}", self.certificate(0), text::time(*at));
                (Kind::Revoked, format!("{what}, says its stapled OCSP response"))
            }
            Finding::Listed { index, at, list } => {
                let on = at.map(|at| format!(" on {}", text::time(at))).unwrap_or_default();
                (Kind::Revoked, format!("{} was revoked{on}, says {list}", self.certificate(*index)))
            }
            Finding::StatusUnknown { index, why, list } => {
                (Kind::RevocationUnknown, self.status_unknown(*index, *why, list))
            }
            Finding::NotStapled => {
                let what = "demands that an OCSP response be stapled (RFC 7633), and there is none of use";
                (Kind::BadStatusResponse, format!("{} {what}", self.certificate(0)))
            }
            Finding::BadStaple(why) => {
                (Kind::BadStatusResponse, format!("the OCSP response stapled to {} {why}", self.certificate(0)))
            }
            Finding::TooLarge(index) => {
                let what = format!("{} has more than {MAX_CERTIFICATE} bytes", self.certificate(*index));
                (Kind::Refused, what)
            }
            Finding::TooMuchWork => self.too_much_work(),
            Finding::KeyUsage(usage) => self.key_usage(usage),
            Finding::UnknownKey => {
                let what = format!("{} has a key of a kind that is not supported", self.certificate(0));
                (Kind::UnsupportedAlgorithm, what)
            }
            Finding::SmallKey { bits, least } => (
                Kind::UnsupportedAlgorithm,
                format!("{} has an RSA key of {bits} bits; at least {least} are required", self.certificate(0)),
            ),
            Finding::Path(error) => self.path_error(error),
        }
    }

    fn broken(&self, place: Place, rule: Rule) -> Explained {
        let kind = match rule {
            Rule::NOT_A_CA | Rule::NO_CERT_SIGN => {
                return (Kind::WrongPurpose, self.not_a_ca(place, rule));
            }
            Rule::OTHER_PURPOSE => Kind::WrongPurpose,
            Rule::UNKNOWN_CRITICAL | Rule::UNKNOWN_QUALIFIER => Kind::Unsupported,
            _ => Kind::Malformed,
        };
        (kind, format!("{} {} (RFC 5280 {})", self.place(place), rule.text, rule.clause))
    }

    pub(super) fn place(&self, place: Place) -> String {
        match place {
            Place::Sent(index) => self.certificate(index),
            Place::Root(index) => {
                let root = self.store.and_then(|store| store.subjects().nth(index));
                format!("your root {}", root.unwrap_or_default())
            }
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<&X509Certificate<'a>> {
        self.certificates.get(index)?.as_ref()
    }

    /// The certificates of the path, with their index in the chain.
    pub(super) fn on_path(&self) -> impl Iterator<Item = (usize, &X509Certificate<'a>)> {
        self.path.iter().filter_map(|&index| Some((index, self.get(index)?)))
    }

    /// The first certificate of the path, or else of the chain, that is so; or else the peer's own.
    fn find(&self, is_so: impl Fn(&X509Certificate<'a>) -> bool) -> usize {
        let sent = self.certificates.iter().enumerate().filter_map(|(i, c)| Some((i, c.as_ref()?)));
        self.on_path().chain(sent).find(|(_, certificate)| is_so(certificate)).map_or(0, |(index, _)| index)
    }

    /// Such as `certificate 1 of 2 (CN=a.example)`.
    pub(super) fn certificate(&self, index: usize) -> String {
        let who = match self.get(index) {
            None => String::from("not readable"),
            Some(certificate) if certificate.subject().iter_attributes().next().is_none() => {
                let names = text::list(text::valid_names(certificate));
                format!("without a subject, {}", if names.is_empty() { "without names" } else { &names })
            }
            Some(certificate) => text::name(certificate.subject()),
        };
        format!("certificate {} of {} ({who})", index.saturating_add(1), self.certificates.len())
    }

    /// Such as `your 2 roots (CN=A, CN=B)`.
    pub(super) fn roots(&self) -> String {
        let Some(store) = self.store else { return String::from("your pins") };
        let subjects = text::list(store.subjects().map(|subject| format!("\"{subject}\"")));
        format!("your {} ({subjects})", text::count(store.subjects().len(), "root"))
    }

    /// The certificate that an error of webpki's is about.
    pub(super) fn about(&self, error: &Error) -> Option<usize> {
        match error {
            Error::CertExpired { not_after, .. } => {
                let until = text::seconds(*not_after);
                Some(self.find(|certificate| certificate.validity().not_after.timestamp() == until))
            }
            Error::CertNotValidYet { not_before, .. } => {
                let from = text::seconds(*not_before);
                Some(self.find(|certificate| certificate.validity().not_before.timestamp() == from))
            }
            Error::UnknownIssuer => self.path.last().copied(),
            Error::CertNotValidForName(_) | Error::CaUsedAsEndEntity => Some(0),
            Error::EndEntityUsedAsCa => {
                self.on_path().skip(1).find(|(_, certificate)| !certificate.is_ca()).map(|(index, _)| index)
            }
            other => {
                let same = |der| EndEntityCert::try_from(der).err().as_ref() == Some(other);
                self.chain.certificates.iter().position(same)
            }
        }
    }

    fn path_error(&self, error: &Error) -> Explained {
        match error {
            Error::UnknownIssuer => (Kind::UnknownIssuer, self.unknown_issuer()),
            Error::CertNotValidForName(_) => (Kind::NameMismatch, self.name_mismatch()),
            Error::CertExpired { not_after, .. } => {
                let index = self.about(error).unwrap_or_default();
                (Kind::Expired, self.expired(Place::Sent(index), text::seconds(*not_after)))
            }
            Error::CertNotValidYet { not_before, .. } => {
                let index = self.about(error).unwrap_or_default();
                (Kind::NotYetValid, self.not_yet_valid(Place::Sent(index), text::seconds(*not_before)))
            }
            Error::InvalidSignatureForPublicKey => blame::bad_signature(self),
            Error::UnsupportedSignatureAlgorithmContext(context) => (
                Kind::UnsupportedAlgorithm,
                self.algorithm(&context.signature_algorithm_id, "which is not supported, or too weak"),
            ),
            Error::UnsupportedSignatureAlgorithmForPublicKeyContext(context) => (
                Kind::UnsupportedAlgorithm,
                self.algorithm(
                    &context.signature_algorithm_id,
                    "which is not supported with its issuer's type or size of key",
                ),
            ),
            Error::RequiredEkuNotFoundContext(context) => (Kind::WrongPurpose, self.extended_key_usage(context)),
            Error::CaUsedAsEndEntity => (
                Kind::WrongPurpose,
                format!(
                    "{} is the certificate of a CA (basicConstraints), and a CA's cannot be a server's; the server \
                     needs one that is issued by it, with CA:FALSE",
                    self.certificate(0)
                ),
            ),
            Error::EndEntityUsedAsCa => {
                let index = self.about(error).unwrap_or_default();
                (Kind::WrongPurpose, self.not_a_ca(Place::Sent(index), Rule::NOT_A_CA))
            }
            Error::PathLenConstraintViolated => (Kind::Constraint, self.some_path_length()),
            Error::NameConstraintViolation => {
                let constrained = self.on_path().skip(1).filter(|(_, c)| matches!(c.name_constraints(), Ok(Some(_))));
                let by = text::list(constrained.map(|(index, _)| self.certificate(index)));
                (Kind::Constraint, self.name_constraints(0, if by.is_empty() { "your root" } else { &by }))
            }
            Error::UnsupportedCertVersion => {
                self.located(Kind::Unsupported, &Error::UnsupportedCertVersion, "it is not of X.509 version 3")
            }
            Error::UnsupportedCriticalExtension => self.located(
                Kind::Unsupported,
                &Error::UnsupportedCriticalExtension,
                "it has a critical extension that is not supported, and so must be refused (RFC 5280 §4.2)",
            ),
            Error::CertDistrusted => {
                (Kind::Refused, format!("a key in the chain of {} is known to be misused", self.certificate(0)))
            }
            Error::MaximumPathDepthExceeded => {
                let sent = text::count(self.certificates.len(), "certificate");
                (
                    Kind::Refused,
                    format!("the chain is too long ({sent} sent, at most {MAX_INTERMEDIATES} are followed)"),
                )
            }
            Error::MaximumSignatureChecksExceeded
            | Error::MaximumPathBuildCallsExceeded
            | Error::MaximumNameConstraintComparisonsExceeded => self.too_much_work(),
            malformed => self.located(Kind::Malformed, malformed, &malformed_what(malformed)),
        }
    }

    fn status_unknown(&self, index: usize, why: Unknown, list: &str) -> String {
        let now = text::time(text::seconds(self.chain.now));
        let issuer = self.get(index).map(|certificate| text::name(certificate.issuer())).unwrap_or_default();
        let what = match why {
            Unknown::NoList => {
                return format!("there is no revocation list of {issuer}, who issued {}", self.certificate(index));
            }
            Unknown::OtherScope { .. } => format!("{list} is for other certificates"),
            Unknown::Rejected { .. } => list.into(),
            Unknown::OnlyDelta { .. } => {
                format!("{list} has only what is new, and the list that it is to be added to is not there")
            }
            Unknown::OtherKey { .. } => format!("{list} is not signed by a key of {issuer} that leads to your roots"),
            Unknown::MayNotSign { .. } => {
                format!("{list} is signed by {issuer}, whose keyUsage does not let it sign lists (cRLSign)")
            }
            Unknown::Future { from, .. } => {
                format!("{list} is in force from {} on, after the time given ({now})", text::time(from))
            }
            Unknown::Expired { until, .. } => {
                format!("{list} was to be renewed by {}, before the time given ({now})", text::time(until))
            }
            Unknown::SomeReasons { .. } => format!("{list} tells of some reasons for a revocation only"),
        };
        format!("{what}; {} needs one that counts", self.certificate(index))
    }

    fn too_much_work(&self) -> Explained {
        (Kind::Refused, format!("the chain of {} takes too much work to follow", self.certificate(0)))
    }

    /// For an error that webpki finds in a certificate on its own. What it reads later, such as the subjectAltName, it
    /// reads of the certificates on the path, and this names the peer's own.
    fn located(&self, kind: Kind, error: &Error, what: &str) -> Explained {
        let place = match self.about(error) {
            Some(index) => self.certificate(index),
            None if self.certificates.len() == 1 => self.certificate(0),
            None => format!("{} or an issuer of it", self.certificate(0)),
        };
        (kind, format!("{place}: {what}"))
    }

    fn unknown_issuer(&self) -> String {
        let Some((index, last)) = self.on_path().last() else {
            return format!("{} names no issuer that can be read", self.certificate(0));
        };
        let issuer = text::name(last.issuer());
        let roots = self.roots();
        let mut out = if self.store.is_some_and(|store| roots_named(store, last.issuer()).next().is_some()) {
            format!("the names lead from {} to your root {issuer}, but no path does", self.certificate(0))
        } else if last.issuer() == last.subject() && index == 0 {
            format!("{} is self-signed, and not among {roots}", self.certificate(0))
        } else if last.issuer() == last.subject() {
            format!("the chain ends at the self-signed {}, which is not among {roots}", self.certificate(index))
        } else if self.on_path().any(|(_, certificate)| certificate.subject() == last.issuer()) {
            format!("the issuers of {} issue each other, and are not among {roots}", self.certificate(0))
        } else {
            let sent = text::count(self.certificates.len(), "certificate");
            format!(
                "the chain ends at {}, issued by {issuer}, which is not among {roots}; the server sent {sent}: if \
                 {issuer} is an intermediate, it should send that too",
                self.certificate(index)
            )
        };
        if let Some(rejected) =
            self.store.into_iter().flat_map(TrustStore::rejected).find(|rejected| *rejected.subject == *issuer)
        {
            out.push_str(&format!("; it was given as one, but {rejected}"));
        }
        out
    }

    fn name_mismatch(&self) -> String {
        let Peer::Server(asked) = &self.chain.peer else {
            return self.certificate(0);
        };
        let names = || self.get(0).into_iter().flat_map(text::valid_names);
        let mut valid = text::list(names());
        if valid.is_empty() {
            valid.push_str("no DNS name or IP address (subjectAltName counts, the common name does not)");
        }
        let name = server_name_text(asked);
        let hint = match asked {
            ServerName::DnsName(_) if names().any(|wildcard| is_near(&wildcard, &name)) => {
                "; a wildcard stands for exactly one label"
            }
            ServerName::IpAddress(_) if self.get(0).is_some_and(|c| text::has_dns_name(c, &name)) => {
                "; the address is there as a DNS name, which does not count"
            }
            _ => "",
        };
        format!("{} is valid for {valid}; you asked for {name}{hint}", self.certificate(0))
    }

    fn expired(&self, place: Place, until: i64) -> String {
        let now = text::seconds(self.chain.now);
        let (until, ago, now) = (text::time(until), text::span(now.abs_diff(until)), text::time(now));
        format!("{} expired on {until}, {ago} before the time given ({now})", self.place(place))
    }

    fn not_yet_valid(&self, place: Place, from: i64) -> String {
        let now = text::seconds(self.chain.now);
        let (from, wait, now) = (text::time(from), text::span(from.abs_diff(now)), text::time(now));
        format!(
            "{} becomes valid on {from}, {wait} after the time given ({now}); is the clock right?",
            self.place(place)
        )
    }

    fn algorithm(&self, identifier: &[u8], why: &str) -> String {
        let Some(oid) = leading_oid(identifier) else {
            return format!("in the chain of {}", self.certificate(0));
        };
        let index = self.find(|certificate| certificate.signature_algorithm.algorithm == oid);
        format!("{} is signed by {}, {why}", self.certificate(index), text::algorithm(&oid))
    }

    fn extended_key_usage(&self, context: &RequiredEkuNotFoundContext) -> String {
        let index = self.find(|certificate| match certificate.extended_key_usage() {
            Ok(usage) => usage.is_some_and(|usage| !usage.value.server_auth),
            Err(_) => false,
        });
        let present = text::list(context.present.iter().map(|oid| purpose(oid)));
        let required: Vec<_> = context.required.oid_values().collect();
        format!(
            "the extendedKeyUsage of {} is {present}; {} is needed here",
            self.certificate(index),
            purpose(&required)
        )
    }

    fn not_a_ca(&self, place: Place, rule: Rule) -> String {
        let who = self.place(place);
        let issued = match place {
            Place::Sent(0) => return format!("an issuer in the chain of {} is no CA", self.certificate(0)),
            Place::Sent(index) => self.issued_by(index),
            Place::Root(_) => self.certificate(self.path.last().copied().unwrap_or_default()),
        };
        match rule {
            Rule::NO_CERT_SIGN => {
                format!("{who} issued {issued}, but its keyUsage does not let it sign certificates (keyCertSign)")
            }
            _ => format!("{who} issued {issued}, but is no CA (basicConstraints)"),
        }
    }

    /// The certificate before this one on the path.
    fn issued_by(&self, index: usize) -> String {
        let before = self.path.iter().zip(self.path.iter().skip(1)).find(|(_, issuer)| **issuer == index);
        self.certificate(before.map_or(0, |(issued, _)| *issued))
    }

    /// For webpki's error, which says nothing more. It counts as we do, if none is self-issued.
    fn some_path_length(&self) -> String {
        let limit = |certificate: &X509Certificate<'_>| {
            let constraints = certificate.basic_constraints().ok().flatten()?;
            usize::try_from(constraints.value.path_len_constraint?).ok()
        };
        let issuers = self.on_path().skip(1).enumerate();
        let mut limited = issuers.filter_map(|(below, (index, c))| Some((index, below, limit(c)?)));
        match limited.find(|(_, below, limit)| below > limit) {
            Some((index, below, limit)) => self.path_length(Place::Sent(index), limit, below),
            None => format!("an issuer of {} may have fewer intermediates below it", self.certificate(0)),
        }
    }

    fn path_length(&self, place: Place, limit: usize, below: usize) -> String {
        let limit = text::count(limit, "intermediate");
        format!("{} may have {limit} below it (pathLenConstraint), and has {below}", self.place(place))
    }

    fn name_constraints(&self, index: usize, by: &str) -> String {
        format!(
            "a name in {} (valid for {}) is not one that {by} may issue for (nameConstraints)",
            self.certificate(index),
            text::list(self.get(index).into_iter().flat_map(text::valid_names)),
        )
    }

    fn key_usage(&self, usage: &KeyUsage) -> Explained {
        let allowed = KEY_USAGES.iter().enumerate().filter(|(bit, _)| usage.flags >> bit & 1 == 1);
        let allowed = text::list(allowed.map(|(_, name)| (*name).to_string()));
        let need = match self.chain.key_use {
            KeyUse::DigitalSignature => "signing the key exchange needs digitalSignature",
            KeyUse::KeyEncipherment if usage.digital_signature() => {
                "static RSA key exchange needs keyEncipherment; an ECDHE suite would do without"
            }
            KeyUse::KeyEncipherment => "static RSA key exchange needs keyEncipherment",
        };
        let explanation = format!(
            "the keyUsage of {} is {}; {need} (RFC 5246 §7.4.2)",
            self.certificate(0),
            if allowed.is_empty() { "empty" } else { &allowed }
        );
        (Kind::WrongPurpose, explanation)
    }
}

/// The roots with this subject, by index.
pub(super) fn roots_named<'s>(store: &'s TrustStore, name: &X509Name<'_>) -> impl Iterator<Item = usize> + 's {
    // An anchor's subject is without the header of its SEQUENCE.
    let name = Any::from_der(name.as_raw()).map(|(_, any)| any.data.to_vec()).ok();
    let anchors = store.anchors.iter().enumerate();
    anchors.filter(move |(_, anchor)| name.as_deref() == Some(anchor.subject.as_ref())).map(|(index, _)| index)
}

/// The algorithm of the content of an AlgorithmIdentifier.
pub(super) fn leading_oid(identifier: &[u8]) -> Option<Oid<'_>> {
    Oid::from_der(identifier).ok().map(|(_, oid)| oid)
}

/// A key purpose by its name, or else in dots.
fn purpose(oid: &[usize]) -> String {
    let known = match oid {
        [1, 3, 6, 1, 5, 5, 7, 3, last] => PURPOSES.iter().find(|(arc, _)| arc == last).map(|(_, name)| *name),
        [2, 5, 29, 37, 0] => Some("anyExtendedKeyUsage"),
        _ => None,
    };
    known.map_or_else(|| text::plain(&oid.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")), String::from)
}

/// Whether a wildcard covers neighbours of this name, on another level.
fn is_near(wildcard: &str, name: &str) -> bool {
    let front = wildcard.strip_prefix("*.").and_then(|parent| name.strip_suffix(parent));
    front.is_some_and(|front| front.is_empty() || front.ends_with('.'))
}

fn malformed_what(error: &Error) -> String {
    let what = match error {
        Error::BadDer | Error::TrailingData(_) => "it is no certificate in DER",
        Error::BadDerTime | Error::InvalidCertValidity => "its validity is malformed (RFC 5280 §4.1.2.5)",
        Error::SignatureAlgorithmMismatch => "it names two different signature algorithms (RFC 5280 §4.1.1.2)",
        Error::EmptyEkuExtension => "its extendedKeyUsage is empty (RFC 5280 §4.2.1.12)",
        Error::MalformedExtensions | Error::ExtensionValueInvalid => "an extension of it is malformed or repeated",
        Error::MalformedDnsIdentifier => "a DNS name in it is malformed",
        Error::MalformedNameConstraint | Error::InvalidNetworkMaskConstraint => {
            "its nameConstraints are malformed (RFC 5280 §4.2.1.10)"
        }
        other => return text::plain(&other.to_string()),
    };
    String::from(what)
}
