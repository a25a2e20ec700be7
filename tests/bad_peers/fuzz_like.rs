//! Properties under random input: nothing panics, everything ends, errors stay, and how the bytes are cut up does not
//! matter. A bounded number of cases; `fuzz/` goes further.
#![cfg(feature = "ring")]

use std::sync::{Arc, LazyLock};

use crate::support::forge::{Forge, HANDSHAKE, SERVER_KEY};
use crate::support::hello::message;
use crate::support::pair::{End, Happened, Pair};
use crate::support::pki::{PKI, Pinned};
use crate::support::protect::MAX_PLAINTEXT;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;
use tls12::crypto::CipherSuite;
use tls12::wire;
use tls12::{ClientConfig, Credential, Error, Policy, ServerConfig};

const SUITES: [&str; 4] = [
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
];

type Configs = (Arc<ClientConfig>, Arc<ServerConfig>);

static CONFIGS: LazyLock<Vec<Configs>> = LazyLock::new(|| SUITES.iter().map(|suite| configs(suite)).collect());

fn configs(suite: &str) -> Configs {
    let policy = Policy::legacy().suites([CipherSuite::from_name(suite).unwrap()]);
    let client = ClientConfig::builder(Pinned::server()).policy(policy.clone()).build().unwrap();
    let credential = Credential::new(vec![PKI.server.clone()], Arc::clone(&SERVER_KEY)).unwrap();
    (client, ServerConfig::builder(credential).policy(policy).build().unwrap())
}

fn pair(suite: usize) -> Pair {
    let (client, server) = &CONFIGS[suite];
    Pair::new(Arc::clone(client), Arc::clone(server))
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        // A case that fails is printed, and to be written down as a test of its own.
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    }
}

/// A change to a stream of bytes.
#[derive(Clone, Debug)]
enum Mutation {
    Flip(u8),
    Overwrite(Vec<u8>),
    Insert(Vec<u8>),
    Delete(usize),
    Repeat(usize),
    CutOff,
}

impl Mutation {
    fn apply(&self, stream: &mut Vec<u8>, at: usize) {
        let until = |len: usize| (at + len).min(stream.len());
        match self {
            Self::Flip(mask) => stream[at] ^= mask,
            Self::Overwrite(bytes) => {
                let end = until(bytes.len());
                stream[at..end].copy_from_slice(&bytes[..end - at]);
            }
            Self::Insert(bytes) => drop(stream.splice(at..at, bytes.iter().copied())),
            Self::Delete(len) => drop(stream.drain(at..until(*len))),
            Self::Repeat(len) => {
                let again = stream[at..until(*len)].to_vec();
                stream.splice(at..at, again);
            }
            Self::CutOff => stream.truncate(at),
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        4 => (1_u8..).prop_map(Mutation::Flip),
        1 => prop::collection::vec(any::<u8>(), 1..40).prop_map(Mutation::Overwrite),
        1 => prop::collection::vec(any::<u8>(), 1..40).prop_map(Mutation::Insert),
        1 => (1_usize..2000).prop_map(Mutation::Delete),
        1 => (1_usize..2000).prop_map(Mutation::Repeat),
        1 => Just(Mutation::CutOff),
    ]
}

/// The lengths of the chunks that bytes arrive in, one after another, and again.
fn chunks() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        1 => Just(vec![1]),
        2 => prop::collection::vec(1_usize..50, 1..20),
        2 => prop::collection::vec(1_usize..3000, 1..20),
        1 => Just(vec![usize::MAX]),
    ]
}

/// Gives `bytes` to `end` in these chunks. What follows an error is of no interest.
fn deliver(end: &mut End, bytes: &[u8], chunks: &[usize]) {
    let (mut rest, mut lengths) = (bytes, chunks.iter().cycle());
    while !rest.is_empty() {
        let (chunk, later) = rest.split_at(rest.len().min(*lengths.next().unwrap()));
        end.input.extend(chunk);
        if end.run().is_err() {
            return;
        }
        rest = later;
    }
}

/// Moves bytes until neither end has any; `change` sees each flight on its way: from which end (0: the client), and which one
/// of that end's.
fn exchange(pair: &mut Pair, chunks: &[usize], mut change: impl FnMut(usize, usize, &mut Vec<u8>)) {
    for round in 0..10 {
        let mut flight = std::mem::take(&mut pair.client.output);
        change(0, round, &mut flight);
        deliver(&mut pair.server, &flight, chunks);
        let mut flight = std::mem::take(&mut pair.server.output);
        change(1, round, &mut flight);
        deliver(&mut pair.client, &flight, chunks);
        if pair.client.output.is_empty() {
            return;
        }
    }
    panic!("the two talk without end");
}

fn failure(end: &End) -> Option<&Error> {
    end.log.iter().find_map(|happened| match happened {
        Happened::Failed(error) => Some(error),
        _ => None,
    })
}

/// An error comes again whatever follows, and nothing more is sent.
fn assert_sticky(end: &mut End) {
    if let Some(error) = failure(end).cloned() {
        for input in [&[][..], &[22, 3, 3, 0, 1, 0], &[0xff; 100]] {
            let mut out = Vec::new();
            assert_eq!(end.connection.process(&mut input.to_vec(), &mut out).err(), Some(error.clone()));
            assert!(out.is_empty());
        }
        assert_eq!(end.connection.end_of_input(), Err(error));
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn how_the_bytes_are_cut_up_does_not_matter(
        suite in 0..SUITES.len(),
        chunks in chunks(),
        texts in [0_usize..40_000, 0_usize..40_000],
    ) {
        let mut pair = pair(suite);
        exchange(&mut pair, &chunks, |_, _, _| {});
        let texts = texts.map(|len| vec![7; len]);
        pair.client.connection.seal(&texts[0], &mut pair.client.output).unwrap();
        pair.client.connection.close(&mut pair.client.output);
        pair.server.connection.seal(&texts[1], &mut pair.server.output).unwrap();
        pair.server.connection.close(&mut pair.server.output);
        exchange(&mut pair, &chunks, |_, _, _| {});
        let log = [Happened::Connected, Happened::CloseNotify];
        prop_assert_eq!((&pair.client.log[..], &pair.server.log[..]), (&log[..], &log[..]));
        prop_assert!(pair.server.data == texts[0] && pair.client.data == texts[1]);
    }
}

proptest! {
    #![proptest_config(cases(512))]

    /// Whatever is changed on the way of a handshake, it does not come to a good end (RFC 5246 §F.1.4).
    #[test]
    fn a_handshake_that_was_changed_fails(
        suite in 0..SUITES.len(),
        chunks in chunks(),
        from in 0_usize..2,
        round in 0_usize..2,
        at in any::<Index>(),
        mutation in mutation(),
    ) {
        let mut pair = pair(suite);
        let (mut changed, mut is_harmless) = (0, false);
        exchange(&mut pair, &chunks, |end, which, flight| {
            if (end, which) == (from, round) && !flight.is_empty() {
                let before = flight.clone();
                mutation.apply(flight, at.index(flight.len()));
                changed += 1;
                // RFC 5246 §E.1: before the version is agreed, the minor version of the record is not looked at.
                const MINOR: usize = 2;
                is_harmless = *flight == before
                    || round == 0 && flight.len() == before.len() && flight[..MINOR] == before[..MINOR]
                        && flight[MINOR + 1..] == before[MINOR + 1..];
            }
        });
        prop_assert_eq!(changed, 1);
        // Bytes that are left over are found when more arrive.
        let mut sent = true;
        for end in [&mut pair.client, &mut pair.server] {
            sent &= end.connection.seal(b"data", &mut end.output).is_ok();
        }
        exchange(&mut pair, &chunks, |_, _, _| {});
        let is_good = sent
            && [&pair.client, &pair.server].iter().all(|end| failure(end).is_none() && end.data == b"data");
        prop_assert_eq!(is_good, is_harmless);
        assert_sticky(&mut pair.client);
        assert_sticky(&mut pair.server);
    }

    /// Records of any content, well protected, at any point of the handshake: what the handlers do not check, somebody
    /// finds.
    #[test]
    fn any_content_at_any_point_is_survived(
        suite in 0..SUITES.len(),
        of_client in any::<bool>(),
        step in any::<Index>(),
        records in prop::collection::vec(record(), 1..6),
    ) {
        let (client, server) = &CONFIGS[suite];
        let suite = CipherSuite::from_name(SUITES[suite]).unwrap();
        let mut forge = if of_client { Forge::server(client, suite) } else { Forge::client(server, suite) };
        match forge.flow().get(step.index(forge.flow().len() + 1)) {
            Some(step) => forge.up_to(*step),
            None => forge.connect(),
        }
        let heard = forge.heard.len();
        for (content_type, content) in records {
            if let Err(error) = forge.send(content_type, &content) {
                let refusal = forge.refusal(Err(error));
                prop_assert!(refusal.error.to_string().len() > 10);
                break;
            }
        }
        // One answer to each at most: a flight, a warning, or the last alert.
        prop_assert!(forge.heard.len() <= heard + 8);
    }
}

/// A record: its type, and a content that may or may not look like what belongs there.
fn record() -> impl Strategy<Value = (u8, Vec<u8>)> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..200);
    let typ = prop_oneof![0_u8..24, any::<u8>()];
    let handshake = (typ, bytes()).prop_map(|(typ, body)| (HANDSHAKE, message(typ, &body)));
    prop_oneof![
        4 => handshake,
        2 => (20_u8..24, bytes()),
        1 => (any::<u8>(), bytes()),
        1 => (20_u8..24, Just(vec![1])),
        1 => (21_u8..22, (0_u8..3, any::<u8>()).prop_map(|(level, what)| vec![level, what])),
        1 => (20_u8..24, Just(vec![0; MAX_PLAINTEXT])),
    ]
}

proptest! {
    #![proptest_config(cases(1024))]

    /// Bytes that make no sense to a connection that has heard nothing: refused or waited for, and answered by one alert.
    #[test]
    fn noise_is_survived(
        of_client in any::<bool>(),
        chunks in chunks(),
        start in prop_oneof![Just(vec![]), Just(vec![22, 3, 3]), Just(vec![22, 3, 1, 0, 50, 1, 0, 0, 46, 3, 3])],
        noise in prop::collection::vec(any::<u8>(), 0..500),
    ) {
        let mut pair = pair(0);
        pair.client.output.clear();
        let end = if of_client { &mut pair.client } else { &mut pair.server };
        deliver(end, &[start, noise].concat(), &chunks);
        const ALERT_LEN: usize = 7;
        prop_assert!(end.output.is_empty() || end.output.len() == ALERT_LEN && failure(end).is_some());
        assert_sticky(end);
    }

    /// Every message parser takes any bytes.
    #[test]
    fn any_body_is_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut long = vec![3, 3];
        long.extend([0; 32]);
        long.push(0);
        for body in [&body, &[long, body.clone()].concat()] {
            if let Ok(hello) = wire::ClientHello::decode(body) {
                let _ = wire::ClientExtensions::decode(hello.extensions);
            }
            if let Ok(hello) = wire::ServerHello::decode(body) {
                let every_type: Vec<_> = hello.extensions.iter().map(|(typ, _)| typ).collect();
                let _ = wire::ServerExtensions::decode(hello.extensions, &every_type);
            }
            let _ = wire::decode_certificate(body);
            let _ = wire::CertificateRequest::decode(body);
            let _ = wire::EcdheServerKeyExchange::decode(body);
            let _ = wire::decode_ecdhe_client_key_exchange(body);
            let _ = wire::decode_rsa_client_key_exchange(body);
            let _ = wire::Alert::decode(body);
            if let Some((message, rest)) = wire::Message::split(body) {
                prop_assert_eq!([message.bytes, rest].concat(), body.clone());
            }
        }
    }
}
