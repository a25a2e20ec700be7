//! The contents of a ClientHello, decoded.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use crate::error::{Bytes, Error, Violation};
use crate::wire::{
    AskedName, COMPRESSION_NULL, ClientExtensions, ClientHello, EMPTY_RENEGOTIATION_INFO_SCSV, Empty, ExtensionType,
    Extensions, FALLBACK_SCSV, MaxFragmentLength, NamedGroup, ProtocolNames, ProtocolVersion, Random, SignatureScheme,
};

/// The name that a client requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OfferedName {
    /// No name.
    None,
    /// This name.
    Host(Box<str>),
    /// Something that cannot be the name of a server. It is not kept.
    Other,
}

/// Whether a client offered to resume a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionOffered {
    No,
    Yes,
}

/// What a ClientHello offers.
#[derive(Clone)]
pub struct ClientOffer {
    pub(crate) version: ProtocolVersion,
    pub(crate) random: Random,
    pub(crate) session_id: Box<[u8]>,
    compression_methods: Box<[u8]>,
    /// The block, in wire format.
    extensions: Box<[u8]>,
    pub(crate) suites: Vec<u16>,
    pub(crate) name: OfferedName,
    pub(crate) groups: Option<Vec<NamedGroup>>,
    pub(crate) schemes: Option<Vec<SignatureScheme>>,
    /// The schemes for certificates, if they differ.
    certificate_schemes: Option<Vec<SignatureScheme>>,
    max_fragment_length: Option<MaxFragmentLength>,
    pub(crate) record_size_limit: Option<u16>,
    pub(crate) status_request: Option<Empty>,
    pub(crate) signed_certificate_timestamp: Option<Empty>,
    pub(crate) point_formats: Option<Empty>,
    pub(crate) encrypt_then_mac: Option<Empty>,
    pub(crate) extended_master_secret: Option<Empty>,
    /// By the extension, or by the signalling suite.
    pub(crate) renegotiation_info: Option<Empty>,
}

impl ClientOffer {
    /// Decodes the body of a ClientHello, and makes the checks that do not depend on a configuration.
    pub(crate) fn decode(body: &[u8]) -> Result<Self, Error> {
        let hello = ClientHello::decode(body)?;
        let extensions = ClientExtensions::decode(hello.extensions)?;
        match extensions.supported_versions {
            // RFC 8446 §4.2.1: if this extension is present, it alone determines the offered versions, whatever
            // client_version says. A TLS 1.3 client that does not list TLS 1.2 would refuse the ServerHello.
            Some(listed) if listed.contains(ProtocolVersion::TLS_1_2.0) => {}
            Some(_) => return Err(Error::VersionNotListed),
            // RFC 5246 §E.1: a higher version is answered with TLS 1.2; a lower one is not supported.
            None if hello.version >= ProtocolVersion::TLS_1_2 => {}
            // RFC 7507 §3: a client that fell back from a supported version may have been attacked.
            None if hello.cipher_suites.contains(FALLBACK_SCSV) => return Err(Error::InappropriateFallback),
            None => return Err(Error::Version { got: hello.version.0 }),
        }
        // RFC 5246 §7.4.1.2: this vector MUST contain the null method.
        if !hello.compression_methods.contains(&COMPRESSION_NULL) {
            return Err(Error::IllegalParameter(Violation::Compression));
        }
        let renegotiation_info = match extensions.renegotiation_info {
            // RFC 5746 §3.6: if it is not empty, the server MUST abort the handshake.
            Some([_, ..]) => return Err(Error::IllegalParameter(Violation::RenegotiationInfo)),
            Some([]) => Some(Empty),
            None => hello.cipher_suites.contains(EMPTY_RENEGOTIATION_INFO_SCSV).then_some(Empty),
        };
        Ok(Self {
            version: hello.version,
            random: hello.random,
            session_id: hello.session_id.into(),
            compression_methods: hello.compression_methods.into(),
            extensions: hello.extensions.as_bytes().into(),
            suites: hello.cipher_suites.iter().collect(),
            name: match extensions.server_name {
                None => OfferedName::None,
                Some(AskedName::Host(name)) => OfferedName::Host(name.into()),
                Some(AskedName::Other) => OfferedName::Other,
            },
            groups: extensions.supported_groups.map(|list| list.iter().map(NamedGroup).collect()),
            schemes: extensions.signature_algorithms.map(|list| list.iter().map(SignatureScheme).collect()),
            certificate_schemes: extensions
                .signature_algorithms_cert
                .map(|list| list.iter().map(SignatureScheme).collect()),
            max_fragment_length: extensions.max_fragment_length,
            record_size_limit: extensions.record_size_limit,
            status_request: extensions.status_request,
            signed_certificate_timestamp: extensions.signed_certificate_timestamp,
            point_formats: extensions.ec_point_formats.map(|_| Empty),
            encrypt_then_mac: extensions.encrypt_then_mac,
            extended_master_secret: extensions.extended_master_secret,
            renegotiation_info,
        })
    }

    /// The fragment length that the client requests. RFC 8449 §5: it MUST be ignored if record_size_limit is present.
    pub(crate) fn max_fragment_length(&self) -> Option<MaxFragmentLength> {
        self.max_fragment_length.filter(|_| self.record_size_limit.is_none())
    }

    /// Returns the name that the client requests (RFC 6066 §3). Also returns `None` for an impossible name: one that is
    /// not ASCII, contains a space, or exceeds 255 bytes.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        match &self.name {
            OfferedName::Host(name) => Some(name),
            OfferedName::None | OfferedName::Other => None,
        }
    }

    /// Whether the client offers to resume a session.
    pub(crate) fn session(&self) -> SessionOffered {
        let ticket = self.session_ticket().is_some_and(|ticket| !ticket.is_empty());
        if ticket || !self.session_id.is_empty() { SessionOffered::Yes } else { SessionOffered::No }
    }

    /// Returns the code points of the suites, most preferred first.
    #[must_use]
    pub fn suites(&self) -> &[u16] {
        &self.suites
    }

    /// Returns the groups, most preferred first, or `None` if the client does not list any.
    #[must_use]
    pub fn groups(&self) -> Option<&[NamedGroup]> {
        self.groups.as_deref()
    }

    /// Returns the signature schemes, most preferred first, or `None` if the client does not list any.
    #[must_use]
    pub fn signature_schemes(&self) -> Option<&[SignatureScheme]> {
        self.schemes.as_deref()
    }

    /// The schemes of signatures in certificates (RFC 8446 §4.2.3: those of signature_algorithms, unless it says otherwise).
    pub(crate) fn certificate_schemes(&self) -> Option<&[SignatureScheme]> {
        self.certificate_schemes.as_deref().or(self.signature_schemes())
    }

    /// Returns the application protocols, most preferred first (RFC 7301).
    pub fn alpn_protocols(&self) -> impl Iterator<Item = &[u8]> {
        // Behind the length of the list; its form was checked when the hello was read.
        let list = self.extension(ExtensionType::ALPN).and_then(|content| content.get(2..));
        ProtocolNames::of(list.unwrap_or_default()).iter()
    }

    /// Returns client_version: the highest version that the client offers, unless it sends supported_versions (RFC 8446 §4.2.1).
    #[must_use]
    pub fn client_version(&self) -> ProtocolVersion {
        self.version
    }

    /// Returns the client random, which differs for each connection.
    #[must_use]
    pub fn random(&self) -> &Random {
        &self.random
    }

    /// Returns the ID of the session that the client offers to resume, which is empty if it offers none. Clients that offer a
    /// ticket or TLS 1.3 send an ID that they have generated.
    #[must_use]
    pub fn session_id(&self) -> &[u8] {
        &self.session_id
    }

    /// Returns the ticket that the client offers (RFC 5077 §3.2). It is empty if the client supports tickets but has none, and
    /// `None` if it does not support them.
    #[must_use]
    pub fn session_ticket(&self) -> Option<&[u8]> {
        self.extension(ExtensionType::SESSION_TICKET)
    }

    /// Returns whether the client requests an OCSP response (status_request, RFC 6066 §8).
    #[must_use]
    pub fn asks_for_status(&self) -> bool {
        self.status_request.is_some()
    }

    /// Returns whether the client requests certificate timestamps (RFC 6962 §3.3.1).
    #[must_use]
    pub fn asks_for_timestamps(&self) -> bool {
        self.signed_certificate_timestamp.is_some()
    }

    /// Returns the compression methods.
    #[must_use]
    pub fn compression_methods(&self) -> &[u8] {
        &self.compression_methods
    }

    /// Returns all extensions in the order of the ClientHello, including those that this library does not support, each with
    /// its content. Supported ones have been checked to be well-formed.
    ///
    /// Together with the other getters, they are sufficient for fingerprints of clients, such as JA3:
    ///
    /// ```
    /// use tls12::{ClientOffer, ExtensionType};
    ///
    /// fn ja3(offer: &ClientOffer) -> String {
    ///     let list = |numbers: Vec<String>| numbers.join("-");
    ///     let formats = offer.extensions().find(|(typ, _)| *typ == ExtensionType::EC_POINT_FORMATS);
    ///     // After the length of the list.
    ///     let formats = formats.map_or(&[][..], |(_, content)| content.get(1..).unwrap_or_default());
    ///     [
    ///         offer.client_version().0.to_string(),
    ///         list(offer.suites().iter().map(u16::to_string).collect()),
    ///         list(offer.extensions().map(|(typ, _)| typ.0.to_string()).collect()),
    ///         list(offer.groups().unwrap_or_default().iter().map(|group| group.0.to_string()).collect()),
    ///         list(formats.iter().map(u8::to_string).collect()),
    ///     ]
    ///     .join(",")
    /// }
    /// ```
    pub fn extensions(&self) -> impl Iterator<Item = (ExtensionType, &[u8])> {
        Extensions::of(&self.extensions).iter()
    }

    /// Whether supported_versions lists this version (RFC 8446 §4.2.1).
    pub(crate) fn lists(&self, version: ProtocolVersion) -> bool {
        let extensions = ClientExtensions::decode(Extensions::of(&self.extensions)).ok();
        let listed = extensions.and_then(|extensions| extensions.supported_versions);
        listed.is_some_and(|listed| listed.contains(version.0))
    }

    fn extension(&self, wanted: ExtensionType) -> Option<&[u8]> {
        self.extensions().find(|(typ, _)| *typ == wanted).map(|(_, content)| content)
    }

    /// Whether the client offers application protocols.
    pub(crate) fn offers_protocols(&self) -> bool {
        self.extension(ExtensionType::ALPN).is_some()
    }
}

/// Neither session ID nor ticket is printed.
impl fmt::Debug for ClientOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocols = self.alpn_protocols().map(|name| name.escape_ascii().to_string());
        f.debug_struct("ClientOffer")
            .field("server_name", &self.server_name())
            .field("suites", &self.suites)
            .field("groups", &self.groups)
            .field("signature_schemes", &self.schemes)
            .field("alpn_protocols", &protocols.collect::<Vec<_>>())
            .field("session_id", &Bytes(self.session_id.len()))
            .field("session_ticket", &self.session_ticket().map(|ticket| Bytes(ticket.len())))
            .finish_non_exhaustive()
    }
}
