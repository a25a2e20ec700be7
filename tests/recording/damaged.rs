//! Recordings that are damaged, cut off, changed, or of another version.

use crate::support::kept::Secrets;
use crate::support::pki::{PKI, Pinned};
use crate::support::psk::Psk;
use crate::{Recorded, replay, replay_whole};
use tls12::crypto::ring;
use tls12::replay::{Ending, Recorder, Recording, RecordingError};
use tls12::{ClientConfig, Error, ServerConfig};

/// A connection with a pre-shared key, which is short.
fn short(secrets: Secrets) -> [String; 2] {
    let client = ClientConfig::builder_with_psk_only(ring::provider()).preshared_key(Psk::PLAIN.ours());
    let server = ServerConfig::builder_with_psk_only(ring::provider()).preshared_keys([Psk::PLAIN.ours()]).no_tickets();
    let mut recorded = Recorded::new(secrets, &client.build().unwrap(), &server.build().unwrap(), None);
    recorded.pair.run();
    recorded.pair.exchange_data(20);
    recorded.texts()
}

fn full() -> [String; 2] {
    let client = ClientConfig::builder(Pinned::server()).build().unwrap();
    let server = ServerConfig::builder(PKI.credential(&*ring::provider())).build().unwrap();
    let mut recorded = Recorded::new(Secrets::Withheld, &client, &server, None);
    recorded.pair.run();
    recorded.pair.exchange_data(20);
    recorded.texts()
}

/// Lines whose every byte counts: operations and results. The others have bytes without an effect, such as the length of a
/// limit that is not reached; and a decision can hold what is only kept, such as the end of a verdict, as does the session the hash
/// of its pre-shared key.
fn counts(line: &str) -> bool {
    let is_kept = [". decided ", ". prf tls12_pre-shared_key "].iter().any(|start| line.starts_with(start));
    (line.starts_with(". ") && !is_kept) || line.starts_with("< ")
}

/// Each byte of a recording is changed: that is noticed, or has no effect; and never a panic.
#[test]
fn every_changed_byte_is_noticed() {
    let mut noticed = 0;
    let ([client, server], [with_secrets, _]) = (short(Secrets::Withheld), short(Secrets::Included));
    for text in [client, server, with_secrets] {
        let mut start = 0;
        for (i, line) in text.lines().enumerate() {
            for at in start..start + line.len() {
                let mut changed = text.clone().into_bytes();
                // A digit becomes another one, a letter another letter, or something that is neither.
                changed[at] ^= 1 << (at % 5);
                let Ok(changed) = String::from_utf8(changed) else { continue };
                let Ok(recording) = Recording::read(&changed) else { continue };
                let Ok(replayed) = recording.replay(ring::provider()) else { continue };
                if counts(line) {
                    let difference = replayed.difference.as_ref();
                    let found = difference.is_some_and(|difference| difference.line > i);
                    assert!(found, "line {}, byte {}: {line:.200}\n{replayed:?}", i + 1, at - start);
                    noticed += 1;
                }
            }
            start += line.len() + 1;
        }
    }
    assert!(noticed > 1000, "{noticed}");
}

/// A recording that was cut off is replayed as far as it goes.
#[test]
fn a_recording_that_was_cut_off_is_replayed_as_far_as_it_goes() {
    let [client, _] = full();
    let head = client.find("\n> ").unwrap() + 1;
    let mut most = 0;
    for end in (head..client.len()).step_by(41).chain([client.len() - 1]) {
        let replayed = replay(&client[..end]);
        assert_eq!((&replayed.difference, &replayed.ending), (&None, &Ending::CutOff), "{end}");
        assert_eq!(replayed.error, None, "{end}");
        assert!(replayed.calls >= most);
        most = replayed.calls;
    }
    assert!(most > 3 && replay_whole(&client).calls >= most);
}

/// Whatever else is in the file: an error with its line.
#[test]
fn other_texts_are_refused() {
    let [client, server] = full();
    let first = |text: &str| Recording::read(text).err();
    assert_eq!(first(""), Some(RecordingError::NotARecording));
    assert_eq!(first("-----BEGIN CERTIFICATE-----\n"), Some(RecordingError::NotARecording));
    assert_eq!(first("tls12-recording 2\n"), Some(RecordingError::Format("tls12-recording 2".to_owned())));
    assert_eq!(first(&" ".repeat(Recorder::MAX_LEN + 1)), Some(RecordingError::TooLong));
    let with = |from: &str, to: &str| {
        assert!(client.contains(from), "{from}");
        let changed = client.replacen(from, to, 1);
        match Recording::read(&changed).and_then(|recording| recording.replay(ring::provider())) {
            Err(RecordingError::Line { line, why }) => {
                assert!(changed.lines().nth(line - 1).unwrap().contains(to.trim()), "{line}: {why}");
                why
            }
            other => panic!("{other:?}"),
        }
    };
    assert!(with("role client", "role nobody").contains("role"));
    assert!(with("set tickets yes", "set tickets often").contains("value"));
    assert!(with("set tickets yes", "set tickets yes yes").contains("value"));
    assert!(with("> process", "> dance").contains("unknown"));
    assert!(with("> client", "> server").contains("other role"));
    // The second of two sides.
    let mixed =
        format!("{}{}", &client[..client.find("> client").unwrap()], &server[server.find("> server").unwrap()..]);
    let mixed = Recording::read(&mixed).unwrap().replay(ring::provider());
    assert!(matches!(mixed, Err(RecordingError::Line { why: "this is the call of the other role", .. })), "{mixed:?}");
}

/// Where the length of the extensions ends in the ClientHello of a recording (RFC 5246 §7.4.1.2).
fn extensions_at(client: &str) -> usize {
    let line = client.lines().find_map(|line| line.strip_prefix("< out ")).unwrap();
    let byte = |at: usize| usize::from_str_radix(&line[2 * (5 + at)..][..2], 16).unwrap();
    // The header, the version and the random; the session ID; the suites; the compression methods.
    let mut at = 4 + 2 + 32;
    at += 1 + byte(at);
    at += 2 + (byte(at) << 8 | byte(at + 1));
    at += 1 + byte(at);
    at + 1
}

/// Another version is said, and what differs: here the setting that it had, and the ClientHello without tickets.
#[test]
fn a_recording_of_another_version_says_what_differs() {
    let [client, _] = full();
    let version = format!("crate {}", env!("CARGO_PKG_VERSION"));
    let old = client.replacen(&version, "crate 0.0.9", 1);
    let recording = Recording::read(&old).unwrap();
    assert!(recording.is_of_another_version() && recording.version() == "0.0.9" && !recording.has_secrets());
    assert_eq!(recording.replay(ring::provider()).unwrap().difference, None);

    let old = old.replacen("set tickets yes", "set tickets no\nset teleportation on", 1);
    let replayed = Recording::read(&old).unwrap().replay(ring::provider()).unwrap();
    assert_eq!(replayed.unknown_settings, ["teleportation"]);
    let difference = replayed.difference.unwrap();
    let line = old.lines().position(|line| line.starts_with("< out ")).unwrap() + 1;
    assert_eq!((difference.line, &*difference.call), (line, "client"));
    // After the lengths of the record and of the message, that of the extensions differs first.
    assert_eq!(difference.place.as_deref(), Some(&*format!("byte {} of ClientHello", extensions_at(&client))));
}

/// The place of a difference is the message, and the byte of it.
#[test]
fn the_message_that_differs_is_named() {
    let [client, server] = full();
    let random = |text: &str| {
        let line = text.lines().find(|line| line.starts_with(". random 32 = ")).unwrap();
        line[". random 32 = ".len()..].to_owned()
    };
    for (text, message) in [(client, "byte 6 of ClientHello"), (server, "byte 6 of ServerHello")] {
        let drawn = random(&text);
        // Another random in the operation than in what was sent.
        let flipped = if drawn.starts_with('0') { "1" } else { "0" };
        let changed = text.replacen(&drawn, &format!("{flipped}{}", &drawn[1..]), 1);
        let difference = replay(&changed).difference.unwrap();
        assert_eq!(difference.place.as_deref(), Some(message), "{difference}");
        assert!(difference.to_string().contains("recorded: "), "{difference}");
    }
}

/// An error that differs is a difference.
#[test]
fn another_error_is_a_difference() {
    let client = ClientConfig::builder(Pinned::server()).build().unwrap();
    let server = ServerConfig::builder(PKI.credential(&*ring::provider())).build().unwrap();
    let mut recorded = Recorded::new(Secrets::Withheld, &client, &server, None);
    recorded.pair.client.connection.end_of_input().unwrap_err();
    let [client, _] = recorded.texts();
    assert_eq!(replay_whole(&client).error, Some(Error::TruncatedInHandshake));
    let changed = client.replace("< failed TruncatedInHandshake", "< failed Truncated");
    let difference = replay(&changed).difference.unwrap();
    assert_eq!((&*difference.recorded, &*difference.replayed), ("< failed Truncated", "< failed TruncatedInHandshake"));
}
