//! A conversation of two others, with and without its secret, as a capture has it: in pieces, and with gaps. However the pieces
//! are cut, the same is seen of it; without the secret nothing is called verified; and its end can be explained.

use core::time::Duration;

use tls12::inspect::{Conversation, Direction, Inspector, TransportEnd, Verdict};

use crate::provider::{Protection, provider};

/// In the first byte: the master secret is known. It counts for nothing, as records are as good as plain.
pub const WITH_SECRET: u8 = 1;

/// The client random of connections without randomness.
const CLIENT_RANDOM: &str = "5a";

/// In the first byte of a piece, before its length in two bytes: what it is, and what comes after it.
pub const FROM_SERVER: u8 = 1;
const GAP: u8 = 2;
const CLOSED: u8 = 4;
const RESET: u8 = 8;

pub fn target(data: &[u8]) {
    let [flags, cut, input @ ..] = data else { return };
    let (whole, verdict) = read(*flags, input, usize::MAX);
    assert_eq!(read(*flags, input, usize::from(*cut) + 1).0, whole);
    assert!(flags & WITH_SECRET != 0 || verdict != Verdict::Verified);
}

/// Returns all that is seen if at most `cut` bytes are fed at a time, and what is known of it as a whole.
pub fn read(flags: u8, input: &[u8], cut: usize) -> (String, Verdict) {
    let mut inspector = Inspector::new(provider(Protection::Null));
    if flags & WITH_SECRET != 0 {
        let line = format!("CLIENT_RANDOM {} {}", CLIENT_RANDOM.repeat(32), "00".repeat(48));
        assert_eq!(inspector.secrets.add_key_log(&line), 1);
    }
    let (mut conversation, mut items) = (Conversation::new(), Vec::new());
    let mut rest = input;
    while let [kind, high, low, after @ ..] = rest {
        let direction = if kind & FROM_SERVER != 0 { Direction::ServerToClient } else { Direction::ClientToServer };
        let len = u16::from_be_bytes([*high, *low]);
        rest = after;
        if kind & GAP != 0 {
            conversation.gap(&mut inspector, direction, len.into(), &mut items);
        } else {
            let (piece, later) = after.split_at(after.len().min(len.into()));
            for part in piece.chunks(cut) {
                conversation.feed(&mut inspector, direction, Duration::ZERO, part, &mut items);
            }
            rest = later;
        }
        for (end, how) in [(CLOSED, TransportEnd::Closed), (RESET, TransportEnd::Reset)] {
            if kind & end != 0 {
                conversation.transport_ended(direction, how);
            }
        }
    }
    conversation.finish(&mut inspector, &mut items);
    let (summary, diagnosis) = (conversation.summary(), conversation.diagnosis(&inspector));
    let explained = diagnosis.map(|diagnosis| diagnosis.long().to_string());
    (format!("{items:?} {summary:?} {explained:?}"), summary.verdict())
}
