//! Replays the recorded connections of `tests/vectors/`: with the same randomness, input, answers and time, every step must
//! have the same result, byte for byte.
#![cfg(all(feature = "ring", feature = "webpki"))]

use std::collections::BTreeSet;

use crate::support::player::replay;
use crate::support::recording::{Line, Recording};
use crate::support::scripted::IV_LEN;
use crate::support::suites;
use tls12::crypto::CipherSuite;

#[test]
fn the_same_comes_of_every_step() {
    /// In bytes: all that was recorded at once; and in pieces that end within headers, messages and records.
    const CHUNKS: [usize; 4] = [usize::MAX, 1, 7, 64];
    for (name, recording) in Recording::all() {
        for chunk in CHUNKS {
            let replayed = replay(&recording, chunk);
            for (i, (replayed, recorded)) in replayed.steps.iter().zip(&recording.steps).enumerate() {
                let cause = &recorded.cause.word;
                assert!(
                    replayed.outcome.iter().eq(recorded.outcome.iter().filter(|line| !is_iv(line))),
                    "{name}, step {i} ({cause}), input by {chunk}: recorded {:#?}, but now {:#?}",
                    shortened(&recorded.outcome),
                    shortened(&replayed.outcome),
                );
            }
        }
    }
}

/// IVs are not drawn one by one any more. That they are the same shows in the records that are sent.
fn is_iv(line: &Line) -> bool {
    line.word == "random" && line.value.len() == 2 * IV_LEN
}

fn shortened(outcome: &[Line]) -> Vec<String> {
    outcome.iter().map(|line| format!("{} {:.200}", line.word, line.value)).collect()
}

/// What is written is what is read: nothing of a file is passed over.
#[test]
fn recordings_are_read_whole() {
    for (name, recording) in Recording::all() {
        let text = std::fs::read_to_string(Recording::directory().join(&name)).unwrap();
        assert!(recording.to_string().lines().eq(text.lines()), "{name}");
    }
}

/// Our key log agrees with the peer's own, which has the same secret for a session and those that resume it.
#[test]
fn both_sides_have_the_same_master_secret() {
    let mut complete = 0;
    for (name, recording) in Recording::all() {
        for connection in recording.connections() {
            if connection.outcomes("connected").next().is_some() {
                let ours: Vec<&str> = connection.outcomes("master_secret").map(|line| line.value.as_str()).collect();
                assert_eq!(ours, [recording.fact("peer_master_secret")], "{name}");
                complete += 1;
            }
        }
    }
    assert!(complete > 0);
}

/// Each suite, with each MAC order, group and signature scheme, and both master secrets, in both roles.
#[test]
fn every_suite_is_there() {
    let mut seen = BTreeSet::new();
    let mut missing = Vec::new();
    for (_, recording) in Recording::all() {
        let is_complete = recording.outcomes("ended").next().is_some();
        if let (true, Some(connected)) = (is_complete, recording.outcomes("connected").next()) {
            let [role, schemes] = ["role", "schemes"].map(|fact| recording.fact(fact));
            let [name, _, group, ems, order, ..] = connected.words().collect::<Vec<_>>()[..] else {
                panic!("{connected}")
            };
            let suite = CipherSuite::from_name(name).unwrap();
            seen.insert(format!("{role} {name} {order}"));
            seen.insert(format!("{role} {:?} {group}", suite.key_exchange));
            seen.insert(format!("{role} {:?} {ems}", suite.key_exchange));
            // With a pre-shared key, nothing is signed.
            if suite.key_exchange.is_ephemeral() && !suite.key_exchange.is_psk() {
                seen.insert(format!("{role} {schemes}"));
            }
        }
    }
    for role in ["client", "server"] {
        let mut expected: Vec<String> = Vec::new();
        for (suite, order) in suites::recorded_with_orders() {
            let (name, exchange) = (suite.name, suite.key_exchange);
            let order = order.map_or("none".to_owned(), |order| format!("{order:?}"));
            expected.push(format!("{name} mac_order={order}"));
            expected.extend(["true", "false"].map(|ems| format!("{exchange:?} extended_master_secret={ems}")));
            let groups: &[&str] =
                if exchange.is_ephemeral() { &["x25519", "secp256r1", "secp384r1"] } else { &["none"] };
            expected.extend(groups.iter().map(|group| format!("{exchange:?} group={group}")));
        }
        let hashes = ["sha256", "sha384", "sha512"];
        expected.extend(hashes.map(|hash| format!("rsa_pss_rsae_{hash}")));
        expected.extend(hashes.map(|hash| format!("rsa_pkcs1_{hash}")));
        expected.push("ecdsa_secp256r1_sha256".to_owned());
        if role == "client" {
            expected.extend(["ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512"].map(str::to_owned));
        }
        missing.extend(expected.into_iter().map(|what| format!("{role} {what}")).filter(|what| !seen.contains(what)));
    }
    assert!(missing.is_empty(), "no recording of {missing:#?}");
}

/// Every alert that could be provoked from OpenSSL, or from us by it.
#[test]
fn every_alert_is_there() {
    const EXPECTED: [(&str, &str, &[&str]); 4] = [
        (
            "client",
            "sent",
            &[
                "bad_certificate",
                "bad_record_mac",
                "certificate_expired",
                "certificate_revoked",
                "certificate_unknown",
                "close_notify",
                "decode_error",
                "decrypt_error",
                "handshake_failure",
                "illegal_parameter",
                "protocol_version",
                "record_overflow",
                "unexpected_message",
                "unknown_ca",
                "unsupported_certificate",
                "unsupported_extension",
            ],
        ),
        (
            "client",
            "received",
            &[
                "bad_record_mac",
                "decode_error",
                "decrypt_error",
                "handshake_failure",
                "illegal_parameter",
                "inappropriate_fallback",
                "protocol_version",
                "record_overflow",
                "unexpected_message",
                "unrecognized_name",
            ],
        ),
        (
            "server",
            "sent",
            &[
                "bad_record_mac",
                "close_notify",
                "decode_error",
                "decrypt_error",
                "handshake_failure",
                "illegal_parameter",
                "internal_error",
                "protocol_version",
                "record_overflow",
                "unexpected_message",
                "unknown_psk_identity",
            ],
        ),
        (
            "server",
            "received",
            &[
                "bad_certificate",
                "bad_record_mac",
                "certificate_expired",
                "decode_error",
                "decrypt_error",
                "handshake_failure",
                "illegal_parameter",
                "protocol_version",
                "record_overflow",
                "unexpected_message",
                "unknown_ca",
                "unsupported_certificate",
                "unsupported_extension",
            ],
        ),
    ];
    let recordings = Recording::all();
    for (role, how, alerts) in EXPECTED {
        let of_role = recordings.iter().filter(|(_, recording)| recording.fact("role") == role);
        let failed = of_role.flat_map(|(_, recording)| recording.outcomes("failed"));
        let seen: BTreeSet<&str> = failed
            .filter_map(|line| match line.words().collect::<Vec<_>>()[..] {
                [way, alert, ..] if way == how => Some(alert),
                _ => None,
            })
            .collect();
        assert_eq!(seen, alerts.iter().copied().collect(), "{role} {how}");
    }
}
