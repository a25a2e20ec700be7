//! rustls, with the same primitives as two of our providers. Handshakes use its buffered interface; records use the one that
//! is similar to ours, in which the caller owns the buffers.

use std::io::Write as _;
use std::sync::Arc;

use rustls::client::{Resumption, Tls12Resumption, UnbufferedClientConnection};
use rustls::crypto::CryptoProvider;
use rustls::server::{NoServerSessionStorage, ProducesTickets};
use rustls::unbuffered::ConnectionState;
use rustls::version::TLS12;
use rustls::{ClientConfig, ClientConnection, NamedGroup, RootCertStore, ServerConfig, ServerConnection};
use rustls_pki_types::{PrivateKeyDer, ServerName};

use super::pki::{PKI, SERVER_NAME};
use super::work::{By, Work};
use super::{Run, Spent, text, timed};

/// With this provider, only the suite of the work, and X25519. The chain is verified. `None` if rustls does not support the suite.
pub fn run(provider: &CryptoProvider, ticketer: &Arc<dyn ProducesTickets>, work: Work) -> Option<Run> {
    let mut provider = provider.clone();
    provider.cipher_suites.retain(|suite| u16::from(suite.suite()) == work.suite().code);
    provider.kx_groups.retain(|group| [NamedGroup::X25519, NamedGroup::secp256r1].contains(&group.name()));
    if provider.cipher_suites.is_empty() {
        return None;
    }
    let peers = Peers::new(&Arc::new(provider), ticketer, work);
    let Work::Records { len, .. } = work else {
        // The session that is to be resumed, if one is.
        peers.handshake(&mut [0.0; 2]);
        return Some(Box::new(move |times| {
            let mut spent = [0.0; 2];
            for _ in 0..times {
                peers.handshake(&mut spent);
            }
            spent.map(|spent| spent / f64::from(times))
        }));
    };
    let (mut client, mut server) = peers.connected();
    let (text, mut records, mut input) = (text(len), vec![0; len + len / 8 + 1024], Vec::new());
    Some(Box::new(move |times| {
        let mut spent = [0.0; 2];
        for _ in 0..times {
            let sealed = timed(&mut spent[0], || client.seal(&text, &mut records));
            read(&mut server, &records[..sealed], len);
            input.clear();
            write(&mut server, &text, &mut input);
            let opened = timed(&mut spent[1], || client.open(&mut input));
            assert_eq!(opened, len);
        }
        spent.map(|spent| spent / f64::from(times))
    }))
}

struct Peers {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Peers {
    fn new(provider: &Arc<CryptoProvider>, ticketer: &Arc<dyn ProducesTickets>, work: Work) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(PKI.root.clone()).unwrap();
        let client = ClientConfig::builder_with_provider(Arc::clone(provider));
        let client = client.with_protocol_versions(&[&TLS12]).unwrap();
        let mut client = client.with_root_certificates(roots).with_no_client_auth();
        let server = ServerConfig::builder_with_provider(Arc::clone(provider));
        let server = server.with_protocol_versions(&[&TLS12]).unwrap().with_no_client_auth();
        let identity = PKI.server(work.key());
        let key = PrivateKeyDer::Pkcs8(identity.key.clone_key());
        let mut server = server.with_single_cert(vec![identity.certificate.clone()], key).unwrap();
        match work {
            Work::Resume { by: By::Id, .. } => {
                client.resumption = Resumption::in_memory_sessions(8).tls12_resumption(Tls12Resumption::SessionIdOnly);
            }
            Work::Resume { by: By::Ticket, .. } => server.ticketer = Arc::clone(ticketer),
            _ => {
                client.resumption = Resumption::disabled();
                server.session_storage = Arc::new(NoServerSessionStorage {});
            }
        }
        Self { client: Arc::new(client), server: Arc::new(server) }
    }

    fn handshake(&self, [of_client, of_server]: &mut Spent) {
        let name = ServerName::try_from(SERVER_NAME).unwrap();
        let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
        let mut client = timed(of_client, || {
            let mut client = ClientConnection::new(Arc::clone(&self.client), name).unwrap();
            client.write_tls(&mut to_server).unwrap();
            client
        });
        let mut server = timed(of_server, || ServerConnection::new(Arc::clone(&self.server)).unwrap());
        while !to_server.is_empty() {
            timed(of_server, || {
                server.read_tls(&mut &*to_server).unwrap();
                server.process_new_packets().unwrap();
                to_server.clear();
                while server.wants_write() {
                    server.write_tls(&mut to_client).unwrap();
                }
            });
            timed(of_client, || {
                client.read_tls(&mut &*to_client).unwrap();
                client.process_new_packets().unwrap();
                to_client.clear();
                while client.wants_write() {
                    client.write_tls(&mut to_server).unwrap();
                }
            });
        }
        assert!(!client.is_handshaking() && !server.is_handshaking());
    }

    /// A connected client of the unbuffered interface, and its server.
    fn connected(&self) -> (Client, ServerConnection) {
        let name = ServerName::try_from(SERVER_NAME).unwrap();
        let mut client = Client(UnbufferedClientConnection::new(Arc::clone(&self.client), name).unwrap());
        let mut server = ServerConnection::new(Arc::clone(&self.server)).unwrap();
        let mut input = Vec::new();
        while client.0.is_handshaking() || server.is_handshaking() {
            let wire = client.handshake(&mut input);
            server.read_tls(&mut &*wire).unwrap();
            server.process_new_packets().unwrap();
            while server.wants_write() {
                server.write_tls(&mut input).unwrap();
            }
        }
        client.handshake(&mut input);
        (client, server)
    }
}

/// A client whose buffers are the caller's.
struct Client(UnbufferedClientConnection);

impl Client {
    /// Continues with `input`; returns the bytes to send.
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

    /// Seals `text` into `out`; returns the length of the records.
    fn seal(&mut self, text: &[u8], out: &mut [u8]) -> usize {
        match self.0.process_tls_records(&mut []).state.unwrap() {
            ConnectionState::WriteTraffic(mut traffic) => traffic.encrypt(text, out).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Opens all records of `input`; returns the length of the data.
    fn open(&mut self, input: &mut [u8]) -> usize {
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

/// Reads `len` bytes of data from `wire`.
fn read(server: &mut ServerConnection, wire: &[u8], len: usize) {
    let (mut wire, mut left) = (wire, len);
    while !wire.is_empty() {
        server.read_tls(&mut wire).unwrap();
        let ready = server.process_new_packets().unwrap().plaintext_bytes_to_read();
        std::io::copy(&mut std::io::Read::take(server.reader(), ready as u64), &mut std::io::sink()).unwrap();
        left -= ready;
    }
    assert_eq!(left, 0);
}

/// Seals `text`.
fn write(server: &mut ServerConnection, text: &[u8], wire: &mut Vec<u8>) {
    server.set_buffer_limit(None);
    server.writer().write_all(text).unwrap();
    while server.wants_write() {
        server.write_tls(wire).unwrap();
    }
}
