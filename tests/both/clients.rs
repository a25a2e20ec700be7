//! The acceptor with clients that support only a part.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::version::{TLS12, TLS13};
use tls12::ProtocolVersion;
use tls12::io::both::{RustlsVerifier, Stack};

use crate::peers::{Files, gnutls_client, openssl_client};
use crate::support::daemon::installed;
use crate::{TLS_1_2, TLS_1_3, acceptor, dial, name, roots, serve};

/// OpenSSL's first two connections: the second resumes the session of the first.
fn openssl(arguments: &[&str], stack: Stack, version: ProtocolVersion, suite: &str) {
    if installed("openssl").is_none() {
        return;
    }
    let files = Files::new();
    let (serving, address) = serve(acceptor(), 2);
    for session in ["-sess_out", "-sess_in"] {
        let said = openssl_client(&files, address, &[arguments, &[session, "session"]].concat());
        assert!(said.contains("sdrawrof") && said.contains("Verify return code: 0 (ok)"), "{said}");
    }
    let infos = serving.join().unwrap();
    let resumed: Vec<_> = infos.iter().map(|info| info.as_ref().map(|info| info.resumed).ok()).collect();
    assert_eq!(resumed, [Some(false), Some(true)]);
    for info in infos.into_iter().flatten() {
        assert_eq!((info.stack, info.version, info.suite_name()), (stack, version, Some(suite)));
        assert_eq!(info.server_name.as_deref(), Some("server.example"));
    }
}

#[test]
fn openssl_with_everything() {
    openssl(&[], Stack::Rustls, TLS_1_3, "TLS_AES_256_GCM_SHA384");
}

#[test]
fn openssl_with_tls13_only() {
    let arguments = ["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"];
    openssl(&arguments, Stack::Rustls, TLS_1_3, "TLS_CHACHA20_POLY1305_SHA256");
}

#[test]
fn openssl_with_tls12_and_aeads() {
    let suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
    openssl(&["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], Stack::Rustls, TLS_1_2, suite);
}

#[test]
fn openssl_with_cbc_only() {
    let suite = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384";
    openssl(&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384"], Stack::Tls12, TLS_1_2, suite);
}

#[test]
fn openssl_with_static_rsa_only() {
    openssl(&["-tls1_2", "-cipher", "AES128-SHA"], Stack::Tls12, TLS_1_2, "TLS_RSA_WITH_AES_128_CBC_SHA");
}

/// The third and fourth peer of the tests of servers, as a client.
#[test]
fn rustls_with_each_version() {
    for (version, expected) in [(&TLS13, TLS_1_3), (&TLS12, TLS_1_2)] {
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let config = config.with_protocol_versions(&[version]).unwrap().dangerous();
        let config = config.with_custom_certificate_verifier(Arc::new(RustlsVerifier::new(roots())));
        let config = Arc::new(config.with_no_client_auth());
        let (serving, address) = serve(acceptor(), 2);
        for _ in 0..2 {
            let connection = rustls::ClientConnection::new(Arc::clone(&config), name()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, dial(address).unwrap());
            stream.write_all(b"forwards\n").unwrap();
            let mut line = [0; 9];
            stream.read_exact(&mut line).unwrap();
            assert_eq!(&line, b"sdrawrof\n");
            // Reads the tickets that follow.
            stream.conn.send_close_notify();
            stream.read_to_end(&mut Vec::new()).unwrap();
        }
        let infos = serving.join().unwrap().into_iter().map(Result::unwrap);
        let infos: Vec<_> = infos.map(|info| (info.stack, info.version, info.resumed)).collect();
        assert_eq!(infos, [false, true].map(|resumed| (Stack::Rustls, expected, resumed)));
    }
}

fn gnutls(priority: &str, stack: Stack, version: ProtocolVersion, suite: &str) {
    if installed("gnutls-cli").is_none() {
        return;
    }
    // It connects twice, and sends the line over the second connection, which resumes the session of the first.
    let (serving, address) = serve(acceptor(), 2);
    let said = gnutls_client(&Files::new(), address, priority);
    assert!(said.contains("sdrawrof") && said.contains("The certificate is trusted"), "{said}");
    for (info, resumed) in serving.join().unwrap().into_iter().zip([false, true]) {
        let info = info.unwrap();
        assert_eq!((info.stack, info.version, info.suite_name()), (stack, version, Some(suite)), "{said}");
        assert_eq!(info.resumed, resumed, "{said}");
    }
}

#[test]
fn gnutls_with_each_part() {
    gnutls("NORMAL", Stack::Rustls, TLS_1_3, "TLS_AES_256_GCM_SHA384");
    let only_tls13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM";
    gnutls(only_tls13, Stack::Rustls, TLS_1_3, "TLS_AES_128_GCM_SHA256");
    let aead = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:-KX-ALL:+ECDHE-RSA";
    gnutls(aead, Stack::Rustls, TLS_1_2, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    let cbc = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:-KX-ALL:+ECDHE-RSA";
    gnutls(cbc, Stack::Tls12, TLS_1_2, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA");
    let rsa = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM:-KX-ALL:+RSA";
    gnutls(rsa, Stack::Tls12, TLS_1_2, "TLS_RSA_WITH_AES_256_GCM_SHA384");
}
