//! The acceptor with clients that support only a part.

use tls12::ProtocolVersion;
use tls12::io::both::Stack;

use crate::peers::{Files, gnutls_client, openssl_client};
use crate::support::daemon::installed;
use crate::{TLS_1_2, TLS_1_3, acceptor, serve};

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

fn gnutls(priority: &str, stack: Stack, version: ProtocolVersion, suite: &str) {
    if installed("gnutls-cli").is_none() {
        return;
    }
    let (serving, address) = serve(acceptor(), 1);
    let said = gnutls_client(&Files::new(), address, priority);
    assert!(said.contains("sdrawrof") && said.contains("The certificate is trusted"), "{said}");
    let info = serving.join().unwrap().remove(0).unwrap();
    assert_eq!((info.stack, info.version, info.suite_name()), (stack, version, Some(suite)));
}

#[test]
fn gnutls_with_each_part() {
    gnutls("NORMAL", Stack::Rustls, TLS_1_3, "TLS_AES_256_GCM_SHA384");
    let aead = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:-KX-ALL:+ECDHE-RSA";
    gnutls(aead, Stack::Rustls, TLS_1_2, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    let cbc = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:-KX-ALL:+ECDHE-RSA";
    gnutls(cbc, Stack::Tls12, TLS_1_2, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA");
    let rsa = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM:-KX-ALL:+RSA";
    gnutls(rsa, Stack::Tls12, TLS_1_2, "TLS_RSA_WITH_AES_256_GCM_SHA384");
}
