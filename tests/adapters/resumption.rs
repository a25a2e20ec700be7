//! Clients resume by default, with every adapter. The server counts.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use axum::serve::Listener as _;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls_pki_types::UnixTime;
use tls12::io::{
    axum as tls_axum, blocking, futures, hyper as tls_hyper, postgres, tokio as tls_tokio, ureq as tls_ureq,
};
use tls12::session::{ClientMemoryStore, ClientSession, ClientSessionKey, ClientSessionStore};
use tls12::{ClientConfig, Connection, ServerConfig};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect as _};
use ureq::Agent;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector as _, TcpConnector};

use crate::support::pair::{End, Pair};
use crate::support::pki::SERVER_NAME;
use crate::{client, client_config, name, run, server_config};

/// A server that answers any request, and notes which of its connections were resumed.
struct Server {
    address: SocketAddr,
    resumed: Arc<Mutex<Vec<bool>>>,
}

impl Server {
    /// One for so many connections.
    fn new(config: Arc<ServerConfig>, connections: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let resumed = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&resumed);
        thread::spawn(move || {
            for _ in 0..connections {
                let socket = listener.accept().unwrap().0;
                let Ok(mut stream) = blocking::StreamOwned::accept(Arc::clone(&config), socket) else { continue };
                noted.lock().unwrap().push(stream.info().unwrap().resumed());
                // One that does not want an answer has gone by now.
                let mut request = [0; 1 << 14];
                if stream.read(&mut request).is_ok_and(|n| n > 0) {
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").unwrap();
                    let _ = stream.close();
                }
            }
        });
        Self { address, resumed }
    }

    fn resumed(&self) -> Vec<bool> {
        self.resumed.lock().unwrap().clone()
    }
}

/// Connects by `connect` twice; whether the first and the second connection were resumed.
fn twice(connect: impl Fn(SocketAddr)) -> Vec<bool> {
    let server = Server::new(server_config(), 2);
    connect(server.address);
    connect(server.address);
    // The second is noted before it is answered.
    server.resumed()
}

const FULL_THEN_RESUMED: [bool; 2] = [false, true];

/// Asks by this stream, and waits for the answer.
fn ask(mut stream: impl Read + Write) {
    stream.write_all(b"hello").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.ends_with(b"ok"));
}

#[test]
fn blocking_streams() {
    let config = client_config();
    let client = |config: &Arc<ClientConfig>, address| {
        ask(blocking::StreamOwned::client(Arc::clone(config), name(), TcpStream::connect(address).unwrap()).unwrap());
    };
    assert_eq!(twice(|address| client(&config, address)), FULL_THEN_RESUMED);
    let connect = |address: SocketAddr| {
        ask(blocking::StreamOwned::connect(Arc::clone(&config), "127.0.0.1", address.port()).unwrap());
    };
    assert_eq!(twice(connect), FULL_THEN_RESUMED);
    // Switched off.
    let config = crate::client().no_session_store().build().unwrap();
    assert_eq!(twice(|address| client(&config, address)), [false, false]);
}

async fn ask_in_tokio(mut stream: tls_tokio::TlsStream<tokio::net::TcpStream>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    stream.write_all(b"hello").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.ends_with(b"ok"));
}

#[test]
fn streams_of_tokio_and_postgres() {
    let connector = tls_tokio::TlsConnector::new(client_config());
    let connect = |address| {
        run(async {
            let socket = tokio::net::TcpStream::connect(address).await.unwrap();
            ask_in_tokio(connector.connect(name(), socket).await.unwrap()).await;
        });
    };
    assert_eq!(twice(connect), FULL_THEN_RESUMED);
    let connector = postgres::PostgresConnector::new(client_config());
    let connect = |address| {
        run(async {
            let socket = tokio::net::TcpStream::connect(address).await.unwrap();
            let connect =
                MakeTlsConnect::<tokio::net::TcpStream>::make_tls_connect(&mut connector.clone(), SERVER_NAME).unwrap();
            ask_in_tokio(connect.connect(socket).await.unwrap()).await;
        });
    };
    assert_eq!(twice(connect), FULL_THEN_RESUMED);
}

#[test]
fn streams_of_futures() {
    use smol::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let connector = futures::TlsConnector::new(client_config());
    let connect = |address| {
        smol::block_on(async {
            let socket = smol::net::TcpStream::connect(address).await.unwrap();
            let mut stream = connector.connect(name(), socket).await.unwrap();
            stream.write_all(b"hello").await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            assert!(answer.ends_with(b"ok"));
        });
    };
    assert_eq!(twice(connect), FULL_THEN_RESUMED);
}

#[test]
fn the_clients_of_hyper_and_ureq() {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    let connector = tls_hyper::HttpsConnector::https_only(http, client_config());
    let connect = |address| {
        run(async {
            let client = Client::builder(TokioExecutor::new()).build(connector.clone());
            let request = hyper::Request::get(format!("https://{address}/")).body(Empty::<Bytes>::new()).unwrap();
            let answer = client.request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
            assert_eq!(answer, &b"ok"[..]);
        });
    };
    assert_eq!(twice(connect), FULL_THEN_RESUMED);

    let connector = ().chain(TcpConnector::default()).chain(tls_ureq::TlsConnector::new(client_config()));
    let agent = Agent::with_parts(Agent::config_builder().build(), connector, DefaultResolver::default());
    let connect = |address| {
        let answer = agent.get(format!("https://{address}/")).call().unwrap().body_mut().read_to_string().unwrap();
        assert_eq!(answer, "ok");
    };
    assert_eq!(twice(connect), FULL_THEN_RESUMED);
}

#[test]
fn the_listener_of_axum() {
    run(async {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let mut listener = tls_axum::TlsListener::new(socket, tls_tokio::TlsAcceptor::new(server_config()));
        let connector = tls_tokio::TlsConnector::new(client_config());
        let mut resumed = Vec::new();
        for _ in 0..2 {
            let client =
                async { connector.connect(name(), tokio::net::TcpStream::connect(address).await.unwrap()).await };
            let (client, (server, _)) = tokio::join!(client, listener.accept());
            client.unwrap();
            resumed.push(server.info().unwrap().resumed());
        }
        assert_eq!(resumed, FULL_THEN_RESUMED);
    });
}

/// A connection of this client to this server, at a port; and whether it was resumed.
fn connect(client: &Arc<ClientConfig>, port: u16, server: &Arc<ServerConfig>) -> bool {
    let pair = run_pair(client, port, server);
    pair.assert_connected();
    pair.server.info().resumed()
}

fn run_pair(client: &Arc<ClientConfig>, port: u16, server: &Arc<ServerConfig>) -> Pair {
    let (now, mut hello) = (UnixTime::now(), Vec::new());
    let connection = Connection::client_with_store(Arc::clone(client), name(), Some(port), now, &mut hello).unwrap();
    let mut pair = Pair::of(End::new(connection, hello), End::server(Arc::clone(server), now));
    pair.run();
    pair
}

#[test]
fn sessions_are_kept_apart_by_port_and_configuration() {
    let store = Arc::new(ClientMemoryStore::new(8.try_into().unwrap()));
    let with = |context: Option<&[u8]>| {
        let builder = client().session_store(store.clone());
        match context {
            None => builder.build().unwrap(),
            Some(context) => builder.session_context(context).build().unwrap(),
        }
    };
    let (one, other, server) = (with(None), with(None), server_config());
    assert!(!connect(&one, 1, &server) && connect(&one, 1, &server));
    assert!(!connect(&one, 2, &server) && !connect(&other, 1, &server));
    // Those of one context share.
    let (one, same, other) = (with(Some(b"a")), with(Some(b"a")), with(Some(b"b")));
    assert!(!connect(&one, 1, &server) && connect(&same, 1, &server) && !connect(&other, 1, &server));
}

#[test]
fn a_store_forgets_the_least_recently_used() {
    let store = Arc::new(ClientMemoryStore::new(2.try_into().unwrap()));
    let (client, server) = (client().session_store(store).build().unwrap(), server_config());
    for port in [1, 2] {
        connect(&client, port, &server);
    }
    assert!(connect(&client, 1, &server));
    connect(&client, 3, &server);
    assert!(connect(&client, 1, &server) && !connect(&client, 2, &server));
}

/// What a store is told, in this order.
#[derive(Debug, Default)]
struct Told {
    store: Mutex<Option<ClientSession>>,
    log: Mutex<Vec<&'static str>>,
}

impl ClientSessionStore for Told {
    fn find(&self, key: &ClientSessionKey, _: UnixTime) -> Option<ClientSession> {
        assert_eq!((key.server_name(), key.port(), key.context()), (&name(), Some(443), None));
        self.log.lock().unwrap().push("find");
        self.store.lock().unwrap().clone()
    }

    fn keep(&self, _: &ClientSessionKey, session: ClientSession, _: UnixTime) {
        let same = |before: ClientSession| before.to_bytes().expose() == session.to_bytes().expose();
        let replaced = self.store.lock().unwrap().replace(session.clone());
        self.log.lock().unwrap().push(if replaced.is_some_and(same) { "keep the same" } else { "keep another" });
    }

    fn forget(&self, _: &ClientSessionKey) {
        *self.store.lock().unwrap() = None;
        self.log.lock().unwrap().push("forget");
    }
}

impl Told {
    fn take_log(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

#[test]
fn a_store_is_told_what_to_keep_and_what_to_forget() {
    let told = Arc::new(Told::default());
    let (client, server) = (client().session_store(told.clone()).build().unwrap(), server_config());
    assert!(!connect(&client, 443, &server));
    assert_eq!(told.take_log(), ["find", "keep another"]);
    assert!(connect(&client, 443, &server));
    assert_eq!(told.take_log(), ["find"], "the ticket is not due to be replaced");
    // A server that does not know the ticket: what it gives out replaces that.
    let other = server_config();
    assert!(!connect(&client, 443, &other) && connect(&client, 443, &other));
    assert_eq!(told.take_log(), ["find", "keep another", "find"]);
    // One that lets nobody resume.
    let none = crate::server().no_tickets().no_session_store().build().unwrap();
    assert!(!connect(&client, 443, &none));
    assert_eq!(told.take_log(), ["find", "forget"]);

    // RFC 5246 §7.2.2: a connection that ends with a fatal alert.
    assert!(!connect(&client, 443, &server));
    told.take_log();
    let mut pair = run_pair(&client, 443, &server);
    let mut alert = Vec::new();
    pair.server.connection.process(&mut [0; 5], &mut alert).unwrap_err();
    pair.client.connection.process(&mut alert, &mut Vec::new()).unwrap_err();
    assert_eq!(told.take_log(), ["find", "forget"]);
}

/// A server that breaks off when a session is offered is not offered it again.
#[test]
fn a_handshake_that_breaks_off_forgets_the_session() {
    let told = Arc::new(Told::default());
    let client = client().session_store(told.clone()).build().unwrap();
    assert!(!connect(&client, 443, &server_config()));
    told.take_log();
    run(async {
        let (end, server) = tokio::io::duplex(1 << 14);
        drop(server);
        let connector = tls_tokio::TlsConnector::new(client).port(443);
        connector.connect(name(), end).await.unwrap_err();
    });
    assert_eq!(told.take_log(), ["find", "forget"]);
}
