//! Connections to a server without a name, with each adapter that is given one otherwise. The server sees what was sent.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use tls12::io::{blocking, futures, postgres, tokio as tls_tokio};
use tls12::session::ClientSession;
use tls12::verify::TrustStore;
use tls12::{ClientConfig, NewSession, ServerConfig};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect as _};

use crate::support::pki::PKI;
use crate::{client_config, name, run, server_config};

/// What the server of a connection saw.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    server_name: Option<String>,
    resumed: bool,
}

const UNNAMED: Seen = Seen { server_name: None, resumed: false };
const UNNAMED_RESUMED: Seen = Seen { server_name: None, resumed: true };

/// Starts a server for one connection, calls `connect` with its address, and returns what both saw.
fn meet<T>(config: &Arc<ServerConfig>, connect: impl FnOnce(SocketAddr) -> T) -> (T, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, config) = (listener.local_addr().unwrap(), Arc::clone(config));
    let server = thread::spawn(move || {
        let mut stream = blocking::StreamOwned::accept(config, listener.accept().unwrap().0).unwrap();
        let info = stream.info().unwrap();
        let seen = Seen { server_name: info.server_name().map(str::to_owned), resumed: info.resumed() };
        stream.write_all(b"hello").unwrap();
        stream.close().unwrap();
        let _ = stream.read(&mut [0]);
        seen
    });
    let connected = connect(address);
    (connected, server.join().unwrap())
}

/// Connects three times by `connect`: with no session, again with none, and with that of the first connection.
fn assert_unnamed(connect: impl Fn(SocketAddr, Option<ClientSession>) -> Option<NewSession>) {
    let server = server_config();
    let (session, seen) = meet(&server, |address| connect(address, None));
    assert_eq!(seen, UNNAMED);
    // The store of the configuration was not used.
    assert_eq!(meet(&server, |address| connect(address, None)).1, UNNAMED);
    let Some(NewSession::Client(session)) = session else { panic!("no session") };
    assert_eq!(meet(&server, |address| connect(address, Some(session))).1, UNNAMED_RESUMED);
}

#[test]
fn a_blocking_stream_connects_without_a_name() {
    let config = client_config();
    assert_unnamed(|address, session| {
        let socket = TcpStream::connect(address).unwrap();
        let mut stream = blocking::StreamOwned::client_without_name(Arc::clone(&config), session, socket).unwrap();
        let mut hello = Vec::new();
        stream.read_to_end(&mut hello).unwrap();
        assert_eq!((&*hello, stream.info().unwrap().server_name()), (&b"hello"[..], None));
        stream.take_session()
    });
}

#[test]
fn a_stream_of_tokio_connects_without_a_name() {
    use tokio::io::AsyncReadExt as _;
    let connector = tls_tokio::TlsConnector::new(client_config());
    assert_unnamed(|address, session| {
        run(async {
            let socket = tokio::net::TcpStream::connect(address).await.unwrap();
            let mut stream = connector.connect_without_name(session, socket).await.unwrap();
            let mut hello = Vec::new();
            stream.read_to_end(&mut hello).await.unwrap();
            assert_eq!((&*hello, stream.info().unwrap().server_name()), (&b"hello"[..], None));
            stream.take_session()
        })
    });
}

#[test]
fn a_stream_of_futures_connects_without_a_name() {
    use smol::io::AsyncReadExt as _;
    let connector = futures::TlsConnector::new(client_config());
    assert_unnamed(|address, session| {
        smol::block_on(async {
            let socket = smol::net::TcpStream::connect(address).await.unwrap();
            let mut stream = connector.connect_without_name(session, socket).await.unwrap();
            let mut hello = Vec::new();
            stream.read_to_end(&mut hello).await.unwrap();
            assert_eq!((&*hello, stream.info().unwrap().server_name()), (&b"hello"[..], None));
            stream.take_session()
        })
    });
}

/// What is trusted only for a name is refused, by each adapter: the verifier is told that there is none.
#[test]
fn a_root_vouches_for_no_unnamed_server() {
    let store = TrustStore::from_der([PKI.root.clone()]).unwrap();
    let config = ClientConfig::builder(Arc::new(store)).build().unwrap();
    let refused = |error: std::io::Error| {
        let text = error.to_string();
        assert!(text.contains("without a server name"), "{text}");
    };
    let server = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let config = server_config();
        (address, thread::spawn(move || blocking::StreamOwned::accept(config, listener.accept().unwrap().0).is_err()))
    };
    let (address, failed) = server();
    let socket = TcpStream::connect(address).unwrap();
    let mut stream = blocking::StreamOwned::client_without_name(Arc::clone(&config), None, socket).unwrap();
    refused(stream.complete_handshake().unwrap_err());
    assert!(failed.join().unwrap());
    let (address, failed) = server();
    run(async {
        let socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let connector = tls_tokio::TlsConnector::new(Arc::clone(&config));
        refused(connector.connect_without_name(None, socket).await.unwrap_err().error);
    });
    assert!(failed.join().unwrap());
    let (address, failed) = server();
    smol::block_on(async {
        let socket = smol::net::TcpStream::connect(address).await.unwrap();
        let connector = futures::TlsConnector::new(config);
        refused(connector.connect_without_name(None, socket).await.unwrap_err().error);
    });
    assert!(failed.join().unwrap());
}

/// tokio-postgres asks for a connector with an empty host if there is none in its settings.
#[test]
fn a_connector_of_postgres_takes_an_empty_host() {
    use tokio::io::AsyncReadExt as _;
    let mut connector = postgres::PostgresConnector::new(client_config());
    let seen = meet(&server_config(), |address| {
        run(async {
            let connect = MakeTlsConnect::<tokio::net::TcpStream>::make_tls_connect(&mut connector, "").unwrap();
            let socket = tokio::net::TcpStream::connect(address).await.unwrap();
            let mut stream = connect.connect(socket).await.unwrap();
            stream.read_to_end(&mut Vec::new()).await.unwrap();
        });
    });
    assert_eq!(seen.1, UNNAMED);
    assert!(MakeTlsConnect::<tokio::net::TcpStream>::make_tls_connect(&mut connector, "no name").is_err());
}

/// A Unix socket, over which PostgreSQL offers no TLS: the connector is asked for, and must not prevent the connection.
#[cfg(unix)]
#[test]
fn postgres_connects_over_a_unix_socket() {
    use std::os::unix::net::UnixListener;
    let folder = std::env::temp_dir().join(format!("tls12-unnamed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap();
    let server = thread::spawn(move || {
        let mut socket = listener.accept().unwrap().0;
        // SSLRequest: its length, 8, and 80877103.
        let mut request = [0; 8];
        socket.read_exact(&mut request).unwrap();
        socket.write_all(b"N").unwrap();
        // StartupMessage begins with its length and with version 3.0 of the protocol.
        let mut startup = [0; 8];
        socket.read_exact(&mut startup).unwrap();
        (request, startup)
    });
    let mut settings = tokio_postgres::Config::new();
    settings.host_path(&folder).user("me").ssl_mode(SslMode::Prefer);
    assert!(matches!(settings.get_hosts(), [Host::Unix(_)]));
    let connector = postgres::PostgresConnector::new(client_config());
    let error = run(async { settings.connect(connector).await.err().unwrap() });
    // The server has gone after the start; without TLS, it got that far.
    let (request, startup) = server.join().unwrap();
    assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47], "{error}");
    assert_eq!(startup[4..], [0, 3, 0, 0]);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The name is sent by everything else.
#[test]
fn a_name_is_sent_if_there_is_one() {
    let config = client_config();
    let seen = meet(&server_config(), |address| {
        let socket = TcpStream::connect(address).unwrap();
        let mut stream = blocking::StreamOwned::client(config, name(), socket).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    });
    assert_eq!(seen.1, Seen { server_name: Some("server.example".to_owned()), resumed: false });
}
