//! What an end has sent, taken apart again.

use super::forge::{CHANGE_CIPHER_SPEC, HANDSHAKE};
use super::hello::{Fields, Hello};
use super::protect::{HEADER_LEN, split_record};

/// The records: content type and fragment.
pub fn records(bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let (mut records, mut rest) = (Vec::new(), bytes);
    while let Some((record, later)) = split_record(rest) {
        records.push((record[0], &record[HEADER_LEN..]));
        rest = later;
    }
    assert!(rest.is_empty(), "half a record was sent");
    records
}

/// The handshake messages before ChangeCipherSpec, which can be read, each with its header.
pub fn messages(bytes: &[u8]) -> Vec<Vec<u8>> {
    let plain = records(bytes).into_iter().take_while(|(typ, _)| *typ != CHANGE_CIPHER_SPEC);
    let joined: Vec<u8> = plain.filter(|(typ, _)| *typ == HANDSHAKE).flat_map(|(_, text)| text.to_vec()).collect();
    let (mut messages, mut rest) = (Vec::new(), joined.as_slice());
    while !rest.is_empty() {
        let (message, later) = rest.split_at(4 + Fields(&rest[1..]).number(3));
        messages.push(message.to_vec());
        rest = later;
    }
    messages
}

/// The types of [`messages`].
pub fn types(bytes: &[u8]) -> Vec<u8> {
    messages(bytes).iter().map(|message| message[0]).collect()
}

/// The first message, which is a hello.
pub fn hello(bytes: &[u8]) -> Hello {
    let first = &messages(bytes)[0];
    Hello::parse(first[0], &first[4..])
}

/// The body of the one message of this type.
pub fn body(bytes: &[u8], typ: u8) -> Option<Vec<u8>> {
    let mut found = messages(bytes).into_iter().filter(|message| message[0] == typ);
    let body = found.next()?[4..].to_vec();
    assert!(found.next().is_none(), "there are two messages of type {typ}");
    Some(body)
}
