//! The recordings of `tests/vectors`, made with OpenSSL: read as captures, and compared with the independent implementation.

use std::collections::BTreeSet;

use tls12::crypto::{CipherSuite, ring};
use tls12::inspect::{Direction, Inspector, SecretSource, Verdict};

use super::capture::{Captured, Read, hex};
use super::support::conversation::Conversation as Independent;
use super::support::independent::key_block;
use super::support::recording::Recording;
use super::support::suites;

/// A recorded connection as a capture.
fn captured(recording: &Recording) -> Captured {
    let (ours, theirs) = match recording.fact("role") {
        "client" => (Direction::ClientToServer, Direction::ServerToClient),
        _ => (Direction::ServerToClient, Direction::ClientToServer),
    };
    let mut segments = Vec::new();
    for step in &recording.steps {
        if step.cause.word == "input" {
            segments.push((theirs, step.cause.bytes()));
        }
        segments.extend(step.outcome.iter().filter(|line| line.word == "out").map(|line| (ours, line.bytes())));
    }
    let hello = segments.iter().find(|(direction, _)| *direction == Direction::ClientToServer);
    // The random of the ClientHello follows the headers of record and message, and the version.
    let mut bytes = hello.map_or(&[][..], |(_, bytes)| bytes);
    // A warning may come first.
    while let [21, _, _, _, _, _, _, rest @ ..] = bytes {
        bytes = rest;
    }
    let random = bytes.get(11..43).unwrap_or_default();
    let master = recording.find_fact("peer_master_secret").unwrap_or_default();
    Captured { key_log: format!("CLIENT_RANDOM {} {master}", hex(random)), segments }
}

fn is_complete(connection: &Recording) -> bool {
    ["connected", "ended"].iter().all(|word| connection.outcomes(word).next().is_some())
}

/// What both sides said, as the independent implementation has it; and all of it is verified.
#[test]
fn recordings_are_opened_and_verified() {
    let mut seen = BTreeSet::new();
    for (name, recording) in Recording::all() {
        for connection in recording.connections() {
            let capture = captured(&connection);
            let read = capture.read();
            if !is_complete(&connection) {
                assert_ne!(read.summary.verdict(), Verdict::Verified, "{name}");
                continue;
            }
            let independent = Independent::of(&name, &connection);
            if independent.ours().refused || independent.theirs().refused {
                assert_eq!(read.summary.verdict(), Verdict::Failed, "{name}");
                continue;
            }
            assert_eq!(
                (read.faults(), read.summary.verdict()),
                (vec![], Verdict::Verified),
                "{name}: {:?}",
                read.summary
            );
            let [client, server] = read.data();
            let (ours, theirs) = if recording.fact("role") == "client" { (client, server) } else { (server, client) };
            assert!(ours == independent.ours().data && theirs == independent.theirs().data, "{name}");
            let parameters = independent.parameters.unwrap();
            assert_eq!(read.summary.supported_suite(), Some(parameters.suite), "{name}");
            assert_eq!(read.summary.resumed, Some(independent.resumed.is_some()), "{name}");
            assert_schedule(&name, &read, parameters.suite, &connection);
            seen.insert(parameters.suite.name);
        }
    }
    assert!(suites::recorded().all(|suite| seen.contains(suite.name)), "{seen:?}");
}

/// The secrets of the last handshake are those that OpenSSL and the independent implementation have.
fn assert_schedule(name: &str, read: &Read, suite: &CipherSuite, connection: &Recording) {
    let schedule = read.schedule.as_ref().unwrap();
    let secrets = schedule.secrets.as_ref().unwrap();
    let master = secrets.master_secret.expose();
    let given = connection.find_fact("peer_master_secret").unwrap_or_default();
    let is_last = read.summary.handshakes == 1;
    assert_eq!(hex(master) == given.to_ascii_lowercase(), is_last, "{name}");
    let expected = key_block(suite, master, &schedule.client_random, &schedule.server_random);
    for (ours, keys) in [(&secrets.client, expected.0), (&secrets.server, expected.1)] {
        let ours = [ours.mac_key.expose(), ours.key.expose(), ours.iv.expose()];
        assert_eq!(ours, [&*keys.mac, &*keys.cipher, &*keys.iv], "{name}");
    }
}

/// Only the first connection of a recording is in the key log: those that resume its session are followed.
#[test]
fn recorded_sessions_are_followed() {
    let (mut by_id, mut by_ticket) = (0, 0);
    for (name, recording) in Recording::all().into_iter().filter(|(name, _)| name.contains("-resumed_by_")) {
        let mut inspector = Inspector::new(ring::provider());
        for (i, connection) in recording.connections().iter().enumerate() {
            let capture = captured(connection);
            if i == 0 {
                inspector.secrets.add_key_log(&capture.key_log);
            }
            let read = capture.read_with(&mut inspector);
            let expected = if i == 0 { SecretSource::KeyLog } else { SecretSource::Session };
            assert_eq!(read.sources(), [expected], "{name}, connection {i}");
            if i > 0 {
                assert_eq!(read.summary.resumed, Some(true), "{name}");
                *(if name.contains("_by_id") { &mut by_id } else { &mut by_ticket }) += 1;
            }
        }
    }
    assert!(by_id > 10 && by_ticket > 10, "{by_id}, {by_ticket}");
}
