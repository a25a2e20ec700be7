//! The rules that are refused or noted by the caller's choice: [`Allow`] relaxes one that is refused by default,
//! [`Rule`] names one that is noted by default.

use alloc::vec::Vec;

use super::breach::Breach;

/// A check that [`Verifier::allow`](super::Verifier::allow) relaxes.
///
/// Each costs some protection: relax those that you need, for the peers that need them. Whatever is relaxed, a chain still
/// leads by valid signatures to a root, at a time when its certificates are valid, for the name asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Allow {
    /// A root that has expired, or is not valid yet.
    ExpiredRoots,
    /// The common name of a certificate that has neither a DNS name nor an IP address in a subjectAltName
    /// (RFC 6125 §6.4.4). Constraints on DNS names hold for it.
    CommonName,
    /// RSA keys of 1024 bits and more. The provider must take them too: `tls12::crypto::ring::provider_for_small_rsa_keys`
    /// does for the keys of peers, and not for those of their issuers.
    SmallRsaKeys,
    /// Signatures with SHA-1 in a chain, as old private authorities make them. Forging one is within reach: allow it only
    /// where nobody but you can have certificates issued.
    Sha1Signatures,
    /// A certificate of X.509 version 1 or 2, as the peer's own, that a trusted authority has issued. It cannot say what it
    /// may be used for.
    OldVersions,
    /// A revocation list after its nextUpdate.
    ExpiredCrls,
    /// A stapled OCSP response that says nothing about the certificate: it is for another one, too old, reports an error, or
    /// is malformed. One that says that the certificate was revoked counts all the same.
    UnusableStaple,
}

/// What is allowed: nothing by default.
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

/// A rule of RFC 5280 §4 for those who issue certificates. A certificate that breaks one is accepted with a
/// [`Note`](super::Note), unless [`Verifier::require`](super::Verifier::require) or
/// [`Verifier::strict`](super::Verifier::strict) says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rule {
    /// A certificate with extensions is of version 3 (§4.1.2.1).
    Version,
    /// Serial numbers are positive and have at most 20 octets (§4.1.2.2).
    SerialNumber,
    /// Issuers have names, and so have the subjects of authorities. A certificate without a subject has a critical
    /// subjectAltName. Name constraints constrain something (§4.1.2.4, §4.1.2.6, §4.2.1.10).
    Names,
    /// GeneralizedTime is used for years from 2050 on (§4.1.2.5).
    TimeEncoding,
    /// There are no unique identifiers (§4.1.2.8).
    UniqueIdentifiers,
    /// The list of extensions is not empty, and every extension can be read, even one that is only a hint (§4.1.2.9, §4.2).
    Extensions,
    /// Extensions that must be critical are, and those that must not be are not (§4.2). Constraints hold in any case.
    Criticality,
    /// Authorities have a subjectKeyIdentifier, and what they issue repeats it as authorityKeyIdentifier (§4.2.1.1,
    /// §4.2.1.2).
    KeyIdentifiers,
    /// Authorities have a keyUsage, and every keyUsage allows something (§4.2.1.3).
    KeyUsage,
    /// Only authorities have keyCertSign, a pathLenConstraint, or nameConstraints (§4.2.1.3, §4.2.1.9, §4.2.1.10).
    AuthorityTraits,
    /// Each policy is listed once, and policyConstraints constrain something (§4.2.1.4, §4.2.1.11).
    Policies,
    /// A subjectAltName has names, all well-formed (§4.2.1.6). One that is not matches nothing.
    AlternativeNames,
    /// Every distribution point for revocation lists has a name or an issuer (§4.2.1.13).
    DistributionPoints,
    /// The peer's own certificate does not belong to an authority (§4.2.1.9).
    AuthorityAsPeer,
    /// Every certificate of a chain can be read, even one that is not needed (RFC 5246 §7.4.2).
    UnneededCertificates,
}

impl Rule {
    /// All of them.
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

/// The rules that are required: none by default.
#[derive(Clone, Debug, Default)]
pub(super) struct Required(Vec<Rule>);

impl Required {
    pub(super) fn add(&mut self, rule: Rule) {
        if !self.0.contains(&rule) {
            self.0.push(rule);
        }
    }

    /// Whether a breach of this kind is refused.
    pub(super) fn has(&self, breach: Breach) -> bool {
        !self.0.is_empty() && self.0.contains(&breach.told().0)
    }
}
