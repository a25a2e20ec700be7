//! `--min-version` and `--max-version`: TLS 1.3 with rustls, and old peers, with the same command.

#[cfg(unix)]
use std::fs::File;
use std::net::TcpListener;
#[cfg(unix)]
use std::process::Command;
use std::thread;

use serde_json::json;
use tls12::ServerConfig;
use tls12::crypto::ring;
use tls12::io::both::Acceptor;

use crate::files;
use crate::json::{read, server as json_server};
use crate::openssl::{openssl_is_here, openssl_server_for};
use crate::support::pki::{KeyKind, PKI};
use crate::tool::{client, client_trusting, exchange, server, tls12};

const KEY: [&str; 2] = ["--key", "key.pem"];
const NAME: [&str; 2] = ["--server-name", "server.example"];
const TLS_1_3: [&str; 2] = ["--max-version", "1.3"];

#[test]
fn both_sides_of_this_tool_speak_tls13_if_they_are_told_to() {
    let dir = files();
    let args = ["--alpn", "h2", "--export", "EXPERIMENTAL-x:8"];
    let (server, port) = server(&[&KEY[..], &TLS_1_3, &args, &["--rev"]].concat(), &dir);
    let done = exchange(client(port, &[&NAME[..], &TLS_1_3, &args].concat(), &dir), "forwards\n");
    assert_eq!(done.assert_succeeded().stdout, ["sdrawrof"]);
    for line in [
        "version: TLS 1.3",
        "suite: TLS_AES_256_GCM_SHA384",
        "group: x25519",
        "alpn: h2",
        "resumed: no",
        "verdict: trusted",
    ] {
        assert!(done.stderr.iter().any(|said| said == line), "{line}: {done:?}");
    }
    let fields = server.log_of_served();
    assert_eq!(fields[..2], ["version: TLS 1.3", "suite: TLS_AES_256_GCM_SHA384"]);
    // Only the two sides can compute it.
    let exported = done.stderr.iter().find(|line| line.starts_with("export: EXPERIMENTAL-x: ")).unwrap();
    assert!(fields.contains(exported), "{fields:?}, {exported}");

    // The same server, and a client that speaks TLS 1.2 only, which is the default, by each stack.
    for suite in ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"] {
        let done = exchange(client(port, &[&NAME[..], &["--suite", suite]].concat(), &dir), "forwards\n");
        assert_eq!(done.assert_succeeded().stdout, ["sdrawrof"]);
        assert_eq!(server.log_of_served()[..2], ["version: TLS 1.2".to_owned(), format!("suite: {suite}")]);
    }
}

#[test]
fn a_minimum_of_tls13_refuses_old_peers_and_says_so() {
    let dir = files();
    let (strict, port) = server(&[&KEY[..], &["--min-version", "1.3", "--rev"]].concat(), &dir);
    let done = exchange(client(port, &NAME, &dir), "forwards\n");
    done.assert_no_handshake("protocol_version");
    assert!(done.stderr.iter().any(|line| line.contains("--max-version 1.3")), "{done:?}");
    assert!(strict.log_line().starts_with("handshake failed"));
    let done = exchange(client(port, &[&NAME[..], &["--min-version", "1.3"]].concat(), &dir), "forwards\n");
    assert_eq!(done.assert_succeeded().stdout, ["sdrawrof"]);
    assert_eq!(strict.log_of_served()[0], "version: TLS 1.3");

    let (_old, port) = server(&[&KEY[..], &["--rev"]].concat(), &dir);
    let done = exchange(client(port, &[&NAME[..], &["--min-version", "1.3"]].concat(), &dir), "forwards\n");
    done.assert_no_handshake("the minimum version is TLS 1.3");
}

/// More than all buffers on the way hold.
#[test]
fn data_goes_both_ways_at_once() {
    let dir = files();
    let (_server, port) = server(&[&KEY[..], &TLS_1_3, &["--echo"]].concat(), &dir);
    let text = "0123456789abcde\n".repeat(1 << 17);
    let done = exchange(client(port, &[&NAME[..], &TLS_1_3].concat(), &dir), &text);
    assert_eq!(done.assert_succeeded().stdout.len(), 1 << 17);

    let (mut server, port) = server(&[&KEY[..], &TLS_1_3, &["--stdin"]].concat(), &dir);
    server.say(b"from the server\n");
    let mut client = client(port, &[&NAME[..], &TLS_1_3].concat(), &dir);
    client.say(b"from the client\n");
    assert_eq!((client.stdout_line(), server.stdout_line()), ("from the server".into(), "from the client".into()));
    client.finish().assert_succeeded();
    server.finish().assert_succeeded();
}

/// A server that neither closes nor says anything does not keep the client.
#[test]
fn the_connection_has_an_end_whatever_the_peer_does() {
    let dir = files();
    let silent = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = ServerConfig::builder(PKI.server(KeyKind::Rsa).credential(&*ring::provider())).build().unwrap();
        let acceptor = Acceptor::new(&config).unwrap();
        let kept = thread::spawn(move || acceptor.accept(listener.accept().unwrap().0).unwrap());
        (kept, port)
    };
    let (kept, port) = silent();
    // It is also the limit of the handshake, which must succeed.
    let limited = [&NAME[..], &TLS_1_3, &["--timeout", "2"]].concat();
    let done = exchange(client(port, &limited, &dir), "text\n");
    assert!(done.assert_succeeded().stderr.concat().contains("neither answered our close_notify nor closed within 2s"));
    drop(kept.join().unwrap());

    // With its input open, silence is a failure, and so is an end without close_notify.
    let (kept, port) = silent();
    let done = client(port, &limited, &dir).wait();
    assert_eq!(done.status.code(), Some(3), "{done:?}");
    assert!(done.stderr.concat().contains("the peer sent nothing for 2s"), "{done:?}");
    drop(kept.join().unwrap());
    let (kept, port) = silent();
    let waiting = client(port, &[&NAME[..], &TLS_1_3].concat(), &dir);
    drop(kept.join().unwrap());
    let done = waiting.wait();
    assert_eq!(done.status.code(), Some(6), "{done:?}");
}

/// A directory can be opened, but not read.
#[cfg(unix)]
#[test]
fn input_that_cannot_be_read_is_reported_with_either_version() {
    let dir = files();
    let (_server, port) = server(&[&KEY[..], &TLS_1_3, &["--echo"]].concat(), &dir);
    for version in ["1.2", "1.3"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tls12"));
        command.args(["client", &format!("127.0.0.1:{port}"), "--ca", "ca.pem", "--max-version", version]).args(NAME);
        command.current_dir(dir.path()).stdin(File::open(dir.path()).unwrap());
        let done = command.output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(1), "{version}: {said}");
        assert!(said.contains("the connection failed: standard input: "), "{version}: {said}");
    }
}

#[test]
fn the_verdict_is_the_same_in_both_worlds() {
    let dir = files();
    let (_server, port) = server(&[&KEY[..], &TLS_1_3, &["--rev"]].concat(), &dir);
    let refused = |args: &[&str]| {
        let done = client(port, args, &dir).finish();
        assert_eq!(done.status.code(), Some(4), "{done:?}");
        // The report ends this line with the time, and two runs may not be in the same second.
        done.stderr.into_iter().map(|line| line.split(" root at ").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let other = ["--server-name", "other.example"];
    assert_eq!(refused(&[&other[..], &TLS_1_3].concat()), refused(&other));
    // The chain is shown, and nothing is sent.
    let looked = refused(&[&other[..], &TLS_1_3, &["--look"]].concat());
    assert!(looked.contains(&"version: TLS 1.3".to_owned()), "{looked:?}");
    assert!(looked.iter().any(|line| line.starts_with("pin: sha256/")), "{looked:?}");
    assert!(looked.iter().any(|line| line.starts_with("verdict: refused: ")), "{looked:?}");
    // Trust on first use, with a file that both read.
    let tofu = |args: &[&str]| {
        let known = client_trusting(port, &[&["--tofu", "known"], &NAME[..], args].concat(), &dir);
        exchange(known, "forwards\n").assert_succeeded().stderr.concat()
    };
    assert!(tofu(&TLS_1_3).contains("its key is trusted from now on"));
    assert!(!tofu(&[]).contains("its key is trusted from now on"));
}

#[test]
fn json_has_the_version_too() {
    let dir = files();
    let (server, port) = json_server(&TLS_1_3, &dir);
    let done = exchange(client(port, &[&NAME[..], &TLS_1_3, &["--json"]].concat(), &dir), "forwards\n");
    let ours = read("connected", &done.assert_succeeded().stderr[0]);
    let theirs = read("connected", &server.stderr_line());
    for side in [&ours, &theirs] {
        assert_eq!((&side["version"], &side["suite"]), (&json!("TLS 1.3"), &json!("TLS_AES_256_GCM_SHA384")));
        assert_eq!((&side["group"], &side["resumed"]), (&json!("x25519"), &serde_json::Value::Null));
    }
    assert_eq!(ours["verdict"], json!({ "trusted": true, "report": null }));
    let done = client(port, &["--json", "--server-name", "other.example", "--max-version", "1.3"], &dir).finish();
    let [verdict, failed] = &done.stderr[..] else { panic!("{done:?}") };
    assert_eq!(read("verdict", verdict)["trusted"], false);
    assert_eq!(read("failed", failed)["kind"], "certificate");
}

/// One command for any server.
#[test]
fn openssl_of_each_kind() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let servers: [(&[&str], &str, &str); 3] = [
        (&["-tls1_3"], "version: TLS 1.3", "suite: TLS_AES_256_GCM_SHA384"),
        (&["-tls1_2"], "version: TLS 1.2", "suite: TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        (&["-tls1_2", "-cipher", "AES128-SHA"], "version: TLS 1.2", "suite: TLS_RSA_WITH_AES_128_CBC_SHA"),
    ];
    for (arguments, version, suite) in servers {
        let (_server, port) = openssl_server_for(&[arguments, &["-rev"]].concat(), &dir);
        let args = [&NAME[..], &TLS_1_3, &["--policy", "legacy"]].concat();
        let done = exchange(client(port, &args, &dir), "forwards\n");
        assert_eq!(done.assert_succeeded().stdout, ["sdrawrof"]);
        for line in [version, suite, "verdict: trusted"] {
            assert!(done.stderr.iter().any(|said| said == line), "{line}: {done:?}");
        }
        let is_old = suite.contains("TLS_RSA");
        let told =
            done.stderr.iter().any(|line| line.contains("connecting again, with TLS 1.2 only, as the server answered"));
        assert_eq!(told, is_old, "{done:?}");
    }
}

/// The default policy has no static RSA.
#[test]
fn a_server_that_refuses_both_attempts_is_explained() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (_server, port) = openssl_server_for(&["-tls1_2", "-cipher", "AES128-SHA", "-rev"], &dir);
    let done = exchange(client(port, &[&NAME[..], &TLS_1_3].concat(), &dir), "forwards\n");
    assert_eq!(done.status.code(), Some(5), "{done:?}");
    for words in ["(an earlier attempt with rustls failed: ", "- if it supports static RSA only: give --policy legacy"]
    {
        assert!(done.stderr.iter().any(|line| line.contains(words)), "{words}: {done:?}");
    }
}

#[test]
fn what_needs_tls12_is_refused_in_one_line() {
    let dir = files();
    let of_client: [&[&str]; 9] = [
        &["--trace"],
        &["--explain"],
        &["--session-in", "x"],
        &["--session-out", "x"],
        &["--renegotiate", "1"],
        &["--max-fragment", "512"],
        &["--min-hello", "512"],
        &["--tickets", "off"],
        &["--psk", "id:00"],
    ];
    for option in of_client {
        let done = client(1, &[&TLS_1_3[..], option].concat(), &dir).finish();
        done.assert_usage_error(&format!(
            "{} works with TLS 1.2 only",
            if option[0] == "--tickets" { "--tickets off" } else { option[0] }
        ));
        assert_eq!(done.stderr.len(), 1, "{done:?}");
    }
    client(1, &["--min-version", "1.3", "--max-version", "1.2"], &dir).finish().assert_usage_error("is above");
    client(1, &["--max-version", "1.1"], &dir).finish().assert_usage_error("1.2, 1.3");
    let all = [&["server", "127.0.0.1:0", "--cert", "cert.pem", "--echo", "--trace"], &KEY[..], &TLS_1_3].concat();
    tls12(&all, &dir).finish().assert_usage_error("--trace works with TLS 1.2 only");
}
