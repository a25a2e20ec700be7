//! What holds for records of every suite: what is sealed is opened again, in whatever form, size and pieces; and a record
//! with any bit changed is refused, without a byte of its text.
#![cfg(all(feature = "ring", feature = "std"))]

use std::sync::Arc;

use crate::support::pair::{End, Happened, Pair};
use crate::support::psk::Psk;
use crate::support::suites;
use proptest::prelude::*;
use tls12::crypto::{CipherSuite, MacOrder, Protection, ring};
use tls12::{Agreement, ClientConfig, Error, HEADROOM, Policy, RecordLimit, ServerConfig, TAILROOM};

/// The length of a record's header (RFC 5246 §6.2.1).
const HEADER: usize = 5;

/// Every way to protect records, by the suite with the quickest handshake that has it.
fn protections() -> Vec<(&'static CipherSuite, MacOrder)> {
    let with_psk = suites::psk().filter(|suite| suite.name.starts_with("TLS_PSK_"));
    let orders = |suite: &CipherSuite| match suite.protection {
        Protection::Aead(_) => &[MacOrder::EncryptThenMac][..],
        Protection::Cbc(..) => &[MacOrder::EncryptThenMac, MacOrder::MacThenEncrypt],
        _ => panic!("{suite:?} is new"),
    };
    with_psk.flat_map(|suite| orders(suite).iter().map(move |order| (suite, *order))).collect()
}

/// A client and a server that are connected. `limit` is what the client asks the server to keep to, and the server the client.
fn connected((suite, order): (&'static CipherSuite, MacOrder), limit: Option<u16>) -> Pair {
    let policy = Policy::legacy().suites([suite]).encrypt_then_mac(match order {
        MacOrder::EncryptThenMac => Agreement::Prefer,
        MacOrder::MacThenEncrypt => Agreement::Never,
    });
    let provider = ring::provider();
    let mut client = ClientConfig::builder_with_psk_only(Arc::clone(&provider)).preshared_key(Psk::PLAIN.ours());
    let mut server = ServerConfig::builder_with_psk_only(provider).preshared_keys([Psk::PLAIN.ours()]);
    if let Some(limit) = limit {
        client = client.record_limit(RecordLimit::RecordSizeLimit(limit));
        server = server.record_size_limit(limit);
    }
    let mut pair = Pair::new(
        client.policy(policy.clone()).no_session_store().build().unwrap(),
        server.policy(policy).no_session_store().no_tickets().build().unwrap(),
    );
    pair.run();
    pair.assert_connected();
    pair
}

/// How a text is sealed.
#[derive(Clone, Copy, Debug)]
enum Form {
    Whole,
    /// In this many parts.
    Parts(usize),
    /// In place, a record at a time.
    InPlace,
}

impl Form {
    /// Appends the records of `text` to the output.
    fn seal(self, end: &mut End, text: &[u8]) {
        let End { connection, output, .. } = end;
        match self {
            Self::Whole => connection.seal(text, output).unwrap(),
            Self::Parts(parts) => {
                let parts: Vec<&[u8]> = text.chunks(text.len().div_ceil(parts).max(1)).collect();
                connection.seal_vectored(&parts, output).unwrap();
            }
            Self::InPlace => {
                let limit = connection.info().unwrap().send_limit();
                for piece in text.chunks(limit) {
                    let mut buf = [&[0; HEADROOM][..], piece, &[0; TAILROOM]].concat();
                    let record = connection.seal_in_place(&mut buf, HEADROOM..HEADROOM + piece.len()).unwrap();
                    output.extend_from_slice(record);
                }
            }
        }
    }
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![Just(Form::Whole), (1_usize..9).prop_map(Form::Parts), Just(Form::InPlace)]
}

/// Lengths about which records turn, and others.
fn length() -> impl Strategy<Value = usize> {
    prop_oneof![0_usize..100, 16_380_usize..16_390, 0_usize..50_000]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sealed_is_opened_again(
        protection in prop::sample::select(protections()),
        limit in prop::option::of(64_u16..=16_384),
        texts in prop::collection::vec((length(), form(), any::<u8>(), any::<bool>()), 1..5),
        cuts in prop::collection::vec(1_usize..5_000, 1..5),
    ) {
        let mut pair = connected(protection, limit);
        let mut sent = [Vec::new(), Vec::new()];
        for (length, form, fill, by_client) in texts {
            let text: Vec<u8> = (0..length).map(|place| fill.wrapping_add(place as u8)).collect();
            let Pair { client, server, .. } = &mut pair;
            let (from, to) = if by_client { (client, server) } else { (server, client) };
            form.seal(from, &text);
            sent[usize::from(by_client)].extend(text);
            let arriving = std::mem::take(&mut from.output);
            prop_assert!(records(&arriving).all(|len| len <= from.info().send_limit() + TAILROOM + HEADROOM));
            let mut rest = &arriving[..];
            for cut in cuts.iter().cycle() {
                let (piece, later) = rest.split_at((*cut).min(rest.len()));
                to.input.extend_from_slice(piece);
                to.run().unwrap();
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
        }
        prop_assert!(pair.client.data == sent[0] && pair.server.data == sent[1]);
        prop_assert_eq!(&pair.client.log, &[Happened::Connected]);
        prop_assert_eq!(&pair.server.log, &[Happened::Connected]);
    }
}

/// The lengths of the records in `bytes`, without their headers.
fn records(mut bytes: &[u8]) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let length = usize::from(u16::from_be_bytes([*bytes.get(3)?, *bytes.get(4)?]));
        bytes = &bytes[HEADER + length..];
        Some(length)
    })
}

/// RFC 5246 §6.2.3.1 and §7.2.2: a record that was changed is refused by bad_record_mac, whichever bit it was.
#[test]
fn no_bit_of_a_record_can_be_changed() {
    let mut flips = 0;
    for protection in protections() {
        let place = |bit: usize| format!("{} {:?}, bit {bit}", protection.0.name, protection.1);
        for bit in 0.. {
            let mut pair = connected(protection, None);
            pair.client.connection.seal(b"attack at dawn", &mut pair.client.output).unwrap();
            let mut record = std::mem::take(&mut pair.client.output);
            if bit == 8 * record.len() {
                break;
            }
            record[bit / 8] ^= 1 << (bit % 8);
            pair.server.input.extend(record);
            let ended = pair.server.run();
            assert_eq!(pair.server.data, b"", "{}: data came through", place(bit));
            // A change of the header is told by what the header says, or waits for a longer record.
            if bit >= 8 * HEADER {
                assert_eq!(ended, Err(Error::BadRecordMac), "{}", place(bit));
                assert!(pair.server.connection.seal(b"more", &mut Vec::new()).is_err(), "{}", place(bit));
            }
            flips += 1;
        }
    }
    println!("{flips} bits flipped");
    assert!(flips > 5_000, "only {flips} bits");
}
