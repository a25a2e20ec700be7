//! The checks that a caller can configure: [`Allow`] relaxes a check that refuses by default; [`Rule`] names one that
//! only adds a note by default.

use alloc::vec::Vec;

/// A check that [`Verifier::allow`](super::Verifier::allow) relaxes.
///
/// Each costs some protection: relax only the checks that you need, for the peers that need them. Whatever is relaxed,
/// a chain must still lead to a root through valid signatures, its certificates must be valid at the time, and it must
/// be for the requested name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Allow {
    /// Accepts a root that has expired, or is not valid yet.
    ExpiredRoots,
    /// Accepts the common name of a certificate that has neither a DNS name nor an IP address in a subjectAltName (RFC
    /// 6125 §6.4.4). Name constraints on DNS names apply to it.
    CommonName,
    /// Accepts RSA keys of 1024 bits and more. The provider must accept them too:
    /// `tls12::crypto::ring::provider_for_small_rsa_keys` accepts such keys from peers, but not from their issuers.
    SmallRsaKeys,
    /// Accepts SHA-1 signatures in a chain, which old private CAs create. Forging one is feasible: allow it only where
    /// only you can have certificates issued.
    Sha1Signatures,
    /// Accepts an end-entity certificate of X.509 version 1 or 2 that a trusted CA has issued. Such a certificate
    /// cannot state what it may be used for.
    OldVersions,
    /// Accepts a revocation list after its nextUpdate.
    ExpiredCrls,
    /// Ignores a stapled OCSP response that does not give the status of the certificate: it is for another one, is too
    /// old, reports an error, or is malformed. A response that reports the certificate as revoked still counts.
    UnusableStaple,
}

/// The checks that are relaxed: none by default.
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

/// A rule of RFC 5280 §4 for CAs. A certificate that violates one is accepted with a [`Note`](super::Note), unless
/// [`Verifier::require`](super::Verifier::require) or [`Verifier::strict`](super::Verifier::strict) says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rule {
    /// A certificate with extensions is of version 3 (§4.1.2.1).
    Version,
    /// Serial numbers are positive and have at most 20 octets (§4.1.2.2).
    SerialNumber,
    /// The issuer is not empty, nor is the subject of a CA. A certificate without a subject has a critical
    /// subjectAltName. Name constraints are not empty (§4.1.2.4, §4.1.2.6, §4.2.1.10).
    Names,
    /// GeneralizedTime is used only for dates in 2050 or later (§4.1.2.5).
    TimeEncoding,
    /// There are no unique identifiers (§4.1.2.8).
    UniqueIdentifiers,
    /// The list of extensions is not empty, and every extension can be parsed, even one that is only a hint (§4.1.2.9,
    /// §4.2).
    Extensions,
    /// Extensions are marked critical exactly where they must be (§4.2). Constraints apply in any case.
    Criticality,
    /// CA certificates have a subjectKeyIdentifier, and the certificates they issue repeat it as authorityKeyIdentifier
    /// (§4.2.1.1, §4.2.1.2).
    KeyIdentifiers,
    /// CA certificates have a keyUsage, and no keyUsage is empty (§4.2.1.3).
    KeyUsage,
    /// Only CA certificates have keyCertSign, a pathLenConstraint or nameConstraints (§4.2.1.3, §4.2.1.9, §4.2.1.10).
    AuthorityTraits,
    /// Each policy is listed once, and policyConstraints are not empty (§4.2.1.4, §4.2.1.11).
    Policies,
    /// A subjectAltName is not empty, and its names are well-formed (§4.2.1.6). A malformed name matches nothing.
    AlternativeNames,
    /// Every distribution point for revocation lists has a name or an issuer (§4.2.1.13).
    DistributionPoints,
    /// The peer's own certificate is not a CA certificate (§4.2.1.9).
    AuthorityAsPeer,
    /// Every certificate of a chain can be parsed, even one that is not needed (RFC 5246 §7.4.2).
    UnneededCertificates,
}

impl Rule {
    /// All rules.
    pub const ALL: &[Self] = &[
        Self::Version,
        Self::SerialNumber,
        Self::Names,
        Self::TimeEncoding,
        Self::UniqueIdentifiers,
        Self::Extensions,
        Self::Criticality,
        Self::KeyIdentifiers,
        Self::KeyUsage,
        Self::AuthorityTraits,
        Self::Policies,
        Self::AlternativeNames,
        Self::DistributionPoints,
        Self::AuthorityAsPeer,
        Self::UnneededCertificates,
    ];
}

/// The rules whose violation is refused: none by default.
#[derive(Clone, Debug, Default)]
pub(super) struct Required(Vec<Rule>);

impl Required {
    pub(super) fn add(&mut self, rule: Rule) {
        if !self.0.contains(&rule) {
            self.0.push(rule);
        }
    }

    /// Whether a violation of this rule is refused.
    pub(super) fn has(&self, rule: Rule) -> bool {
        self.0.contains(&rule)
    }
}
