//! What is left without the feature `static-rsa`, and what is said of the rest:
//!
//! ```text
//! cargo test --no-default-features --features ring,webpki,explain,std --test without_static_rsa
//! ```
#![cfg(all(feature = "ring", feature = "webpki", not(feature = "static-rsa")))]

#[macro_use]
mod support;

use rustls_pki_types::PrivateKeyDer;
use support::pair::Pair;
use support::pki::{KeyKind, PKI, Pinned};
use support::provider::provider;
use tls12::crypto::{CipherSuite, KeyExchange, SUITES};
use tls12::wire::SignatureScheme;
use tls12::{ClientConfig, ConfigError, Policy, ServerConfig};

fn static_rsa() -> impl Iterator<Item = &'static CipherSuite> {
    SUITES.iter().filter(|suite| suite.key_exchange == KeyExchange::Rsa)
}

#[test]
fn a_suite_with_static_rsa_is_refused_by_name() {
    assert!(static_rsa().count() > 0);
    for suite in static_rsa() {
        assert!(!provider().supports(suite), "{}", suite.name);
        let policy = Policy::legacy().suites([suite]);
        let credential = PKI.server(KeyKind::Rsa).credential(&*provider());
        let server = ServerConfig::builder_with_provider(provider(), credential).policy(policy.clone()).build();
        let client = ClientConfig::builder_with_provider(provider(), Pinned::server()).policy(policy).build();
        for error in [client.err().unwrap(), server.err().unwrap()] {
            assert_eq!(error, ConfigError::UnsupportedSuite(suite.name));
            let told = error.to_string();
            assert!(told.contains(suite.name) && told.contains("feature `static-rsa`"), "{told}");
        }
    }
}

/// A policy with all suites has only the others.
#[test]
fn a_client_offers_no_static_rsa() {
    let client = ClientConfig::builder_with_provider(provider(), Pinned::server());
    let client = client.policy(Policy::legacy()).build().unwrap();
    let credential = PKI.server(KeyKind::P256).credential(&*provider());
    let server = ServerConfig::builder_with_provider(provider(), credential).build().unwrap();
    let hello = Pair::new(client, server).client.output;
    // The suites follow the random and an empty session ID (RFC 5246 §7.4.1.2).
    let suites = &hello[5 + 4 + 2 + 32 + 1..];
    let (len, suites) = suites.split_first_chunk().unwrap();
    let offered: Vec<[u8; 2]> = suites[..usize::from(u16::from_be_bytes(*len))].as_chunks().0.to_vec();
    assert!(offered.len() > 5);
    for suite in static_rsa() {
        assert!(!offered.contains(&suite.code.to_be_bytes()), "{}", suite.name);
    }
}

#[test]
fn a_server_with_an_rsa_key_is_connected_to() {
    for scheme in [SignatureScheme::RSA_PSS_RSAE_SHA256, SignatureScheme::RSA_PKCS1_SHA512] {
        let policy = Policy::legacy().signature_schemes([scheme]);
        let client = ClientConfig::builder_with_provider(provider(), Pinned::server());
        let credential = PKI.server(KeyKind::Rsa).credential(&*provider());
        let server = ServerConfig::builder_with_provider(provider(), credential).policy(policy.clone());
        let mut pair = Pair::new(client.policy(policy).build().unwrap(), server.build().unwrap());
        pair.run();
        assert_eq!((pair.client.failure(), pair.server.failure()), (None, None));
        assert_eq!(pair.client.info().suite().key_exchange, KeyExchange::EcdheRsa);
    }
}

#[test]
fn an_rsa_key_neither_decrypts_nor_signs_with_sha1() {
    let key = PKI.server(KeyKind::Rsa).key.clone_key();
    let key = provider().load_private_key(PrivateKeyDer::Pkcs8(key)).unwrap();
    assert!(key.decrypt().is_none());
    assert!(!key.schemes().contains(&SignatureScheme::RSA_PKCS1_SHA1));
    assert!(key.sign(SignatureScheme::RSA_PKCS1_SHA1, b"text").is_err());
    assert!(key.sign(SignatureScheme::RSA_PKCS1_SHA256, b"text").is_ok());
}
