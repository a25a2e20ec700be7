//! What the server does with its connections, how many it serves, and what it warns of.

use std::fs;
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use crate::tool::{client, exchange, listening, server, tls12};
use crate::{files, write_pem};

#[test]
fn lines_are_reversed() {
    let dir = files();
    let (_server, port) = server(&["--key", "key.pem", "--rev"], &dir);
    let done = exchange(client(port, &[], &dir), "stressed\r\n\nlast");
    assert_eq!(done.assert_succeeded().stdout, ["desserts", "", "tsal"]);
}

#[test]
fn files_of_a_folder_are_sent() {
    let dir = files();
    fs::create_dir(dir.path().join("public")).unwrap();
    let text: String = (0..100_000).map(|i| format!("{i}\n")).collect();
    fs::write(dir.path().join("public/long.txt"), &text).unwrap();
    let (_server, port) = server(&["--key", "key.pem", "--files", "public"], &dir);
    let get = |target: &str| exchange(client(port, &[], &dir), &format!("GET {target} HTTP/1.1\r\n\r\n")).stdout;
    let answer = get("/long.txt");
    assert_eq!(answer[..2], ["HTTP/1.1 200 OK", "Content-Type: text/plain; charset=utf-8"]);
    assert!(answer.contains(&format!("Content-Length: {}", text.len())));
    let body = answer.iter().skip_while(|line| !line.is_empty()).skip(1);
    assert!(body.map(String::as_str).eq(text.lines()));
    for target in ["/../key.pem", "/%2e%2e/key.pem", "/missing"] {
        assert_eq!(get(target)[0], "HTTP/1.1 404 Not Found", "{target}");
    }
    let missing = ["server", "127.0.0.1:0", "--cert", "cert.pem", "--key", "key.pem", "--files", "nowhere"];
    tls12(&missing, &dir).finish().assert_no_start("nowhere: ");
}

#[test]
fn standard_input_is_sent_to_one_client() {
    let dir = files();
    let (mut server, port) = server(&["--key", "key.pem", "--stdin"], &dir);
    let mut client = client(port, &["--keep-open"], &dir);
    client.say(b"from the client\n");
    assert_eq!(server.stdout_line(), "from the client");
    server.say(b"from the server\n");
    assert_eq!(client.stdout_line(), "from the server");
    server.finish().assert_succeeded();
    client.finish().assert_succeeded();
}

#[test]
fn as_many_connections_are_served_as_are_asked_for() {
    let dir = files();
    let (once, port) = server(&["--key", "key.pem", "--echo", "--once"], &dir);
    // One that says nothing does not count.
    drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
    exchange(client(port, &[], &dir), "x").assert_succeeded();
    once.wait().assert_succeeded();

    let (twice, port) = server(&["--key", "key.pem", "--echo", "--count", "2"], &dir);
    client(port, &["--server-name", "other.example"], &dir).finish().assert_not_trusted("but not for other.example");
    exchange(client(port, &[], &dir), "x").assert_succeeded();
    let done = twice.wait();
    assert_eq!(done.status.code(), Some(5), "{done:?}");
    assert!(done.stderr.contains(&"tls12: 1 of 2 connections failed, see above".to_owned()), "{done:?}");

    // The exit code says what was wrong: here, with the client's certificate.
    let asking = ["--key", "key.pem", "--echo", "--once", "--client-ca", "ecdsa-cert.pem", "--require-client-cert"];
    let (once, port) = server(&[&asking[..], &["--verbose"]].concat(), &dir);
    let shown = ["--client-cert", "client-cert.pem", "--client-key", "client-key.pem"];
    assert!(!client(port, &shown, &dir).finish().status.success());
    let refused = once.wait();
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    // All is told, and nothing of it is about a server.
    let said = refused.stderr.join("\n");
    assert!(said.contains("CN=tls12 test client") && said.contains("likely causes"), "{said}");
    assert!(!said.contains("the server"), "{said}");
}

/// A certificate that is valid for so many days around now, of this issuer, and with this extension.
fn write_certificate(dir: &TempDir, name: &str, days: u32, issuer: Option<&CertifiedIssuer<'_, KeyPair>>, aia: bool) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let day = Duration::from_secs(24 * 60 * 60);
    params.not_before = (SystemTime::now() - 100 * day).into();
    params.not_after = (SystemTime::now() + days * day - day / 2).into();
    if aia {
        // AuthorityInfoAccess (RFC 5280 §4.2.2.1): caIssuers, and a URI.
        let access = b"\x30\x1a\x30\x18\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x0chttp://ca/ca";
        params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], access.to_vec()));
    }
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    write_pem(dir.path(), &format!("{name}.pem"), "CERTIFICATE", certificate.der());
    write_pem(dir.path(), &format!("{name}-key.pem"), "PRIVATE KEY", &key.serialize_der());
}

#[test]
fn certificates_that_clients_will_refuse_are_warned_of_at_the_start() {
    let dir = files();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Intermediate");
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    write_certificate(&dir, "good", 300, None, false);
    write_certificate(&dir, "old", 0, None, false);
    write_certificate(&dir, "ending", 11, None, false);
    write_certificate(&dir, "alone", 300, Some(&issuer), true);
    write_certificate(&dir, "private", 300, Some(&issuer), false);
    let append = |name: &str, other: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, [fs::read(&path).unwrap().as_slice(), other].concat()).unwrap();
    };
    write_certificate(&dir, "complete", 300, Some(&issuer), true);
    append("complete.pem", issuer.pem().as_bytes());
    write_certificate(&dir, "disorder", 300, Some(&issuer), true);
    append("disorder.pem", &fs::read(dir.path().join("good.pem")).unwrap());
    let warned = |name: &str, more: &[&str]| {
        let (cert, key) = (format!("{name}.pem"), format!("{name}-key.pem"));
        let args = ["server", "127.0.0.1:0", "--echo", "--cert", &cert, "--key", &key];
        let (mut server, _) = listening(tls12(&[&args, more].concat(), &dir));
        // It has warned before it listens; its end ends the lines, which may come later than it wrote them.
        server.child.kill().unwrap();
        server.wait().stderr.concat()
    };
    for name in ["good", "private", "complete"] {
        assert_eq!(warned(name, &[]), "", "{name}");
    }
    assert_eq!(warned("old", &[]), "tls12: warning: old.pem: the certificate CN=old has expired");
    assert_eq!(warned("ending", &[]), "tls12: warning: ending.pem: the certificate CN=ending expires in 10 days");
    assert_eq!(warned("ending", &["--warn-days", "9"]), "");
    assert!(warned("alone", &[]).contains("alone.pem: the certificate of CN=Intermediate is missing at the end"));
    assert!(warned("disorder", &[]).contains("the certificate CN=disorder should be followed by that of its issuer"));
}
