//! TLS 1.3 and old peers from one endpoint (`io::both`), with OpenSSL, GnuTLS and rustls as peers that support only a part:
//! each gets the best version that both sides have.

mod asynchronous;
mod clients;
mod configured;
mod downgrade;
mod peers;
mod remembered;
mod servers;
#[path = "../support/mod.rs"]
mod support;
mod trust;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls_pki_types::ServerName;
use support::pki::{KeyKind, PKI, SERVER_NAME};
use tls12::crypto::{CipherSuite, ring};
use tls12::io::both::{Acceptor, ConnectError, Connector, Info, Stream};
use tls12::verify::TrustStore;
use tls12::{ClientConfig, ClientConfigBuilder, Policy, ProtocolVersion, ServerConfig, ServerConfigBuilder};

const TLS_1_2: ProtocolVersion = ProtocolVersion::TLS_1_2;
const TLS_1_3: ProtocolVersion = ProtocolVersion::TLS_1_3;

/// Nothing here takes so long: it keeps a fault from hanging the tests.
const BOUND: Duration = Duration::from_secs(60);

fn name() -> ServerName<'static> {
    ServerName::try_from(SERVER_NAME).unwrap()
}

fn roots() -> Arc<TrustStore> {
    Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap())
}

/// A client that trusts [`PKI`], and supports everything.
fn client() -> ClientConfigBuilder {
    ClientConfig::builder(roots()).policy(Policy::legacy())
}

/// Everything, but only the suites whose names contain this.
fn policy(part: &str) -> Policy {
    let named = |suite: &&CipherSuite| suite.name.contains(part) && !suite.name.contains("PSK");
    let suites: Vec<_> = Policy::legacy().allowed_suites().filter(named).collect();
    Policy::legacy().suites(suites)
}

fn connector() -> Connector {
    Connector::new(&client().build().unwrap()).unwrap()
}

/// A server with an RSA key, and one on P-256, that supports everything.
fn server() -> ServerConfigBuilder {
    let provider = ring::provider();
    let config = ServerConfig::builder(PKI.server(KeyKind::Rsa).credential(&*provider)).policy(Policy::legacy());
    config.credential(PKI.server(KeyKind::P256).credential(&*provider))
}

fn acceptor() -> Acceptor {
    Acceptor::new(&server().build().unwrap()).unwrap()
}

fn dial(address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(BOUND))?;
    Ok(socket)
}

fn connect(connector: &Connector, address: SocketAddr) -> Result<Stream<TcpStream>, ConnectError> {
    connector.connect_with(name(), address.port(), || dial(address))
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Sends a line, expects it back in reverse (as `openssl s_server -rev` does) or as it is, and closes. Returns what was
/// negotiated.
fn converse(mut stream: Stream<TcpStream>) -> Info {
    stream.write_all(b"forwards\n").unwrap();
    stream.flush().unwrap();
    let mut line = String::new();
    BufReader::new(&mut stream).read_line(&mut line).unwrap();
    assert!(["sdrawrof\n", "forwards\n"].contains(&&*line), "{line:?}");
    stream.close().unwrap();
    stream.info().clone()
}

/// Answers a line with the same in reverse, and reads until the client closes. Returns what was negotiated.
fn reverse(mut stream: Stream<TcpStream>) -> Info {
    let mut line = String::new();
    let mut lines = BufReader::new(&mut stream);
    if lines.read_line(&mut line).unwrap() == 0 {
        // A client that wanted only a session.
        return stream.info().clone();
    }
    let reversed: String = line.trim_end().chars().rev().collect();
    let stream = lines.into_inner();
    stream.write_all(format!("{reversed}\n").as_bytes()).unwrap();
    stream.close().unwrap();
    // A client that ends its process need not say so.
    let _ = stream.read_to_end(&mut Vec::new());
    stream.info().clone()
}

/// Serves so many clients with `acceptor`, one after another.
fn serve(acceptor: Acceptor, clients: usize) -> (JoinHandle<Vec<std::io::Result<Info>>>, SocketAddr) {
    let (listener, address) = listen();
    let serving = thread::spawn(move || {
        let accept = |_| {
            let (socket, _) = listener.accept().unwrap();
            socket.set_read_timeout(Some(BOUND)).unwrap();
            acceptor.accept(socket).map(reverse)
        };
        (0..clients).map(accept).collect()
    });
    (serving, address)
}
