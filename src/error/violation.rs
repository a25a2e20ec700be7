//! Well-formed messages with forbidden values, what two sides do not have in common, and what a peer does too often.

use core::fmt;

/// Something that a peer may do only a limited number of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limited {
    /// Consecutive records without content.
    EmptyRecords,
    /// Alerts of level warning.
    Warnings,
    /// Requests to renegotiate.
    RenegotiationRequests,
    /// Records protected with one key.
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

/// What the two sides do not have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lacking {
    /// A cipher suite.
    CipherSuite,
    /// A certificate of the server whose key fits a common cipher suite and curve.
    Certificate,
    /// A group for the key exchange of a common cipher suite.
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

/// A value that is well-formed, but not allowed in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The server chose a cipher suite that was not offered.
    SuiteNotOffered(u16),
    /// The server chose a group that was not offered.
    GroupNotOffered(u16),
    /// A signature uses a scheme that was not offered.
    SchemeNotOffered(u16),
    /// A signature uses a scheme that was offered, but does not match the key in the certificate.
    SchemeNotForKey(u16),
    /// A compression method other than null was chosen, or null is missing from the offer (RFC 5246 §7.4.1.2).
    Compression,
    /// The uncompressed point format is missing (RFC 8422 §5.1.2).
    PointFormats,
    /// An extension appears twice in one message (RFC 5246 §7.4.1.4).
    DuplicateExtension(u16),
    /// Two host names, or one with a NUL, in server_name (RFC 6066 §3).
    ServerName,
    /// A renegotiation would lose this property of the previous handshake (RFC 7366 §3.1, RFC 7627 §5.4).
    LostByRenegotiation(&'static str),
    /// The peer's key share is not an element of its group.
    KeyShare,
    /// The server presented different certificates in a renegotiation than before.
    OtherIdentity,
    /// The renegotiation_info does not belong to this connection: it is not empty in the first handshake, or does not
    /// match the verify_data in a later one (RFC 5746 §3.4 to §3.6).
    RenegotiationInfo,
    /// The type of the key in the certificate does not match the cipher suite with this number (RFC 5246 §7.4.2).
    CertificateKeyKind(u16),
    /// The key in the certificate is on this curve, which was not offered (RFC 8422 §5.1).
    CertificateKeyCurve(u16),
    /// A max_fragment_length or record_size_limit is not allowed by its RFC, or is not the requested one.
    RecordSize,
    /// An application protocol was chosen that was not offered.
    ProtocolNotOffered,
    /// A session was resumed with a different cipher suite (RFC 5246 §7.4.1.3).
    ResumedOtherSuite,
    /// A session that was created with the extended master secret was resumed without it (RFC 7627 §5.3).
    ExtendedMasterSecretLost,
    /// A session that was created without the extended master secret was resumed with it (RFC 7627 §5.3).
    ExtendedMasterSecretGained,
    /// The server supports TLS 1.3, and so does this client ([`LaterVersion`](crate::LaterVersion)): they should not
    /// have negotiated TLS 1.2 (RFC 8446 §4.1.3).
    Downgraded,
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
                write!(f, "it signed with scheme {code:#06x}, which does not match the key in its certificate")
            }
            Self::Compression => f.write_str("it did not offer or choose null compression"),
            Self::PointFormats => f.write_str("it does not accept uncompressed points"),
            Self::ServerName => f.write_str("its server_name has two host names, or one with a NUL"),
            Self::LostByRenegotiation(what) => {
                write!(f, "it renegotiates without {what}, which the previous handshake had")
            }
            Self::DuplicateExtension(code) => {
                write!(f, "extension {code} appears twice in one message")
            }
            Self::KeyShare => f.write_str("its key share is not an element of the group"),
            Self::OtherIdentity => {
                f.write_str("the server presented different certificates in the renegotiation than before")
            }
            Self::RenegotiationInfo => f.write_str("its renegotiation_info does not belong to this connection"),
            Self::CertificateKeyKind(suite) => {
                write!(f, "the type of the key in its certificate does not match cipher suite {suite:#06x}")
            }
            Self::CertificateKeyCurve(curve) => {
                write!(f, "the key in its certificate is on curve {curve}, which was not offered")
            }
            Self::RecordSize => {
                f.write_str("its limit on the size of records is not allowed, or not the requested one")
            }
            Self::ProtocolNotOffered => f.write_str("it chose an application protocol that was not offered"),
            Self::ResumedOtherSuite => f.write_str("it resumed a session with a different cipher suite"),
            Self::ExtendedMasterSecretLost => f.write_str(
                "it resumed a session without the extended master secret, although the session was created with it",
            ),
            Self::ExtendedMasterSecretGained => f.write_str(
                "it resumed a session with the extended master secret, although the session was created without it",
            ),
            Self::Downgraded => f.write_str(
                "it supports TLS 1.3, and so does this side, but TLS 1.2 was negotiated: an attacker on the path may have forced the downgrade",
            ),
        }
    }
}
