//! `--pcapng` of client and server, against OpenSSL's, and `tls12 tap`: what is in the file, as tshark and `tls12 explain` read it.

mod tap;

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use crate::files;
use crate::json::read;
use crate::openssl::{openssl_is_here, openssl_server_for, openssl_server_with};
use crate::tool::{Running, client, exchange, run, server, tls12};
use crate::tshark::{assert_sound, count, decrypted, is_here, tshark};

/// Whether the peer and the reader are installed.
fn tools_are_here() -> bool {
    is_here() && openssl_is_here()
}

/// The file of most tests.
const FILE: &str = "x.pcapng";

fn file(dir: &TempDir) -> PathBuf {
    dir.path().join(FILE)
}

/// What `tls12 explain` says of each connection as a whole.
#[track_caller]
fn conclusions(dir: &TempDir, file: &str, args: &[&str]) -> Vec<Value> {
    let done = tls12(&[&["explain", "--json", file, "--ca", "ca.pem"], args].concat(), dir).finish();
    // With 5, it says that a connection has failed.
    assert!(matches!(done.status.code(), Some(0 | 5)), "{done:?}");
    let lines = &done.stdout;
    let is_conclusion = |line: &&String| line.contains(r#""type":"conclusion""#);
    lines.iter().filter(is_conclusion).map(|line| read("conclusion", line)).collect()
}

/// Every connection was decrypted by the key log inside, and verified in every respect.
#[track_caller]
fn assert_verified(dir: &TempDir, file: &str, connections: usize) {
    let conclusions = conclusions(dir, file, &[]);
    assert_eq!(conclusions.len(), connections);
    for one in conclusions {
        assert_eq!(
            (&one["verdict"], &one["opened_with"]),
            (&"verified".into(), &vec!["the key log"].into()),
            "{one:#}"
        );
    }
}

/// A line of text 16 bytes long, for each number.
fn long_text(len: usize) -> String {
    (0..len / 16).map(|i| format!("{i:015}\n")).collect()
}

/// The versions of IP that this machine has on loopback.
fn loopbacks() -> impl Iterator<Item = &'static str> {
    ["127.0.0.1", "[::1]"].into_iter().filter(|host| TcpListener::bind(format!("{host}:0")).is_ok())
}

/// A megabyte from OpenSSL's server, over IPv4 and IPv6: with a suite of the newer half, and one of the older.
#[test]
fn what_our_client_receives_is_in_its_file() {
    if !tools_are_here() {
        return;
    }
    let dir = files();
    let text = long_text(1 << 20);
    fs::write(dir.path().join("long.txt"), &text).unwrap();
    for host in loopbacks() {
        for suite in ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA"] {
            let args = ["s_server", "-accept", &format!("{host}:0"), "-cert", "cert.pem", "-key", "key.pem", "-WWW"];
            let theirs = run("openssl", &[&args[..], &["-cipher", "ALL@SECLEVEL=0"]].concat(), &dir);
            let port = loop {
                if let Some(address) = theirs.stdout_line().strip_prefix("ACCEPT ") {
                    break address.rsplit_once(':').unwrap().1.to_owned();
                }
            };
            let args = ["client", &format!("{host}:{port}"), "--ca", "ca.pem", "--server-name", "server.example"];
            let record = ["--suite", suite, "--pcapng", FILE, "--keep-open"];
            let request = "GET /long.txt HTTP/1.0\r\n\r\n";
            let done = exchange(tls12(&[&args[..], &record].concat(), &dir), request);
            let received = done.assert_succeeded().stdout.join("\n") + "\n";
            assert!(received.ends_with(&text));

            assert_sound(&file(&dir));
            let [sent, answer] = decrypted(&file(&dir), 0);
            assert_eq!(sent, request.as_bytes());
            // Its head has line ends of two bytes.
            assert_eq!(String::from_utf8(answer).unwrap().replace("\r\n", "\n"), received);
            assert_verified(&dir, FILE, 1);
            // The addresses are those of the connection.
            let ip = host.trim_matches(['[', ']']);
            let to_server = format!("tcp.dstport == {port} && tcp.flags.syn == 1 && tcp.flags.ack == 0");
            let fields = ["-T", "fields", "-e", if ip == "::1" { "ipv6.dst" } else { "ip.dst" }];
            let said = tshark(&file(&dir), &[&["-Y", &to_server], &fields[..]].concat());
            assert_eq!(said.trim(), ip);
        }
    }
}

/// With TLS 1.3, which rustls speaks: the secrets of both directions are in the file as well.
#[test]
fn a_connection_of_tls_1_3_is_in_the_file() {
    if !tools_are_here() {
        return;
    }
    let dir = files();
    let (_server, port) = openssl_server_for(&["-tls1_3", "-rev"], &dir);
    let args = ["--server-name", "server.example", "--max-version", "1.3", "--pcapng", FILE];
    let done = exchange(client(port, &args, &dir), "abc\n");
    assert_eq!(done.assert_succeeded().stdout, ["cba"]);
    assert_sound(&file(&dir));
    // The side that tshark puts first is not always the client.
    let mut said = decrypted(&file(&dir), 0);
    said.sort();
    assert_eq!(said, [b"abc\n", b"cba\n"]);
    // This is as far as explanations go.
    let [one] = &conclusions(&dir, FILE, &[])[..] else { panic!("one connection") };
    assert_eq!(one["verdict"], "unknown", "{one:#}");
    assert!(one["not_verified"].to_string().contains("the conversation is in TLS 1.3"), "{one:#}");
    assert!(!one["not_verified"].to_string().contains("close_notify"), "{one:#}");

    // In that of our server as well.
    let (ours, port) =
        server(&["--key", "key.pem", "--echo", "--once", "--max-version", "1.3", "--pcapng", FILE], &dir);
    let done = exchange(client(port, &["--server-name", "server.example", "--max-version", "1.3"], &dir), "again\n");
    assert_eq!(done.assert_succeeded().stdout, ["again"]);
    ours.wait().assert_succeeded();
    assert_sound(&file(&dir));
    assert_eq!(decrypted(&file(&dir), 0), [b"again\n", b"again\n"]);
}

/// OpenSSL's client, with a text to send, which comes back.
fn openssl_client(port: u16, text: &str, args: &[&str], dir: &TempDir) -> Running {
    let address = format!("127.0.0.1:{port}");
    let always = ["s_client", "-connect", &address, "-CAfile", "ca.pem", "-servername", "server.example", "-tls1_2"];
    let always = [&always[..], &["-quiet", "-no_ign_eof"]].concat();
    let mut client = run("openssl", &[&always[..], args].concat(), dir);
    client.say(text.as_bytes());
    for line in text.lines() {
        assert_eq!(client.stdout_line(), line);
    }
    client
}

/// Connections that are open at the same time are in one file, and none disturbs another. The secrets come before the client's
/// Finished, which a server reads together with what they are made of.
#[test]
fn what_our_server_sends_to_several_clients_is_in_its_file() {
    if !tools_are_here() {
        return;
    }
    let dir = files();
    let args = ["--key", "key.pem", "--echo", "--policy", "legacy", "--pcapng", FILE, "--count", "4"];
    let (ours, port) = server(&args, &dir);
    let texts: Vec<String> = (0..4).map(|i| long_text(1 << 12).replace('0', &i.to_string())).collect();
    let session = ["-sess_out", "session"];
    let first = openssl_client(port, &texts[0], &session, &dir);
    let old = ["-cipher", "AES128-SHA:@SECLEVEL=0"];
    let second = openssl_client(port, &texts[1], &old, &dir);
    let third = openssl_client(port, &texts[2], &["-cipher", "ECDHE-RSA-CHACHA20-POLY1305"], &dir);
    for client in [first, second, third] {
        client.finish().assert_succeeded();
    }
    openssl_client(port, &texts[3], &["-sess_in", "session"], &dir).finish().assert_succeeded();
    ours.wait().assert_succeeded();

    assert_sound(&file(&dir));
    for (stream, text) in texts.iter().enumerate() {
        for said in decrypted(&file(&dir), stream) {
            assert_eq!(String::from_utf8(said).unwrap(), *text, "{stream}");
        }
    }
    // Those of both sides of each, decrypted while the file is read once.
    assert_eq!(count(&file(&dir), "tls.handshake.type == 20"), 8);
    assert_verified(&dir, FILE, 4);
    let conclusions = conclusions(&dir, FILE, &[]);
    let resumed: Vec<_> = conclusions.iter().map(|one| one["resumed"].as_bool().unwrap()).collect();
    assert_eq!(resumed, [false, false, false, true]);
}

/// A renegotiation too: the new secrets are there before what they open.
#[test]
fn a_renegotiation_is_in_the_file() {
    if !tools_are_here() {
        return;
    }
    let dir = files();
    let (mut theirs, port) = openssl_server_with("cert.pem", "key.pem", &["-CAfile", "ca.pem"], &dir);
    let certificate = ["--client-cert", "client-cert.pem", "--client-key", "client-key.pem"];
    let record = ["--renegotiate", "1", "--pcapng", FILE, "--server-name", "server.example"];
    let ours = client(port, &[&certificate[..], &record].concat(), &dir);
    while !ours.stderr_line().starts_with("first-byte-time") && !theirs.stdout_line().contains("CIPHER is ") {}
    theirs.say(b"R\n");
    while !ours.stderr_line().starts_with("renegotiated: 1") {}
    exchange(ours, "after it\n").assert_succeeded();
    assert_sound(&file(&dir));
    assert_eq!(decrypted(&file(&dir), 0)[0], b"after it\n");
    let conclusion = &conclusions(&dir, FILE, &[])[0];
    assert_eq!((&conclusion["verdict"], &conclusion["handshakes"]), (&"verified".into(), &2.into()), "{conclusion:#}");
}

/// Speaks SMTP up to STARTTLS, and then carries everything to the port and back.
fn smtp_in_front_of(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let front = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut client = listener.accept().unwrap().0;
        let mut lines = BufReader::new(client.try_clone().unwrap());
        client.write_all(b"220 mail ESMTP\r\n").unwrap();
        for (command, answer) in [("EHLO", "250-mail\r\n250 STARTTLS\r\n"), ("STARTTLS", "220 go ahead\r\n")] {
            let mut line = String::new();
            lines.read_line(&mut line).unwrap();
            assert!(line.starts_with(command), "{line}");
            client.write_all(answer.as_bytes()).unwrap();
        }
        let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (mut to_client, mut from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || io::copy(&mut from_server, &mut to_client));
        let _ = io::copy(&mut client, &mut &server);
        let _ = server.shutdown(std::net::Shutdown::Write);
    });
    front
}

/// What comes before TLS went over the wire as well.
#[test]
fn starttls_is_in_the_file() {
    if !tools_are_here() {
        return;
    }
    let dir = files();
    let (_theirs, port) = openssl_server_with("cert.pem", "key.pem", &["-rev"], &dir);
    let args = ["--starttls", "smtp", "--pcapng", FILE, "--server-name", "server.example"];
    let done = exchange(client(smtp_in_front_of(port), &args, &dir), "stressed\n");
    assert_eq!(done.assert_succeeded().stdout, ["desserts"]);
    assert_sound(&file(&dir));
    let plain = tshark(&file(&dir), &["-q", "-z", "follow,tcp,ascii,0"]);
    assert!(plain.contains("220 mail ESMTP") && plain.contains("220 go ahead"), "{plain}");
    assert_verified(&dir, FILE, 1);
    let explained = tls12(&["explain", FILE, "--data"], &dir).finish().assert_succeeded().stdout.join("\n");
    assert!(explained.contains("skipped what came before TLS: SMTP, up to STARTTLS"), "{explained}");
    assert!(explained.contains("| stressed") && explained.contains("| desserts"), "{explained}");
}

/// A handshake that fails is what such a file is for.
#[test]
fn a_failed_handshake_is_in_the_file() {
    if !tools_are_here() {
        return;
    }
    let dir = files();
    let (_theirs, port) = openssl_server_with("cert.pem", "key.pem", &[], &dir);
    let args = ["--server-name", "other.example", "--pcapng", FILE];
    client(port, &args, &dir).finish().assert_not_trusted("but not for other.example");
    assert_sound(&file(&dir));
    assert_eq!(count(&file(&dir), "tls.alert_message.desc == 42"), 1, "bad_certificate");
    assert_eq!(count(&file(&dir), "tcp.flags.fin == 1"), 1, "the client's");
    let conclusion = &conclusions(&dir, FILE, &[])[0];
    assert!(
        conclusion["cause"].as_str().unwrap().contains("the client ended the handshake with the alert bad_certificate"),
        "{conclusion:#}"
    );
}

/// However the program ends, what went over the wire until then is in the file.
#[test]
fn the_file_of_a_killed_server_is_complete() {
    if !tools_are_here() {
        return;
    }
    let dir = files();
    let (mut ours, port) = server(&["--key", "key.pem", "--echo", "--pcapng", FILE], &dir);
    // The answer is here before it is recorded; the one before it was recorded.
    let mut client = openssl_client(port, "so far\n", &[], &dir);
    client.say(b"last\n");
    assert_eq!(client.stdout_line(), "last");
    ours.child.kill().unwrap();
    ours.child.wait().unwrap();
    drop(client);
    assert_sound(&file(&dir));
    let [received, sent] = decrypted(&file(&dir), 0);
    assert!(received.starts_with(b"so far\n") && sent.starts_with(b"so far\n"), "{received:?} {sent:?}");
}

/// Whoever has the file has the secrets: nobody else may read it, even if there was one before.
#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = files();
    let path = dir.path().join("old.pcapng");
    fs::write(&path, "of somebody else, and longer than what takes its place".repeat(1000)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    for file in ["old.pcapng", "new.pcapng"] {
        let (_server, port) = server(&["--key", "key.pem", "--echo"], &dir);
        exchange(client(port, &["--pcapng", file, "--server-name", "server.example"], &dir), "x").assert_succeeded();
        let mode = fs::metadata(dir.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
        assert_verified(&dir, file, 1);
    }
    for command in [&["client", "127.0.0.1:1"][..], &["tap", "127.0.0.1:0", "127.0.0.1:1"]] {
        tls12(&[command, &["--pcapng", "missing/x.pcapng"]].concat(), &dir)
            .finish()
            .assert_no_start("missing/x.pcapng: ");
    }
}

/// A full disk ends no connection, and is not kept quiet: it is said at once, and by the exit code.
#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_is_told() {
    let dir = files();
    let (_server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    // The file may have 512 or 1024 bytes, depending on the shell. A write beyond it is an error rather than a signal.
    let tool = env!("CARGO_BIN_EXE_tls12");
    let script = format!("trap '' XFSZ; ulimit -f 1; exec {tool} client 127.0.0.1:{port} --ca ca.pem --pcapng {FILE}");
    let done = exchange(run("sh", &["-c", &script], &dir), "comes back\n");
    assert_eq!(done.stdout, ["comes back"], "{done:?}");
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    let said = |text: &str| done.stderr.iter().filter(|line| line.contains(text)).count();
    assert_eq!(said("NOTHING MORE IS RECORDED, but the connections continue"), 1, "{done:?}");
    assert_eq!(said("tls12: x.pcapng: not everything was recorded: "), 1, "{done:?}");
}

/// A key log and a recording get the same secrets.
#[test]
fn a_key_log_can_be_written_as_well() {
    let dir = files();
    let (_server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    exchange(client(port, &["--pcapng", FILE, "--keylog", "keys"], &dir), "x").assert_succeeded();
    let line = fs::read(dir.path().join("keys")).unwrap();
    let file = fs::read(dir.path().join(FILE)).unwrap();
    assert!(line.starts_with(b"CLIENT_RANDOM ") && line.len() > 64 + 96);
    assert_eq!(file.windows(line.len()).filter(|part| *part == line).count(), 1);
}
