//! Limits on what a peer can hold: the time of a handshake, and the memory of a connection that is idle. And no task waits that
//! could continue.

use std::io::{ErrorKind, Read, Write};
use std::thread;
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use tls12::FalseStart;
use tls12::io::{Parts, blocking, futures, hyper as tls_hyper, tokio as tls_tokio, ureq as tls_ureq};
use tower_service::Service as _;
use ureq::Agent;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector as _, TcpConnector};

use crate::pipe::{pipe, would_block};
use crate::support::pair::Pair;
use crate::{client_config, name, run, server_config, sockets};

/// Soon over.
const SHORT: Duration = Duration::from_millis(50);

/// Not over when the handshake has begun.
const LIMIT: Duration = Duration::from_secs(1);

fn assert_timed_out<T>(result: std::io::Result<T>) {
    let error = result.err().expect("nobody has completed this handshake");
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error:?}");
    assert!(error.to_string().contains("handshake"), "{error}");
}

/// Both sides have sent more than the other has taken: a read still reads.
#[test]
fn a_read_reads_whatever_is_unsent() {
    let mut pair = Pair::new(client_config(), server_config());
    pair.run();
    let (client_end, server_end) = pipe(50_000);
    let mut client = blocking::StreamOwned::from_parts(Parts::new(pair.client.connection, client_end));
    let mut server = blocking::StreamOwned::from_parts(Parts::new(pair.server.connection, server_end));
    let text = vec![1; 200_000];
    let sent = [client.write(&text).unwrap(), server.write(&text).unwrap()];
    assert!(client.wants_write() && server.wants_write(), "the pipe holds it all: {sent:?}");
    assert!(would_block(client.flush()).is_none() && would_block(server.flush()).is_none());
    let mut received = [0, 0];
    let mut buf = [0; 10_000];
    received[0] += client.read(&mut buf).expect("there is something to be read");
    // Nobody flushes: a read also sends.
    for _ in 0..1000 {
        received[0] += would_block(client.read(&mut buf)).unwrap_or(0);
        received[1] += would_block(server.read(&mut buf)).unwrap_or(0);
    }
    assert_eq!(received, [sent[1], sent[0]]);
}

#[test]
fn a_blocking_handshake_has_a_limit() {
    // The peer says nothing.
    let (client, server) = sockets();
    assert_timed_out(blocking::StreamOwned::server(server_config(), server).handshake_within(SHORT));
    drop(client);
    let (client, _server) = sockets();
    let stream = blocking::StreamOwned::client(client_config(), name(), client).unwrap();
    assert_timed_out(stream.handshake_within(SHORT));

    // It says something now and then.
    let (_client, server) = pipe(100);
    let mut stream = blocking::StreamOwned::server(server_config(), server).handshake_time(LIMIT);
    assert!(would_block(stream.complete_handshake()).is_none());
    thread::sleep(2 * LIMIT);
    assert_timed_out(stream.complete_handshake());
}

/// RFC 7918: the handshake is not complete when data can be sent. The server never sends its Finished.
#[test]
fn a_blocking_handshake_has_a_limit_after_a_false_start() {
    let (client_end, server_end) = pipe(1 << 16);
    let config = crate::client().false_start(FalseStart::WhereSafe).build().unwrap();
    let mut client = blocking::StreamOwned::client(config, name(), client_end).unwrap().handshake_time(LIMIT);
    // Nobody decides about the ticket that comes before it.
    let config = crate::server().tickets_later().build().unwrap();
    let mut server = blocking::StreamOwned::server(config, server_end);
    assert!(would_block(client.complete_handshake()).is_none());
    assert!(would_block(server.complete_handshake()).is_none());
    assert!(would_block(client.complete_handshake()).is_none());
    assert!(server.complete_handshake().is_err());
    assert!(client.info().is_some() && client.connection().is_handshaking(), "no false start");
    thread::sleep(2 * LIMIT);
    assert_timed_out(client.complete_handshake());
}

/// The limit is for the handshake: what comes later takes as long as it does.
#[test]
fn after_a_blocking_handshake_there_is_no_limit() {
    let (client, server) = sockets();
    let serving = thread::spawn(move || {
        let mut stream = blocking::StreamOwned::accept(server_config(), server).unwrap();
        assert_eq!(stream.transport().read_timeout().unwrap(), None);
        assert_eq!(stream.transport().write_timeout().unwrap(), None);
        thread::sleep(2 * SHORT);
        stream.write_all(b"late").unwrap();
        stream.close().unwrap();
    });
    let stream = blocking::StreamOwned::client(client_config(), name(), client).unwrap();
    let mut stream = stream.handshake_within(SHORT * 100).unwrap().handshake_time(Duration::ZERO);
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert_eq!(said, "late");
    serving.join().unwrap();
}

#[test]
fn the_handshakes_of_tokio_have_a_limit() {
    run(async {
        let (client, server) = tokio::io::duplex(1 << 16);
        let acceptor = tls_tokio::TlsAcceptor::new(server_config()).handshake_time(SHORT);
        assert_timed_out(acceptor.accept(server).await.map_err(|failed| failed.error));
        drop(client);
        let (client, _server) = tokio::io::duplex(1 << 16);
        let connector = tls_tokio::TlsConnector::new(client_config()).handshake_time(SHORT);
        assert_timed_out(connector.connect(name(), client).await.map_err(|failed| failed.error));
        let (_client, server) = tokio::io::duplex(1 << 16);
        assert_timed_out(tls_tokio::LazyAcceptor::read_within(SHORT, server).await.map_err(|failed| failed.error));
        // As long as it takes.
        let (client, server) = tokio::io::duplex(1 << 16);
        let (acceptor, connector) = (acceptor.handshake_time(Duration::MAX), connector.handshake_time(Duration::MAX));
        let (client, server) = tokio::join!(connector.connect(name(), client), acceptor.accept(server));
        assert!(client.is_ok() && server.is_ok());
    });
}

#[test]
fn the_handshakes_of_futures_have_a_limit() {
    smol::block_on(async {
        let socket = |socket| smol::net::TcpStream::try_from(socket).unwrap();
        let (client, server) = sockets();
        let acceptor = futures::TlsAcceptor::new(server_config()).handshake_time(SHORT);
        assert_timed_out(acceptor.accept(socket(server)).await.map_err(|failed| failed.error));
        drop(client);
        let (client, server) = sockets();
        let (acceptor, connector) =
            (acceptor.handshake_time(Duration::MAX), futures::TlsConnector::new(client_config()));
        let connector = connector.handshake_time(Duration::MAX);
        let (client, server) =
            smol::future::zip(connector.connect(name(), socket(client)), acceptor.accept(socket(server))).await;
        assert!(client.is_ok() && server.is_ok());
    });
}

#[test]
fn the_handshakes_of_hyper_and_ureq_have_a_limit() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    run(async {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        let mut connector = tls_hyper::HttpsConnector::https_only(http, client_config()).handshake_time(SHORT);
        let error = connector.call(url.parse().unwrap()).await.err().unwrap();
        assert_timed_out::<()>(Err(*error.downcast().unwrap()));
    });
    let connector = tls_ureq::TlsConnector::new(client_config()).handshake_time(SHORT);
    let connector = ().chain(TcpConnector::default()).chain(connector);
    let agent = Agent::with_parts(Agent::config_builder().build(), connector, DefaultResolver::default());
    let error = agent.get(&url).call().unwrap_err();
    assert!(matches!(error, ureq::Error::Timeout(_)), "{error:?}");
}
