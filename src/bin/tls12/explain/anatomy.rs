//! `--verbose`: a handshake message, field by field. The names are those of RFC 5246 §7.4 and of the extensions' RFCs.

use tls12::inspect::{Content, HandshakeMessage};
use tls12::wire::{ExtensionType, HandshakeType};

/// A field, and its bytes, without its length.
#[derive(Debug, PartialEq, Eq)]
pub struct Field<'m> {
    pub name: String,
    pub bytes: &'m [u8],
}

/// All fields of a message. If one is malformed, it and all behind it is the last.
pub fn of(message: &HandshakeMessage) -> Vec<Field<'_>> {
    let mut reader = Reader { rest: message.body(), fields: Vec::new() };
    if reader.message(message).is_none() || !reader.rest.is_empty() {
        let rest = reader.rest;
        reader.push("(malformed or unknown)", rest);
    }
    reader.fields.retain(|field| !(field.bytes.is_empty() && field.name.starts_with('(')));
    reader.fields
}

struct Reader<'m> {
    rest: &'m [u8],
    fields: Vec<Field<'m>>,
}

impl<'m> Reader<'m> {
    /// `None` if it is malformed.
    fn message(&mut self, message: &HandshakeMessage) -> Option<()> {
        use HandshakeType as T;
        match (message.typ, &message.content) {
            (T::CLIENT_HELLO, _) => {
                self.start_of_hello()?;
                self.vector("cipher_suites", 2)?;
                self.vector("compression_methods", 1)?;
                self.extensions()
            }
            (T::SERVER_HELLO, _) => {
                self.start_of_hello()?;
                self.fixed("cipher_suite", 2)?;
                self.fixed("compression_method", 1)?;
                self.extensions()
            }
            (T::CERTIFICATE, _) => self.list("ASN.1Cert", 3, 3),
            (T::CERTIFICATE_STATUS, _) => {
                self.fixed("status_type", 1)?;
                self.vector("response", 3)
            }
            (T::SERVER_KEY_EXCHANGE, Content::EcdheServerKeyExchange { .. }) => {
                self.share()?;
                self.fixed("signature_algorithm", 2)?;
                self.vector("signature", 2)
            }
            (T::SERVER_KEY_EXCHANGE, Content::PskServerKeyExchange { share, .. }) => {
                self.vector("psk_identity_hint", 2)?;
                if share.is_some() { self.share() } else { Some(()) }
            }
            (T::CERTIFICATE_REQUEST, _) => {
                self.vector("certificate_types", 1)?;
                self.vector("supported_signature_algorithms", 2)?;
                self.list("DistinguishedName", 2, 2)
            }
            (T::CERTIFICATE_VERIFY, _) => {
                self.fixed("signature_algorithm", 2)?;
                self.vector("signature", 2)
            }
            (T::CLIENT_KEY_EXCHANGE, Content::RsaClientKeyExchange(_)) => self.vector("encrypted_pre_master_secret", 2),
            (T::CLIENT_KEY_EXCHANGE, Content::EcdheClientKeyExchange(_)) => self.vector("ecdh_Yc", 1),
            (T::CLIENT_KEY_EXCHANGE, Content::PskClientKeyExchange { public_key, .. }) => {
                self.vector("psk_identity", 2)?;
                if public_key.is_some() { self.vector("ecdh_Yc", 1) } else { Some(()) }
            }
            (T::NEW_SESSION_TICKET, _) => {
                self.fixed("ticket_lifetime_hint", 4)?;
                self.vector("ticket", 2)
            }
            (T::FINISHED, _) => self.fixed("verify_data", self.rest.len()),
            _ => None,
        }
    }

    fn start_of_hello(&mut self) -> Option<()> {
        self.fixed("version", 2)?;
        self.fixed("random", 32)?;
        self.vector("session_id", 1)
    }

    /// The public key of ECDHE, on a named curve (RFC 8422 §5.4).
    fn share(&mut self) -> Option<()> {
        self.fixed("curve_type", 1)?;
        self.fixed("namedcurve", 2)?;
        self.vector("point", 1)
    }

    /// All up to the end, if there is anything (RFC 5246 §7.4.1.4).
    fn extensions(&mut self) -> Option<()> {
        if self.rest.is_empty() {
            return Some(());
        }
        let mut all = self.part(2)?;
        while let [high, low, rest @ ..] = all {
            let name = ExtensionType(u16::from_be_bytes([*high, *low]));
            let (content, after) = split(rest, 2)?;
            self.push(&format!("extension {name}"), content);
            all = after;
        }
        all.is_empty().then_some(())
    }

    /// A list with a length of `outer` bytes, of items with lengths of `inner` bytes.
    fn list(&mut self, name: &str, outer: usize, inner: usize) -> Option<()> {
        let mut all = self.part(outer)?;
        while !all.is_empty() {
            let (item, after) = split(all, inner)?;
            self.push(name, item);
            all = after;
        }
        Some(())
    }

    fn fixed(&mut self, name: &str, len: usize) -> Option<()> {
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        self.push(name, bytes);
        Some(())
    }

    /// One with a length of `len` bytes before it.
    fn vector(&mut self, name: &str, len: usize) -> Option<()> {
        let bytes = self.part(len)?;
        self.push(name, bytes);
        Some(())
    }

    fn part(&mut self, len: usize) -> Option<&'m [u8]> {
        let (part, rest) = split(self.rest, len)?;
        self.rest = rest;
        Some(part)
    }

    fn push(&mut self, name: &str, bytes: &'m [u8]) {
        self.fields.push(Field { name: name.to_owned(), bytes });
    }
}

/// What has a length of `len` bytes before it, and what follows.
fn split(bytes: &[u8], len: usize) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(len)?;
    rest.split_at_checked(head.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)))
}
