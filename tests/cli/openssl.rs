//! Against OpenSSL's tool.

use std::process::Command;

use tempfile::TempDir;

use crate::files;
use crate::support;
use crate::tool::{Finished, Running, client, client_trusting, exchange, listening, run, server, tls12};

/// Whether OpenSSL's tool is here. The tests with it pass without it.
pub fn openssl_is_here() -> bool {
    let found = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("openssl is not installed: nothing was tested against it");
    }
    found
}

/// OpenSSL's server with `cert.pem`, and its port.
pub fn openssl_server(args: &[&str], dir: &TempDir) -> (Running, u16) {
    openssl_server_with("cert.pem", "key.pem", args, dir)
}

/// OpenSSL's server with this certificate, and its port.
pub fn openssl_server_with(cert: &str, key: &str, args: &[&str], dir: &TempDir) -> (Running, u16) {
    listening_openssl(&[&["-cert", cert, "-key", key, "-tls1_2"], args].concat(), dir)
}

/// OpenSSL's server with `cert.pem`, of the versions that its arguments say, and its port.
pub fn openssl_server_for(args: &[&str], dir: &TempDir) -> (Running, u16) {
    listening_openssl(&[&["-cert", "cert.pem", "-key", "key.pem"], args].concat(), dir)
}

fn listening_openssl(args: &[&str], dir: &TempDir) -> (Running, u16) {
    let always = ["s_server", "-accept", "127.0.0.1:0"];
    let server = run("openssl", &[&always, args].concat(), dir);
    let address = said(&server, "ACCEPT ");
    let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
    (server, port)
}

/// What follows `start` in the next line of standard output that begins so, but for spaces.
fn said(running: &Running, start: &str) -> String {
    loop {
        if let Some(rest) = running.stdout_line().trim_start().strip_prefix(start) {
            return rest.to_owned();
        }
    }
}

/// A name as OpenSSL prints it since version 3.2: before, there were spaces around the equals signs.
fn joined(name: &str) -> String {
    name.replace(" = ", "=")
}

/// OpenSSL's client, which connects to a server of ours on this port, and leaves.
pub fn openssl_client(port: u16, args: &[&str], dir: &TempDir) -> Finished {
    let address = format!("127.0.0.1:{port}");
    let always = ["s_client", "-connect", &address, "-CAfile", "ca.pem", "-verify_return_error", "-tls1_2"];
    run("openssl", &[&always, args].concat(), dir).finish()
}

impl Finished {
    /// What follows `start` in the one line of standard output that begins so, but for spaces.
    #[track_caller]
    pub fn said(&self, start: &str) -> &str {
        let rest: Vec<_> = self.stdout.iter().filter_map(|line| line.trim_start().strip_prefix(start)).collect();
        assert_eq!(rest.len(), 1, "{start}: {self:?}");
        rest[0]
    }
}

#[test]
fn our_client_talks_with_openssl() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (server, port) = openssl_server(&["-rev", "-cipher", "ALL@SECLEVEL=0"], &dir);
    for suite in support::suites::of_rsa() {
        // Turns lines round.
        let done = exchange(client(port, &["--suite", suite.name], &dir), "stressed\n");
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        assert_eq!((&*done.stdout, done.summary("suite")), (&["desserts".to_owned()][..], vec![suite.name]));
        // OpenSSL's own word for it.
        let named = loop {
            if let Some(name) = server.stderr_line().strip_prefix("Ciphersuite: ") {
                break name.to_owned();
            }
        };
        assert_eq!(named, openssl_name(suite.name));
    }
}

#[test]
fn openssl_talks_with_our_server() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (server, port) = server(&["--key", "key.pem", "--echo", "--policy", "legacy"], &dir);
    for suite in support::suites::of_rsa() {
        let address = format!("127.0.0.1:{port}");
        let cipher = format!("{}:@SECLEVEL=0", openssl_name(suite.name));
        let args = ["s_client", "-connect", &address, "-CAfile", "ca.pem", "-verify_return_error", "-tls1_2"];
        let mut client = run("openssl", &[&args[..], &["-cipher", &cipher, "-brief"]].concat(), &dir);
        client.say(b"over and back\n");
        assert_eq!(client.stdout_line(), "over and back");
        let done = client.finish();
        assert!(done.status.success(), "{done:?}");
        assert_eq!(done.summary("Ciphersuite"), [openssl_name(suite.name)]);
        assert_eq!(done.summary("Verification"), ["OK"]);
    }
    drop(server);
}

const LABEL: &str = "EXPERIMENTAL-tls12-test";
const EXPORT: &str = "EXPERIMENTAL-tls12-test:32";
const OPENSSL_EXPORT: [&str; 4] = ["-keymatexport", LABEL, "-keymatexportlen", "32"];

/// OpenSSL's keying material, as we say it.
fn as_exported(material: &str) -> String {
    assert_eq!(material.len(), 64);
    format!("{LABEL}: {}", material.to_lowercase())
}

/// RFC 5705.
#[test]
fn openssl_exports_the_same() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (theirs, port) = openssl_server(&OPENSSL_EXPORT, &dir);
    let done = client(port, &["--export", EXPORT], &dir).finish();
    assert_eq!(done.assert_succeeded().summary("export"), [as_exported(&said(&theirs, "Keying material: "))]);

    let (ours, port) = server(&["--key", "key.pem", "--echo", "--export", EXPORT], &dir);
    let done = openssl_client(port, &OPENSSL_EXPORT, &dir);
    let exported = format!("export: {}", as_exported(done.said("Keying material: ")));
    assert_eq!(ours.log_of_served().last(), Some(&exported));
}

#[test]
fn openssl_agrees_on_the_protocol() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (theirs, port) = openssl_server(&["-alpn", "h2,http/1.1"], &dir);
    let done = client(port, &["--alpn", "http/1.1,h2"], &dir).finish();
    assert_eq!(done.assert_succeeded().summary("alpn"), ["h2"]);
    assert_eq!(said(&theirs, "ALPN protocols selected: "), "h2");

    let (ours, port) = server(&["--key", "key.pem", "--echo", "--alpn", "h2,http/1.1"], &dir);
    assert_eq!(openssl_client(port, &["-alpn", "http/1.1,h2"], &dir).said("ALPN protocol: "), "h2");
    assert!(ours.log_of_served().contains(&"alpn: h2".to_owned()));
}

/// RFC 4279, RFC 5489.
#[test]
fn openssl_shares_a_key() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let key = "00112233445566778899aabbccddeeff";
    let shared = ["-psk_identity", "camera", "-psk", key];
    for (suite, cipher) in [
        ("TLS_PSK_WITH_AES_128_GCM_SHA256", "PSK-AES128-GCM-SHA256"),
        ("TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", "ECDHE-PSK-AES128-CBC-SHA256"),
    ] {
        let ours = ["--psk", &format!("camera:{key}"), "--suite", suite];
        let theirs = [&shared[..], &["-cipher", cipher]].concat();
        let (_theirs, port) = openssl_server(&[&theirs[..], &["-rev"]].concat(), &dir);
        let done = exchange(client_trusting(port, &ours, &dir), "stressed\n");
        assert_eq!(
            (done.assert_succeeded().summary("suite"), &*done.stdout),
            (vec![suite], &["desserts".to_owned()][..])
        );

        let (ours, port) = listening(tls12(&[&["server", "127.0.0.1:0", "--echo"], &ours[..]].concat(), &dir));
        assert_eq!(openssl_client(port, &theirs, &dir).said("Cipher    : "), cipher);
        assert!(ours.log_of_served().contains(&"psk-identity: camera".to_owned()));
    }
}

/// RFC 5746 §3.5: it asks for a certificate later. Input that comes meanwhile is not lost.
#[test]
fn openssl_renegotiates_with_our_client() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let certificate = ["--client-cert", "client-cert.pem", "--client-key", "client-key.pem"];
    let (mut theirs, port) = openssl_server(&["-CAfile", "ca.pem"], &dir);
    let mut ours = client(port, &[&certificate[..], &["--renegotiate", "2", "--export", EXPORT]].concat(), &dir);
    let told = |ours: &Running, key: &str| loop {
        if let Some(value) = ours.stderr_line().strip_prefix(key) {
            return value.to_owned();
        }
    };
    assert_eq!(told(&ours, "client-certificate: "), "none");
    let mut exported = told(&ours, "export: ");
    // It asks for the certificate once.
    for (count, shown) in [("1", "CN=tls12 test client"), ("2", "none")] {
        // It takes this for a command.
        theirs.say(b"R\n");
        ours.say(b"said meanwhile\n");
        assert_eq!(told(&ours, "renegotiated: "), count);
        assert_eq!(told(&ours, "client-certificate: "), shown);
        let before = std::mem::replace(&mut exported, told(&ours, "export: "));
        assert_ne!(exported, before);
        assert_eq!(said(&theirs, "said "), "meanwhile");
    }
    assert_eq!(ours.finish().status.code(), Some(0));
}

#[test]
fn our_client_does_not_renegotiate_unless_it_is_told_to() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (mut theirs, port) = openssl_server(&["-CAfile", "ca.pem"], &dir);
    let ours = client(port, &[], &dir);
    said(&theirs, "CIPHER is ");
    theirs.say(b"R\n");
    // It gives up on a client that refuses.
    let done = ours.wait();
    assert_eq!(done.status.code(), Some(5), "{done:?}");
    let said = |text: &str| done.stderr.iter().any(|line| line.contains(text));
    assert!(
        said("tls12: the server requested a renegotiation, which was refused: ") && said("give --renegotiate 1"),
        "{done:?}"
    );
    assert!(said("the alert handshake_failure; the likely cause is that the server asked to renegotiate"), "{done:?}");
    assert!(said("- let the server renegotiate: give --renegotiate 1, or more"), "{done:?}");
    assert!(done.summary("renegotiated").is_empty());
}

/// The names of suites that this library does not have are OpenSSL's names of the standards, where it has them.
#[test]
fn suites_are_named_as_openssl_names_them() {
    if !openssl_is_here() {
        return;
    }
    let all = ["ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"];
    let listed = Command::new("openssl").args(all).output().unwrap().stdout;
    let listed = String::from_utf8(listed).unwrap();
    // Such as "0xC0,0x9C - TLS_RSA_WITH_AES_128_CCM - AES128-CCM ...".
    let mut count = 0;
    for line in listed.lines() {
        let mut words = line.split_whitespace();
        let (code, name) = (words.next().unwrap(), words.nth(1).unwrap());
        let code = u16::from_str_radix(&code.replace("0x", "").replace(',', ""), 16).unwrap();
        assert_eq!(tls12::wire::suite_name(code), Some(name), "{line}");
        count += 1;
    }
    assert!(count > 100, "{listed}");
}

/// A certificate that is configured and not shown is told, also where the server lets it pass.
#[test]
fn a_certificate_that_openssl_cannot_verify_is_told() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let asks = ["-verify", "1", "-CAfile", "ca.pem", "-client_sigalgs", "RSA+SHA256"];
    let (_theirs, port) = openssl_server(&asks, &dir);
    // It is of an ECDSA key.
    let args = ["--client-cert", "client-cert.pem", "--client-key", "client-key.pem"];
    let done = client(port, &args, &dir).finish();
    assert_eq!(done.assert_succeeded().summary("client-certificate"), ["none"]);
    let told = done.summary("client-certificate-unfit");
    assert!(told.len() == 1 && told[0].starts_with("the server "), "{done:?}");
}

/// Servers that have nothing for us say only handshake_failure: what is missing is named, and what would help.
#[test]
fn servers_of_old_suites_are_explained() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    for cipher in ["DHE-RSA-AES128-SHA", "AES128-CCM", "CAMELLIA128-SHA", "ARIA128-GCM-SHA256"] {
        let (_theirs, port) = openssl_server(&["-cipher", &format!("{cipher}:@SECLEVEL=0")], &dir);
        let done = client(port, &["--policy", "legacy"], &dir).finish();
        done.assert_no_handshake("refused our ClientHello with the alert handshake_failure");
        let said = |text: &str| done.stderr.iter().any(|line| line.starts_with(text));
        assert!(said("  this library does not support DHE, CCM, CAMELLIA, ARIA, 3DES or RC4"), "{cipher}: {done:?}");
        assert!(said("- enable one of these at the peer: TLS_"), "{cipher}: {done:?}");
        assert!(!said("- give --policy"), "what is allowed already: {done:?}");
    }
}

/// A server that signs with SHA-1 only, with its name for it.
#[test]
fn servers_of_sha1_are_explained_and_allowed() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (_theirs, port) =
        openssl_server(&["-sigalgs", "RSA+SHA1", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"], &dir);
    let done = client(port, &[], &dir).finish();
    done.assert_no_handshake("refused our ClientHello with the alert handshake_failure");
    let advice = "- if the peer cannot do better than SHA-1: give --allow sha1";
    assert!(done.stderr.iter().any(|line| line == advice), "{done:?}");
    let done = client(port, &["--allow", "sha1"], &dir).finish();
    assert_eq!(done.assert_succeeded().summary("scheme"), ["rsa_pkcs1_sha1"]);
}

/// A server with an RSA key of 1024 bits, over ECDHE.
#[test]
fn servers_with_small_keys_are_explained_and_allowed() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem -subj /CN=authority -days 30 -addext keyUsage=critical,keyCertSign",
        &dir,
    );
    openssl("req -newkey rsa:1024 -nodes -keyout key.pem -out request.pem -subj /CN=server", &dir);
    let extensions = "subjectAltName=DNS:server.example\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n";
    std::fs::write(dir.path().join("extensions"), extensions).unwrap();
    openssl(
        "x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -set_serial 0x17 -days 20 -extfile extensions -out cert.pem",
        &dir,
    );
    let (_theirs, port) = openssl_server(&["-cipher", "ECDHE:@SECLEVEL=0"], &dir);
    let name = ["--server-name", "server.example"];
    let done = client(port, &name, &dir).finish();
    done.assert_no_handshake("it is an RSA key of 1024 bits, and this side requires at least 2048");
    let advice = "- if the device cannot have a larger key: give --allow small-rsa-keys";
    assert!(done.stderr.iter().any(|line| line == advice), "{done:?}");
    let done = client(port, &[&name[..], &["--allow", "small-rsa-keys"]].concat(), &dir).finish();
    assert!(done.assert_succeeded().summary("suite")[0].starts_with("TLS_ECDHE_RSA"), "{done:?}");
}

#[test]
fn openssl_knows_our_client_by_its_certificate() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (theirs, port) = openssl_server(&["-Verify", "1", "-CAfile", "ca.pem", "-verify_return_error"], &dir);
    let args = ["--client-cert", "client-cert.pem", "--client-key", "client-key.pem"];
    let done = client(port, &args, &dir).finish();
    assert_eq!(done.assert_succeeded().summary("client-certificate"), ["CN=tls12 test client"]);
    assert!(joined(&said(&theirs, "subject=")).ends_with("CN=tls12 test client"));
    client(port, &[], &dir).finish().assert_no_handshake("the alert handshake_failure");
}

#[test]
fn our_server_knows_openssl_by_its_certificate() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let args = ["--key", "key.pem", "--echo", "--client-ca", "ca.pem", "--require-client-cert"];
    let (ours, port) = server(&args, &dir);
    let done = openssl_client(port, &["-cert", "client-cert.pem", "-key", "client-key.pem"], &dir);
    // It is told whose certificates will do.
    let names = done.stdout.iter().skip_while(|line| *line != "Acceptable client certificate CA names").nth(1);
    assert_eq!(names.map(|name| joined(name)), Some("CN=tls12 test root".to_owned()));
    assert!(ours.log_of_served().contains(&"client-certificate: CN=tls12 test client".to_owned()));
    openssl_client(port, &[], &dir);
    assert!(ours.log_line().starts_with("handshake failed on the client's side: "));
}

#[test]
fn openssl_resumes_sessions_of_our_client() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    for (args, how) in [(&[][..], "by ticket"), (&["-no_ticket"], "by session ID")] {
        let (theirs, port) = openssl_server(args, &dir);
        let done = client(port, &["--session-out", "session"], &dir).finish();
        assert_eq!(done.assert_succeeded().summary("resumed"), ["no"]);
        let done = client(port, &["--session-in", "session"], &dir).finish();
        assert_eq!(done.assert_succeeded().summary("resumed"), [how]);
        said(&theirs, "Reused session-id");
    }
}

#[test]
fn our_server_resumes_sessions_of_openssl() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (ours, port) = server(&["--key", "key.pem", "--echo"], &dir);
    for (args, how) in [(&[][..], "by ticket"), (&["-no_ticket"], "by session ID")] {
        for (session, reused, resumed) in [("-sess_out", "New, ", "no"), ("-sess_in", "Reused, ", how)] {
            let done = openssl_client(port, &[&[session, "openssl-session"], args].concat(), &dir);
            done.said(reused);
            assert!(ours.log_of_served().contains(&format!("resumed: {resumed}")));
        }
    }
}

/// Its fields stay apart, whatever the client says.
#[test]
fn what_clients_say_cannot_pass_for_other_fields() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (ours, port) = server(&["--key", "key.pem", "--echo"], &dir);
    openssl_client(port, &["-servername", "a;client-certificate:\"b"], &dir);
    let line = ours.log_line();
    let name = r#"; server-name: "a;client-certificate:\"b"; client-certificate: none"#;
    assert!(line.starts_with("connected: ") && line.ends_with(name), "{line}");
    assert_eq!(ours.log_line(), "closed");
}

/// RFC 6066 §4.
#[test]
fn openssl_agrees_on_the_length_of_records() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (_theirs, port) = openssl_server(&["-rev"], &dir);
    let done = exchange(client(port, &["--max-fragment", "512"], &dir), "stressed\n");
    assert_eq!((&*done.stdout, done.summary("record-limit")), (&["desserts".to_owned()][..], vec!["512"]));

    let (ours, port) = server(&["--key", "key.pem", "--echo"], &dir);
    openssl_client(port, &["-maxfraglen", "1024"], &dir);
    assert!(ours.log_of_served().contains(&"record-limit: 1024".to_owned()));
}

/// Runs OpenSSL's tool in the folder until it exits.
#[track_caller]
pub fn openssl(args: &str, dir: &TempDir) {
    let output = Command::new("openssl").args(args.split(' ')).current_dir(dir.path()).output().unwrap();
    assert!(output.status.success(), "openssl {args}: {}", String::from_utf8_lossy(&output.stderr));
}

/// OpenSSL's name for a suite: its own, older than the standard's.
pub fn openssl_name(name: &str) -> String {
    name.replace("TLS_RSA_WITH_", "")
        .replace("TLS_", "")
        .replace("WITH_", "")
        .replace("AES_", "AES")
        .replace("CBC_", "")
        .replace("POLY1305_SHA256", "POLY1305")
        .replace('_', "-")
}
