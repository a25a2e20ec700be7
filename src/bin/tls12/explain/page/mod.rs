//! `--html`: a page that draws connections. It needs no network, and its Content-Security-Policy allows only its own script and
//! style, whatever the capture contains.
//!
//! `section` draws a connection, `timeline` its time axis, `dump` bytes with their fields, `schedule` its keys and `chain` its
//! certificates. `html` escapes text. The page is complete without its script, which lights up fields and moves between them.

mod chain;
mod dump;
mod html;
mod schedule;
mod section;
mod sides;
mod timeline;

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use tls12::crypto::{HashAlgorithm, ring};
use tls12::inspect::{KeySchedule, Verdict};

use super::verdict::Conclusion;
use crate::failure::Failure;
use crate::new_file::NewFile;
use html::{Beginning, Html, html};
pub use section::Section;

/// The maximum number of connections that are drawn. Failed ones take precedence.
const MAX_SECTIONS: usize = 20;

/// The maximum length of these together, in bytes of HTML.
const MAX_LEN: usize = 8 << 20;

/// The maximum length of the rows that are kept for all connections together, in bytes of HTML, including connections that have not
/// ended. Further messages are not drawn.
const MAX_HELD: usize = 64 << 20;

/// The maximum number of connections that are listed.
const MAX_LISTED: usize = 1000;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A page that has not been written yet.
pub struct Page {
    file: NewFile,
    /// The name of the capture.
    capture: String,
    show_secrets: bool,
    drawn: Vec<Drawn>,
    list: Vec<Entry>,
    /// The number of connections that are not listed.
    more: u64,
    held: Held,
}

/// The length of the rows that are kept for all connections, in bytes of HTML.
type Held = Rc<Cell<usize>>;

/// A connection that is drawn.
struct Drawn {
    number: u64,
    html: Html,
    has_failed: bool,
}

/// A connection in the list.
struct Entry {
    number: u64,
    title: String,
    time: String,
    standing: (&'static str, &'static str),
    cause: Option<String>,
}

/// The CSS class and the title for the verdict on a connection.
fn standing(conclusion: &Conclusion) -> (&'static str, &'static str) {
    match (&conclusion.diagnosis, conclusion.verdict) {
        (Some(_), _) => ("wrong", "This connection failed"),
        (None, Verdict::Failed) => ("wrong", "Something in this connection is wrong"),
        (None, Verdict::Verified) => ("good", "Verified"),
        _ => ("open", "Nothing wrong was seen, but not everything could be verified"),
    }
}

impl Page {
    /// Checks that the file can be written.
    pub fn prepare(path: &Path, capture: &Path, show_secrets: bool) -> Result<Self, Failure> {
        let capture = match capture.file_name() {
            Some(name) if capture != Path::new("-") => name.to_string_lossy().into_owned(),
            _ => "standard input".to_owned(),
        };
        let file = NewFile::prepare(path)?;
        Ok(Self { file, capture, show_secrets, drawn: Vec::new(), list: Vec::new(), more: 0, held: Held::default() })
    }

    /// Begins the section of a connection.
    pub fn section(&self, number: u64, ends: &[SocketAddr], begun: Duration) -> Section {
        Section::new(number, ends, begun, Rc::clone(&self.held))
    }

    /// Adds a connection that has ended.
    pub fn add(&mut self, section: Section, conclusion: &Conclusion, schedule: Option<&KeySchedule>) {
        let (number, has_failed) = (section.number(), conclusion.has_failed());
        if self.list.len() < MAX_LISTED {
            self.list.push(Entry {
                number,
                title: section.title(),
                time: section.time().unwrap_or_default(),
                standing: standing(conclusion),
                cause: conclusion.diagnosis.as_ref().map(|diagnosis| diagnosis.cause().to_owned()),
            });
        } else {
            self.more = self.more.saturating_add(1);
        }
        let drawn = Drawn { number, html: section.finish(conclusion, schedule, self.show_secrets), has_failed };
        while !self.has_room(drawn.html.len()) {
            let lesser = self.drawn.iter().rposition(|other| has_failed && !other.has_failed);
            let Some(lesser) = lesser else { return };
            self.drawn.remove(lesser);
        }
        self.drawn.push(drawn);
    }

    fn has_room(&self, len: usize) -> bool {
        let used: usize = self.drawn.iter().map(|drawn| drawn.html.len()).sum();
        self.drawn.len() < MAX_SECTIONS && used.saturating_add(len) <= MAX_LEN
    }

    /// Writes the file.
    pub fn write(mut self) -> Result<(), Failure> {
        self.drawn.sort_unstable_by_key(|drawn| drawn.number);
        self.list.sort_unstable_by_key(|entry| entry.number);
        let mut html = Html::default();
        html!(html; "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
            <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action 'none'; \
            style-src '" (source(STYLE)) "'; script-src '" (source(SCRIPT)) "'\">\
            <meta http-equiv=\"x-dns-prefetch-control\" content=\"off\"><meta name=\"referrer\" content=\"no-referrer\">\
            <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
            <title>" (self.capture) ", explained</title><style>");
        html.markup(STYLE);
        html!(html; "</style></head><body><svg hidden><symbol id=\"lock\" viewBox=\"0 0 16 16\">\
            <path d=\"M4 7V5a4 4 0 0 1 8 0v2h1v8H3V7zm2 0h4V5a2 2 0 0 0-4 0z\"/></symbol></svg>\
            <header><h1>" (Beginning(&self.capture)) "</h1><p class=\"tools\"><button type=\"button\" id=\"all\" hidden>\
            Open all messages</button></p></header><main>");
        if self.list.len() > 1 {
            self.contents(&mut html);
        }
        self.drawn.iter().for_each(|drawn| html.append(&drawn.html));
        html!(html; "</main><footer><p>Made by tls12 " (env!("CARGO_PKG_VERSION")) ": <code>tls12 explain --html</code>. ");
        html!(html; (if self.show_secrets { "This page has secrets: anyone who has it can decrypt the connection." } else { "" }));
        html!(html; "</p></footer><output id=\"lit\" hidden></output><script>");
        html.markup(SCRIPT);
        html!(html; "</script></body></html>\n");
        let path = self.file.path().to_string();
        self.file.write(html.as_bytes()).map_err(|error| Failure::in_file(Path::new(&path), error))?;
        Ok(())
    }

    /// The list of all connections.
    fn contents(&self, html: &mut Html) {
        html!(html; "<nav aria-label=\"connections\"><h2>Connections</h2><ol class=\"list\">");
        for entry in &self.list {
            let (class, words) = entry.standing;
            html!(html; "<li class=\"" (class) "\"><span class=\"no\">" (entry.number) "</span> ");
            let is_drawn = self.drawn.iter().any(|drawn| drawn.number == entry.number);
            if is_drawn {
                html!(html; "<a href=\"#s" (entry.number) "\">" (entry.title) "</a>");
            } else {
                html!(html; "<span>" (entry.title) "</span> <span class=\"w\">(not drawn: <code>--stream " (entry.number) "</code>)\
                             </span>");
            }
            html!(html; " <time>" (entry.time) "</time> <span class=\"ck " (class) "\">");
            html!(html; (Beginning(entry.cause.as_deref().unwrap_or(words))) "</span></li>");
        }
        html!(html; "</ol>");
        if self.more > 0 {
            html!(html; "<p class=\"cut\">" (self.more) " more connections are not listed.</p>");
        }
        html!(html; "</nav>");
    }
}

/// The source expression that allows a style or a script by its hash (Content Security Policy Level 3, §2.3.1).
fn source(text: &str) -> String {
    let mut encoded = [0; 64];
    let hash = ring::provider().hash(HashAlgorithm::Sha256, text.as_bytes()).ok();
    match hash.as_ref().and_then(|hash| Base64::encode(hash.as_ref(), &mut encoded).ok()) {
        Some(hash) => format!("sha256-{hash}"),
        // The page then works without it.
        None => "none".to_owned(),
    }
}

#[cfg(test)]
mod tests;
