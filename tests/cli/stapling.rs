//! Stapled certificate status, made by OpenSSL's tool.

use crate::files;
use crate::openssl::{openssl, openssl_client, openssl_is_here};
use crate::tool::{client, exchange, server};

#[test]
fn openssl_reads_what_our_server_staples() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    // RFC 6960 §4.2.1: an OCSPResponse of the status tryLater, which has nothing else.
    std::fs::write(dir.path().join("ocsp.der"), [0x30, 3, 0x0a, 1, 3]).unwrap();
    let (_ours, port) = server(&["--key", "key.pem", "--echo", "--ocsp", "ocsp.der"], &dir);
    assert_eq!(openssl_client(port, &["-status"], &dir).said("OCSP Response Status: "), "trylater (0x3)");
}

/// OpenSSL's OCSP responder says that the server's certificate is good, or revoked; and our client believes it.
#[test]
fn our_client_believes_what_openssl_says_of_a_certificate() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem -subj /CN=authority -days 30 -addext keyUsage=critical,keyCertSign",
        &dir,
    );
    openssl("req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=server", &dir);
    write(
        "extensions",
        "subjectAltName=DNS:server.example\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\nkeyUsage=digitalSignature\n",
    );
    openssl(
        "x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -set_serial 0x17 -days 20 -extfile extensions -out cert.pem",
        &dir,
    );
    for (entry, verdict) in [
        ("V\t491231235959Z\t\t17\tunknown\t/CN=server\n", None),
        ("R\t491231235959Z\t260101000000Z\t17\tunknown\t/CN=server\n", Some("revoked")),
    ] {
        write("index", entry);
        openssl(
            "ocsp -index index -CA ca.pem -rsigner ca.pem -rkey ca-key.pem -issuer ca.pem -cert cert.pem -ndays 1 -noverify -respout ocsp.der",
            &dir,
        );
        let (_ours, port) = server(&["--key", "key.pem", "--echo", "--ocsp", "ocsp.der"], &dir);
        let done = exchange(client(port, &["--server-name", "server.example"], &dir), "x");
        match verdict {
            None => {
                assert_eq!(done.assert_succeeded().summary("ocsp"), ["stapled"]);
                let required = client(port, &["--server-name", "server.example", "--require-status"], &dir);
                exchange(required, "x").assert_succeeded();
            }
            Some(verdict) => {
                assert_eq!(done.status.code(), Some(4), "{done:?}");
                assert!(done.stderr.iter().any(|line| line.contains(verdict)), "{done:?}");
            }
        }
    }
}
