//! Certificates for tests, assembled by hand, without valid signatures.

use alloc::vec;
use alloc::vec::Vec;

use super::der;

/// An element of DER (X.690 §8.1, §10.1).
pub(super) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = content.len().to_be_bytes();
    let len = &len[len.iter().take_while(|byte| **byte == 0).count()..];
    let len = match content.len() {
        short @ 0..=0x7f => vec![u8::try_from(short).unwrap()],
        _ => [&[0x80 | u8::try_from(len.len()).unwrap()], len].concat(),
    };
    [&[tag], &*len, &content].concat()
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(der::SEQUENCE, parts)
}

pub(super) fn oid(content: &[u8]) -> Vec<u8> {
    tlv(der::OID, &[content])
}

/// The part of a name with one attribute.
pub(super) fn part(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
    tlv(der::SET, &[&attribute(kind, tag, value)])
}

pub(super) fn attribute(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(kind), &tlv(tag, &[value])])
}

/// A name of one common name.
pub(super) fn common_name(value: &str) -> Vec<u8> {
    sequence(&[&part(&[0x55, 4, 3], der::UTF8_STRING, value.as_bytes())])
}

/// An extension of 2.5.29, not critical.
pub(super) fn extension(last: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(&[0x55, 0x1d, last]), &tlv(der::OCTET_STRING, &[value])])
}

pub(super) fn critical(last: u8, value: &[u8]) -> Vec<u8> {
    let flag = tlv(der::BOOLEAN, &[&[0xff]]);
    sequence(&[&oid(&[0x55, 0x1d, last]), &flag, &tlv(der::OCTET_STRING, &[value])])
}

/// A certificate of version 3 that is valid in 2026, with a key on P-256.
pub(super) fn certificate(issuer: &[u8], subject: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    // ecdsa-with-SHA256; id-ecPublicKey and prime256v1 (RFC 5480 §2.1.1).
    let algorithm = sequence(&[&oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])]);
    let curve = oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    let key_algorithm = sequence(&[&oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]), &curve]);
    let key = sequence(&[&key_algorithm, &tlv(der::BIT_STRING, &[&[0], &[4; 65]])]);
    let time = |text: &[u8]| tlv(der::UTC_TIME, &[text]);
    let version = tlv(der::constructed(0), &[&tlv(der::INTEGER, &[&[2]])]);
    let list = sequence(&[&extensions.concat()]);
    let field = if extensions.is_empty() { Vec::new() } else { tlv(der::constructed(3), &[&list]) };
    let signed = sequence(&[
        &version,
        &tlv(der::INTEGER, &[&[1]]),
        &algorithm,
        issuer,
        &sequence(&[&time(b"260101000000Z"), &time(b"270101000000Z")]),
        subject,
        &key,
        &field,
    ]);
    sequence(&[&signed, &algorithm, &tlv(der::BIT_STRING, &[&[0], &[7; 8]])])
}
