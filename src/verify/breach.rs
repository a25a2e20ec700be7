//! Violations of what RFC 5280 §4 demands of CAs. They do not harm a relying party, so each is a note unless its
//! [`Rule`] is required.

use super::rule::Rule;

/// A demand of RFC 5280 that a certificate violates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Breach {
    OldVersionWithExtensions,
    SerialSign,
    SerialLength,
    NoIssuer,
    NoSubjectOfAuthority,
    NoSubject,
    EarlyGeneralizedTime,
    UniqueIdentifier,
    NoExtension,
    MalformedHint,
    MustNotBeCritical,
    AuthorityKeyMissing,
    AuthorityKeyHalf,
    SubjectKeyMissing,
    OtherAuthorityKey,
    KeyUsageMissing,
    KeyUsageEmpty,
    SignsWithoutAuthority,
    PolicyTwice,
    EmptyAltName,
    BadAltName,
    AuthorityNotCritical,
    PathLenWithoutAuthority,
    NamesWithoutAuthority,
    NamesNotCritical,
    NamesEmpty,
    PolicyNotCritical,
    PolicyEmpty,
    DistributionPoint,
    AnyPolicyNotCritical,
    AuthorityAsPeer,
    Unreadable,
}

impl Breach {
    const ALL: [Self; 32] = [
        Self::OldVersionWithExtensions,
        Self::SerialSign,
        Self::SerialLength,
        Self::NoIssuer,
        Self::NoSubjectOfAuthority,
        Self::NoSubject,
        Self::EarlyGeneralizedTime,
        Self::UniqueIdentifier,
        Self::NoExtension,
        Self::MalformedHint,
        Self::MustNotBeCritical,
        Self::AuthorityKeyMissing,
        Self::AuthorityKeyHalf,
        Self::SubjectKeyMissing,
        Self::OtherAuthorityKey,
        Self::KeyUsageMissing,
        Self::KeyUsageEmpty,
        Self::SignsWithoutAuthority,
        Self::PolicyTwice,
        Self::EmptyAltName,
        Self::BadAltName,
        Self::AuthorityNotCritical,
        Self::PathLenWithoutAuthority,
        Self::NamesWithoutAuthority,
        Self::NamesNotCritical,
        Self::NamesEmpty,
        Self::PolicyNotCritical,
        Self::PolicyEmpty,
        Self::DistributionPoint,
        Self::AnyPolicyNotCritical,
        Self::AuthorityAsPeer,
        Self::Unreadable,
    ];

    /// The rule that it violates.
    pub(super) const fn rule(self) -> Rule {
        self.describe().0
    }

    /// The rule that it violates, the clause of RFC 5280, and what is wrong, as the rest of a sentence that starts with
    /// the certificate.
    pub(super) const fn describe(self) -> (Rule, &'static str, &'static str) {
        use Rule as R;
        match self {
            Self::OldVersionWithExtensions => (R::Version, "§4.1.2.1", "has extensions, but is not of version 3"),
            Self::SerialSign => (R::SerialNumber, "§4.1.2.2", "has a serial number that is zero or negative"),
            Self::SerialLength => (R::SerialNumber, "§4.1.2.2", "has a serial number of more than 20 octets"),
            Self::NoIssuer => (R::Names, "§4.1.2.4", "has no issuer"),
            Self::NoSubjectOfAuthority => (R::Names, "§4.1.2.6", "is a CA certificate, but has no subject"),
            Self::NoSubject => (R::Names, "§4.1.2.6", "has no subject, and its subjectAltName is not critical"),
            Self::EarlyGeneralizedTime => (R::TimeEncoding, "§4.1.2.5", "uses GeneralizedTime for a date before 2050"),
            Self::UniqueIdentifier => (R::UniqueIdentifiers, "§4.1.2.8", "has a unique identifier"),
            Self::NoExtension => (R::Extensions, "§4.1.2.9", "has an empty list of extensions"),
            Self::MalformedHint => (R::Extensions, "§4.2", "has an extension that cannot be parsed and is not needed"),
            Self::MustNotBeCritical => {
                (R::Criticality, "§4.2", "has a critical extension that must not be marked critical")
            }
            Self::AuthorityKeyMissing => {
                (R::KeyIdentifiers, "§4.2.1.1", "does not identify its issuer's key (authorityKeyIdentifier)")
            }
            Self::AuthorityKeyHalf => (
                R::KeyIdentifiers,
                "§4.2.1.1",
                "has an authorityKeyIdentifier with an issuer or a serial number, but not both",
            ),
            Self::SubjectKeyMissing => {
                (R::KeyIdentifiers, "§4.2.1.2", "is a CA certificate, but has no subjectKeyIdentifier")
            }
            Self::OtherAuthorityKey => {
                (R::KeyIdentifiers, "§4.2.1.1", "has an authorityKeyIdentifier that does not match its issuer's key")
            }
            Self::KeyUsageMissing => (R::KeyUsage, "§4.2.1.3", "is a CA certificate, but has no keyUsage"),
            Self::KeyUsageEmpty => (R::KeyUsage, "§4.2.1.3", "has a keyUsage that allows nothing"),
            Self::SignsWithoutAuthority => {
                (R::AuthorityTraits, "§4.2.1.3", "has a keyUsage with keyCertSign, but is not a CA certificate")
            }
            Self::PolicyTwice => (R::Policies, "§4.2.1.4", "lists a policy twice"),
            Self::EmptyAltName => (R::AlternativeNames, "§4.2.1.6", "has an empty subjectAltName"),
            Self::BadAltName => {
                (R::AlternativeNames, "§4.2.1.6", "has a name in its subjectAltName that is empty or malformed")
            }
            Self::AuthorityNotCritical => {
                (R::Criticality, "§4.2.1.9", "is a CA certificate, but its basicConstraints is not critical")
            }
            Self::PathLenWithoutAuthority => {
                (R::AuthorityTraits, "§4.2.1.9", "has a pathLenConstraint, but is not a CA certificate")
            }
            Self::NamesWithoutAuthority => {
                (R::AuthorityTraits, "§4.2.1.10", "has nameConstraints, but is not a CA certificate")
            }
            Self::NamesNotCritical => (R::Criticality, "§4.2.1.10", "has nameConstraints that are not critical"),
            Self::NamesEmpty => (R::Names, "§4.2.1.10", "has empty nameConstraints"),
            Self::PolicyNotCritical => (R::Criticality, "§4.2.1.11", "has policyConstraints that are not critical"),
            Self::PolicyEmpty => (R::Policies, "§4.2.1.11", "has empty policyConstraints"),
            Self::DistributionPoint => {
                (R::DistributionPoints, "§4.2.1.13", "has a CRL distribution point without a name or an issuer")
            }
            Self::AnyPolicyNotCritical => (R::Criticality, "§4.2.1.14", "has an inhibitAnyPolicy that is not critical"),
            Self::AuthorityAsPeer => (R::AuthorityAsPeer, "§4.2.1.9", "is a CA certificate (basicConstraints)"),
            Self::Unreadable => (R::UnneededCertificates, "§4.1", "cannot be parsed, and is not needed"),
        }
    }
}

/// A set of breaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Breaches(u32);

impl Breaches {
    pub(super) const fn add(&mut self, breach: Breach) {
        self.0 |= breach.bit();
    }

    /// Adds `breach` if `broken`.
    pub(super) const fn add_if(&mut self, broken: bool, breach: Breach) {
        if broken {
            self.add(breach);
        }
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Breach> {
        Breach::ALL.into_iter().filter(move |breach| self.0 & breach.bit() != 0)
    }
}

impl Breach {
    #[expect(clippy::as_conversions, reason = "the discriminant of a fieldless enum; there are 32 at most")]
    const fn bit(self) -> u32 {
        1 << self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_bit() {
        for breach in Breach::ALL {
            let mut set = Breaches::default();
            set.add(breach);
            assert!(set.iter().eq([breach]), "{breach:?}");
        }
    }
}
