//! The README: both columns of its table, and the lines that make certificates, are run against real servers.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::files;
use crate::openssl::{openssl_is_here, openssl_server_with};
use crate::reach::{Real, databases, mail, others, proxies};
use crate::tool::{Finished, Running, client, exchange, run, server, tls12};

const README: &str = include_str!("../../README.md");

/// The rows of the table: what was done with OpenSSL, and what is done now.
fn rows() -> Vec<(&'static str, &'static str)> {
    let (_, table) = README.split_once("<!-- The tests of the tool read this table. -->").unwrap();
    let (table, _) = table.split_once("<!-- Up to here. -->").unwrap();
    let commands = table.lines().filter(|line| line.starts_with("| `"));
    commands.map(|row| row.trim_matches(['|', ' ', '`']).split_once("` | `").unwrap()).collect()
}

/// What a row must come to: a line of our summary, by an option of ours.
const OUTCOMES: [(&str, &str, &str); 9] = [
    ("--suite", "suite", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    ("--group", "group", "secp521r1"),
    ("--alpn", "alpn", "h2"),
    ("--psk", "psk-identity", "camera"),
    ("--client-cert", "client-certificate", "CN=tls12 test client"),
    ("--session-in", "resumed", "by ticket"),
    ("--ca", "verdict", "trusted"),
    ("--starttls", "chain", "CN=tls12 test server"),
    ("--look", "chain", "CN=tls12 test server"),
];

/// Runs a command of the README, with this address in it.
fn start(command: &str, address: &str, dir: &TempDir) -> Running {
    let command = command.replace("HOST:PORT", address);
    let mut words = command.split(' ');
    match words.next().unwrap() {
        "tls12" => tls12(&words.collect::<Vec<_>>(), dir),
        program => run(program, &words.collect::<Vec<_>>(), dir),
    }
}

#[track_caller]
fn assert_client_row(theirs: &str, ours: &str, address: &str, dir: &TempDir) {
    let done = start(theirs, address, dir).finish();
    assert!(done.status.success(), "{theirs}: {done:?}");
    let done: Finished = start(ours, address, dir).finish();
    done.assert_succeeded();
    let traced = done.summary("trace").iter().any(|line| line.contains("sent ClientHello, "));
    assert_eq!(traced, ours.contains("--trace"), "{ours}: {done:?}");
    for (option, key, value) in OUTCOMES.into_iter().filter(|(option, ..)| ours.split(' ').any(|word| word == *option))
    {
        if (option, key) == ("--ca", "verdict") && ours.contains("--session-in") {
            continue;
        }
        assert_eq!(done.summary(key).first(), Some(&value), "{ours}");
    }
}

#[test]
fn both_columns_of_every_row_work() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let rows = rows();
    assert!(rows.len() >= 15, "the table is not where it was");
    // It takes what every row asks for, and asks for a certificate.
    let all = [
        "-rev",
        "-cipher",
        "ALL:PSK:@SECLEVEL=0",
        "-alpn",
        "h2",
        "-psk",
        "00112233",
        "-psk_identity",
        "camera",
        "-verify",
        "1",
        "-CAfile",
        "ca.pem",
    ];
    let (_server, port) = openssl_server_with("cert.pem", "key.pem", &all, &dir);
    // Those with STARTTLS and a proxy have tests of their own.
    for (theirs, ours) in
        rows.into_iter().filter(|(_, ours)| !["--starttls", "--proxy"].iter().any(|at| ours.contains(at)))
    {
        match ours.split(' ').nth(1).unwrap() {
            "client" => assert_client_row(theirs, ours, &format!("127.0.0.1:{port}"), &dir),
            "server" => assert_server_row(theirs, ours, &dir),
            _ => {
                let done = start(theirs, "", &dir).finish();
                assert!(done.status.success(), "{theirs}: {done:?}");
                start(ours, "", &dir).finish().assert_succeeded();
            }
        }
    }
    assert!(fs::read_to_string(dir.path().join("keys")).unwrap().lines().count() >= 2, "each side logs a secret");
}

/// The rows with this option, by its value.
fn rows_with(option: &str) -> Vec<(&'static str, &'static str, &'static str)> {
    let value = |ours: &'static str| ours.split(' ').skip_while(|word| *word != option).nth(1);
    rows().into_iter().filter_map(|(theirs, ours)| Some((value(ours)?, theirs, ours))).collect()
}

/// Each server is the one that its users have: none of them is ours, or OpenSSL's.
fn real_server(protocol: &str) -> Option<Real> {
    match protocol {
        "smtp" => mail::exim(),
        "imap" => mail::dovecot("imap", "imap-login", "imap"),
        "ftp" => others::vsftpd(),
        "ldap" => others::slapd(),
        "xmpp" => others::prosody().map(|(server, _)| server),
        "postgres" => databases::postgres(),
        "mysql" => databases::mariadb(),
        other => panic!("there is no server for {other}"),
    }
}

#[test]
fn rows_with_starttls_work_with_the_servers_of_those_protocols() {
    if !openssl_is_here() {
        return;
    }
    let rows = rows_with("--starttls");
    assert!(rows.len() >= 7, "the rows are not where they were");
    for (protocol, theirs, ours) in rows {
        let Some(server) = real_server(protocol) else { continue };
        assert_client_row(theirs, ours, &format!("127.0.0.1:{}", server.port), &server.dir);
    }
}

#[test]
fn rows_with_a_proxy_work_with_tinyproxy() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let Some((_proxy, proxy)) = proxies::tinyproxy(&dir, "") else { return };
    let (_server, port) = openssl_server_with("cert.pem", "key.pem", &["-rev"], &dir);
    let rows = rows_with("--proxy");
    assert!(!rows.is_empty(), "the row is not where it was");
    for (_, theirs, ours) in rows {
        let [theirs, ours] = [theirs, ours].map(|row| row.replace("PROXY:PORT", &format!("127.0.0.1:{proxy}")));
        assert_client_row(&theirs, &ours, &format!("127.0.0.1:{port}"), &dir);
        let done = start(&ours, &format!("127.0.0.1:{port}"), &dir).finish();
        assert_eq!(done.summary("address"), [format!("127.0.0.1:{proxy}")]);
    }
}

/// Either server sends a page about the connection.
#[track_caller]
fn assert_server_row(theirs: &str, ours: &str, dir: &TempDir) {
    for (command, ready) in [(theirs, "ACCEPT "), (ours, "listening on ")] {
        let server = start(command, "127.0.0.1:0", dir);
        let port = loop {
            if let Some(at) = server.stdout_line().strip_prefix(ready) {
                break at.rsplit_once(':').unwrap().1.parse().unwrap();
            }
        };
        let done = exchange(client(port, &["--keep-open"], dir), "GET / HTTP/1.0\r\n\r\n");
        assert!(done.stdout[0].starts_with("HTTP/1.") && done.stdout[0].contains("200"), "{command}: {done:?}");
    }
}

#[test]
fn two_lines_make_certificates_that_work() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (_, lines) = README.split_once("for a first try:\n\n```console\n").unwrap();
    let (lines, _) = lines.split_once("\n```").unwrap();
    let lines = lines.replace("\\\n", " ");
    assert_eq!(lines.lines().count(), 2);
    for line in lines.lines() {
        let line = line.strip_prefix("$ ").unwrap();
        let output = Command::new("sh").args(["-c", line]).current_dir(dir.path()).output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
    }
    let (_server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    let done = exchange(client(port, &["--strict"], &dir), "text\n");
    assert_eq!(done.assert_succeeded().stdout, ["text"]);
    let done = exchange(client(port, &["--server-name", "localhost"], &dir), "text\n");
    assert_eq!(done.assert_succeeded().summary("chain"), ["CN=localhost"]);
}
