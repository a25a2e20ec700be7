//! Several certificates of a server, and those of clients.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use crate::tool::{Running, client, client_trusting, exchange, server};
use crate::{files, write_pem};

/// Writes `PREFIX-ca.pem`, and `PREFIX-cert.pem` and `PREFIX-key.pem` of a server of these names, with an ECDSA key.
fn write_server(dir: &TempDir, prefix: &str, names: &[&str]) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, format!("{prefix} root"));
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, prefix);
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &ca).unwrap();
    write_pem(dir.path(), &format!("{prefix}-ca.pem"), "CERTIFICATE", ca.der());
    write_pem(dir.path(), &format!("{prefix}-cert.pem"), "CERTIFICATE", certificate.der());
    write_pem(dir.path(), &format!("{prefix}-key.pem"), "PRIVATE KEY", &key.serialize_der());
}

#[test]
fn the_certificate_is_chosen_by_name() {
    let dir = files();
    write_server(&dir, "shop", &["shop.example", "*.shop.example"]);
    let pair = ["--cert", "shop-cert.pem", "--key", "shop-key.pem"];
    let (server, port) = server(&[&["--key", "key.pem", "--echo"], &pair[..]].concat(), &dir);
    let first = Some("CN=tls12 test server");
    for (ca, name, subject) in [
        ("shop-ca.pem", "shop.example", Some("CN=shop")),
        ("shop-ca.pem", "a.shop.example", Some("CN=shop")),
        ("ca.pem", "server.example", first),
        // An address is no name that can be asked for.
        ("ca.pem", "127.0.0.1", first),
        // An unknown name gets the first, which is another's.
        ("ca.pem", "other.example", None),
        ("shop-ca.pem", "a.b.shop.example", None),
    ] {
        let args = ["--ca", ca, "--server-name", name];
        let done = exchange(client_trusting(port, &args, &dir), "x");
        match subject {
            Some(subject) => {
                assert_eq!(done.assert_succeeded().summary("chain"), [subject], "{name}");
                let asked = if name == "127.0.0.1" { "none" } else { name };
                assert!(server.log_of_served().contains(&format!("server-name: {asked}")));
            }
            None => {
                done.assert_not_trusted("the server's certificate was refused, for the reason above");
                server.log_line();
            }
        }
    }
}

#[test]
fn the_certificate_is_chosen_by_type_of_key() {
    let dir = files();
    let pair = ["--cert", "ecdsa-cert.pem", "--key", "ecdsa-key.pem"];
    let (_server, port) = server(&[&["--key", "key.pem", "--echo"], &pair[..]].concat(), &dir);
    for suite in ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"] {
        // By its name, and by none.
        for name in ["server.example", "127.0.0.1"] {
            let done = exchange(client(port, &["--suite", suite, "--server-name", name], &dir), "x");
            assert_eq!(done.assert_succeeded().summary("suite"), [suite]);
        }
    }
}

const CLIENT: [&str; 4] = ["--client-cert", "client-cert.pem", "--client-key", "client-key.pem"];
const SUBJECT: &str = "CN=tls12 test client";

/// A server that asks for a certificate in this way.
fn asking(how: &str, dir: &TempDir) -> (Running, u16) {
    server(&["--key", "key.pem", "--echo", "--client-ca", "ca.pem", how], dir)
}

#[test]
fn a_clients_certificate_is_shown_and_told() {
    let dir = files();
    for how in ["--request-client-cert", "--require-client-cert"] {
        let (server, port) = asking(how, &dir);
        let done = exchange(client(port, &CLIENT, &dir), "known\n");
        assert_eq!(done.assert_succeeded().stdout, ["known"]);
        assert_eq!(done.summary("client-certificate"), [SUBJECT]);
        assert!(server.log_of_served().contains(&format!("client-certificate: {SUBJECT}")));
    }
}

#[test]
fn a_client_without_a_certificate_is_served_where_none_is_required() {
    let dir = files();
    let (server, port) = asking("--request-client-cert", &dir);
    let done = exchange(client(port, &[], &dir), "x");
    assert_eq!(done.assert_succeeded().summary("client-certificate"), ["none"]);
    assert!(server.log_of_served().contains(&"client-certificate: none".to_owned()));
}

#[test]
fn a_client_without_a_certificate_is_refused_where_one_is_required() {
    let dir = files();
    let (server, port) = asking("--require-client-cert", &dir);
    let done = client(port, &[], &dir).finish();
    done.assert_no_handshake("the alert handshake_failure");
    let line = server.log_line();
    assert!(line.starts_with("handshake failed on the client's side: ") && line.contains("requires one"), "{line}");
}

#[test]
fn a_client_of_an_unknown_authority_is_refused() {
    let dir = files();
    write_server(&dir, "stranger", &["stranger.example"]);
    let (server, port) = asking("--request-client-cert", &dir);
    let stranger = ["--client-cert", "stranger-cert.pem", "--client-key", "stranger-key.pem"];
    let done = client(port, &stranger, &dir).finish();
    done.assert_no_handshake("the alert unknown_ca");
    assert!(server.log_line().starts_with("handshake failed on the client's side: the peer's certificate was refused"));
}

/// A certificate is only shown to a server that asks.
#[test]
fn a_clients_certificate_is_not_shown_unasked() {
    let dir = files();
    let (server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    let done = exchange(client(port, &CLIENT, &dir), "x");
    assert_eq!(done.assert_succeeded().summary("client-certificate"), ["none"]);
    assert!(server.log_of_served().contains(&"client-certificate: none".to_owned()));
}
