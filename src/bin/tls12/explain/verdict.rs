//! The end of the report: what the connection is, whether it is verified, and why it failed.

use std::fmt::{Display, Write as _};

use tls12::inspect::{Conversation, Inspector, Place, SecretSource, Summary, Unknown, Verdict as Of};

use super::line;
use crate::output::Event;

/// How many faults, and reasons why something is not known, are printed. JSON has those that the conversation kept.
const MAX_LISTED: usize = 5;

/// What is known of a connection as a whole.
pub struct Verdict {
    pub event: Event,
    pub text: String,
    /// It failed, or something is wrong with it.
    pub has_failed: bool,
}

/// As JSON, and as text.
pub fn of(stream: u64, conversation: &Conversation, inspector: &Inspector, sources: &[SecretSource]) -> Verdict {
    let summary = conversation.summary();
    let faults = grouped(summary.faults.iter().map(|found| (found.place, &found.what)));
    let diagnosis = conversation.diagnosis(inspector);
    let unknown =
        summary.unknown.iter().filter_map(|found| Some((found.place, words(&found.what, diagnosis.is_some())?)));
    let unknown = grouped(unknown);
    let opened: Vec<&str> = sources.iter().map(|source| name(*source)).collect();
    let verdict = match summary.verdict() {
        Of::Verified => "verified",
        Of::Failed => "wrong",
        _ => "unknown",
    };
    let has_failed = summary.verdict() == Of::Failed || diagnosis.is_some();
    let new = if has_failed { Event::failure } else { Event::new };
    let mut event = new("conclusion")
        .with("stream", stream)
        .with("version", summary.version.map(|version| version.to_string()))
        .with("suite", suite(summary))
        .with("resumed", summary.resumed)
        .with("handshakes", summary.handshakes)
        .with("opened_with", opened.clone())
        .with("verdict", verdict)
        .with("faults", faults.iter().map(Group::to_string).collect::<Vec<_>>())
        .with("not_verified", unknown.iter().map(Group::to_string).collect::<Vec<_>>());
    let mut text = String::from("  ");
    text.push_str(&parameters(summary, &opened));
    match summary.verdict() {
        Of::Verified => {
            text.push_str(
                "\n  verified: all records, Finished messages and signatures are right, and nothing is missing",
            );
        }
        Of::Failed => listed(&mut text, "WRONG", &faults),
        _ => {}
    }
    listed(&mut text, "not verified", &unknown);
    if let Some(diagnosis) = diagnosis {
        event = event
            .with("cause", diagnosis.cause())
            .with("details", diagnosis.details().collect::<Vec<_>>())
            .with("advice", diagnosis.advice().iter().map(ToString::to_string).collect::<Vec<_>>());
        for line in format!("cause: {}", diagnosis.long()).lines() {
            let _ = write!(text, "\n  {line}");
        }
    }
    text.push('\n');
    Verdict { event, text, has_failed }
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

fn parameters(summary: &Summary, opened: &[&str]) -> String {
    let mut parts: Vec<String> = summary.version.iter().map(ToString::to_string).collect();
    parts.extend(suite(summary));
    match summary.resumed {
        Some(true) => parts.push("a resumed session".to_owned()),
        Some(false) => parts.push("a new session".to_owned()),
        None => {}
    }
    if summary.handshakes > 1 {
        parts.push(format!("{} handshakes", summary.handshakes));
    }
    if parts.is_empty() {
        parts.push("no ServerHello".to_owned());
    }
    let mut text = parts.join(", ");
    if !opened.is_empty() {
        let _ = write!(text, "; decrypted with {}", opened.join(" and "));
    }
    text
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
struct Group {
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
