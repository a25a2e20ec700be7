//! Explains why a chain was refused: which certificate, what was checked against what, what to try. Nothing is checked
//! here: a [`Finding`] has all that is needed.

use alloc::format;
use alloc::string::{String, ToString};
use rustls_pki_types::ServerName;

use super::anchor::{Anchor, Issues};
use super::build::Read;
use super::certificate::Certificate;
use super::chain::{MAX_CERTIFICATE, MAX_CERTIFICATES};
use super::extensions::KeyUsage;
use super::finding::{BadName, Finding, Place};
use super::names::Difference;
use super::policies::Refusal;
use super::refused::Refused;
use super::signature::{MIN_RSA_BITS, Unsigned};
use super::status::Unknown;
use super::{TrustStore, advice, alt_names, leaf, text};
use crate::error::{CertificateError, CertificateErrorKind as Kind};
use crate::handshake::{KeyUse, Peer, PeerChain, server_name_text};

/// Returns the error for a finding. Without a store, the chain was checked against pins only.
pub(super) fn explain(
    store: Option<&TrustStore>,
    chain: &PeerChain,
    read: &[Read<'_>],
    finding: &Finding,
) -> CertificateError {
    let refused = Refused { store, chain, read };
    let (kind, explanation) = refused.explain(finding);
    CertificateError::new(kind, explanation).with_details(advice::details(&refused, kind, finding))
}

type Explained = (Kind, String);

impl<'a> Refused<'a> {
    fn explain(&self, finding: &Finding) -> Explained {
        match finding {
            Finding::NoCertificate => match self.chain.peer {
                Peer::Server(_) | Peer::UnnamedServer => (Kind::NoServerCertificate, String::new()),
                Peer::Client => (Kind::NoClientCertificate, String::new()),
            },
            Finding::Unreadable { index, why } => (Kind::Malformed, format!("{} {why}", self.certificate(*index))),
            Finding::TooLarge(index) => {
                let what = format!("{} has more than {MAX_CERTIFICATE} bytes", self.certificate(*index));
                (Kind::Refused, what)
            }
            Finding::TooMany => {
                let (sent, side) = (text::count(self.chain.certificates.len(), "certificate"), self.side());
                (Kind::Refused, format!("the {side} sent {sent}; at most {MAX_CERTIFICATES} are read"))
            }
            Finding::NoIssuer(index) => (Kind::UnknownIssuer, self.no_issuer(*index)),
            Finding::IssuedByTrusted { index, anchor } => {
                (Kind::UnknownIssuer, self.issued_by_trusted(*index, *anchor))
            }
            Finding::NotSigned { index, by, why } => self.not_signed(*index, *by, *why),
            Finding::TooLong { limit } => {
                let limit = text::count(*limit, "intermediate");
                (Kind::Refused, format!("the path has more than {limit}, which is the limit"))
            }
            Finding::TooMuchWork => {
                // A response that takes more than the rest of the budget is refused as well.
                let what = if self.chain.ocsp_response.is_some() { "and its OCSP response are" } else { "is" };
                (Kind::Refused, format!("the chain of {} {what} too expensive to verify", self.certificate(0)))
            }
            Finding::NotYetValid { place, from } => (Kind::NotYetValid, self.not_yet_valid(*place, *from)),
            Finding::Expired { place, until } => (Kind::Expired, self.expired(*place, *until)),
            Finding::OldVersion(index) => {
                let what = "has an X.509 version before 3, so it cannot state what it may be used for";
                (Kind::Unsupported, format!("{} {what}", self.certificate(*index)))
            }
            Finding::UnknownCritical { index } => (Kind::Unsupported, self.unknown_critical(*index)),
            Finding::NotAuthority { index, issued } => {
                let (index, issued) = (self.certificate(*index), self.certificate(*issued));
                let what = format!("{index} issued {issued}, but is not a CA certificate (basicConstraints)");
                (Kind::WrongPurpose, what)
            }
            Finding::NoCertSign { index, issued } => {
                let (index, issued) = (self.certificate(*index), self.certificate(*issued));
                let what = "but its keyUsage does not allow signing certificates (keyCertSign)";
                (Kind::WrongPurpose, format!("{index} issued {issued}, {what}"))
            }
            Finding::PathLength { place, limit, below } => {
                let limit = format!("{limit} intermediate{}", if *limit == 1 { "" } else { "s" });
                let what = format!("may have {limit} below it (pathLenConstraint), but has {below}");
                (Kind::Constraint, format!("{} {what}", self.place(*place)))
            }
            Finding::Constraints { by, why } => (Kind::Malformed, format!("{} {why}", self.place(*by))),
            Finding::Name { index, by, name, why } => (Kind::Constraint, self.bad_name(*index, *by, name, *why)),
            Finding::Policy { index, why } => self.policy(*index, *why),
            Finding::Purpose(index) => (Kind::WrongPurpose, self.purpose(*index)),
            Finding::Breaks { index, breach } => {
                let (_, clause, what) = breach.describe();
                let what = format!("{} {what} (RFC 5280 {clause}), which is required here", self.certificate(*index));
                (Kind::Malformed, what)
            }
            Finding::Listed { .. }
            | Finding::StatusUnknown { .. }
            | Finding::Revoked(_)
            | Finding::NotStapled
            | Finding::StatusNotStapled
            | Finding::BadStaple(_) => self.status(finding),
            Finding::NotNamed => (Kind::NameMismatch, self.not_named()),
            Finding::NoName => {
                let what = "the connection was made without a server name to compare with its names";
                let advice = "connect by a name, or pin this certificate or its key (verify::Pin)";
                (Kind::Refused, format!("{what}: {advice}"))
            }
            Finding::KeyUsage(usage) => (Kind::WrongPurpose, self.key_usage(*usage)),
            Finding::UnknownKey => {
                let what = format!("{} has an unsupported type of key", self.certificate(0));
                (Kind::UnsupportedAlgorithm, what)
            }
            Finding::SmallKey { bits, least } => (
                Kind::UnsupportedAlgorithm,
                format!("{} has an RSA key of {bits} bits; at least {least} are required", self.certificate(0)),
            ),
            Finding::NotPinned(pin) => {
                (Kind::NotPinned, format!("{} is not pinned; the pin of its key is {pin}", self.certificate(0)))
            }
        }
    }

    /// Whether the peer's own certificate is in the store.
    pub(super) fn is_trusted_itself(&self) -> bool {
        let own = self.chain.certificates.first().map(AsRef::as_ref);
        self.store.is_some_and(|store| store.itself(own.unwrap_or_default()).is_some())
    }

    fn issued_by_trusted(&self, index: usize, anchor: usize) -> String {
        let (certificate, anchor) = (self.certificate(index), self.anchors().nth(anchor));
        let why = match anchor.map(|anchor| anchor.issues) {
            Some(Issues::NoCertSign) => "its keyUsage does not allow signing certificates (keyCertSign)",
            Some(Issues::NoAuthority | Issues::Yes) | None => "it is not a CA certificate (basicConstraints)",
        };
        let issuer = anchor.map(|anchor| &*anchor.text).unwrap_or_default();
        format!("{certificate} was issued by {issuer}, which is trusted itself, but not as an issuer: {why}")
    }

    /// The longest path ends at this certificate.
    fn no_issuer(&self, index: usize) -> String {
        let Some(last) = self.get(index) else { return self.certificate(index) };
        let (issuer, roots) = (text::name(last.issuer), self.roots());
        let mut out = match (last.is_self_issued(), index) {
            (true, 0) => format!("{} is self-signed and is not {roots}", self.certificate(0)),
            (true, _) => format!("{}, which is not {roots}", ends_at(&self.certificate(index))),
            _ if self.was_sent(last) => {
                format!("the issuers of {} form a loop, and none of them is {roots}", self.certificate(0))
            }
            _ => {
                let sent = text::count(self.read.len(), "certificate");
                format!(
                    "the chain ends at {}, issued by {issuer}, which is not {roots}; the {} sent {sent}",
                    self.certificate(index),
                    self.side(),
                )
            }
        };
        if let Some(root) = self.root_of(last).filter(|_| last.is_self_issued()) {
            out.push_str(&format!("; your root {} has the same name but a different key", root.text));
        }
        // A root with the right key but a different name usually has its name encoded differently.
        let key = last.extensions.authority_key;
        let same_key = self.anchors().find(|anchor| key.is_some() && anchor.subject_key.as_deref() == key);
        if let Some((anchor, difference)) = same_key.and_then(|a| Some((a, last.issuer.difference(a.name())?))) {
            out.push_str(&format!(
                "; your root {} has its key but a different name: {}",
                anchor.text,
                differs(difference)
            ));
        }
        if let Some(rejected) =
            self.store.into_iter().flat_map(TrustStore::rejected).find(|rejected| *rejected.subject == *issuer)
        {
            out.push_str(&format!("; it was given as a root, but {rejected}"));
        }
        out
    }

    /// Whether a certificate is self-issued, while the issuer known by that name has a different key.
    fn is_self_signed(&self, index: usize, by: Place) -> bool {
        self.get(index).is_some_and(|certificate| {
            let has_key = match by {
                Place::Sent(by) => self.get(by).is_some_and(|issuer| issuer.key.whole == certificate.key.whole),
                Place::Root(by) => self.anchors().nth(by).is_some_and(|root| root.has_key(certificate.key)),
            };
            certificate.is_self_issued() && !has_key
        })
    }

    fn anchors(&self) -> impl Iterator<Item = &'a Anchor> {
        self.store.into_iter().flat_map(|store| &store.anchors)
    }

    /// The trust anchor with the name of this certificate's issuer.
    pub(super) fn root_of(&self, certificate: &Certificate<'_>) -> Option<&'a Anchor> {
        self.anchors().find(|anchor| anchor.name().is_same(certificate.issuer))
    }

    /// Whether the chain contains a certificate with the issuer's name.
    fn was_sent(&self, certificate: &Certificate<'_>) -> bool {
        self.read.iter().flatten().any(|sent| sent.subject.is_same(certificate.issuer))
    }

    fn not_signed(&self, index: usize, by: Place, why: Unsigned) -> Explained {
        let (child, issuer) = (self.certificate(index), self.place(by));
        let algorithm = || self.get(index).map_or_else(String::new, |c| text::algorithm(c.signature.algorithm));
        match why {
            // It is signed with its own key.
            Unsigned::KeyKind | Unsigned::Mismatch if self.is_self_signed(index, by) => {
                let what = "has the same name but a different key";
                let ends = if index == 0 { format!("{child} is self-signed") } else { ends_at(&child) };
                (Kind::UnknownIssuer, format!("{ends}; {issuer} {what}"))
            }
            Unsigned::Algorithm => {
                let what = format!("{child} is signed with {}, which is unsupported or too weak", algorithm());
                (Kind::UnsupportedAlgorithm, what)
            }
            Unsigned::KeyKind => {
                let what = "which is not supported with the type or size of its issuer's key";
                (Kind::UnsupportedAlgorithm, format!("{child} is signed with {}, {what}", algorithm()))
            }
            Unsigned::SmallKey(bits) => {
                let what = format!("with an RSA key of {bits} bits; at least {MIN_RSA_BITS} are required");
                (Kind::UnsupportedAlgorithm, format!("{child} is signed by {issuer}, {what}"))
            }
            Unsigned::Mismatch => {
                let wanted = self.get(index).and_then(|child| child.extensions.authority_key);
                let has = match by {
                    Place::Sent(index) => self.get(index).and_then(|issuer| issuer.extensions.subject_key),
                    Place::Root(root) => self
                        .store
                        .and_then(|store| store.anchors.get(root))
                        .and_then(|root| root.subject_key.as_deref()),
                };
                match (wanted, has) {
                    // The key identifiers distinguish a modified certificate from one issued by another CA with the
                    // same name.
                    (Some(wanted), Some(has)) if wanted != has => {
                        let keys = format!("{}, not {}", text::hex(wanted), text::hex(has));
                        let what = "a CA of that name signed it, but with a different key";
                        (
                            Kind::UnknownIssuer,
                            format!("{issuer} did not issue {child}: {what} (its key identifier is {keys})"),
                        )
                    }
                    _ => {
                        let what = "it was modified after it was signed, or was issued by another CA of the same name";
                        (
                            Kind::BadSignature,
                            format!("the signature on {child} does not verify with the key of {issuer}: {what}"),
                        )
                    }
                }
            }
        }
    }

    fn expired(&self, place: Place, until: i64) -> String {
        let now = text::seconds(self.chain.now);
        let (until, ago, now) = (text::time(until), text::span(now.abs_diff(until)), text::time(now));
        format!("{} expired on {until}, {ago} before the time of the check ({now})", self.place(place))
    }

    fn not_yet_valid(&self, place: Place, from: i64) -> String {
        let now = text::seconds(self.chain.now);
        let (from, wait, now) = (text::time(from), text::span(from.abs_diff(now)), text::time(now));
        format!("{} becomes valid on {from}, {wait} after the time of the check ({now})", self.place(place))
    }

    fn unknown_critical(&self, index: usize) -> String {
        let id = self.get(index).and_then(|certificate| certificate.extensions.unknown_critical);
        let id = id.map(text::dotted).unwrap_or_default();
        let what = format!("has a critical extension ({id}) that is not supported, so it must be refused");
        format!("{} {what} (RFC 5280 §4.2)", self.certificate(index))
    }

    fn bad_name(&self, index: usize, by: Place, name: &str, why: BadName) -> String {
        let (certificate, by) = (self.certificate(index), self.place(by));
        let what = match why {
            BadName::NotPermitted => "do not permit",
            BadName::Excluded => "exclude",
            BadName::Incomparable => "cannot be compared with",
        };
        format!("the nameConstraints of {by} {what} the name {name} in {certificate}")
    }

    fn policy(&self, index: usize, why: Refusal) -> Explained {
        let certificate = self.certificate(index);
        match why {
            Refusal::NoPolicy => {
                let what = "a certificate policy is required, but no accepted policy is valid for the whole path";
                (Kind::Constraint, format!("{what} down to {certificate} (RFC 5280 §6.1)"))
            }
            Refusal::UnknownQualifier => {
                let what = "has a critical certificatePolicies extension with an unsupported qualifier";
                (Kind::Unsupported, format!("{certificate} {what} (RFC 5280 §4.2.1.4)"))
            }
            Refusal::MapsAnyPolicy => (
                Kind::Malformed,
                format!("{certificate} has a policyMappings extension that maps anyPolicy (RFC 5280 §6.1.4)"),
            ),
            Refusal::Malformed => (Kind::Malformed, format!("{certificate} has policies that cannot be read")),
            Refusal::TooMany => (Kind::Refused, format!("{certificate} has too many policies to check")),
        }
    }

    fn purpose(&self, index: usize) -> String {
        let purposes = self.get(index).and_then(|certificate| certificate.extensions.purposes);
        let present = text::list(purposes.into_iter().flat_map(|purposes| purposes.iter().map(text::purpose)));
        let needed = match self.chain.peer {
            Peer::Server(_) | Peer::UnnamedServer => leaf::SERVER_AUTH,
            Peer::Client => leaf::CLIENT_AUTH,
        };
        let needed = text::purpose(needed);
        format!("the extendedKeyUsage of {} is {present}, but {needed} is required", self.certificate(index))
    }

    fn status(&self, finding: &Finding) -> Explained {
        let own = || self.certificate(0);
        match finding {
            Finding::Listed { index, at, list } => {
                let at = at.map(|at| format!(" on {}", text::time(at))).unwrap_or_default();
                (Kind::Revoked, format!("{} was revoked{at}, according to {list}", self.certificate(*index)))
            }
            Finding::StatusUnknown { index, why, list } => {
                (Kind::RevocationUnknown, self.status_unknown(*index, *why, list))
            }
            Finding::Revoked(at) => {
                let at = text::time(*at);
                (Kind::Revoked, format!("{} was revoked on {at}, according to its stapled OCSP response", own()))
            }
            Finding::NotStapled => {
                let what = "requires a stapled OCSP response (RFC 7633), but the server sent no usable one";
                (Kind::BadStatusResponse, format!("{} {what}", own()))
            }
            Finding::StatusNotStapled => {
                let what = "is unknown: the server stapled no OCSP response that gives its status";
                (Kind::RevocationUnknown, format!("whether {} was revoked {what}", own()))
            }
            Finding::BadStaple(why) => {
                (Kind::BadStatusResponse, format!("the OCSP response stapled to {} {why}", own()))
            }
            _ => (Kind::RevocationUnknown, own()),
        }
    }

    fn status_unknown(&self, index: usize, why: Unknown, list: &str) -> String {
        let certificate = self.certificate(index);
        let issuer = self.get(index).map(|certificate| text::name(certificate.issuer)).unwrap_or_default();
        let now = || text::time(text::seconds(self.chain.now));
        match why {
            Unknown::NoList => format!("there is no revocation list from {issuer} for {certificate}"),
            Unknown::OtherScope { .. } => {
                format!("there is no revocation list for {certificate}: {list} from {issuer} covers other certificates")
            }
            Unknown::Rejected { .. } => {
                format!("there is no usable revocation list for {certificate}: {list}")
            }
            Unknown::OnlyDelta { .. } => {
                format!("{list} is a delta CRL whose base is missing, so it does not give the status of {certificate}")
            }
            Unknown::OtherKey { .. } => {
                format!("{list}, for {certificate}, is not signed by a key of its issuer that has a valid path")
            }
            Unknown::MayNotSign { .. } => {
                let what = "is signed by an issuer whose keyUsage does not allow signing revocation lists (cRLSign)";
                format!("{list}, for {certificate}, {what}")
            }
            Unknown::Future { from, .. } => {
                let from = text::time(from);
                format!("{list}, for {certificate}, becomes valid on {from}, after the time of the check ({})", now())
            }
            Unknown::Expired { until, .. } => {
                let until = text::time(until);
                format!("{list}, for {certificate}, expired on {until}, before the time of the check ({})", now())
            }
            Unknown::SomeReasons { .. } => {
                format!("{list}, for {certificate}, covers only some revocation reasons")
            }
        }
    }

    fn not_named(&self) -> String {
        let (Peer::Server(asked), Some(own)) = (&self.chain.peer, self.get(0)) else { return self.certificate(0) };
        let mut valid = text::list(text::valid_names(own));
        let mut but = "but";
        if valid.is_empty() {
            valid.push_str("no DNS name or IP address (subjectAltName)");
            but = "so";
        }
        let name = server_name_text(asked);
        let is_named = |read: &Read<'_>| read.as_ref().is_ok_and(|c| alt_names::are_of(c.extensions.alt_names, asked));
        if let Some(index) = self.read.iter().position(is_named) {
            let what = "is: the chain is in the wrong order, the peer's own certificate must come first";
            return format!("{} is not valid for {name}, but {} {what}", self.certificate(0), self.certificate(index));
        }
        let hint = match asked {
            ServerName::DnsName(_) if text::valid_names(own).any(|wildcard| is_near(&wildcard, &name)) => {
                "; a wildcard matches exactly one label"
            }
            ServerName::IpAddress(_) if text::has_dns_name(own, &name) => {
                "; the address is present only as a DNS name, which is not accepted"
            }
            _ if leaf::common_name(own, asked).is_some() => "; its common name matches, but is not accepted by default",
            _ => "",
        };
        format!("{} is valid for {valid}, {but} not for {name}{hint}", self.certificate(0))
    }

    fn key_usage(&self, usage: KeyUsage) -> String {
        let allowed = text::list(usage.names().map(ToString::to_string));
        let need = match self.chain.key_use {
            KeyUse::DigitalSignature => "signing in the handshake needs digitalSignature",
            KeyUse::KeyEncipherment if usage.allows(KeyUsage::DIGITAL_SIGNATURE) => {
                "static RSA key exchange needs keyEncipherment; an ECDHE suite does not need it"
            }
            KeyUse::KeyEncipherment => "static RSA key exchange needs keyEncipherment",
        };
        let allowed = if allowed.is_empty() { "empty" } else { &allowed };
        format!("the keyUsage of {} is {allowed}; {need} (RFC 5246 §7.4.2)", self.certificate(0))
    }
}

fn ends_at(certificate: &str) -> String {
    format!("the chain ends at the self-signed {certificate}")
}

/// How the name of an issuer differs from that of a root.
fn differs(difference: Difference<'_>) -> String {
    match difference {
        Difference::Value(issuer, root) => format!("{}, not {}", text::attribute(root), text::attribute(issuer)),
        Difference::Missing(attribute) => format!("it lacks {}", text::attribute(attribute)),
        Difference::Added(attribute) => format!("it also has {}", text::attribute(attribute)),
        Difference::Order => String::from("its parts are in a different order"),
    }
}

/// Whether `name` is the parent domain of a wildcard, or is below it at some other depth.
fn is_near(wildcard: &str, name: &str) -> bool {
    let front = wildcard.strip_prefix("*.").and_then(|parent| name.strip_suffix(parent));
    front.is_some_and(|front| front.is_empty() || front.ends_with('.'))
}
