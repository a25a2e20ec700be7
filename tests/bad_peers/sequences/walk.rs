//! Walks through all sequences of one profile. One that was refused is refused whatever follows, because the connection has ended;
//! so only what follows legal ones need be tried.

use tls12::SealError;

use super::grammar::{EVERYTHING, Grammar, Letter, Protected, Verdict};
use super::peer::Peer;
use super::profile::{Configured, Profile};
use crate::support::pair::Happened;

/// The length of sequences of which all are decided.
pub const LENGTH: usize = 6;

/// No figure is longer. Beyond [`LENGTH`] nothing is tried that has letters which change nothing.
const LONGEST: usize = 11;

/// As many letters that change nothing are in a sequence: they would multiply what is tried, and each is counted by the
/// connection (`warnings_are_accepted_a_number_of_times`).
const MOST_INERT: usize = 1;

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Sequences of at most [`LENGTH`] letters that are decided: tried, or begun by one that was refused.
    pub decided: u128,
    /// All of them.
    pub possible: u128,
    /// Handshakes made.
    pub tried: usize,
    /// Sequences that led to an established connection.
    pub connected: usize,
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            decided: sum.decided + one.decided,
            possible: sum.possible + one.possible,
            tried: sum.tried + one.tried,
            connected: sum.connected + one.connected,
        })
    }
}

/// The alphabet.
fn letters() -> impl Iterator<Item = Letter> {
    let both = [Protected::AsDue, Protected::Swapped];
    both.into_iter().flat_map(|protected| EVERYTHING.into_iter().map(move |said| Letter(said, protected)))
}

/// How many sequences of at most so many letters there are, the empty one too.
fn sequences_up_to(len: usize) -> u128 {
    (0..=len).map(|len| (letters().count() as u128).pow(u32::try_from(len).unwrap())).sum()
}

/// Tries everything. Panics where a verdict is not the grammar's.
pub fn walk(profile: Profile) -> Counts {
    let configured = profile.configure();
    let grammar = Grammar::of(&profile);
    let mut walk = Walk { configured: &configured, grammar: &grammar, counts: Counts::default() };
    walk.counts.possible = sequences_up_to(LENGTH) - 1;
    walk.after(&mut Vec::new(), 0);
    walk.counts
}

struct Walk<'c> {
    configured: &'c Configured,
    grammar: &'c Grammar,
    counts: Counts,
}

impl Walk<'_> {
    /// Tries everything after a legal sequence that is not complete.
    fn after(&mut self, prefix: &mut Vec<Letter>, inert: usize) {
        let longest = if inert > 0 { LENGTH } else { LONGEST };
        if prefix.len() >= longest {
            return;
        }
        for letter in letters() {
            let verdict = self.grammar.verdict(prefix, letter);
            let inert = inert + usize::from(verdict == Verdict::Inert);
            if inert > MOST_INERT {
                continue;
            }
            self.check(prefix, letter, verdict);
            prefix.push(letter);
            match verdict {
                Verdict::Refused | Verdict::Ended => {}
                Verdict::Inert | Verdict::Accepted => self.after(prefix, inert),
                // With something in between it is no other state.
                Verdict::Connected if inert == 0 => self.when_connected(prefix),
                Verdict::Connected => {}
            }
            prefix.pop();
        }
    }

    /// A peer that has said all this, and was not refused.
    fn having_said(&mut self, prefix: &[Letter]) -> Peer<'_> {
        self.counts.tried += 1;
        let mut peer = Peer::new(self.configured);
        if self.configured.profile.renegotiates {
            let first = Grammar::of(&Profile { renegotiates: false, ..self.configured.profile });
            for said in first.shortest() {
                peer.say(Letter(*said, Protected::AsDue)).unwrap();
            }
            assert_eq!(peer.target.log, [Happened::Connected]);
            peer.ask_to_renegotiate();
        }
        for letter in prefix {
            peer.say(*letter).unwrap_or_else(|error| panic!("{letter:?} of {prefix:?}: {error}"));
        }
        peer
    }

    /// Says `letter` after `prefix`, and compares what comes of it.
    fn check(&mut self, prefix: &[Letter], letter: Letter, verdict: Verdict) {
        let established =
            if self.configured.profile.renegotiates { Happened::Renegotiated } else { Happened::Connected };
        let mut peer = self.having_said(prefix);
        assert!(!peer.target.log.contains(&established));
        let outcome = peer.say(letter);
        let target = &mut peer.target;
        let got = match &outcome {
            Err(_) => Verdict::Refused,
            Ok(()) if target.log.contains(&established) => Verdict::Connected,
            Ok(()) if verdict == Verdict::Inert => Verdict::Inert,
            Ok(()) if target.log.contains(&Happened::CloseNotify) => Verdict::Ended,
            Ok(()) => Verdict::Accepted,
        };
        let place = format!("{:?}: {letter:?} after {prefix:?}", self.configured.profile);
        assert_eq!(got, verdict, "{place}: {outcome:?}");
        if let Err(error) = outcome {
            assert!(
                !target.log.contains(&established)
                    && target.sessions.len() <= usize::from(self.configured.profile.renegotiates),
                "{place}"
            );
            assert_eq!(target.run(), Err(error), "{place}: the error stays");
            assert_eq!(target.connection.seal(b"data", &mut target.output), Err(SealError::Closed), "{place}");
            assert!(target.output.is_empty(), "{place}: something is sent after the end");
        }
        self.counts.connected += usize::from(got == Verdict::Connected);
        self.count(prefix.len() + 1, got);
    }

    /// A sequence of this length is decided; one that ended the connection decides all that begin with it.
    fn count(&mut self, len: usize, verdict: Verdict) {
        if let Some(left) = LENGTH.checked_sub(len) {
            self.counts.decided +=
                if matches!(verdict, Verdict::Refused | Verdict::Ended) { sequences_up_to(left) } else { 1 };
        }
    }

    /// Tries everything once after a complete sequence.
    fn when_connected(&mut self, prefix: &[Letter]) {
        for letter in letters() {
            let lives = self.grammar.lives(letter);
            let mut peer = self.having_said(prefix);
            let outcome = peer.say(letter);
            assert_eq!(
                outcome.is_ok(),
                lives,
                "{:?}: {letter:?} after {prefix:?}: {outcome:?}",
                self.configured.profile
            );
            self.count(prefix.len() + 1, if lives { Verdict::Inert } else { Verdict::Refused });
        }
    }
}
