use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::slice::from_ref;

use super::super::test_certificates::{attribute, oid, part, sequence, tlv};
use super::*;

const COUNTRY: &[u8] = &[0x55, 4, 6];
const ORGANIZATION: &[u8] = &[0x55, 4, 10];
const UNIT: &[u8] = &[0x55, 4, 11];

fn of(parts: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[&parts.concat()])
}

fn organization(tag: u8, value: &[u8]) -> Vec<u8> {
    of(&[part(ORGANIZATION, tag, value)])
}

#[track_caller]
fn same(one: &[u8], other: &[u8]) -> bool {
    let (one, other) = (Name::new(one).unwrap(), Name::new(other).unwrap());
    let same = one.is_same(other);
    assert_eq!(same, other.is_same(one), "both ways");
    assert_eq!(same, one.difference(other).is_none());
    assert!(!same || one.digest() == other.digest(), "the same name has the same digest");
    same
}

/// RFC 5280 §7.1, RFC 4518 §2: the type of the string, case, and space that is not between words do not count.
#[test]
fn strings_are_the_same_to_a_reader() {
    let good = organization(der::UTF8_STRING, b"Good Ltd");
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    let utf32 = |text: &str| text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect::<Vec<_>>();
    for (tag, value) in [
        (der::PRINTABLE_STRING, b"Good Ltd".to_vec()),
        (der::IA5_STRING, b"Good Ltd".to_vec()),
        (der::TELETEX_STRING, b"Good Ltd".to_vec()),
        (der::BMP_STRING, utf16("Good Ltd")),
        (der::UNIVERSAL_STRING, utf32("Good Ltd")),
        (der::UTF8_STRING, b"GOOD LTD".to_vec()),
        (der::PRINTABLE_STRING, b"  good \t  LTD ".to_vec()),
        (der::UTF8_STRING, "Go\u{ad}od\u{a0}\u{2003}Ltd\u{200b}".as_bytes().to_vec()),
    ] {
        assert!(same(&good, &organization(tag, &value)), "{tag:x} {value:x?}");
    }
    for (tag, value) in [
        (der::UTF8_STRING, &b"GoodLtd"[..]),
        (der::UTF8_STRING, b"Good Ltd."),
        (der::UTF8_STRING, b"Good"),
        (der::UTF8_STRING, b""),
        // Not of their type, and so not text: half a unit, a surrogate alone, no character.
        (der::BMP_STRING, b"Good Ltd"),
        (der::UTF8_STRING, b"Good Ltd\xff"),
        (der::OCTET_STRING, b"Good Ltd"),
    ] {
        assert!(!same(&good, &organization(tag, value)), "{tag:x} {value:x?}");
    }
    let teletex = organization(der::TELETEX_STRING, b"M\xfcller");
    assert!(same(&teletex, &organization(der::UTF8_STRING, "müller".as_bytes())));
    assert!(same(&teletex, &organization(der::BMP_STRING, &utf16("MÜLLER"))));
    assert!(same(&teletex, &organization(der::UNIVERSAL_STRING, &utf32("Müller"))));
    for (one, other) in [("Straße", "STRASSE"), ("ΟΔΟΣ", "οδος"), ("ΟΔΟΣ", "οδός"), ("İ", "i"), ("ı", "I")]
    {
        let is_same = matches!(one, "Straße") || other == "οδος";
        let [one, other] = [one, other].map(|text| organization(der::UTF8_STRING, text.as_bytes()));
        assert_eq!(same(&one, &other), is_same);
    }
    // What is not text is the same by its bytes only.
    for (tag, value) in [(der::BMP_STRING, &[0xd8, 0][..]), (der::UNIVERSAL_STRING, &[0, 0x11, 0, 0]), (3, b"\0x")] {
        assert!(same(&organization(tag, value), &organization(tag, value)));
        assert!(!same(&organization(tag, value), &organization(tag, &[value, value].concat())));
    }
}

/// RFC 5280 §7.3: but for its case, a label is compared exactly.
#[test]
fn labels_of_domains_are_compared_exactly_but_for_their_case() {
    let domain = |tag, value: &[u8]| of(&[part(DOMAIN_COMPONENT, tag, value)]);
    let one = domain(der::IA5_STRING, b"example");
    assert!(same(&one, &domain(der::IA5_STRING, b"EXAMPLE")));
    assert!(same(&one, &domain(der::UTF8_STRING, b"Example")));
    assert!(!same(&one, &domain(der::IA5_STRING, b"example ")));
}

/// RFC 5280 §7.1: the parts in their order, what is in one part in any.
#[test]
fn parts_and_sets() {
    let c = part(COUNTRY, der::PRINTABLE_STRING, b"NL");
    let o = part(ORGANIZATION, der::UTF8_STRING, b"Good");
    assert!(!same(&of(&[c.clone(), o.clone()]), &of(&[o.clone(), c.clone()])));
    assert!(!same(&of(&[c.clone(), o.clone()]), &of(from_ref(&c))));
    let [x, y] = [&b"x"[..], b"y"].map(|value| attribute(UNIT, der::UTF8_STRING, value));
    let upper = attribute(UNIT, der::PRINTABLE_STRING, b"X");
    let set = |attributes: &[&[u8]]| of(&[tlv(der::SET, attributes)]);
    assert!(same(&set(&[&x, &y]), &set(&[&y, &upper])));
    assert!(!same(&set(&[&x, &y]), &set(&[&x])));
    assert!(!same(&set(&[&x, &x, &y]), &set(&[&x, &y, &y])), "as often");
    assert!(!same(&set(&[&x, &y]), &of(&[tlv(der::SET, &[&x]), tlv(der::SET, &[&y])])));
}

#[test]
fn digests_tell_names_apart() {
    let parts = [(COUNTRY, b"NL"), (COUNTRY, b"BE"), (ORGANIZATION, b"NL")];
    let parts = parts.map(|(kind, value)| part(kind, der::UTF8_STRING, value));
    let [nl, be, o] = &parts;
    let both = |one: &[u8], other: &[u8]| of(&[one.to_vec(), other.to_vec()]);
    let names = [of(from_ref(nl)), of(from_ref(be)), of(from_ref(o)), both(nl, be), both(be, nl), of(&[])];
    let mut digests = names.map(|name| Name::new(&name).unwrap().digest());
    digests.sort_unstable();
    assert!(digests.windows(2).all(|pair| pair[0] != pair[1]), "{digests:x?}");
}

/// RFC 5280 §4.2.1.10: the names below a name start with it.
#[test]
fn subtrees() {
    let c = part(COUNTRY, der::PRINTABLE_STRING, b"NL");
    let o = part(ORGANIZATION, der::UTF8_STRING, b"Good");
    let other = part(ORGANIZATION, der::UTF8_STRING, b"Goods");
    let within = |name: &[u8], base: &[u8]| Name::new(name).unwrap().is_within(Name::new(base).unwrap());
    let base = of(&[part(COUNTRY, der::UTF8_STRING, b"nl"), o.clone()]);
    let unit = part(UNIT, der::UTF8_STRING, b"Web");
    assert!(within(&of(&[c.clone(), o.clone()]), &base));
    assert!(within(&of(&[c.clone(), o.clone(), unit.clone()]), &base));
    assert!(within(&of(from_ref(&c)), &of(&[])), "all are below the empty name");
    for outside in [from_ref(&c), from_ref(&o), &[c.clone(), other], &[unit, c.clone(), o.clone()], &[]] {
        assert!(!within(&of(outside), &base), "{outside:x?}");
    }
}

#[test]
fn malformed_names() {
    let good = attribute(ORGANIZATION, der::UTF8_STRING, b"x");
    let junk = sequence(&[&oid(ORGANIZATION), &tlv(der::UTF8_STRING, &[b"x"]), &tlv(der::UTF8_STRING, &[b"y"])]);
    for bad in [
        Vec::new(),
        tlv(der::SET, &[]),
        of(&[tlv(der::SET, &[])]),
        of(from_ref(&good)),
        of(&[tlv(der::SET, &[&junk])]),
        of(&[tlv(der::SET, &[&sequence(&[&oid(ORGANIZATION)])])]),
        of(&[tlv(der::SET, &[&sequence(&[&oid(&[0x80]), &tlv(der::UTF8_STRING, &[])])])]),
        [of(&[]), tlv(der::UTF8_STRING, &[])].concat(),
        of(&[tlv(der::SET, &[&good.repeat(MAX_ATTRIBUTES + 1)])]),
    ] {
        assert!(Name::new(&bad).is_none(), "{bad:x?}");
    }
    assert!(Name::new(&of(&[tlv(der::SET, &[&good.repeat(MAX_ATTRIBUTES)])])).is_some());
    assert!(Name::new(&of(&[])).unwrap().is_empty());
}

#[test]
fn differences() {
    let c = part(COUNTRY, der::PRINTABLE_STRING, b"NL");
    let o = part(ORGANIZATION, der::UTF8_STRING, b"Good");
    let other = part(ORGANIZATION, der::UTF8_STRING, b"Bad");
    let text = |attribute: Attribute<'_>| attribute.text().unwrap().chars().collect::<String>();
    let told = |one: &[Vec<u8>], other: &[Vec<u8>]| {
        let (one, other) = (of(one), of(other));
        match Name::new(&one).unwrap().difference(Name::new(&other).unwrap()) {
            None => "none".to_string(),
            Some(Difference::Value(one, other)) => [text(one), text(other)].join("/"),
            Some(Difference::Missing(attribute)) => ["missing ", &text(attribute)].concat(),
            Some(Difference::Added(attribute)) => ["added ", &text(attribute)].concat(),
            Some(Difference::Order) => "order".to_string(),
        }
    };
    let both = [c.clone(), o.clone()];
    assert_eq!(told(&both, &both), "none");
    assert_eq!(told(&both, &[c.clone(), other]), "Good/Bad");
    assert_eq!(told(&both, from_ref(&c)), "missing Good");
    assert_eq!(told(from_ref(&o), &both), "added NL");
    assert_eq!(told(&both, &[o, c.clone()]), "order");
    assert_eq!(told(&[c.clone(), c.clone()], &[c]), "order");
}
