//! Where a replay differs from its recording.

use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::connection::Words;
use crate::wire::{ContentType, HandshakeType, MESSAGE_HEADER_LEN, RecordHeader};

/// The longest text of either side that [`Difference`] displays, in characters.
const SHOWN: usize = 160;

/// The first difference between a recording and its replay.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The number of the line in the file, counted from 1.
    pub line: usize,
    /// The call of the connection in which the difference occurred, such as `process`.
    pub call: String,
    /// The place in the output, such as `byte 7 of ServerHello`. `None` if the difference is not in the output.
    pub place: Option<String>,
    /// The recorded line.
    pub recorded: String,
    /// The line that the replay produced instead. Empty if it produced none.
    pub replayed: String,
}

impl Difference {
    pub(super) fn new(line: usize, call: String, recorded: &str, replayed: &str) -> Self {
        let place = match (recorded.strip_prefix("< out "), replayed.strip_prefix("< out ")) {
            (Some(recorded), Some(replayed)) => place(recorded, replayed),
            _ => None,
        };
        Self { line, call, place, recorded: recorded.into(), replayed: replayed.into() }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, call, place, recorded, replayed } = self;
        write!(f, "line {line}, in the call `{call}`")?;
        if let Some(place) = place {
            write!(f, ", at {place}")?;
        }
        let [recorded, replayed] = excerpts(recorded, replayed);
        let replayed = if replayed.is_empty() { "(nothing)" } else { &replayed };
        write!(f, ":\n  recorded: {recorded}\n  replayed: {replayed}")
    }
}

/// The parts of two lines that differ, with some of what they have in common.
fn excerpts(a: &str, b: &str) -> [String; 2] {
    /// How much of it is shown, in characters.
    const BEFORE: usize = 40;
    let common = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let kind_len = a.chars().take_while(|c| *c != '=').take(BEFORE).count();
    let skipped = if common > SHOWN / 2 { common.saturating_sub(BEFORE) } else { 0 };
    [a, b].map(|line| {
        if line.chars().count() <= SHOWN && skipped == 0 {
            return line.into();
        }
        let head: String =
            if skipped > kind_len { line.chars().take(kind_len).chain("…".chars()).collect() } else { String::new() };
        let start = if skipped > kind_len { skipped } else { 0 };
        let mut rest = line.chars().skip(start);
        let shown: String = rest.by_ref().take(SHOWN).collect();
        let more = if rest.next().is_some() { "…" } else { "" };
        format!("{head}{shown}{more}")
    })
}

/// The first byte of the output that differs, by the message that it is in. Where lengths of records and messages differ, what
/// comes after them tells more: it is what became longer or shorter.
fn place(recorded: &str, replayed: &str) -> Option<String> {
    let (recorded, replayed) = (Words::of(recorded).bytes()?, Words::of(replayed).bytes()?);
    let all = 0..recorded.len().max(replayed.len());
    let mut differing = all.filter(|at| recorded.get(*at) != replayed.get(*at));
    let at = |at: usize| message_at(if at < replayed.len() { &replayed } else { &recorded }, at);
    let (first, field) = at(differing.next()?);
    let telling =
        (field == Field::Length).then(|| differing.map(at).find(|(_, field)| *field == Field::Other)).flatten();
    Some(telling.map_or(first, |(place, _)| place))
}

/// What a byte is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    /// A part of the length of a record or of a message.
    Length,
    Other,
}

/// The message of this byte of the output. Messages that are split over records are not joined.
fn message_at(output: &[u8], at: usize) -> (String, Field) {
    let (mut rest, mut left) = (output, at);
    while let Some(header) = rest.first_chunk() {
        let header = RecordHeader::from_bytes(*header);
        let len = RecordHeader::LEN.saturating_add(header.length);
        if left < len || rest.len() <= len {
            let fragment = rest.get(RecordHeader::LEN..).unwrap_or_default();
            let Some(left) = left.checked_sub(RecordHeader::LEN) else {
                let field = if left >= 3 { Field::Length } else { Field::Other };
                return (format!("byte {left} of the header of a record ({})", header.content_type), field);
            };
            return match header.content_type {
                ContentType::HANDSHAKE => handshake_at(fragment.get(..header.length).unwrap_or(fragment), left),
                other => (format!("byte {left} of a record ({other})"), Field::Other),
            };
        }
        left = left.saturating_sub(len);
        rest = rest.get(len..).unwrap_or_default();
    }
    (format!("byte {at} of the output"), Field::Other)
}

fn handshake_at(fragment: &[u8], at: usize) -> (String, Field) {
    let (mut rest, mut left) = (fragment, at);
    while let [typ, high, middle, low, ..] = rest {
        let body_len = usize::from(*high) << 16 | usize::from(*middle) << 8 | usize::from(*low);
        let len = MESSAGE_HEADER_LEN.saturating_add(body_len);
        let typ = HandshakeType(*typ);
        if left < len {
            let field = if (1..MESSAGE_HEADER_LEN).contains(&left) { Field::Length } else { Field::Other };
            return match typ.name() {
                Some(name) => (format!("byte {left} of {name}"), field),
                None => (format!("byte {left} of a record (handshake, encrypted)"), Field::Other),
            };
        }
        left -= len;
        rest = rest.get(len..).unwrap_or_default();
    }
    (format!("byte {left} of a record (handshake)"), Field::Other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn a_byte_of_the_output_is_placed_in_its_message() {
        let out = |last: &str| format!("< out 160303000802000004000000{last}1403030001{last}");
        let place = |a: &str, b: &str| Difference::new(1, "process".into(), a, b).place.unwrap_or_default();
        assert_eq!(place(&out("01"), &out("02")), "byte 7 of ServerHello");
        assert_eq!(place("< out 140303000101", "< out 140303000102"), "byte 0 of a record (change_cipher_spec)");
        assert_eq!(place("< out 140303000101", "< out 1403030001"), "byte 0 of a record (change_cipher_spec)");
        assert_eq!(place("< out 1403030001", "< out 1503030001"), "byte 0 of the header of a record (alert)");
        // A longer message: of the lengths before it, nothing is said, unless nothing else differs.
        assert_eq!(
            place("< out 16030300060e0000020102", "< out 16030300070e000003010203"),
            "byte 6 of ServerHelloDone"
        );
        assert_eq!(
            place("< out 16030300060e0000020102", "< out 16030300070e0000030302ff"),
            "byte 4 of ServerHelloDone"
        );
        assert_eq!(place("< out 16030300040e000000", "< out 16030300040e000001"), "byte 3 of ServerHelloDone");
        assert_eq!(Difference::new(1, "process".into(), "< done", "< out 00").place, None);
    }

    #[test]
    fn long_lines_are_shortened_around_the_difference() {
        let line = |end: &str| format!("< out {}{end}{}", "00".repeat(500), "11".repeat(500));
        let text = Difference::new(7, "process".into(), &line("aa"), &line("ab")).to_string();
        assert!(text.len() < 1000 && text.contains("aa11") && text.contains("ab11"), "{text}");
        assert!(text.starts_with("line 7, in the call `process`"), "{text}");
    }
}
