//! What the two sides are set to negotiate, and what they report.

use crate::files;
use crate::tool::{client, exchange, server};

const LABEL: &str = "EXPERIMENTAL-tls12-test";

#[test]
fn the_servers_first_protocol_that_the_client_has_is_spoken() {
    let dir = files();
    let (server, port) = server(&["--key", "key.pem", "--echo", "--alpn", "h2,http/1.1"], &dir);
    for (offered, spoken) in [
        (&["--alpn", "http/1.1,h2"][..], "h2"),
        (&["--alpn", "spdy/1", "--alpn", "http/1.1"], "http/1.1"),
        (&[], "none"),
    ] {
        let done = exchange(client(port, offered, &dir), "x");
        assert_eq!(done.assert_succeeded().summary("alpn"), [spoken]);
        assert!(server.log_of_served().contains(&format!("alpn: {spoken}")));
    }
    let done = client(port, &["--alpn", "spdy/1"], &dir).finish();
    done.assert_no_handshake("no_application_protocol");
    assert!(server.log_line().starts_with("handshake failed: the client offers"));
}

#[test]
fn both_sides_export_the_same() {
    let dir = files();
    let long = format!("{LABEL}:with:colons:20");
    let args = ["--export", &format!("{LABEL}:32"), "--export", &long];
    let (server, port) = server(&[&["--key", "key.pem", "--echo"], &args[..]].concat(), &dir);
    let mut before = Vec::new();
    for _ in 0..2 {
        let done = exchange(client(port, &args, &dir), "x");
        let exported: Vec<String> = done.assert_succeeded().summary("export").into_iter().map(str::to_owned).collect();
        let keys: Vec<_> = exported.iter().map(|line| line.rsplit_once(": ").unwrap()).collect();
        assert_eq!(
            keys.iter().map(|(label, key)| (*label, key.len())).collect::<Vec<_>>(),
            [(LABEL, 2 * 32), (long.strip_suffix(":20").unwrap(), 2 * 20)]
        );
        let log = server.log_of_served();
        assert_eq!(log[log.len() - 2..], exported.iter().map(|line| format!("export: {line}")).collect::<Vec<_>>());
        // Of each connection its own.
        assert_ne!(exported, before);
        before = exported;
    }
}

/// RFC 5705 §4: some labels are taken.
#[test]
fn what_cannot_be_exported_is_a_failure() {
    let dir = files();
    let (server, port) = server(&["--key", "key.pem", "--echo", "--export", "key expansion:8"], &dir);
    let done = client(port, &["--export", "master secret:48"], &dir).finish();
    done.assert_failed(1, "--export: the label is reserved for TLS itself");
    assert_eq!(done.summary("export"), ["master secret: none, as the label is reserved for TLS itself"]);
    let log = server.log_of_served();
    assert_eq!(log.last().unwrap(), "export: key expansion: none, as the label is reserved for TLS itself");
}

/// RFC 6066 §4.
#[test]
fn records_are_as_short_as_the_client_asks() {
    let dir = files();
    let (server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    let text = "0123456789abcde\n".repeat(1000);
    for limit in ["512", "1024", "2048", "4096"] {
        let done = exchange(client(port, &["--max-fragment", limit], &dir), &text);
        assert_eq!(done.assert_succeeded().summary("record-limit"), [limit]);
        assert!(done.stdout.iter().map(String::as_str).eq(text.lines()));
        assert!(server.log_of_served().contains(&format!("record-limit: {limit}")));
    }
}

/// RFC 6066 §8: a response that is of no use ends the handshake, and the client says why.
#[test]
fn a_stapled_response_is_checked() {
    let dir = files();
    // RFC 6960 §4.2.1: an OCSPResponse of the status tryLater, which has nothing else.
    std::fs::write(dir.path().join("ocsp.der"), [0x30, 3, 0x0a, 1, 3]).unwrap();
    let (_server, port) = server(&["--key", "key.pem", "--echo", "--ocsp", "ocsp.der"], &dir);
    let done = exchange(client(port, &[], &dir), "x");
    assert_eq!(done.status.code(), Some(4), "{done:?}");
    let said = |words: &str| done.stderr.iter().any(|line| line.contains(words));
    assert!(
        said("verdict: refused: its stapled OCSP response cannot be used") && said("reports an error of the responder")
    );
}
