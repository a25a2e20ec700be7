//! The strings in distinguished names, and how they are prepared for comparison (RFC 5280 §7.1, RFC 4518 §2).
//!
//! Normalization (RFC 4518 §2.3) is omitted because it needs the Unicode tables: a letter with a combining accent does
//! not match the precomposed letter.

use core::char::DecodeUtf16;
use core::iter::{self, Map};
use core::slice::Iter;
use core::str::{self, Chars};

use super::der::{self, Tlv};

/// A string, in the encoding of its type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Text<'a> {
    /// UTF8String, and its subsets PrintableString and IA5String.
    Utf8(&'a str),
    /// TeletexString: T.61 by definition, Latin-1 in practice.
    Latin1(&'a [u8]),
    /// BMPString: big-endian UTF-16.
    Bmp(&'a [[u8; 2]]),
    /// UniversalString: big-endian UTF-32.
    Universal(&'a [[u8; 4]]),
}

impl<'a> Text<'a> {
    /// Returns `None` if it is not a string, or is not valid for its type.
    pub(super) fn of(value: Tlv<'a>) -> Option<Self> {
        match value.tag {
            der::UTF8_STRING | der::PRINTABLE_STRING | der::IA5_STRING => {
                str::from_utf8(value.content).ok().map(Self::Utf8)
            }
            der::TELETEX_STRING => Some(Self::Latin1(value.content)),
            der::BMP_STRING => {
                let (units, rest) = value.content.as_chunks();
                let is_text = rest.is_empty() && decode_utf16(units).all(|c| c.is_ok());
                is_text.then_some(Self::Bmp(units))
            }
            der::UNIVERSAL_STRING => {
                let (units, rest) = value.content.as_chunks();
                let is_text = rest.is_empty() && units.iter().all(|unit| from_utf32(unit).is_some());
                is_text.then_some(Self::Universal(units))
            }
            _ => None,
        }
    }

    /// Its characters.
    pub(super) fn chars(self) -> Characters<'a> {
        match self {
            Self::Utf8(text) => Characters::Utf8(text.chars()),
            Self::Latin1(bytes) => Characters::Latin1(bytes.iter()),
            Self::Bmp(units) => Characters::Bmp(decode_utf16(units)),
            Self::Universal(units) => Characters::Universal(units.iter()),
        }
    }

    /// Its characters as they are compared: case-folded, with one space between words, and without invisible
    /// characters.
    pub(super) fn folded(self) -> impl Iterator<Item = char> {
        let visible = self.chars().filter(|c| !is_ignored(*c));
        Words { characters: visible.flat_map(fold), held: None, started: false }
    }
}

type Utf16<'a> = DecodeUtf16<Map<Iter<'a, [u8; 2]>, fn(&[u8; 2]) -> u16>>;

fn decode_utf16(units: &[[u8; 2]]) -> Utf16<'_> {
    let unit: fn(&[u8; 2]) -> u16 = |unit| u16::from_be_bytes(*unit);
    char::decode_utf16(units.iter().map(unit))
}

fn from_utf32(unit: &[u8; 4]) -> Option<char> {
    char::from_u32(u32::from_be_bytes(*unit))
}

/// The characters of a string.
#[derive(Clone, Debug)]
pub(super) enum Characters<'a> {
    Utf8(Chars<'a>),
    Latin1(Iter<'a, u8>),
    Bmp(Utf16<'a>),
    Universal(Iter<'a, [u8; 4]>),
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self {
            Self::Utf8(characters) => characters.next(),
            Self::Latin1(bytes) => bytes.next().map(|byte| char::from(*byte)),
            Self::Bmp(units) => units.next()?.ok(),
            Self::Universal(units) => units.next().and_then(from_utf32),
        }
    }
}

/// A case-folded character. Some characters match only in upper case, such as σ and ς, or ß and ss.
fn fold(c: char) -> impl Iterator<Item = char> {
    /// The dotless i, which differs from i although their upper case is the same.
    const DOTLESS: char = 'ı';
    let (ascii, other) = match c {
        _ if c.is_ascii() => (Some(c.to_ascii_lowercase()), None),
        DOTLESS => (Some(c), None),
        _ => (None, Some(c)),
    };
    ascii.into_iter().chain(other.into_iter().flat_map(char::to_uppercase).flat_map(char::to_lowercase))
}

/// RFC 4518 §2.2: characters that are mapped to nothing.
const fn is_ignored(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{8}'
            | '\u{e}'..='\u{1f}'
            | '\u{7f}'..='\u{84}'
            | '\u{86}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{1806}'
            | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2063}'
            | '\u{206a}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffc}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}'
    )
}

/// RFC 4518 §2.6.1: no space at the ends, and one space between words.
struct Words<I> {
    characters: I,
    /// The first character of a word, held back after the space before it was returned.
    held: Option<char>,
    /// Whether a word has started.
    started: bool,
}

impl<I: Iterator<Item = char>> Iterator for Words<I> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let mut spaced = false;
        for c in self.held.take().into_iter().chain(iter::from_fn(|| self.characters.next())) {
            if c.is_whitespace() {
                spaced = true;
            } else if spaced && self.started {
                self.held = Some(c);
                return Some(' ');
            } else {
                self.started = true;
                return Some(c);
            }
        }
        None
    }
}
