//! The options that set which peers are trusted, tried on OpenSSL's server.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Seek as _, Write as _};
use std::process::Command;

use rcgen::{
    CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use tempfile::TempDir;

use crate::openssl::{openssl_is_here, openssl_server_with};
use crate::tool::{Finished, Running, client_trusting, exchange, server, tls12};
use crate::{files, write_pem};

/// Writes `NAME.pem`, `NAME.der` and `NAME-key.pem` of a device that has made its certificate itself, for 127.0.0.1.
fn write_device(dir: &TempDir, name: &str) {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    write_pem(dir.path(), &format!("{name}.pem"), "CERTIFICATE", certificate.der());
    fs::write(dir.path().join(format!("{name}.der")), certificate.der()).unwrap();
    write_pem(dir.path(), &format!("{name}-key.pem"), "PRIVATE KEY", &key.serialize_der());
}

/// OpenSSL's server as the device.
fn device(name: &str, dir: &TempDir) -> (Running, u16) {
    openssl_server_with(&format!("{name}.pem"), &format!("{name}-key.pem"), &["-rev"], dir)
}

/// What OpenSSL says, from this input.
///
/// The input is a file: a program may leave before it has read all of a pipe, and writing to that would fail.
fn openssl(args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input).unwrap();
    file.rewind().unwrap();
    let output = Command::new("openssl").args(args).stdin(file).output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    output.stdout
}

/// The pin of a certificate's key, by OpenSSL.
fn pin_by_openssl(name: &str, dir: &TempDir) -> String {
    let key = openssl(&["x509", "-noout", "-pubkey"], &fs::read(dir.path().join(name)).unwrap());
    let key = openssl(&["pkey", "-pubin", "-outform", "DER"], &key);
    let hash = openssl(&["dgst", "-sha256", "-binary"], &key);
    format!("sha256/{}", String::from_utf8(openssl(&["base64"], &hash)).unwrap().trim_end())
}

#[track_caller]
fn assert_turned(done: &Finished) {
    assert_eq!(done.assert_succeeded().stdout, ["desserts"]);
    assert_eq!(done.summary("verdict"), ["trusted"]);
}

fn ask(port: u16, args: &[&str], dir: &TempDir) -> Finished {
    exchange(client_trusting(port, args, dir), "stressed\n")
}

fn ask_by_machine(port: u16, roots: &str, dir: &TempDir) -> Finished {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tls12"));
    command.args(["client", &format!("127.0.0.1:{port}")]).current_dir(dir.path());
    exchange(Running::start(command.env("SSL_CERT_FILE", roots).env_remove("SSL_CERT_DIR")), "stressed\n")
}

#[test]
fn the_roots_of_the_machine_are_trusted_by_default() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    write_device(&dir, "device");
    let (_server, port) = openssl_server_with("cert.pem", "key.pem", &["-rev"], &dir);
    assert_turned(&ask_by_machine(port, "ca.pem", &dir));
    let refused = ask_by_machine(port, "device.pem", &dir);
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    assert!(refused.summary("verdict")[0].contains("unknown_issuer"), "{refused:?}");
    ask_by_machine(port, "key.pem", &dir).assert_no_start("give --ca, --pin or --trust");
}

#[test]
fn authorities_come_in_files_and_folders_of_either_form() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    write_device(&dir, "device");
    fs::create_dir(dir.path().join("roots")).unwrap();
    fs::copy(dir.path().join("ca.pem"), dir.path().join("roots/ca.crt")).unwrap();
    let root = fs::read(dir.path().join("ca.pem")).unwrap();
    fs::write(dir.path().join("ca.der"), openssl(&["x509", "-outform", "DER"], &root)).unwrap();
    let (_server, port) = openssl_server_with("cert.pem", "key.pem", &["-rev"], &dir);
    for args in [&["--ca", "ca.der"][..], &["--ca", "roots"], &["--ca", "device.pem", "--ca", "ca.pem"]] {
        assert_turned(&ask(port, args, &dir));
    }
    assert_turned(&ask(port, &["--ca", "device.der", "--ca", "roots"], &dir));
    assert_eq!(ask(port, &["--ca", "device.pem"], &dir).status.code(), Some(4));

    // Clients are known by them alike.
    let known = ["--client-ca", "device.pem", "--client-ca", "roots", "--require-client-cert"];
    let (ours, port) = server(&[&["--key", "key.pem", "--echo"], &known[..]].concat(), &dir);
    let shown = ["--ca", "ca.pem", "--client-cert", "client-cert.pem", "--client-key", "client-key.pem"];
    ask(port, &shown, &dir).assert_succeeded();
    assert!(ours.log_of_served().contains(&"client-certificate: CN=tls12 test client".to_owned()));
}

#[test]
fn a_device_is_trusted_by_its_own_certificate_or_key() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    write_device(&dir, "device");
    write_device(&dir, "other");
    let (_server, port) = device("device", &dir);
    let pin = pin_by_openssl("device.pem", &dir);
    for args in [
        ["--ca", "device.pem"],
        ["--trust", "device.pem"],
        ["--trust", "device.der"],
        ["--pin", "device.der"],
        ["--pin", &pin],
    ] {
        assert_turned(&ask(port, &args, &dir));
    }
    for args in [["--trust", "other.pem"], ["--pin", "other.pem"], ["--pin", &pin_by_openssl("other.pem", &dir)]] {
        let refused = ask(port, &args, &dir);
        assert_eq!(refused.status.code(), Some(4), "{refused:?}");
        assert!(refused.summary("verdict")[0].contains("not_pinned") && refused.stdout.is_empty(), "{refused:?}");
    }
    ask(port, &["--pin", "no-such"], &dir)
        .assert_no_start("no-such: this is neither a file nor a pin, which begins with");
    // What is advised can be done.
    let advised = ask(port, &["--ca", "ca.pem"], &dir).stderr.concat();
    assert!(advised.contains(&format!("(--trust FILE), or give its key as --pin {pin}")), "{advised}");
}

fn lines(text: &str) -> BTreeSet<&str> {
    text.lines().collect()
}

#[test]
fn a_server_keeps_the_key_that_it_showed_first() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    write_device(&dir, "device");
    write_device(&dir, "other");
    let (server, port) = device("device", &dir);
    let known = || fs::read_to_string(dir.path().join("known")).unwrap();
    let pin = pin_by_openssl("device.pem", &dir);
    let line = format!("127.0.0.1:{port} {pin}\n");
    // Looking makes no acquaintance.
    let looked = ask(port, &["--tofu", "known", "--look"], &dir);
    assert!(looked.status.success() && !dir.path().join("known").exists(), "{looked:?}");
    let first = ask(port, &["--tofu", "known"], &dir);
    assert_turned(&first);
    assert!(first.stderr.concat().contains(&format!("127.0.0.1:{port} was not known")), "{first:?}");
    assert_eq!(known(), line);
    let second = ask(port, &["--tofu", "known"], &dir);
    assert_turned(&second);
    assert!(!second.stderr.concat().contains("was not known"), "{second:?}");
    // Another service of this host has a key of its own, and neither is taken for the other.
    let (_other, other) = device("other", &dir);
    assert_turned(&ask(other, &["--tofu", "known"], &dir));
    let other_line = format!("127.0.0.1:{other} {}\n", pin_by_openssl("other.pem", &dir));
    assert_eq!(lines(&known()), lines(&[line.as_str(), &other_line].concat()));
    for port in [port, other] {
        assert_turned(&ask(port, &["--tofu", "known"], &dir));
    }
    // The key of the first in the place of the second.
    let exchanged = format!("127.0.0.1:{other} {pin}\n");
    fs::write(dir.path().join("known"), &exchanged).unwrap();
    let refused = ask(other, &["--tofu", "known"], &dir);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(4), 0), "{refused:?}");
    assert!(refused.stderr.concat().contains("remove its line from the file after --tofu"), "{refused:?}");
    assert_eq!(known(), exchanged);

    drop(server);
    // A key is known by host and port.
    let bad = |text: &str, why: &str| {
        fs::write(dir.path().join("bad"), text).unwrap();
        ask(port, &["--tofu", "bad"], &dir).assert_no_start(why);
    };
    bad("127.0.0.1\n", "bad: line 1 is not HOST:PORT, a space and a pin (sha256/...)");
    bad(&format!("{line}127.0.0.1 {pin}\n"), "bad: line 2 has no port: write HOST:PORT");
    bad(&line.repeat(2), "bad: line 2 is for the same service as an earlier line: remove one of them");
}

#[test]
fn looking_shows_everything_and_sends_nothing() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    write_device(&dir, "device");
    let (server, port) = openssl_server_with("device.pem", "device-key.pem", &[], &dir);
    let pin = pin_by_openssl("device.pem", &dir);
    let looked = ask(port, &["--look", "--ca", "ca.pem"], &dir);
    assert_eq!(looked.status.code(), Some(4), "{looked:?}");
    assert!(looked.summary("verdict")[0].contains("unknown_issuer"), "{looked:?}");
    assert!(looked.stderr.concat().contains("nothing was sent"), "{looked:?}");
    assert_eq!((looked.summary("pin"), looked.summary("chain").len()), (vec![&*pin], 1));
    assert_eq!(looked.summary("suite").len(), 1, "the handshake was completed");
    // That one is trusted changes nothing about what is sent.
    let looked = ask(port, &["--look", "--pin", &pin], &dir);
    assert_eq!(looked.assert_succeeded().summary("verdict"), ["trusted"]);
    // Only now does something reach the server.
    let mut client = client_trusting(port, &["--pin", &pin], &dir);
    client.say(b"sent at last\n");
    let came =
        std::iter::repeat_with(|| server.stdout_line()).find(|line| ["stressed", "sent at last"].contains(&&**line));
    assert_eq!(came.as_deref(), Some("sent at last"));
}

/// What is shown is what OpenSSL shows.
#[test]
fn certificates_are_shown_in_full() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    write_device(&dir, "device");
    let (_server, port) = device("device", &dir);
    let der = fs::read(dir.path().join("device.pem")).unwrap();
    let shown = |args: &[&str]| String::from_utf8(openssl(args, &der)).unwrap();
    let value = |text: String| text.trim_end().split_once('=').unwrap().1.to_lowercase();
    let hash = value(shown(&["x509", "-noout", "-fingerprint", "-sha256"]));
    let serial = value(shown(&["x509", "-noout", "-serial"]));
    // An unknown authority is no reason not to show them.
    for (args, code) in [(["--show-certs", "--ca", "ca.pem"], 4), (["--show-certs", "--ca", "device.pem"], 0)] {
        let done = ask(port, &args, &dir);
        assert_eq!(done.status.code(), Some(code), "{done:?}");
        let text = done.stderr.join("\n");
        let last = text.find("  serial: ").map(|at| &text[at..]).unwrap().lines().next().unwrap();
        // OpenSSL leaves out a leading zero octet.
        assert!(last.replace(':', "").ends_with(&serial), "{last}, {serial}");
        for line in [
            "certificate 1 of 1\n  subject: CN=device",
            "\n  issuer: CN=device\n",
            "\n  valid from: 1975-01-01T00:00:00Z\n  valid until: 4096-01-01T00:00:00Z (",
            " days left)\n  names: 127.0.0.1\n  key: ECDSA, P-256\n  signature: ECDSA with SHA-256\n",
            &format!("\n  SHA-256: {hash}\n"),
            &format!("\n  pin of its key: {}\n", pin_by_openssl("device.pem", &dir)),
            shown(&["x509"]).trim_end(),
        ] {
            assert!(text.contains(line), "{line:?} is not in {text}");
        }
    }
}

/// An authority, a certificate that it has issued, and its lists of before and after it was revoked.
fn write_revoked(dir: &TempDir) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "Issuer");
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.serial_number = Some(SerialNumber::from(5_u64));
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().unwrap();
    write_pem(dir.path(), "issuer.pem", "CERTIFICATE", ca.der());
    write_pem(dir.path(), "revoked.pem", "CERTIFICATE", params.signed_by(&key, &ca).unwrap().der());
    write_pem(dir.path(), "revoked-key.pem", "PRIVATE KEY", &key.serialize_der());
    for (name, serial) in [("clean.crl", 6_u64), ("revoked.crl", 5)] {
        let revoked = RevokedCertParams {
            serial_number: SerialNumber::from(serial),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(4000, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        fs::write(dir.path().join(name), params.signed_by(&ca).unwrap().pem().unwrap()).unwrap();
    }
}

#[test]
fn what_is_revoked_is_refused_on_either_side() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    write_revoked(&dir);
    let (_server, port) = openssl_server_with("revoked.pem", "revoked-key.pem", &["-rev"], &dir);
    assert_turned(&ask(port, &["--ca", "issuer.pem", "--crl", "clean.crl"], &dir));
    let refused = ask(port, &["--ca", "issuer.pem", "--crl", "revoked.crl"], &dir);
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    assert!(refused.summary("verdict")[0].contains("(revoked, "), "{refused:?}");
    let shown = ["--ca", "ca.pem", "--client-cert", "revoked.pem", "--client-key", "revoked-key.pem"];
    for (list, good) in [("clean.crl", true), ("revoked.crl", false)] {
        let known = ["--client-ca", "issuer.pem", "--require-client-cert", "--crl", list];
        let (_ours, port) = server(&[&["--key", "key.pem", "--echo"], &known[..]].concat(), &dir);
        assert_eq!(ask(port, &shown, &dir).status.success(), good, "{list}");
    }
}

/// Nothing is stapled, and there is no list.
#[test]
fn a_certificate_of_unknown_status_is_refused_if_it_is_to_be_known() {
    let dir = files();
    write_revoked(&dir);
    let (_ours, port) = server(&["--key", "key.pem", "--echo"], &dir);
    ask(port, &["--ca", "ca.pem"], &dir).assert_succeeded();
    let refused = ask(port, &["--ca", "ca.pem", "--require-status"], &dir);
    refused.assert_not_trusted("was revoked is unknown: the server stapled no OCSP response");
    assert!(refused.stderr.contains(&"  2. give revocation lists with --crl".to_owned()), "{refused:?}");
    ask(port, &["--pin", "cert.pem", "--require-status"], &dir).assert_usage_error("--require-status needs --ca");
    // A list does as well as a staple.
    let dir_of = ["--cert", "revoked.pem", "--key", "revoked-key.pem", "--echo"];
    let listening = crate::tool::listening(tls12(&[&["server", "127.0.0.1:0"], &dir_of[..]].concat(), &dir));
    let args = ["--ca", "issuer.pem", "--require-status", "--crl", "clean.crl"];
    ask(listening.1, &args, &dir).assert_succeeded();
}

/// The client and `verify` warn of what will expire.
#[test]
fn certificates_that_are_near_their_end_are_warned_of() {
    let dir = files();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "short");
    let now = std::time::SystemTime::now();
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    params.not_before = (now - day).into();
    params.not_after = (now + 10 * day + day / 2).into();
    write_pem(dir.path(), "short.pem", "CERTIFICATE", params.self_signed(&key).unwrap().der());
    write_pem(dir.path(), "short-key.pem", "PRIVATE KEY", &key.serialize_der());
    let served = ["server", "127.0.0.1:0", "--cert", "short.pem", "--key", "short-key.pem", "--echo"];
    let (server, port) = crate::tool::listening(tls12(&served, &dir));
    let warning = "tls12: warning: the certificate CN=short expires in 10 days".to_owned();
    for (days, warned) in [("10", true), ("9", false)] {
        let args = ["--ca", "short.pem", "--warn-days", days];
        let done = ask(port, &args, &dir);
        assert_eq!(done.assert_succeeded().stderr.contains(&warning), warned, "{done:?}");
        let done = tls12(&[&["verify", "--name", "127.0.0.1", "short.pem"], &args[..]].concat(), &dir).finish();
        assert_eq!(done.assert_succeeded().stderr.contains(&warning), warned, "{done:?}");
    }
    drop(server);
}

#[test]
fn what_nobody_would_heed_is_refused() {
    let dir = files();
    write_device(&dir, "device");
    write_revoked(&dir);
    let client = |args: &[&str]| tls12(&[&["client", "localhost:1"], args].concat(), &dir).finish();
    client(&["--tofu", "known", "--strict"]).assert_usage_error("--strict cannot be used with --tofu");
    client(&["--tofu", "known", "--ca", "ca.pem"]).assert_usage_error("cannot be used with");
    client(&["--pin", "device.pem", "--crl", "clean.crl"]).assert_usage_error("--crl needs --ca");
    client(&["--pin", "sha256/abc"]).assert_usage_error("Base64 of a 32-byte hash");
    client(&["--trust", "key.pem"]).assert_no_start("key.pem: no certificate found, only: PRIVATE KEY");
    client(&["--psk", "id:00", "--strict"]).assert_usage_error("--strict needs --ca");
    client(&["--look", "--session-out", "x"]).assert_usage_error("cannot be used with");
    let serve = ["server", "127.0.0.1:0", "--echo", "--cert", "cert.pem", "--key", "key.pem"];
    let server = |args: &[&str]| tls12(&[&serve, args].concat(), &dir).finish();
    server(&["--crl", "clean.crl"]).assert_usage_error("it needs --client-ca");
}
