//! Captures that lack something, or hold something else; and the limits.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tls12::crypto::ring;
use tls12::inspect::{
    Conversation, Direction, Fault, Inspector, Item, ItemKind, MAX_FINDINGS, MAX_RECORDS_IN_GAP, MAX_RECORDS_MISSING,
    MAX_RECORDS_TRIED, Protection, State, Unknown, Verdict,
};
use tls12::wire::ProtocolVersion;
use tls12::{AlertDescription, Policy};

use super::capture::{BOTH, Captured, DATA, Log, configs, suite, time};
use super::support::pair::Pair;

fn captured(name: &str) -> Captured {
    let log = Arc::new(Log::default());
    let (client, server) = configs(suite(name), Policy::legacy(), &log);
    Captured::of(client, server, &log).by_record()
}

const GCM: &str = "TLS_PSK_WITH_AES_128_GCM_SHA256";

/// Wherever it ends: nothing panics, nothing is wrong, and nothing is verified.
#[test]
fn a_capture_may_end_anywhere() {
    let whole = captured(GCM);
    let total: usize = whole.segments.iter().map(|(_, bytes)| bytes.len()).sum();
    for end in 0..total {
        let mut left = end;
        let mut cut = whole.clone();
        for (_, bytes) in &mut cut.segments {
            bytes.truncate(left);
            left -= bytes.len();
        }
        let read = cut.read();
        assert_eq!((read.faults(), read.summary.verdict()), (vec![], Verdict::Unknown), "{end}");
    }
}

/// It lacks any record, or any two, as a capture does of which packets were dropped: then nothing is wrong with either side, and
/// what follows is read as soon as its keys and sequence number are known.
#[test]
fn a_capture_may_lack_records() {
    for name in [GCM, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_GCM_SHA384"] {
        let whole = captured(name);
        let count = whole.segments.len();
        let mut read_after = 0;
        for lost in (0..count).flat_map(|first| (first..count).map(move |second| [first, second])) {
            let mut inspector = whole.inspector();
            let (mut conversation, mut items) = (Conversation::new(), Vec::new());
            for (i, (direction, bytes)) in whole.segments.iter().enumerate() {
                if lost.contains(&i) {
                    let len = u64::try_from(bytes.len()).unwrap();
                    conversation.gap(&mut inspector, *direction, len, &mut items);
                } else {
                    conversation.feed(&mut inspector, *direction, time(), bytes, &mut items);
                }
            }
            conversation.finish(&mut inspector, &mut items);
            let summary = conversation.summary();
            assert_eq!((&*summary.faults, summary.verdict()), (&[][..], Verdict::Unknown), "{name}, {lost:?}");
            let cause = conversation.diagnosis(&inspector).map(|diagnosis| diagnosis.long().to_string());
            assert_eq!(cause, None, "{name}, {lost:?}");
            let is_data = |item: &&Item| matches!(item.kind, ItemKind::Data(_));
            read_after += items.iter().filter(is_data).count();
        }
        assert!(read_after > count, "{name}: {read_after}");
    }
}

/// The client's second flight is missing, with its ChangeCipherSpec (RFC 5246 §7.3).
#[test]
fn a_change_of_keys_may_be_missing() {
    let whole = captured("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    let is_of_client = |segment: &(Direction, Vec<u8>)| segment.0 == Direction::ClientToServer;
    let first = 1 + whole.segments.iter().skip(1).position(is_of_client).unwrap();
    // ClientKeyExchange, ChangeCipherSpec and Finished.
    assert_eq!(
        [16, 20, 22],
        [whole.segments[first].1[5], whole.segments[first + 1].1[0], whole.segments[first + 2].1[0]]
    );
    let mut inspector = whole.inspector();
    let (mut conversation, mut items) = (Conversation::new(), Vec::new());
    for (i, (direction, bytes)) in whole.segments.iter().enumerate() {
        match i - i.min(first) {
            0 if i == first => conversation.gap(&mut inspector, *direction, 93, &mut items),
            1 | 2 => {}
            _ => conversation.feed(&mut inspector, *direction, time(), bytes, &mut items),
        }
    }
    conversation.finish(&mut inspector, &mut items);
    let read = super::capture::Read { items, summary: conversation.summary().clone(), schedule: None };
    assert_eq!((read.data(), read.faults()), (DATA.map(<[u8]>::to_vec), vec![]));
    assert_eq!((read.summary.resumed, read.summary.verdict()), (Some(false), Verdict::Unknown));
    assert_eq!(BOTH.map(|direction| read.summary.state(direction)), [State::Closed; 2]);
}

/// It begins late: with any record.
#[test]
fn a_capture_may_begin_late() {
    let whole = captured(GCM);
    for first in 1..whole.segments.len() {
        let late = Captured { segments: whole.segments[first..].to_vec(), key_log: whole.key_log.clone() };
        let read = late.read();
        assert_eq!((read.data(), read.summary.verdict()), ([vec![], vec![]], Verdict::Unknown), "{first}");
        assert_eq!(read.faults(), [], "{first}");
        assert!(read.summary.unknown.iter().any(|found| found.what == Unknown::HandshakeMissing), "{first}");
    }
}

/// A conversation under way: the handshake is read, and its records can be made one by one.
struct Live {
    pair: Pair,
    inspector: Inspector,
    conversation: Conversation,
    items: Vec<Item>,
}

impl Live {
    /// `change` is made to the last byte of the client's Finished.
    fn new(change: u8) -> Self {
        let log = Arc::new(Log::default());
        let (client, server) = configs(suite(GCM), Policy::legacy(), &log);
        let mut pair = Pair::new(client.build().unwrap(), server.build().unwrap());
        pair.run();
        let [client, server] = pair.sent.clone();
        let inspector = Captured { segments: vec![], key_log: log.text() }.inspector();
        let mut live = Self { pair, inspector, conversation: Conversation::new(), items: Vec::new() };
        // Two flights of each side (RFC 5246 §7.3).
        let (hello, mut flight) = {
            let (hello, flight) = client.split_at(5 + usize::from(u16::from_be_bytes([client[3], client[4]])));
            (hello.to_vec(), flight.to_vec())
        };
        *flight.last_mut().unwrap() ^= change;
        let (first, last) = server.split_at(server.len() - finished_len(&server));
        let [to_server, to_client] = BOTH;
        for (direction, bytes) in [(to_server, &*hello), (to_client, first), (to_server, &*flight), (to_client, last)] {
            live.feed(direction, bytes);
        }
        live.items.clear();
        live
    }

    fn feed(&mut self, direction: Direction, bytes: &[u8]) {
        self.conversation.feed(&mut self.inspector, direction, time(), bytes, &mut self.items);
    }

    /// The client's next record.
    fn record(&mut self, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.pair.client.connection.seal(data, &mut out).unwrap();
        out
    }

    /// The first byte of each record of data that was read.
    fn data(&self) -> Vec<u8> {
        let of = |item: &Item| match &item.kind {
            ItemKind::Data(data) => Some(data[0]),
            _ => None,
        };
        self.items.iter().filter_map(of).collect()
    }
}

/// A gap in the data of one side: the rest is still read, and that something is missing is said.
#[test]
fn what_comes_after_a_gap_is_read() {
    let len = Live::new(0).record(&[0; 100]).len();
    // Within a record, at its borders, from header to header, over several.
    for (start, end) in [(len + 9, len + 30), (len, 2 * len), (len + 2, 3 * len + 4), (2 * len, 6 * len - 1)] {
        let mut live = Live::new(0);
        assert_eq!(live.conversation.summary().handshakes, 1);
        let stream: Vec<u8> = (0..8).flat_map(|i| live.record(&[i; 100])).collect();
        let client = Direction::ClientToServer;
        live.feed(client, &stream[..start]);
        live.conversation.gap(&mut live.inspector, client, (end - start) as u64, &mut live.items);
        live.feed(client, &stream[end..]);
        let is_whole = |i: &u8| usize::from(i + 1) * len <= start || usize::from(*i) * len >= end;
        assert_eq!(live.data(), (0..8).filter(is_whole).collect::<Vec<_>>(), "{start}..{end}");
        let summary = live.conversation.summary();
        assert!(summary.faults.is_empty(), "{start}..{end}: {:?}", summary.faults);
        assert!(summary.unknown.iter().any(|found| found.what == Unknown::BytesMissing));
        assert!(live.items.iter().any(|item| matches!(item.kind, ItemKind::Gap(_)) && item.place.offset > 0));
    }
}

/// As many records may be missing as the limit says, and not one more; and more where bytes are known to be missing.
#[test]
fn missing_records_are_recognized_up_to_the_limit() {
    let client = Direction::ClientToServer;
    for (missing, is_gap, is_read) in [
        (1, false, true),
        (MAX_RECORDS_MISSING, false, true),
        (MAX_RECORDS_MISSING + 1, false, false),
        (MAX_RECORDS_IN_GAP, true, true),
        (MAX_RECORDS_IN_GAP + 1, true, false),
    ] {
        let mut live = Live::new(0);
        let lost: usize = (0..missing).map(|_| live.record(b"lost").len()).sum();
        if is_gap {
            live.conversation.gap(&mut live.inspector, client, lost as u64, &mut live.items);
        }
        let record = live.record(b"here");
        live.feed(client, &record);
        assert_eq!(live.data(), if is_read { &b"h"[..] } else { b"" }, "{missing}");
        let expected = match (is_read, is_gap) {
            (true, false) => vec![Fault::RecordsMissing { first: 1, count: missing }],
            (true, true) => vec![],
            (false, _) => vec![Fault::Altered { sequence: 1 }],
        };
        let faults: Vec<_> = live.conversation.summary().faults.iter().map(|found| found.what.clone()).collect();
        assert_eq!(faults, expected, "{missing}");
    }
}

/// If the first protected record is altered, the secret is found by a later one, and the altered ones are named.
#[test]
fn the_secret_is_found_by_a_later_record_up_to_the_limit() {
    for altered in [1, MAX_RECORDS_TRIED - 1, MAX_RECORDS_TRIED] {
        let mut live = Live::new(1);
        for _ in 1..altered {
            let mut record = live.record(b"altered");
            *record.last_mut().unwrap() ^= 1;
            live.feed(Direction::ClientToServer, &record);
        }
        let record = live.record(b"here");
        live.feed(Direction::ClientToServer, &record);
        let is_read = altered < MAX_RECORDS_TRIED;
        assert_eq!(live.data(), if is_read { &b"h"[..] } else { b"" }, "{altered}");
        if is_read {
            let faults = live.conversation.summary().faults.iter().map(|found| found.what.clone());
            // The server's Finished has opened, which is enough to name the client's.
            let expected: Vec<_> = (0..altered).map(|sequence| Fault::Altered { sequence }).collect();
            assert_eq!(faults.filter(|fault| matches!(fault, Fault::Altered { .. })).collect::<Vec<_>>(), expected);
        }
        assert_ne!(live.conversation.summary().verdict(), Verdict::Verified);
    }
}

/// The last flight of the server, if it has not resumed: NewSessionTicket, ChangeCipherSpec and Finished.
fn finished_len(sent: &[u8]) -> usize {
    let mut rest = sent;
    while let [typ, _, _, high, low, first, ..] = rest {
        if *typ == 20 || (*typ == 22 && *first == 4) {
            return rest.len();
        }
        rest = &rest[5 + usize::from(u16::from_be_bytes([*high, *low]))..];
    }
    0
}

#[test]
fn another_protocol_is_named() {
    let http = (Direction::ClientToServer, b"GET / HTTP/1.1\r\nHost: server.example\r\n\r\n".to_vec());
    let read = Captured { segments: vec![http], key_log: String::new() }.read();
    let items: Vec<_> = read.items.iter().map(|item| format!("{:?}", item.kind)).collect();
    assert_eq!(items, [format!("NoRecord {{ first: {:?} }}", b"GET /")]);
    assert_eq!(read.faults(), [Fault::NoRecord]);
    for (first, name) in [(&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], "HTTP/2"), (b"SSH-2.0-x\r\n", "SSH")] {
        let (mut inspector, mut conversation) = (Inspector::new(ring::provider()), Conversation::new());
        conversation.feed(&mut inspector, Direction::ClientToServer, time(), first, &mut Vec::new());
        let said = conversation.diagnosis(&inspector).unwrap().long().to_string();
        let cause = format!("the client speaks {name} without TLS, to a server that speaks TLS");
        assert!(said.starts_with(&cause), "{said}");
    }
}

/// A suite that is not supported is named, as is another version.
#[test]
fn what_is_not_supported_is_named() {
    let whole = captured("TLS_RSA_WITH_AES_128_CBC_SHA");
    let change = |at: usize, to: [u8; 2]| {
        let mut changed = whole.clone();
        let hello = changed.segments.iter_mut().find(|(direction, _)| *direction == Direction::ServerToClient);
        let bytes = &mut hello.unwrap().1;
        bytes[at..at + 2].copy_from_slice(&to);
        changed.read()
    };
    let session_id = whole.segments[1].1[43];
    // TLS_RSA_WITH_3DES_EDE_CBC_SHA.
    let read = change(44 + usize::from(session_id), [0, 0x0a]);
    assert_eq!(read.summary.suite_name(), Some("TLS_RSA_WITH_3DES_EDE_CBC_SHA"));
    assert!(read.summary.unknown.iter().any(|found| found.what == Unknown::Suite(0x000a)));
    assert_eq!((read.faults(), read.summary.verdict()), (vec![], Verdict::Unknown));

    let read = change(9, [3, 1]);
    assert_eq!(read.summary.version, Some(ProtocolVersion::TLS_1_0));
    assert!(read.summary.unknown.iter().any(|found| found.what == Unknown::Version(ProtocolVersion::TLS_1_0)));
}

#[test]
fn the_side_that_failed_is_known() {
    let alert = vec![21, 3, 3, 0, 2, 2, 40];
    let read = Captured { segments: vec![(Direction::ServerToClient, alert)], key_log: String::new() }.read();
    let (direction, alert) = read.summary.fatal_alert.unwrap();
    assert_eq!((direction, alert.description), (Direction::ServerToClient, AlertDescription::HandshakeFailure));
    assert_eq!(BOTH.map(|direction| read.summary.state(direction)), [State::Silent, State::Failed]);
}

/// Fragments of one byte in plaintext (RFC 5246 §6.2.1).
#[test]
fn fragments_may_be_of_one_byte() {
    let mut fragmented = captured("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA");
    let mut protected = [false; 2];
    for (direction, record) in &mut fragmented.segments {
        let protected = &mut protected[usize::from(*direction == Direction::ServerToClient)];
        if record[0] == 22 && !*protected {
            *record = record[5..].iter().flat_map(|byte| [22, 3, 3, 0, 1, *byte]).collect();
        }
        *protected |= record[0] == 20;
    }
    let read = fragmented.read();
    assert_eq!((read.data(), read.summary.verdict()), (DATA.map(<[u8]>::to_vec), Verdict::Verified));
    let hello = read.items.iter().find(|item| matches!(item.kind, ItemKind::Handshake(_))).unwrap();
    assert_eq!((hello.place.record, hello.place.offset), (0, 0));
    assert_eq!(hello.place.len % 6, 0);
}

/// More findings than are kept are counted.
#[test]
fn findings_are_limited() {
    let bad = [23, 3, 3, 0, 1, 0].repeat(3 * MAX_FINDINGS);
    let read = Captured { segments: vec![(Direction::ClientToServer, bad)], key_log: String::new() }.read();
    assert_eq!(read.summary.unknown.len(), MAX_FINDINGS);
    assert_eq!(read.summary.more_unknown, 2 * MAX_FINDINGS as u64);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Random bytes, and records of random content, in both directions.
    #[test]
    fn no_input_panics(
        pieces in proptest::collection::vec((any::<bool>(), any::<bool>(), 20_u8..25, proptest::collection::vec(any::<u8>(), 0..80), any::<bool>()), 0..24),
    ) {
        let mut inspector = Inspector::new(ring::provider());
        let mut conversation = Conversation::new();
        let mut items = Vec::new();
        for (client, framed, typ, mut bytes, gap) in pieces {
            let direction = BOTH[usize::from(client)];
            if framed {
                let len = u16::try_from(bytes.len()).unwrap().to_be_bytes();
                bytes.splice(0..0, [typ, 3, 3, len[0], len[1]]);
            }
            conversation.feed(&mut inspector, direction, Duration::MAX, &bytes, &mut items);
            if gap {
                conversation.gap(&mut inspector, direction, u64::from(typ) * 3, &mut items);
            }
        }
        conversation.finish(&mut inspector, &mut items);
        let is_opened = |item: &Item| matches!(&item.kind,
            ItemKind::Record(record) if matches!(record.protection, Protection::Opened { .. }));
        prop_assert!(!items.iter().any(is_opened));
        prop_assert_ne!(conversation.summary().verdict(), Verdict::Verified);
    }
}
