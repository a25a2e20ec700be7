//! What can go wrong, whose side it was on, and which alert tells the peer (RFC 5246 §7.2).
//!
//! [`Error`] is fatal to its connection. Wrong use of the API has types of its own
//! (such as [`SealError`](crate::SealError)) and harms nothing.

mod alert;
mod certificate;

use core::fmt;

pub use alert::AlertDescription;
pub use certificate::{CertificateError, CertificateErrorDetails, CertificateErrorKind, CertificateSummary};

/// Whose side an [`Error`] was on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// This side does not serve such a client: so [`Need::SelectConfig`](crate::Need::SelectConfig) was answered.
    Declined,
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
    /// The signature over the key exchange does not verify under the key of the peer's certificate.
    BadSignature,
    /// The peer's Finished does not match the handshake as seen from here: somebody changed it on its way.
    FinishedMismatch,
    /// The peer ended the connection with this fatal alert.
    Alert(AlertDescription),
    /// The peer closed the connection before the handshake was complete.
    ClosedInHandshake,
    /// This side closed the connection before the handshake was complete.
    Abandoned,
    /// The transport ended without close_notify: what has arrived may not be all that was sent.
    Truncated,
    /// The provider or a key failed on this side.
    Provider(ProviderError),
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
            Self::Decode(_) => A::DecodeError,
            // RFC 5746 §3.4, §3.6: this one is a handshake_failure.
            Self::IllegalParameter(Violation::RenegotiationInfo) | Self::NothingInCommon(_) => A::HandshakeFailure,
            Self::MessageTooLong { .. } | Self::IllegalParameter(_) => A::IllegalParameter,
            Self::InappropriateFallback => A::InappropriateFallback,
            Self::UnrecognizedName => A::UnrecognizedName,
            Self::UnknownPskIdentity => A::UnknownPskIdentity,
            Self::NoPresharedKey => A::HandshakeFailure,
            Self::Declined => A::AccessDenied,
            Self::NoApplicationProtocol => A::NoApplicationProtocol,
            Self::UnsolicitedExtension(_) => A::UnsupportedExtension,
            Self::Certificate(error) => error.kind.alert(),
            Self::BadSignature | Self::FinishedMismatch => A::DecryptError,
            Self::Provider(_) => A::InternalError,
            // RFC 5246 §7.2.1: the other party MUST respond with a close_notify alert of its own.
            Self::ClosedInHandshake => A::CloseNotify,
            Self::Alert(_) | Self::Abandoned | Self::Truncated => return None,
        })
    }

    /// Whether the session of the connection must not be resumed, since the connection ended with a fatal alert, sent or
    /// received (RFC 5246 §7.2.2). A [`MemoryStore`](crate::session::MemoryStore) has forgotten it by now; whoever keeps
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
            Self::Provider(_) | Self::Abandoned | Self::NoPresharedKey | Self::Declined => Side::Local,
            Self::Truncated => Side::Transport,
            _ => Side::Peer,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTls { first } => {
                write!(f, "the peer does not speak TLS: it begins with \"{}\"", first.escape_ascii())
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
            Self::BadRecordMac => f.write_str(
                "a record from the peer does not decrypt: it was damaged, or the two sides hold different keys",
            ),
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
            Self::VersionNotListed => f.write_str(
                "the client does not offer TLS 1.2, which is all that this side speaks: it lists newer versions only",
            ),
            Self::InappropriateFallback => f.write_str(
                "the client fell back to a version below TLS 1.2, though this server speaks TLS 1.2: somebody may have disturbed its first try",
            ),
            Self::UnrecognizedName => f.write_str("the client asks for a name that this server does not have"),
            Self::UnknownPskIdentity => f.write_str("the client names a pre-shared key that this server does not have"),
            Self::Declined => f.write_str("this side has declined to serve the client"),
            Self::NoPresharedKey => f.write_str("this side has no pre-shared key for the server"),
            Self::NoApplicationProtocol => f.write_str("the client offers application protocols, and this server speaks none of them"),
            Self::NothingInCommon(what) => write!(f, "the two sides have no {what} in common"),
            Self::IllegalParameter(what) => write!(f, "the peer broke the protocol: {what}"),
            Self::UnsolicitedExtension(code) => {
                write!(f, "the server answered with extension {code}, which was not asked for")
            }
            Self::Certificate(error) => write!(f, "the peer's certificate was refused: {error}"),
            Self::BadSignature => f.write_str("the peer's key exchange is not signed by the key of its certificate"),
            Self::FinishedMismatch => {
                f.write_str("the peer's Finished does not match: the two sides saw different handshakes")
            }
            Self::Alert(alert) => write!(f, "the peer ended the connection with the alert {alert}"),
            Self::ClosedInHandshake => f.write_str("the peer closed the connection during the handshake"),
            Self::Abandoned => f.write_str("this side closed the connection during the handshake"),
            Self::Truncated => f.write_str("the connection was cut off without close_notify: data may be missing"),
            Self::Provider(error) => write!(f, "cryptography failed on this side: {error}"),
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

/// A message that does not have the form that its RFC gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The structure, by the RFC's name.
    pub structure: &'static str,
    /// What is wrong with it.
    pub fault: DecodeFault,
}

/// What is wrong with a structure on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeFault {
    /// It ends before all its fields are there.
    Short,
    /// Bytes follow where it should have ended.
    Trailing,
    /// A length field says what its RFC forbids.
    Length,
    /// A value is not one of those defined.
    Value,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { structure, fault } = self;
        match fault {
            DecodeFault::Short => write!(f, "{structure} ends too early"),
            DecodeFault::Trailing => write!(f, "{structure} has bytes after its end"),
            DecodeFault::Length => write!(f, "{structure} has a length that is not allowed"),
            DecodeFault::Value => write!(f, "{structure} has a value that is not defined"),
        }
    }
}

impl core::error::Error for DecodeError {}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

/// What came in a place where it must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Received {
    /// A handshake message of this type.
    Handshake(u8),
    /// A record of this content type.
    Record(u8),
    /// More handshake bytes in the flight after the message that ends it.
    ExcessHandshakeData,
    /// A ChangeCipherSpec in the midst of a handshake message.
    MisalignedChangeCipherSpec,
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Handshake(0) => "HelloRequest",
            Self::Handshake(1) => "ClientHello",
            Self::Handshake(2) => "ServerHello",
            Self::Handshake(4) => "NewSessionTicket",
            Self::Handshake(11) => "Certificate",
            Self::Handshake(12) => "ServerKeyExchange",
            Self::Handshake(13) => "CertificateRequest",
            Self::Handshake(14) => "ServerHelloDone",
            Self::Handshake(15) => "CertificateVerify",
            Self::Handshake(16) => "ClientKeyExchange",
            Self::Handshake(20) => "Finished",
            Self::Handshake(22) => "CertificateStatus",
            Self::Handshake(other) => return write!(f, "a handshake message of type {other}"),
            Self::Record(20) => "ChangeCipherSpec",
            Self::Record(21) => "an alert",
            Self::Record(22) => "a handshake record",
            Self::Record(23) => "application data",
            Self::Record(other) => return write!(f, "a record of type {other}"),
            Self::ExcessHandshakeData => "more handshake data",
            Self::MisalignedChangeCipherSpec => "ChangeCipherSpec in the midst of a handshake message",
        };
        f.write_str(name)
    }
}

/// What a peer may do only so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limited {
    /// Records without content, one after another.
    EmptyRecords,
    /// Alerts that are only warnings.
    Warnings,
    /// Requests to renegotiate.
    RenegotiationRequests,
    /// Records under one key.
    RecordsUnderOneKey,
}

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyRecords => "empty records",
            Self::Warnings => "warning alerts",
            Self::RenegotiationRequests => "requests to renegotiate",
            Self::RecordsUnderOneKey => "records under one key",
        })
    }
}

/// What the two sides lack in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lacking {
    /// A cipher suite that both offer, with a certificate, group and signature scheme for it.
    CipherSuite,
    /// The extended master secret (RFC 7627), which this side requires.
    ExtendedMasterSecret,
    /// Encrypt-then-MAC for a CBC suite (RFC 7366), which this side requires.
    EncryptThenMac,
    /// Secure renegotiation (RFC 5746), which this side requires.
    SecureRenegotiation,
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CipherSuite => {
                "cipher suite that the server's certificate, the groups and the signature schemes allow"
            }
            Self::ExtendedMasterSecret => "extended master secret, which this side requires,",
            Self::EncryptThenMac => "encrypt-then-MAC, which this side requires for CBC suites,",
            Self::SecureRenegotiation => "secure renegotiation, which this side requires,",
        })
    }
}

/// A value that is well-formed, and not allowed where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The server chose a cipher suite that was not offered.
    SuiteNotOffered(u16),
    /// The server chose a group that was not offered.
    GroupNotOffered(u16),
    /// A signature is by a scheme that was not offered, or does not fit the key.
    SchemeNotOffered(u16),
    /// A compression method other than null: none was offered, or null is missing from the offer (RFC 5246 §7.4.1.2).
    Compression,
    /// The uncompressed point format is missing (RFC 8422 §5.1.2).
    PointFormats,
    /// An extension stands twice in one message (RFC 5246 §7.4.1.4).
    DuplicateExtension(u16),
    /// The peer's share of the key exchange is no element of its group.
    KeyShare,
    /// The server shows other certificates when it renegotiates than it did before.
    OtherIdentity,
    /// The renegotiation_info is not that of this connection: not empty in a first handshake, or not both verify_data in a
    /// later one (RFC 5746 §3.4 to §3.6).
    RenegotiationInfo,
    /// The key in the certificate does not fit the cipher suite, or is on a curve that was not offered.
    CertificateKey,
    /// A max_fragment_length or record_size_limit that its RFC does not allow, or is not what was asked for.
    RecordSize,
    /// An application protocol was chosen that was not offered.
    ProtocolNotOffered,
    /// A session was resumed with another cipher suite (RFC 5246 §7.4.1.3).
    ResumedOtherSuite,
    /// A session was resumed with the extended master secret where it had been without, or the reverse (RFC 7627 §5.3).
    ResumedOtherMasterSecret,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SuiteNotOffered(code) => {
                write!(f, "it chose cipher suite {code:#06x}, which was not offered")
            }
            Self::GroupNotOffered(code) => {
                write!(f, "it chose group {code}, which was not offered")
            }
            Self::SchemeNotOffered(code) => {
                write!(f, "it signed with scheme {code:#06x}, which was not offered or does not fit its key")
            }
            Self::Compression => f.write_str("null compression is not what it offered or chose"),
            Self::PointFormats => f.write_str("it does not accept uncompressed points"),
            Self::DuplicateExtension(code) => {
                write!(f, "extension {code} stands twice in one message")
            }
            Self::KeyShare => f.write_str("its key share is no element of the group"),
            Self::OtherIdentity => f.write_str("the server renegotiates as another than it was"),
            Self::RenegotiationInfo => f.write_str("its renegotiation_info is not that of this connection"),
            Self::CertificateKey => {
                f.write_str("the key in its certificate does not fit the cipher suite, or its curve was not offered")
            }
            Self::RecordSize => {
                f.write_str("its limit on the size of records is not allowed, or not what was asked for")
            }
            Self::ProtocolNotOffered => f.write_str("it chose an application protocol that was not offered"),
            Self::ResumedOtherSuite => f.write_str("it resumed a session with another cipher suite"),
            Self::ResumedOtherMasterSecret => f.write_str(
                "it resumed a session with the extended master secret where it had been without, or the reverse",
            ),
        }
    }
}

/// A cryptographic operation that failed on this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProviderError {
    /// The random source failed.
    Random,
    /// The provider has no such algorithm.
    Unsupported(&'static str),
    /// A private key could not be read, or its type or size is not supported.
    InvalidPrivateKey(&'static str),
    /// A public key could not be used: malformed, or of a type or size that is not supported.
    InvalidPublicKey,
    /// An operation failed though its inputs were valid.
    Failed(&'static str),
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random => f.write_str("the random source failed"),
            Self::Unsupported(what) => write!(f, "the provider does not support {what}"),
            Self::InvalidPrivateKey(why) => write!(f, "the private key cannot be used: {why}"),
            Self::InvalidPublicKey => {
                f.write_str("the public key cannot be used: malformed, or of an unsupported type or size")
            }
            Self::Failed(what) => write!(f, "{what} failed"),
        }
    }
}

impl core::error::Error for ProviderError {}

impl From<ProviderError> for Error {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl From<CertificateError> for Error {
    fn from(error: CertificateError) -> Self {
        Self::Certificate(error)
    }
}
