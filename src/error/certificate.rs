//! Why a certificate chain was refused.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::AlertDescription;

/// Why a certificate chain was refused: a kind for programs, an explanation for people.
///
/// [`Display`](fmt::Display) writes one line in a stable format: what is wrong with the chain, a colon, the
/// explanation. [`Self::report`] writes all details on several lines. All text from the peer is escaped and bounded, so
/// it is safe to display and log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateError {
    /// The kind of error, for programs.
    pub kind: CertificateErrorKind,
    /// An explanation for people: which certificate, and what was checked against what. May be empty.
    pub explanation: Box<str>,
    /// What was checked, and what to try. `None` if the verifier does not provide it.
    pub details: Option<Box<CertificateErrorDetails>>,
}

impl CertificateError {
    /// Creates an error of this kind, with a one-line explanation.
    #[must_use]
    pub fn new(kind: CertificateErrorKind, explanation: impl Into<String>) -> Self {
        Self { kind, explanation: explanation.into().into_boxed_str(), details: None }
    }

    /// Adds details.
    #[must_use]
    pub fn with_details(mut self, details: CertificateErrorDetails) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    /// Returns a report on several lines, the last without a line feed: what is wrong, what was checked, the
    /// certificates, and the likely causes, most likely first.
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
    /// The index in `chain` of the certificate that the error is about; 0 is the peer's own. `None` if the error is
    /// about none of them, or about the chain as a whole.
    pub about: Option<usize>,
    /// The certificates in the order in which the peer sent them.
    pub chain: Vec<CertificateSummary>,
    /// What the certificates were checked against, such as `server a.example, 2 roots`.
    pub checked_against: Box<str>,
    /// The time of the check, in the format of RFC 3339.
    pub time: Box<str>,
    /// The likely causes, most likely first, each with a remedy.
    pub causes: Vec<Box<str>>,
}

/// A summary of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateSummary {
    /// Its subject, such as `CN=a.example`. Empty if it has none, or is malformed.
    pub subject: Box<str>,
    /// Its issuer.
    pub issuer: Box<str>,
    /// Its serial number in hexadecimal.
    pub serial: Box<str>,
    /// When it becomes valid, in the format of RFC 3339.
    pub not_before: Box<str>,
    /// When it expires, in the format of RFC 3339.
    pub not_after: Box<str>,
}

/// A [`CertificateError`] on several lines.
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
    /// A certificate is malformed, or violates RFC 5280.
    Malformed,
    /// A certificate has expired.
    Expired,
    /// A certificate is not valid yet.
    NotYetValid,
    /// A certificate was revoked.
    Revoked,
    /// The revocation status of a certificate is unknown, and the configuration requires it.
    RevocationUnknown,
    /// The stapled OCSP response cannot be used, or is missing although the certificate requires one.
    BadStatusResponse,
    /// No path leads to a root of the trust store.
    UnknownIssuer,
    /// The certificate is not pinned.
    NotPinned,
    /// The certificate is not valid for the name of the server.
    NameMismatch,
    /// The certificate may not be used for this purpose (key usage, extended key usage, basic constraints).
    WrongPurpose,
    /// A signature in the chain does not verify.
    BadSignature,
    /// A key or signature algorithm is unsupported, or too weak.
    UnsupportedAlgorithm,
    /// A certificate has an unsupported version or critical extension.
    Unsupported,
    /// A constraint of an issuing certificate is violated.
    Constraint,
    /// The chain is longer than the configuration allows: see [`ChainLimit`](crate::ChainLimit).
    ChainTooLong,
    /// The verifier refused it for another reason, such as a limit on its work.
    Refused,
}

impl CertificateErrorKind {
    /// Returns the alert for this error (RFC 5246 §7.2.2).
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
            Self::Refused | Self::RevocationUnknown | Self::NotPinned | Self::ChainTooLong => A::CertificateUnknown,
        }
    }

    /// Returns a stable name for logs and programs, such as `unknown_issuer`.
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
            Self::ChainTooLong => "chain_too_long",
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
            Self::RevocationUnknown => "its revocation status is unknown",
            Self::BadStatusResponse => "its stapled OCSP response cannot be used",
            Self::UnknownIssuer => "no path leads to a trusted root",
            Self::NotPinned => "it matches no pin",
            Self::NameMismatch => "it is not valid for this name",
            Self::WrongPurpose => "it may not be used for this purpose",
            Self::BadSignature => "a signature in the chain does not verify",
            Self::UnsupportedAlgorithm => "its key or signature algorithm is not supported",
            Self::Unsupported => "its version or a critical extension is not supported",
            Self::Constraint => "a constraint of an issuer is violated",
            Self::ChainTooLong => "the chain is longer than this side accepts",
            Self::Refused => "the verifier refused it",
        }
    }
}
