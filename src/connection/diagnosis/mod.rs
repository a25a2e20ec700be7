//! Why a connection has failed, in words: the cause first, then what to try. `greeting` is about peers that do not speak
//! TLS, `refusal` about what two sides have not got in common, `alert` about what the peer's alert may mean.

mod alert;
mod greeting;
mod refusal;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::error::{Error, Lacking};
use crate::handshake::{Journal, JournalOf, Stage};

/// Why a connection has failed: see [`Connection::diagnosis`](crate::Connection::diagnosis). Displayed, it is one line;
/// [`Self::long`] has many. The words are for people, and may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    cause: String,
    details: Vec<String>,
    advice: Vec<String>,
}

impl Diagnosis {
    /// What happened.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// What it follows from: what each side had, a line each.
    pub fn details(&self) -> impl Iterator<Item = &str> {
        self.details.iter().map(String::as_str)
    }

    /// What to try, the most likely first.
    pub fn advice(&self) -> impl Iterator<Item = &str> {
        self.advice.iter().map(String::as_str)
    }

    /// All of it, displayed in many lines.
    #[must_use]
    pub fn long(&self) -> impl fmt::Display {
        Long(self)
    }

    pub(super) fn of(error: &Error, journal: Option<&Journal>) -> Self {
        let mut diagnosis = Self { cause: error.to_string(), details: Vec::new(), advice: Vec::new() };
        diagnosis.explain(error, journal);
        diagnosis
    }

    fn explain(&mut self, error: &Error, journal: Option<&Journal>) {
        match (error, journal) {
            (Error::NotTls { first }, _) => self.no_tls(*first),
            (Error::Alert(alert), _) => self.alert(*alert, journal),
            (Error::NothingInCommon(Lacking::SecureRenegotiation), _) => {
                self.advise("update the server; or take the risk by SecureRenegotiation::Tolerate");
            }
            (Error::NothingInCommon(Lacking::ExtendedMasterSecret), _) => {
                self.advise("update the peer; or set extended_master_secret to Agreement::Prefer on this side");
            }
            (Error::NothingInCommon(Lacking::EncryptThenMac), _) => {
                self.advise("set encrypt_then_mac to Agreement::Prefer on this side, or allow suites with GCM");
            }
            (Error::Version { .. } | Error::Sslv2Hello { .. }, _) => {
                self.advise("switch TLS 1.2 on at the peer, or update it; this side speaks nothing older");
            }
            (Error::VersionNotListed, _) => self.advise("allow TLS 1.2 at the client"),
            (Error::BadRecordMac, Some(_)) => {
                self.advise("with a pre-shared key: compare the keys of both sides");
                self.advise("else look for a device between the two that changes what passes");
            }
            (Error::NoPresharedKey, _) => self.advise("configure a key for this server, and its identity"),
            (Error::ClosedInHandshake | Error::Truncated, Some(journal)) => self.closed(error, journal),
            (_, Some(Journal { refusal: Some(refusal), .. })) => self.refused(refusal),
            _ => {}
        }
    }

    /// The peer went away in the midst of the handshake.
    fn closed(&mut self, error: &Error, journal: &Journal) {
        let how = match error {
            Error::Truncated => "cut the connection",
            _ => "closed the connection",
        };
        match (&journal.side, journal.stage) {
            (JournalOf::Client { config, server_name }, Stage::Greeting) => {
                self.cause = alloc::format!("the server {how} right after our ClientHello, without a word");
                self.offered(config, server_name);
                self.advise("make sure that this port speaks TLS, and at once: not plain text, nor after a STARTTLS");
                self.advise("ask the server's log; many servers do this where others send handshake_failure");
                self.advise_on_offer(config);
            }
            (JournalOf::Client { .. }, Stage::Greeted) => {
                self.cause = alloc::format!("the server {how} in the midst of the handshake");
                if !self.certificate_request(journal) {
                    self.advise("ask the server's log why");
                }
            }
            (JournalOf::Server { .. }, Stage::Greeting) => {
                self.cause =
                    alloc::format!("the client {how} before it said anything: a health check or a port scan does so");
            }
            (JournalOf::Server { .. }, Stage::Greeted) => {
                self.cause = alloc::format!("the client {how} in the midst of the handshake, without an alert");
                self.advise("ask the client's log why: most often it does not trust the server's certificate");
            }
        }
    }

    fn detail(&mut self, line: impl Into<String>) {
        self.details.push(line.into());
    }

    fn advise(&mut self, line: impl Into<String>) {
        self.advice.push(line.into());
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)?;
        match self.advice.first() {
            Some(first) => write!(f, " (try: {first})"),
            None => Ok(()),
        }
    }
}

struct Long<'a>(&'a Diagnosis);

impl fmt::Display for Long<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnosis { cause, details, advice } = self.0;
        f.write_str(cause)?;
        for line in details {
            write!(f, "\n  {line}")?;
        }
        if !advice.is_empty() {
            f.write_str("\nwhat to try:")?;
        }
        for line in advice {
            write!(f, "\n- {line}")?;
        }
        Ok(())
    }
}

/// `items`, the first few of them, with commas; `none` if there are none.
fn list<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    /// As many as are still read.
    const MOST: usize = 12;
    let mut text = String::new();
    for (i, item) in items.into_iter().enumerate() {
        if i == MOST {
            text.push_str(", …");
            break;
        }
        if i > 0 {
            text.push_str(", ");
        }
        text.push_str(&item.to_string());
    }
    if text.is_empty() { String::from("none") } else { text }
}
