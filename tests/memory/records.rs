//! Memory: what an idle connection holds, and that records cost no allocation. Counted by an allocator that counts, per
//! thread; sizes are those that were asked for.
#![cfg(all(feature = "ring", feature = "webpki"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use crate::support::pki::{PKI, SERVER_NAME, now};
use crate::support::suites;
use allocation_counter::{AllocationInfo, measure};
use rustls_pki_types::ServerName;
use tls12::crypto::{CipherSuite, MacOrder, ring};
use tls12::verify::TrustStore;
use tls12::{Agreement, ClientConfig, Connection, Event, HEADROOM, Policy, ServerConfig, TAILROOM};

/// What a client's idle connection may hold, in bytes: keys and what was negotiated, but for the peer's chain, which is as
/// long as it is.
const MAX_CLIENT: i64 = 1744;

/// The same of a server's, to a client that has shown no certificate.
const MAX_SERVER: i64 = 1688;

/// The longest text of a record.
const RECORD: usize = 1 << 14;

/// Every suite, and for those with CBC both orders of MAC and encryption.
fn cases() -> impl Iterator<Item = (&'static CipherSuite, MacOrder)> {
    let orders = [MacOrder::MacThenEncrypt, MacOrder::EncryptThenMac];
    let is_cbc = |suite: &CipherSuite| suite.name.contains("_CBC_");
    suites::of_rsa().flat_map(move |suite| {
        orders.into_iter().take(if is_cbc(suite) { 2 } else { 1 }).map(move |order| (suite, order))
    })
}

fn configs(suite: &'static CipherSuite, order: MacOrder) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let policy = Policy::legacy().suites([suite]).encrypt_then_mac(match order {
        MacOrder::MacThenEncrypt => Agreement::Never,
        MacOrder::EncryptThenMac => Agreement::Prefer,
    });
    let roots = Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap());
    let client = ClientConfig::builder(roots).policy(policy.clone()).build().unwrap();
    let server = ServerConfig::builder(PKI.credential(&*ring::provider())).policy(policy).build().unwrap();
    (client, server)
}

/// A connection on the heap, with the heap that its calls left allocated.
struct Counted {
    connection: Box<Connection>,
    held: i64,
}

impl Counted {
    fn new(open: impl FnOnce() -> Connection) -> Self {
        let mut connection = None;
        let info = measure(|| connection = Some(Box::new(open())));
        Self { connection: connection.unwrap(), held: info.bytes_current }
    }

    /// Gives it all of `input`; what it answers is appended to `out`, which has room for it.
    fn receive(&mut self, input: &mut Vec<u8>, out: &mut Vec<u8>) {
        self.held += measure(|| {
            let mut at = 0;
            loop {
                let step = self.connection.process(&mut input[at..], out).unwrap();
                at += step.consumed;
                match step.event {
                    Event::Connected | Event::Session(_) => {}
                    Event::NeedInput { .. } => break,
                    other => panic!("{other:?}"),
                }
            }
            input.clear();
        })
        .bytes_current;
    }
}

/// Client and server, connected; not the first to be so, which leaves more in the configurations, such as the key of tickets.
fn connect(suite: &'static CipherSuite, order: MacOrder) -> (Counted, Counted) {
    let (client, server) = configs(suite, order);
    connect_by(Arc::clone(&client), Arc::clone(&server), suite);
    connect_by(client, server, suite)
}

fn connect_by(
    client_config: Arc<ClientConfig>,
    server_config: Arc<ServerConfig>,
    suite: &'static CipherSuite,
) -> (Counted, Counted) {
    let (mut to_client, mut to_server) = (Vec::with_capacity(RECORD), Vec::with_capacity(RECORD));
    let mut client = Counted::new(|| {
        let name = ServerName::try_from(SERVER_NAME.to_owned()).unwrap();
        Connection::client(client_config, name, now(), &mut to_server).unwrap()
    });
    let mut server = Counted::new(|| Connection::server(server_config, now()));
    for _ in 0..4 {
        server.receive(&mut to_server, &mut to_client);
        client.receive(&mut to_client, &mut to_server);
    }
    assert!(client.connection.info().is_some() && server.connection.info().is_some(), "{}", suite.name);
    (client, server)
}

#[test]
fn an_idle_connection_holds_little() {
    println!("a Connection itself has {} bytes", size_of::<Connection>());
    for (suite, order) in cases() {
        let (client, server) = connect(suite, order);
        let chain: usize = client.connection.info().unwrap().peer_certificates().iter().map(|c| c.len()).sum();
        println!("{} {order:?}: client {} (chain {chain}), server {}", suite.name, client.held, server.held);
        let client = client.held - i64::try_from(chain).unwrap();
        for (held, most) in [(client, MAX_CLIENT), (server.held, MAX_SERVER)] {
            assert!(held <= most, "{} {order:?}: {held} bytes", suite.name);
        }
    }
}

/// That `what` neither allocated nor freed.
#[track_caller]
fn assert_none(info: AllocationInfo, what: &str, suite: &CipherSuite) {
    assert_eq!((info.count_total, info.bytes_current), (0, 0), "{what} with {}", suite.name);
}

#[test]
fn records_cost_no_allocation() {
    let text: Vec<u8> = (0..3 * RECORD + 1).map(|i| i as u8).collect();
    for (suite, order) in cases() {
        let (mut client, mut server) = connect(suite, order);
        let (mut records, mut nothing) = (Vec::new(), Vec::new());
        for len in [0, 1, 1000, RECORD - 1, RECORD, RECORD + 1, 2 * RECORD, text.len()] {
            // How much room is needed is the length of what another write of this length took.
            records.clear();
            client.connection.seal(&text[..len], &mut records).unwrap();
            let mut exact = Vec::with_capacity(records.len());
            let info = measure(|| client.connection.seal(&text[..len], &mut exact).unwrap());
            assert_none(info, "seal", suite);
            assert_eq!(exact.len(), records.len());

            for records in [&mut records, &mut exact] {
                let (mut at, mut received) = (0, 0);
                let info = measure(|| {
                    loop {
                        let step = server.connection.process(&mut records[at..], &mut nothing).unwrap();
                        at += step.consumed;
                        match step.event {
                            Event::Data(data) => {
                                assert_eq!(data, &text[received..received + data.len()]);
                                received += data.len();
                            }
                            Event::NeedInput { .. } => break,
                            other => panic!("{other:?}"),
                        }
                    }
                });
                assert_none(info, "process", suite);
                assert_eq!((at, received), (records.len(), len));
            }
        }
        let mut buf = vec![7; HEADROOM + RECORD + TAILROOM];
        for len in [0, 1, 1000, RECORD] {
            let info = measure(|| {
                let record = client.connection.seal_in_place(&mut buf, HEADROOM..HEADROOM + len).unwrap();
                assert!(record.len() > len);
            });
            assert_none(info, "seal_in_place", suite);
        }
    }
}

/// What a hello makes us hold is bounded by its size, however many parts it has: here 32,000 protocols of one byte. It is held as
/// it came, as it is understood, and in the request for a configuration.
#[test]
fn a_hello_is_held_by_its_size() {
    use crate::support::hello::{Hello, ext, vector};
    let mut hello = Hello::new([7; 32], 0xc02f);
    hello.set(ext::ALPN, &vector(2, &vector(1, b"a").repeat(32_000)));
    let message = hello.client();
    let records = message.chunks(RECORD).map(|part| [&[22, 3, 1][..], &vector(2, part)].concat());
    let mut input: Vec<u8> = records.collect::<Vec<_>>().concat();
    let mut connection = Connection::accept(now());
    let mut out = Vec::new();
    let held = measure(|| {
        let step = connection.process(&mut input, &mut out).unwrap();
        assert!(matches!(step.event, Event::Suspended(_)));
        std::mem::forget(step.event);
    });
    let size = i64::try_from(message.len()).unwrap();
    assert!(held.bytes_current <= 3 * size + 1024, "{} bytes of {size}", held.bytes_current);
    assert!(i64::try_from(held.bytes_max).unwrap() <= 6 * size, "{} bytes of {size}", held.bytes_max);
}
