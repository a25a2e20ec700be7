//! What an application decides, limits and asks: refusals of its own, connections without a name, what a client offers, the
//! outcome of offering a session, the length of records and chains, and the schemes of a key.
#![cfg(all(feature = "ring", feature = "webpki"))]

mod declined;
mod limits;
mod offer;
mod preferences;
mod sessions;
mod unnamed;

use crate::support::pki::{KeyKind, PKI, Pinned};
use tls12::crypto::{CipherSuite, ring};
use tls12::{ClientConfig, ClientConfigBuilder, Credential, ServerConfig, ServerConfigBuilder};

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

fn suite(name: &str) -> &'static CipherSuite {
    CipherSuite::from_name(name).unwrap()
}

fn client() -> ClientConfigBuilder {
    ClientConfig::builder(Pinned::server())
}

fn server() -> ServerConfigBuilder {
    ServerConfig::builder(credential())
}

fn credential() -> Credential {
    PKI.credential(&*ring::provider())
}

/// A client's certificate.
fn of_client() -> Credential {
    PKI.client(KeyKind::Rsa).credential(&*ring::provider())
}
