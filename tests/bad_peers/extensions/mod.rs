//! What client and server agree on in the extensions of their hellos, apart from keys and sessions.
#![cfg(feature = "ring")]

mod alpn;
mod forms;
mod later_version;
mod limits;
mod names;
mod shape;
mod stapling;
mod unknown;

use std::sync::Arc;

use crate::support::forge::{Forge, SERVER_KEY};
use crate::support::pair::{End, Pair};
use crate::support::pki::{PKI, Pinned, SERVER_NAME, now};
use tls12::crypto::CipherSuite;
use tls12::{
    CertificateError, ClientConfig, ClientConfigBuilder, Credential, PeerChain, Policy, ServerConfig,
    ServerConfigBuilder, VerifyPeer,
};

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const ECDHE_CBC: &str = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";
const RSA_GCM: &str = "TLS_RSA_WITH_AES_128_GCM_SHA256";

fn suite(name: &str) -> &'static CipherSuite {
    CipherSuite::from_name(name).unwrap()
}

fn only(name: &str) -> Policy {
    Policy::legacy().suites([suite(name)])
}

fn credential() -> Credential {
    Credential::new(vec![PKI.server.clone()], Arc::clone(&SERVER_KEY)).unwrap()
}

fn client() -> ClientConfigBuilder {
    ClientConfig::builder(Pinned::server()).policy(Policy::legacy())
}

fn server() -> ServerConfigBuilder {
    ServerConfig::builder(credential()).policy(Policy::legacy())
}

/// Both meet, whatever comes of it.
fn meet(client: ClientConfigBuilder, server: ServerConfigBuilder) -> Pair {
    meet_as(SERVER_NAME, client, server)
}

/// The same under another name.
fn meet_as(name: &str, client: ClientConfigBuilder, server: ServerConfigBuilder) -> Pair {
    let client = End::client(client.build().unwrap(), name, None, now());
    let mut pair = Pair::of(client, End::server(server.build().unwrap(), now()));
    pair.run();
    pair
}

/// Both connect.
#[track_caller]
fn connect(client: ClientConfigBuilder, server: ServerConfigBuilder) -> Pair {
    let mut pair = meet(client, server);
    pair.assert_connected();
    pair.exchange_data(1000);
    pair
}

/// A bad server and this client.
fn facing_client(client: ClientConfigBuilder) -> Forge {
    Forge::server(&client.build().unwrap(), suite(ECDHE_GCM))
}

/// A bad client and this server.
fn facing_server(server: ServerConfigBuilder) -> Forge {
    Forge::client(&server.build().unwrap(), suite(ECDHE_GCM))
}

/// Trusts everybody: what is looked at here is which certificate was shown.
#[derive(Debug)]
struct Anybody;

impl VerifyPeer for Anybody {
    fn verify(&self, _chain: &PeerChain) -> Result<tls12::Verified, CertificateError> {
        Ok(tls12::Verified::default())
    }
}
