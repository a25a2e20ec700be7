//! Removing the protection of one direction: with the keys that are known, or by trying candidates; and telling records
//! that were altered from those that are missing or repeated.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::bound::{MAX_NONCES, MAX_RECORDS_IN_GAP, MAX_RECORDS_MISSING, MAX_RECORDS_TRIED};
use super::candidates::Candidates;
use super::finding::{Fault, Unknown};
use super::item::Direction;
use crate::crypto::{AeadAlgorithm, CipherSuite, Protection, Provider};
use crate::error::Error;
use crate::record::Opener;
use crate::wire::ContentType;

/// The protection of one direction.
#[derive(Default)]
pub(super) enum Opening {
    /// No ChangeCipherSpec was seen.
    #[default]
    Plain,
    /// No candidate has opened a record yet.
    Trying(Trying),
    Open(Box<Open>),
    Closed(Unknown),
}

/// What was seen before a candidate has opened a record.
#[derive(Clone, Copy, Default)]
pub(super) struct Trying {
    /// How many records.
    records: u64,
    /// Bytes are missing from the capture.
    after_gap: bool,
}

/// The protection under keys that have opened a record.
pub(super) struct Open {
    opener: Opener,
    /// The sequence number of the next record.
    next: u64,
    /// How many records may be missing at most before the next one.
    missing: u64,
    /// Bytes are missing from the capture, so that it is no wonder if records are.
    after_gap: bool,
    nonces: Option<Nonces>,
}

/// What has become of a record.
pub(super) enum Opened {
    Plain,
    Text {
        sequence: u64,
        text: Vec<u8>,
        /// What is wrong with it although it opens.
        faults: Vec<Fault>,
        /// Not all its nonces are remembered.
        nonce_unknown: bool,
    },
    Failed(Fault),
    Closed(Unknown),
}

impl Opening {
    /// Opens a record of which the whole fragment is there.
    pub(super) fn open(
        &mut self,
        provider: &dyn Provider,
        candidates: Option<&mut Candidates>,
        direction: Direction,
        content_type: ContentType,
        fragment: &[u8],
    ) -> Opened {
        match self {
            Self::Plain => Opened::Plain,
            Self::Closed(why) => Opened::Closed(why.clone()),
            Self::Open(open) => open.open(content_type, fragment),
            Self::Trying(trying) => {
                let Some(candidates) = candidates else { return Opened::Closed(Unknown::HandshakeMissing) };
                let Trying { records: seen, after_gap } = *trying;
                let mut found = 0;
                let opener = candidates.try_all(provider, direction, |opener| {
                    let mut sequences = 0..=seen + MAX_RECORDS_MISSING;
                    let first = sequences.find(|n| attempt(opener, *n, content_type, fragment).is_some());
                    found = first.unwrap_or_default();
                    first.is_some()
                });
                match opener {
                    Ok(Some(opener)) => {
                        let next = found.min(seen);
                        let mut open = Box::new(Open { after_gap, ..Open::new(opener, next, candidates.suite()) });
                        let opened = open.open(content_type, fragment);
                        *self = Self::Open(open);
                        if after_gap { opened } else { opened.after(next) }
                    }
                    Ok(None) if seen + 1 >= MAX_RECORDS_TRIED => self.close(Unknown::NoSecretFits),
                    Ok(None) => {
                        trying.records += 1;
                        Opened::Closed(Unknown::NoSecretFits)
                    }
                    Err(error) => self.close(Unknown::Provider(error)),
                }
            }
        }
    }

    fn close(&mut self, why: Unknown) -> Opened {
        *self = Self::Closed(why.clone());
        Opened::Closed(why)
    }

    /// A record that is not whole takes a sequence number too.
    pub(super) fn pass_over(&mut self) {
        match self {
            Self::Trying(trying) => trying.records = (trying.records + 1).min(MAX_RECORDS_TRIED - 1),
            Self::Open(open) => open.next = open.next.saturating_add(1),
            Self::Plain | Self::Closed(_) => {}
        }
    }

    /// Bytes are missing, or were not understood: about this many.
    pub(super) fn gap(&mut self, len: u64) {
        /// A header, and a byte of ciphertext.
        const SHORTEST: u64 = 6;
        match self {
            Self::Open(open) => {
                open.missing = open.missing.saturating_add(len / SHORTEST).min(MAX_RECORDS_IN_GAP);
                open.after_gap = true;
            }
            Self::Trying(trying) => trying.after_gap = true,
            Self::Plain | Self::Closed(_) => {}
        }
    }

    /// The protection after a ChangeCipherSpec, which may be among the bytes that are missing.
    pub(super) const fn trying(after_gap: bool) -> Self {
        Self::Trying(Trying { records: 0, after_gap })
    }

    /// Whether records are protected.
    pub(super) const fn is_protected(&self) -> bool {
        !matches!(self, Self::Plain)
    }
}

impl Open {
    fn new(opener: Opener, next: u64, suite: &CipherSuite) -> Self {
        let is_gcm = matches!(suite.protection, Protection::Aead(AeadAlgorithm::Aes128Gcm | AeadAlgorithm::Aes256Gcm));
        Self { opener, next, missing: MAX_RECORDS_MISSING, after_gap: false, nonces: is_gcm.then(Nonces::default) }
    }

    fn open(&mut self, content_type: ContentType, fragment: &[u8]) -> Opened {
        let expected = self.next;
        let later = (0..=self.missing).map(|missing| expected.saturating_add(missing));
        let earlier = (1..=MAX_RECORDS_MISSING).map_while(|back| expected.checked_sub(back));
        for sequence in later.chain(earlier) {
            match attempt(&mut self.opener, sequence, content_type, fragment) {
                None => {}
                Some(Attempt::TooLong) => {
                    self.next = sequence.saturating_add(1);
                    return Opened::Failed(Fault::TextTooLong);
                }
                Some(Attempt::Text(text)) => return self.opened(expected, sequence, text, fragment),
            }
        }
        self.next = expected.saturating_add(1);
        // So that records that never open cost less and less.
        self.missing = (self.missing / 2).max(MAX_RECORDS_MISSING);
        Opened::Failed(Fault::Altered { sequence: expected })
    }

    fn opened(&mut self, expected: u64, sequence: u64, text: Vec<u8>, fragment: &[u8]) -> Opened {
        if sequence < expected {
            return Opened::Failed(Fault::Repeated { sequence });
        }
        let mut faults = Vec::new();
        self.missing = MAX_RECORDS_MISSING;
        if sequence > expected && !core::mem::take(&mut self.after_gap) {
            faults.push(Fault::RecordsMissing { first: expected, count: sequence - expected });
        }
        let nonce = match (&mut self.nonces, fragment.first_chunk()) {
            (Some(nonces), Some(explicit)) => nonces.add(u64::from_be_bytes(*explicit)),
            _ => Nonce::New,
        };
        if nonce == Nonce::Repeated {
            faults.push(Fault::NonceRepeated);
        }
        self.next = sequence.saturating_add(1);
        Opened::Text { sequence, text, faults, nonce_unknown: nonce == Nonce::Unknown }
    }
}

impl Opened {
    /// Reports the `records` before this one as altered: no candidate opened any of them.
    fn after(mut self, records: u64) -> Self {
        if let Self::Text { faults, .. } = &mut self {
            faults.extend((0..records).map(|sequence| Fault::Altered { sequence }));
        }
        self
    }
}

enum Attempt {
    Text(Vec<u8>),
    TooLong,
}

/// Opens a record with this sequence number; `None` if its MAC, tag or padding is wrong.
fn attempt(opener: &mut Opener, sequence: u64, content_type: ContentType, fragment: &[u8]) -> Option<Attempt> {
    opener.set_sequence(sequence);
    // The fragment stays as it is, for further attempts. The copy becomes the item.
    let mut copy = fragment.to_vec();
    match opener.open(content_type, &mut copy).map(|text| text.len()) {
        Ok(text_len) => {
            let start = opener.explicit_len();
            copy.truncate(start + text_len);
            copy.drain(..start);
            Some(Attempt::Text(copy))
        }
        Err(Error::RecordOverflow { .. }) => Some(Attempt::TooLong),
        Err(_) => None,
    }
}

/// The explicit nonces of AES-GCM under one key. Usually they count up, and then the greatest is all that must be
/// remembered.
#[derive(Default)]
struct Nonces {
    greatest: Option<u64>,
    /// The first ones.
    seen: BTreeSet<u64>,
    /// Some were not remembered.
    forgot: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nonce {
    New,
    Repeated,
    Unknown,
}

impl Nonces {
    fn add(&mut self, nonce: u64) -> Nonce {
        let is_greatest = self.greatest.is_none_or(|greatest| nonce > greatest);
        let is_seen = self.seen.contains(&nonce) || self.greatest == Some(nonce);
        if self.seen.len() < MAX_NONCES {
            self.seen.insert(nonce);
        } else {
            self.forgot = true;
        }
        self.greatest = self.greatest.max(Some(nonce));
        match (is_seen, is_greatest || !self.forgot) {
            (true, _) => Nonce::Repeated,
            (false, true) => Nonce::New,
            (false, false) => Nonce::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascending_nonces_are_new_however_many_there_are() {
        let mut nonces = Nonces::default();
        let most = u64::try_from(MAX_NONCES).unwrap();
        assert!((0..3 * most).all(|nonce| nonces.add(nonce) == Nonce::New));
        assert_eq!(nonces.seen.len(), MAX_NONCES);
        assert_eq!(nonces.add(3 * most - 1), Nonce::Repeated);
        assert_eq!(nonces.add(7), Nonce::Repeated);
        assert_eq!(nonces.add(2 * most), Nonce::Unknown);
    }

    #[test]
    fn nonces_in_any_order_are_remembered() {
        let mut nonces = Nonces::default();
        for nonce in [7, 3, 9, 1] {
            assert_eq!(nonces.add(nonce), Nonce::New);
        }
        assert_eq!([7, 3, 9, 1].map(|nonce| nonces.add(nonce)), [Nonce::Repeated; 4]);
    }
}
