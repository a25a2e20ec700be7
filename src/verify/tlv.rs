//! The outermost layers of DER: what is in a SEQUENCE, and how to put one together again.

use alloc::vec::Vec;
use der::{AnyRef, Decode, Encode, Length, Reader, SliceReader};

pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// An element of DER.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tlv<'a> {
    /// Its first byte.
    pub(super) tag: u8,
    /// What follows its header.
    pub(super) content: &'a [u8],
    /// All of it.
    pub(super) whole: &'a [u8],
}

/// The tag of a constructed, context-specific element: `[number]`.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// The one element that `der` is, with this tag.
pub(super) fn only(der: &[u8], tag: u8) -> Option<Tlv<'_>> {
    match *elements(der)? {
        [tlv] if tlv.tag == tag => Some(tlv),
        _ => None,
    }
}

/// What the one element that `der` is, with this tag, is made of.
pub(super) fn parts(der: &[u8], tag: u8) -> Option<Vec<Tlv<'_>>> {
    elements(only(der, tag)?.content)
}

/// The elements that `der` is made of.
pub(super) fn elements(der: &[u8]) -> Option<Vec<Tlv<'_>>> {
    let mut reader = SliceReader::new(der).ok()?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        let whole = reader.tlv_bytes().ok()?;
        let content = AnyRef::from_der(whole).ok()?.value();
        found.push(Tlv { tag: *whole.first()?, content, whole });
    }
    Some(found)
}

/// The element with this tag, made of `parts`. None, if that is longer than DER here may be.
pub(super) fn wrap(tag: u8, parts: &[&[u8]]) -> Option<Vec<u8>> {
    let len = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut buffer = [0; 8];
    let len = Length::try_from(len).ok()?.encode_to_slice(&mut buffer).ok()?;
    Some([&[&[tag], len], parts].concat().concat())
}
