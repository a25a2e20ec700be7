//! What must not be verified: every byte of conversations changed, one at a time; and records that are missing or repeated.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tls12::crypto::ring;
use tls12::inspect::{Check, Direction, Fault, Inspector, ItemKind, Protection, State, Unknown, Verdict};
use tls12::session::ServerMemoryStore;
use tls12::verify::TrustStore;
use tls12::{Agreement, ClientAuth, ClientTrust, Policy};

use super::capture::{BOTH, Captured, DATA, Log, configs, suite};
use super::support::pair::{End, Pair};
use super::support::pki::{KeyKind, PKI, SERVER_NAME, now};

/// A conversation with this suite.
fn of(name: &str, policy: Policy) -> Captured {
    let log = Arc::new(Log::default());
    let (client, server) = configs(suite(name), policy, &log);
    Captured::of(client, server.no_tickets().no_session_store(), &log)
}

/// One in which the client shows a certificate.
fn with_client_certificate() -> Captured {
    let log = Arc::new(Log::default());
    let (client, server) = configs(suite("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"), Policy::legacy(), &log);
    let trust = ClientTrust::new(Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap()));
    let client = client.credentials([PKI.client(KeyKind::P256).credential(&*ring::provider())]);
    Captured::of(client, server.client_auth(ClientAuth::Require(trust)).no_tickets().no_session_store(), &log)
}

/// One that resumes a session.
fn resumed() -> Captured {
    let log = Arc::new(Log::default());
    let (client, server) = configs(suite("TLS_PSK_WITH_AES_256_GCM_SHA384"), Policy::legacy(), &log);
    let server = server.session_store(Arc::new(ServerMemoryStore::new(NonZeroUsize::new(9).unwrap()))).no_tickets();
    let (client, server) = (client.build().unwrap(), server.build().unwrap());
    let mut pair = Pair::new(client.clone(), server.clone());
    Captured::run(&mut pair, &log);
    let session = Some(pair.client.client_session());
    let mut pair = Pair::of(End::client(client, SERVER_NAME, session, now()), End::server(server, now()));
    let captured = Captured::run(&mut pair, &log);
    assert!(pair.client.info().resumed());
    captured
}

fn conversations() -> Vec<(&'static str, Captured)> {
    let never = Policy::legacy().encrypt_then_mac(Agreement::Never);
    let unbound = Policy::legacy().extended_master_secret(Agreement::Never);
    vec![
        ("PSK, GCM", of("TLS_PSK_WITH_AES_128_GCM_SHA256", Policy::legacy())),
        ("PSK, ChaCha20", of("TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", Policy::legacy())),
        ("PSK, CBC, EtM", of("TLS_PSK_WITH_AES_128_CBC_SHA", Policy::legacy())),
        ("PSK, CBC, MtE", of("TLS_PSK_WITH_AES_256_CBC_SHA384", never)),
        ("ECDHE_PSK, no EMS", of("TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", unbound)),
        ("ECDHE_ECDSA", of("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", Policy::legacy())),
        ("client certificate", with_client_certificate()),
        ("resumed", resumed()),
        ("static RSA", of("TLS_RSA_WITH_AES_128_GCM_SHA256", Policy::legacy())),
    ]
}

/// The version in the header of each side's first record: nothing protects it (RFC 5246 §E.1).
fn is_unprotected(captured: &Captured, segment: usize, byte: usize) -> bool {
    let direction = captured.segments[segment].0;
    let is_first = captured.segments[..segment].iter().all(|(other, _)| *other != direction);
    is_first && (1..3).contains(&byte)
}

#[test]
fn no_flipped_byte_stays_verified() {
    for (name, captured) in conversations() {
        let captured = captured.by_record();
        assert_eq!(captured.read().summary.verdict(), Verdict::Verified, "{name}");
        let mut spared = 0;
        for (segment, (_, bytes)) in captured.segments.iter().enumerate() {
            for byte in 0..bytes.len() {
                let mut changed = captured.clone();
                changed.segments[segment].1[byte] ^= 1 << (byte % 8);
                let read = changed.read();
                if is_unprotected(&captured, segment, byte) {
                    spared += 1;
                    continue;
                }
                let verdict = read.summary.verdict();
                assert_ne!(verdict, Verdict::Verified, "{name}: record {segment}, byte {byte}");
                // What is given out as data is what was sent.
                for (data, whole) in read.data().iter().zip(DATA) {
                    assert!(data.is_empty() || data == whole, "{name}: record {segment}, byte {byte}");
                }
            }
        }
        assert_eq!(spared, 4, "{name}");
    }
}

/// Where the records with application data and close_notify stand: direction, number, sequence number.
fn protected(captured: &Captured) -> Vec<(Direction, u64, u64)> {
    let read = captured.read();
    let of = |item: &tls12::inspect::Item| match &item.kind {
        ItemKind::Record(record) => match record.protection {
            Protection::Opened { sequence } if sequence > 0 => {
                Some((item.place.direction, item.place.record, sequence))
            }
            _ => None,
        },
        _ => None,
    };
    read.items.iter().filter_map(of).collect()
}

/// The segment with this record.
fn segment_of(captured: &Captured, direction: Direction, record: u64) -> usize {
    let of_direction = captured.segments.iter().enumerate().filter(|(_, (other, _))| *other == direction);
    of_direction.map(|(i, _)| i).nth(record.try_into().unwrap()).unwrap()
}

/// By its number, whichever the protection.
#[test]
fn an_altered_a_missing_and_a_repeated_record_are_named() {
    for (name, captured) in conversations() {
        let captured = captured.by_record();
        let records = protected(&captured);
        // Data and close_notify of both sides.
        assert_eq!(records.len(), 4, "{name}");
        for (direction, record, sequence) in records {
            let segment = segment_of(&captured, direction, record);
            let place = |read: &super::capture::Read| read.summary.faults[0].place;

            let mut altered = captured.clone();
            *altered.segments[segment].1.last_mut().unwrap() ^= 1;
            let read = altered.read();
            assert_eq!(read.faults(), [Fault::Altered { sequence }], "{name}");
            assert_eq!((place(&read).direction, place(&read).record), (direction, record), "{name}");

            let mut repeated = captured.clone();
            repeated.segments.insert(segment, captured.segments[segment].clone());
            let read = repeated.read();
            assert_eq!(read.faults()[0], Fault::Repeated { sequence }, "{name}");
            assert_eq!((place(&read).direction, place(&read).record), (direction, record + 1), "{name}");

            let mut missing = captured.clone();
            missing.segments.remove(segment);
            let read = missing.read();
            assert_ne!(read.summary.verdict(), Verdict::Verified, "{name}");
            if sequence == 1 {
                assert_eq!(read.faults(), [Fault::RecordsMissing { first: 1, count: 1 }], "{name}");
            }
        }
    }
}

/// The kinds of secret that do not open it: none; one for another connection; and one that is not its own.
fn wrong_secrets(captured: &Captured) -> [(Inspector, Unknown); 3] {
    let of = |key_log: &str| {
        let mut inspector = Inspector::new(ring::provider());
        let lines = key_log.lines().count();
        assert_eq!(inspector.secrets.add_key_log(key_log), lines);
        inspector
    };
    let change = |at: usize| -> String {
        let lines = captured.key_log.lines().map(|line| {
            let mut words: Vec<_> = line.split(' ').map(str::to_owned).collect();
            let digit = words[at].pop().unwrap().to_digit(16).unwrap() ^ 1;
            words[at].push(char::from_digit(digit, 16).unwrap());
            words.join(" ") + "\n"
        });
        lines.collect()
    };
    [(of(""), Unknown::NoSecret), (of(&change(1)), Unknown::NoSecret), (of(&change(2)), Unknown::NoSecretFits)]
}

/// Nothing that the keys protect is opened, said to be right, or said to be wrong; and why it is not known is told.
#[test]
fn nothing_is_verified_without_the_right_secret() {
    for (name, captured) in conversations() {
        for (mut inspector, why) in wrong_secrets(&captured) {
            let read = captured.read_with(&mut inspector);
            assert_eq!((read.data(), read.summary.verdict()), ([vec![], vec![]], Verdict::Unknown), "{name}, {why}");
            assert_eq!((read.faults(), read.sources(), read.summary.handshakes), (vec![], vec![], 0), "{name}, {why}");
            // Both Finished, the data of both, and both close_notify.
            let closed = read.items.iter().filter(|item| {
                matches!(&item.kind, ItemKind::Record(record) if record.protection == Protection::Closed(why.clone()))
            });
            assert_eq!(closed.count(), 6, "{name}, {why}: {:?}", read.items);
            for item in &read.items {
                let is_protected = matches!(
                    &item.kind,
                    ItemKind::Checked(Check::Finished | Check::MasterSecret | Check::Nonce | Check::Sequence, _)
                        | ItemKind::Alert(_)
                );
                let is_opened = matches!(&item.kind,
                    ItemKind::Record(record) if matches!(record.protection, Protection::Opened { .. } | Protection::Failed(_)));
                assert!(!is_protected && !is_opened, "{name}, {why}: {item:?}");
            }
            let plain = BOTH.map(|direction| read.summary.state(direction));
            assert_eq!(plain, [State::Protected; 2], "{name}, {why}");
            assert!(read.summary.unknown.iter().any(|found| found.what == why), "{name}, {why}");
            // The alerts may be close_notify. Without them, it is missing.
            assert!(read.summary.unknown.iter().all(|found| found.what != Unknown::NotClosed), "{name}, {why}");
            let mut cut = captured.by_record();
            cut.segments.retain(|(_, record)| record[0] != 21);
            let cut = cut.read_with(&mut inspector);
            let not_closed = cut.summary.unknown.iter().filter(|found| found.what == Unknown::NotClosed);
            assert_eq!(not_closed.count(), 2, "{name}, {why}");
        }
    }
}

/// RFC 5246 §6.2.1: after the ServerHello, the version in each header is that of TLS 1.2. A MAC covers another number than
/// that on the wire, so that it has to be looked at.
#[test]
fn another_version_in_a_header_is_noticed() {
    for (name, captured) in conversations() {
        let captured = captured.by_record();
        for segment in 2..captured.segments.len() {
            let mut changed = captured.clone();
            changed.segments[segment].1[2] = 1;
            let read = changed.read();
            let expected = [Fault::RecordVersion(tls12::wire::ProtocolVersion::TLS_1_0)];
            assert_eq!(read.faults(), expected, "{name}: record {segment}");
        }
    }
}

/// Before it has ended, nobody knows what is still missing.
#[test]
fn a_conversation_that_goes_on_is_not_verified_yet() {
    let captured = of("TLS_PSK_WITH_AES_128_GCM_SHA256", Policy::legacy()).by_record();
    let mut inspector = captured.inspector();
    let mut conversation = tls12::inspect::Conversation::new();
    for (i, (direction, bytes)) in captured.segments.iter().enumerate() {
        conversation.feed(&mut inspector, *direction, super::capture::time(), bytes, &mut Vec::new());
        let is_last = i + 1 == captured.segments.len();
        assert_eq!(conversation.summary().verdict() == Verdict::Verified, is_last, "record {i}");
    }
}
