//! Why a certificate chain was refused.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use super::AlertDescription;

/// Why a certificate chain was refused: a kind for programs, an explanation for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateError {
    /// What is wrong, for programs.
    pub kind: CertificateErrorKind,
    /// What is wrong, for people: which certificate, what was checked against what. May be empty.
    pub explanation: Box<str>,
}

impl CertificateError {
    /// An error of this kind, explained in one line.
    #[must_use]
    pub fn new(kind: CertificateErrorKind, explanation: impl Into<String>) -> Self {
        Self { kind, explanation: explanation.into().into_boxed_str() }
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.summary())?;
        if !self.explanation.is_empty() {
            write!(f, ": {}", self.explanation)?;
        }
        Ok(())
    }
}

impl core::error::Error for CertificateError {}

/// What is wrong with a certificate chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CertificateErrorKind {
    /// The peer sent no certificate where one is required.
    Missing,
    /// A certificate does not parse, or breaks RFC 5280.
    Malformed,
    /// A certificate is past its validity.
    Expired,
    /// A certificate is not valid yet.
    NotYetValid,
    /// A certificate was revoked.
    Revoked,
    /// No path leads to a root of the trust store.
    UnknownIssuer,
    /// The certificate is for other names.
    NameMismatch,
    /// The certificate may not be used for this (key usage, extended key usage, basic constraints).
    WrongPurpose,
    /// A signature in the chain does not verify.
    BadSignature,
    /// A key or signature algorithm is not supported, or too weak.
    UnsupportedAlgorithm,
    /// A certificate depends on something else that is not supported: its version, or a critical extension.
    Unsupported,
    /// A constraint of an issuing certificate is violated.
    Constraint,
    /// The verifier refused it for a reason of its own, such as a limit on its work.
    Refused,
}

impl CertificateErrorKind {
    /// The alert that RFC 5246 §7.2.2 names for it.
    #[must_use]
    pub const fn alert(self) -> AlertDescription {
        use AlertDescription as A;
        match self {
            // RFC 5246 §7.4.6: a missing client certificate is a handshake_failure.
            Self::Missing => A::HandshakeFailure,
            Self::Malformed | Self::NameMismatch | Self::BadSignature | Self::Constraint => A::BadCertificate,
            Self::Expired | Self::NotYetValid => A::CertificateExpired,
            Self::Revoked => A::CertificateRevoked,
            Self::UnknownIssuer => A::UnknownCa,
            Self::WrongPurpose | Self::UnsupportedAlgorithm | Self::Unsupported => A::UnsupportedCertificate,
            Self::Refused => A::CertificateUnknown,
        }
    }

    const fn summary(self) -> &'static str {
        match self {
            Self::Missing => "no certificate was sent",
            Self::Malformed => "it is malformed",
            Self::Expired => "it has expired",
            Self::NotYetValid => "it is not valid yet",
            Self::Revoked => "it was revoked",
            Self::UnknownIssuer => "no path leads to a trusted root",
            Self::NameMismatch => "it is for other names",
            Self::WrongPurpose => "it may not be used for this",
            Self::BadSignature => "a signature in the chain does not verify",
            Self::UnsupportedAlgorithm => "its key or signature algorithm is not supported",
            Self::Unsupported => "it depends on something that is not supported",
            Self::Constraint => "a constraint of an issuer is violated",
            Self::Refused => "the verifier refused it",
        }
    }
}
