//! `--record` of client and server, and `tls12 replay`: against each other, and against OpenSSL.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::files;
use crate::json::read;
use crate::openssl::{openssl_client, openssl_is_here, openssl_name, openssl_server};
use crate::tool::{Finished, Running, client, exchange, server, tls12};

/// A server that sends back what it receives, and its port.
fn echo(args: &[&str], dir: &TempDir) -> (Running, u16) {
    server(&[&["--key", "key.pem", "--echo"], args].concat(), dir)
}

/// Replays this file.
fn replay(file: &str, dir: &TempDir) -> Finished {
    tls12(&["replay", file], dir).finish()
}

/// The result of a replay as JSON, which must have succeeded.
#[track_caller]
fn replay_json(file: &str, dir: &TempDir) -> Value {
    let done = tls12(&["--json", "replay", file], dir).finish();
    read("replayed", &done.assert_succeeded().stdout[0])
}

#[test]
fn a_connection_is_recorded_by_both_sides_and_replayed() {
    let dir = files();
    let (server, port) = echo(&["--record", "server.tls12", "--once"], &dir);
    let name = ["--server-name", "server.example", "--record", "client.tls12"];
    let done = exchange(client(port, &name, &dir), "a line that nobody else may read\n");
    done.assert_succeeded();
    server.wait().assert_succeeded();
    for (file, role) in [("client.tls12", "client"), ("server.tls12", "server")] {
        let text = fs::read_to_string(dir.path().join(file)).unwrap();
        assert!(!text.contains("nobody else"), "{text}");
        let replayed = replay_json(file, &dir);
        assert_eq!(
            (&replayed["role"], &replayed["same"], &replayed["complete"], &replayed["explanation"]),
            (&json!(role), &json!(true), &json!(true), &Value::Null)
        );
        let told = replay(file, &dir);
        let stdout = &told.assert_succeeded().stdout;
        assert!(stdout[0].starts_with(&format!("a {role}'s connection, recorded by tls12 ")), "{stdout:?}");
        assert!(stdout[1].ends_with("calls replayed: the same bytes, decisions and results"), "{stdout:?}");
    }
}

#[test]
fn a_failed_handshake_is_explained_again() {
    let dir = files();
    let (_server, port) = echo(&[], &dir);
    let done = client(port, &["--server-name", "other.example", "--record", "name.tls12"], &dir).finish();
    assert_eq!(done.status.code(), Some(4));
    let told = replay("name.tls12", &dir);
    let stdout = told.assert_succeeded().stdout.join("\n");
    assert!(stdout.contains("it failed: it is not valid for this name (name_mismatch"), "{stdout}");
    assert!(stdout.contains("other.example"), "{stdout}");
    let replayed = replay_json("name.tls12", &dir);
    assert!(replayed["explanation"]["cause"].as_str().unwrap().contains("not valid for this name"), "{replayed}");

    let args =
        ["--server-name", "server.example", "--suite", "TLS_RSA_WITH_AES_128_CBC_SHA", "--record", "suite.tls12"];
    let done = client(port, &args, &dir).finish();
    assert_eq!(done.status.code(), Some(5));
    let told = replay("suite.tls12", &dir).assert_succeeded().stdout.join("\n");
    assert!(told.contains("it failed: the server refused our ClientHello with the alert handshake_failure"), "{told}");
    assert!(told.contains("what to try:"), "{told}");
}

#[test]
fn a_difference_and_other_files_are_refused() {
    let dir = files();
    let (_server, port) = echo(&[], &dir);
    let name = ["--server-name", "server.example", "--record", "client.tls12"];
    exchange(client(port, &name, &dir), "x\n").assert_succeeded();
    let path = dir.path().join("client.tls12");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("set alpn_protocols none", "set alpn_protocols 6832", 1)).unwrap();
    let done = replay("client.tls12", &dir);
    assert_eq!(done.status.code(), Some(5), "{done:?}");
    assert!(done.stderr[0].contains("the replay differs from the recording, in line "), "{done:?}");
    assert!(done.stderr.join("\n").contains("replayed: "), "{done:?}");
    let told = tls12(&["--json", "replay", "client.tls12"], &dir).finish();
    let told = read("replayed", &told.stdout[0]);
    assert_eq!((&told["same"], &told["difference"]["call"]), (&json!(false), &json!("client")));

    // Of another version, and cut off.
    let old = text.replacen(&format!("crate {}", env!("CARGO_PKG_VERSION")), "crate 0.0.1", 1);
    fs::write(&path, &old[..old.len() - 10]).unwrap();
    let told = replay("client.tls12", &dir).assert_succeeded().stdout.join("\n");
    assert!(told.contains("recorded by tls12 0.0.1") && told.contains("differences may be due to that"), "{told}");
    assert!(told.contains("the recording is cut off"), "{told}");

    // Of another version, which had another call: what this version does not know, and that versions differ.
    fs::write(&path, old.replacen("> process", "> dance", 1)).unwrap();
    let done = replay("client.tls12", &dir);
    assert_eq!(done.status.code(), Some(1));
    let versions = format!(
        "this call is unknown; it was recorded by tls12 0.0.1, and this is tls12 {}",
        env!("CARGO_PKG_VERSION")
    );
    assert!(done.stderr[0].contains(&versions), "{done:?}");
    fs::write(&path, text.replacen("> process", "> dance", 1)).unwrap();
    let done = replay("client.tls12", &dir);
    assert!(done.stderr[0].contains("this call is unknown; the file has been changed or damaged"), "{done:?}");

    // A connection that could not be made leaves an empty file; and bytes that are no text.
    fs::write(dir.path().join("empty"), "").unwrap();
    fs::write(dir.path().join("bytes"), [0xd4, 0xc3, 0xb2, 0xa1]).unwrap();
    let other = "this is not a recording of a connection: --record makes one, and `tls12 explain` reads captures";
    for (file, why) in [
        ("cert.pem", other),
        ("bytes", other),
        ("empty", "it is empty: no connection was made to be recorded"),
        ("missing", "No such file"),
        (".", "Is a directory"),
    ] {
        let done = replay(file, &dir);
        assert_eq!(done.status.code(), Some(1));
        assert!(done.stderr[0].contains(file) && done.stderr[0].contains(why), "{done:?}");
    }
    let done = client(port, &["--record", "no/such/folder"], &dir).finish();
    assert_eq!(done.status.code(), Some(1));
    assert!(done.stderr[0].contains("no/such/folder"), "{done:?}");
}

/// A file that cannot be written is reported, and the connection goes on.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported() {
    let dir = files();
    let (_server, port) = echo(&[], &dir);
    let done = exchange(client(port, &["--server-name", "server.example", "--record", "/dev/full"], &dir), "x\n");
    assert_eq!(done.assert_succeeded().stdout, ["x"]);
    let stderr = done.stderr.join("\n");
    assert!(stderr.contains("/dev/full: the recording could not be written: No space left on device"), "{stderr}");
}

/// With `openssl s_server` and `s_client`, by AEAD and by CBC: the recordings are replayed on our side.
#[test]
fn connections_with_openssl_are_recorded_and_replayed() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    for suite in ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA"] {
        let (_peer, port) = openssl_server(&["-rev", "-cipher", "ALL@SECLEVEL=0"], &dir);
        let done = exchange(client(port, &["--suite", suite, "--record", "peer.tls12"], &dir), "stressed\n");
        assert_eq!(done.assert_succeeded().stdout, ["desserts"]);
        let replayed = replay_json("peer.tls12", &dir);
        assert_eq!((&replayed["same"], &replayed["complete"]), (&json!(true), &json!(true)), "{replayed}");

        let (server, port) = echo(&["--once", "--suite", suite, "--record", "peer.tls12"], &dir);
        let cipher = format!("{}:@SECLEVEL=0", openssl_name(suite));
        assert!(openssl_client(port, &["-cipher", &cipher], &dir).status.success());
        server.wait().assert_succeeded();
        let replayed = replay_json("peer.tls12", &dir);
        assert_eq!((&replayed["role"], &replayed["same"]), (&json!("server"), &json!(true)), "{replayed}");
        assert_eq!(replayed["complete"], true, "{replayed}");
    }
    // The server closes, and standard input stays open: the recording ends with the connection all the same.
    let (_peer, port) = openssl_server(&["-rev"], &dir);
    let mut talking = client(port, &["--record", "closed.tls12"], &dir);
    talking.say(b"CLOSE\n");
    talking.wait().assert_succeeded();
    let replayed = replay_json("closed.tls12", &dir);
    assert_eq!((&replayed["same"], &replayed["complete"]), (&json!(true), &json!(true)), "{replayed}");
    // A client that does not trust us.
    let (server, port) = echo(&["--once", "--record", "alert.tls12"], &dir);
    let done = openssl_client(port, &["-verify_hostname", "other.example"], &dir);
    assert!(!done.status.success(), "{done:?}");
    assert_eq!(server.wait().status.code(), Some(5));
    let told = replay("alert.tls12", &dir).assert_succeeded().stdout.join("\n");
    assert!(told.contains("it failed: the client ended the handshake with the alert bad_certificate"), "{told}");
}
