//! Extension blocks, and the content of each supported extension (RFC 5246 §7.4.1.4).

use alloc::vec::Vec;

use super::{
    CodePoints, ExtensionType, LengthOf, NamedGroup, Reader, STATUS_TYPE_OCSP, SignatureScheme, put_code_points,
    put_vec,
};
use crate::error::{DecodeError, DecodeFault, Error, Violation};

/// The point format that all implementations must support (RFC 8422 §5.1.2).
pub const POINT_FORMAT_UNCOMPRESSED: u8 = 0;

/// An extension block that is well-formed and has no duplicates. The contents of the extensions are not checked.
#[derive(Clone, Copy, Debug)]
pub struct Extensions<'a>(&'a [u8]);

impl<'a> Extensions<'a> {
    /// Decodes the extension block that may end a hello. A hello without one has no extensions (RFC 5246 §7.4.1.2).
    ///
    /// # Errors
    /// [`Error::Decode`] if it is malformed; [`Violation::DuplicateExtension`] if a type occurs twice.
    pub fn decode(hello: &mut Reader<'a>) -> Result<Self, Error> {
        if hello.is_empty() {
            return Ok(Self(&[]));
        }
        let block = hello.vec16()?;
        /// Capacity for the extensions of a typical hello.
        const USUAL: usize = 32;
        /// Type and length of an extension.
        const HEADER: usize = 4;
        let mut types = Vec::with_capacity(USUAL.min(block.len() / HEADER));
        let mut reader = Reader::new("extensions", block);
        while !reader.is_empty() {
            types.push(reader.u16()?);
            reader.vec16()?;
        }
        // RFC 5246 §7.4.1.4: there MUST NOT be more than one extension of the same type. A hello has room for 16383 of
        // them, so comparing each with each would be expensive.
        types.sort_unstable();
        let twice = types.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some(*one),
            _ => None,
        });
        match twice {
            Some(typ) => Err(Error::IllegalParameter(Violation::DuplicateExtension(typ))),
            None => Ok(Self(block)),
        }
    }

    /// Those of a block that was read before.
    pub(crate) const fn of(block: &'a [u8]) -> Self {
        Self(block)
    }

    /// The block, without its length.
    pub(crate) const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Returns an iterator over the extensions and their contents.
    pub fn iter(self) -> impl Iterator<Item = (ExtensionType, &'a [u8])> {
        let mut reader = Reader::new("extensions", self.0);
        core::iter::from_fn(move || Some((ExtensionType(reader.u16().ok()?), reader.vec16().ok()?)))
    }
}

/// The host name that a client requests (RFC 6066 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedName<'a> {
    /// An ASCII name without spaces and control characters, of at most [`MAX_HOST_NAME`] bytes.
    Host(&'a str),
    /// Anything else, which cannot be the name of a server.
    Other,
}

/// The maximum length of a host name, in bytes: that of a DNS name (RFC 1035 §2.3.4).
pub const MAX_HOST_NAME: usize = 255;

impl<'a> AskedName<'a> {
    fn decode(name: &'a [u8]) -> Result<Self, Error> {
        if name.contains(&0) {
            return Err(Error::IllegalParameter(Violation::ServerName));
        }
        // Without characters that could affect a terminal.
        let is_name = name.len() <= MAX_HOST_NAME && name.iter().all(u8::is_ascii_graphic);
        Ok(core::str::from_utf8(name).ok().filter(|_| is_name).map_or(Self::Other, Self::Host))
    }
}

/// RFC 6066 §3: a list of names, of which only host_name is defined, at most once.
pub(super) fn decode_server_name(content: &[u8]) -> Result<Option<AskedName<'_>>, Error> {
    const HOST_NAME: u8 = 0;
    let mut reader = Reader::new("server_name", content);
    let mut list = Reader::new("server_name", reader.vec16()?);
    reader.done()?;
    let mut host_name = None;
    if list.is_empty() {
        return Err(list.error(DecodeFault::Length).into());
    }
    while !list.is_empty() {
        let typ = list.u8()?;
        let name = list.vec16()?;
        if typ == HOST_NAME {
            if name.is_empty() {
                return Err(list.error(DecodeFault::Length).into());
            }
            // It MUST NOT contain more than one name of the same type.
            if host_name.replace(AskedName::decode(name)?).is_some() {
                return Err(Error::IllegalParameter(Violation::ServerName));
            }
        }
    }
    Ok(host_name)
}

pub(super) fn decode_code_points<'a>(structure: &'static str, content: &'a [u8]) -> Result<CodePoints<'a>, Error> {
    let mut reader = Reader::new(structure, content);
    let list = reader.code_points()?;
    reader.done()?;
    Ok(list)
}

/// RFC 8446 §4.2.1, in the form of a ClientHello.
pub(super) fn decode_supported_versions(content: &[u8]) -> Result<CodePoints<'_>, Error> {
    let mut reader = Reader::new("supported_versions", content);
    let list = reader.code_points8()?;
    reader.done()?;
    Ok(list)
}

/// RFC 8422 §5.1.2: a list without the uncompressed format is an `illegal_parameter`.
pub(super) fn decode_point_formats(content: &[u8]) -> Result<&[u8], Error> {
    let mut reader = Reader::new("ec_point_formats", content);
    let formats = reader.vec8()?;
    if formats.is_empty() {
        return Err(reader.error(DecodeFault::Length).into());
    }
    reader.done()?;
    if !formats.contains(&POINT_FORMAT_UNCOMPRESSED) {
        return Err(Error::IllegalParameter(Violation::PointFormats));
    }
    Ok(formats)
}

pub(super) fn decode_renegotiation_info(content: &[u8]) -> Result<&[u8], Error> {
    let mut reader = Reader::new("renegotiation_info", content);
    let verify_data = reader.vec8()?;
    reader.done()?;
    Ok(verify_data)
}

pub(super) fn decode_empty(structure: &'static str, content: &[u8]) -> Result<Empty, Error> {
    Reader::new(structure, content).done()?;
    Ok(Empty)
}

/// Appends an extension to `out`; `content` appends its content.
pub fn put_extension(out: &mut Vec<u8>, typ: ExtensionType, content: impl FnOnce(&mut Vec<u8>)) {
    out.extend(typ.0.to_be_bytes());
    put_vec(out, LengthOf::U16, content);
}

/// Appends an extension without content.
pub fn put_empty(out: &mut Vec<u8>, typ: ExtensionType) {
    put_extension(out, typ, |_| {});
}

/// Appends server_name with one host name (RFC 6066 §3).
pub fn put_server_name(out: &mut Vec<u8>, host_name: &str) {
    put_extension(out, ExtensionType::SERVER_NAME, |out| {
        put_vec(out, LengthOf::U16, |out| {
            out.push(0);
            put_vec(out, LengthOf::U16, |out| out.extend(host_name.as_bytes()));
        });
    });
}

/// Appends supported_groups (RFC 8422 §5.1.1).
pub fn put_supported_groups(out: &mut Vec<u8>, groups: &[NamedGroup]) {
    put_extension(out, ExtensionType::SUPPORTED_GROUPS, |out| {
        put_vec(out, LengthOf::U16, |out| put_code_points(out, groups.iter().map(|group| group.0)));
    });
}

/// Appends ec_point_formats with the uncompressed format (RFC 8422 §5.1.2).
pub fn put_ec_point_formats(out: &mut Vec<u8>) {
    put_extension(out, ExtensionType::EC_POINT_FORMATS, |out| {
        put_vec(out, LengthOf::U8, |out| out.push(POINT_FORMAT_UNCOMPRESSED));
    });
}

/// Appends signature_algorithms (RFC 5246 §7.4.1.4.1).
pub fn put_signature_algorithms(out: &mut Vec<u8>, schemes: &[SignatureScheme]) {
    put_extension(out, ExtensionType::SIGNATURE_ALGORITHMS, |out| {
        put_vec(out, LengthOf::U16, |out| put_code_points(out, schemes.iter().map(|scheme| scheme.0)));
    });
}

/// Appends renegotiation_info (RFC 5746 §3.2).
pub fn put_renegotiation_info(out: &mut Vec<u8>, verify_data: &[u8]) {
    put_extension(out, ExtensionType::RENEGOTIATION_INFO, |out| {
        put_vec(out, LengthOf::U8, |out| out.extend(verify_data));
    });
}

/// The content of an extension without content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Empty;

/// The names of application protocols (RFC 7301 §3.1), checked for their form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolNames<'a>(&'a [u8]);

impl<'a> ProtocolNames<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, Error> {
        const STRUCTURE: &str = "application_layer_protocol_negotiation";
        let mut reader = Reader::new(STRUCTURE, content);
        let list = reader.vec16()?;
        reader.done()?;
        let mut names = Reader::new(STRUCTURE, list);
        if names.is_empty() {
            return Err(names.error(DecodeFault::Length).into());
        }
        while !names.is_empty() {
            if names.vec8()?.is_empty() {
                return Err(names.error(DecodeFault::Length).into());
            }
        }
        Ok(Self(list))
    }

    /// Those of a list that was decoded before.
    pub(crate) const fn of(list: &'a [u8]) -> Self {
        Self(list)
    }

    /// Each name.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let mut reader = Reader::new("application_layer_protocol_negotiation", self.0);
        core::iter::from_fn(move || reader.vec8().ok())
    }
}

/// Appends application_layer_protocol_negotiation (RFC 7301 §3.1).
pub fn put_alpn<'n>(out: &mut Vec<u8>, names: impl Iterator<Item = &'n [u8]>) {
    put_extension(out, ExtensionType::ALPN, |out| {
        put_vec(out, LengthOf::U16, |out| {
            for name in names {
                put_vec(out, LengthOf::U8, |out| out.extend(name));
            }
        });
    });
}

/// Decodes a client's status_request (RFC 6066 §8): whether it requests an OCSP response. The responders and extensions
/// in it concern only servers that fetch responses.
pub(super) fn decode_status_request(content: &[u8]) -> Result<Option<Empty>, Error> {
    let mut reader = Reader::new("status_request", content);
    if reader.u8()? != STATUS_TYPE_OCSP {
        // RFC 6066 §8: other types may be defined, with other contents.
        return Ok(None);
    }
    let _responder_ids = reader.vec16()?;
    let _extensions = reader.vec16()?;
    reader.done()?;
    Ok(Some(Empty))
}

/// Appends a client's status_request for any OCSP response (RFC 6066 §8).
pub fn put_status_request(out: &mut Vec<u8>) {
    put_extension(out, ExtensionType::STATUS_REQUEST, |out| {
        out.push(STATUS_TYPE_OCSP);
        put_vec(out, LengthOf::U16, |_| {});
        put_vec(out, LengthOf::U16, |_| {});
    });
}

/// A length that max_fragment_length can request (RFC 6066 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MaxFragmentLength {
    /// 2^9 bytes.
    B512,
    /// 2^10 bytes.
    B1024,
    /// 2^11 bytes.
    B2048,
    /// 2^12 bytes.
    B4096,
}

impl MaxFragmentLength {
    /// Returns the length in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::B512 => 512,
            Self::B1024 => 1024,
            Self::B2048 => 2048,
            Self::B4096 => 4096,
        }
    }

    /// Its code on the wire.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::B512 => 1,
            Self::B1024 => 2,
            Self::B2048 => 3,
            Self::B4096 => 4,
        }
    }

    /// The length with this code.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::B512, Self::B1024, Self::B2048, Self::B4096].into_iter().find(|length| length.code() == code)
    }

    pub(super) fn decode(content: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("max_fragment_length", content);
        let code = reader.u8()?;
        reader.done()?;
        // RFC 6066 §4: any other value is an illegal_parameter.
        Self::from_code(code).ok_or(Error::IllegalParameter(Violation::RecordSize))
    }
}

/// Appends max_fragment_length (RFC 6066 §4).
pub fn put_max_fragment_length(out: &mut Vec<u8>, length: MaxFragmentLength) {
    put_extension(out, ExtensionType::MAX_FRAGMENT_LENGTH, |out| out.push(length.code()));
}

/// The minimum value of record_size_limit (RFC 8449 §4).
pub const MIN_RECORD_SIZE_LIMIT: u16 = 64;

/// The maximum meaningful value of record_size_limit in TLS 1.2: the maximum length of a plaintext (RFC 8449 §4).
pub const MAX_RECORD_SIZE_LIMIT: u16 = 1 << 14;

/// Reads record_size_limit (RFC 8449 §4).
pub(super) fn decode_record_size_limit(content: &[u8]) -> Result<u16, Error> {
    let mut reader = Reader::new("record_size_limit", content);
    let limit = reader.u16()?;
    reader.done()?;
    // RFC 8449 §4: a value below 64 is an illegal_parameter.
    if limit < MIN_RECORD_SIZE_LIMIT {
        return Err(Error::IllegalParameter(Violation::RecordSize));
    }
    Ok(limit)
}

/// Appends record_size_limit (RFC 8449 §4).
pub fn put_record_size_limit(out: &mut Vec<u8>, limit: u16) {
    put_extension(out, ExtensionType::RECORD_SIZE_LIMIT, |out| out.extend(limit.to_be_bytes()));
}

/// Appends session_ticket: a ticket, or an empty request for one (RFC 5077 §3.2).
pub fn put_session_ticket(out: &mut Vec<u8>, ticket: &[u8]) {
    put_extension(out, ExtensionType::SESSION_TICKET, |out| out.extend(ticket));
}

/// Checks the form of a SignedCertificateTimestampList (RFC 6962 §3.3): at least one timestamp, none of them empty.
///
/// # Errors
/// [`DecodeError`] if it is malformed.
pub fn check_sct_list(list: &[u8]) -> Result<(), DecodeError> {
    let mut reader = Reader::new("signed_certificate_timestamp", list);
    let mut timestamps = Reader::new("signed_certificate_timestamp", reader.vec16()?);
    reader.done()?;
    if timestamps.is_empty() {
        return Err(timestamps.error(DecodeFault::Length));
    }
    while !timestamps.is_empty() {
        if timestamps.vec16()?.is_empty() {
            return Err(timestamps.error(DecodeFault::Length));
        }
    }
    Ok(())
}

/// Appends a server's signed_certificate_timestamp: an encoded list (RFC 6962 §3.3).
pub fn put_sct_list(out: &mut Vec<u8>, list: &[u8]) {
    put_extension(out, ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP, |out| out.extend(list));
}

/// Appends a padding extension of `len` bytes in total, at least four (RFC 7685 §3).
pub fn put_padding(out: &mut Vec<u8>, len: usize) {
    const EXTENSION_HEADER: usize = 4;
    put_extension(out, ExtensionType::PADDING, |out| {
        out.extend(core::iter::repeat_n(0, len.saturating_sub(EXTENSION_HEADER)));
    });
}
