//! The report on one connection, line by line.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Map, Value};
use tls12::OtherProtocol;
use tls12::inspect::{
    Alert, AlertLevel, Check, Conversation, Direction, Inspector, Item, ItemKind, Outcome, Protection, Record,
    SecretSource, TransportEnd, Unknown,
};

use super::line::Line;
use super::verdict;
use crate::certificates;
use crate::output::{Event, To};
use crate::trace::{self, Fields};

/// How many lines of a connection are kept until it ends. With `--stream`, each is printed at once.
const MAX_LINES: usize = 500;

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
    lines: Vec<(Event, String)>,
    /// How many lines more there were than are kept.
    more: u64,
    /// The last line, to which more may be added.
    line: Option<Line>,
    sources: Vec<SecretSource>,
}

impl Sheet {
    /// `ends` are the addresses of client and server, if they are known.
    pub fn new(view: View, number: u64, ends: &[SocketAddr], begun: Duration) -> Self {
        let mut sheet = Self { view, number, begun, lines: Vec::new(), more: 0, line: None, sources: Vec::new() };
        if let [client, server] = ends {
            let time = certificates::time_of(begun.as_secs()).unwrap_or_default();
            let event = Event::new("conversation")
                .with("stream", number)
                .with("client", client.to_string())
                .with("server", server.to_string())
                .with("time", time.clone());
            sheet.push(event, format!("connection {number}: {client} to {server}, {time}"));
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
        let event = Event::new("note").with("stream", self.number).with("text", text);
        self.push(event, format!("  {text}"));
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
        let line =
            |message: &str, len| Line::new(item.place.direction, item.time.saturating_sub(self.begun), message, len);
        match &item.kind {
            ItemKind::Record(record) => self.record(record, line("", item.place.len)),
            ItemKind::Handshake(message) => {
                let mut line = line(&message.typ.to_string(), u64::try_from(message.bytes.len()).unwrap_or(u64::MAX));
                line.fields = trace::fields(message.typ, message.body()).unwrap_or_default();
                self.set(if self.view.verbose { line.with_message(message) } else { line });
            }
            ItemKind::ChangeCipherSpec => self.set(line("[ChangeCipherSpec]", 1)),
            ItemKind::Alert(alert) => {
                let mut line = line("Alert", 2);
                line.fields = of_alert(*alert);
                self.set(line);
            }
            ItemKind::Data(data) => {
                let line = line("application data", u64::try_from(data.len()).unwrap_or(u64::MAX));
                self.set(if self.view.data { line.with_data(data) } else { line });
            }
            ItemKind::Keys(source) if !self.sources.contains(source) => self.sources.push(*source),
            ItemKind::Checked(check, outcome) => self.check(*check, outcome),
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

    /// All was seen. Prints what was not printed yet, and what is known of the conversation as a whole.
    pub fn conclude(mut self, conversation: &Conversation, inspector: &Inspector) {
        self.flush();
        if self.more > 0 {
            let more = self.more;
            let text = format!("{more} more lines; --stream {} prints all", self.number);
            self.lines.push((Event::new("note").with("stream", self.number).with("text", &*text), format!("  {text}")));
        }
        let (event, text) = verdict::of(self.number, conversation, inspector, &self.sources);
        self.lines.push((event, text));
        let lines = std::mem::take(&mut self.lines);
        if self.view.lines {
            lines.into_iter().for_each(|(event, text)| event.print(To::Stdout, text));
        }
    }

    /// A record as such is shown only if what is in it is not.
    fn record(&mut self, record: &Record, mut line: Line) {
        let typ = record.content_type.name().unwrap_or("unknown");
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

    /// The result of a check goes with what was checked.
    fn check(&mut self, check: Check, outcome: &Outcome) {
        let is_of_whole =
            matches!(outcome, Outcome::Unknown(Unknown::NoVerifier | Unknown::MasterSecretGiven | Unknown::NotClosed));
        // The source of the master secret is said at the end.
        if is_of_whole || check == Check::MasterSecret {
            return;
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
            let text = line.text();
            self.push(line.event(self.number), text);
        }
    }

    fn push(&mut self, event: Event, text: String) {
        match self.view {
            View { lines: false, .. } => {}
            View { at_once: true, .. } => event.print(To::Stdout, text),
            _ if self.lines.len() < MAX_LINES => self.lines.push((event, text)),
            _ => self.more += 1,
        }
    }
}

fn of_alert(alert: Alert) -> Fields {
    let level = match alert.level {
        AlertLevel::Fatal => "fatal",
        _ => "warning",
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
        let view = View { lines: true, at_once: false, data: false, verbose: false };
        let mut sheet = Sheet::new(view, 0, &[], Duration::ZERO);
        for _ in 0..MAX_LINES {
            // Those of two sides are not the same line.
            sheet.ended(Direction::ClientToServer, Duration::ZERO, TransportEnd::Closed);
            sheet.ended(Direction::ServerToClient, Duration::ZERO, TransportEnd::Closed);
        }
        sheet.flush();
        assert_eq!((sheet.lines.len(), sheet.more), (MAX_LINES, u64::try_from(MAX_LINES).unwrap()));
    }
}
