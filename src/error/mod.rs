//! What can go wrong, whose side it was on, and which alert tells the peer (RFC 5246 §7.2).
//!
//! [`Error`] is fatal to its connection. Wrong use of the API has types of its own
//! (such as [`SealError`](crate::SealError)) and harms nothing.

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

/// Whose side an [`Error`] was on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Side {
    /// The peer, or somebody between us, broke the protocol or sent what cannot be trusted.
    Peer,
    /// This side: its configuration, its keys, its random source.
    Local,
    /// The two sides are each within their rights, but have nothing in common.
    Both,
    /// The transport ended without TLS having been closed.
    Transport,
}

/// Why a connection ended. Fatal, and sticky: the connection answers with it from then on.
///
/// The alert that tells the peer, if one is due, is already in the caller's output buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The peer's first bytes are no TLS record: it speaks another protocol on this port.
    NotTls {
        /// What stood in the place of a record header.
        first: [u8; 5],
        /// The protocol that begins so, if it is one that we know.
        protocol: Option<OtherProtocol>,
    },
    /// The peer's first bytes are a ClientHello in the format of SSL 2, which clients must not send any more (RFC 6176 §3).
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
        /// The longest allowed.
        limit: usize,
    },
    /// A record did not decrypt. It was damaged, or the two sides hold different keys: for every cause the same error.
    BadRecordMac,
    /// A message does not have the form that its RFC gives it.
    Decode(DecodeError),
    /// A message or record came where the protocol has no place for it.
    UnexpectedMessage {
        /// What came.
        got: Received,
        /// What could have come.
        awaited: &'static str,
    },
    /// A handshake message announces more bytes than we hold for anybody.
    MessageTooLong {
        /// The length announced.
        length: usize,
        /// The longest accepted.
        limit: usize,
    },
    /// The peer does more of something harmless than an honest one would.
    TooMany(Limited),
    /// The peer does not speak TLS 1.2, or chose a version that was not offered.
    Version {
        /// The highest version it offered, or the one it chose, such as 0x0302 for TLS 1.1.
        got: u16,
    },
    /// The client lists the versions that it offers (supported_versions, RFC 8446 §4.2.1), and TLS 1.2 is not among them.
    VersionNotListed,
    /// The client fell back to a lower version, though this server speaks a higher one (RFC 7507).
    InappropriateFallback,
    /// The client asks for a name that this server does not have (RFC 6066 §3).
    UnrecognizedName,
    /// The client names a pre-shared key that this server does not have (RFC 4279 §2).
    UnknownPskIdentity,
    /// This side has no pre-shared key for the server.
    NoPresharedKey,
    /// This side does not serve such a client: so [`Need::SelectConfig`](crate::Need::SelectConfig) was answered, with this
    /// alert for the client.
    Declined(AlertDescription),
    /// The client offers application protocols, and this server speaks none of them (RFC 7301 §3.2).
    NoApplicationProtocol,
    /// The two sides have nothing in common to go on with.
    NothingInCommon(Lacking),
    /// A value in a message is well-formed but not allowed there.
    IllegalParameter(Violation),
    /// A ServerHello carries an extension that was not asked for.
    UnsolicitedExtension(u16),
    /// The peer's certificate chain was refused.
    Certificate(CertificateError),
    /// The key of the peer's certificate cannot be used.
    PeerKey(KeyFault),
    /// The peer's signature over the handshake does not verify under the key of its certificate, nor of another that it sent.
    BadSignature,
    /// The peer's signature over the handshake is by the key of another certificate of its chain than the first, which must be
    /// its own (RFC 5246 §7.4.2, §7.4.6).
    SignedByAnother {
        /// The place of that certificate in the chain, the first being 1.
        certificate: usize,
        /// How many certificates there are.
        count: usize,
    },
    /// The peer's Finished does not match the handshake as seen from here: somebody changed it on its way.
    FinishedMismatch,
    /// The peer ended the connection with this fatal alert.
    Alert(AlertDescription),
    /// The peer closed the connection before the handshake was complete.
    ClosedInHandshake,
    /// This side closed the connection before the handshake was complete.
    Abandoned,
    /// The transport ended before the handshake was complete, and without close_notify.
    TruncatedInHandshake,
    /// The peer, or somebody between, reset the transport before the handshake was complete.
    ResetInHandshake,
    /// The peer, or somebody between, reset the transport: what has arrived may not be all that was sent.
    Reset,
    /// The transport ended without close_notify: what has arrived may not be all that was sent.
    Truncated,
    /// The provider or a key failed on this side.
    Provider(ProviderError),
    /// A decision on this side panicked, such as a verifier, and left the handshake half done. No alert was sent.
    Poisoned,
}

/// The number of our version on the wire (RFC 5246 §6.2.1).
const TLS_1_2: u16 = 0x0303;

impl Error {
    /// The alert that tells the peer, or none where there is nobody left to tell. It is fatal, but for close_notify.
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
            // RFC 5246 §7.2.2: a field that is out of range is an illegal_parameter; a length that is wrong, or an extension
            // that stands twice, a decode_error.
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
            Self::Declined(alert) => *alert,
            Self::NoApplicationProtocol => A::NoApplicationProtocol,
            Self::UnsolicitedExtension(_) => A::UnsupportedExtension,
            Self::Certificate(error) => error.kind.alert(),
            Self::PeerKey(_) => A::UnsupportedCertificate,
            Self::BadSignature | Self::SignedByAnother { .. } | Self::FinishedMismatch => A::DecryptError,
            Self::Provider(_) => A::InternalError,
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

    /// Whether the session of the connection must not be resumed, since the connection ended with a fatal alert, sent or
    /// received (RFC 5246 §7.2.2). A [`ServerMemoryStore`](crate::session::ServerMemoryStore) has forgotten it by now; whoever keeps
    /// sessions otherwise should.
    #[must_use]
    pub const fn forbids_resumption(&self) -> bool {
        match self {
            Self::Alert(_) => true,
            _ => !matches!(self.alert(), None | Some(AlertDescription::CloseNotify)),
        }
    }

    /// Whose side it was on.
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
            Self::Provider(_) | Self::Abandoned | Self::NoPresharedKey | Self::Declined(_) | Self::Poisoned => {
                Side::Local
            }
            Self::TruncatedInHandshake | Self::Truncated | Self::ResetInHandshake | Self::Reset => Side::Transport,
            _ => Side::Peer,
        }
    }
}

impl Error {
    /// What is always said alike.
    const fn text(&self) -> Option<&'static str> {
        Some(match self {
            Self::BadRecordMac => {
                "a record from the peer does not decrypt: it was damaged, or the two sides hold different keys"
            }
            Self::VersionNotListed => {
                "the client does not offer TLS 1.2, which is all that this side speaks: it lists newer versions only"
            }
            Self::InappropriateFallback => {
                "the client fell back to a version below TLS 1.2, though this server speaks TLS 1.2: somebody may have disturbed its first try"
            }
            Self::UnrecognizedName => "the client asks for a name that this server does not have",
            Self::UnknownPskIdentity => "the client names a pre-shared key that this server does not have",
            Self::Declined(_) => "this side has declined to serve the client",
            Self::NoPresharedKey => "this side has no pre-shared key for the server",
            Self::NoApplicationProtocol => {
                "the client offers application protocols, and this server speaks none of them"
            }
            Self::BadSignature => {
                "the peer's signature over the handshake does not verify under the key of its certificate"
            }
            Self::FinishedMismatch => "the peer's Finished does not match: the two sides saw different handshakes",
            Self::ClosedInHandshake => "the peer closed the connection during the handshake",
            Self::Abandoned => "this side closed the connection during the handshake",
            Self::TruncatedInHandshake => "the connection ended during the handshake, without close_notify",
            Self::ResetInHandshake => "the connection was reset during the handshake",
            Self::Reset => "the connection was reset: data may be missing",
            Self::Truncated => "the connection ended without close_notify: data may be missing",
            Self::Poisoned => "a decision on this side panicked, and left the handshake half done",
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
                "the peer begins with a ClientHello in the format of SSL 2, for {} at most: switch its SSL 2 compatibility off, so that it sends one of TLS 1.2",
                Version(*got)
            ),
            Self::RecordVersion { got } => {
                write!(f, "the peer sent a record of version {got:#06x}, where TLS 1.2 is 0x0303")
            }
            Self::RecordOverflow { length, limit } => {
                write!(f, "the peer sent a record of {length} bytes, where at most {limit} are allowed")
            }
            Self::Decode(error) => write!(f, "the peer sent a malformed message: {error}"),
            Self::UnexpectedMessage { got, awaited } => write!(f, "the peer sent {got} where {awaited} was due"),
            Self::MessageTooLong { length, limit } => {
                write!(
                    f,
                    "the peer announced a handshake message of {length} bytes, where at most {limit} are accepted"
                )
            }
            Self::TooMany(what) => write!(f, "the peer sent too many {what}"),
            Self::Version { got } if *got > TLS_1_2 => {
                write!(f, "the server chose {}, which was not offered: this side speaks TLS 1.2 only", Version(*got))
            }
            Self::Version { got } => {
                write!(f, "the peer does not go beyond {}, and this side speaks TLS 1.2 only", Version(*got))
            }
            Self::NothingInCommon(lacking) => lacking.fmt(f),
            Self::IllegalParameter(what) => write!(f, "the peer broke the protocol: {what}"),
            Self::UnsolicitedExtension(code) => {
                write!(f, "the server answered with extension {code}, which was not asked for")
            }
            Self::Certificate(error) => write!(f, "the peer's certificate was refused: {error}"),
            Self::PeerKey(fault) => write!(f, "the key of the peer's certificate cannot be used: {fault}"),
            Self::SignedByAnother { certificate, count } => write!(
                f,
                "the peer signed with the key of certificate {certificate} of {count} in its chain, and not with that of the first, which must be its own"
            ),
            Self::Alert(alert) => write!(f, "the peer ended the connection with the alert {alert}"),
            Self::Provider(error) => write!(f, "cryptography failed on this side: {error}"),
            // What holds nothing has a text of its own.
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
