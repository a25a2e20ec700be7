//! Puts into words what is wrong with a chain: which certificate, what was checked against what, what to try.
//!
//! webpki says what is wrong, but not where. So the chain is read once more, with [`Reader`], and only when it was
//! refused: nothing here has a say in the verdict.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use rustls_pki_types::{ServerName, UnixTime};
use webpki::{EndEntityCert, Error, RequiredEkuNotFoundContext};
use x509_parser::asn1_rs::{Any, FromDer, Oid};
use x509_parser::extensions::KeyUsage;
use x509_parser::prelude::{X509Certificate, X509Name};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::certificate::{self, MIN_RSA_BITS};
use super::finding::Finding;
use super::{TrustStore, text};
use crate::error::{CertificateError, CertificateErrorKind as Kind};
use crate::handshake::{KeyUse, Peer, PeerChain, server_name_text};

/// How many intermediates a path may have: a limit of webpki's own, which it does not show.
const MAX_INTERMEDIATES: usize = 6;

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

/// The error for what was found.
pub(super) fn explain(store: &TrustStore, chain: &PeerChain, finding: Finding) -> CertificateError {
    let reader = Reader::new(store, chain);
    let (kind, explanation) = match finding {
        Finding::NoCertificate => (Kind::Missing, String::new()),
        Finding::Malformed => reader.malformed("it, or one of its extensions, cannot be read"),
        Finding::KeyUsage(usage) => reader.key_usage(usage),
        Finding::SmallKey(bits) => (
            Kind::UnsupportedAlgorithm,
            format!("{} has an RSA key of {bits} bits; at least {MIN_RSA_BITS} are required", reader.certificate(0)),
        ),
        Finding::Path(error) => reader.path_error(error),
    };
    CertificateError::new(kind, explanation)
}

type Explained = (Kind, String);

/// A refused chain, read again.
struct Reader<'a> {
    store: &'a TrustStore,
    chain: &'a PeerChain,
    certificates: Vec<Option<X509Certificate<'a>>>,
    /// The way from the peer's certificate, index 0, from issuer to issuer, as far as the names lead. Each is readable.
    path: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn new(store: &'a TrustStore, chain: &'a PeerChain) -> Self {
        let certificates: Vec<_> = chain.certificates.iter().map(|der| certificate::parse(der)).collect();
        let mut path = Vec::new();
        let mut next = certificates.first().and_then(Option::as_ref).map(|first| (0, first));
        while let Some((index, certificate)) = next {
            path.push(index);
            let issuer = certificate.issuer();
            let known = issuer == certificate.subject() || roots_named(store, issuer).next().is_some();
            next = if known || path.len() > MAX_INTERMEDIATES {
                None
            } else {
                let all = certificates.iter().enumerate().filter_map(|(i, c)| Some((i, c.as_ref()?)));
                all.filter(|(i, _)| !path.contains(i)).find(|(_, c)| c.subject() == issuer)
            };
        }
        Self { store, chain, certificates, path }
    }

    fn get(&self, index: usize) -> Option<&X509Certificate<'a>> {
        self.certificates.get(index)?.as_ref()
    }

    /// The certificates of the path, with their index in the chain.
    fn on_path(&self) -> impl Iterator<Item = (usize, &X509Certificate<'a>)> {
        self.path.iter().filter_map(|&index| Some((index, self.get(index)?)))
    }

    /// The first certificate of the path, or else of the chain, that is so; or else the peer's own.
    fn find(&self, is_so: impl Fn(&X509Certificate<'a>) -> bool) -> usize {
        let sent = self.certificates.iter().enumerate().filter_map(|(i, c)| Some((i, c.as_ref()?)));
        self.on_path().chain(sent).find(|(_, certificate)| is_so(certificate)).map_or(0, |(index, _)| index)
    }

    /// Such as `certificate 1 of 2 (CN=a.example)`.
    fn certificate(&self, index: usize) -> String {
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
    fn roots(&self) -> String {
        let subjects = text::list(self.store.subjects().map(|subject| format!("\"{subject}\"")));
        format!("your {} ({subjects})", text::count(self.store.subjects().len(), "root"))
    }

    fn path_error(&self, error: Error) -> Explained {
        match error {
            Error::UnknownIssuer => (Kind::UnknownIssuer, self.unknown_issuer()),
            Error::CertNotValidForName(_) => (Kind::NameMismatch, self.name_mismatch()),
            Error::CertExpired { time, not_after } => (Kind::Expired, self.expired(time, not_after)),
            Error::CertNotValidYet { time, not_before } => (Kind::NotYetValid, self.not_yet_valid(time, not_before)),
            Error::InvalidSignatureForPublicKey => self.bad_signature(),
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
            Error::RequiredEkuNotFoundContext(context) => (Kind::WrongPurpose, self.extended_key_usage(&context)),
            Error::CaUsedAsEndEntity => (
                Kind::WrongPurpose,
                format!(
                    "{} is the certificate of a CA (basicConstraints), and a CA's cannot be a server's; the server \
                     needs one that is issued by it, with CA:FALSE",
                    self.certificate(0)
                ),
            ),
            Error::EndEntityUsedAsCa => (Kind::WrongPurpose, self.not_a_ca()),
            Error::PathLenConstraintViolated => (Kind::Constraint, self.path_length()),
            Error::NameConstraintViolation => (Kind::Constraint, self.name_constraints()),
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
            | Error::MaximumNameConstraintComparisonsExceeded => {
                (Kind::Refused, format!("the chain of {} takes too much work to follow", self.certificate(0)))
            }
            malformed => self.located(Kind::Malformed, &malformed, &malformed_what(&malformed)),
        }
    }

    fn malformed(&self, what: &str) -> Explained {
        (Kind::Malformed, format!("{}: {what}", self.certificate(0)))
    }

    /// For an error that webpki finds in a certificate on its own. What it reads later, such as the subjectAltName, it
    /// reads of the certificates on the path, and this names the peer's own.
    fn located(&self, kind: Kind, error: &Error, what: &str) -> Explained {
        let same = |der| EndEntityCert::try_from(der).err().as_ref() == Some(error);
        let index = self.chain.certificates.iter().position(same);
        let place = match index {
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
        let mut out = if roots_named(self.store, last.issuer()).next().is_some() {
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
        if let Some(rejected) = self.store.rejected().iter().find(|rejected| *rejected.subject == *issuer) {
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

    fn expired(&self, now: UnixTime, not_after: UnixTime) -> String {
        let end = seconds(not_after);
        let index = self.find(|certificate| certificate.validity().not_after.timestamp() == end);
        format!(
            "{} expired on {}, {} before the time given ({})",
            self.certificate(index),
            text::time(end),
            text::span(now.as_secs().saturating_sub(not_after.as_secs())),
            text::time(seconds(now)),
        )
    }

    fn not_yet_valid(&self, now: UnixTime, not_before: UnixTime) -> String {
        let start = seconds(not_before);
        let index = self.find(|certificate| certificate.validity().not_before.timestamp() == start);
        format!(
            "{} becomes valid on {}, {} after the time given ({}); is the clock right?",
            self.certificate(index),
            text::time(start),
            text::span(not_before.as_secs().saturating_sub(now.as_secs())),
            text::time(seconds(now)),
        )
    }

    /// Looks for the signature that no issuer of the right name made.
    fn bad_signature(&self) -> Explained {
        for (index, certificate) in self.on_path() {
            let roots: Vec<_> = roots_named(self.store, certificate.issuer())
                .filter_map(|i| Some((i, webpki::spki_for_anchor(self.store.anchors.get(i)?))))
                .collect();
            let root_keys = roots.iter().filter_map(|(i, spki)| {
                let (_, key) = SubjectPublicKeyInfo::from_der(spki).ok()?;
                Some((format!("your root {}", self.store.subjects.get(*i)?), key))
            });
            let sent_keys = self.path.iter().filter_map(|i| Some((*i, self.get(*i)?))).filter_map(|(i, issuer)| {
                let fits = issuer.subject() == certificate.issuer();
                fits.then(|| (self.certificate(i), issuer.public_key().clone()))
            });
            let keys: Vec<_> = root_keys.chain(sent_keys).collect();
            if keys.iter().any(|(_, key)| self.verifies(certificate, key)) {
                continue;
            }
            let Some((issuer, key)) = keys.first() else { break };
            let place = self.certificate(index);
            return match certificate::too_small(key) {
                Some(bits) => (
                    Kind::UnsupportedAlgorithm,
                    format!(
                        "{place} is signed by {issuer}, with an RSA key of {bits} bits; at least {MIN_RSA_BITS} are \
                         required"
                    ),
                ),
                None => (
                    Kind::BadSignature,
                    format!(
                        "the signature of {place} does not verify under the key of {issuer}: it was changed, or \
                         signed by another issuer of the same name"
                    ),
                ),
            };
        }
        (Kind::BadSignature, format!("in the chain of {}", self.certificate(0)))
    }

    fn verifies(&self, certificate: &X509Certificate<'_>, key: &SubjectPublicKeyInfo<'_>) -> bool {
        let oid = &certificate.signature_algorithm.algorithm;
        let signature = &certificate.signature_value.data;
        let fitting =
            self.chain.algorithms.all.iter().filter(|a| leading_oid(&a.signature_alg_id()).as_ref() == Some(oid));
        let mut tried = fitting.map(|algorithm| {
            algorithm.verify_signature(&key.subject_public_key.data, certificate.tbs_certificate.as_ref(), signature)
        });
        tried.any(|result| result.is_ok())
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

    fn not_a_ca(&self) -> String {
        let issuers = || self.on_path().skip(1);
        if let Some((index, _)) = issuers().find(|(_, certificate)| !certificate.is_ca()) {
            let issued = self.issued_by(index);
            return format!("{} issued {issued}, but is no CA (basicConstraints)", self.certificate(index));
        }
        let may_not = |certificate| certificate::usage_allows_signing(certificate) == Some(false);
        match issuers().find(|(_, certificate)| may_not(certificate)) {
            Some((index, _)) => format!(
                "{} issued {}, but its keyUsage does not let it sign certificates (keyCertSign)",
                self.certificate(index),
                self.issued_by(index)
            ),
            None => format!("an issuer in the chain of {} is no CA", self.certificate(0)),
        }
    }

    /// The certificate before this one on the path.
    fn issued_by(&self, index: usize) -> String {
        let before = self.path.iter().zip(self.path.iter().skip(1)).find(|(_, issuer)| **issuer == index);
        self.certificate(before.map_or(0, |(issued, _)| *issued))
    }

    fn path_length(&self) -> String {
        let limit = |certificate: &X509Certificate<'_>| {
            let constraints = certificate.basic_constraints().ok().flatten()?;
            usize::try_from(constraints.value.path_len_constraint?).ok()
        };
        let issuers = self.on_path().skip(1).enumerate();
        let mut limited = issuers.filter_map(|(below, (index, c))| Some((index, below, limit(c)?)));
        match limited.find(|(_, below, limit)| below > limit) {
            Some((index, below, limit)) => format!(
                "{} may have {} below it (pathLenConstraint), and has {below}",
                self.certificate(index),
                text::count(limit, "intermediate")
            ),
            None => format!("an issuer of {} may have fewer intermediates below it", self.certificate(0)),
        }
    }

    fn name_constraints(&self) -> String {
        let constrained = self.on_path().skip(1).filter(|(_, c)| matches!(c.name_constraints(), Ok(Some(_))));
        let by = text::list(constrained.map(|(index, _)| self.certificate(index)));
        format!(
            "a name in {} (valid for {}) is not one that {} may issue for (nameConstraints)",
            self.certificate(0),
            text::list(self.get(0).into_iter().flat_map(text::valid_names)),
            if by.is_empty() { "your root" } else { &by },
        )
    }

    fn key_usage(&self, usage: KeyUsage) -> Explained {
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
fn roots_named<'s>(store: &'s TrustStore, name: &X509Name<'_>) -> impl Iterator<Item = usize> + 's {
    // An anchor's subject is without the header of its SEQUENCE.
    let name = Any::from_der(name.as_raw()).map(|(_, any)| any.data.to_vec()).ok();
    let anchors = store.anchors.iter().enumerate();
    anchors.filter(move |(_, anchor)| name.as_deref() == Some(anchor.subject.as_ref())).map(|(index, _)| index)
}

/// The algorithm of the content of an AlgorithmIdentifier.
fn leading_oid(identifier: &[u8]) -> Option<Oid<'_>> {
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

fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}
