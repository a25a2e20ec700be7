//! Divides a handshake message into fields, for `--verbose` and `--html`. This file has the name, the clause and the length of each
//! field, as in RFC 5246 §7.4; `extensions` has those of extensions, and `values` their values in words.

mod extensions;
mod reader;
mod values;

use tls12::inspect::{Content, HandshakeMessage};
use tls12::wire::HandshakeType;

use extensions::extensions;
use reader::Reader;

/// A field, and its bytes, without its length.
#[derive(Debug, PartialEq, Eq)]
pub struct Field<'m> {
    pub part: Part,
    /// The number of fields that contain it.
    pub depth: u8,
    pub name: String,
    /// The clause of the RFC that defines it, such as `RFC 5246 §7.4.1.2`; empty if there is none.
    pub clause: &'static str,
    /// Its value in words, if it has one.
    pub value: Option<String>,
    /// Where it begins.
    pub start: usize,
    pub bytes: &'m [u8],
}

/// The kind of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A field of the message, which `--verbose` prints.
    Field,
    /// The type or the length of a field that follows.
    Frame,
    /// A part of the field before it.
    Within,
}

/// All fields of a message, each followed by its parts. The fields of a message, and the parts of a field, are adjacent and leave no
/// byte out. If one is malformed, the rest of the bytes is the last.
pub fn of(message: &HandshakeMessage) -> Vec<Field<'_>> {
    let mut reader = Reader::new(&message.bytes);
    let clause = clause(message.typ);
    let _ = reader.frame("msg_type", "RFC 5246 §7.4", 1, values::handshake_type);
    let _ = reader.frame("length", "RFC 5246 §7.4", 3, values::number);
    let _ = body(&mut reader, message, clause);
    reader.finish()
}

/// The header of a record (RFC 5246 §6.2.1; §6.2.3 once it is protected).
pub fn of_record_header(header: &[u8; 5], is_protected: bool) -> Vec<Field<'_>> {
    let clause = if is_protected { "RFC 5246 §6.2.3" } else { "RFC 5246 §6.2.1" };
    let mut reader = Reader::new(header);
    let _ = reader.fixed("type", clause, 1, values::content_type);
    let _ = reader.fixed("version", clause, 2, values::version);
    let _ = reader.fixed("length", clause, 2, values::number);
    reader.finish()
}

/// An alert (RFC 5246 §7.2).
pub fn of_alert(alert: &[u8; 2]) -> Vec<Field<'_>> {
    let mut reader = Reader::new(alert);
    let _ = reader.fixed("level", "RFC 5246 §7.2", 1, values::alert_level);
    let _ = reader.fixed("description", "RFC 5246 §7.2.2", 1, values::alert_description);
    reader.finish()
}

/// The content of ChangeCipherSpec (RFC 5246 §7.1).
pub fn of_change_cipher_spec(content: &[u8; 1]) -> Vec<Field<'_>> {
    let mut reader = Reader::new(content);
    let _ = reader.fixed("type", "RFC 5246 §7.1", 1, |_| Some("change_cipher_spec".to_owned()));
    reader.finish()
}

/// The clause that defines a type of message.
pub fn clause(typ: HandshakeType) -> &'static str {
    use HandshakeType as T;
    match typ {
        T::HELLO_REQUEST => "RFC 5246 §7.4.1.1",
        T::CLIENT_HELLO => "RFC 5246 §7.4.1.2",
        T::SERVER_HELLO => "RFC 5246 §7.4.1.3",
        T::NEW_SESSION_TICKET => "RFC 5077 §3.3",
        T::CERTIFICATE => "RFC 5246 §7.4.2",
        T::SERVER_KEY_EXCHANGE => "RFC 5246 §7.4.3",
        T::CERTIFICATE_REQUEST => "RFC 5246 §7.4.4",
        T::SERVER_HELLO_DONE => "RFC 5246 §7.4.5",
        T::CERTIFICATE_VERIFY => "RFC 5246 §7.4.8",
        T::CLIENT_KEY_EXCHANGE => "RFC 5246 §7.4.7",
        T::FINISHED => "RFC 5246 §7.4.9",
        T::CERTIFICATE_STATUS => "RFC 6066 §8",
        _ => "RFC 5246 §7.4",
    }
}

/// `None` if it is malformed.
fn body(reader: &mut Reader<'_>, message: &HandshakeMessage, clause: &'static str) -> Option<()> {
    use HandshakeType as T;
    match (message.typ, &message.content) {
        (T::CLIENT_HELLO, _) => {
            reader.fixed("client_version", clause, 2, values::version)?;
            reader.fixed("random", clause, 32, values::none)?;
            reader.vector("session_id", clause, 1, values::none)?;
            reader.items(("cipher_suites", "CipherSuite"), clause, (2, 2), values::suite)?;
            reader.items(("compression_methods", "CompressionMethod"), clause, (1, 1), values::compression)?;
            extensions(reader, false)
        }
        (T::SERVER_HELLO, _) => {
            reader.fixed("server_version", clause, 2, values::version)?;
            reader.fixed("random", clause, 32, values::none)?;
            reader.vector("session_id", clause, 1, values::none)?;
            reader.fixed("cipher_suite", clause, 2, values::suite)?;
            reader.fixed("compression_method", clause, 1, values::compression)?;
            extensions(reader, true)
        }
        (T::CERTIFICATE, _) => reader.list(("certificate_list", "ASN.1Cert"), clause, (3, 3), values::certificate),
        (T::CERTIFICATE_STATUS, _) => {
            reader.fixed("status_type", clause, 1, values::status_type)?;
            reader.vector("response", clause, 3, values::none)
        }
        (T::SERVER_KEY_EXCHANGE, Content::EcdheServerKeyExchange { .. }) => {
            share(reader)?;
            reader.fixed("signature_algorithm", "RFC 5246 §4.7", 2, values::scheme)?;
            reader.vector("signature", "RFC 8422 §5.4", 2, values::none)
        }
        (T::SERVER_KEY_EXCHANGE, Content::PskServerKeyExchange { share: with_share, .. }) => {
            reader.vector("psk_identity_hint", "RFC 4279 §2", 2, values::text)?;
            if with_share.is_some() { share(reader) } else { Some(()) }
        }
        (T::CERTIFICATE_REQUEST, _) => {
            let types = ("certificate_types", "ClientCertificateType");
            reader.items(types, clause, (1, 1), values::client_certificate_type)?;
            let schemes = ("supported_signature_algorithms", "SignatureAndHashAlgorithm");
            reader.items(schemes, clause, (2, 2), values::scheme)?;
            reader.list(("certificate_authorities", "DistinguishedName"), clause, (2, 2), values::distinguished_name)
        }
        (T::CERTIFICATE_VERIFY, _) => {
            reader.fixed("signature_algorithm", "RFC 5246 §4.7", 2, values::scheme)?;
            reader.vector("signature", clause, 2, values::none)
        }
        (T::CLIENT_KEY_EXCHANGE, Content::RsaClientKeyExchange(_)) => {
            reader.vector("encrypted_pre_master_secret", "RFC 5246 §7.4.7.1", 2, values::none)
        }
        (T::CLIENT_KEY_EXCHANGE, Content::EcdheClientKeyExchange(_)) => {
            reader.vector("ecdh_Yc", "RFC 8422 §5.7", 1, values::none)
        }
        (T::CLIENT_KEY_EXCHANGE, Content::PskClientKeyExchange { public_key, .. }) => {
            reader.vector("psk_identity", "RFC 4279 §2", 2, values::text)?;
            if public_key.is_some() { reader.vector("ecdh_Yc", "RFC 8422 §5.7", 1, values::none) } else { Some(()) }
        }
        (T::NEW_SESSION_TICKET, _) => {
            reader.fixed("ticket_lifetime_hint", clause, 4, values::seconds)?;
            reader.vector("ticket", clause, 2, values::none)
        }
        (T::FINISHED, _) => reader.fixed("verify_data", clause, reader.left(), values::none),
        _ => None,
    }
}

/// The public key of ECDHE, on a named curve (RFC 8422 §5.4).
fn share(reader: &mut Reader<'_>) -> Option<()> {
    let clause = "RFC 8422 §5.4";
    reader.fixed("curve_type", clause, 1, values::curve_type)?;
    reader.fixed("namedcurve", clause, 2, values::group)?;
    reader.vector("point", clause, 1, values::none)
}

#[cfg(test)]
mod tests;
