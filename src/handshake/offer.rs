//! What a ClientHello offers, taken out of the message.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::{Error, Violation};
use crate::wire::{
    COMPRESSION_NULL, ClientExtensions, ClientHello, EMPTY_RENEGOTIATION_INFO_SCSV, Empty, FALLBACK_SCSV,
    MaxFragmentLength, NamedGroup, ProtocolVersion, Random, SignatureScheme,
};

/// What a ClientHello offers.
#[derive(Clone, Debug)]
pub struct ClientOffer {
    pub(crate) version: ProtocolVersion,
    pub(crate) random: Random,
    pub(crate) session_id: Box<[u8]>,
    pub(crate) suites: Vec<u16>,
    pub(crate) server_name: Option<Box<str>>,
    pub(crate) groups: Option<Vec<NamedGroup>>,
    pub(crate) schemes: Option<Vec<SignatureScheme>>,
    pub(crate) protocols: Option<Vec<Box<[u8]>>>,
    pub(crate) session_ticket: Option<Box<[u8]>>,
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
    /// Reads the body of a ClientHello, and checks what does not depend on any configuration.
    pub(crate) fn decode(body: &[u8]) -> Result<Self, Error> {
        let hello = ClientHello::decode(body)?;
        let extensions = ClientExtensions::decode(hello.extensions)?;
        // RFC 5246 §E.1: a higher version is answered with ours; a lower one we do not speak.
        if hello.version < ProtocolVersion::TLS_1_2 {
            // RFC 7507 §3: a client that fell back from a version that we speak was led astray.
            return Err(if hello.cipher_suites.contains(FALLBACK_SCSV) {
                Error::InappropriateFallback
            } else {
                Error::Version { got: hello.version.0 }
            });
        }
        // RFC 8446 §4.2.1: where this extension is, it alone tells which versions are offered. A client of TLS 1.3 that does
        // not list ours would refuse our ServerHello.
        if extensions.supported_versions.is_some_and(|listed| !listed.contains(ProtocolVersion::TLS_1_2.0)) {
            return Err(Error::VersionNotListed);
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
            suites: hello.cipher_suites.iter().collect(),
            server_name: extensions.server_name.map(Box::from),
            groups: extensions.supported_groups.map(|list| list.iter().map(NamedGroup).collect()),
            schemes: extensions.signature_algorithms.map(|list| list.iter().map(SignatureScheme).collect()),
            protocols: extensions.alpn.map(|names| names.iter().map(Box::from).collect()),
            session_ticket: extensions.session_ticket.map(Box::from),
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

    /// The fragment length that the client asks for. RFC 8449 §5: beside record_size_limit it MUST be ignored.
    pub(crate) fn max_fragment_length(&self) -> Option<MaxFragmentLength> {
        self.max_fragment_length.filter(|_| self.record_size_limit.is_none())
    }

    /// The name that the client asks for (RFC 6066 §3).
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// The suites, as they are numbered, most preferred first.
    #[must_use]
    pub fn suites(&self) -> &[u16] {
        &self.suites
    }

    /// The groups, most preferred first; none if the client names none.
    #[must_use]
    pub fn groups(&self) -> Option<&[NamedGroup]> {
        self.groups.as_deref()
    }

    /// The signature schemes, most preferred first; none if the client names none.
    #[must_use]
    pub fn signature_schemes(&self) -> Option<&[SignatureScheme]> {
        self.schemes.as_deref()
    }

    /// The application protocols, most preferred first (RFC 7301).
    pub fn protocols(&self) -> impl Iterator<Item = &[u8]> {
        self.protocols.iter().flatten().map(AsRef::as_ref)
    }
}
