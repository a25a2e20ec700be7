//! Protected records that are changed on their way. Whatever is done to them, what is received is the beginning of what
//! was sent; and all of it, if nothing was done.

use crate::drive::{Outcome, drive, pieces};
use crate::mode::{Answers, Mode};
use crate::provider::Protection;
use tls12::wire::{Reader, RecordHeader};
use tls12::{Connection, Error};

pub fn target(data: &[u8]) {
    let _ = run(&mut Reader::new("input", data));
}

fn run(input: &mut Reader<'_>) -> Option<()> {
    let mode = Mode::new(input.u8().ok()?);
    let cut = input.u8().ok()?;
    let mut sent = Vec::new();
    let mut records = Vec::new();
    let (mut from, to_client) = sender(mode);
    for _ in 0..input.u8().ok()? % 6 {
        let text = vec![input.u8().ok()?; usize::from(input.u16().ok()?)];
        let mut sealed = Vec::new();
        from.seal(&text, &mut sealed).unwrap();
        records.extend(split(&sealed));
        sent.extend(text);
    }
    let original = records.concat();
    while !input.is_empty() && change(&mut records, input).is_some() {}
    let changed = records.concat();
    let outcome = receive(mode, &to_client, &changed, cut);
    assert!(sent.starts_with(&outcome.data));
    if changed == original {
        assert!(outcome.data == sent && outcome.error.is_none());
    }
    Some(())
}

/// A connected server, and what it has sent so far. All is the same each time: nothing is random.
fn sender(mode: Mode) -> (Connection, Vec<u8>) {
    let mut to_server = Vec::new();
    let mut to_client = Vec::new();
    let mut client = mode.client(Protection::Ring, Answers::InLoop, &mut to_server);
    let mut server = mode.server(Protection::Ring, Answers::InLoop);
    let mut all = Vec::new();
    while server.info().is_none() {
        consume(&mut server, &mut to_server, &mut to_client);
        all.extend_from_slice(&to_client);
        consume(&mut client, &mut to_client, &mut to_server);
    }
    (server, all)
}

fn consume(connection: &mut Connection, input: &mut Vec<u8>, out: &mut Vec<u8>) {
    let mut at = 0;
    while at < input.len() {
        at += connection.process(&mut input[at..], out).unwrap().consumed;
    }
    input.clear();
}

/// What a client makes of the handshake and then of `records`.
fn receive(mode: Mode, handshake: &[u8], records: &[u8], cut: u8) -> Outcome {
    let client = mode.client(Protection::Ring, Answers::InLoop, &mut Vec::new());
    let outcome = drive(client, [handshake].into_iter().chain(pieces(records, &[cut, 0xff, 0xff, 0xff])));
    if !matches!(outcome.error, None | Some(Error::NotTls { .. })) {
        // The alert that tells why is protected as well, and the last record.
        assert_eq!(split(&outcome.out).last().unwrap()[0], 21);
    }
    outcome
}

/// The records one by one.
fn split(mut records: &[u8]) -> Vec<Vec<u8>> {
    let mut split = Vec::new();
    while let Some(header) = records.first_chunk() {
        let (record, rest) = records.split_at(RecordHeader::LEN + RecordHeader::from_bytes(*header).length);
        split.push(record.to_vec());
        records = rest;
    }
    split
}

/// One change, as the input says.
fn change(records: &mut Vec<Vec<u8>>, input: &mut Reader<'_>) -> Option<()> {
    let [kind, which] = input.array().ok()?;
    let which = usize::from(which).checked_rem(records.len())?;
    let record = &mut records[which];
    match kind % 8 {
        0 => {
            let at = usize::from(input.u16().ok()?).checked_rem(record.len())?;
            record[at] ^= input.u8().ok()?;
        }
        // From the end, where padding and tag are.
        1 => {
            let at = usize::from(input.u8().ok()?).checked_rem(record.len())?;
            let at = record.len() - 1 - at;
            record[at] ^= input.u8().ok()?;
        }
        // A shorter record that says so.
        2 => {
            let len = usize::from(input.u16().ok()?).checked_rem(record.len())?;
            record.truncate(len);
            let length = u16::try_from(len.checked_sub(RecordHeader::LEN)?).ok()?;
            record[3..RecordHeader::LEN].copy_from_slice(&length.to_be_bytes());
        }
        3 => record.truncate(usize::from(input.u16().ok()?)),
        4 => drop(records.remove(which)),
        5 => {
            let record = record.clone();
            records.push(record);
        }
        6 => {
            let other = usize::from(input.u8().ok()?).checked_rem(records.len())?;
            records.swap(which, other);
        }
        _ => {
            let inserted = input.vec8().ok()?.to_vec();
            records.insert(which, inserted);
        }
    }
    Some(())
}
