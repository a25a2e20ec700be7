//! This library.

use std::sync::Arc;

use rustls_pki_types::ServerName;
use tls12::NamedGroup;
use tls12::crypto::{CipherSuite, MacOrder, ring};
use tls12::verify::TrustStore;
use tls12::{Agreement, ClientConfig, Connection, Event, Policy, ServerConfig};

use super::pki::{PKI, SERVER_NAME, now};

/// The configurations of both sides.
#[derive(Clone)]
pub struct Ours {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Ours {
    /// With this suite only, X25519, and this order of MAC and encryption if it matters. The chain is verified.
    pub fn new(suite: &str, order: MacOrder) -> Self {
        let policy = Policy::legacy()
            .suites([CipherSuite::from_name(suite).unwrap()])
            .groups([NamedGroup::X25519])
            .encrypt_then_mac(match order {
                MacOrder::MacThenEncrypt => Agreement::Never,
                MacOrder::EncryptThenMac => Agreement::Require,
            });
        let roots = Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap());
        let client = ClientConfig::builder(roots).policy(policy.clone()).build().unwrap();
        let server = ServerConfig::builder(PKI.credential(&*ring::provider())).policy(policy).build().unwrap();
        Self { client, server }
    }

    /// A full handshake: client and server, connected.
    pub fn handshake(&self) -> (Connection, Connection) {
        let name = ServerName::try_from(SERVER_NAME).unwrap();
        let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
        let mut client = Connection::client(Arc::clone(&self.client), name, now(), &mut to_server).unwrap();
        let mut server = Connection::server(Arc::clone(&self.server), now());
        while client.info().is_none() || server.info().is_none() {
            receive(&mut server, &mut to_server, &mut to_client);
            receive(&mut client, &mut to_client, &mut to_server);
        }
        // The events that say so.
        receive(&mut server, &mut to_server, &mut to_client);
        receive(&mut client, &mut to_client, &mut to_server);
        (client, server)
    }
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

/// Opens all records of `input`; returns the length of the data.
pub fn open(connection: &mut Connection, input: &mut [u8]) -> usize {
    let (mut at, mut len, mut out) = (0, 0, Vec::new());
    loop {
        let step = connection.process(&mut input[at..], &mut out).unwrap();
        at += step.consumed;
        match step.event {
            Event::Data(data) => len += data.len(),
            Event::NeedInput { .. } => return len,
            other => panic!("{other:?}"),
        }
    }
}
