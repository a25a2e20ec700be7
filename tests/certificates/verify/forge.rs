//! Certificates as rcgen does not make them: taken apart, changed, and signed again.

use der::{Decode, Encode, Reader, SliceReader};
use rcgen::{KeyPair, SigningKey};

use super::Der;

pub const SEQUENCE: u8 = 0x30;
pub const OCTETS: u8 = 4;
const OID: u8 = 6;
const BOOLEAN: u8 = 1;
/// The field of the extensions, and that of the issuer's unique identifier (RFC 5280 §4.1).
const EXTENSIONS: u8 = 0xa3;
/// Fields of a TBSCertificate, counted from the version.
pub const SERIAL: usize = 1;
pub const ALGORITHM: usize = 2;
pub const ISSUER: usize = 3;
pub const VALIDITY: usize = 4;
pub const SUBJECT: usize = 5;

/// The elements that `der` is made of, each in its own encoding.
pub fn elements(der: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = SliceReader::new(der).unwrap();
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(reader.tlv_bytes().unwrap().to_vec());
    }
    found
}

/// What follows the header of `der`.
pub fn content(der: &[u8]) -> Vec<u8> {
    der::AnyRef::from_der(der).unwrap().value().to_vec()
}

pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = der::Length::try_from(content.len()).unwrap().to_der().unwrap();
    [&[tag], &*len, &content].concat()
}

/// The certificate with other fields, signed by `key`.
pub fn change(certificate: &Der, key: &KeyPair, edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Der {
    let parts = elements(&content(certificate));
    let mut fields = elements(&content(&parts[0]));
    edit(&mut fields);
    let signed = tlv(SEQUENCE, &fields.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let signature = tlv(3, &[&[0], &key.sign(&signed).unwrap()]);
    tlv(SEQUENCE, &[&signed, &parts[1], &signature]).into()
}

/// The certificate with other extensions, signed by `key`.
pub fn change_extensions(certificate: &Der, key: &KeyPair, edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Der {
    change(certificate, key, |fields| {
        let last = fields.iter().position(|field| field[0] == EXTENSIONS);
        let mut extensions = last.map_or(Vec::new(), |at| elements(&content(&content(&fields.remove(at)))));
        edit(&mut extensions);
        let list = tlv(SEQUENCE, &extensions.iter().map(Vec::as_slice).collect::<Vec<_>>());
        fields.push(tlv(EXTENSIONS, &[&list]));
    })
}

/// An extension with this identifier's content.
pub fn extension(id: &[u8], critical: Critical, value: &[u8]) -> Vec<u8> {
    let flag = match critical {
        Critical::Yes => tlv(BOOLEAN, &[&[0xff]]),
        Critical::No => Vec::new(),
    };
    tlv(SEQUENCE, &[&tlv(OID, &[id]), &flag, &tlv(OCTETS, &[value])])
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Critical {
    Yes,
    No,
}

/// The identifier of an extension in 2.5.29.
pub fn id_ce(last: u8) -> [u8; 3] {
    [0x55, 0x1d, last]
}

/// Whether an extension has this identifier's content.
pub fn is(extension: &[u8], id: &[u8]) -> bool {
    content(&elements(&content(extension))[0]) == id
}

/// Makes an extension critical or not.
pub fn set_critical(extensions: &mut [Vec<u8>], id: &[u8], critical: Critical) {
    for found in extensions.iter_mut().filter(|found| is(found, id)) {
        let value = content(elements(&content(found)).last().unwrap());
        *found = extension(id, critical, &value);
    }
}
