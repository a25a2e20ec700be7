//! One connection in a page: what is known of it as a whole, its messages, its key schedule and its certificates.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use tls12::inspect::{
    Check, Content as Message, Direction, Item, ItemKind, KeySchedule, Outcome, Place, Protection, Verdict,
};

use super::chain::{self, Chain};
use super::dump::{self, Block, Budget};
use super::html::{Beginning, Html, html};
use super::schedule::{self, Finished};
use super::sides::Sides;
use super::timeline::{self, Mark};
use super::{Held, MAX_HELD};
use crate::certificates;
use crate::explain::anatomy;
use crate::explain::line::Line;
use crate::explain::opened::{Content, Opened, Seen};
use crate::explain::verdict::{Conclusion, MAX_LISTED, VERIFIED};

/// The maximum number of messages that are drawn of a connection.
const MAX_MESSAGES: u64 = 400;

/// The length of the rows of a connection beyond which no further message is drawn, in bytes of HTML.
const MAX_ROWS: usize = 1 << 20;

/// The number of records that are remembered in each direction, for the message that ends in the last one.
const MAX_RECORDS: usize = 4;

/// One connection.
pub struct Section {
    number: u64,
    /// The addresses of client and server, if they are known.
    ends: Option<[SocketAddr; 2]>,
    begun: Duration,
    rows: Html,
    /// The number of rows, and of messages that are not drawn.
    count: u64,
    more: u64,
    budget: Budget,
    held: Held,
    marks: Vec<Mark>,
    records: Sides<VecDeque<Seen>>,
    chains: Sides<Chain>,
    finished: Sides<Finished>,
}

impl Section {
    pub fn new(number: u64, ends: &[SocketAddr], begun: Duration, held: Held) -> Self {
        Self {
            number,
            ends: ends.try_into().ok(),
            begun,
            rows: Html::default(),
            count: 0,
            more: 0,
            budget: Budget::default(),
            held,
            marks: Vec::new(),
            records: Sides::default(),
            chains: Sides::default(),
            finished: Sides::default(),
        }
    }

    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The length of its rows.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Which connection it is, in words.
    pub fn title(&self) -> String {
        match self.ends {
            Some([client, server]) => format!("{client} to {server}"),
            None => "the bytes of one side".to_owned(),
        }
    }

    /// When it began, if the capture says so.
    pub fn time(&self) -> Option<String> {
        self.ends.and_then(|_| certificates::time_of(self.begun.as_secs()))
    }

    /// Remembers what the lines, the key schedule and the chains need of an item.
    pub fn item(&mut self, item: &Item) {
        let direction = item.place.direction;
        match &item.kind {
            ItemKind::Record(record) => {
                let records = self.records.of_mut(direction);
                if records.len() == MAX_RECORDS {
                    records.pop_front();
                }
                records.push_back(Seen::new(item.place.record, record));
            }
            ItemKind::Handshake(message) => match &message.content {
                Message::Certificate(chain) => self.chains.of_mut(direction).certificates.clone_from(chain),
                Message::Finished(verify_data) => {
                    self.finished.of_mut(direction).verify_data.clone_from(verify_data);
                    self.finished.of_mut(direction).outcome = None;
                }
                _ => {}
            },
            ItemKind::Checked(Check::Chain, outcome) => self.chains.of_mut(direction).outcome = Some(outcome.clone()),
            ItemKind::Checked(Check::Finished, outcome) => {
                self.finished.of_mut(direction).outcome = Some(outcome.clone());
            }
            _ => {}
        }
    }

    /// The content at a place, with its records.
    pub fn opened(&self, place: &Place, content: Content) -> Opened {
        let records = self.records.of(place.direction);
        let of_place: Vec<_> = records.iter().filter(|seen| seen.number >= place.record).cloned().collect();
        let last = of_place.last().map_or(place.record, |seen| seen.number);
        let count = last.saturating_sub(place.record).saturating_add(1);
        let more_records = count.saturating_sub(u64::try_from(of_place.len()).unwrap_or(u64::MAX));
        Opened { records: of_place, more_records, content }
    }

    /// Adds a note on the connection.
    pub fn note(&mut self, text: &str) {
        let before = self.rows.len();
        html!(self.rows; "<li class=\"note\">" (Beginning(text)) "</li>");
        self.held.set(self.held.get().saturating_add(self.rows.len() - before));
    }

    /// Adds the next line of the report.
    pub fn line(&mut self, line: &Line) {
        let follows = line.opened.as_ref().is_some_and(|opened| matches!(opened.content, Content::Follows));
        if follows && line.checks.is_empty() {
            return;
        }
        if self.count == MAX_MESSAGES || self.rows.len() > MAX_ROWS || self.held.get() > MAX_HELD {
            self.more = self.more.saturating_add(1);
            return;
        }
        let before = self.rows.len();
        self.row(line);
        self.count += 1;
        self.held.set(self.held.get().saturating_add(self.rows.len() - before));
    }

    fn row(&mut self, line: &Line) {
        let before = self.marks.last().map_or(Duration::ZERO, |mark| mark.elapsed);
        let gap = line.elapsed.saturating_sub(before);
        let is_sealed =
            line.opened.as_ref().is_some_and(|opened| opened.records.first().is_some_and(Seen::is_protected));
        let has_failed = line.checks.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
            || line.fields.0.get("level").is_some_and(|level| level == "fatal");
        self.marks.push(Mark { elapsed: line.elapsed, direction: line.direction, is_sealed, has_failed });
        html!(self.rows; "<li id=\"s" (self.number) "-m" (self.count) "\" class=\"m");
        self.rows.markup(match line.direction {
            Direction::ClientToServer => " c2s",
            Direction::ServerToClient => " s2c",
        });
        self.rows.markup(if is_sealed { " sealed" } else { "" });
        self.rows.markup(if has_failed { " bad" } else { "" });
        self.rows.markup(match gap.as_micros() {
            0..1_000 => "\">",
            1_000..10_000 => " g1\">",
            10_000..100_000 => " g2\">",
            100_000..1_000_000 => " g3\">",
            _ => " g4\">",
        });
        if gap >= timeline::LONG && self.count > 0 {
            html!(self.rows; "<p class=\"gap\">" (timeline::time(gap)) " later</p>");
        }
        let blocks = blocks(line);
        self.rows.markup(if blocks.is_empty() { "<div class=\"row\">" } else { "<details><summary class=\"row\">" });
        self.summary(line, is_sealed);
        if blocks.is_empty() {
            html!(self.rows; "</div></li>");
        } else {
            html!(self.rows; "</summary><div class=\"open\">");
            dump::draw(&mut self.rows, &mut self.budget, &blocks);
            html!(self.rows; "</div></details></li>");
        }
    }

    /// The part of a row that is visible before it is opened.
    fn summary(&mut self, line: &Line, is_sealed: bool) {
        let rows = &mut self.rows;
        html!(rows; "<span class=\"t\">" (timeline::time(line.elapsed)) "</span><span class=\"wire\"><span class=\"arrow\">");
        if is_sealed {
            html!(rows; "<svg class=\"lock\" role=\"img\" aria-label=\"encrypted\"><use href=\"#lock\"/></svg>");
        }
        let from = match line.direction {
            Direction::ClientToServer => "client to server: ",
            Direction::ServerToClient => "server to client: ",
        };
        html!(rows; "<span class=\"sr\">" (from) "</span><b>" (Beginning(&line.message)) "</b> <span class=\"len\">");
        if line.len > 0 {
            html!(rows; (line.len) " " (if line.len == 1 { "byte" } else { "bytes" }));
        }
        if line.count > 1 {
            html!(rows; " in " (line.count) " records");
        }
        html!(rows; "</span></span>");
        let mut words = String::new();
        let _ = line.fields.in_words(&mut words);
        if let Some(words) = words.strip_prefix(": ") {
            html!(rows; "<span class=\"cap\">" (Beginning(words)) "</span>");
        }
        let closed = line.opened.as_ref().and_then(|opened| opened.records.first());
        if let Some(Seen { protection: Protection::Closed(why), .. }) = closed {
            html!(rows; "<span class=\"ck open\">not decrypted: " (why) "</span>");
        }
        for (check, outcome) in &line.checks {
            match outcome {
                Outcome::Verified => html!(rows; "<span class=\"ck good\">" (check) ": verified</span>"),
                Outcome::Failed(fault) => {
                    html!(rows; "<span class=\"ck wrong\">" (check) ": wrong: " (Beginning(fault.to_string())) "</span>");
                }
                Outcome::Unknown(why) => {
                    html!(rows; "<span class=\"ck open\">" (check) ": not verified: " (Beginning(why.to_string())) "</span>");
                }
                _ => {}
            }
        }
        html!(rows; "</span>");
    }

    /// The whole section.
    pub fn finish(&self, conclusion: &Conclusion, schedule: Option<&KeySchedule>, show_secrets: bool) -> Html {
        let mut html = Html::default();
        let number = self.number;
        html!(html; "<section class=\"connection\" id=\"s" (number) "\"><h2>Connection " (number) ": " (self.title()) "</h2>");
        verdict(&mut html, conclusion);
        facts(&mut html, conclusion, self.time());
        html!(html; "<h3>Messages</h3><p class=\"w\">Each opens into its bytes, by a click or Enter. There the arrow keys move between the \
                     fields, and Esc closes it. The time is that since the beginning.</p>");
        timeline::draw(&mut html, &self.marks);
        let [client, server] =
            self.ends.map_or_else(|| [String::new(), String::new()], |ends| ends.map(|end| end.to_string()));
        html!(html; "<div><div class=\"heads\"><p><b>Client</b> " (client) "</p><p><b>Server</b> " (server) "</p></div>\
                     <ol class=\"rows\">");
        html.append(&self.rows);
        html!(html; "</ol></div>");
        if self.more > 0 {
            html!(html; "<p class=\"cut\">" (self.more) " more messages are not drawn: the page has a limit. \
                         <code>tls12 explain --stream " (number) "</code> prints all.</p>");
        }
        if self.budget.is_used_up() {
            html!(html; "<p class=\"cut\">Not all bytes are shown: the page has a limit. <code>-v</code> prints all.</p>");
        }
        if let Some(schedule) = schedule {
            html!(html; "<h3>Key schedule</h3>");
            schedule::draw(&mut html, schedule, conclusion.resumed, &self.finished, show_secrets);
        }
        chain::draw(&mut html, &self.chains);
        html!(html; "</section>");
        html
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        self.held.set(self.held.get().saturating_sub(self.rows.len()));
    }
}

/// The bytes that a line opens into.
fn blocks(line: &Line) -> Vec<Block<'_>> {
    let Some(opened) = &line.opened else { return Vec::new() };
    let mut blocks = Vec::new();
    for seen in &opened.records {
        let state = match &seen.protection {
            Protection::Plain => "in plaintext".to_owned(),
            Protection::Opened { sequence } => format!("decrypted with sequence number {sequence}"),
            _ => "encrypted".to_owned(),
        };
        blocks.push(Block {
            title: format!("Header of record {}, {state}", seen.number),
            bytes: &seen.header,
            fields: anatomy::of_record_header(&seen.header, seen.is_protected()),
        });
    }
    if opened.more_records > 0
        && let Some(block) = blocks.last_mut()
    {
        block.title = format!("{}; {} more records are in this line", block.title, opened.more_records);
    }
    match &opened.content {
        Content::Message(message) => blocks.push(Block {
            title: format!("{} ({})", message.typ, anatomy::clause(message.typ)),
            bytes: &message.bytes,
            fields: anatomy::of(message),
        }),
        Content::ChangeCipherSpec if line.checks.is_empty() => blocks.push(Block {
            title: "ChangeCipherSpec (RFC 5246 §7.1)".to_owned(),
            bytes: &[1],
            fields: anatomy::of_change_cipher_spec(&[1]),
        }),
        Content::Alert(alert) => blocks.push(Block {
            title: "Alert (RFC 5246 §7.2)".to_owned(),
            bytes: alert,
            fields: anatomy::of_alert(alert),
        }),
        Content::Data(data) => {
            let shown = u64::try_from(data.len()).unwrap_or(u64::MAX);
            let title = if shown < line.len {
                format!("The first {shown} bytes of {} of application data", line.len)
            } else {
                "Application data".to_owned()
            };
            blocks.push(Block { title, bytes: data, fields: Vec::new() });
        }
        Content::ChangeCipherSpec | Content::Closed | Content::Follows => {}
    }
    blocks
}

/// The verdict on the connection, and the cause if it failed.
fn verdict(html: &mut Html, conclusion: &Conclusion) {
    let (class, title) = super::standing(conclusion);
    html!(html; "<div class=\"verdict " (class) "\"><p class=\"what\">" (title) "</p>");
    if let Some(diagnosis) = &conclusion.diagnosis {
        html!(html; "<p class=\"cause\">" (diagnosis.cause()) "</p>");
        listed(html, "", diagnosis.details().map(str::to_owned));
        listed(html, "What to try", diagnosis.advice().iter().map(ToString::to_string));
    }
    if conclusion.verdict == Verdict::Verified {
        html!(html; "<p>It is verified: " (VERIFIED) ".</p>");
    }
    listed(html, "Wrong", conclusion.faults.iter().map(ToString::to_string));
    listed(html, "Not verified", conclusion.not_verified.iter().map(ToString::to_string));
    html!(html; "</div>");
}

fn listed(html: &mut Html, title: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        return;
    }
    if !title.is_empty() {
        html!(html; "<p class=\"h\">" (title) "</p>");
    }
    html!(html; "<ul>");
    for item in items.iter().take(2 * MAX_LISTED) {
        html!(html; "<li>" (item) "</li>");
    }
    if let Some(more) = items.len().checked_sub(2 * MAX_LISTED).filter(|more| *more > 0) {
        html!(html; "<li>" (more) " more</li>");
    }
    html!(html; "</ul>");
}

fn facts(html: &mut Html, conclusion: &Conclusion, time: Option<String>) {
    let session = conclusion.resumed.map(|resumed| if resumed { "resumed" } else { "new" }.to_owned());
    let opened = (!conclusion.opened_with.is_empty()).then(|| conclusion.opened_with.join(" and "));
    let handshakes = (conclusion.handshakes > 0).then(|| conclusion.handshakes.to_string());
    html!(html; "<dl class=\"facts\">");
    for (name, value) in [
        ("Version", conclusion.version.clone()),
        ("Cipher suite", conclusion.suite.clone()),
        ("Session", session),
        ("Complete handshakes", handshakes),
        ("Decrypted with", opened),
        ("Began", time),
    ] {
        if let Some(value) = value {
            html!(html; "<div><dt>" (name) "</dt><dd>" (value) "</dd></div>");
        }
    }
    html!(html; "</dl>");
}
