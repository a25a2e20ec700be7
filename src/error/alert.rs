//! The alerts (RFC 5246 §7.2).

use core::fmt;

/// The description of an alert (RFC 5246 §7.2, RFC 6066 §9, RFC 7301 §3.2, RFC 7507 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)] // the names are the standard's own
pub enum AlertDescription {
    CloseNotify,
    UnexpectedMessage,
    BadRecordMac,
    DecryptionFailed,
    RecordOverflow,
    DecompressionFailure,
    HandshakeFailure,
    NoCertificate,
    BadCertificate,
    UnsupportedCertificate,
    CertificateRevoked,
    CertificateExpired,
    CertificateUnknown,
    IllegalParameter,
    UnknownCa,
    AccessDenied,
    DecodeError,
    DecryptError,
    ExportRestriction,
    ProtocolVersion,
    InsufficientSecurity,
    InternalError,
    InappropriateFallback,
    UserCanceled,
    NoRenegotiation,
    UnsupportedExtension,
    CertificateUnobtainable,
    UnrecognizedName,
    BadCertificateStatusResponse,
    BadCertificateHashValue,
    UnknownPskIdentity,
    NoApplicationProtocol,
    /// A code that is not assigned by any standard known to this crate.
    Unknown(u8),
}

macro_rules! alert_codes {
    ($($code:literal $name:ident $text:literal),* $(,)?) => {
        impl AlertDescription {
            /// Returns the alert with this code.
            #[must_use]
            pub const fn from_code(code: u8) -> Self {
                match code { $($code => Self::$name,)* other => Self::Unknown(other) }
            }

            /// Returns the code on the wire.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$name => $code,)* Self::Unknown(code) => code }
            }

            /// Returns the name in the standard, such as `bad_record_mac`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* Self::Unknown(_) => "unassigned" }
            }
        }
    };
}

alert_codes! {
    0 CloseNotify "close_notify",
    10 UnexpectedMessage "unexpected_message",
    20 BadRecordMac "bad_record_mac",
    21 DecryptionFailed "decryption_failed",
    22 RecordOverflow "record_overflow",
    30 DecompressionFailure "decompression_failure",
    40 HandshakeFailure "handshake_failure",
    41 NoCertificate "no_certificate",
    42 BadCertificate "bad_certificate",
    43 UnsupportedCertificate "unsupported_certificate",
    44 CertificateRevoked "certificate_revoked",
    45 CertificateExpired "certificate_expired",
    46 CertificateUnknown "certificate_unknown",
    47 IllegalParameter "illegal_parameter",
    48 UnknownCa "unknown_ca",
    49 AccessDenied "access_denied",
    50 DecodeError "decode_error",
    51 DecryptError "decrypt_error",
    60 ExportRestriction "export_restriction",
    70 ProtocolVersion "protocol_version",
    71 InsufficientSecurity "insufficient_security",
    80 InternalError "internal_error",
    86 InappropriateFallback "inappropriate_fallback",
    90 UserCanceled "user_canceled",
    100 NoRenegotiation "no_renegotiation",
    110 UnsupportedExtension "unsupported_extension",
    111 CertificateUnobtainable "certificate_unobtainable",
    112 UnrecognizedName "unrecognized_name",
    113 BadCertificateStatusResponse "bad_certificate_status_response",
    114 BadCertificateHashValue "bad_certificate_hash_value",
    115 UnknownPskIdentity "unknown_psk_identity",
    120 NoApplicationProtocol "no_application_protocol",
}

impl fmt::Display for AlertDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(code) => write!(f, "unassigned alert {code}"),
            known => f.write_str(known.name()),
        }
    }
}
