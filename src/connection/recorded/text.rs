//! The words of a recording: bytes in hexadecimal, `-` for none of them, lists with commas.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt::{self, Write as _};
use core::str::FromStr;
use zeroize::Zeroizing;

/// An empty byte string, or a value that is absent.
const NOTHING: &str = "-";

/// An empty list.
const NONE: &str = "none";

/// Bytes as a word: they may be secret, so no text of them is kept.
pub(crate) struct Hex<'b>(&'b [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(NOTHING);
        }
        let mut digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.try_for_each(|digit| f.write_char(char::from_digit(digit.into(), 16).unwrap_or_default()))
    }
}

/// Writes bytes as a word.
pub(crate) const fn hex(bytes: &[u8]) -> Hex<'_> {
    Hex(bytes)
}

/// Writes a text that may contain secrets: it is measured first, since a text that grows leaves copies behind.
pub(crate) fn wiped(text: fmt::Arguments<'_>) -> Zeroizing<String> {
    struct Length(usize);
    impl fmt::Write for Length {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 += part.len();
            Ok(())
        }
    }
    let mut length = Length(0);
    // Neither the length nor a string fails.
    let _ = length.write_fmt(text);
    let mut written = Zeroizing::new(String::with_capacity(length.0));
    let _ = written.write_fmt(text);
    written
}

/// Writes a list as a word.
pub(crate) fn hexes<I: AsRef<[u8]>>(items: impl IntoIterator<Item = I>) -> String {
    let words: Vec<String> = items.into_iter().map(|item| hex(item.as_ref()).to_string()).collect();
    if words.is_empty() { NONE.into() } else { words.join(",") }
}

/// Writes code points as a word.
pub(super) fn codes(codes: impl IntoIterator<Item = u16>) -> String {
    hexes(codes.into_iter().map(u16::to_be_bytes))
}

fn unhex(word: &str) -> Option<Vec<u8>> {
    if word == NOTHING {
        return Some(Vec::new());
    }
    let (pairs, rest) = word.as_bytes().as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return None;
    }
    // One form for each value: what is read is what would be written.
    let digit = |byte: &u8| char::from(*byte).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
    // It does not grow, because it may be secret.
    let mut bytes = Vec::with_capacity(pairs.len());
    for [high, low] in pairs {
        bytes.push(u8::try_from(digit(high)? << 4 | digit(low)?).ok()?);
    }
    Some(bytes)
}

/// The words of a line. Each method takes the next one, and returns `None` if it is missing or means something else.
#[derive(Clone, Debug)]
pub(crate) struct Words<'a>(core::str::Split<'a, char>);

impl<'a> Words<'a> {
    pub(crate) fn of(line: &'a str) -> Self {
        Self(line.split(' '))
    }

    pub(crate) fn word(&mut self) -> Option<&'a str> {
        self.0.next().filter(|word| !word.is_empty())
    }

    pub(crate) fn bytes(&mut self) -> Option<Vec<u8>> {
        unhex(self.word()?)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes()?.try_into().ok()
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?).ok()
    }

    pub(crate) fn number<N: FromStr>(&mut self) -> Option<N> {
        self.word()?.parse().ok()
    }

    pub(crate) fn list(&mut self) -> Option<Vec<Vec<u8>>> {
        match self.word()? {
            NONE => Some(Vec::new()),
            items => items.split(',').map(unhex).collect(),
        }
    }

    pub(crate) fn codes(&mut self) -> Option<Vec<u16>> {
        let codes = self.list()?;
        codes.into_iter().map(|code| Some(u16::from_be_bytes(code.try_into().ok()?))).collect()
    }

    /// `None` unless all words were taken.
    pub(crate) fn done(&mut self) -> Option<()> {
        self.0.next().is_none().then_some(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_were_written() {
        let line = alloc::format!("{} {} {} {} 7", hex(&[]), hex(&[0, 0xff]), hexes([&b"a"[..], b""]), codes([0xc02f]));
        assert_eq!(line, "- 00ff 61,- c02f 7");
        let mut words = Words::of(&line);
        assert_eq!((words.bytes().unwrap(), words.bytes().unwrap()), (Vec::new(), [0, 0xff].to_vec()));
        assert_eq!(
            (words.list().unwrap(), words.codes().unwrap()),
            ([b"a".to_vec(), Vec::new()].to_vec(), [0xc02f].to_vec())
        );
        assert_eq!((words.number(), words.done()), (Some(7), Some(())));
        assert_eq!(Words::of(&hexes::<&[u8]>([])).list(), Some(Vec::new()));
    }

    #[test]
    fn other_words_are_refused() {
        for word in ["", "0", "0g", "0A", "é", "00,0", "00-", " 00"] {
            assert_eq!((Words::of(word).bytes(), Words::of(word).list()), (None, None), "{word:?}");
        }
        assert_eq!(Words::of("00 00").array::<2>(), None);
        assert_eq!(Words::of("00 ").done(), None);
    }
}
