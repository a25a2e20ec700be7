//! This library.

use std::sync::Arc;

use rustls_pki_types::ServerName;
use tls12::crypto::{MacOrder, Provider};
use tls12::session::{ClientSession, ServerSessionStore};
use tls12::verify::TrustStore;
use tls12::wire::NamedGroup;
use tls12::{Agreement, AskFor, ClientConfig, Connection, Event, NewSession, Policy, ServerConfig};

use super::pki::{KeyKind, PKI, SERVER_NAME, now};
use super::work::{By, Work};
use super::{Run, Spent, text, timed};

/// With this provider, only the suite of the work, and X25519. The chain is verified.
pub fn run(provider: &Arc<dyn Provider>, work: Work) -> Option<Run> {
    let mut peers = Peers::new(provider, work);
    // The session that is to be resumed, if one is.
    let (mut client, mut server) = peers.handshake(&mut [0.0; 2]);
    Some(match work {
        Work::Full { .. } => {
            peers.resume = false;
            peers.run()
        }
        Work::Resume { .. } => {
            peers.resume = true;
            peers.run()
        }
        Work::Records { len, .. } => {
            let (text, mut sink) = (text(len), Vec::new());
            let mut records = Vec::with_capacity(len + len / 8 + 1024);
            Box::new(move |times| {
                let mut spent = [0.0; 2];
                for _ in 0..times {
                    records.clear();
                    timed(&mut spent[0], || client.seal(&text, &mut records).unwrap());
                    assert_eq!(open(&mut server, &mut records, &mut sink), len);
                    records.clear();
                    server.seal(&text, &mut records).unwrap();
                    let opened = timed(&mut spent[1], || open(&mut client, &mut records, &mut sink));
                    assert_eq!(opened, len);
                }
                spent.map(|spent| spent / f64::from(times))
            })
        }
    })
}

/// X25519 is preferred; P-256 is that of the certificate.
const GROUPS: [NamedGroup; 2] = [NamedGroup::X25519, NamedGroup::SECP256R1];

pub struct Peers {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    pub resume: bool,
    session: Option<ClientSession>,
}

impl Peers {
    pub fn new(provider: &Arc<dyn Provider>, work: Work) -> Self {
        let policy = Policy::legacy().suites([work.suite()]).groups(GROUPS);
        let policy = policy.encrypt_then_mac(match work.order() {
            MacOrder::MacThenEncrypt => Agreement::Never,
            MacOrder::EncryptThenMac => Agreement::Require,
        });
        let roots = Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap());
        let client = ClientConfig::builder_with_provider(Arc::clone(provider), roots).policy(policy.clone());
        let client = match work {
            Work::Resume { by: By::Ticket, .. } => client,
            _ => client.tickets(AskFor::No),
        };
        let credential = PKI.server(work.key()).credential(&**provider);
        let server = ServerConfig::builder_with_provider(Arc::clone(provider), credential).policy(policy);
        let server = if matches!(work, Work::Resume { .. }) { server } else { server.no_session_store() };
        Self { client: client.build().unwrap(), server: server.build().unwrap(), resume: false, session: None }
    }

    /// The server keeps its sessions there.
    pub fn keep_sessions_in(&mut self, store: Arc<dyn ServerSessionStore>) {
        let provider = tls12::crypto::ring::provider();
        let credential = PKI.server(KeyKind::P256).credential(&*provider);
        let server = ServerConfig::builder_with_provider(provider, credential).session_store(store);
        self.server = server.build().unwrap();
    }

    fn run(mut self) -> Run {
        Box::new(move |times| {
            let mut spent = [0.0; 2];
            for _ in 0..times {
                self.handshake(&mut spent);
            }
            spent.map(|spent| spent / f64::from(times))
        })
    }

    pub fn handshake(&mut self, [of_client, of_server]: &mut Spent) -> (Connection, Connection) {
        let name = ServerName::try_from(SERVER_NAME).unwrap();
        let session = self.session.clone().filter(|_| self.resume);
        let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
        let config = Arc::clone(&self.client);
        let mut client = timed(of_client, || match session {
            Some(session) => Connection::resume(config, name, session, now(), &mut to_server).unwrap(),
            None => Connection::client(config, name, now(), &mut to_server).unwrap(),
        });
        let mut server = timed(of_server, || Connection::server(Arc::clone(&self.server), now()));
        while !to_server.is_empty() {
            timed(of_server, || self.receive(&mut server, &mut to_server, &mut to_client));
            timed(of_client, || self.receive(&mut client, &mut to_client, &mut to_server));
        }
        assert_eq!(client.info().unwrap().resumption().is_some(), self.resume);
        assert!(server.info().is_some());
        (client, server)
    }

    /// Gives `connection` all of `input`.
    fn receive(&mut self, connection: &mut Connection, input: &mut Vec<u8>, out: &mut Vec<u8>) {
        let mut at = 0;
        loop {
            let step = connection.process(&mut input[at..], out).unwrap();
            at += step.consumed;
            match step.event {
                Event::Session(NewSession::Client(session)) => self.session = Some(session),
                Event::Connected | Event::Session(_) => {}
                Event::NeedInput { .. } => break,
                other => panic!("{other:?}"),
            }
        }
        input.clear();
    }
}

/// Opens all records of `input`; returns the length of the data.
pub fn open(connection: &mut Connection, input: &mut [u8], out: &mut Vec<u8>) -> usize {
    let (mut at, mut len) = (0, 0);
    loop {
        let step = connection.process(&mut input[at..], out).unwrap();
        at += step.consumed;
        match step.event {
            Event::Data(data) => len += data.len(),
            Event::NeedInput { .. } => return len,
            other => panic!("{other:?}"),
        }
    }
}
