//! Pre-shared keys (RFC 4279), in place of certificates and beside them.

use tls12::crypto::{KeyExchange, SUITES};

use crate::files;
use crate::tool::{Running, client_trusting, exchange, listening, server, tls12};

const KEYS: [&str; 4] = ["--psk", "one:000102030405060708090a0b0c0d0e0f", "--psk", "two:of:them:FF"];

/// A server that has [`KEYS`] only.
fn keyed(args: &[&str], dir: &tempfile::TempDir) -> (Running, u16) {
    listening(tls12(&[&["server", "127.0.0.1:0", "--echo"], &KEYS[..], args].concat(), dir))
}

#[test]
fn each_client_has_its_key() {
    let dir = files();
    let (server, port) = keyed(&[], &dir);
    for (identity, psk) in [("one", KEYS[1]), ("two:of:them", "two:of:them:ff")] {
        let done = exchange(client_trusting(port, &["--psk", psk], &dir), "shared\n");
        assert_eq!(done.assert_succeeded().stdout, ["shared"]);
        assert_eq!(done.summary("psk-identity"), [identity]);
        assert!(done.summary("suite")[0].starts_with("TLS_ECDHE_PSK_WITH_"), "{done:?}");
        assert_eq!((done.summary("scheme"), done.summary("chain")), (vec!["none"], vec![]));
        assert!(server.log_of_served().contains(&format!("psk-identity: {identity}")));
    }
}

#[test]
fn every_suite_with_a_key_is_spoken() {
    let dir = files();
    let (_server, port) = keyed(&["--policy", "legacy"], &dir);
    let suites = SUITES.iter().filter(|suite| matches!(suite.key_exchange, KeyExchange::Psk | KeyExchange::EcdhePsk));
    for suite in suites {
        let done = exchange(client_trusting(port, &["--psk", KEYS[1], "--suite", suite.name], &dir), "x");
        assert_eq!(done.assert_succeeded().summary("suite"), [suite.name]);
    }
}

#[test]
fn another_key_or_identity_is_refused() {
    let dir = files();
    let (server, port) = keyed(&[], &dir);
    let done = client_trusting(port, &["--psk", "three:00"], &dir).finish();
    done.assert_no_handshake("the alert unknown_psk_identity");
    assert!(server.log_line().contains("sent a PSK identity that this server does not have"));
    // RFC 4279 §2: keys that differ show as Finished messages that do not decrypt.
    let done = client_trusting(port, &["--psk", "one:00"], &dir).finish();
    done.assert_no_handshake("the alert bad_record_mac");
    assert!(server.log_line().contains("cannot be decrypted"));
}

#[test]
fn a_server_with_both_serves_both() {
    let dir = files();
    let (server, port) = server(&[&["--key", "key.pem", "--echo"], &KEYS[..]].concat(), &dir);
    let keyed = exchange(client_trusting(port, &["--psk", KEYS[1]], &dir), "x");
    assert_eq!(keyed.assert_succeeded().summary("psk-identity"), ["one"]);
    server.log_of_served();
    let certified = exchange(client_trusting(port, &["--ca", "ca.pem"], &dir), "x");
    assert_eq!(certified.assert_succeeded().summary("chain"), ["CN=tls12 test server"]);
    assert!(certified.summary("psk-identity").is_empty());
}

#[test]
fn a_session_keeps_the_identity() {
    let dir = files();
    let (server, port) = keyed(&[], &dir);
    let connect = |file| exchange(client_trusting(port, &["--psk", KEYS[1], file, "session"], &dir), "x");
    connect("--session-out").assert_succeeded();
    server.log_of_served();
    let resumed = connect("--session-in");
    assert_eq!(resumed.assert_succeeded().summary("resumed"), ["by ticket"]);
    assert_eq!(resumed.summary("psk-identity"), ["one"]);
    assert!(server.log_of_served().contains(&"psk-identity: one".to_owned()));
}
