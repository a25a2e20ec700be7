//! ClientHello and ServerHello (RFC 5246 §7.4.1.2, §7.4.1.3).

use alloc::vec::Vec;

use super::{
    CodePoints, Extensions, HandshakeType, LengthOf, ProtocolVersion, Reader, put_code_points, put_message, put_vec,
};
use crate::error::{DecodeFault, Error};

/// The compression method that all clients must offer, and the only one that is supported (RFC 5246 §7.4.1.2).
pub const COMPRESSION_NULL: u8 = 0;

/// The maximum length of a session_id, in bytes (RFC 5246 §7.4.1.2).
pub const MAX_SESSION_ID: usize = 32;

/// A client's or server's 32 random bytes (RFC 5246 §7.4.1.2).
pub type Random = [u8; 32];

/// A ClientHello.
#[derive(Clone, Debug)]
pub struct ClientHello<'a> {
    /// The highest version that the client offers.
    pub version: ProtocolVersion,
    /// The client random.
    pub random: Random,
    /// The ID of the session to resume, or empty.
    pub session_id: &'a [u8],
    /// The suites, most preferred first.
    pub cipher_suites: CodePoints<'a>,
    /// The compression methods.
    pub compression_methods: &'a [u8],
    /// The extensions.
    pub extensions: Extensions<'a>,
}

impl<'a> ClientHello<'a> {
    /// Decodes the body of a ClientHello.
    ///
    /// # Errors
    /// [`Error::Decode`] if it is malformed; [`Violation::DuplicateExtension`](crate::Violation::DuplicateExtension).
    pub fn decode(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("ClientHello", body);
        let version = ProtocolVersion(reader.u16()?);
        let random = reader.array()?;
        let session_id = decode_session_id(&mut reader)?;
        let cipher_suites = reader.code_points()?;
        let compression_methods = reader.vec8()?;
        if compression_methods.is_empty() {
            return Err(reader.error(DecodeFault::Length).into());
        }
        let extensions = Extensions::decode(&mut reader)?;
        reader.done()?;
        Ok(Self { version, random, session_id, cipher_suites, compression_methods, extensions })
    }
}

/// Appends a ClientHello of TLS 1.2 to `out`; `extensions` appends its extensions.
pub fn put_client_hello(
    out: &mut Vec<u8>,
    random: &Random,
    session_id: &[u8],
    cipher_suites: impl Iterator<Item = u16>,
    extensions: impl FnOnce(&mut Vec<u8>),
) {
    put_message(out, HandshakeType::CLIENT_HELLO, |out| {
        out.extend(ProtocolVersion::TLS_1_2.0.to_be_bytes());
        out.extend(random);
        put_vec(out, LengthOf::U8, |out| out.extend(session_id));
        put_vec(out, LengthOf::U16, |out| put_code_points(out, cipher_suites));
        put_vec(out, LengthOf::U8, |out| out.push(COMPRESSION_NULL));
        put_vec(out, LengthOf::U16, extensions);
    });
}

/// A ServerHello.
#[derive(Clone, Debug)]
pub struct ServerHello<'a> {
    /// The version that the server chose.
    pub version: ProtocolVersion,
    /// The server random.
    pub random: Random,
    /// The ID of the session: that in the ClientHello if it is resumed.
    pub session_id: &'a [u8],
    /// The suite that the server chose.
    pub cipher_suite: u16,
    /// The compression method that the server chose.
    pub compression_method: u8,
    /// The extensions.
    pub extensions: Extensions<'a>,
}

impl<'a> ServerHello<'a> {
    /// Decodes the body of a ServerHello.
    ///
    /// # Errors
    /// [`Error::Decode`] if it is malformed; [`Violation::DuplicateExtension`](crate::Violation::DuplicateExtension).
    pub fn decode(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("ServerHello", body);
        let version = ProtocolVersion(reader.u16()?);
        let random = reader.array()?;
        let session_id = decode_session_id(&mut reader)?;
        let cipher_suite = reader.u16()?;
        let compression_method = reader.u8()?;
        let extensions = Extensions::decode(&mut reader)?;
        reader.done()?;
        Ok(Self { version, random, session_id, cipher_suite, compression_method, extensions })
    }
}

/// Appends a ServerHello of TLS 1.2 to `out`; `extensions` appends its extensions, if any.
pub fn put_server_hello(
    out: &mut Vec<u8>,
    random: &Random,
    session_id: &[u8],
    cipher_suite: u16,
    extensions: impl FnOnce(&mut Vec<u8>),
) {
    put_message(out, HandshakeType::SERVER_HELLO, |out| {
        out.extend(ProtocolVersion::TLS_1_2.0.to_be_bytes());
        out.extend(random);
        put_vec(out, LengthOf::U8, |out| out.extend(session_id));
        out.extend(cipher_suite.to_be_bytes());
        out.push(COMPRESSION_NULL);
        let start = out.len();
        put_vec(out, LengthOf::U16, extensions);
        // A client that sent no extensions may not know the block at all (RFC 5246 §7.4.1.3).
        if out.len() == start + 2 {
            out.truncate(start);
        }
    });
}

fn decode_session_id<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Error> {
    let session_id = reader.vec8()?;
    if session_id.len() > MAX_SESSION_ID {
        return Err(reader.error(DecodeFault::Length).into());
    }
    Ok(session_id)
}
