//! The results of checks: what was verified, what is wrong, and what cannot be known.

use core::fmt;

use super::bound::MAX_TRANSCRIPT;
use crate::crypto::suite_name;
use crate::error::{CertificateError, Error, ProviderError, SignatureError};
use crate::wire::ProtocolVersion;

/// Something that is checked, besides the protection of each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Check {
    /// The records of a direction are complete and in their order: each has the next sequence number (RFC 5246 §6.1).
    Sequence,
    /// No nonce of AES-GCM is used twice under one key (RFC 5288 §3).
    Nonce,
    /// The message is well-formed, and may come at this point.
    Message,
    /// The master secret follows from the premaster secret (RFC 5246 §8.1, RFC 7627 §4).
    MasterSecret,
    /// The verify_data of a Finished (RFC 5246 §7.4.9): all messages of the handshake are as they were sent.
    Finished,
    /// renegotiation_info (RFC 5746 §3.4, §3.6): a handshake is bound to the one before.
    SecureRenegotiation,
    /// The signature of ServerKeyExchange (RFC 8422 §5.4).
    ServerKeyExchange,
    /// The signature of CertificateVerify (RFC 5246 §7.4.8).
    CertificateVerify,
    /// The chain of a side's certificates, at the time of the capture.
    Chain,
    /// The direction ended with close_notify (RFC 5246 §7.2.1): nothing is missing at its end.
    Closure,
}

/// The result of a [`Check`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was checked, and is right.
    Verified,
    /// It was checked, and is wrong.
    Failed(Fault),
    /// It could not be checked.
    Unknown(Unknown),
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes are not a record.
    NoRecord,
    /// The record does not open, although its keys opened others: it was altered.
    Altered {
        /// The sequence number that it should have.
        sequence: u64,
    },
    /// Records are missing before this one, which opens only with a later sequence number.
    RecordsMissing {
        /// The sequence number of the first missing one.
        first: u64,
        /// How many are missing.
        count: u64,
    },
    /// The record was there before: it opens only with a sequence number that was already used.
    Repeated {
        /// The sequence number of the earlier one.
        sequence: u64,
    },
    /// The nonce of the record was used before under this key.
    NonceRepeated,
    /// The plaintext of the record is longer than 2^14 bytes (RFC 5246 §6.2.1).
    TextTooLong,
    /// The version in the header of the record is not that of TLS 1.2, after the ServerHello.
    RecordVersion(ProtocolVersion),
    /// A message is malformed, or too long.
    Malformed(Error),
    /// A message, or a record of this type, must not come at this point (RFC 5246 §7.3).
    Unexpected,
    /// The content of ChangeCipherSpec is not a single byte 1 (RFC 5246 §7.1).
    ChangeCipherSpec,
    /// The verify_data of Finished does not match the messages.
    FinishedMismatch,
    /// The verify_data in renegotiation_info is not that of the handshake before, or a side leaves it out when it
    /// renegotiates.
    RenegotiationInfo,
    /// A signature does not match, or the key for it is malformed.
    Signature(SignatureError),
    /// The certificate is malformed up to its key.
    Key(ProviderError),
    /// The chain is not trusted.
    Certificate(CertificateError),
}

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unknown {
    /// The handshake, or a part of it, is not in the capture.
    HandshakeMissing,
    /// Bytes are missing from the capture.
    BytesMissing,
    /// No secret was given for this connection.
    NoSecret,
    /// None of the given secrets opens the records.
    NoSecretFits,
    /// The cipher suite with this number is not supported.
    Suite(u16),
    /// The conversation is not in TLS 1.2, but in this version.
    Version(ProtocolVersion),
    /// No certificate was seen.
    NoCertificate,
    /// No verifier was given.
    NoVerifier,
    /// The master secret was given, not derived.
    MasterSecretGiven,
    /// The scheme of a signature, or the key for it, is not supported.
    Signature(SignatureError),
    /// A side did not signal secure renegotiation (RFC 5746).
    NotSignalled,
    /// The nonces of this key are not in ascending order, and too many to be remembered.
    TooManyNonces,
    /// The messages of the handshake are longer than the limit.
    TranscriptTooLong,
    /// The direction did not end with close_notify: data may be missing at its end.
    NotClosed,
    /// The provider failed.
    Provider(ProviderError),
}

impl Unknown {
    /// Whether bytes of the conversation are not verified because of it.
    pub(super) const fn concerns_bytes(&self) -> bool {
        !matches!(self, Self::NoVerifier | Self::MasterSecretGiven | Self::NotSignalled)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sequence => "sequence of records",
            Self::Nonce => "nonce",
            Self::Message => "message",
            Self::MasterSecret => "master secret",
            Self::Finished => "Finished",
            Self::SecureRenegotiation => "renegotiation_info",
            Self::ServerKeyExchange => "signature of ServerKeyExchange",
            Self::CertificateVerify => "signature of CertificateVerify",
            Self::Chain => "certificate chain",
            Self::Closure => "closure",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified => f.write_str("verified"),
            Self::Failed(fault) => write!(f, "wrong: {fault}"),
            Self::Unknown(why) => write!(f, "not known: {why}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecord => f.write_str("these bytes are not a TLS record"),
            Self::Altered { sequence } => write!(f, "the record was altered; its sequence number should be {sequence}"),
            Self::RecordsMissing { first, count: 1 } => write!(f, "the record with sequence number {first} is missing"),
            Self::RecordsMissing { first, count } => {
                write!(f, "{count} records are missing, from sequence number {first} on")
            }
            Self::Repeated { sequence } => write!(f, "the record with sequence number {sequence} was repeated"),
            Self::NonceRepeated => f.write_str("the nonce was used before under the same key"),
            Self::TextTooLong => f.write_str("the plaintext of the record is too long"),
            Self::RecordVersion(version) => write!(f, "the record has the version of {version}"),
            Self::Malformed(error) => error.fmt(f),
            Self::Unexpected => f.write_str("it must not come at this point"),
            Self::ChangeCipherSpec => f.write_str("the content of ChangeCipherSpec is not a single byte 1"),
            Self::FinishedMismatch => f.write_str("verify_data does not match the messages of the handshake"),
            Self::RenegotiationInfo => f.write_str("renegotiation_info does not bind it to the handshake before"),
            Self::Signature(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
            Self::Certificate(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HandshakeMissing => f.write_str("the capture lacks the handshake, or a part of it"),
            Self::BytesMissing => f.write_str("the capture lacks bytes here"),
            Self::NoSecret => f.write_str("no secret was given for this connection"),
            Self::NoSecretFits => f.write_str("none of the given secrets opens the records"),
            Self::Suite(code) => match suite_name(*code) {
                Some(name) => write!(f, "the cipher suite {name} is not supported"),
                None => write!(f, "the cipher suite {code:#06x} is not supported"),
            },
            Self::Version(version) => write!(f, "the conversation is in {version}"),
            Self::NoCertificate => f.write_str("no certificate was seen"),
            Self::NoVerifier => f.write_str("no verifier was given"),
            Self::MasterSecretGiven => f.write_str("the master secret was given, not derived"),
            Self::Signature(error) => error.fmt(f),
            Self::NotSignalled => f.write_str("a side did not signal secure renegotiation"),
            Self::TooManyNonces => f.write_str("the nonces are not in ascending order, and too many to be remembered"),
            Self::TranscriptTooLong => {
                write!(f, "the messages of the handshake are longer than {MAX_TRANSCRIPT} bytes")
            }
            Self::NotClosed => f.write_str("there was no close_notify: data may be missing at the end"),
            Self::Provider(error) => error.fmt(f),
        }
    }
}
