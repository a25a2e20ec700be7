//! Why a certificate chain was refused.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::AlertDescription;

/// Why a certificate chain was refused: a kind for programs, an explanation for people.
///
/// [`Display`](fmt::Display) writes one line, of this form from version to version: what is wrong with the chain, a colon,
/// the explanation. [`Self::report`] writes all that is known, in many lines. All text of the peer's is escaped and
/// bounded, so that it can be shown and logged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateError {
    /// What is wrong, for programs.
    pub kind: CertificateErrorKind,
    /// What is wrong, for people: which certificate, what was checked against what. May be empty.
    pub explanation: Box<str>,
    /// What was checked, and what to try. None, if the verifier does not say.
    pub details: Option<Box<CertificateErrorDetails>>,
}

impl CertificateError {
    /// An error of this kind, explained in one line.
    #[must_use]
    pub fn new(kind: CertificateErrorKind, explanation: impl Into<String>) -> Self {
        Self { kind, explanation: explanation.into().into_boxed_str(), details: None }
    }

    /// The same with details.
    #[must_use]
    pub fn with_details(mut self, details: CertificateErrorDetails) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    /// All that is known, in many lines, the last without a line feed: what is wrong, what was checked, the certificates,
    /// and the likely causes, the likeliest first.
    #[must_use]
    pub fn report(&self) -> impl fmt::Display + '_ {
        Report(self)
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

/// What was checked when a certificate chain was refused, and what to try.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateErrorDetails {
    /// The certificate that the error is about, by its index in `chain`, the peer's own being 0. None, if it is about none
    /// of them, or about the chain.
    pub about: Option<usize>,
    /// The certificates in the order in which the peer sent them.
    pub chain: Vec<CertificateSummary>,
    /// What they were checked against, such as `server a.example, 2 roots`.
    pub checked_against: Box<str>,
    /// The time they were checked at, by RFC 3339.
    pub time: Box<str>,
    /// The likely causes, the likeliest first, each with what to do.
    pub causes: Vec<Box<str>>,
}

/// A certificate in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateSummary {
    /// Its subject, such as `CN=a.example`. Empty if it has none, or cannot be read.
    pub subject: Box<str>,
    /// Its issuer.
    pub issuer: Box<str>,
    /// Its serial number in hexadecimal digits.
    pub serial: Box<str>,
    /// When it becomes valid, by RFC 3339.
    pub not_before: Box<str>,
    /// Until when it is valid, by RFC 3339.
    pub not_after: Box<str>,
}

/// A [`CertificateError`] in many lines.
struct Report<'a>(&'a CertificateError);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CertificateError { kind, explanation, details } = self.0;
        write!(f, "{} ({}, alert {})", kind.summary(), kind.name(), kind.alert())?;
        if !explanation.is_empty() {
            write!(f, "\n  {explanation}")?;
        }
        let Some(details) = details else { return Ok(()) };
        write!(f, "\nchecked for {} at {}", details.checked_against, details.time)?;
        let count = details.chain.len();
        for (i, certificate) in details.chain.iter().enumerate() {
            let here = if details.about == Some(i) { " <- this one" } else { "" };
            let CertificateSummary { subject, issuer, serial, not_before, not_after } = certificate;
            write!(f, "\ncertificate {} of {count}{here}", i.saturating_add(1))?;
            write!(f, "\n  subject {subject}\n  issuer  {issuer}\n  serial  {serial}")?;
            write!(f, "\n  valid   {not_before} to {not_after}")?;
        }
        for (i, cause) in details.causes.iter().enumerate() {
            if i == 0 {
                f.write_str("\nlikely causes")?;
            }
            write!(f, "\n  {}. {cause}", i.saturating_add(1))?;
        }
        Ok(())
    }
}

/// What is wrong with a certificate chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CertificateErrorKind {
    /// The server sent no certificate (RFC 5246 §7.4.2: it must).
    NoServerCertificate,
    /// The client sent no certificate, and this server requires one.
    NoClientCertificate,
    /// A certificate does not parse, or breaks RFC 5280.
    Malformed,
    /// A certificate is past its validity.
    Expired,
    /// A certificate is not valid yet.
    NotYetValid,
    /// A certificate was revoked.
    Revoked,
    /// Nobody says whether a certificate was revoked, and the configuration wants to know.
    RevocationUnknown,
    /// The stapled OCSP response is missing where the certificate demands one, or cannot be used.
    BadStatusResponse,
    /// No path leads to a root of the trust store.
    UnknownIssuer,
    /// The certificate is not one of those that were pinned.
    NotPinned,
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
            Self::NoServerCertificate | Self::NoClientCertificate => A::HandshakeFailure,
            Self::Malformed | Self::NameMismatch | Self::BadSignature | Self::Constraint => A::BadCertificate,
            Self::Expired | Self::NotYetValid => A::CertificateExpired,
            Self::Revoked => A::CertificateRevoked,
            // RFC 6066 §8.
            Self::BadStatusResponse => A::BadCertificateStatusResponse,
            Self::UnknownIssuer => A::UnknownCa,
            Self::WrongPurpose | Self::UnsupportedAlgorithm | Self::Unsupported => A::UnsupportedCertificate,
            Self::Refused | Self::RevocationUnknown | Self::NotPinned => A::CertificateUnknown,
        }
    }

    /// A name for logs and programs, such as `unknown_issuer`. It stays the same from version to version.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoServerCertificate => "no_server_certificate",
            Self::NoClientCertificate => "no_client_certificate",
            Self::Malformed => "malformed",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Revoked => "revoked",
            Self::RevocationUnknown => "revocation_unknown",
            Self::BadStatusResponse => "bad_status_response",
            Self::UnknownIssuer => "unknown_issuer",
            Self::NotPinned => "not_pinned",
            Self::NameMismatch => "name_mismatch",
            Self::WrongPurpose => "wrong_purpose",
            Self::BadSignature => "bad_signature",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::Unsupported => "unsupported",
            Self::Constraint => "constraint",
            Self::Refused => "refused",
        }
    }

    const fn summary(self) -> &'static str {
        match self {
            Self::NoServerCertificate => "the server sent none",
            Self::NoClientCertificate => "the client sent none",
            Self::Malformed => "it is malformed",
            Self::Expired => "it has expired",
            Self::NotYetValid => "it is not valid yet",
            Self::Revoked => "it was revoked",
            Self::RevocationUnknown => "it is not known whether it was revoked",
            Self::BadStatusResponse => "its stapled OCSP response is of no use",
            Self::UnknownIssuer => "no path leads to a trusted root",
            Self::NotPinned => "it is not one of those that are trusted by themselves",
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
