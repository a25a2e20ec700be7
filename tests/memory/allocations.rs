//! How often a full handshake allocates, beside rustls with the same primitives in the same test: counted, for each side, by an
//! allocator that counts for each thread.
#![cfg(all(feature = "ring", feature = "webpki", feature = "std"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use crate::support::pki::{KeyKind, PKI, SERVER_NAME, now};
use allocation_counter::measure;
use rustls::crypto::ring::{cipher_suite, default_provider, kx_group};
use rustls_pki_types::{PrivateKeyDer, ServerName};
use tls12::crypto::{CipherSuite, ring};
use tls12::verify::TrustStore;
use tls12::wire::NamedGroup;
use tls12::{AskFor, ClientConfig, Connection, Event, Policy, ServerConfig};

/// How many allocations a full handshake by ECDHE may make: a client's, and a server's.
const MAX: [u64; 2] = [51, 47];

/// Allocations of both sides.
type Counts = [u64; 2];

/// Adds the allocations of `f` to `count`.
fn counted<R>(count: &mut u64, f: impl FnOnce() -> R) -> R {
    let mut result = None;
    *count += measure(|| result = Some(f())).count_total;
    result.unwrap()
}

/// A full handshake with X25519 and AES-128-GCM, a chain of one certificate, and no session that is kept.
fn ours(kind: KeyKind, suite: &str) -> Counts {
    let policy = Policy::legacy().suites([CipherSuite::from_name(suite).unwrap()]);
    let policy = policy.groups([NamedGroup::X25519, NamedGroup::SECP256R1]);
    let roots = Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap());
    let client_config = ClientConfig::builder(roots).policy(policy.clone()).tickets(AskFor::No).build().unwrap();
    let credential = PKI.server(kind).credential(&*ring::provider());
    let server_config = ServerConfig::builder(credential).policy(policy).no_session_store().build().unwrap();

    let [mut of_client, mut of_server] = [0; 2];
    let (mut to_client, mut to_server) = (Vec::with_capacity(1 << 14), Vec::with_capacity(1 << 14));
    let name = ServerName::try_from(SERVER_NAME).unwrap();
    let mut client =
        counted(&mut of_client, || Connection::client(client_config, name, now(), &mut to_server).unwrap());
    let mut server = counted(&mut of_server, || Connection::server(server_config, now()));
    while !to_server.is_empty() {
        counted(&mut of_server, || receive(&mut server, &mut to_server, &mut to_client));
        counted(&mut of_client, || receive(&mut client, &mut to_client, &mut to_server));
    }
    assert!(client.info().is_some() && server.info().is_some());
    [of_client, of_server]
}

/// Gives `connection` all of `input`.
fn receive(connection: &mut Connection, input: &mut Vec<u8>, out: &mut Vec<u8>) {
    let mut at = 0;
    loop {
        let step = connection.process(&mut input[at..], out).unwrap();
        at += step.consumed;
        match step.event {
            Event::Connected | Event::Session(_) => {}
            Event::NeedInput { .. } => break,
            other => panic!("{other:?}"),
        }
    }
    input.clear();
}

/// The same handshake between two of rustls.
fn theirs(kind: KeyKind, suite: rustls::SupportedCipherSuite) -> Counts {
    let provider = Arc::new(rustls::crypto::CryptoProvider {
        cipher_suites: vec![suite],
        kx_groups: vec![kx_group::X25519, kx_group::SECP256R1],
        ..default_provider()
    });
    let mut roots = rustls::RootCertStore::empty();
    roots.add(PKI.root.clone()).unwrap();
    let client_config = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider));
    let client_config = client_config.with_protocol_versions(&[&rustls::version::TLS12]).unwrap();
    let mut client_config = client_config.with_root_certificates(roots).with_no_client_auth();
    client_config.resumption = rustls::client::Resumption::disabled();
    let identity = PKI.server(kind);
    let server_config = rustls::ServerConfig::builder_with_provider(provider);
    let server_config = server_config.with_protocol_versions(&[&rustls::version::TLS12]).unwrap();
    let server_config = server_config
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.clone()], PrivateKeyDer::Pkcs8(identity.key.clone_key()));
    let mut server_config = server_config.unwrap();
    server_config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    let (client_config, server_config) = (Arc::new(client_config), Arc::new(server_config));

    let [mut of_client, mut of_server] = [0; 2];
    let mut wire = Vec::with_capacity(1 << 14);
    let name = ServerName::try_from(SERVER_NAME).unwrap();
    let mut client = counted(&mut of_client, || rustls::ClientConnection::new(client_config, name).unwrap());
    let mut server = counted(&mut of_server, || rustls::ServerConnection::new(server_config).unwrap());
    while client.is_handshaking() || server.is_handshaking() {
        counted(&mut of_client, || {
            while client.wants_write() {
                client.write_tls(&mut wire).unwrap();
            }
        });
        counted(&mut of_server, || {
            let mut rest = wire.as_slice();
            while !rest.is_empty() {
                server.read_tls(&mut rest).unwrap();
                server.process_new_packets().unwrap();
            }
        });
        wire.clear();
        counted(&mut of_server, || {
            while server.wants_write() {
                server.write_tls(&mut wire).unwrap();
            }
        });
        counted(&mut of_client, || {
            let mut rest = wire.as_slice();
            while !rest.is_empty() {
                client.read_tls(&mut rest).unwrap();
                client.process_new_packets().unwrap();
            }
        });
        wire.clear();
    }
    [of_client, of_server]
}

#[test]
fn a_handshake_allocates_seldom() {
    for (kind, suite, theirs_suite) in [
        (
            KeyKind::P256,
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        ),
        (KeyKind::Rsa, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ] {
        // What is made once for all is made in the first.
        ours(kind, suite);
        theirs(kind, theirs_suite);
        let (ours, theirs) = (ours(kind, suite), theirs(kind, theirs_suite));
        println!("{kind:?}: client and server {ours:?}, of rustls {theirs:?}");
        for (side, name) in ["client", "server"].into_iter().enumerate() {
            assert!(ours[side] <= MAX[side], "{kind:?}, {name}: {} allocations", ours[side]);
            assert!(ours[side] * 10 <= theirs[side] * 7, "{kind:?}, {name}: {} to {}", ours[side], theirs[side]);
        }
    }
}
