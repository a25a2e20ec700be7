//! Errors, the side that caused them, and the alerts that report them to the peer (RFC 5246 §7.2).
//!
//! An [`Error`] is fatal to its connection. Misuse of the API has separate error types, such as
//! [`SealError`](crate::SealError), and does not affect the connection.

mod alert;
mod bytes;
mod certificate;
mod decode;
mod key;
mod protocol;
mod provider;
mod violation;

use core::fmt;

pub use alert::AlertDescription;
pub(crate) use bytes::Bytes;
pub use certificate::{CertificateError, CertificateErrorDetails, CertificateErrorKind, CertificateSummary};
pub use decode::{DecodeError, DecodeFault, Received};
pub use key::{KeyFault, SignatureError};
pub use protocol::OtherProtocol;
pub use provider::ProviderError;
pub use violation::{Lacking, Limited, Violation};

/// The side that caused an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Side {
    /// The peer, or an attacker on the path, violated the protocol or sent something that cannot be trusted.
    Peer,
    /// This side: its configuration, keys, or random source.
    Local,
    /// Neither side is at fault, but they have nothing in common.
    Both,
    /// The transport ended before TLS was closed.
    Transport,
}

/// Why a connection ended. The error is fatal and sticky: the connection returns it from then on.
///
/// The alert that reports it to the peer, if there is one, is already in the caller's output buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The peer's first bytes are not a TLS record: it speaks another protocol on this port.
    NotTls {
        /// The bytes in place of a record header.
        first: [u8; 5],
        /// The protocol that begins with these bytes, if it is known.
        protocol: Option<OtherProtocol>,
    },
    /// The peer's first bytes are a ClientHello in the format of SSL 2, which clients must no longer send (RFC 6176
    /// §3).
    Sslv2Hello {
        /// The highest version that it offers, such as 0x0301 for TLS 1.0.
        got: u16,
    },
    /// A record header announces a version that was not negotiated.
    RecordVersion {
        /// The version in the header, such as 0x0303 for TLS 1.2.
        got: u16,
    },
    /// A record is longer than RFC 5246 §6.2 allows.
    RecordOverflow {
        /// Its length in bytes.
        length: usize,
        /// The maximum, in bytes.
        limit: usize,
    },
    /// A record could not be decrypted: it was corrupted, or the two sides have different keys. All causes have this
    /// one error.
    BadRecordMac,
    /// A message is malformed.
    Decode(DecodeError),
    /// A message or record arrived where the protocol does not allow it.
    UnexpectedMessage {
        /// What arrived.
        got: Received,
        /// What was expected.
        awaited: &'static str,
    },
    /// A handshake message exceeds the maximum length that this side accepts.
    MessageTooLong {
        /// The announced length, in bytes.
        length: usize,
        /// The maximum, in bytes.
        limit: usize,
    },
    /// The peer did something harmless more often than a well-behaved peer would.
    TooMany(Limited),
    /// The peer does not support TLS 1.2, or chose a version that was not offered.
    Version {
        /// The highest version it offered, or the one it chose, such as 0x0302 for TLS 1.1.
        got: u16,
    },
    /// The client lists the versions that it offers (supported_versions, RFC 8446 §4.2.1), and TLS 1.2 is not among them.
    VersionNotListed,
    /// The client fell back to a lower version, although this server supports a higher one (RFC 7507).
    InappropriateFallback,
    /// The client requested a name that this server does not have (RFC 6066 §3).
    UnrecognizedName,
    /// The client sent a PSK identity that this server does not have (RFC 4279 §2).
    UnknownPskIdentity,
    /// This side has no pre-shared key for the server.
    NoPresharedKey,
    /// The answer to [`Need::FindPsk`](crate::Need::FindPsk) is a pre-shared key that is empty or too long.
    PresharedKeyLength {
        /// Its length in bytes.
        length: usize,
        /// The maximum, in bytes.
        limit: usize,
    },
    /// A decision on this side has ended the handshake, with this alert for the peer: see `declined_with` of the requests in
    /// [`Need`](crate::Need).
    Declined(AlertDescription),
    /// This side has ended the connection with this alert: see [`Connection::abort`](crate::Connection::abort).
    Aborted(AlertDescription),
    /// The client offered application protocols, but this server supports none of them (RFC 7301 §3.2).
    NoApplicationProtocol,
    /// The two sides have nothing in common that the handshake could use.
    NothingInCommon(Lacking),
    /// A value in a message is well-formed but not allowed there.
    IllegalParameter(Violation),
    /// A ServerHello contains an extension that was not requested.
    UnsolicitedExtension(u16),
    /// The peer's certificate chain was refused.
    Certificate(CertificateError),
    /// The key of the peer's certificate cannot be used.
    PeerKey(KeyFault),
    /// The peer's signature in the handshake does not verify with the key of its certificate, nor with that of another
    /// certificate that it sent.
    BadSignature,
    /// The peer's signature in the handshake was made with the key of a certificate in its chain other than the first,
    /// which must be its own (RFC 5246 §7.4.2, §7.4.6).
    SignedByAnother {
        /// The position of that certificate in the chain, counted from 1.
        certificate: usize,
        /// The number of certificates in the chain.
        count: usize,
    },
    /// The peer's Finished does not match the handshake as this side saw it: it was modified in transit.
    FinishedMismatch,
    /// The peer ended the connection with this fatal alert.
    Alert(AlertDescription),
    /// The peer closed the connection before the handshake was complete.
    ClosedInHandshake,
    /// This side closed the connection before the handshake was complete.
    Abandoned,
    /// The transport ended before the handshake was complete, without close_notify.
    TruncatedInHandshake,
    /// The peer, or a device on the path, reset the transport before the handshake was complete.
    ResetInHandshake,
    /// The peer, or a device on the path, reset the transport: the data received may be incomplete.
    Reset,
    /// The transport ended without close_notify: the data received may be incomplete.
    Truncated,
    /// The provider, or a key of this side, failed.
    Provider(ProviderError),
    /// A callback on this side, such as a verifier, panicked during the handshake. No alert was sent.
    Poisoned,
}

/// The version number of TLS 1.2 on the wire (RFC 5246 §6.2.1).
const TLS_1_2: u16 = 0x0303;

impl Error {
    /// Returns the alert that reports this error to the peer, or `None` if there is no peer left to notify. It is
    /// fatal, except for close_notify.
    #[must_use]
    pub const fn alert(&self) -> Option<AlertDescription> {
        use AlertDescription as A;
        Some(match self {
            Self::NotTls { .. } | Self::UnexpectedMessage { .. } | Self::TooMany(_) => A::UnexpectedMessage,
            Self::Sslv2Hello { .. } | Self::RecordVersion { .. } | Self::Version { .. } | Self::VersionNotListed => {
                A::ProtocolVersion
            }
            Self::RecordOverflow { .. } => A::RecordOverflow,
            Self::BadRecordMac => A::BadRecordMac,
            // RFC 5246 §7.2.2: a field that is out of range is an illegal_parameter; a wrong length, or a repeated
            // extension, is a decode_error.
            Self::Decode(DecodeError { fault: DecodeFault::Value, .. }) => A::IllegalParameter,
            Self::Decode(_) | Self::IllegalParameter(Violation::DuplicateExtension(_)) => A::DecodeError,
            // RFC 5746 §3.4, §3.6; RFC 7627 §5.3: these are a handshake_failure.
            Self::IllegalParameter(
                Violation::RenegotiationInfo
                | Violation::ExtendedMasterSecretLost
                | Violation::ExtendedMasterSecretGained
                | Violation::LostByRenegotiation(_),
            )
            | Self::NothingInCommon(_) => A::HandshakeFailure,
            Self::MessageTooLong { .. } | Self::IllegalParameter(_) => A::IllegalParameter,
            Self::InappropriateFallback => A::InappropriateFallback,
            Self::UnrecognizedName => A::UnrecognizedName,
            Self::UnknownPskIdentity => A::UnknownPskIdentity,
            Self::NoPresharedKey => A::HandshakeFailure,
            Self::Declined(alert) | Self::Aborted(alert) => *alert,
            Self::NoApplicationProtocol => A::NoApplicationProtocol,
            Self::UnsolicitedExtension(_) => A::UnsupportedExtension,
            Self::Certificate(error) => error.kind.alert(),
            Self::PeerKey(_) => A::UnsupportedCertificate,
            Self::BadSignature | Self::SignedByAnother { .. } | Self::FinishedMismatch => A::DecryptError,
            Self::Provider(_) | Self::PresharedKeyLength { .. } => A::InternalError,
            // RFC 5246 §7.2.1: the other party MUST respond with a close_notify alert of its own.
            Self::ClosedInHandshake => A::CloseNotify,
            Self::Alert(_)
            | Self::Abandoned
            | Self::TruncatedInHandshake
            | Self::Truncated
            | Self::ResetInHandshake
            | Self::Reset
            | Self::Poisoned => return None,
        })
    }

    /// Returns whether the session of the connection must not be resumed, because the connection ended with a fatal
    /// alert, sent or received (RFC 5246 §7.2.2). A store in the configuration has already been told to remove it; an
    /// application that keeps its sessions itself must do the same.
    ///
    /// A server cannot revoke a ticket, of which it keeps no record (RFC 5077): a client that violates the rule can offer
    /// its ticket until the key of the ticket is discarded.
    #[must_use]
    pub const fn forbids_resumption(&self) -> bool {
        match self {
            Self::Alert(_) => true,
            _ => !matches!(self.alert(), None | Some(AlertDescription::CloseNotify)),
        }
    }

    /// Returns the side that caused the error.
    #[must_use]
    pub const fn side(&self) -> Side {
        match self {
            // RFC 5246 §7.4.1.3: a server may choose a lower version than was offered, but not a higher one.
            Self::Version { got } if *got > TLS_1_2 => Side::Peer,
            Self::NothingInCommon(_)
            | Self::Version { .. }
            | Self::VersionNotListed
            | Self::UnrecognizedName
            | Self::NoApplicationProtocol
            | Self::UnknownPskIdentity => Side::Both,
            Self::Provider(_)
            | Self::Abandoned
            | Self::NoPresharedKey
            | Self::PresharedKeyLength { .. }
            | Self::Declined(_)
            | Self::Aborted(_)
            | Self::Poisoned => Side::Local,
            Self::TruncatedInHandshake | Self::Truncated | Self::ResetInHandshake | Self::Reset => Side::Transport,
            _ => Side::Peer,
        }
    }
}

impl Error {
    /// The text of errors without data.
    const fn text(&self) -> Option<&'static str> {
        Some(match self {
            Self::BadRecordMac => {
                "a record from the peer cannot be decrypted: it was corrupted, or the two sides have different keys"
            }
            Self::VersionNotListed => {
                "the client does not offer TLS 1.2, the only version that this side supports: it lists newer versions only"
            }
            Self::InappropriateFallback => {
                "the client fell back to a version below the highest that both sides support: its first attempt may have been tampered with"
            }
            Self::UnrecognizedName => "the client requested a name that this server does not have",
            Self::UnknownPskIdentity => "the client sent a PSK identity that this server does not have",
            Self::NoPresharedKey => "this side has no pre-shared key for the server",
            Self::NoApplicationProtocol => {
                "the client offers application protocols, but this server supports none of them"
            }
            Self::BadSignature => {
                "the peer's signature in the handshake does not verify with the key of its certificate"
            }
            Self::FinishedMismatch => "the peer's Finished does not match: the two sides saw different handshakes",
            Self::ClosedInHandshake => "the peer closed the connection during the handshake",
            Self::Abandoned => "this side closed the connection during the handshake",
            Self::TruncatedInHandshake => "the connection ended during the handshake, without close_notify",
            Self::ResetInHandshake => "the connection was reset during the handshake",
            Self::Reset => "the connection was reset: data may be missing",
            Self::Truncated => "the connection ended without close_notify: data may be missing",
            Self::Poisoned => "a callback on this side panicked during the handshake",
            _ => return None,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTls { first, protocol: None } => {
                write!(f, "the peer does not speak TLS: it begins with \"{}\"", first.escape_ascii())
            }
            Self::NotTls { first, protocol: Some(protocol) } => {
                write!(f, "the peer speaks {protocol}, not TLS: it begins with \"{}\"", first.escape_ascii())
            }
            Self::Sslv2Hello { got } => write!(
                f,
                "the peer sent a ClientHello in the format of SSL 2, for {} at most: disable its SSL 2 compatibility, so that it sends one for TLS 1.2",
                Version(*got)
            ),
            Self::RecordVersion { got } => {
                write!(f, "the peer sent a record with version {got:#06x}, but TLS 1.2 is 0x0303")
            }
            Self::RecordOverflow { length, limit } => {
                write!(f, "the peer sent a record of {length} bytes, but at most {limit} are allowed")
            }
            Self::Decode(error) => write!(f, "the peer sent a malformed message: {error}"),
            Self::UnexpectedMessage { got, awaited } => write!(f, "the peer sent {got} where {awaited} was expected"),
            Self::MessageTooLong { length, limit } => {
                write!(f, "the peer announced a handshake message of {length} bytes, but at most {limit} are accepted")
            }
            Self::TooMany(what) => write!(f, "the peer sent too many {what}"),
            Self::Version { got } if *got > TLS_1_2 => {
                write!(f, "the server chose {}, which was not offered: this side supports TLS 1.2 only", Version(*got))
            }
            Self::Version { got } => {
                write!(f, "the peer supports {} at most, but this side supports TLS 1.2 only", Version(*got))
            }
            Self::NothingInCommon(lacking) => lacking.fmt(f),
            Self::IllegalParameter(what) => write!(f, "the peer violated the protocol: {what}"),
            Self::UnsolicitedExtension(code) => {
                write!(f, "the server answered with extension {code}, which was not requested")
            }
            Self::Certificate(error) => write!(f, "the peer's certificate was refused: {error}"),
            Self::PeerKey(fault) => write!(f, "the key of the peer's certificate cannot be used: {fault}"),
            Self::SignedByAnother { certificate, count } => write!(
                f,
                "the peer signed with the key of certificate {certificate} of {count} in its chain, not with that of the first, which must be its own"
            ),
            Self::Declined(alert) => {
                write!(f, "a decision on this side ended the handshake with the alert {alert}")
            }
            Self::Aborted(alert) => write!(f, "this side ended the connection with the alert {alert}"),
            Self::Alert(alert) => write!(f, "the peer ended the connection with the alert {alert}"),
            Self::PresharedKeyLength { length, limit } => {
                write!(
                    f,
                    "this side found a pre-shared key of {length} bytes for the client, but it must have 1 to {limit}"
                )
            }
            Self::Provider(error) => write!(f, "a cryptographic operation failed on this side: {error}"),
            // Errors without data have a fixed text.
            _ => f.write_str(self.text().unwrap_or_default()),
        }
    }
}

impl core::error::Error for Error {}

struct Version(u16);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0x0002 => f.write_str("SSL 2"),
            0x0300 => f.write_str("SSL 3"),
            0x0301 => f.write_str("TLS 1.0"),
            0x0302 => f.write_str("TLS 1.1"),
            0x0303 => f.write_str("TLS 1.2"),
            0x0304 => f.write_str("TLS 1.3"),
            other => write!(f, "version {other:#06x}"),
        }
    }
}

impl From<CertificateError> for Error {
    fn from(error: CertificateError) -> Self {
        Self::Certificate(error)
    }
}
