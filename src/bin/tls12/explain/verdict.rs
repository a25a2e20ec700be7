//! The end of the report: what the connection is, whether it is verified, and why it failed.

use std::fmt::{Display, Write as _};

use tls12::Diagnosis;
use tls12::inspect::{Conversation, Inspector, Place, SecretSource, Summary, Unknown, Verdict as Of};

use super::line;
use crate::output::Event;

/// How many faults, and reasons why something is not known, are printed. JSON has those that the conversation kept.
pub const MAX_LISTED: usize = 5;

/// What is said of a connection of which everything is right.
pub const VERIFIED: &str = "all records, Finished messages and signatures are right, and nothing is missing";

/// What is known of a connection as a whole, in words.
pub struct Conclusion {
    pub verdict: Of,
    pub version: Option<String>,
    pub suite: Option<String>,
    pub resumed: Option<bool>,
    pub handshakes: u64,
    /// What it was decrypted with.
    pub opened_with: Vec<&'static str>,
    pub faults: Vec<Group>,
    pub not_verified: Vec<Group>,
    pub diagnosis: Option<Diagnosis>,
}

impl Conclusion {
    pub fn of(conversation: &Conversation, inspector: &Inspector, sources: &[SecretSource]) -> Self {
        let summary = conversation.summary();
        let diagnosis = conversation.diagnosis(inspector);
        let unknown =
            summary.unknown.iter().filter_map(|found| Some((found.place, words(&found.what, diagnosis.is_some())?)));
        Self {
            verdict: summary.verdict(),
            version: summary.version.map(|version| version.to_string()),
            suite: suite(summary),
            resumed: summary.resumed,
            handshakes: summary.handshakes,
            opened_with: sources.iter().map(|source| name(*source)).collect(),
            faults: grouped(summary.faults.iter().map(|found| (found.place, &found.what))),
            not_verified: grouped(unknown),
            diagnosis,
        }
    }

    /// It failed, or something is wrong with it.
    pub fn has_failed(&self) -> bool {
        self.verdict == Of::Failed || self.diagnosis.is_some()
    }

    pub fn event(&self, stream: u64) -> Event {
        let verdict = match self.verdict {
            Of::Verified => "verified",
            Of::Failed => "wrong",
            _ => "unknown",
        };
        let new = if self.has_failed() { Event::failure } else { Event::new };
        let event = new("conclusion")
            .with("stream", stream)
            .with("version", self.version.clone())
            .with("suite", self.suite.clone())
            .with("resumed", self.resumed)
            .with("handshakes", self.handshakes)
            .with("opened_with", self.opened_with.clone())
            .with("verdict", verdict)
            .with("faults", self.faults.iter().map(Group::to_string).collect::<Vec<_>>())
            .with("not_verified", self.not_verified.iter().map(Group::to_string).collect::<Vec<_>>());
        match &self.diagnosis {
            None => event,
            Some(diagnosis) => event
                .with("cause", diagnosis.cause())
                .with("details", diagnosis.details().collect::<Vec<_>>())
                .with("advice", diagnosis.advice().iter().map(ToString::to_string).collect::<Vec<_>>()),
        }
    }

    pub fn text(&self) -> String {
        let mut text = format!("  {}", self.parameters());
        match self.verdict {
            Of::Verified => {
                let _ = write!(text, "\n  verified: {VERIFIED}");
            }
            Of::Failed => listed(&mut text, "WRONG", &self.faults),
            _ => {}
        }
        listed(&mut text, "not verified", &self.not_verified);
        if let Some(diagnosis) = &self.diagnosis {
            for line in format!("cause: {}", diagnosis.long()).lines() {
                let _ = write!(text, "\n  {line}");
            }
        }
        text.push('\n');
        text
    }

    fn parameters(&self) -> String {
        let mut parts: Vec<String> = self.version.iter().chain(&self.suite).cloned().collect();
        match self.resumed {
            Some(true) => parts.push("a resumed session".to_owned()),
            Some(false) => parts.push("a new session".to_owned()),
            None => {}
        }
        if self.handshakes > 1 {
            parts.push(format!("{} handshakes", self.handshakes));
        }
        if parts.is_empty() {
            parts.push("no ServerHello".to_owned());
        }
        let mut text = parts.join(", ");
        if !self.opened_with.is_empty() {
            let _ = write!(text, "; decrypted with {}", self.opened_with.join(" and "));
        }
        text
    }
}

/// Why something is not known, in the words of this tool; `None` if it does not matter, or is said otherwise.
fn words(why: &Unknown, has_failed: bool) -> Option<String> {
    Some(match why {
        // A key log has it, and the Finished messages prove that it is right.
        Unknown::MasterSecretGiven => return None,
        Unknown::NotClosed if has_failed => return None,
        Unknown::NoVerifier => "the certificates, without --ca".to_owned(),
        Unknown::NoSecret => format!("{why} (--keylog, --rsa-key, --psk)"),
        _ => why.to_string(),
    })
}

fn suite(summary: &Summary) -> Option<String> {
    let code = summary.suite?;
    Some(summary.suite_name().map_or_else(|| format!("{code:#06x}"), str::to_owned))
}

const fn name(source: SecretSource) -> &'static str {
    match source {
        SecretSource::KeyLog => "the key log",
        SecretSource::Session => "the session of an earlier connection",
        SecretSource::RsaKey => "the server's RSA key",
        SecretSource::PresharedKey => "the pre-shared key",
        SecretSource::KeyShare => "an ephemeral key",
        _ => "a secret",
    }
}

/// The same thing at one place or more.
pub struct Group {
    what: String,
    first: Place,
    count: usize,
}

impl Display for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Place { direction, record, .. } = self.first;
        write!(f, "{}, record {record}: {}", line::name(direction), self.what)?;
        match self.count {
            0 | 1 => Ok(()),
            count => write!(f, " (and {} more of the same kind)", count - 1),
        }
    }
}

/// Those of the same direction that say the same, together.
fn grouped(found: impl Iterator<Item = (Place, impl Display)>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, what) in found {
        let what = what.to_string();
        let known = groups.iter_mut().find(|group| group.what == what && group.first.direction == place.direction);
        match known {
            Some(group) => group.count += 1,
            None => groups.push(Group { what, first: place, count: 1 }),
        }
    }
    groups
}

fn listed(text: &mut String, title: &str, groups: &[Group]) {
    for group in groups.iter().take(MAX_LISTED) {
        let _ = write!(text, "\n  {title}: {group}");
    }
    if let Some(more) = groups.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        let _ = write!(text, "\n  {title}: {more} more");
    }
}
