//! Handshake messages, cut into records as the input says. A cut within a message changes nothing. Messages that share a
//! record are taken as if each came alone, or refused where the peer cannot have known that it may go on.

use crate::drive::{Outcome, drive, pieces};
use crate::mode::{Answers, Mode};
use crate::provider::Protection;
use tls12::wire::{ContentType, Message, RecordHeader};
use tls12::{Connection, Error, Received};

/// The longest record that plaintext may come in.
const MAX_PLAINTEXT: usize = 1 << 14;

pub fn target(data: &[u8]) {
    let [mode, cuts, rest @ ..] = data else { return };
    let Some((cuts, handshake)) = rest.split_at_checked(usize::from(*cuts)) else { return };
    let connection = || match mode & 0x80 {
        0 => Mode::new(*mode).client(Protection::Null, Answers::InLoop, &mut Vec::new()),
        _ => Mode::new(*mode).server(Protection::Null, Answers::InLoop),
    };
    let alone = run(connection(), messages(handshake).flat_map(|message| message.chunks(MAX_PLAINTEXT)));
    let cut = run(connection(), messages(handshake).flat_map(|message| pieces(message, cuts)));
    assert_eq!(cut, alone);
    let joined = run(connection(), pieces(handshake, cuts).flat_map(|piece| piece.chunks(MAX_PLAINTEXT)));
    let excess = matches!(joined.error, Some(Error::UnexpectedMessage { got: Received::ExcessHandshakeData, .. }));
    assert!(excess || joined == alone, "{joined:?} {alone:?}");
}

/// The messages, and at the end perhaps a part of one.
fn messages(mut handshake: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        let (now, later) = match Message::split(handshake) {
            Some((message, rest)) => (message.bytes, rest),
            None => (handshake, [].as_slice()),
        };
        handshake = later;
        (!now.is_empty()).then_some(now)
    })
}

/// Each fragment as a record.
fn run<'a>(connection: Connection, fragments: impl Iterator<Item = &'a [u8]>) -> Outcome {
    let mut records = Vec::new();
    for fragment in fragments {
        let len = u16::try_from(fragment.len()).unwrap();
        records.extend(RecordHeader::to_bytes(ContentType::HANDSHAKE, len));
        records.extend(fragment);
    }
    drive(connection, [records.as_slice()].into_iter())
}
