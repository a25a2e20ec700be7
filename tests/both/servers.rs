//! The connector with servers that support only a part.

use rustls::version::{TLS12, TLS13};
use tls12::ProtocolVersion;
use tls12::io::both::{Connector, Info, Stack};

use crate::peers::Server;
use crate::{TLS_1_2, TLS_1_3, connect, connector, converse};

/// The first two connections to a server: the second resumes the session of the first.
fn twice(connector: &Connector, server: &Server) -> [Info; 2] {
    let infos = [(); 2].map(|()| converse(connect(connector, server.address).unwrap()));
    assert_eq!(infos.each_ref().map(|info| info.resumed), [false, true], "{infos:?}");
    infos
}

fn check(server: Option<Server>, stack: Stack, version: ProtocolVersion, suite: &str) {
    let Some(server) = server else { return };
    let connector = connector();
    for info in twice(&connector, &server) {
        assert_eq!((info.stack, info.version, info.suite_name()), (stack, version, Some(suite)));
        assert_eq!(info.server_name.as_deref(), Some("server.example"));
        assert_eq!(info.peer_certificates.len(), 1);
    }
    // The second connection knows which stack to take.
    assert_eq!(connector.fallbacks(), u64::from(stack == Stack::Tls12));
}

const AES_256_1_3: &str = "TLS_AES_256_GCM_SHA384";

#[test]
fn openssl_with_tls13_only() {
    check(Server::openssl(&["-tls1_3"]), Stack::Rustls, TLS_1_3, AES_256_1_3);
}

#[test]
fn openssl_with_everything() {
    check(Server::openssl(&[]), Stack::Rustls, TLS_1_3, AES_256_1_3);
}

#[test]
fn openssl_with_tls12_and_aeads() {
    let server = Server::openssl(&["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"]);
    check(server, Stack::Rustls, TLS_1_2, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
}

#[test]
fn openssl_with_cbc_only() {
    let server = Server::openssl(&["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA"]);
    check(server, Stack::Tls12, TLS_1_2, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA");
}

#[test]
fn openssl_with_static_rsa_only() {
    let server = Server::openssl(&["-tls1_2", "-cipher", "AES128-GCM-SHA256"]);
    check(server, Stack::Tls12, TLS_1_2, "TLS_RSA_WITH_AES_128_GCM_SHA256");
}

#[test]
fn gnutls_with_tls13_only() {
    check(Server::gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.3"), Stack::Rustls, TLS_1_3, AES_256_1_3);
}

#[test]
fn gnutls_with_tls12_and_aeads() {
    let server = Server::gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM");
    check(server, Stack::Rustls, TLS_1_2, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
}

#[test]
fn gnutls_with_cbc_only() {
    let server = Server::gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:-KX-ALL:+ECDHE-RSA");
    check(server, Stack::Tls12, TLS_1_2, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA");
}

#[test]
fn gnutls_with_static_rsa_only() {
    let server = Server::gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA:-CIPHER-ALL:+AES-256-GCM");
    check(server, Stack::Tls12, TLS_1_2, "TLS_RSA_WITH_AES_256_GCM_SHA384");
}

#[test]
fn rustls_with_each_version() {
    check(Some(Server::rustls(&[&TLS13])), Stack::Rustls, TLS_1_3, AES_256_1_3);
    check(Some(Server::rustls(&[&TLS13, &TLS12])), Stack::Rustls, TLS_1_3, AES_256_1_3);
    check(Some(Server::rustls(&[&TLS12])), Stack::Rustls, TLS_1_2, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
}
