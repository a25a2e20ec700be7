//! The report on one connection, line by line.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Map, Value};
use tls12::OtherProtocol;
use tls12::inspect::{
    Check, Conversation, Direction, Inspector, Item, ItemKind, Outcome, Protection, Record, SecretSource, TransportEnd,
    Unknown,
};
use tls12::wire::{Alert, AlertLevel};

use super::line::Line;
use super::opened::{Content, Opened};
use super::page::{Page, Section};
use super::verdict::Conclusion;
use crate::certificates;
use crate::output::{self, Event, To, print_line};
use crate::trace::{self, Fields};

/// How many lines of a connection are kept until it ends. With `--stream`, each is printed at once.
const MAX_LINES: usize = 500;

/// How many bytes these lines have at most: the dump of a record of the greatest length has almost 90 KiB.
const MAX_KEPT: usize = 1 << 18;

/// What is shown.
#[derive(Clone, Copy)]
pub struct View {
    /// Anything.
    pub lines: bool,
    /// Each line as it comes. Otherwise those of a connection come together, when it has ended.
    pub at_once: bool,
    pub data: bool,
    pub verbose: bool,
}

impl View {
    pub const NOTHING: Self = Self { lines: false, at_once: false, data: false, verbose: false };
}

/// The report on one connection.
pub struct Sheet {
    view: View,
    number: u64,
    begun: Duration,
    /// Which connection it is, in words.
    title: String,
    lines: Vec<String>,
    /// How many bytes these have.
    kept: usize,
    /// How many lines more there were than are kept.
    more: u64,
    /// The last line, to which more may be added.
    line: Option<Line>,
    sources: Vec<SecretSource>,
    section: Option<Box<Section>>,
}

impl Sheet {
    /// `ends` are the addresses of client and server, if they are known. `section` is where the connection is drawn.
    pub fn new(view: View, section: Option<Box<Section>>, number: u64, ends: &[SocketAddr], begun: Duration) -> Self {
        let mut sheet = Self {
            view,
            number,
            begun,
            title: String::new(),
            lines: Vec::new(),
            kept: 0,
            more: 0,
            line: None,
            sources: Vec::new(),
            section,
        };
        if let [client, server] = ends {
            let time = certificates::time_of(begun.as_secs()).unwrap_or_default();
            let event = Event::new("conversation")
                .with("stream", number)
                .with("client", client.to_string())
                .with("server", server.to_string())
                .with("time", time.clone());
            sheet.title = format!("connection {number}: {client} to {server}, {time}");
            sheet.push(event, &sheet.title.clone());
        }
        sheet
    }

    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Something before TLS was skipped.
    pub fn skipped(&mut self, name: &str) {
        self.note(&format!("skipped what came before TLS: {name}"));
    }

    pub fn note(&mut self, text: &str) {
        self.flush();
        if let Some(section) = &mut self.section {
            section.note(text);
        }
        let event = Event::new("note").with("stream", self.number).with("text", text);
        self.push(event, &format!("  {text}"));
    }

    /// A side has ended the TCP connection.
    pub fn ended(&mut self, direction: Direction, time: Duration, how: TransportEnd) {
        let how = match how {
            TransportEnd::Reset => "TCP RST",
            _ => "TCP FIN",
        };
        self.set(Line::new(direction, time.saturating_sub(self.begun), how, 0));
    }

    /// Something was seen.
    pub fn item(&mut self, item: &Item) {
        if let Some(section) = &mut self.section {
            section.item(item);
        }
        let elapsed = item.time.saturating_sub(self.begun);
        let line = |message: &str, len| Line::new(item.place.direction, elapsed, message, len).of(item.place.record);
        match &item.kind {
            ItemKind::Checked(check, outcome) if Self::is_said_here(*check, outcome) => {
                self.check(line("(record)", item.place.len), *check, outcome);
            }
            ItemKind::Record(record) => {
                let mut line = line("", item.place.len);
                line.opened = self.opened(item, || Content::Closed);
                self.record(record, line);
            }
            ItemKind::Handshake(message) => {
                let mut line = line(&message.typ.to_string(), u64::try_from(message.bytes.len()).unwrap_or(u64::MAX));
                line.fields = trace::fields(message.typ, message.body()).unwrap_or_default();
                line.opened = self.opened(item, || Content::Message(message.clone()));
                self.set(if self.view.verbose { line.with_message(message) } else { line });
            }
            ItemKind::ChangeCipherSpec => {
                let mut line = line("[ChangeCipherSpec]", 1);
                line.opened = self.opened(item, || Content::ChangeCipherSpec);
                self.set(line);
            }
            ItemKind::Alert(alert) => {
                let mut line = line("Alert", 2);
                line.fields = of_alert(*alert);
                line.opened = self.opened(item, || Content::Alert(alert.to_bytes()));
                self.set(line);
            }
            ItemKind::Data(data) => {
                let mut line = line("application data", u64::try_from(data.len()).unwrap_or(u64::MAX));
                line.opened = self.opened(item, || Content::data(data));
                self.set(if self.view.data { line.with_data(data) } else { line });
            }
            ItemKind::Keys(source) if !self.sources.contains(source) => self.sources.push(*source),
            ItemKind::Gap(len) => self.set(line("(not captured)", *len)),
            ItemKind::NoRecord { first } => {
                let mut line = line("(no TLS)", item.place.len);
                line.fields.0.insert("first".into(), first.escape_ascii().to_string().into());
                if let Some(protocol) = OtherProtocol::from_first_bytes(*first) {
                    line.fields.0.insert("protocol".into(), protocol.to_string().into());
                }
                self.set(line);
            }
            _ => {}
        }
    }

    /// All was seen. Prints what was not printed yet, and what is known of the conversation as a whole. Returns whether
    /// it failed, or something is wrong with it.
    pub fn conclude(mut self, conversation: &Conversation, inspector: &Inspector, page: Option<&mut Page>) -> bool {
        self.flush();
        if self.more > 0 {
            let text = format!("{} more lines; --stream {} prints all", self.more, self.number);
            let event = Event::new("note").with("stream", self.number).with("text", &*text);
            self.lines.extend(event.line(format!("  {text}")));
        }
        let conclusion = Conclusion::of(conversation, inspector, &self.sources);
        if let (Some(section), Some(page)) = (self.section.take(), page) {
            page.add(*section, &conclusion, conversation.key_schedule().as_ref());
        }
        let (event, text, has_failed) = (conclusion.event(self.number), conclusion.text(), conclusion.has_failed());
        // With --quiet, nothing has said yet which connection it is.
        let is_untold = output::is_quiet() && !self.title.is_empty();
        let text = if is_untold { format!("{}\n{text}", self.title) } else { text };
        self.lines.extend(event.line(text));
        if self.view.lines {
            self.lines.iter().for_each(|line| print_line(To::Stdout, line));
        }
        has_failed && self.view.lines
    }

    /// A record as such is shown only if what is in it is not.
    fn record(&mut self, record: &Record, mut line: Line) {
        let typ = record.content_type.name().unwrap_or("unknown");
        if let (Some(opened), Protection::Plain | Protection::Opened { .. }) = (&mut line.opened, &record.protection) {
            opened.content = Content::Follows;
        }
        match &record.protection {
            Protection::Plain | Protection::Opened { .. } if !self.view.verbose => return,
            Protection::Failed(fault) => {
                line.message = format!("({typ})");
                line.checks.push(("record".to_owned(), Outcome::Failed(fault.clone())));
            }
            Protection::Closed(_) => line.message = format!("({typ})"),
            Protection::Opened { sequence } => {
                line.message = format!("record: {typ}");
                line.fields.0.insert("sequence_number".into(), (*sequence).into());
            }
            _ => line.message = format!("record: {typ}"),
        }
        if self.view.verbose {
            line.fields.0.insert("version".into(), record.version.to_string().into());
        }
        self.set(line);
    }

    /// What is in an item, and its records, if it is drawn.
    fn opened(&self, item: &Item, content: impl FnOnce() -> Content) -> Option<Opened> {
        Some(self.section.as_ref()?.opened(&item.place, content()))
    }

    /// Whether the result of a check is said where it was checked, and not at the end, as is the source of the secret.
    fn is_said_here(check: Check, outcome: &Outcome) -> bool {
        let is_of_whole =
            matches!(outcome, Outcome::Unknown(Unknown::NoVerifier | Unknown::MasterSecretGiven | Unknown::NotClosed));
        !is_of_whole && check != Check::MasterSecret
    }

    /// The result of a check goes with what was checked. If that has no line yet, it is a record whose content follows: this
    /// is its line.
    fn check(&mut self, record: Line, check: Check, outcome: &Outcome) {
        if !self.line.as_ref().is_some_and(|last| last.is_of_record(&record)) {
            self.set(record);
        }
        if let Some(line) = &mut self.line {
            line.checks.push((check.to_string(), outcome.clone()));
        }
    }

    /// The next line.
    fn set(&mut self, line: Line) {
        match &mut self.line {
            Some(last) if last.is_like(&line) => last.add(&line),
            _ => {
                self.flush();
                self.line = Some(line);
            }
        }
    }

    fn flush(&mut self) {
        if let Some(line) = self.line.take() {
            if let Some(section) = &mut self.section {
                section.line(&line);
            }
            let text = line.text();
            self.push(line.event(self.number), &text);
        }
    }

    fn push(&mut self, event: Event, text: &str) {
        match self.view {
            View { lines: false, .. } => {}
            View { at_once: true, .. } => event.print(To::Stdout, text),
            _ => {
                let Some(line) = event.line(text) else { return };
                let kept = self.kept.saturating_add(line.len());
                // A later line that is shorter would stand in the wrong place.
                if self.more == 0 && self.lines.len() < MAX_LINES && kept <= MAX_KEPT {
                    self.kept = kept;
                    self.lines.push(line);
                } else {
                    self.more += 1;
                }
            }
        }
    }
}

fn of_alert(alert: Alert) -> Fields {
    let level = match alert.level {
        AlertLevel::Fatal => "fatal",
        AlertLevel::Warning => "warning",
    };
    let fields: [(String, Value); 2] =
        [("level".into(), level.into()), ("description".into(), alert.description.to_string().into())];
    Fields(Map::from_iter(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_lines_are_kept_is_limited_and_how_many_were_not_is_said() {
        let view = View { lines: true, ..View::NOTHING };
        let mut sheet = Sheet::new(view, None, 0, &[], Duration::ZERO);
        for _ in 0..MAX_LINES {
            // Those of two sides are not the same line.
            sheet.ended(Direction::ClientToServer, Duration::ZERO, TransportEnd::Closed);
            sheet.ended(Direction::ServerToClient, Duration::ZERO, TransportEnd::Closed);
        }
        sheet.flush();
        assert_eq!((sheet.lines.len(), sheet.more), (MAX_LINES, u64::try_from(MAX_LINES).unwrap()));
    }

    /// The lines of records with data are long.
    #[test]
    fn how_much_text_is_kept_is_limited() {
        let view = View { lines: true, data: true, ..View::NOTHING };
        let mut sheet = Sheet::new(view, None, 0, &[], Duration::ZERO);
        let record = vec![0; 1 << 14];
        let count = 100;
        for _ in 0..count {
            sheet.set(Line::new(Direction::ClientToServer, Duration::ZERO, "data", 0).with_data(&record));
        }
        sheet.flush();
        let len: usize = sheet.lines.iter().map(String::len).sum();
        assert!(len <= MAX_KEPT && len > MAX_KEPT / 2, "{len}");
        assert_eq!(sheet.lines.len() + usize::try_from(sheet.more).unwrap(), count);
    }
}
