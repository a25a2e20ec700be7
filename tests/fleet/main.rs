//! Sessions and ticket keys that servers share by Redis: with a real `redis-server`, started here, and with other servers in
//! its place.
//!
//! Where `redis-server` is not installed, the tests that need it are skipped, except where the environment variable `CI` is
//! set.
#![cfg(all(feature = "redis", feature = "ring"))]

#[cfg(feature = "cli")]
mod processes;
mod redis_server;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod tickets;
mod tls;
mod trouble;

use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use support::forge::SERVER_KEY;
use support::pair::{End, Pair};
use support::pki::{PKI, Pinned, SERVER_NAME, now};
use tls12::crypto::ring;
use tls12::io::redis::{Fleet, FleetBuilder};
use tls12::session::{ClientSession, FleetKeys};
use tls12::{AskFor, ClientConfig, Credential, ServerConfig, ServerConfigBuilder};
use tokio::runtime::{Builder, Handle};

/// Nothing here takes so long: it keeps a fault from hanging the tests.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What a loaded machine may take for an answer of a Redis that is well.
const PATIENT: Duration = Duration::from_secs(20);

const SECRET: [u8; 32] = [7; 32];

/// Where the fleets' work is done: a thread of its own.
static RUNTIME: LazyLock<Handle> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
    handle
});

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    RUNTIME.block_on(async { tokio::time::timeout(TIMEOUT, work).await }).expect("it does not end")
}

/// Waits until something is so.
#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come to this: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn keys() -> FleetKeys {
    FleetKeys::new(ring::provider(), *b"tests", &SECRET)
}

/// A server's part of the fleet at this URL, which looks for ticket keys often.
fn fleet(url: &str) -> Fleet {
    start(Fleet::builder(url, keys()).refresh_every(Duration::from_millis(100)).time_limit(PATIENT))
}

fn start(builder: FleetBuilder) -> Fleet {
    wait_for(builder.start()).unwrap()
}

fn server_builder() -> ServerConfigBuilder {
    ServerConfig::builder(Credential::new(vec![PKI.server.clone()], Arc::clone(&SERVER_KEY)).unwrap())
}

/// A server of this fleet.
fn server(fleet: &Fleet) -> Arc<ServerConfig> {
    let store = fleet.session_store(RUNTIME.clone());
    server_builder().session_store(store).tickets(fleet.tickets()).build().unwrap()
}

/// How a client asks for its session to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Id,
    Ticket,
}

fn client(by: By) -> Arc<ClientConfig> {
    let tickets = if by == By::Ticket { AskFor::Yes } else { AskFor::No };
    ClientConfig::builder(Pinned::server()).tickets(tickets).build().unwrap()
}

/// A connection; data goes both ways. Whether it resumed the session is checked; and, if so, that it is that session.
#[track_caller]
fn connect(by: By, server: &Arc<ServerConfig>, session: Option<&ClientSession>, resumed: bool) -> Pair {
    let client = End::client(client(by), SERVER_NAME, session.cloned(), now());
    let mut pair = Pair::of(client, End::server(Arc::clone(server), now()));
    pair.run();
    pair.assert_connected();
    pair.exchange_data(5000);
    assert_eq!([&pair.client, &pair.server].map(|end| end.info().resumed()), [resumed; 2]);
    pair
}

/// A new session.
#[track_caller]
fn new_session(by: By, server: &Arc<ServerConfig>) -> ClientSession {
    connect(by, server, None, false).client.client_session()
}

/// The name of the key that sealed the ticket of this session: it stands where `ClientSession::to_bytes` puts the ticket, after
/// a byte of kind and two of length.
fn key_name(session: &ClientSession) -> [u8; 16] {
    session.to_bytes().expose()[3..19].try_into().unwrap()
}
