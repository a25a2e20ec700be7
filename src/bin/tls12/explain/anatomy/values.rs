//! The values of fields in words. `None` stands for a value without words, such as random bytes.

use rustls_pki_types::CertificateDer;
use tls12::AlertDescription;
use tls12::verify::subject;
use tls12::wire::{
    ClientCertificateType, ContentType, ExtensionType, HandshakeType, NamedGroup, ProtocolVersion, SignatureScheme,
    is_grease, suite_name,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Name;

/// Random bytes, keys, signatures.
pub const fn none(_: &[u8]) -> Option<String> {
    None
}

pub fn number(bytes: &[u8]) -> Option<String> {
    Some(bytes.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte)).to_string())
}

pub fn seconds(bytes: &[u8]) -> Option<String> {
    Some(format!("{} seconds", number(bytes)?))
}

/// Text in UTF-8, escaped.
pub fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty())?;
    Some(text.escape_debug().to_string())
}

pub fn version(bytes: &[u8]) -> Option<String> {
    code(bytes, |code| ProtocolVersion(code).to_string())
}

pub fn suite(bytes: &[u8]) -> Option<String> {
    code(bytes, |code| suite_name(code).map_or_else(|| format!("{code:#06x}"), str::to_owned))
}

pub fn group(bytes: &[u8]) -> Option<String> {
    code(bytes, |code| NamedGroup(code).to_string())
}

pub fn scheme(bytes: &[u8]) -> Option<String> {
    code(bytes, |code| SignatureScheme(code).to_string())
}

pub fn extension_type(bytes: &[u8]) -> Option<String> {
    code(bytes, |code| ExtensionType(code).to_string())
}

pub fn content_type(bytes: &[u8]) -> Option<String> {
    byte(bytes).map(|byte| ContentType(byte).to_string())
}

pub fn handshake_type(bytes: &[u8]) -> Option<String> {
    byte(bytes).map(|byte| HandshakeType(byte).to_string())
}

pub fn client_certificate_type(bytes: &[u8]) -> Option<String> {
    byte(bytes).map(|byte| ClientCertificateType(byte).to_string())
}

pub fn alert_level(bytes: &[u8]) -> Option<String> {
    named(bytes, &[(1, "warning"), (2, "fatal")])
}

pub fn alert_description(bytes: &[u8]) -> Option<String> {
    byte(bytes).map(|byte| AlertDescription::from_code(byte).to_string())
}

/// RFC 3749 §2.
pub fn compression(bytes: &[u8]) -> Option<String> {
    named(bytes, &[(0, "null"), (1, "DEFLATE")])
}

/// RFC 8422 §5.4.
pub fn curve_type(bytes: &[u8]) -> Option<String> {
    named(bytes, &[(3, "named_curve")])
}

/// RFC 8422 §5.1.2.
pub fn point_format(bytes: &[u8]) -> Option<String> {
    named(bytes, &[(0, "uncompressed"), (1, "ansiX962_compressed_prime"), (2, "ansiX962_compressed_char2")])
}

/// RFC 6066 §8.
pub fn status_type(bytes: &[u8]) -> Option<String> {
    named(bytes, &[(1, "ocsp")])
}

/// RFC 6066 §3.
pub fn name_type(bytes: &[u8]) -> Option<String> {
    named(bytes, &[(0, "host_name")])
}

/// RFC 6066 §4.
pub fn max_fragment_length(bytes: &[u8]) -> Option<String> {
    named(bytes, &[(1, "2^9 bytes"), (2, "2^10 bytes"), (3, "2^11 bytes"), (4, "2^12 bytes")])
}

pub fn certificate(bytes: &[u8]) -> Option<String> {
    subject(&CertificateDer::from(bytes))
}

pub fn distinguished_name(bytes: &[u8]) -> Option<String> {
    Some(X509Name::from_der(bytes).ok()?.1.to_string().escape_debug().to_string())
}

fn byte(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [byte] => Some(*byte),
        _ => None,
    }
}

/// A code point of two bytes, as `name` displays it, or as a reserved value (RFC 8701).
fn code(bytes: &[u8], name: impl Fn(u16) -> String) -> Option<String> {
    let code = u16::from_be_bytes(bytes.try_into().ok()?);
    Some(if is_grease(code) { format!("{code:#06x}, reserved (RFC 8701 §2)") } else { name(code) })
}

fn named(bytes: &[u8], names: &[(u8, &str)]) -> Option<String> {
    let byte = byte(bytes)?;
    let known = names.iter().find(|(code, _)| *code == byte);
    Some(known.map_or_else(|| format!("unknown ({byte})"), |(_, name)| (*name).to_owned()))
}
