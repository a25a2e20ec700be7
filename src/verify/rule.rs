//! The rules of RFC 5280 that webpki does not enforce, one by one, and the names by which some can be relaxed.

use alloc::vec::Vec;

/// A rule that is relaxed by [`Verifier::allow`](super::Verifier::allow).
///
/// Each is broken by deployments that mean no harm, and each costs a little: relax those that you need. Whatever is
/// relaxed, a chain still leads by valid signatures to a root, at a time when its certificates are valid, for the name
/// asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Allow {
    /// Serial numbers that are zero, negative, or longer than 20 octets (RFC 5280 §4.1.2.2).
    OddSerialNumbers,
    /// Certificates of authorities without a subjectKeyIdentifier, and certificates without the authorityKeyIdentifier of
    /// their issuer or with another one (RFC 5280 §4.2.1.1, §4.2.1.2), as private authorities often make them.
    MissingKeyIdentifiers,
    /// A basicConstraints that is not critical (RFC 5280 §4.2.1.9).
    NonCriticalBasicConstraints,
    /// A nameConstraints, policyConstraints or inhibitAnyPolicy that is not critical (RFC 5280 §4.2.1.10, §4.2.1.11,
    /// §4.2.1.14). They hold all the same.
    NonCriticalConstraints,
    /// An extension that is critical and must not be, such as authorityInfoAccess (RFC 5280 §4.2), of those that are
    /// understood.
    CriticalExtensions,
    /// A subject that is empty, with a subjectAltName that is not critical (RFC 5280 §4.1.2.6).
    EmptySubject,
    /// GeneralizedTime for years before 2050 (RFC 5280 §4.1.2.5).
    EarlyGeneralizedTime,
    /// The keyUsage of a certificate that is no authority's lets it sign certificates, or it has a pathLenConstraint, or
    /// nameConstraints (RFC 5280 §4.2.1.3, §4.2.1.9, §4.2.1.10). It is not taken as an authority for that.
    AuthorityTraits,
    /// A root that has expired, or is not valid yet.
    ExpiredRoots,
    /// The certificate of an authority as the peer's own.
    AuthorityAsPeer,
    /// The common name of a certificate that has neither a DNS name nor an IP address in a subjectAltName
    /// (RFC 6125 §6.4.4), if no issuer has nameConstraints.
    CommonName,
    /// RSA keys of 1024 bits and more in the peer's own certificate. The provider must take them too, such as
    /// `tls12::crypto::ring::provider_for_small_rsa_keys`.
    SmallRsaKeys,
    /// A CRL after its nextUpdate.
    ExpiredCrls,
    /// A stapled OCSP response that says nothing of use: of another certificate, too old, of an error, or malformed. That
    /// a certificate was revoked is heard all the same.
    UnusableStaple,
}

/// What is allowed: none by default.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowed(Vec<Allow>);

impl Allowed {
    pub(super) fn add(&mut self, allow: Allow) {
        if !self.has(allow) {
            self.0.push(allow);
        }
    }

    pub(super) fn has(&self, allow: Allow) -> bool {
        self.0.contains(&allow)
    }
}

/// A rule that a certificate breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// What is wrong, as the rest of a sentence that starts with the certificate.
    pub(super) text: &'static str,
    /// Where RFC 5280 says so.
    pub(super) clause: &'static str,
    /// What relaxes it.
    pub(super) relaxed_by: Option<Allow>,
}

macro_rules! rules {
    ($($name:ident = $clause:literal, $text:literal $(, $allow:ident)?;)*) => {
        impl Rule {
            $(pub(super) const $name: Self = Self {
                text: $text,
                clause: $clause,
                relaxed_by: rules!(@ $($allow)?),
            };)*
        }
    };
    (@ $allow:ident) => { Some(Allow::$allow) };
    (@) => { None };
}

rules! {
    VERSION = "§4.1.2.1", "has extensions, and is not of version 3";
    SERIAL_ENCODING = "§4.1.2.2", "has a serial number that is not in DER";
    SERIAL_SIGN = "§4.1.2.2", "has a serial number that is zero or negative", OddSerialNumbers;
    SERIAL_LENGTH = "§4.1.2.2", "has a serial number of more than 20 octets", OddSerialNumbers;
    TWO_ALGORITHMS = "§4.1.1.2", "names two different signature algorithms";
    NO_ISSUER = "§4.1.2.4", "names no issuer";
    NO_SUBJECT_OF_CA = "§4.1.2.6", "is of an authority, and names no subject";
    NO_SUBJECT = "§4.1.2.6", "names no subject, and has no subjectAltName that is critical", EmptySubject;
    NAME_ENCODING = "§4.1.2.4", "has a name that is not in DER";
    EMPTY_ATTRIBUTE_SET = "§4.1.2.4", "has a name with an empty part";
    EARLY_GENERALIZED_TIME = "§4.1.2.5", "gives a year before 2050 as GeneralizedTime", EarlyGeneralizedTime;
    VALIDITY = "§4.1.2.5", "ends before it begins";
    UNIQUE_ID = "§4.1.2.8", "has a unique identifier";
    NO_EXTENSION = "§4.1.2.9", "has an empty list of extensions";
    REPEATED = "§4.2", "has an extension twice";
    MALFORMED_EXTENSION = "§4.2", "has an extension that cannot be read";
    UNKNOWN_CRITICAL = "§4.2", "has a critical extension that is not supported";
    MUST_NOT_BE_CRITICAL = "§4.2", "has a critical extension that must not be critical", CriticalExtensions;
    AKI_MISSING = "§4.2.1.1", "has no authorityKeyIdentifier with the identifier of a key", MissingKeyIdentifiers;
    AKI_HALF = "§4.2.1.1", "has an authorityKeyIdentifier with an issuer or a serial number, but not both";
    AKI_OTHER = "§4.2.1.1", "has another authorityKeyIdentifier than its issuer's key", MissingKeyIdentifiers;
    SKI_MISSING = "§4.2.1.2", "is of an authority, and has no subjectKeyIdentifier", MissingKeyIdentifiers;
    KEY_USAGE_EMPTY = "§4.2.1.3", "has a keyUsage that allows nothing";
    SIGNS_WITHOUT_CA = "§4.2.1.3", "may sign certificates by its keyUsage, and is not of an authority", AuthorityTraits;
    POLICY_TWICE = "§4.2.1.4", "has a policy twice";
    UNKNOWN_QUALIFIER = "§4.2.1.4", "has critical certificatePolicies with a qualifier that is not known";
    MAPS_ANY_POLICY = "§4.2.1.5", "maps the policy anyPolicy";
    EMPTY_ALT_NAME = "§4.2.1.6", "has an empty subjectAltName";
    BAD_ALT_NAME = "§4.2.1.6", "has a name in its subjectAltName that is empty or malformed";
    NOT_A_CA = "§4.2.1.9", "is not the certificate of an authority (basicConstraints)";
    NO_CERT_SIGN = "§6.1.4 (n)", "may not sign certificates by its keyUsage (keyCertSign)";
    CA_NOT_CRITICAL = "§4.2.1.9", "has a basicConstraints that is not critical", NonCriticalBasicConstraints;
    PATH_LEN_WITHOUT_CA = "§4.2.1.9", "has a pathLenConstraint, and is not of an authority", AuthorityTraits;
    NAMES_WITHOUT_CA = "§4.2.1.10", "has nameConstraints, and is not of an authority", AuthorityTraits;
    NAMES_NOT_CRITICAL = "§4.2.1.10", "has nameConstraints that are not critical", NonCriticalConstraints;
    NAMES_EMPTY = "§4.2.1.10", "has nameConstraints that constrain nothing";
    NAMES_BOUNDS = "§4.2.1.10", "has nameConstraints with a minimum other than 0, or a maximum";
    POLICY_NOT_CRITICAL = "§4.2.1.11", "has a policyConstraints that is not critical", NonCriticalConstraints;
    POLICY_EMPTY = "§4.2.1.11", "has a policyConstraints that constrains nothing";
    PURPOSE_EMPTY = "§4.2.1.12", "has an extendedKeyUsage that allows nothing";
    OTHER_PURPOSE = "§4.2.1.12", "is for another purpose by its extendedKeyUsage";
    DISTRIBUTION_POINT = "§4.2.1.13", "has a cRLDistributionPoint that names none";
    ANY_POLICY_NOT_CRITICAL = "§4.2.1.14", "has an inhibitAnyPolicy that is not critical", NonCriticalConstraints;
}
