//! A line of the report: something that a side sent, with what is known of it.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use tls12::inspect::{Direction, HandshakeMessage, Outcome};

use super::anatomy::{self, Field, Part};
use super::opened::Opened;
use crate::output::{Event, in_words, milliseconds};
use crate::summary::hex;
use crate::trace::Fields;

/// The width of the columns: the time, a message, the arrow.
const TIME: usize = 12;
const MESSAGE: usize = 20;

/// How many bytes a line of a dump has.
const DUMPED: usize = 16;

/// Something that a side sent. Similar ones that follow each other are a single line.
pub struct Line {
    pub direction: Direction,
    /// Since the connection began.
    pub elapsed: Duration,
    /// Such as `ClientHello`.
    pub message: String,
    /// In bytes.
    pub len: u64,
    /// The number of its record, if it is in one: the first, or the last of several that are a single line.
    pub record: Option<u64>,
    /// How many there are.
    pub count: u64,
    pub fields: Fields,
    /// The results of checks: what, and the result in words.
    pub checks: Vec<(String, Outcome)>,
    /// Its bytes, if they are to be shown.
    pub bytes: Option<Vec<u8>>,
    /// Those lines, in text.
    pub shown: Vec<String>,
    /// What is in it, for a page.
    pub opened: Option<Opened>,
}

impl Line {
    pub fn new(direction: Direction, elapsed: Duration, message: impl Into<String>, len: u64) -> Self {
        Self {
            direction,
            elapsed,
            message: message.into(),
            len,
            record: None,
            count: 1,
            fields: Fields::default(),
            checks: Vec::new(),
            bytes: None,
            shown: Vec::new(),
            opened: None,
        }
    }

    /// As something in this record.
    pub fn of(self, record: u64) -> Self {
        Self { record: Some(record), ..self }
    }

    /// Whether the other one is in the same record.
    pub fn is_of_record(&self, other: &Self) -> bool {
        (self.direction, self.record) == (other.direction, other.record)
    }

    /// Whether the other one can be told in the same line.
    pub fn is_like(&self, other: &Self) -> bool {
        let is_bare = |line: &Self| line.fields.0.is_empty() && line.checks.is_empty() && line.bytes.is_none();
        self.message == other.message && self.direction == other.direction && is_bare(self) && is_bare(other)
    }

    /// With another that is like this one.
    pub fn add(&mut self, other: &Self) {
        self.len = self.len.saturating_add(other.len);
        self.count = self.count.saturating_add(1);
        self.record = other.record;
        if let (Some(opened), Some(other)) = (&mut self.opened, &other.opened) {
            opened.add(other);
        }
    }

    /// With its bytes, as a text if they are one.
    pub fn with_data(mut self, data: &[u8]) -> Self {
        self.shown = match std::str::from_utf8(data).ok().filter(|text| is_harmless(text)) {
            Some(text) => text.lines().map(|line| format!("| {line}")).collect(),
            None => dump(data),
        };
        self.bytes = Some(data.to_vec());
        self
    }

    /// With the bytes of a message, field by field.
    pub fn with_message(mut self, message: &HandshakeMessage) -> Self {
        for Field { name, bytes, .. } in anatomy::of(message).into_iter().filter(|field| field.part == Part::Field) {
            let lines = dump(bytes);
            self.shown.push(format!(
                "{name}: {} {}{}",
                bytes.len(),
                if bytes.len() == 1 { "byte" } else { "bytes" },
                if lines.is_empty() { "" } else { ":" }
            ));
            self.shown.extend(lines.into_iter().map(|line| format!("  {line}")));
        }
        self.bytes = Some(message.bytes.clone());
        self
    }

    /// As in RFC 5246 §7.3: the client's messages are on the left, the server's on the right.
    pub fn text(&self) -> String {
        let mut text = format!("{:>TIME$}  ", in_words(self.elapsed));
        let _ = match self.direction {
            Direction::ClientToServer => write!(text, "{:<MESSAGE$} --------> {:MESSAGE$}", self.message, ""),
            Direction::ServerToClient => write!(text, "{:MESSAGE$} <-------- {:<MESSAGE$}", "", self.message),
        };
        let bytes = if self.len == 1 { "byte" } else { "bytes" };
        let _ = write!(text, "  {} {bytes}", self.len);
        if self.count > 1 {
            let _ = write!(text, " in {} records", self.count);
        }
        let _ = self.fields.in_words(&mut text);
        for (check, outcome) in &self.checks {
            let _ = match outcome {
                Outcome::Verified => write!(text, "; {check}: verified"),
                Outcome::Failed(fault) => write!(text, "; {check}: WRONG: {fault}"),
                Outcome::Unknown(why) => write!(text, "; {check}: not verified: {why}"),
                _ => Ok(()),
            };
        }
        for line in &self.shown {
            let _ = write!(text, "\n{:TIME$}  {line}", "");
        }
        text
    }

    pub fn event(self, stream: u64) -> Event {
        let checks: Vec<Value> = self.checks.iter().map(|(check, outcome)| in_json(check, outcome)).collect();
        let direction = name(self.direction);
        let event = Event::new("captured")
            .with("stream", stream)
            .with("elapsed", milliseconds(self.elapsed))
            .with("direction", direction)
            .with("message", self.message)
            .with("length", self.len)
            .with("records", self.count)
            .with("fields", self.fields.0)
            .with("checks", checks);
        match self.bytes {
            Some(bytes) => event.with("bytes", hex(&bytes)),
            None => event,
        }
    }
}

fn in_json(check: &str, outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Verified => json!({ "check": check, "result": "verified" }),
        Outcome::Failed(fault) => json!({ "check": check, "result": "wrong", "why": fault.to_string() }),
        Outcome::Unknown(why) => json!({ "check": check, "result": "unknown", "why": why.to_string() }),
        other => json!({ "check": check, "result": "unknown", "why": format!("{other:?}") }),
    }
}

/// Whether a text is shown by a terminal as it is: without characters that control it, or that change the direction of others
/// (Unicode Standard Annex #9, §2). A carriage return alone would put the next text over what is there.
fn is_harmless(text: &str) -> bool {
    let is_harmful = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    !text.replace("\r\n", "\n").contains(is_harmful)
}

/// The name of a direction, in JSON.
pub const fn name(direction: Direction) -> &'static str {
    match direction {
        Direction::ClientToServer => "client to server",
        Direction::ServerToClient => "server to client",
    }
}

/// Each 16 bytes in hexadecimal, and as characters.
fn dump(bytes: &[u8]) -> Vec<String> {
    let line = |(i, chunk): (usize, &[u8])| {
        let printable = |byte: &u8| if matches!(byte, 0x20..0x7f) { char::from(*byte) } else { '.' };
        let pairs: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let width = 3 * DUMPED;
        let text: String = chunk.iter().map(printable).collect();
        format!("{:04x}  {:<width$} {text}", i * DUMPED, pairs.join(" "))
    };
    bytes.chunks(DUMPED).enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_as_such_only_if_it_cannot_deceive() {
        for (text, is_shown) in [
            ("plain", true),
            ("two\r\nlines\n\tand a third, of \u{fc}ml\u{e4}ute", true),
            ("hidden\rshown", false),
            ("at the end\r", false),
            ("\u{1b}[2J", false),
            ("\u{9b}2J", false),
            ("a\u{202e}b", false),
            ("a\u{2066}b", false),
        ] {
            let line = Line::new(Direction::ClientToServer, Duration::ZERO, "data", 0).with_data(text.as_bytes());
            assert_eq!(line.shown.iter().all(|line| line.starts_with("| ")), is_shown, "{text:?}: {:?}", line.shown);
            assert!(line.shown.concat().chars().all(|c| !c.is_control() || c == '\t'), "{text:?}");
        }
    }
}
