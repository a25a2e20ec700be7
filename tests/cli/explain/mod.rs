//! `tls12 explain`, on the captures in `tests/captures`: those of connections between programs that are not ours.

mod browser;
mod causes;
mod large;
mod layers;
mod page;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::json::read;

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures")
}

/// Runs the tool in the folder of the captures.
fn explain(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tls12"));
    command.arg("explain").args(args).current_dir(captures()).env_remove("SSLKEYLOGFILE").output().unwrap()
}

/// The exit code if a connection failed, or something in one is wrong.
const FAILED: i32 = 5;

#[track_caller]
fn text(args: &[&str]) -> String {
    let output = explain(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | FAILED)) && stderr.is_empty(), "{args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// The lines in JSON, each of which is held against the schema.
#[track_caller]
fn lines(args: &[&str]) -> Vec<Value> {
    let text = text(&[&["--json"], args].concat());
    let kind = |line: &str| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned();
    text.lines().map(|line| read(&kind(line), line)).collect()
}

/// What is known of the only connection as a whole.
#[track_caller]
fn conclusion(args: &[&str]) -> Value {
    let mut lines = lines(args);
    let last = lines.pop().unwrap();
    assert_eq!(last["type"], "conclusion");
    assert_eq!(lines.iter().filter(|line| line["type"] == "conversation").count(), 1);
    last
}

/// The application data of a direction.
fn data(lines: &[Value], direction: &str) -> Vec<u8> {
    let is_data = |line: &&Value| line["message"] == "application data" && line["direction"] == direction;
    let bytes = lines.iter().filter(is_data).flat_map(|line| hex(line["bytes"].as_str().unwrap()));
    bytes.collect()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// The first minute: tcpdump, curl or a browser with SSLKEYLOGFILE, and this.
#[test]
fn a_capture_and_a_key_log_are_all_it_takes() {
    let text = text(&["gcm.pcap", "--keylog", "gcm.keys", "--ca", "ca.pem", "--data"]);
    // The flow of RFC 5246 §7.3, in its order and its columns.
    let flow = [
        ("ClientHello", "-------->"),
        ("ServerHello", "<--------"),
        ("Certificate", "<--------"),
        ("ServerKeyExchange", "<--------"),
        ("ServerHelloDone", "<--------"),
        ("ClientKeyExchange", "-------->"),
        ("[ChangeCipherSpec]", "-------->"),
        ("Finished", "-------->"),
        ("NewSessionTicket", "<--------"),
        ("[ChangeCipherSpec]", "<--------"),
        ("Finished", "<--------"),
        ("application data", "-------->"),
    ];
    let mut rest = text.lines().filter(|line| line.contains("-->") || line.contains("<--"));
    for (message, arrow) in flow {
        let line = rest.next().unwrap();
        assert!(line.contains(message) && line.contains(arrow), "{message}: {line}\n{text}");
    }
    for part in [
        "server name server.example",
        "signature of ServerKeyExchange: verified",
        "certificate chain: verified",
        "Finished: verified",
        "| GET / HTTP/1.0",
        "| HTTP/1.0 200 ok",
        "TLS 1.2, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, a new session; decrypted with the key log",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

/// Each with what it is opened by.
const OPENED: [(&str, &[&str], &str, &str); 6] = [
    ("gcm.pcap", &["--keylog", "gcm.keys"], "the key log", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    // The secrets are inside.
    ("gcm.pcapng", &[], "the key log", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    (
        "cbc_static_rsa.pcap",
        &["--rsa-key", "cbc_static_rsa.key"],
        "the server's RSA key",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
    ),
    ("cbc_static_rsa.pcap", &["--keylog", "cbc_static_rsa.keys"], "the key log", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    (
        "client_certificate.pcap",
        &["--keylog", "client_certificate.keys"],
        "the key log",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    ),
    (
        "gnutls_chacha20.pcap",
        &["--keylog", "gnutls_chacha20.keys"],
        "the key log",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    ),
];

#[test]
fn what_others_said_is_decrypted_and_verified() {
    for (file, secrets, opened_with, suite) in OPENED {
        let args = [&[file], secrets, &["--ca", "ca.pem"]].concat();
        let last = conclusion(&args);
        assert_eq!(last["opened_with"], Value::from(vec![opened_with]), "{last:#}");
        assert_eq!((&last["suite"], &last["handshakes"]), (&suite.into(), &1.into()), "{last:#}");
        for key in ["faults", "not_verified"] {
            assert_eq!(last[key], Value::from(Vec::<String>::new()), "{last:#}");
        }
        assert_eq!(last["verdict"], "verified", "{last:#}");
        assert!(
            self::text(&args).contains("\n  verified: all records, Finished messages and signatures are right"),
            "{file}"
        );
        // Without the secrets, nothing of it is known but the handshake.
        if !secrets.is_empty() {
            let last = conclusion(&[file]);
            assert_eq!((&last["verdict"], &last["handshakes"]), (&"unknown".into(), &0.into()), "{last:#}");
        }
    }
}

/// Byte for byte, the data is what tshark decrypts.
#[test]
fn the_data_is_that_of_tshark() {
    if Command::new("tshark").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "tshark must be there");
        eprintln!("skipped: tshark is not installed (Debian: apt install tshark)");
        return;
    }
    for (file, secrets, ..) in OPENED {
        let keys = format!("tls.keylog_file:{}", file.replace(".pcapng", ".keys").replace(".pcap", ".keys"));
        let mut tshark = Command::new("tshark");
        tshark.args(["-r", file, "-o", &keys, "-q", "-z", "follow,tls,raw,0"]).current_dir(captures());
        let output = tshark.output().unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        // Lines of hexadecimal, those of the server with a tab before them.
        let is_hex = |line: &&str| !line.trim().is_empty() && line.trim().bytes().all(|b| b.is_ascii_hexdigit());
        let said = |from_server: bool| -> Vec<u8> {
            let lines = output.lines().filter(is_hex).filter(|line| line.starts_with('\t') == from_server);
            lines.flat_map(|line| hex(line.trim())).collect()
        };
        let ours = lines(&[&[file, "--data"], secrets].concat());
        assert!(!said(true).is_empty(), "{file}: {output}");
        assert_eq!(data(&ours, "server to client"), said(true), "{file}");
        assert_eq!(data(&ours, "client to server"), said(false), "{file}");
    }
}

#[test]
fn what_comes_before_tls_is_skipped_and_said() {
    let args = ["starttls_smtp.pcap", "--keylog", "starttls_smtp.keys", "--data"];
    let text = text(&args);
    assert!(text.contains("skipped what came before TLS: SMTP, up to STARTTLS"), "{text}");
    assert!(text.contains("| hello"), "{text}");
}

/// The fields of RFC 5246 §7.4, with their bytes.
#[test]
fn each_field_is_shown_with_its_bytes() {
    let text = text(&["client_certificate.pcap", "--keylog", "client_certificate.keys", "-v"]);
    for field in [
        "random: 32 bytes:",
        // The name in server_name (RFC 6066 §3): a list of one name of type 0.
        "extension server_name: 19 bytes:",
        "0000  00 11 00 00 0e 73 65 72 76 65 72 2e 65 78 61 6d  .....server.exam",
        "cipher_suite: 2 bytes:",
        "0000  c0 2c ",
        "curve_type: 1 byte:",
        "DistinguishedName: ",
        "verify_data: 12 bytes:",
        "ticket_lifetime_hint: 4 bytes:",
        "record: handshake",
        "sequence number 0",
    ] {
        assert!(text.contains(field), "{field}\n{text}");
    }
    assert!(!text.contains("malformed"), "{text}");
    // Together they are the message, without lengths: in JSON the message is whole.
    let lines = lines(&["client_certificate.pcap", "--keylog", "client_certificate.keys", "-v"]);
    let finished = lines.iter().find(|line| line["message"] == "Finished").unwrap();
    let bytes = hex(finished["bytes"].as_str().unwrap());
    assert_eq!((bytes.len(), &bytes[..4]), (16, &[20, 0, 0, 12][..]));
}

#[test]
fn what_cannot_be_read_is_said_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let gzip = dir.path().join("x.pcap.gz");
    fs::write(&gzip, b"\x1f\x8b\x08").unwrap();
    // It begins as a record of SSL 3.0 or later does, but for its version.
    let nothing = dir.path().join("nothing");
    fs::write(&nothing, b"\x16\x03\x09\x00\x05hello").unwrap();
    for (args, code, why) in [
        (&["no-such.pcap"][..], 1, "no-such.pcap: No such file"),
        (&[gzip.to_str().unwrap()], 1, "it is compressed (gzip); decompress it: gunzip"),
        (&["ca.pem"], 1, "it is neither a capture (pcap or pcapng) nor the bytes that a side sent by TLS"),
        (
            &[nothing.to_str().unwrap()],
            1,
            "it is neither a capture (pcap or pcapng) nor the bytes that a side sent by TLS",
        ),
        (&["gcm.pcap", "--stream", "1"], 1, "there is no connection 1; there are 1, numbered from 0"),
        (&["gcm.pcap", "--keylog", "ca.pem"], 0, "ca.pem: it has no secret of TLS 1.2 (CLIENT_RANDOM)"),
        (&["gcm.pcap", "--psk", "x"], 2, "the key is missing: ID:HEX"),
    ] {
        let output = explain(args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(stderr.contains(why), "{args:?}: {stderr}");
    }
}

/// Makes the captures again. It takes root, and replaces those that are checked in.
#[test]
#[ignore = "records on the loopback interface, as root"]
fn record() {
    assert!(Command::new("bash").arg(captures().join("record")).status().unwrap().success());
}
