//! The code points of the protocol, with their names in the standards. An unknown value is kept as a number.

use core::fmt;

/// Code points: a newtype over the number on the wire, with constants and names for the known values.
macro_rules! code_points {
    ($(#[$doc:meta])* $name:ident($int:ty) { $($(#[$vdoc:meta])* $constant:ident = $code:literal $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $int);

        #[allow(missing_docs)] // the names are the standard's own
        impl $name {
            $($(#[$vdoc])* pub const $constant: Self = Self($code);)*

            /// Returns the name in the standard, if the value is known.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 { $($code => Some($text),)* _ => None }
            }

            /// Returns the code point with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self($code)),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{:#06x}", self.0),
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

code_points! {
    /// The type of a record (RFC 5246 §6.2.1).
    ContentType(u8) {
        CHANGE_CIPHER_SPEC = 20 "change_cipher_spec",
        ALERT = 21 "alert",
        HANDSHAKE = 22 "handshake",
        APPLICATION_DATA = 23 "application_data",
    }
}

code_points! {
    /// The type of a handshake message (RFC 5246 §7.4, RFC 5077 §3.3, RFC 6066 §8).
    HandshakeType(u8) {
        HELLO_REQUEST = 0 "HelloRequest",
        CLIENT_HELLO = 1 "ClientHello",
        SERVER_HELLO = 2 "ServerHello",
        NEW_SESSION_TICKET = 4 "NewSessionTicket",
        CERTIFICATE = 11 "Certificate",
        SERVER_KEY_EXCHANGE = 12 "ServerKeyExchange",
        CERTIFICATE_REQUEST = 13 "CertificateRequest",
        SERVER_HELLO_DONE = 14 "ServerHelloDone",
        CERTIFICATE_VERIFY = 15 "CertificateVerify",
        CLIENT_KEY_EXCHANGE = 16 "ClientKeyExchange",
        FINISHED = 20 "Finished",
        CERTIFICATE_STATUS = 22 "CertificateStatus",
    }
}

code_points! {
    /// A protocol version (RFC 5246 §6.2.1).
    ProtocolVersion(u16) {
        SSL_3 = 0x0300 "SSL 3",
        TLS_1_0 = 0x0301 "TLS 1.0",
        TLS_1_1 = 0x0302 "TLS 1.1",
        TLS_1_2 = 0x0303 "TLS 1.2",
        TLS_1_3 = 0x0304 "TLS 1.3",
    }
}

code_points! {
    /// A named group of supported_groups (RFC 8422 §5.1.1).
    NamedGroup(u16) {
        SECP256R1 = 23 "secp256r1",
        SECP384R1 = 24 "secp384r1",
        SECP521R1 = 25 "secp521r1",
        X25519 = 29 "x25519",
    }
}

code_points! {
    /// A signature scheme of signature_algorithms (RFC 5246 §7.4.1.4.1, in the names of RFC 8446 §4.2.3).
    SignatureScheme(u16) {
        RSA_PKCS1_SHA1 = 0x0201 "rsa_pkcs1_sha1",
        RSA_PKCS1_SHA256 = 0x0401 "rsa_pkcs1_sha256",
        RSA_PKCS1_SHA384 = 0x0501 "rsa_pkcs1_sha384",
        RSA_PKCS1_SHA512 = 0x0601 "rsa_pkcs1_sha512",
        ECDSA_SHA1 = 0x0203 "ecdsa_sha1",
        /// In TLS 1.2 the scheme does not determine the curve: it is that of the key (RFC 8422 §5.4).
        ECDSA_SHA256 = 0x0403 "ecdsa_secp256r1_sha256",
        ECDSA_SHA384 = 0x0503 "ecdsa_secp384r1_sha384",
        ECDSA_SHA512 = 0x0603 "ecdsa_secp521r1_sha512",
        ED25519 = 0x0807 "ed25519",
        RSA_PSS_RSAE_SHA256 = 0x0804 "rsa_pss_rsae_sha256",
        RSA_PSS_RSAE_SHA384 = 0x0805 "rsa_pss_rsae_sha384",
        RSA_PSS_RSAE_SHA512 = 0x0806 "rsa_pss_rsae_sha512",
    }
}

code_points! {
    /// An extension of a hello (RFC 5246 §7.4.1.4).
    ExtensionType(u16) {
        SERVER_NAME = 0 "server_name",
        MAX_FRAGMENT_LENGTH = 1 "max_fragment_length",
        STATUS_REQUEST = 5 "status_request",
        SUPPORTED_GROUPS = 10 "supported_groups",
        EC_POINT_FORMATS = 11 "ec_point_formats",
        SIGNATURE_ALGORITHMS = 13 "signature_algorithms",
        ALPN = 16 "application_layer_protocol_negotiation",
        SIGNED_CERTIFICATE_TIMESTAMP = 18 "signed_certificate_timestamp",
        PADDING = 21 "padding",
        ENCRYPT_THEN_MAC = 22 "encrypt_then_mac",
        EXTENDED_MASTER_SECRET = 23 "extended_master_secret",
        RECORD_SIZE_LIMIT = 28 "record_size_limit",
        SESSION_TICKET = 35 "session_ticket",
        /// Of TLS 1.3 (RFC 8446 §4.2.1): read, but never sent.
        SUPPORTED_VERSIONS = 43 "supported_versions",
        /// Of TLS 1.3 (RFC 8446 §4.2.3): read, but never sent.
        SIGNATURE_ALGORITHMS_CERT = 50 "signature_algorithms_cert",
        RENEGOTIATION_INFO = 0xff01 "renegotiation_info",
    }
}

code_points! {
    /// The type of a client's certificate (RFC 5246 §7.4.4, RFC 8422 §5.5).
    ClientCertificateType(u8) {
        RSA_SIGN = 1 "rsa_sign",
        ECDSA_SIGN = 64 "ecdsa_sign",
    }
}

/// The signalling cipher suite value for a second attempt with a lower version (RFC 7507 §3).
pub const FALLBACK_SCSV: u16 = 0x5600;

/// The signalling cipher suite value for an empty renegotiation_info (RFC 5746 §3.3).
pub const EMPTY_RENEGOTIATION_INFO_SCSV: u16 = 0x00ff;
