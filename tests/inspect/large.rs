//! Large captures: what a conversation holds does not grow with them. And how fast they are read, by hand:
//!
//! `cargo test --release --features inspect --test inspect large -- --ignored --nocapture`

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use tls12::Policy;
use tls12::inspect::{Conversation, Direction, Inspector, Item, ItemKind, MAX_FINDINGS, MAX_NONCES};

use super::capture::{Captured, Log, configs, suite, time};
use super::support::pair::Pair;

/// What a conversation holds at most in these tests, in bytes. The most of it is the nonces that are remembered
/// (`MAX_NONCES` in each direction), 64 findings of each kind, and a record of the greatest length several times.
const MAX_HELD: u64 = 1 << 19;

/// The longest text of a record.
const RECORD: usize = 1 << 14;

/// A conversation after its handshake, and the side that goes on to send.
struct Reader {
    pair: Pair,
    inspector: Inspector,
    conversation: Conversation,
}

impl Reader {
    fn new() -> Self {
        let log = Arc::new(Log::default());
        let (client, server) = configs(suite("TLS_PSK_WITH_AES_128_GCM_SHA256"), Policy::legacy(), &log);
        let mut pair = Pair::new(client.build().unwrap(), server.build().unwrap());
        let mut captured = Captured::default();
        captured.pump(&mut pair);
        captured.key_log = log.text();
        let mut reader = Self { pair, inspector: captured.inspector(), conversation: Conversation::new() };
        for (direction, bytes) in &captured.segments {
            reader.feed(*direction, bytes);
        }
        assert_eq!(reader.conversation.summary().handshakes, 1);
        reader
    }

    /// Returns how many bytes of data were read.
    fn feed(&mut self, direction: Direction, bytes: &[u8]) -> usize {
        let mut items = Vec::new();
        self.conversation.feed(&mut self.inspector, direction, time(), bytes, &mut items);
        items.iter().map(len).sum()
    }

    /// The client's next record.
    fn next(&mut self, text: &[u8], out: &mut Vec<u8>) {
        out.clear();
        self.pair.client.connection.seal(text, out).unwrap();
    }
}

fn len(item: &Item) -> usize {
    match &item.kind {
        ItemKind::Data(data) => data.len(),
        _ => 0,
    }
}

/// The most that reading holds, with the items of one call, while the client sends records with texts of these lengths.
fn held(lens: impl Iterator<Item = usize>) -> u64 {
    let mut reader = Reader::new();
    let (text, mut record, mut max, mut current) = (vec![0x55; RECORD], Vec::new(), 0, 0);
    for len in lens {
        reader.next(&text[..len], &mut record);
        let info = measure(|| assert_eq!(reader.feed(Direction::ClientToServer, &record), len));
        max = max.max(current + i64::try_from(info.bytes_max).unwrap());
        current += info.bytes_current;
    }
    assert_eq!(reader.conversation.summary().faults.len(), 0);
    max.try_into().unwrap()
}

#[test]
fn what_is_held_does_not_grow_with_the_data() {
    // More records than nonces are remembered, and then long ones.
    let held = held((0..2 * MAX_NONCES).map(|_| 9).chain((0..64).map(|_| RECORD)));
    assert!(held < MAX_HELD, "{held}");
}

#[test]
#[ignore = "reads a gigabyte"]
fn what_is_held_for_a_gigabyte() {
    let held = held((0..1 << 30).step_by(RECORD).map(|_| RECORD));
    println!("{held} bytes");
    assert!(held < MAX_HELD, "{held}");
}

/// Records that cannot be opened, messages that must not come, and what is no TLS.
#[test]
fn what_is_held_does_not_grow_with_faults() {
    let mut reader = Reader::new();
    let mut record = Vec::new();
    reader.next(b"data", &mut record);
    let alert = [21, 3, 3, 0, 2, 2, 40];
    // A Certificate of 2^16 bytes, of which nothing but the header follows.
    let begun = [22, 3, 3, 0, 4, 11, 1, 0, 0];
    for (what, bytes) in [("repeated", &*record), ("alerts", &alert), ("begun", &begun), ("no TLS", &[0x55; 64])] {
        for direction in super::capture::BOTH {
            let mut current = 0;
            for _ in 0..=MAX_FINDINGS {
                let info = measure(|| {
                    reader.feed(direction, &bytes.repeat(2));
                    reader.conversation.gap(&mut reader.inspector, direction, 1 << 40, &mut Vec::new());
                });
                let max = current + i64::try_from(info.bytes_max).unwrap();
                assert!(u64::try_from(max).unwrap() < MAX_HELD, "{what}: {max}");
                current += info.bytes_current;
            }
        }
    }
}

/// How many bytes of data are read in a second, and as a part of what ring alone opens: both by turns, and the fastest of each.
#[test]
#[ignore = "a measurement"]
fn how_fast_data_is_read() {
    const TURNS: usize = 20;
    const RECORDS: usize = 1024;
    let mut reader = Reader::new();
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[7; 16]).unwrap());
    let text = vec![0x55; RECORD];
    let sealed = {
        let mut sealed = text.clone();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut sealed).unwrap();
        sealed
    };
    let [mut ours, mut alone] = [Duration::MAX; 2];
    let (mut records, mut record, mut copy) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        records.clear();
        for _ in 0..RECORDS {
            reader.next(&text, &mut record);
            records.extend_from_slice(&record);
        }
        let start = Instant::now();
        // As much as the tool reads at once.
        let read: usize = records.chunks(1 << 16).map(|piece| reader.feed(Direction::ClientToServer, piece)).sum();
        ours = ours.min(start.elapsed());
        assert_eq!(read, RECORDS * RECORD);
        let start = Instant::now();
        for _ in 0..RECORDS {
            copy.clone_from(&sealed);
            let opened = key.open_in_place(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut copy);
            assert_eq!(black_box(opened).unwrap().len(), RECORD);
        }
        alone = alone.min(start.elapsed());
    }
    let megabytes = (RECORDS * RECORD) as f64 / 1e6;
    let [ours, alone] = [ours, alone].map(|time| megabytes / time.as_secs_f64());
    println!("read: {ours:.0} MB/s; opened by ring alone: {alone:.0} MB/s; ratio {:.2}", ours / alone);
}
