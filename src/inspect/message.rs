//! Handshake messages, decoded and owned.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use rustls_pki_types::CertificateDer;

use crate::crypto::KeyExchange;
use crate::error::Error;
use crate::wire::{
    self, AskedName, CertificateVerify, ClientExtensions, EcdheServerKeyExchange, ExtensionType, Extensions,
    HandshakeType, Message, NamedGroup, NewSessionTicket, ProtocolVersion, PskClientKeyExchange, PskServerKeyExchange,
    SignatureScheme,
};

/// A handshake message.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HandshakeMessage {
    /// Its type.
    pub typ: HandshakeType,
    /// All its bytes, with its header of four bytes.
    pub bytes: Vec<u8>,
    /// Its content.
    pub content: Content,
}

/// The content of a handshake message.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content {
    /// HelloRequest (RFC 5246 §7.4.1.1).
    HelloRequest,
    /// ClientHello (RFC 5246 §7.4.1.2).
    ClientHello(ClientHello),
    /// ServerHello (RFC 5246 §7.4.1.3).
    ServerHello(ServerHello),
    /// NewSessionTicket (RFC 5077 §3.3).
    NewSessionTicket {
        /// How long the server intends to accept it, in seconds; 0 if unspecified.
        lifetime_hint: u32,
        /// The ticket.
        ticket: Vec<u8>,
    },
    /// Certificate (RFC 5246 §7.4.2): the chain, the sender's own first; empty if a client has none.
    Certificate(Vec<CertificateDer<'static>>),
    /// CertificateStatus (RFC 6066 §8): an OCSP response in DER.
    CertificateStatus(Vec<u8>),
    /// ServerKeyExchange of ECDHE with a signature (RFC 8422 §5.4).
    EcdheServerKeyExchange {
        /// The group.
        group: NamedGroup,
        /// The server's public key.
        public_key: Vec<u8>,
        /// The scheme of the signature.
        scheme: SignatureScheme,
        /// The signature.
        signature: Vec<u8>,
    },
    /// ServerKeyExchange of a pre-shared key (RFC 4279 §2, RFC 5489 §2).
    PskServerKeyExchange {
        /// The hint, possibly empty.
        hint: Vec<u8>,
        /// With ECDHE: the group, and the server's public key.
        share: Option<(NamedGroup, Vec<u8>)>,
    },
    /// CertificateRequest (RFC 5246 §7.4.4).
    CertificateRequest {
        /// The types of certificates that the server accepts.
        certificate_types: Vec<u8>,
        /// The signature schemes that the server supports.
        signature_algorithms: Vec<SignatureScheme>,
        /// The distinguished names of acceptable CAs, in DER; any CA is acceptable if there are none.
        authorities: Vec<Vec<u8>>,
    },
    /// ServerHelloDone (RFC 5246 §7.4.5).
    ServerHelloDone,
    /// ClientKeyExchange of static RSA (RFC 5246 §7.4.7.1): the encrypted premaster secret.
    RsaClientKeyExchange(Vec<u8>),
    /// ClientKeyExchange of ECDHE (RFC 8422 §5.7): the client's public key.
    EcdheClientKeyExchange(Vec<u8>),
    /// ClientKeyExchange of a pre-shared key (RFC 4279 §2, RFC 5489 §2).
    PskClientKeyExchange {
        /// The identity of the key.
        identity: Vec<u8>,
        /// With ECDHE: the client's public key.
        public_key: Option<Vec<u8>>,
    },
    /// CertificateVerify (RFC 5246 §7.4.8).
    CertificateVerify {
        /// The scheme of the signature.
        scheme: SignatureScheme,
        /// The signature.
        signature: Vec<u8>,
    },
    /// Finished (RFC 5246 §7.4.9): its verify_data.
    Finished(Vec<u8>),
    /// A message of another type, or a key exchange of another kind or of an unknown suite.
    Other,
    /// The message is malformed.
    Malformed(Error),
}

/// A ClientHello (RFC 5246 §7.4.1.2).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientHello {
    /// The highest version that the client offers, unless it lists them in supported_versions.
    pub version: ProtocolVersion,
    /// The client random.
    pub random: [u8; 32],
    /// The ID of the session to resume, or empty.
    pub session_id: Vec<u8>,
    /// The numbers of the suites, most preferred first.
    pub cipher_suites: Vec<u16>,
    /// The compression methods.
    pub compression_methods: Vec<u8>,
    /// The extensions, and their contents, in their order.
    pub extensions: Vec<(ExtensionType, Vec<u8>)>,
    /// The name of the server that the client asks for (RFC 6066 §3).
    pub server_name: Option<String>,
}

/// A ServerHello (RFC 5246 §7.4.1.3).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerHello {
    /// The version that the server chose, that of supported_versions if there is one (RFC 8446 §4.2.1).
    pub version: ProtocolVersion,
    /// The server random.
    pub random: [u8; 32],
    /// The ID of the session.
    pub session_id: Vec<u8>,
    /// The number of the suite that the server chose.
    pub cipher_suite: u16,
    /// The compression method that the server chose.
    pub compression_method: u8,
    /// The extensions, and their contents, in their order.
    pub extensions: Vec<(ExtensionType, Vec<u8>)>,
}

/// The content of an extension, if it is there.
pub(super) fn extension(extensions: &[(ExtensionType, Vec<u8>)], typ: ExtensionType) -> Option<&[u8]> {
    extensions.iter().find(|(other, _)| *other == typ).map(|(_, content)| &**content)
}

impl HandshakeMessage {
    /// Decodes a message. `exchange` is the key exchange of the suite, if it is known.
    pub(super) fn decode(message: Message<'_>, exchange: Option<KeyExchange>) -> Self {
        let content = Content::decode(message, exchange).unwrap_or_else(Content::Malformed);
        Self { typ: message.typ, bytes: message.bytes.to_vec(), content }
    }

    /// Returns the body, without the header.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.bytes.get(wire::MESSAGE_HEADER_LEN..).unwrap_or_default()
    }
}

impl Content {
    fn decode(message: Message<'_>, exchange: Option<KeyExchange>) -> Result<Self, Error> {
        use HandshakeType as T;
        let body = message.body;
        Ok(match message.typ {
            T::HELLO_REQUEST if body.is_empty() => Self::HelloRequest,
            T::SERVER_HELLO_DONE if body.is_empty() => Self::ServerHelloDone,
            T::CLIENT_HELLO => Self::ClientHello(ClientHello::decode(body)?),
            T::SERVER_HELLO => Self::ServerHello(ServerHello::decode(body)?),
            T::NEW_SESSION_TICKET => {
                let NewSessionTicket { lifetime_hint, ticket } = NewSessionTicket::decode(body)?;
                Self::NewSessionTicket { lifetime_hint, ticket: ticket.to_vec() }
            }
            T::CERTIFICATE => {
                Self::Certificate(wire::decode_certificate(body)?.iter().map(CertificateDer::into_owned).collect())
            }
            T::CERTIFICATE_STATUS => Self::CertificateStatus(wire::decode_certificate_status(body)?.to_vec()),
            T::SERVER_KEY_EXCHANGE => Self::server_key_exchange(body, exchange)?,
            T::CERTIFICATE_REQUEST => Self::certificate_request(body)?,
            T::CLIENT_KEY_EXCHANGE => Self::client_key_exchange(body, exchange)?,
            T::CERTIFICATE_VERIFY => {
                let CertificateVerify { scheme, signature } = CertificateVerify::decode(body)?;
                Self::CertificateVerify { scheme, signature: signature.to_vec() }
            }
            T::FINISHED => Self::Finished(body.to_vec()),
            _ => Self::Other,
        })
    }

    fn server_key_exchange(body: &[u8], exchange: Option<KeyExchange>) -> Result<Self, Error> {
        let psk = match exchange {
            Some(KeyExchange::EcdheRsa | KeyExchange::EcdheEcdsa) => {
                let decoded = EcdheServerKeyExchange::decode(body)?;
                return Ok(Self::EcdheServerKeyExchange {
                    group: decoded.group,
                    public_key: decoded.public_key.to_vec(),
                    scheme: decoded.scheme,
                    signature: decoded.signature.to_vec(),
                });
            }
            Some(KeyExchange::Psk) => PskServerKeyExchange::decode_psk(body)?,
            Some(KeyExchange::EcdhePsk) => PskServerKeyExchange::decode_ecdhe_psk(body)?,
            Some(KeyExchange::Rsa) | None => return Ok(Self::Other),
        };
        let share = psk.share.map(|(group, key)| (group, key.to_vec()));
        Ok(Self::PskServerKeyExchange { hint: psk.hint.to_vec(), share })
    }

    fn client_key_exchange(body: &[u8], exchange: Option<KeyExchange>) -> Result<Self, Error> {
        let psk = match exchange {
            Some(KeyExchange::Rsa) => {
                return Ok(Self::RsaClientKeyExchange(wire::decode_rsa_client_key_exchange(body)?.to_vec()));
            }
            Some(KeyExchange::EcdheRsa | KeyExchange::EcdheEcdsa) => {
                return Ok(Self::EcdheClientKeyExchange(wire::decode_ecdhe_client_key_exchange(body)?.to_vec()));
            }
            Some(KeyExchange::Psk) => PskClientKeyExchange::decode_psk(body)?,
            Some(KeyExchange::EcdhePsk) => PskClientKeyExchange::decode_ecdhe_psk(body)?,
            None => return Ok(Self::Other),
        };
        let public_key = psk.public_key.map(<[u8]>::to_vec);
        Ok(Self::PskClientKeyExchange { identity: psk.identity.to_vec(), public_key })
    }

    fn certificate_request(body: &[u8]) -> Result<Self, Error> {
        let decoded = wire::CertificateRequest::decode(body)?;
        Ok(Self::CertificateRequest {
            certificate_types: decoded.certificate_types.to_vec(),
            signature_algorithms: decoded.signature_algorithms.iter().map(SignatureScheme).collect(),
            authorities: decoded.authorities.iter().map(<[u8]>::to_vec).collect(),
        })
    }
}

impl ClientHello {
    fn decode(body: &[u8]) -> Result<Self, Error> {
        let hello = wire::ClientHello::decode(body)?;
        // A fault in an extension is that of the extension alone.
        let name = ClientExtensions::decode(hello.extensions).ok().and_then(|known| known.server_name);
        Ok(Self {
            version: hello.version,
            random: hello.random,
            session_id: hello.session_id.to_vec(),
            cipher_suites: hello.cipher_suites.iter().collect(),
            compression_methods: hello.compression_methods.to_vec(),
            extensions: owned(hello.extensions),
            server_name: match name {
                Some(AskedName::Host(name)) => Some(name.to_string()),
                Some(AskedName::Other) | None => None,
            },
        })
    }
}

impl ServerHello {
    fn decode(body: &[u8]) -> Result<Self, Error> {
        let hello = wire::ServerHello::decode(body)?;
        let extensions = owned(hello.extensions);
        let chosen =
            extension(&extensions, ExtensionType::SUPPORTED_VERSIONS).and_then(|content| content.first_chunk());
        Ok(Self {
            version: chosen.map_or(hello.version, |version| ProtocolVersion(u16::from_be_bytes(*version))),
            random: hello.random,
            session_id: hello.session_id.to_vec(),
            cipher_suite: hello.cipher_suite,
            compression_method: hello.compression_method,
            extensions,
        })
    }
}

fn owned(extensions: Extensions<'_>) -> Vec<(ExtensionType, Vec<u8>)> {
    extensions.iter().map(|(typ, content)| (typ, content.to_vec())).collect()
}
