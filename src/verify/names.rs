//! Distinguished names (RFC 5280 §4.1.2.4): when two of them match (§7.1), when one is within the subtree of another
//! (§4.2.1.10), and how two of them differ.

use super::der::{self, Reader, Tlv};
use super::strings::Text;

/// The maximum number of attributes in a RelativeDistinguishedName: each is compared with each. In practice there are
/// at most two.
const MAX_ATTRIBUTES: usize = 16;

/// The maximum number of attributes that are examined to explain how two names differ.
const MAX_EXPLAINED: usize = 32;

/// The content of the identifier of domainComponent, 0.9.2342.19200300.100.1.25.
const DOMAIN_COMPONENT: &[u8] = &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19];
/// That of commonName, 2.5.4.3.
pub(super) const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// That of emailAddress, 1.2.840.113549.1.9.1.
pub(super) const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01];

/// A distinguished name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name<'a> {
    /// In DER, with the header of its SEQUENCE.
    pub(super) whole: &'a [u8],
}

impl<'a> Name<'a> {
    /// Returns `None` if it is not a SEQUENCE of SETs of type-value pairs, or if a SET is empty or has more pairs than
    /// the limit.
    pub(super) fn new(whole: &'a [u8]) -> Option<Self> {
        let mut sets = der::only(whole, der::SEQUENCE)?.inside();
        while !sets.is_empty() {
            let mut pairs = sets.take(der::SET)?.inside();
            let mut count = 0;
            while !pairs.is_empty() {
                let mut pair = pairs.take(der::SEQUENCE)?.inside();
                pair.take(der::OID).filter(|oid| der::is_oid(oid.content))?;
                pair.next()?;
                pair.end()?;
                count += 1;
            }
            if !(1..=MAX_ATTRIBUTES).contains(&count) {
                return None;
            }
        }
        Some(Self { whole })
    }

    /// Whether it is empty.
    pub(super) fn is_empty(self) -> bool {
        self.sets().is_empty()
    }

    /// Whether the names match: the same bytes, or equal according to RFC 5280 §7.1.
    pub(super) fn is_same(self, other: Name<'_>) -> bool {
        if self.whole == other.whole {
            return true;
        }
        let (mut sets, mut others) = (self.sets(), other.sets());
        loop {
            match (sets.next(), others.next()) {
                (None, None) => return true,
                (Some(set), Some(other)) if is_same_set(set, other) => (),
                _ => return false,
            }
        }
    }

    /// A hash that is equal for names that match, for lookups (FNV-1a).
    pub(super) fn digest(self) -> u64 {
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let mut sets = self.sets();
        core::iter::from_fn(|| sets.next()).fold(BASIS, |digest, set| {
            let of = |attribute: Attribute<'_>| {
                let step = |digest: u64, unit: u32| (digest ^ u64::from(unit)).wrapping_mul(PRIME);
                let kind = attribute.kind.iter().fold(BASIS, |digest, byte| step(digest, u32::from(*byte)));
                match attribute.text() {
                    Some(text) => text.folded().fold(kind, |digest, c| step(digest, u32::from(c))),
                    None => attribute.value.whole.iter().fold(kind, |digest, byte| step(digest, u32::from(*byte))),
                }
            };
            // The attributes of a SET have no order.
            let set = attributes(set).map(of).fold(0, u64::wrapping_add);
            (digest ^ set).wrapping_mul(PRIME)
        })
    }

    /// Whether it is in the subtree of `base`: whether it starts with it (RFC 5280 §4.2.1.10, §7.1).
    pub(super) fn is_within(self, base: Name<'_>) -> bool {
        let (mut sets, mut bases) = (self.sets(), base.sets());
        while let Some(base) = bases.next() {
            if !sets.next().is_some_and(|set| is_same_set(set, base)) {
                return false;
            }
        }
        true
    }

    /// The attributes of all its parts, in their order.
    pub(super) fn attributes(self) -> impl Iterator<Item = Attribute<'a>> {
        let mut sets = self.sets();
        core::iter::from_fn(move || sets.next()).flat_map(attributes)
    }

    /// How it differs from another name. `None` if it does not.
    pub(super) fn difference(self, other: Self) -> Option<Difference<'a>> {
        if self.is_same(other) {
            return None;
        }
        let [missing, added] = [(self, other), (other, self)].map(|(name, other)| {
            let has = |attribute: &Attribute<'a>| other.explained().any(|other| other.is_same(*attribute));
            name.explained().find(|attribute| !has(attribute))
        });
        Some(match (missing, added) {
            (Some(attribute), other) => match other.filter(|other| other.kind == attribute.kind) {
                Some(other) => Difference::Value(attribute, other),
                None => Difference::Missing(attribute),
            },
            (None, Some(other)) => Difference::Added(other),
            (None, None) => Difference::Order,
        })
    }

    fn explained(self) -> impl Iterator<Item = Attribute<'a>> {
        self.attributes().take(MAX_EXPLAINED)
    }

    fn sets(self) -> Reader<'a> {
        Reader::new(der::only(self.whole, der::SEQUENCE).map_or(&[], |sequence| sequence.content))
    }
}

/// How a name differs from another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Difference<'a> {
    /// The value of an attribute: its own value, and the other name's.
    Value(Attribute<'a>, Attribute<'a>),
    /// The other name lacks this attribute.
    Missing(Attribute<'a>),
    /// The other name has this attribute in addition.
    Added(Attribute<'a>),
    /// Both have the same attributes, but in a different order or number.
    Order,
}

/// An attribute of a name: its type and value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute<'a> {
    /// The content of the identifier of its type.
    pub(super) kind: &'a [u8],
    pub(super) value: Tlv<'a>,
}

impl<'a> Attribute<'a> {
    /// Its value, if it is a string.
    pub(super) fn text(self) -> Option<Text<'a>> {
        Text::of(self.value)
    }

    fn is_same(self, other: Attribute<'_>) -> bool {
        if self.kind != other.kind {
            return false;
        }
        if self.value == other.value {
            return true;
        }
        match (self.text(), other.text()) {
            // RFC 5280 §7.3: exact except for case.
            (Some(one), Some(other)) if self.kind == DOMAIN_COMPONENT => {
                one.chars().map(|c| c.to_ascii_lowercase()).eq(other.chars().map(|c| c.to_ascii_lowercase()))
            }
            (Some(one), Some(other)) => one.folded().eq(other.folded()),
            _ => false,
        }
    }
}

/// The attributes of one part of a name.
fn attributes(set: Tlv<'_>) -> impl Iterator<Item = Attribute<'_>> {
    let mut pairs = set.inside();
    core::iter::from_fn(move || {
        let mut pair = pairs.take(der::SEQUENCE)?.inside();
        Some(Attribute { kind: pair.take(der::OID)?.content, value: pair.next()? })
    })
}

/// Whether both have the same attributes, equally often, in any order.
fn is_same_set(one: Tlv<'_>, other: Tlv<'_>) -> bool {
    if one.content == other.content {
        return true;
    }
    let mut found = [false; MAX_ATTRIBUTES];
    attributes(one).count() == attributes(other).count()
        && attributes(one).all(|attribute| {
            let mut places = attributes(other).zip(&mut found);
            let place = places.find(|(other, found)| !**found && attribute.is_same(*other));
            place.is_some_and(|(_, found)| {
                *found = true;
                true
            })
        })
}

#[cfg(test)]
mod tests;
