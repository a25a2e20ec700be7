//! The certificate profile of RFC 5280 §4, as far as webpki does not enforce it: each certificate on its own.

use alloc::collections::BTreeSet;
use x509_parser::extensions::{AuthorityKeyIdentifier, BasicConstraints, GeneralName, ParsedExtension};
use x509_parser::oid_registry::{
    OID_PKIX_AUTHORITY_INFO_ACCESS, OID_PKIX_SUBJECT_INFO_ACCESS, OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER,
    OID_X509_EXT_FRESHEST_CRL, OID_X509_EXT_SUBJECT_KEY_IDENTIFIER, Oid,
};
use x509_parser::prelude::{X509Certificate, X509Extension, X509Version};

use super::policy;
use super::rule::{Allowed, Rule};
use super::tlv;

/// What a certificate is on its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The peer's own.
    Peer,
    /// An intermediate authority's.
    Intermediate,
    /// A root.
    Root,
}

/// Extensions that must not be critical (RFC 5280 §4.2.1.1, §4.2.1.2, §4.2.1.15, §4.2.2.1, §4.2.2.2).
const NEVER_CRITICAL: [Oid<'static>; 5] = [
    OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER,
    OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
    OID_X509_EXT_FRESHEST_CRL,
    OID_PKIX_AUTHORITY_INFO_ACCESS,
    OID_PKIX_SUBJECT_INFO_ACCESS,
];

/// The arcs of RFC 5280's own extensions: 2.5.29, 1.3.6.1.5.5.7.1.
const ID_CE: &[u8] = &[0x55, 0x1d];
const ID_PE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01];

/// The policy qualifiers of RFC 5280 §4.2.1.4, id-qt-cps and id-qt-unotice: 1.3.6.1.5.5.7.2.1 and .2.
const KNOWN_QUALIFIERS: [&[u8]; 2] =
    [&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x02, 0x01], &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x02, 0x02]];

/// The first rule that the certificate breaks, and that is not relaxed.
pub(super) fn broken(certificate: &X509Certificate<'_>, role: Role, allowed: &Allowed) -> Option<Rule> {
    let mut check = Check { certificate, role, allowed, broken: None };
    check.fields();
    check.extensions();
    check.authority();
    check.names();
    check.broken
}

struct Check<'c, 'a> {
    certificate: &'c X509Certificate<'a>,
    role: Role,
    allowed: &'c Allowed,
    broken: Option<Rule>,
}

impl<'c, 'a> Check<'c, 'a> {
    fn must(&mut self, holds: impl FnOnce() -> bool, rule: Rule) {
        let relaxed = rule.relaxed_by.is_some_and(|allow| self.allowed.has(allow));
        if self.broken.is_none() && !relaxed && !holds() {
            self.broken = Some(rule);
        }
    }

    fn never(&mut self, rule: Rule) {
        self.must(|| false, rule);
    }

    fn find<T>(&self, select: impl Fn(&'c ParsedExtension<'a>) -> Option<T>) -> Option<T> {
        self.certificate.extensions().iter().find_map(|extension| select(extension.parsed_extension()))
    }

    fn basic_constraints(&self) -> Option<&'c BasicConstraints> {
        self.find(|extension| match extension {
            ParsedExtension::BasicConstraints(constraints) => Some(constraints),
            _ => None,
        })
    }

    /// RFC 5280 §4.1.
    fn fields(&mut self) {
        const LAST_UTC_YEAR: i32 = 2049;
        let certificate = self.certificate;
        let extended = !certificate.extensions().is_empty();
        self.must(|| !extended || certificate.version() == X509Version::V3, Rule::VERSION);
        let serial = certificate.raw_serial();
        // X.690 §8.3.2: the first nine bits are not all the same.
        let (first, second) = (serial.first().copied(), serial.get(1).copied());
        let padded = second.is_some_and(|second| match first {
            Some(0) => second < 0x80,
            Some(0xff) => second >= 0x80,
            _ => false,
        });
        self.must(|| first.is_some() && !padded, Rule::SERIAL_ENCODING);
        self.must(|| first.is_some_and(|first| first < 0x80) && serial != [0], Rule::SERIAL_SIGN);
        self.must(|| serial.len() <= 20, Rule::SERIAL_LENGTH);
        self.must(|| certificate.signature_algorithm == certificate.tbs_certificate.signature, Rule::TWO_ALGORITHMS);
        self.must(|| certificate.issuer().iter_rdn().next().is_some(), Rule::NO_ISSUER);
        let mut parts = certificate.issuer().iter_rdn().chain(certificate.subject().iter_rdn());
        self.must(|| parts.all(|part| part.iter().next().is_some()), Rule::EMPTY_ATTRIBUTE_SET);
        let names = [certificate.issuer(), certificate.subject()];
        self.must(|| names.iter().all(|name| is_name(name.as_raw())), Rule::NAME_ENCODING);
        let validity = certificate.validity();
        self.must(|| validity.not_before <= validity.not_after, Rule::VALIDITY);
        for time in [validity.not_before, validity.not_after] {
            let late = || !time.is_generalizedtime() || time.to_datetime().year() > LAST_UTC_YEAR;
            self.must(late, Rule::EARLY_GENERALIZED_TIME);
        }
        let tbs = &certificate.tbs_certificate;
        self.must(|| tbs.issuer_uid.is_none() && tbs.subject_uid.is_none(), Rule::UNIQUE_ID);
        self.must(|| extended || !has_extensions_field(certificate), Rule::NO_EXTENSION);
    }

    /// RFC 5280 §4.2, but for what depends on whether it is an authority's.
    fn extensions(&mut self) {
        let mut seen = BTreeSet::new();
        for extension in self.certificate.extensions() {
            self.must(|| seen.insert(extension.oid.as_bytes()), Rule::REPEATED);
            self.extension(extension);
        }
    }

    fn extension(&mut self, extension: &'c X509Extension<'a>) {
        let critical = extension.critical;
        if critical {
            self.must(|| !NEVER_CRITICAL.contains(&extension.oid), Rule::MUST_NOT_BE_CRITICAL);
        }
        let whole = || tlv::elements(extension.value).is_some_and(|elements| elements.len() == 1);
        match extension.parsed_extension() {
            ParsedExtension::ParseError { .. } => {
                // Others' extensions are not RFC 5280's to judge.
                let id = extension.oid.as_bytes();
                self.must(|| !critical && !id.starts_with(ID_CE) && !id.starts_with(ID_PE), Rule::MALFORMED_EXTENSION);
            }
            // webpki refuses it in others than roots.
            ParsedExtension::UnsupportedExtension { .. } | ParsedExtension::Unparsed => {
                self.must(|| !critical || NEVER_CRITICAL.contains(&extension.oid), Rule::UNKNOWN_CRITICAL);
            }
            known => {
                self.must(whole, Rule::MALFORMED_EXTENSION);
                if let ParsedExtension::NameConstraints(_) = known {
                    self.must(|| are_whole_subtrees(extension.value), Rule::NAMES_BOUNDS);
                }
                self.known_extension(known, critical);
            }
        }
    }

    fn known_extension(&mut self, extension: &'c ParsedExtension<'a>, critical: bool) {
        match extension {
            ParsedExtension::AuthorityKeyIdentifier(aki) => {
                let both = aki.authority_cert_issuer.is_some() == aki.authority_cert_serial.is_some();
                self.must(|| both, Rule::AKI_HALF);
            }
            ParsedExtension::KeyUsage(usage) => self.must(|| usage.flags != 0, Rule::KEY_USAGE_EMPTY),
            ParsedExtension::CertificatePolicies(policies) => {
                let mut seen = BTreeSet::new();
                let once = || policies.iter().all(|policy| seen.insert(policy.policy_id.as_bytes()));
                self.must(once, Rule::POLICY_TWICE);
                let mut qualifiers = policies.iter().flat_map(|policy| policy.policy_qualifiers.iter().flatten());
                let mut known = || qualifiers.all(|q| KNOWN_QUALIFIERS.contains(&q.policy_qualifier_id.as_bytes()));
                self.must(|| !critical || known(), Rule::UNKNOWN_QUALIFIER);
            }
            ParsedExtension::PolicyMappings(mappings) => {
                let any = |oid: &Oid<'_>| oid.as_bytes() == policy::ANY_POLICY;
                let mut maps = mappings.mappings.iter();
                let named = || !maps.any(|map| any(&map.issuer_domain_policy) || any(&map.subject_domain_policy));
                self.must(named, Rule::MAPS_ANY_POLICY);
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.must(|| !names.general_names.is_empty(), Rule::EMPTY_ALT_NAME);
                self.must(|| names.general_names.iter().all(is_well_formed), Rule::BAD_ALT_NAME);
            }
            ParsedExtension::NameConstraints(names) => {
                self.must(|| critical, Rule::NAMES_NOT_CRITICAL);
                let some = names.permitted_subtrees.is_some() || names.excluded_subtrees.is_some();
                self.must(|| some, Rule::NAMES_EMPTY);
            }
            ParsedExtension::PolicyConstraints(policy) => {
                self.must(|| critical, Rule::POLICY_NOT_CRITICAL);
                let some = policy.require_explicit_policy.is_some() || policy.inhibit_policy_mapping.is_some();
                self.must(|| some, Rule::POLICY_EMPTY);
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let some = usage.any
                    || usage.server_auth
                    || usage.client_auth
                    || usage.code_signing
                    || usage.email_protection
                    || usage.time_stamping
                    || usage.ocsp_signing
                    || !usage.other.is_empty();
                self.must(|| some, Rule::PURPOSE_EMPTY);
            }
            ParsedExtension::CRLDistributionPoints(points) => {
                let named = || points.iter().all(|p| p.distribution_point.is_some() || p.crl_issuer.is_some());
                self.must(named, Rule::DISTRIBUTION_POINT);
            }
            ParsedExtension::InhibitAnyPolicy(_) => self.must(|| critical, Rule::ANY_POLICY_NOT_CRITICAL),
            _ => (),
        }
    }

    /// What authorities' certificates have, and others must not have.
    fn authority(&mut self) {
        let self_certificate = self.certificate;
        let constraints = self.basic_constraints();
        let is_ca = constraints.is_some_and(|constraints| constraints.ca);
        let usage = self.find(|extension| match extension {
            ParsedExtension::KeyUsage(usage) => Some(usage),
            _ => None,
        });
        // A root of version 1 has no way to say so: who gave it to us vouches for it.
        let speaks = self.role != Role::Root || self.certificate.version() == X509Version::V3;
        if self.role != Role::Peer && speaks {
            self.must(|| is_ca, Rule::NOT_A_CA);
            self.must(|| usage.is_none_or(|usage| usage.key_cert_sign()), Rule::NO_CERT_SIGN);
        }
        if is_ca {
            let critical =
                |e: &&X509Extension<'_>| matches!(e.parsed_extension(), ParsedExtension::BasicConstraints(_));
            let critical = self.certificate.extensions().iter().find(critical).is_some_and(|e| e.critical);
            self.must(|| critical, Rule::CA_NOT_CRITICAL);
            self.must(|| own_key(self_certificate).is_some(), Rule::SKI_MISSING);
        } else if speaks {
            self.must(|| !usage.is_some_and(|usage| usage.key_cert_sign()), Rule::SIGNS_WITHOUT_CA);
            let limited = constraints.is_some_and(|constraints| constraints.path_len_constraint.is_some());
            self.must(|| !limited, Rule::PATH_LEN_WITHOUT_CA);
            let names = self.find(|e| matches!(e, ParsedExtension::NameConstraints(_)).then_some(()));
            self.must(|| names.is_none(), Rule::NAMES_WITHOUT_CA);
        }
        // It may be left out where an authority hands out its key (RFC 5280 §4.2.1.1).
        let self_signed = self.certificate.subject() == self.certificate.issuer();
        if self.role != Role::Root && !(self_signed && is_ca) {
            self.must(|| authority_key(self.certificate).is_some(), Rule::AKI_MISSING);
        }
    }

    /// RFC 5280 §4.1.2.6, §4.2.1.6.
    fn names(&mut self) {
        let named = self.certificate.subject().iter_rdn().next().is_some();
        if named {
            return;
        }
        if self.role != Role::Peer {
            return self.never(Rule::NO_SUBJECT_OF_CA);
        }
        let mut extensions = self.certificate.extensions().iter();
        let critical = |e: &X509Extension<'_>| {
            e.critical && matches!(e.parsed_extension(), ParsedExtension::SubjectAlternativeName(_))
        };
        self.must(|| extensions.any(critical), Rule::NO_SUBJECT);
    }
}

/// Whether this is the content of the identifier of an extension that must not be critical.
pub(super) fn is_never_critical(id: &[u8]) -> bool {
    NEVER_CRITICAL.iter().any(|never| never.as_bytes() == id)
}

/// Whether the certificate of an issuer has the key that this one says it was signed with, as far as both say so
/// (RFC 5280 §4.2.1.1, §4.2.1.2).
pub(super) fn names_key_of(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    authority_key(certificate).zip(own_key(issuer)).is_none_or(|(wanted, identifier)| wanted == identifier)
}

/// The identifier of the certificate's own key.
pub(super) fn own_key<'a>(certificate: &X509Certificate<'a>) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(key) => Some(key.0),
        _ => None,
    })
}

/// The identifier of the key that the certificate says it was signed with.
pub(super) fn authority_key<'a>(certificate: &X509Certificate<'a>) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(AuthorityKeyIdentifier { key_identifier: Some(key), .. }) => {
            Some(key.0)
        }
        _ => None,
    })
}

/// RFC 5280 §4.1.2.4: every attribute is a type and a value, and nothing else.
fn is_name(name: &[u8]) -> bool {
    let is_attribute =
        |attribute: &tlv::Tlv<'_>| tlv::parts(attribute.whole, tlv::SEQUENCE).is_some_and(|parts| parts.len() == 2);
    let is_relative_name =
        |set: &tlv::Tlv<'_>| tlv::parts(set.whole, tlv::SET).is_some_and(|all| all.iter().all(is_attribute));
    tlv::parts(name, tlv::SEQUENCE).is_some_and(|sets| sets.iter().all(is_relative_name))
}

/// RFC 5280 §4.2.1.10: the minimum is 0, which DER leaves out, and there is no maximum: each subtree is its base alone.
fn are_whole_subtrees(constraints: &[u8]) -> bool {
    let is_base = |subtree: &tlv::Tlv<'_>| tlv::elements(subtree.content).is_some_and(|parts| parts.len() == 1);
    let are_bases = |list: &tlv::Tlv<'_>| tlv::elements(list.content).is_some_and(|all| all.iter().all(is_base));
    tlv::parts(constraints, tlv::SEQUENCE).is_some_and(|lists| lists.iter().all(are_bases))
}

/// RFC 5280 §4.2.1.6: no empty names, and addresses of four or sixteen octets.
fn is_well_formed(name: &GeneralName<'_>) -> bool {
    match name {
        GeneralName::DNSName(dns) => !dns.is_empty() && dns.bytes().all(|byte| byte.is_ascii_graphic()),
        GeneralName::RFC822Name(text) | GeneralName::URI(text) => !text.is_empty(),
        GeneralName::IPAddress(address) => matches!(address.len(), 4 | 16),
        GeneralName::Invalid(..) => false,
        _ => true,
    }
}

/// Whether there is the field of the extensions, though it may be empty.
fn has_extensions_field(certificate: &X509Certificate<'_>) -> bool {
    let fields =
        tlv::only(certificate.tbs_certificate.as_ref(), tlv::SEQUENCE).and_then(|tbs| tlv::elements(tbs.content));
    fields.is_none_or(|fields| fields.iter().any(|field| field.tag == tlv::context(3)))
}
