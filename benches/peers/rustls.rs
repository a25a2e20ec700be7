//! rustls, with the same primitives (ring). Handshakes by its buffered interface; records by the one that is like ours,
//! where the buffers are the caller's.

use std::sync::Arc;

use rustls::client::{Resumption, UnbufferedClientConnection};
use rustls::crypto::ring::{cipher_suite, default_provider, kx_group};
use rustls::server::NoServerSessionStorage;
use rustls::unbuffered::ConnectionState;
use rustls::version::TLS12;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
use rustls_pki_types::{PrivateKeyDer, ServerName};

use super::pki::{PKI, SERVER_NAME};

/// The configurations of both sides.
pub struct Rustls {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Rustls {
    /// ECDHE_RSA with AES-128-GCM over X25519; the chain is verified, and no session is kept.
    #[allow(clippy::new_without_default, reason = "beside the others, whose new takes arguments")]
    pub fn new() -> Self {
        let provider = Arc::new(rustls::crypto::CryptoProvider {
            cipher_suites: vec![cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256],
            kx_groups: vec![kx_group::X25519],
            ..default_provider()
        });
        let mut roots = RootCertStore::empty();
        roots.add(PKI.root.clone()).unwrap();
        let client = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let client = client.with_protocol_versions(&[&TLS12]).unwrap();
        let mut client = client.with_root_certificates(roots).with_no_client_auth();
        client.resumption = Resumption::disabled();
        let server = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS12]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PKI.server_key.clone_key());
        let mut server = server.with_no_client_auth().with_single_cert(vec![PKI.server.clone()], key).unwrap();
        server.session_storage = Arc::new(NoServerSessionStorage {});
        Self { client: Arc::new(client), server: Arc::new(server) }
    }

    /// A full handshake: client and server, connected.
    pub fn handshake(&self) -> (ClientConnection, ServerConnection) {
        let name = ServerName::try_from(SERVER_NAME).unwrap();
        let mut client = ClientConnection::new(Arc::clone(&self.client), name).unwrap();
        let mut server = ServerConnection::new(Arc::clone(&self.server)).unwrap();
        let mut wire = Vec::new();
        while client.is_handshaking() || server.is_handshaking() {
            while client.wants_write() {
                client.write_tls(&mut wire).unwrap();
            }
            receive(&mut server, &mut wire);
            while server.wants_write() {
                server.write_tls(&mut wire).unwrap();
            }
            receive(&mut client, &mut wire);
        }
        (client, server)
    }

    /// A connected client of the unbuffered interface, and its server.
    pub fn connected(&self) -> (Client, ServerConnection) {
        let name = ServerName::try_from(SERVER_NAME).unwrap();
        let mut client = Client(UnbufferedClientConnection::new(Arc::clone(&self.client), name).unwrap());
        let mut server = ServerConnection::new(Arc::clone(&self.server)).unwrap();
        let mut input = Vec::new();
        while client.0.is_handshaking() || server.is_handshaking() {
            let mut wire = client.handshake(&mut input);
            receive(&mut server, &mut wire);
            while server.wants_write() {
                server.write_tls(&mut input).unwrap();
            }
        }
        client.handshake(&mut input);
        (client, server)
    }
}

/// Gives `connection` all of `input`.
fn receive<Data>(
    connection: &mut (impl std::ops::DerefMut<Target = rustls::ConnectionCommon<Data>> + Process),
    input: &mut Vec<u8>,
) {
    let mut rest = input.as_slice();
    while !rest.is_empty() {
        connection.read_tls(&mut rest).unwrap();
        connection.process();
    }
    input.clear();
}

/// The part of a connection that rustls has once for each role.
pub trait Process {
    fn process(&mut self);
}

impl Process for ClientConnection {
    fn process(&mut self) {
        self.process_new_packets().unwrap();
    }
}

impl Process for ServerConnection {
    fn process(&mut self) {
        self.process_new_packets().unwrap();
    }
}

/// A client whose buffers are the caller's.
pub struct Client(UnbufferedClientConnection);

impl Client {
    /// Goes on with `input`; returns what must be sent.
    fn handshake(&mut self, input: &mut Vec<u8>) -> Vec<u8> {
        let mut wire = Vec::new();
        loop {
            let status = self.0.process_tls_records(input);
            let discard = status.discard;
            let done = match status.state.unwrap() {
                ConnectionState::EncodeTlsData(mut data) => {
                    let start = wire.len();
                    wire.resize(start + 4096, 0);
                    let len = data.encode(&mut wire[start..]).unwrap();
                    wire.truncate(start + len);
                    false
                }
                ConnectionState::TransmitTlsData(data) => {
                    data.done();
                    false
                }
                ConnectionState::BlockedHandshake | ConnectionState::WriteTraffic(_) => true,
                other => panic!("{other:?}"),
            };
            input.drain(..discard);
            if done {
                return wire;
            }
        }
    }

    /// Seals `text` into `out`; returns how much of it is filled.
    pub fn seal(&mut self, text: &[u8], out: &mut [u8]) -> usize {
        match self.0.process_tls_records(&mut []).state.unwrap() {
            ConnectionState::WriteTraffic(mut traffic) => traffic.encrypt(text, out).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Opens all records of `input`; returns the length of the data.
    pub fn open(&mut self, input: &mut [u8]) -> usize {
        let mut len = 0;
        match self.0.process_tls_records(input).state.unwrap() {
            ConnectionState::ReadTraffic(mut traffic) => {
                while let Some(record) = traffic.next_record() {
                    len += record.unwrap().payload.len();
                }
            }
            other => panic!("{other:?}"),
        }
        len
    }
}

/// Seals `text` by the buffered interface.
pub fn seal(server: &mut ServerConnection, text: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut wire = Vec::new();
    server.writer().write_all(text).unwrap();
    while server.wants_write() {
        server.write_tls(&mut wire).unwrap();
    }
    wire
}
