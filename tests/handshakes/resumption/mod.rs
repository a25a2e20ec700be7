//! Sessions: resumed by ID (RFC 5246 §7.3) and by ticket (RFC 5077), refused without consequences, kept as bytes, and what a
//! peer may not do with them.
#![cfg(all(feature = "ring", feature = "std"))]

mod bad_clients;
mod bad_servers;
mod fleet;
mod later;
mod locks;
mod preshared;
mod refused;
mod resumed;
mod stores;
mod tickets;
mod unbound;
mod values;
mod verdicts;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::forge::{Forge, SERVER_KEY, ext};
use crate::support::hello::{Fields, typ, vector};
use crate::support::pair::{End, Pair};
use crate::support::pki::{PKI, Pinned, SERVER_NAME, now};
use crate::support::provider::provider;
use crate::support::sent;
use rustls_pki_types::UnixTime;
use tls12::crypto::CipherSuite;
use tls12::session::{ClientSession, ServerMemoryStore, TicketKeys};
use tls12::{
    ClientConfig, ClientConfigBuilder, Credential, KeyLog, Policy, Resumption, ServerConfig, ServerConfigBuilder,
};

/// How the server finds a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Id,
    Ticket,
}

impl By {
    /// The same, as the library says it.
    fn resumption(self) -> Resumption {
        match self {
            Self::Id => Resumption::SessionId,
            Self::Ticket => Resumption::Ticket,
        }
    }
}

const BOTH: [By; 2] = [By::Id, By::Ticket];

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const ECDHE_CBC: &str = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

fn suite(name: &str) -> &'static CipherSuite {
    CipherSuite::from_name(name).unwrap()
}

fn after(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(now().as_secs() + seconds))
}

fn credential() -> Credential {
    Credential::new(vec![PKI.server.clone()], Arc::clone(&SERVER_KEY)).unwrap()
}

fn client() -> ClientConfigBuilder {
    ClientConfig::builder_with_provider(provider(), Pinned::server()).policy(Policy::legacy())
}

/// What several servers share.
struct Fleet {
    by: By,
    store: Arc<ServerMemoryStore>,
    tickets: Arc<TicketKeys>,
}

impl Fleet {
    fn new(by: By) -> Self {
        let store = Arc::new(ServerMemoryStore::new(NonZeroUsize::new(100).unwrap()));
        Self { by, store, tickets: Arc::new(TicketKeys::new(provider())) }
    }

    fn server(&self) -> ServerConfigBuilder {
        let server = ServerConfig::builder_with_provider(provider(), credential()).policy(Policy::legacy());
        match self.by {
            By::Id => server.session_store(self.store.clone()).no_tickets(),
            By::Ticket => server.tickets(self.tickets.clone()).no_session_store(),
        }
    }
}

/// A client and a server that are to meet.
#[derive(Clone)]
struct Meeting {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    name: &'static str,
    session: Option<ClientSession>,
    /// The client's clock, and the server's.
    now: [UnixTime; 2],
}

impl Meeting {
    fn new(client: ClientConfigBuilder, server: ServerConfigBuilder) -> Self {
        let (client, server) = (client.build().unwrap(), server.build().unwrap());
        Self { client, server, name: SERVER_NAME, session: None, now: [now(); 2] }
    }

    /// Both are there; nothing is sent yet.
    fn start(&self) -> Pair {
        let client = End::client(Arc::clone(&self.client), self.name, self.session.clone(), self.now[0]);
        Pair::of(client, End::server(Arc::clone(&self.server), self.now[1]))
    }

    /// Both connect.
    #[track_caller]
    fn connect(&self) -> Pair {
        let mut pair = self.start();
        pair.run();
        pair.assert_connected();
        pair.exchange_data(50_000);
        pair
    }

    /// The same with the session of a first connection.
    #[track_caller]
    fn again(&self) -> Self {
        Self { session: Some(self.connect().client.client_session()), ..self.clone() }
    }
}

/// Both ends say whether a session was resumed, and the messages on the wire say the same.
#[track_caller]
fn assert_resumed(pair: &Pair, resumed: bool) {
    assert_eq!((pair.client.info().resumed(), pair.server.info().resumed()), (resumed, resumed));
    assert_eq!(!sent::types(&pair.sent[1]).contains(&typ::CERTIFICATE), resumed);
    let [clients, servers] = [0, 1].map(|side| sent::hello(&pair.sent[side]).session_id);
    assert_eq!(!clients.is_empty() && clients == servers, resumed, "RFC 5246 §7.4.1.3");
}

/// Whether the client's hello offered a session.
fn offered(pair: &Pair) -> bool {
    let hello = sent::hello(&pair.sent[0]);
    !hello.session_id.is_empty() || hello.extension(ext::SESSION_TICKET).is_some_and(|ticket| !ticket.is_empty())
}

/// Keeps the last secret that was logged.
#[derive(Default)]
struct Log(Mutex<Vec<u8>>);

impl KeyLog for Log {
    fn log(&self, _label: &str, _client_random: &[u8; 32], secret: &[u8]) {
        *self.0.lock().unwrap() = secret.to_vec();
    }
}

/// A session of a server's, and all that it takes to resume it without our client.
struct Stolen {
    suite: &'static CipherSuite,
    session_id: Vec<u8>,
    ticket: Option<Vec<u8>>,
    master: Vec<u8>,
    /// As our client has it.
    session: ClientSession,
}

impl Stolen {
    /// From a connection that `client` makes with `server`, under this suite.
    fn from(client: ClientConfigBuilder, server: &Arc<ServerConfig>, suite: &'static CipherSuite) -> Self {
        let log = Arc::new(Log::default());
        let client = client.policy(Policy::legacy().suites([suite])).key_log(log.clone()).build().unwrap();
        let client = End::client(client, SERVER_NAME, None, now());
        let mut pair = Pair::of(client, End::server(Arc::clone(server), now()));
        pair.run();
        pair.assert_connected();
        // RFC 5077 §3.3: lifetime hint and ticket.
        let ticket =
            sent::body(&pair.sent[1], typ::NEW_SESSION_TICKET).map(|body| Fields(&body[4..]).vector(2).to_vec());
        let session_id = match ticket {
            Some(_) => vec![7; 32],
            None => sent::hello(&pair.sent[1]).session_id,
        };
        let master = log.0.lock().unwrap().clone();
        Self { suite, session_id, ticket, master, session: pair.client.client_session() }
    }

    /// A bad client that will offer the session to `server`.
    fn offered_to(&self, server: &Arc<ServerConfig>) -> Forge {
        let mut forge = Forge::client(server, self.suite);
        forge.resume = Some(self.master.clone());
        forge.hello.session_id = self.session_id.clone();
        forge.hello.set(ext::SERVER_NAME, &server_name(SERVER_NAME));
        if let Some(ticket) = &self.ticket {
            forge.hello.set(ext::SESSION_TICKET, ticket);
        }
        forge
    }
}

/// The content of server_name (RFC 6066 §3).
fn server_name(name: &str) -> Vec<u8> {
    vector(2, &[vec![0], vector(2, name.as_bytes())].concat())
}
