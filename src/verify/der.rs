//! A cursor over DER (X.690 §10): strict, without allocation, and without interpreting the elements.
//!
//! Certificates, revocation lists and OCSP responses come from parties that are not trusted yet. A length that is not
//! minimal, or that exceeds the input, is refused, as are forms that X.509 does not use: indefinite lengths and tag
//! numbers above 30.

use alloc::vec::Vec;

/// Why something cannot be parsed, as the rest of a sentence that starts with it.
pub(super) type Fault = &'static str;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const TELETEX_STRING: u8 = 0x14;
pub(super) const IA5_STRING: u8 = 0x16;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const UNIVERSAL_STRING: u8 = 0x1c;
pub(super) const BMP_STRING: u8 = 0x1e;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag of a constructed, context-specific element, `[number]`.
pub(super) const fn constructed(number: u8) -> u8 {
    0xa0 | number
}

/// The tag of a primitive, context-specific element, `[number] IMPLICIT`.
pub(super) const fn primitive(number: u8) -> u8 {
    0x80 | number
}

/// An element of DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tlv<'a> {
    /// Its first byte.
    pub(super) tag: u8,
    /// What follows its header.
    pub(super) content: &'a [u8],
    /// All of it.
    pub(super) whole: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// A reader of its content, if it is constructed.
    pub(super) const fn inside(self) -> Reader<'a> {
        Reader::new(self.content)
    }

    /// The bytes of a BIT STRING whose length is a multiple of 8 bits.
    pub(super) const fn whole_bits(self) -> Option<&'a [u8]> {
        match self.content {
            [0, bytes @ ..] if self.tag == BIT_STRING => Some(bytes),
            _ => None,
        }
    }
}

/// Reads element after element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element. `None` at the end, and if the input is not DER: [`Self::is_empty`] tells which.
    pub(super) fn next(&mut self) -> Option<Tlv<'a>> {
        /// The tag number that says that the number is in the bytes that follow.
        const LONG_TAG: u8 = 0x1f;
        let (&tag, rest) = self.0.split_first()?;
        if tag & LONG_TAG == LONG_TAG {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (len, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81 => rest.split_first().filter(|(len, _)| **len > 0x7f).map(|(len, rest)| (usize::from(*len), rest))?,
            // The first byte of the length must not be zero, since the length must be minimal (X.690 §10.1).
            0x82..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let len = bytes.iter().fold(0_u32, |len, byte| len << 8 | u32::from(*byte));
                if bytes.first() == Some(&0) {
                    return None;
                }
                (usize::try_from(len).ok()?, rest)
            }
            _ => return None,
        };
        let (content, after) = rest.split_at_checked(len)?;
        let (whole, _) = self.0.split_at_checked(self.0.len().checked_sub(after.len())?)?;
        self.0 = after;
        Some(Tlv { tag, content, whole })
    }

    /// The next element, which must have this tag. An element with another tag is not consumed.
    pub(super) fn take(&mut self, tag: u8) -> Option<Tlv<'a>> {
        if self.0.first() == Some(&tag) { self.next() } else { None }
    }

    /// The next element, if it has this tag. The outer `None`: it is not DER.
    #[expect(clippy::option_option, reason = "absent and malformed are two things")]
    pub(super) fn optional(&mut self, tag: u8) -> Option<Option<Tlv<'a>>> {
        if self.0.first() == Some(&tag) { self.next().map(Some) } else { Some(None) }
    }

    /// `Some` at the end, `None` if there is more.
    pub(super) const fn end(&self) -> Option<()> {
        if self.0.is_empty() { Some(()) } else { None }
    }
}

/// The only element in `der`, which must have this tag.
pub(super) fn only(der: &[u8], tag: u8) -> Option<Tlv<'_>> {
    let mut reader = Reader::new(der);
    let tlv = reader.take(tag)?;
    reader.end().map(|()| tlv)
}

/// An element with this tag and the concatenation of `parts` as content. `None` if it would have 4 GiB or more.
pub(super) fn wrap(tag: u8, parts: &[&[u8]]) -> Option<Vec<u8>> {
    let len = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut out = Vec::with_capacity(len.checked_add(6)?);
    out.push(tag);
    match u32::try_from(len).ok()?.to_be_bytes() {
        [0, 0, 0, len @ 0..=0x7f] => out.push(len),
        [0, 0, 0, len] => out.extend([0x81, len]),
        [0, 0, high, low] => out.extend([0x82, high, low]),
        [0, high, middle, low] => out.extend([0x83, high, middle, low]),
        [a, b, c, d] => out.extend([0x84, a, b, c, d]),
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    Some(out)
}

/// A BOOLEAN (X.690 §11.1).
pub(super) fn boolean(tlv: Tlv<'_>) -> Option<bool> {
    match (tlv.tag, tlv.content) {
        (BOOLEAN, [0]) => Some(false),
        (BOOLEAN, [0xff]) => Some(true),
        _ => None,
    }
}

/// A nonnegative INTEGER as a number, or `u64::MAX` if it is larger. `content` is what follows the header.
pub(super) fn unsigned(content: &[u8]) -> Option<u64> {
    if !is_integer(content) || content.first().is_none_or(|first| *first >= 0x80) {
        return None;
    }
    Some(
        content.iter().try_fold(0_u64, |n, byte| n.checked_mul(256)?.checked_add(u64::from(*byte))).unwrap_or(u64::MAX),
    )
}

/// Whether this is the content of an INTEGER: the first nine bits are not all the same (X.690 §8.3.2).
pub(super) const fn is_integer(content: &[u8]) -> bool {
    !matches!(content, [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..])
}

/// Whether this is the content of an OBJECT IDENTIFIER: arcs in base 128, each without leading zeros, the last complete
/// (X.690 §8.19.2).
pub(super) fn is_oid(content: &[u8]) -> bool {
    const MORE: u8 = 0x80;
    let mut at_start = true;
    for byte in content {
        if at_start && *byte == MORE {
            return false;
        }
        at_start = byte & MORE == 0;
    }
    at_start && !content.is_empty()
}

/// A UTCTime or GeneralizedTime, in seconds since 1970: with seconds, in UTC, without fractions (RFC 5280 §4.1.2.5).
pub(super) fn time(tlv: Tlv<'_>) -> Option<i64> {
    let (year, rest) = match (tlv.tag, tlv.content) {
        (UTC_TIME, [a, b, rest @ ..]) => {
            let year = two_digits([*a, *b])?;
            // RFC 5280 §4.1.2.5.1.
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        (GENERALIZED_TIME, [a, b, c, d, rest @ ..]) => (two_digits([*a, *b])? * 100 + two_digits([*c, *d])?, rest),
        _ => return None,
    };
    let &[mo, nth, d, ay, h, our, m, inute, s, econd, b'Z'] = rest else { return None };
    let (month, day) = (two_digits([mo, nth])?, two_digits([d, ay])?);
    let (hour, minute, second) = (two_digits([h, our])?, two_digits([m, inute])?, two_digits([s, econd])?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// The year, month and day of a day, counted from the first of January 1970.
pub(super) const fn date(days: i64) -> (i64, i64, i64) {
    // A year that is not after the right one: a year has at least 365 days and at most 366.
    let mut year = 1970 + if days < 0 { days.div_euclid(365) } else { days / 366 };
    while days_since_1970(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && days_since_1970(year, month + 1, 1) <= days {
        month += 1;
    }
    (year, month, days - days_since_1970(year, month, 1) + 1)
}

fn two_digits(digits: [u8; 2]) -> Option<i64> {
    let [tens, ones] = digits.map(|digit| digit.is_ascii_digit().then(|| i64::from(digit) - i64::from(b'0')));
    Some(tens? * 10 + ones?)
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Of the proleptic Gregorian calendar: a year that begins in March ends with the leap day, and so the months before a day
/// always have the same number of days.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    /// From the first of March of the year 0 to the first of January 1970.
    const TO_1970: i64 = 719_468;
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - TO_1970
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tag: u8, text: &[u8]) -> Option<i64> {
        time(Tlv { tag, content: text, whole: &[] })
    }

    /// The seconds are those of `date -u -d ... +%s`.
    #[test]
    fn times() {
        assert_eq!(of(UTC_TIME, b"700101000000Z"), Some(0));
        assert_eq!(of(UTC_TIME, b"260601000000Z"), Some(1_780_272_000));
        assert_eq!(of(UTC_TIME, b"491231235959Z"), Some(2_524_607_999));
        assert_eq!(of(UTC_TIME, b"500101000000Z"), Some(-631_152_000));
        assert_eq!(of(GENERALIZED_TIME, b"20000229120000Z"), Some(951_825_600));
        assert_eq!(of(GENERALIZED_TIME, b"99991231235959Z"), Some(253_402_300_799));
        assert_eq!(of(GENERALIZED_TIME, b"00000101000000Z"), Some(-62_167_219_200));
    }

    #[test]
    fn times_that_are_none() {
        for text in
            ["2606010000Z", "260601000000+0100", "260601000000", "260631000000Z", "260229000000Z", "261301000000Z"]
        {
            assert_eq!(of(UTC_TIME, text.as_bytes()), None, "{text}");
        }
        for text in ["20260601000000.5Z", "21000229000000Z", "20260601240000Z", "2026060100000aZ", "+0260601000000Z"] {
            assert_eq!(of(GENERALIZED_TIME, text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn lengths_are_the_shortest() {
        let long = |header: &[u8], len: usize| {
            let bytes = [header, &alloc::vec![7; len]].concat();
            Reader::new(&bytes).next().map(|tlv| tlv.content.len())
        };
        assert_eq!(long(&[4, 0x7f], 127), Some(127));
        assert_eq!(long(&[4, 0x81, 0x80], 128), Some(128));
        assert_eq!(long(&[4, 0x82, 1, 0], 256), Some(256));
        assert_eq!(long(&[4, 0x83, 1, 0, 0], 65_536), Some(65_536));
        // X.690 §10.1: not the shortest.
        assert_eq!(long(&[4, 0x81, 0x7f], 127), None);
        assert_eq!(long(&[4, 0x82, 0, 0xff], 255), None);
        // Indefinite; of more than four bytes; without its bytes; longer than what is there.
        assert_eq!(long(&[4, 0x80], 2), None);
        assert_eq!(long(&[4, 0x85, 1, 0, 0, 0], 65_536), None);
        assert_eq!(long(&[4, 0x82, 1], 0), None);
        assert_eq!(long(&[4, 0x82, 1, 0], 255), None);
        // A tag number above 30.
        assert_eq!(long(&[0x1f, 0x81, 1, 0], 3), None);
    }

    #[test]
    fn integers_and_identifiers_are_the_shortest() {
        assert_eq!(unsigned(&[0]), Some(0));
        assert_eq!(unsigned(&[0, 0x80]), Some(128));
        assert_eq!(unsigned(&[1; 9]), Some(u64::MAX));
        for content in [&[][..], &[0x80], &[0, 0x7f], &[0, 0], &[0xff, 0x80]] {
            assert_eq!(unsigned(content), None, "{content:x?}");
        }
        assert!(is_oid(&[0x2b, 0x86, 0x48]));
        assert!(!is_oid(&[]) && !is_oid(&[0x2b, 0x80, 1]) && !is_oid(&[0x2b, 0x86]));
    }
}
