//! The extensions of a ClientHello and of a ServerHello.

use super::extension::{
    check_sct_list, decode_code_points, decode_empty, decode_point_formats, decode_record_size_limit,
    decode_renegotiation_info, decode_server_name, decode_status_request, decode_supported_versions,
};
use super::{AskedName, CodePoints, Empty, ExtensionType, Extensions, MaxFragmentLength, ProtocolNames, Reader};
use crate::error::{DecodeFault, Error};

/// The supported extensions of a ClientHello.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientExtensions<'a> {
    /// The host name of server_name (RFC 6066 §3), if one was given.
    pub server_name: Option<AskedName<'a>>,
    /// The fragment length that the client requests (RFC 6066 §4).
    pub max_fragment_length: Option<MaxFragmentLength>,
    /// The client requests an OCSP response (RFC 6066 §8).
    pub status_request: Option<Empty>,
    /// The groups of supported_groups (RFC 8422 §5.1.1).
    pub supported_groups: Option<CodePoints<'a>>,
    /// The formats of ec_point_formats (RFC 8422 §5.1.2).
    pub ec_point_formats: Option<&'a [u8]>,
    /// The schemes of signature_algorithms (RFC 5246 §7.4.1.4.1).
    pub signature_algorithms: Option<CodePoints<'a>>,
    /// The schemes of signature_algorithms_cert (RFC 8446 §4.2.3).
    pub signature_algorithms_cert: Option<CodePoints<'a>>,
    /// The application protocols (RFC 7301).
    pub alpn: Option<ProtocolNames<'a>>,
    /// The client requests certificate timestamps (RFC 6962 §3.3.1).
    pub signed_certificate_timestamp: Option<Empty>,
    /// Present: RFC 7366.
    pub encrypt_then_mac: Option<Empty>,
    /// Present: RFC 7627.
    pub extended_master_secret: Option<Empty>,
    /// The longest record plaintext that the client accepts, in bytes (RFC 8449).
    pub record_size_limit: Option<u16>,
    /// A ticket, or empty if the client only requests one (RFC 5077).
    pub session_ticket: Option<&'a [u8]>,
    /// All versions that the client offers, if it lists them (RFC 8446 §4.2.1).
    pub supported_versions: Option<CodePoints<'a>>,
    /// The verify_data of renegotiation_info (RFC 5746 §3.2).
    pub renegotiation_info: Option<&'a [u8]>,
}

impl<'a> ClientExtensions<'a> {
    /// Decodes the supported extensions, and ignores others (RFC 5246 §7.4.1.4).
    ///
    /// # Errors
    /// [`Error::Decode`] if a supported extension is malformed; [`Error::IllegalParameter`] if its value is not
    /// allowed.
    pub fn decode(extensions: Extensions<'a>) -> Result<Self, Error> {
        use ExtensionType as T;
        let mut known = Self::default();
        let mut max_fragment_length = None;
        for (typ, content) in extensions.iter() {
            match typ {
                T::SERVER_NAME => known.server_name = decode_server_name(content)?,
                T::MAX_FRAGMENT_LENGTH => max_fragment_length = Some(content),
                T::STATUS_REQUEST => known.status_request = decode_status_request(content)?,
                T::SUPPORTED_GROUPS => known.supported_groups = Some(decode_code_points("supported_groups", content)?),
                T::EC_POINT_FORMATS => known.ec_point_formats = Some(decode_point_formats(content)?),
                T::SIGNATURE_ALGORITHMS => {
                    known.signature_algorithms = Some(decode_code_points("signature_algorithms", content)?);
                }
                T::SIGNATURE_ALGORITHMS_CERT => {
                    known.signature_algorithms_cert = Some(decode_code_points("signature_algorithms_cert", content)?);
                }
                T::ALPN => known.alpn = Some(ProtocolNames::decode(content)?),
                T::SIGNED_CERTIFICATE_TIMESTAMP => {
                    known.signed_certificate_timestamp = Some(decode_empty("signed_certificate_timestamp", content)?);
                }
                T::ENCRYPT_THEN_MAC => known.encrypt_then_mac = Some(decode_empty("encrypt_then_mac", content)?),
                T::EXTENDED_MASTER_SECRET => {
                    known.extended_master_secret = Some(decode_empty("extended_master_secret", content)?);
                }
                T::RECORD_SIZE_LIMIT => known.record_size_limit = Some(decode_record_size_limit(content)?),
                T::SESSION_TICKET => known.session_ticket = Some(content),
                T::SUPPORTED_VERSIONS => known.supported_versions = Some(decode_supported_versions(content)?),
                T::RENEGOTIATION_INFO => known.renegotiation_info = Some(decode_renegotiation_info(content)?),
                _ => {}
            }
        }
        // RFC 8449 §5: it is ignored beside record_size_limit, whatever it contains.
        if let (Some(content), None) = (max_fragment_length, known.record_size_limit) {
            known.max_fragment_length = Some(MaxFragmentLength::decode(content)?);
        }
        Ok(known)
    }
}

/// The extensions of a ServerHello.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerExtensions<'a> {
    /// The server used the requested name (RFC 6066 §3).
    pub server_name: Option<Empty>,
    /// The fragment length that both sides have agreed on (RFC 6066 §4).
    pub max_fragment_length: Option<MaxFragmentLength>,
    /// A CertificateStatus may follow (RFC 6066 §8).
    pub status_request: Option<Empty>,
    /// The formats of ec_point_formats (RFC 8422 §5.2).
    pub ec_point_formats: Option<&'a [u8]>,
    /// The application protocol (RFC 7301).
    pub alpn: Option<&'a [u8]>,
    /// The list of certificate timestamps, in its wire format (RFC 6962 §3.3.1).
    pub signed_certificate_timestamp: Option<&'a [u8]>,
    /// Agreed: RFC 7366.
    pub encrypt_then_mac: Option<Empty>,
    /// Agreed: RFC 7627.
    pub extended_master_secret: Option<Empty>,
    /// The longest record plaintext that the server accepts, in bytes (RFC 8449).
    pub record_size_limit: Option<u16>,
    /// A NewSessionTicket follows (RFC 5077 §3.2).
    pub session_ticket: Option<Empty>,
    /// The verify_data of renegotiation_info (RFC 5746 §3.2).
    pub renegotiation_info: Option<&'a [u8]>,
}

impl<'a> ServerExtensions<'a> {
    /// Decodes the extensions.
    ///
    /// # Errors
    /// [`Error::UnsolicitedExtension`] for any that is not among `offered` (RFC 5246 §7.4.1.4); [`Error::Decode`] if
    /// one is malformed; [`Error::IllegalParameter`] if its value is not allowed.
    pub fn decode(extensions: Extensions<'a>, offered: &[ExtensionType]) -> Result<Self, Error> {
        use ExtensionType as T;
        let mut known = Self::default();
        for (typ, content) in extensions.iter() {
            if !offered.contains(&typ) {
                return Err(Error::UnsolicitedExtension(typ.0));
            }
            match typ {
                T::SERVER_NAME => known.server_name = Some(decode_empty("server_name", content)?),
                T::MAX_FRAGMENT_LENGTH => known.max_fragment_length = Some(MaxFragmentLength::decode(content)?),
                T::STATUS_REQUEST => known.status_request = Some(decode_empty("status_request", content)?),
                T::EC_POINT_FORMATS => known.ec_point_formats = Some(decode_point_formats(content)?),
                T::ALPN => known.alpn = Some(decode_one_protocol(content)?),
                T::SIGNED_CERTIFICATE_TIMESTAMP => {
                    check_sct_list(content)?;
                    known.signed_certificate_timestamp = Some(content);
                }
                T::ENCRYPT_THEN_MAC => known.encrypt_then_mac = Some(decode_empty("encrypt_then_mac", content)?),
                T::EXTENDED_MASTER_SECRET => {
                    known.extended_master_secret = Some(decode_empty("extended_master_secret", content)?);
                }
                T::RECORD_SIZE_LIMIT => known.record_size_limit = Some(decode_record_size_limit(content)?),
                T::SESSION_TICKET => known.session_ticket = Some(decode_empty("session_ticket", content)?),
                T::RENEGOTIATION_INFO => known.renegotiation_info = Some(decode_renegotiation_info(content)?),
                // Servers must not answer these, but some do answer supported_groups, which is harmless.
                _ => {}
            }
        }
        Ok(known)
    }
}

/// RFC 7301 §3.1: a server's list MUST contain exactly one name.
fn decode_one_protocol(content: &[u8]) -> Result<&[u8], Error> {
    let mut names = ProtocolNames::decode(content)?.iter();
    match (names.next(), names.next()) {
        (Some(name), None) => Ok(name),
        _ => Err(Reader::new("application_layer_protocol_negotiation", content).error(DecodeFault::Length).into()),
    }
}
