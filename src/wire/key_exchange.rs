//! ServerKeyExchange and ClientKeyExchange (RFC 5246 §7.4.7.1, RFC 8422 §5.4, §5.7; RFC 4279 §2, RFC 5489 §2).

use alloc::vec::Vec;

use super::{HandshakeType, LengthOf, NamedGroup, Random, Reader, SignatureScheme, put_message, put_vec};
use crate::error::{DecodeError, DecodeFault};

/// The curve_type of a named group; the others are deprecated (RFC 8422 §5.4).
const NAMED_CURVE: u8 = 3;

/// A ServerKeyExchange of ECDHE.
#[derive(Clone, Debug)]
pub struct EcdheServerKeyExchange<'a> {
    /// ServerECDHParams in wire format, which are signed after the two randoms.
    pub params: &'a [u8],
    /// The group.
    pub group: NamedGroup,
    /// The server's public key.
    pub public_key: &'a [u8],
    /// The scheme of the signature.
    pub scheme: SignatureScheme,
    /// The signature.
    pub signature: &'a [u8],
}

impl<'a> EcdheServerKeyExchange<'a> {
    /// Decodes the body of a ServerKeyExchange of ECDHE.
    ///
    /// # Errors
    /// [`DecodeError`] if it is malformed, or does not name a curve.
    pub fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("ServerKeyExchange", body);
        let (group, public_key) = read_ecdhe_params(&mut reader)?;
        let params = body.get(..body.len() - reader.rest().len()).unwrap_or_default();
        let scheme = SignatureScheme(reader.u16()?);
        let signature = reader.vec16()?;
        reader.done()?;
        Ok(Self { params, group, public_key, scheme, signature })
    }
}

/// Reads ServerECDHParams: the group, and the public key.
fn read_ecdhe_params<'a>(reader: &mut Reader<'a>) -> Result<(NamedGroup, &'a [u8]), DecodeError> {
    if reader.u8()? != NAMED_CURVE {
        return Err(reader.error(DecodeFault::Value));
    }
    let group = NamedGroup(reader.u16()?);
    Ok((group, read_point(reader)?))
}

/// Reads an ECPoint (RFC 8422 §5.4).
fn read_point<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    let point = reader.vec8()?;
    if point.is_empty() { Err(reader.error(DecodeFault::Length)) } else { Ok(point) }
}

/// Encodes ServerECDHParams (RFC 8422 §5.4).
#[must_use]
pub fn ecdhe_params(group: NamedGroup, public_key: &[u8]) -> Vec<u8> {
    // The type, the group, and the length of the key precede it.
    let mut params = Vec::with_capacity(4 + public_key.len());
    params.push(NAMED_CURVE);
    params.extend(group.0.to_be_bytes());
    put_vec(&mut params, LengthOf::U8, |out| out.extend(public_key));
    params
}

/// Returns the message that the signature of a ServerKeyExchange covers (RFC 8422 §5.4).
#[must_use]
pub fn signed_params(client_random: &Random, server_random: &Random, params: &[u8]) -> Vec<u8> {
    [client_random, server_random, params].concat()
}

/// Appends a ServerKeyExchange of ECDHE to `out`.
pub fn put_ecdhe_server_key_exchange(out: &mut Vec<u8>, params: &[u8], scheme: SignatureScheme, signature: &[u8]) {
    put_message(out, HandshakeType::SERVER_KEY_EXCHANGE, |out| {
        out.extend(params);
        out.extend(scheme.0.to_be_bytes());
        put_vec(out, LengthOf::U16, |out| out.extend(signature));
    });
}

/// Decodes the body of a ClientKeyExchange of static RSA: the encrypted premaster secret.
///
/// # Errors
/// [`DecodeError`] if it is malformed.
pub fn decode_rsa_client_key_exchange(body: &[u8]) -> Result<&[u8], DecodeError> {
    let mut reader = Reader::new("ClientKeyExchange", body);
    let ciphertext = reader.vec16()?;
    reader.done()?;
    Ok(ciphertext)
}

/// Appends a ClientKeyExchange of static RSA to `out`.
pub fn put_rsa_client_key_exchange(out: &mut Vec<u8>, ciphertext: &[u8]) {
    put_message(out, HandshakeType::CLIENT_KEY_EXCHANGE, |out| {
        put_vec(out, LengthOf::U16, |out| out.extend(ciphertext));
    });
}

/// Decodes the body of a ClientKeyExchange of ECDHE: the client's public key.
///
/// # Errors
/// [`DecodeError`] if it is malformed.
pub fn decode_ecdhe_client_key_exchange(body: &[u8]) -> Result<&[u8], DecodeError> {
    let mut reader = Reader::new("ClientKeyExchange", body);
    let public_key = read_point(&mut reader)?;
    reader.done()?;
    Ok(public_key)
}

/// Appends a ClientKeyExchange of ECDHE to `out`.
pub fn put_ecdhe_client_key_exchange(out: &mut Vec<u8>, public_key: &[u8]) {
    put_message(out, HandshakeType::CLIENT_KEY_EXCHANGE, |out| {
        put_vec(out, LengthOf::U8, |out| out.extend(public_key));
    });
}

/// A ServerKeyExchange of a pre-shared key, with ECDHE or without (RFC 4279 §2, RFC 5489 §2). It is not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PskServerKeyExchange<'a> {
    /// A hint for the client's choice of an identity; may be empty.
    pub hint: &'a [u8],
    /// With ECDHE: the group, and the server's public key.
    pub share: Option<(NamedGroup, &'a [u8])>,
}

impl<'a> PskServerKeyExchange<'a> {
    /// Decodes the body of a ServerKeyExchange without ECDHE.
    ///
    /// # Errors
    /// [`DecodeError`] if it is malformed.
    pub fn decode_psk(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("ServerKeyExchange", body);
        let hint = reader.vec16()?;
        reader.done()?;
        Ok(Self { hint, share: None })
    }

    /// Decodes the body of a ServerKeyExchange with ECDHE.
    ///
    /// # Errors
    /// [`DecodeError`] if it is malformed, or does not name a curve.
    pub fn decode_ecdhe_psk(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("ServerKeyExchange", body);
        let hint = reader.vec16()?;
        let share = read_ecdhe_params(&mut reader)?;
        reader.done()?;
        Ok(Self { hint, share: Some(share) })
    }
}

/// Appends a ServerKeyExchange of a pre-shared key to `out`. `params` are the [`ecdhe_params`], or `None` without
/// ECDHE.
pub fn put_psk_server_key_exchange(out: &mut Vec<u8>, hint: &[u8], params: Option<&[u8]>) {
    put_message(out, HandshakeType::SERVER_KEY_EXCHANGE, |out| {
        put_vec(out, LengthOf::U16, |out| out.extend(hint));
        out.extend(params.unwrap_or_default());
    });
}

/// The maximum length of a PSK identity, in bytes. RFC 4279 §5.3 requires at least 128; OpenSSL supports 256.
pub const MAX_PSK_IDENTITY: usize = 1024;

/// A ClientKeyExchange of a pre-shared key (RFC 4279 §2, RFC 5489 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PskClientKeyExchange<'a> {
    /// The identity of the key.
    pub identity: &'a [u8],
    /// With ECDHE: the client's public key.
    pub public_key: Option<&'a [u8]>,
}

impl<'a> PskClientKeyExchange<'a> {
    /// Decodes the body of a ClientKeyExchange without ECDHE.
    ///
    /// # Errors
    /// [`DecodeError`] if it is malformed.
    pub fn decode_psk(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("ClientKeyExchange", body);
        let identity = reader.vec16()?;
        reader.done()?;
        Ok(Self { identity, public_key: None })
    }

    /// Decodes the body of a ClientKeyExchange with ECDHE.
    ///
    /// # Errors
    /// [`DecodeError`] if it is malformed.
    pub fn decode_ecdhe_psk(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("ClientKeyExchange", body);
        let identity = reader.vec16()?;
        let public_key = read_point(&mut reader)?;
        reader.done()?;
        Ok(Self { identity, public_key: Some(public_key) })
    }
}

/// Appends a ClientKeyExchange of a pre-shared key to `out`. `public_key` is the client's ECDHE key, or `None` without
/// ECDHE.
pub fn put_psk_client_key_exchange(out: &mut Vec<u8>, identity: &[u8], public_key: Option<&[u8]>) {
    put_message(out, HandshakeType::CLIENT_KEY_EXCHANGE, |out| {
        put_vec(out, LengthOf::U16, |out| out.extend(identity));
        if let Some(public_key) = public_key {
            put_vec(out, LengthOf::U8, |out| out.extend(public_key));
        }
    });
}
