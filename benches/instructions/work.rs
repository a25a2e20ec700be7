//! What is counted: one side of a handshake, or sealing or opening a record.

use std::sync::Arc;

use rustls_pki_types::ServerName;
use tls12::NamedGroup;
use tls12::crypto::CipherSuite;
use tls12::session::ClientSession;
use tls12::verify::TrustStore;
use tls12::{AskFor, ClientConfig, Connection, Event, NewSession, Policy, ServerConfig, UnixTime};

use crate::certificates::{Certificates, SERVER_NAME};

pub struct Case {
    pub name: &'static str,
    suite: &'static str,
    kind: Kind,
    /// How often it is done.
    pub times: u32,
}

#[derive(PartialEq, Eq)]
enum Kind {
    Full,
    Resume,
    Record,
}

pub static CASES: [Case; 5] = [
    Case { name: "resumption by ID", suite: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", kind: Kind::Resume, times: 20 },
    Case {
        name: "full handshake, ECDHE-ECDSA",
        suite: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        kind: Kind::Full,
        times: 10,
    },
    Case {
        name: "full handshake, ECDHE-RSA",
        suite: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        kind: Kind::Full,
        times: 10,
    },
    Case {
        name: "record of 64 bytes, AES-128-GCM",
        suite: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        kind: Kind::Record,
        times: 160,
    },
    Case {
        name: "record of 64 bytes, AES-128-CBC-SHA",
        suite: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        kind: Kind::Record,
        times: 160,
    },
];

impl Case {
    /// What the two counts are of.
    pub fn sides(&self) -> [&'static str; 2] {
        if self.kind == Kind::Record { ["send", "receive"] } else { ["client", "server"] }
    }

    pub fn is_steady(&self) -> bool {
        self.kind != Kind::Full
    }
}

/// Does the case once for all that is made only once, and then as often as it says, counted.
pub fn run(case: &Case, side: &str, certificates: &Certificates) {
    let mut peers = Peers::new(case, side, certificates);
    let (mut client, mut server) = peers.handshake();
    peers.resume = case.kind == Kind::Resume;
    if case.kind != Kind::Record {
        peers.handshake();
        peers.counts = true;
        for _ in 0..case.times {
            peers.handshake();
        }
        return;
    }
    let (text, mut records) = ([7; 64], Vec::with_capacity(1024));
    for counts in [false, true] {
        peers.counts = counts;
        for _ in 0..case.times {
            records.clear();
            peers.on("send", || client.seal(&text, &mut records).expect("sealed"));
            peers.on("receive", || open(&mut server, &mut records));
        }
    }
}

struct Peers<'a> {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    session: Option<ClientSession>,
    resume: bool,
    /// The side that is counted, once it is.
    side: &'a str,
    counts: bool,
}

impl<'a> Peers<'a> {
    fn new(case: &Case, side: &'a str, certificates: &Certificates) -> Self {
        // X25519 is preferred; P-256 is that of the certificate.
        let policy = Policy::legacy()
            .suites([CipherSuite::from_name(case.suite).expect("a suite")])
            .groups([NamedGroup::X25519, NamedGroup::SECP256R1]);
        let roots = Arc::new(TrustStore::from_der([certificates.root.clone()]).expect("a root"));
        let credential = if case.suite.contains("_ECDSA_") { &certificates.ecdsa } else { &certificates.rsa };
        Self {
            client: ClientConfig::builder(roots)
                .policy(policy.clone())
                .tickets(AskFor::No)
                .build()
                .expect("a configuration"),
            server: ServerConfig::builder(credential.clone()).policy(policy).build().expect("a configuration"),
            session: None,
            resume: false,
            side,
            counts: false,
        }
    }

    /// Does `f`, which is the work of `side`, and is counted if that side is.
    fn on<R>(&self, side: &str, f: impl FnOnce() -> R) -> R {
        let (mut f, mut result) = (Some(f), None);
        let mut once = || result = f.take().map(|f| f());
        if self.counts && self.side == side {
            collected(&mut once)
        } else {
            once()
        }
        result.expect("done")
    }

    fn handshake(&mut self) -> (Connection, Connection) {
        let (mut to_client, mut to_server) = (Vec::with_capacity(8192), Vec::with_capacity(8192));
        let name = ServerName::try_from(SERVER_NAME).expect("a name");
        let (config, session) = (Arc::clone(&self.client), self.session.clone().filter(|_| self.resume));
        let mut client = self.on("client", || match session {
            Some(session) => {
                Connection::resume(config, name, session, UnixTime::now(), &mut to_server).expect("a client")
            }
            None => Connection::client(config, name, UnixTime::now(), &mut to_server).expect("a client"),
        });
        let config = Arc::clone(&self.server);
        let mut server = self.on("server", || Connection::server(config, UnixTime::now()));
        while !to_server.is_empty() || !to_client.is_empty() {
            let new = self.on("server", || receive(&mut server, &mut to_server, &mut to_client));
            let new = new.or(self.on("client", || receive(&mut client, &mut to_client, &mut to_server)));
            self.session = new.or(self.session.take());
        }
        assert_eq!(client.info().expect("connected").resumption().is_some(), self.resume);
        assert!(server.info().is_some());
        (client, server)
    }
}

/// What is counted. It is known by its name.
#[inline(never)]
fn collected(f: &mut dyn FnMut()) {
    f();
}

/// Gives `connection` all of `input`; returns a client's session, if there is a new one.
fn receive(connection: &mut Connection, input: &mut Vec<u8>, out: &mut Vec<u8>) -> Option<ClientSession> {
    let (mut at, mut new) = (0, None);
    loop {
        let step = connection.process(&mut input[at..], out).expect("processed");
        at += step.consumed;
        match step.event {
            Event::Session(NewSession::Client(session)) => new = Some(session),
            Event::Connected | Event::Session(_) => {}
            Event::NeedInput { .. } => break,
            other => panic!("{other:?}"),
        }
    }
    input.clear();
    new
}

/// Opens all records of `input`.
fn open(connection: &mut Connection, input: &mut [u8]) {
    let (mut at, mut out) = (0, Vec::new());
    loop {
        let step = connection.process(&mut input[at..], &mut out).expect("processed");
        at += step.consumed;
        match step.event {
            Event::Data(data) => assert_eq!(data.len(), 64),
            Event::NeedInput { .. } => return,
            other => panic!("{other:?}"),
        }
    }
}
