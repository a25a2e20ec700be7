//! What well-formed messages say and must not, what two sides lack in common, and what a peer may do only so often.

use core::fmt;

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
    /// A cipher suite.
    CipherSuite,
    /// A certificate of the server's with a key that a cipher suite and the curves of both allow.
    Certificate,
    /// A group for the key exchange, for the cipher suites of both.
    Group,
    /// A signature scheme that the key of the server's certificate can use.
    SignatureScheme,
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
            Self::CipherSuite => "the two sides have no cipher suite in common",
            Self::Certificate => {
                "the two sides have a cipher suite in common, but the server has no certificate whose key fits it and is on a curve that the client offers"
            }
            Self::Group => "the two sides have a cipher suite in common, but no group for its key exchange",
            Self::SignatureScheme => {
                "the two sides have a cipher suite in common, but no signature scheme that the key of the server's certificate can use"
            }
            Self::ExtendedMasterSecret => {
                "the peer does not support the extended master secret (RFC 7627), which this side requires"
            }
            Self::EncryptThenMac => {
                "the peer does not support encrypt-then-MAC (RFC 7366), which this side requires for CBC suites"
            }
            Self::SecureRenegotiation => {
                "the server does not support secure renegotiation (RFC 5746), which this side requires"
            }
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
    /// A signature is by a scheme that was not offered.
    SchemeNotOffered(u16),
    /// A signature is by a scheme that was offered, but does not fit the key in the certificate.
    SchemeNotForKey(u16),
    /// A compression method other than null: none was offered, or null is missing from the offer (RFC 5246 §7.4.1.2).
    Compression,
    /// The uncompressed point format is missing (RFC 8422 §5.1.2).
    PointFormats,
    /// An extension stands twice in one message (RFC 5246 §7.4.1.4).
    DuplicateExtension(u16),
    /// Two host names, or one with a NUL, in server_name (RFC 6066 §3).
    ServerName,
    /// A renegotiation would lose this, which the handshake before it had (RFC 7366 §3.1, RFC 7627 §5.4).
    LostByRenegotiation(&'static str),
    /// The peer's share of the key exchange is no element of its group.
    KeyShare,
    /// The server shows other certificates when it renegotiates than it did before.
    OtherIdentity,
    /// The renegotiation_info is not that of this connection: not empty in a first handshake, or not both verify_data in a
    /// later one (RFC 5746 §3.4 to §3.6).
    RenegotiationInfo,
    /// The key in the certificate is of a kind that does not fit the cipher suite of this number (RFC 5246 §7.4.2).
    CertificateKeyKind(u16),
    /// The key in the certificate is on this curve, which was not offered (RFC 8422 §5.1).
    CertificateKeyCurve(u16),
    /// A max_fragment_length or record_size_limit that its RFC does not allow, or is not what was asked for.
    RecordSize,
    /// An application protocol was chosen that was not offered.
    ProtocolNotOffered,
    /// A session was resumed with another cipher suite (RFC 5246 §7.4.1.3).
    ResumedOtherSuite,
    /// A session that had been made with the extended master secret was resumed without it (RFC 7627 §5.3).
    ExtendedMasterSecretLost,
    /// A session that had been made without the extended master secret was resumed with it (RFC 7627 §5.3).
    ExtendedMasterSecretGained,
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
                write!(f, "it signed with scheme {code:#06x}, which was not offered")
            }
            Self::SchemeNotForKey(code) => {
                write!(f, "it signed with scheme {code:#06x}, which does not fit the key in its certificate")
            }
            Self::Compression => f.write_str("null compression is not what it offered or chose"),
            Self::PointFormats => f.write_str("it does not accept uncompressed points"),
            Self::ServerName => f.write_str("its server_name has two host names, or one with a NUL"),
            Self::LostByRenegotiation(what) => write!(f, "it renegotiates without {what}, which there was before"),
            Self::DuplicateExtension(code) => {
                write!(f, "extension {code} stands twice in one message")
            }
            Self::KeyShare => f.write_str("its key share is no element of the group"),
            Self::OtherIdentity => f.write_str("the server renegotiates as another than it was"),
            Self::RenegotiationInfo => f.write_str("its renegotiation_info is not that of this connection"),
            Self::CertificateKeyKind(suite) => {
                write!(f, "the key in its certificate is of a kind that does not fit cipher suite {suite:#06x}")
            }
            Self::CertificateKeyCurve(curve) => {
                write!(f, "the key in its certificate is on curve {curve}, which was not offered")
            }
            Self::RecordSize => {
                f.write_str("its limit on the size of records is not allowed, or not what was asked for")
            }
            Self::ProtocolNotOffered => f.write_str("it chose an application protocol that was not offered"),
            Self::ResumedOtherSuite => f.write_str("it resumed a session with another cipher suite"),
            Self::ExtendedMasterSecretLost => f.write_str(
                "it resumed a session without the extended master secret, with which the session had been made",
            ),
            Self::ExtendedMasterSecretGained => f.write_str(
                "it resumed a session with the extended master secret, without which the session had been made",
            ),
        }
    }
}
