//! `--trace`: both sides print every message once, in the order of RFC 5246 §7.3, with the fields that matter.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::files;
use crate::openssl::{openssl_is_here, openssl_server_with};
use crate::tool::{Finished, client, exchange, server, tls12};

/// RFC 5246 §7.3, figure 1, without a ticket; and close_notify of both sides.
const FULL: [(&str, &str); 12] = [
    ("sent", "ClientHello"),
    ("received", "ServerHello"),
    ("received", "Certificate"),
    ("received", "ServerKeyExchange"),
    ("received", "ServerHelloDone"),
    ("sent", "ClientKeyExchange"),
    ("sent", "ChangeCipherSpec"),
    ("sent", "Finished"),
    ("received", "ChangeCipherSpec"),
    ("received", "Finished"),
    ("sent", "alert close_notify (warning)"),
    ("received", "alert close_notify (warning)"),
];

const SUITE: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

/// The lines of a trace: direction, message, and what follows.
fn lines(said: &[String]) -> Vec<(String, String, String)> {
    let lines = said.iter().filter_map(|line| line.strip_prefix("trace: "));
    let split = lines.map(|line| {
        let (time, rest) = line.split_once(" ms, ").unwrap_or_else(|| panic!("{line}"));
        assert!(time.parse::<f64>().is_ok(), "{line}");
        let (direction, rest) = rest.split_once(' ').unwrap();
        let (message, rest) = rest.split_once(", ").unwrap();
        (direction.to_owned(), message.to_owned(), rest.to_owned())
    });
    split.collect()
}

fn kinds(lines: &[(String, String, String)]) -> Vec<(&str, &str)> {
    lines.iter().map(|(direction, message, _)| (&**direction, &**message)).collect()
}

/// What follows the name of this message.
#[track_caller]
fn told<'a>(lines: &'a [(String, String, String)], message: &str) -> &'a str {
    &lines.iter().find(|(_, of, _)| of == message).unwrap_or_else(|| panic!("{message}: {lines:?}")).2
}

fn traced(port: u16, args: &[&str], dir: &TempDir) -> Finished {
    let always = ["--trace", "--tickets", "off", "--suite", SUITE, "--group", "secp384r1"];
    exchange(client(port, &[&always, args].concat(), dir), "stressed\n")
}

#[test]
fn a_handshake_with_openssl_is_traced() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (_server, port) = openssl_server_with("cert.pem", "key.pem", &["-rev", "-alpn", "h2"], &dir);
    let done = traced(port, &["--server-name", "server.example", "--alpn", "h2"], &dir);
    let lines = lines(&done.assert_succeeded().stderr);
    // OpenSSL answers a close_notify, or just goes.
    let close = ("received", "alert close_notify (warning)");
    let seen: Vec<_> = kinds(&lines).into_iter().filter(|kind| *kind != close).collect();
    assert_eq!(seen, FULL[..11]);
    let hello = told(&lines, "ClientHello");
    assert!(hello.contains(" bytes: version TLS 1.2; server name server.example; alpn h2; "), "{hello}");
    assert!(hello.contains(&format!("suites {SUITE}")) && hello.contains("; groups secp384r1; "), "{hello}");
    let hello = told(&lines, "ServerHello");
    assert!(hello.contains(&format!("version TLS 1.2; suite {SUITE}; alpn h2; ")), "{hello}");
    assert!(told(&lines, "Certificate").ends_with("bytes: subjects CN=tls12 test server"));
    assert!(told(&lines, "ServerKeyExchange").contains("bytes: group secp384r1; scheme rsa_pss_"));
    assert_eq!(told(&lines, "ChangeCipherSpec"), "1 byte");
    // RFC 5246 §7.4.9: 12 bytes of verify_data, after a header of 4.
    assert_eq!(told(&lines, "Finished"), "16 bytes");
}

/// A server has many clients: each line has the address of its own.
#[test]
fn a_server_traces_each_client() {
    let dir = files();
    let args = ["--key", "key.pem", "--echo", "--trace", "--client-ca", "ca.pem", "--request-client-cert"];
    let (server, port) = server(&args, &dir);
    traced(port, &["--client-cert", "client-cert.pem", "--client-key", "client-key.pem"], &dir).assert_succeeded();
    let mut log = Vec::new();
    while log.last().is_none_or(|line| line != "closed") {
        log.push(server.log_line());
    }
    let lines = lines(&log);
    let mirrored = |direction: &str| if direction == "sent" { "received" } else { "sent" };
    let full = FULL.map(|(direction, message)| (mirrored(direction), message));
    // RFC 5246 §7.3: the three messages of a client's certificate.
    let asked = [
        &full[..4],
        &[("sent", "CertificateRequest"), full[4], ("received", "Certificate"), full[5]],
        &[("received", "CertificateVerify")],
        &full[6..],
    ]
    .concat();
    let mut seen = kinds(&lines);
    seen[asked.len() - 2..].sort_unstable();
    assert_eq!(seen[..asked.len() - 2], asked[..asked.len() - 2]);
    assert_eq!(seen[asked.len() - 2..], [full[10], full[11]]);
    assert!(told(&lines, "CertificateRequest").ends_with("; authorities 1"));
    assert!(told(&lines, "CertificateVerify").ends_with("bytes: scheme ecdsa_secp256r1_sha256"));
    let certificates: Vec<_> = lines.iter().filter(|(_, message, _)| message == "Certificate").collect();
    assert!(certificates[1].2.ends_with("CN=tls12 test client"), "{certificates:?}");
}

#[test]
fn a_refusal_is_traced_to_its_alert() {
    let dir = files();
    let (_server, port) = server(&["--key", "key.pem", "--echo", "--policy", "modern"], &dir);
    let done = client(port, &["--trace", "--suite", "TLS_RSA_WITH_AES_128_CBC_SHA"], &dir).finish();
    let lines = lines(&done.stderr);
    assert_eq!(kinds(&lines), [FULL[0], ("received", "alert handshake_failure (fatal)")]);
    client(port, &["--trace", "--quiet"], &dir).finish().assert_usage_error("cannot be used with");
}

/// A session is told by its ticket when it is made, and by its ID and ticket when it is resumed; in JSON too.
#[test]
fn a_trace_is_json_if_all_is() {
    let dir = files();
    let args = ["server", "127.0.0.1:0", "--json", "--trace", "--cert", "cert.pem", "--key", "key.pem", "--echo"];
    let server = tls12(&args, &dir);
    let listening = crate::json::read("listening", &server.stdout_line());
    let port = listening["address"].as_str().unwrap().rsplit_once(':').unwrap().1.parse().unwrap();
    let messages = |args: &[&str]| {
        let done = exchange(client(port, &[&["--json", "--trace"], args].concat(), &dir), "x\n");
        let lines = done.assert_succeeded().stderr.iter().filter(|line| line.contains("\"type\":\"message\""));
        lines.map(|line| crate::json::read("message", line)).collect::<Vec<_>>()
    };
    let find = |messages: &[Value], kind: &str| messages.iter().find(|at| at["message"] == kind).cloned().unwrap();
    let first = messages(&["--session-out", "session"]);
    let ticket = find(&first, "NewSessionTicket");
    let len = ticket["fields"]["ticket_bytes"].as_u64().unwrap();
    // RFC 5077 §3.3: a lifetime of 4 bytes and a length of 2 stand before the ticket.
    assert_eq!(ticket["length"], 4 + 4 + 2 + len);
    let again = messages(&["--session-in", "session"]);
    let hellos = ["ClientHello", "ServerHello"].map(|kind| find(&again, kind));
    assert_eq!(hellos[0]["fields"]["ticket_bytes"], len);
    assert_eq!(hellos[0]["fields"]["session_id"], hellos[1]["fields"]["session_id"]);
    assert!(
        hellos[1]["fields"]["session_id"].is_string(),
        "RFC 5077 §3.4: the ID that the client has made is sent back"
    );
    assert_eq!(find(&again, "Finished")["fields"], json!({}));
    let theirs = crate::json::read("message", &server.stderr_line());
    assert_eq!((&theirs["direction"], &theirs["message"]), (&json!("received"), &json!("ClientHello")));
    assert!(theirs["peer"].as_str().unwrap().starts_with("127.0.0.1:"), "{theirs}");
}
