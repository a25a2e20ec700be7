//! Distinguished names (RFC 5280 §4.1.2.4), and when two of them are the same (§7.1).

use super::der::{self, Reader};

/// A distinguished name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name<'a> {
    /// In DER, with the header of its SEQUENCE.
    pub(super) whole: &'a [u8],
}

impl<'a> Name<'a> {
    /// None, if it is not a SEQUENCE of SETs of pairs of a type and a value, each SET with one pair at least.
    pub(super) fn new(whole: &'a [u8]) -> Option<Self> {
        let mut sets = der::only(whole, der::SEQUENCE)?.inside();
        while !sets.is_empty() {
            let mut pairs = sets.take(der::SET)?.inside();
            loop {
                let mut pair: Reader<'_> = pairs.take(der::SEQUENCE)?.inside();
                pair.take(der::OID).filter(|oid| der::is_oid(oid.content))?;
                pair.next()?;
                pair.end()?;
                if pairs.is_empty() {
                    break;
                }
            }
        }
        Some(Self { whole })
    }

    /// Whether it is the same name (RFC 5280 §7.1).
    pub(super) fn is_same(self, other: Name<'_>) -> bool {
        self.whole == other.whole
    }

    /// Whether it names nothing.
    pub(super) fn is_empty(self) -> bool {
        matches!(self.whole, [der::SEQUENCE, 0])
    }
}
