//! Why a conversation between two others failed: which side ended it, over what, what each had, and what would join them.
//! `story` has the facts, `alert` explains alerts and silent ends, `offer` puts hellos into words, and `certificate` chains.

mod alert;
mod certificate;
mod offer;
mod story;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

pub(super) use story::Story;
pub use story::TransportEnd;

use super::finding::{Check, Fault};
use super::item::Direction;
use super::summary::{State, Summary};
use crate::connection::{Advice, Diagnosis};
use crate::crypto::Provider;
use crate::error::OtherProtocol;
use crate::handshake::Role;
use crate::wire::ProtocolVersion;

/// An explanation under way.
struct Explanation<'s> {
    story: &'s Story,
    provider: &'s dyn Provider,
    cause: String,
    details: Vec<String>,
    advice: Vec<Advice>,
}

/// Why a conversation failed; `None` if it did not, as far as can be seen.
pub(super) fn of(story: &Story, summary: &Summary, provider: &dyn Provider) -> Option<Diagnosis> {
    let mut explanation =
        Explanation { story, provider, cause: String::new(), details: Vec::new(), advice: Vec::new() };
    explanation.explain(summary).then(|| {
        let Explanation { cause, details, advice, .. } = explanation;
        Diagnosis::of_others(cause, details, advice)
    })
}

impl Explanation<'_> {
    /// Finds the cause; `false` if there is none.
    fn explain(&mut self, summary: &Summary) -> bool {
        let story = self.story;
        // A side that never spoke TLS is the cause, whatever the other said to that.
        let plain = story.plain.filter(|(direction, _)| story.last.of(*direction).is_none() && !story.is_complete());
        // Some sides answer the silent end of the other with an alert.
        let ended_before = story.ended.filter(|_| story.ended_silently).zip(summary.fatal_alert);
        let answered = ended_before.is_some_and(|((ender, _), (alerter, _))| ender != alerter);
        let has_alert = summary.fatal_alert.filter(|_| !answered);
        if let Some((direction, first)) = plain {
            self.not_tls(direction.sender(), first);
        } else if let Some((direction, alert)) = has_alert {
            self.alert(direction.sender(), alert.description);
            self.wrong(summary);
        } else if self.wrong(summary) {
            // The cause is what is wrong.
        } else if !story.is_complete() && story.server.as_ref().is_none_or(|hello| is_tls12(hello.version)) {
            self.unfinished();
        } else {
            return self.truncated(summary);
        }
        true
    }

    /// What is wrong with the bytes themselves, which no side needs to have said.
    fn wrong(&mut self, summary: &Summary) -> bool {
        let is_of_bytes = |check: Option<Check>| check != Some(Check::Chain);
        let Some(found) = summary.faults.iter().find(|found| is_of_bytes(found.check)) else { return false };
        let sender = found.place.direction.sender();
        let what = format!("in record {} of the {sender}: {}", found.place.record, found.what);
        if !self.cause.is_empty() {
            self.detail(what);
            return true;
        }
        self.cause = what;
        match &found.what {
            Fault::Signature(_) => self.advise(sender, "check that its private key matches its certificate"),
            // These records are as they were sent: their protection was right.
            Fault::Malformed(_) | Fault::Unexpected | Fault::NonceRepeated | Fault::TextTooLong => {
                self.advise(sender, "update its software: it violates TLS 1.2");
            }
            _ => self.detail("something between the two sides changed it, or the capture is not complete"),
        }
        true
    }

    /// A side does not speak TLS.
    fn not_tls(&mut self, sender: Role, first: [u8; 5]) {
        let other = sender.other();
        if matches!(first, [0x80..=0xff, _, 1, 3, _]) {
            self.cause = format!("the {sender} began with a hello in the format of SSL 2");
            self.advise(sender, "disable the hello in the format of SSL 2, which TLS 1.2 servers refuse (RFC 6176 §3)");
            return;
        }
        match OtherProtocol::from_first_bytes(first) {
            Some(protocol) => {
                self.cause = format!("the {sender} speaks {protocol} without TLS, to a {other} that speaks TLS");
            }
            None => {
                let first = first.escape_ascii();
                self.cause = format!("the {sender} does not speak TLS: it sent \"{first}\", to a {other} that does");
            }
        }
        match sender {
            Role::Server => {
                self.advise(Role::Client, "check the port, and whether the protocol has a command that starts TLS");
            }
            Role::Client => self.advise(Role::Client, "use TLS from the first byte on at this port"),
        }
    }

    /// The handshake was complete: whether the end is as it should be.
    fn truncated(&mut self, summary: &Summary) -> bool {
        let Some((direction, how)) = self.story.ended else { return false };
        let is_silent =
            |direction: Direction| summary.state(direction) < State::Closed && !self.story.closed_alert.of(direction);
        if !is_silent(direction) || summary.version.is_none_or(|version| !is_tls12(version)) {
            return false;
        }
        let sender = direction.sender();
        self.cause = format!("the {sender} {how} without close_notify, so that data may be missing (RFC 5246 §7.2.1)");
        self.advise(sender, "end the connection with close_notify, or read its log if it did not mean to end it");
        true
    }

    fn detail(&mut self, line: impl Into<String>) {
        self.details.push(line.into());
    }

    fn advise(&mut self, side: Role, change: impl Into<String>) {
        self.advice.push(Advice::At { side, change: change.into() });
    }
}

fn is_tls12(version: ProtocolVersion) -> bool {
    version == ProtocolVersion::TLS_1_2
}

/// The last thing that a side sent before the end, in words that follow what the other did.
fn after(story: &Story, direction: Direction) -> String {
    let sender = direction.sender();
    match (story.data.of(direction), story.changed.of(direction), story.last.of(direction)) {
        (true, ..) => format!(", after the {sender}'s data"),
        (_, true, _) => format!(", after the {sender}'s Finished"),
        (.., Some(typ)) => format!(", after the {sender}'s {typ}"),
        _ => format!(", before the {sender} sent anything"),
    }
}

/// The direction in which a side sends.
const fn from(side: Role) -> Direction {
    match side {
        Role::Client => Direction::ClientToServer,
        Role::Server => Direction::ServerToClient,
    }
}

#[cfg(test)]
#[cfg(feature = "ring")]
mod tests {
    use super::super::item::Place;
    use super::*;
    use crate::crypto::ring;
    use std::string::ToString;

    /// A record that opens is as its sender made it. One that does not, or that is not the next, may be as others left it.
    #[test]
    fn what_opens_is_its_senders_doing() {
        let place = Place { direction: Direction::ServerToClient, offset: 0, len: 9, record: 3, within: 0 };
        for (fault, is_of_sender) in [
            (Fault::NonceRepeated, true),
            (Fault::TextTooLong, true),
            (Fault::Unexpected, true),
            (Fault::Altered { sequence: 1 }, false),
            (Fault::RecordsMissing { first: 1, count: 1 }, false),
        ] {
            let mut summary = Summary::default();
            summary.fault(place, None, fault.clone());
            let said = of(&Story::default(), &summary, &*ring::provider()).unwrap().long().to_string();
            assert!(said.contains("in record 3 of the server"), "{fault}: {said}");
            assert_eq!(said.contains("at the server: update its software"), is_of_sender, "{fault}: {said}");
            assert_eq!(said.contains("something between the two sides changed it"), !is_of_sender, "{fault}: {said}");
        }
    }
}
