//! What is refused at the start.

use std::collections::BTreeSet;
use std::net::TcpListener;

use tls12::crypto::SUITES;

use crate::files;
use crate::support::ports::{free_port, ports};
use crate::tool::tls12;

#[test]
fn wrong_usage_and_missing_files_are_named() {
    let dir = files();
    let run = |args: &[&str]| tls12(args, &dir).finish();
    run(&["client", "--ca", "ca.pem", "localhost"]).assert_usage_error("the port is missing");
    run(&["client", "--ca", "ca.pem", "https://localhost:443"]).assert_usage_error("leave out the scheme and the path");
    run(&["client", "--ca", "ca.pem", "::1:1"]).assert_usage_error("needs brackets");
    run(&["server", "--cert", "cert.pem", "--key", "key.pem", "127.0.0.1:0"])
        .assert_usage_error("<--echo|--rev|--stdin|--http|--files <DIR>>");
    let unknown = run(&["client", "--ca", "ca.pem", "--suite", "TLS_NULL_WITH_NULL_NULL", "localhost:1"]);
    for suite in SUITES {
        unknown.assert_usage_error(suite.name);
    }
    run(&["client", "--ca", "ca.pem", "--max-fragment", "513", "localhost:1"])
        .assert_usage_error("512, 1024, 2048, 4096");
    for (export, why) in [("x", "the length is missing"), (":1", "the label is missing"), ("a:b:0", "from 1 to 65535")]
    {
        run(&["client", "--ca", "ca.pem", "--export", export, "localhost:1"]).assert_usage_error(why);
    }
    for (psk, why) in [("x", "the key is missing"), ("a:b:0", "not in hexadecimal"), ("a:+1", "not in hexadecimal")] {
        run(&["client", "--psk", psk, "localhost:1"]).assert_usage_error(why);
    }
    run(&["client", "--psk", "id:", "localhost:1"]).assert_usage_error("a pre-shared key must have 1 to 512 bytes");
    run(&["client", "--ca", "ca.pem", "--renegotiate", "0", "localhost:1"]).assert_usage_error("0 is not in 1..=255");
    run(&["client", "--ca", "ca.pem", "--alpn", "h2,", "localhost:1"]).assert_usage_error("a protocol is missing");
    run(&["client", "--ca", "ca.pem", "--group", "ffdhe2048", "localhost:1"]).assert_usage_error("x25519");
    run(&["client", "--ca", "ca.pem", "--allow", "md5", "localhost:1"]).assert_usage_error("sha1, small-rsa-keys");

    run(&["client", "--ca", "missing.pem", "localhost:1"]).assert_no_start("missing.pem: cannot be read");
    run(&["client", "--ca", "key.pem", "localhost:1"])
        .assert_no_start("key.pem: no certificate found, only: PRIVATE KEY");
    run(&["client", "--ca", "ca.pem", "--keylog", "no/such", "localhost:1"]).assert_no_start("no/such: ");
    let serve = |cert, key| run(&["server", "--echo", "--cert", cert, "--key", key, "127.0.0.1:0"]);
    serve("missing.pem", "key.pem").assert_no_start("missing.pem: ");
    serve("cert.pem", "cert.pem").assert_no_start("cert.pem: no private key");
    serve("ca.pem", "key.pem").assert_no_start("ca.pem: the private key does not match the first certificate");
}

/// Options that mean nothing alone, or exclude each other.
#[test]
fn wrong_combinations_are_refused() {
    let dir = files();
    let client = |args: &[&str]| tls12(&[&["client", "--ca", "ca.pem", "localhost:1"], args].concat(), &dir).finish();
    client(&["--client-cert", "client-cert.pem"])
        .assert_usage_error("--client-cert needs --client-key, unless it is a PKCS#12 file");
    let psk = ["client", "localhost:1", "--psk", "id:00"];
    let keyed =
        tls12(&[&psk[..], &["--client-cert", "client-cert.pem", "--client-key", "client-key.pem"]].concat(), &dir);
    keyed.finish().assert_usage_error("with --psk, --client-cert needs --ca, --pin or --trust as well");
    client(&["--client-key", "client-key.pem"]).assert_usage_error("--client-cert <FILE>");

    let serve = ["server", "127.0.0.1:0", "--echo", "--cert", "cert.pem", "--key", "key.pem"];
    let server = |args: &[&str]| tls12(&[&serve, args].concat(), &dir).finish();
    server(&["--require-client-cert"]).assert_usage_error("--client-ca <FILE>");
    server(&["--request-client-cert"]).assert_usage_error("--client-ca <FILE>");
    server(&["--client-ca", "ca.pem"]).assert_usage_error("<--request-client-cert|--require-client-cert>");
    server(&["--client-ca", "ca.pem", "--request-client-cert", "--require-client-cert"])
        .assert_usage_error("cannot be used with");
    server(&["--cert", "ecdsa-cert.pem"]).assert_usage_error("each --cert needs its --key: there are 2 and 1");
    let psk =
        |args: &[&str]| tls12(&[&["server", "127.0.0.1:0", "--echo", "--psk", "id:00"], args].concat(), &dir).finish();
    psk(&["--client-ca", "ca.pem", "--require-client-cert"]).assert_usage_error("--cert <FILE>");
    psk(&["--cert", "cert.pem"]).assert_usage_error("each --cert needs its --key: there are 1 and 0");
    psk(&["--ocsp", "cert.pem"]).assert_usage_error("each --ocsp needs its --cert: there are 1 and 0");
    server(&["--ocsp", "a", "--ocsp", "b"]).assert_usage_error("each --ocsp needs its --cert: there are 2 and 1");
    server(&["--http"]).assert_usage_error("cannot be used with");
    server(&["--session-in", "x"]).assert_usage_error("unexpected argument");
}

/// What can be known before there is a connection, with the file that it is about.
#[test]
fn files_that_cannot_be_used_are_named() {
    let dir = files();
    // Nobody listens there: what is wrong is found first.
    let client = |args: &[&str]| tls12(&[&["client", "--ca", "ca.pem", "localhost:1"], args].concat(), &dir).finish();
    client(&["--client-cert", "client-cert.pem", "--client-key", "key.pem"])
        .assert_no_start("client-cert.pem: the private key does not match the first certificate");
    client(&["--session-in", "missing"]).assert_no_start("missing: ");
    client(&["--session-in", "ca.pem"]).assert_no_start("ca.pem: the bytes are not a session");
    let no_folder = client(&["--session-out", "no/such"]);
    no_folder.assert_no_start("no/such: ");
    assert!(!no_folder.stderr.concat().contains("at path"), "{no_folder:?}");
    client(&["--session-out", "."]).assert_no_start("it is a directory: name a file in it");

    let serve = ["server", "127.0.0.1:0", "--echo", "--cert", "cert.pem", "--key", "key.pem"];
    let server = |args: &[&str]| tls12(&[&serve, args].concat(), &dir).finish();
    server(&["--cert", "ecdsa-cert.pem", "--key", "key.pem"]).assert_no_start("ecdsa-cert.pem: the private key");
    server(&["--suite", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"])
        .assert_no_start("cert.pem: no cipher suite of the policy can be used with this key");
    server(&["--ocsp", "cert.pem"]).assert_no_start("cert.pem: this is not an OCSP response in DER");
    server(&["--psk", "id:00", "--psk", "id:01"]).assert_no_start("two pre-shared keys have the identity \"id\"");
    server(&["--client-ca", "key.pem", "--require-client-cert"])
        .assert_no_start("key.pem: no certificate found, only: PRIVATE KEY");
}

#[test]
fn nobody_there_has_an_exit_code_of_its_own() {
    let dir = files();
    let port = free_port();
    let done = tls12(&["client", "--ca", "ca.pem", &format!("127.0.0.1:{port}")], &dir).finish();
    done.assert_no_connection("cannot connect to 127.0.0.1:");
}

/// The ports of [`free_port`] differ, and the system hands none of them out: not to a listener of another test, which would have
/// taken the place of the program for which the port was.
#[test]
fn no_free_port_is_taken_by_another_test() {
    let Some(ports) = ports() else {
        eprintln!("passed over: the system hands out nearly all ports");
        return;
    };
    let own: BTreeSet<u16> = (0..100).map(|_| free_port()).collect();
    assert!(own.len() == 100 && own.iter().all(|port| ports.contains(port)), "{own:?}, {ports:?}");
    let listeners: Vec<_> = (0..100).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let of_system = listeners.iter().map(|listener| listener.local_addr().unwrap().port());
    assert_eq!(of_system.filter(|port| ports.contains(port)).count(), 0);
}

#[test]
fn the_help_tells_the_exit_codes() {
    let dir = files();
    for args in [&["--help"][..], &["client", "--help"], &["server", "--help"]] {
        let help = tls12(args, &dir).finish();
        let codes = help.assert_succeeded().stdout.iter().skip_while(|line| *line != "Exit codes:").skip(1);
        // Other lines go on with the one before.
        let codes: Vec<&str> =
            codes.filter_map(|line| line.split_whitespace().next().filter(|word| word.parse::<u8>().is_ok())).collect();
        assert_eq!(codes, ["0", "1", "2", "3", "4", "5", "6"]);
    }
}
