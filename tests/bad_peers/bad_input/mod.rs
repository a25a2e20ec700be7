//! What a peer must not send, one rule at a time: each gives the alert that its RFC names, an error that says whose fault
//! it was, and a connection that stays failed ([`crate::support::forge::Forge::refusal`] looks at that each time).
#![cfg(feature = "ring")]

mod certificates;
mod hellos;
mod key_exchange;
mod order;
mod premaster;
mod protection;
mod records;
mod suites;

use std::sync::{Arc, LazyLock};

use crate::support::forge::{Forge, SERVER_KEY};
use crate::support::pki::{PKI, Pinned};
use tls12::crypto::CipherSuite;
use tls12::{ClientConfig, Credential, Policy, ServerConfig};

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const ECDHE_CBC: &str = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA";
const RSA_GCM: &str = "TLS_RSA_WITH_AES_128_GCM_SHA256";
const RSA_CBC: &str = "TLS_RSA_WITH_AES_128_CBC_SHA";

static CLIENT: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| client_config(Policy::legacy()));
static SERVER: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| {
    let credential = Credential::new(vec![PKI.server.clone()], Arc::clone(&SERVER_KEY)).unwrap();
    ServerConfig::builder(credential).policy(Policy::legacy()).build().unwrap()
});

fn client_config(policy: Policy) -> Arc<ClientConfig> {
    ClientConfig::builder(Pinned::server()).policy(policy).build().unwrap()
}

/// A bad server, which will choose this suite, and our client.
fn facing_client(suite: &str) -> Forge {
    Forge::server(&CLIENT, CipherSuite::from_name(suite).unwrap())
}

/// A bad client, which offers this suite, and our server.
fn facing_server(suite: &str) -> Forge {
    Forge::client(&SERVER, CipherSuite::from_name(suite).unwrap())
}

/// The same for both roles.
fn both(suite: &str) -> [Forge; 2] {
    [facing_client(suite), facing_server(suite)]
}

/// The same, when the handshake is complete.
fn both_connected(suite: &str) -> [Forge; 2] {
    both(suite).map(|mut forge| {
        forge.connect();
        forge
    })
}
