//! Data, and the ends of connections.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use tls12::crypto::Protection;

use crate::files;
use crate::support;
use crate::tool::{TIMEOUT, client, exchange, server};

#[test]
fn every_suite_echoes_and_sums_up() {
    let dir = files();
    let (server, port) = server(&["--echo", "--policy", "legacy", "--key", "key1.pem"], &dir);
    for suite in support::suites::of_rsa() {
        let done = exchange(client(port, &["--suite", suite.name, "--group", "secp384r1"], &dir), "one\ntwo\n");
        assert_eq!(done.assert_succeeded().stdout, ["one", "two"]);
        assert_eq!(done.summary("suite"), [suite.name]);
        let group = if suite.key_exchange.is_ephemeral() { "secp384r1" } else { "none" };
        assert_eq!(done.summary("group"), [group]);
        assert_eq!(done.summary("ems"), ["yes"]);
        let etm = if matches!(suite.protection, Protection::Cbc(..)) { "yes" } else { "not applicable" };
        assert_eq!(done.summary("etm"), [etm]);
        assert_eq!(done.summary("chain"), ["CN=tls12 test server"]);
        assert_eq!(done.summary("resumed"), ["no"]);
        let scheme = if suite.key_exchange.is_ephemeral() { "rsa_pss_rsae_sha256" } else { "none" };
        assert_eq!(done.summary("scheme"), [scheme]);
        let absent = ["alpn", "client-certificate", "ocsp"].map(|key| done.summary(key));
        assert_eq!(absent.concat(), ["none"; 3]);
        assert_eq!(done.summary("record-limit"), ["16384"]);
        assert_eq!(done.summary("verdict"), ["trusted"]);
        assert_eq!(done.stderr.len(), 16, "{done:?}");
        // The server says the same, beside what only it is told.
        let log = server.log_of_served();
        assert_eq!(log[..8], done.stderr[..8]);
        assert_eq!(log[8..], ["server-name: none", "client-certificate: none"]);
    }
}

#[test]
fn much_data_goes_both_ways_at_once() {
    let dir = files();
    // More than all buffers on the way hold: whoever reads only after writing would hang.
    let text: String = (0..1_000_000).map(|i| format!("{i}\n")).collect();
    let (_server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    let done = exchange(client(port, &[], &dir), &text);
    assert_eq!(done.status.code(), Some(0), "{:?}", done.stderr);
    assert!(done.stdout.iter().map(String::as_str).eq(text.lines()));
}

#[test]
fn the_http_page_tells_about_the_connection() {
    let dir = files();
    let (_server, port) = server(&["--key", "key.pem", "--http", "--policy", "modern"], &dir);
    let mut asking = client(port, &["--group", "x25519"], &dir);
    asking.say(b"GET /any HTTP/1.1\r\nHost: server.example\r\n\r\n");
    // The server closes, while standard input is still open.
    let stdin = asking.child.stdin.take();
    let done = asking.wait();
    drop(stdin);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(done.stdout[0], "HTTP/1.1 200 OK");
    let body = done.stdout.iter().position(String::is_empty).unwrap() + 1;
    let length: usize = done.stdout[body..].iter().map(|line| line.len() + 1).sum();
    assert!(done.stdout.contains(&format!("Content-Length: {length}")), "{done:?}");
    // Both sides say the same.
    assert_eq!(done.stdout[body..], done.stderr[..7]);

    let done = client(port, &["--suite", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"], &dir).finish();
    done.assert_no_handshake("the alert handshake_failure"); // the policy has no CBC

    let done = exchange(client(port, &[], &dir), "POST / HTTP/1.1\r\n\r\n");
    assert_eq!(done.stdout[0], "HTTP/1.1 405 Method Not Allowed");
    let done = exchange(client(port, &[], &dir), "nonsense\r\n\r\n");
    assert_eq!(done.stdout[0], "HTTP/1.1 400 Bad Request");
    // RFC 5246 §7.2.1: a client that has closed before the end of its request gets nothing.
    for part in ["", "GET / HTTP/1.1\r\n"] {
        let done = exchange(client(port, &[], &dir), part);
        assert!(done.assert_succeeded().stdout.is_empty(), "{done:?}");
    }
}

#[test]
fn the_key_logs_of_both_sides_agree() {
    let dir = files();
    let (_server, port) = server(&["--key", "key.pem", "--echo", "--keylog", "server.log"], &dir);
    assert!(exchange(client(port, &["--keylog", "client.log"], &dir), "x").status.success());
    let [server, client] = ["server.log", "client.log"].map(|name| fs::read_to_string(dir.path().join(name)).unwrap());
    assert_eq!(server, client);
    let fields: Vec<&str> = client.trim_end().split(' ').collect();
    assert_eq!(fields.iter().map(|field| field.len()).collect::<Vec<_>>(), ["CLIENT_RANDOM".len(), 64, 96], "{client}");
}

#[test]
fn a_server_goes_on_after_bad_clients() {
    let dir = files();
    let (server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    let failed = |how: &str, why: &str| {
        let line = server.log_line();
        assert!(line.starts_with(&format!("handshake failed{how}: ")) && line.contains(why), "{line}");
    };
    // One speaks no TLS, one does not trust us, one has nothing in common, one leaves; and one stays and says nothing.
    let mut plain = TcpStream::connect(("127.0.0.1", port)).unwrap();
    plain.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    failed(" on the client's side", "the peer speaks HTTP, not TLS: it begins with \"GET /\"");
    plain.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut alert = Vec::new();
    plain.read_to_end(&mut alert).unwrap();
    assert_eq!(alert, [21, 3, 3, 0, 2, 2, 10], "unexpected_message");

    let done = client(port, &["--server-name", "other.example"], &dir).finish();
    done.assert_not_trusted("valid for server.example, 127.0.0.1, but not for other.example");
    failed("", "alert bad_certificate");

    let done = client(port, &["--suite", "TLS_RSA_WITH_AES_128_CBC_SHA"], &dir).finish();
    done.assert_no_handshake("the alert handshake_failure");
    failed("", "the two sides have no cipher suite");

    drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
    failed("", "the client ended the connection without close_notify (FIN) before it sent a ClientHello");

    let _silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let done = exchange(client(port, &[], &dir), "still here\n");
    assert_eq!((done.status.code(), done.stdout), (Some(0), vec!["still here".to_owned()]));
}

#[test]
fn a_connection_that_is_cut_off_is_a_failure() {
    let dir = files();
    let (mut server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    let mut client = client(port, &[], &dir);
    client.say(b"before\n");
    assert_eq!(client.stdout_line(), "before");
    let stdin = client.child.stdin.take();
    server.child.kill().unwrap();
    let done = client.wait();
    drop(stdin);
    assert_eq!(done.status.code(), Some(6), "{done:?}");
    // Whether the peer's end or the loss of what was sent to it is seen first depends on the network.
    let last = done.stderr.last().unwrap();
    let possible = ["ended without close_notify: data may be missing", "reset"];
    assert!(possible.iter().any(|why| last.contains(why)), "{done:?}");
}
