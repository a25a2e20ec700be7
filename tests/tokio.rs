//! `io::tokio` over sockets and pipes, our client with our server: what is lost, what hangs, what the errors are.
#![cfg(all(feature = "tokio", feature = "ring"))]

mod support;

use std::future::Future;
use std::io::{ErrorKind, IoSlice};
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rustls_pki_types::ServerName;
use support::pki::{PKI, Pinned, SERVER_NAME};
use support::polls::a_few_polls;
use tls12::crypto::ring;
use tls12::io::tokio::{HandshakeError, LazyAcceptor, TlsAcceptor, TlsConnector, TlsStream};
use tls12::{AlertDescription, ClientConfig, ConnectionInfo, Error, Event, Need, NewSession, SealError, ServerConfig};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter, duplex};
use tokio::net::{TcpListener, TcpStream};

/// Nothing here takes so long: it keeps a fault from hanging the tests.
const TIMEOUT: Duration = Duration::from_secs(60);

fn connector() -> TlsConnector {
    TlsConnector::new(ClientConfig::builder(Pinned::server()).alpn_protocols(["h2", "http/1.1"]).build().unwrap())
}

fn acceptor() -> TlsAcceptor {
    let config = ServerConfig::builder(PKI.credential(&*ring::provider())).alpn_protocols(["h2"]);
    TlsAcceptor::new(config.build().unwrap())
}

fn name() -> ServerName<'static> {
    ServerName::try_from(SERVER_NAME).unwrap()
}

/// Runs `test` on two threads, but not for ever.
fn run(test: impl Future<Output = ()> + Send) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(TIMEOUT, test).await.expect("it hangs") });
}

async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

/// Client and server over these, connected.
async fn connect<T>(client: T, server: T) -> (TlsStream<T>, TlsStream<T>)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let (connector, acceptor) = (connector(), acceptor());
    let (client, server) = tokio::join!(connector.connect(name(), client), acceptor.accept(server));
    (client.unwrap(), server.unwrap())
}

async fn connected() -> (TlsStream<TcpStream>, TlsStream<TcpStream>) {
    let (client, server) = sockets().await;
    connect(client, server).await
}

fn tls_error(error: &std::io::Error) -> &Error {
    error.get_ref().and_then(|error| error.downcast_ref()).unwrap_or_else(|| panic!("no TLS error: {error:?}"))
}

/// Bytes of which no two stretches are alike.
fn text(seed: u64, len: usize) -> Vec<u8> {
    let mut text = vec![0; len];
    rand::Rng::fill_bytes(&mut StdRng::seed_from_u64(seed), &mut text);
    text
}

#[test]
fn data_goes_both_ways_and_both_sides_close() {
    run(async {
        let (mut client, mut server) = connected().await;
        assert_eq!(client.info().and_then(ConnectionInfo::alpn_protocol), Some(b"h2".as_slice()));
        assert!(matches!(client.take_session(), Some(NewSession::Client(_))) && client.take_session().is_none());
        let ours = client.connection().tls_exporter().unwrap();
        assert_eq!(ours, server.connection().tls_exporter().unwrap());
        let echo = tokio::spawn(async move {
            let mut received = Vec::new();
            server.read_to_end(&mut received).await.unwrap();
            server.write_all(&received).await.unwrap();
            server.shutdown().await.unwrap();
            // Once more does no harm.
            server.shutdown().await.unwrap();
            let error = server.write(b"after").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
            assert_eq!(error.get_ref().unwrap().downcast_ref(), Some(&SealError::Closed));
        });
        let sent = text(1, 3_000_000);
        client.write_all(&sent).await.unwrap();
        client.shutdown().await.unwrap();
        let mut received = Vec::new();
        client.read_to_end(&mut received).await.unwrap();
        assert!(received == sent);
        // The end stays the end.
        assert_eq!(client.read(&mut [0; 10]).await.unwrap(), 0);
        echo.await.unwrap();
    });
}

#[test]
fn a_session_is_resumed() {
    run(async {
        let (connector, acceptor) = (connector(), acceptor());
        let (client, server) = sockets().await;
        let (client, _server) = tokio::join!(connector.connect(name(), client), acceptor.accept(server));
        let Some(NewSession::Client(session)) = client.unwrap().take_session() else { panic!("no session") };
        let (client, server) = sockets().await;
        let resume = connector.resume(name(), session, client);
        let (client, server) = tokio::join!(resume, acceptor.accept(server));
        assert!(client.unwrap().info().unwrap().resumed() && server.unwrap().info().unwrap().resumed());
    });
}

#[test]
fn lines_are_read_and_vectored_writes_share_records() {
    run(async {
        let (mut client, mut server) = connected().await;
        let parts = [b"one\n".as_slice(), b"", b"two", b"\nthree"].map(IoSlice::new);
        assert!(server.is_write_vectored());
        assert_eq!(server.write_vectored(&parts).await.unwrap(), 13);
        server.shutdown().await.unwrap();
        let mut line = String::new();
        client.read_line(&mut line).await.unwrap();
        assert_eq!(line, "one\n");
        // One record: the rest lies where it was decrypted.
        assert_eq!(client.fill_buf().await.unwrap(), b"two\nthree");
        client.consume(4);
        line.clear();
        client.read_line(&mut line).await.unwrap();
        assert_eq!((line.as_str(), client.fill_buf().await.unwrap()), ("three", b"".as_slice()));
    });
}

#[test]
fn a_connection_that_is_cut_off_is_not_an_end() {
    run(async {
        let (mut client, mut server) = connected().await;
        server.write_all(b"the first half").await.unwrap();
        server.flush().await.unwrap();
        // The transport ends, TLS does not.
        drop(server);
        let mut received = Vec::new();
        let error = client.read_to_end(&mut received).await.unwrap_err();
        assert_eq!(received, b"the first half");
        assert_eq!((error.kind(), tls_error(&error)), (ErrorKind::UnexpectedEof, &Error::Truncated));
        assert_eq!(client.read(&mut [0; 10]).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    });
}

#[test]
fn a_handshake_that_fails_tells_the_peer_and_gives_the_transport_back() {
    run(async {
        // So little room that an alert waits for the peer to read.
        let (client, server) = duplex(1);
        let untrusting = TlsConnector::new(ClientConfig::builder(Arc::new(Pinned(PKI.root.clone()))).build().unwrap());
        let acceptor = acceptor();
        let (client, server) = tokio::join!(untrusting.connect(name(), client), acceptor.accept(server));
        let (client, server) = (client.unwrap_err(), server.unwrap_err());
        assert!(matches!(client.tls(), Some(Error::Certificate(_))), "{client}");
        assert_eq!(server.tls(), Some(&Error::Alert(AlertDescription::CertificateUnknown)));
        // Both say what to try.
        assert!(client.diagnosis.is_some() && server.diagnosis.is_some());
        // Both still have their ends of the pipe.
        let HandshakeError { transport: mut client, .. } = client;
        let HandshakeError { transport: mut server, .. } = server;
        client.write_all(b"x").await.unwrap();
        let mut rest = [0; 1];
        server.read_exact(&mut rest).await.unwrap();
        assert_eq!(&rest, b"x");
    });
}

#[test]
fn what_the_configuration_leaves_open_is_decided_later_or_an_error() {
    run(async {
        let open = || TlsConnector::new(ClientConfig::builder_verifying_later(ring::provider()).build().unwrap());
        let (client, server) = sockets().await;
        let (undecided, acceptor) = (open(), acceptor());
        let (client, server) = tokio::join!(
            async {
                let failed = undecided.connect(name(), client).await.unwrap_err();
                assert!(failed.tls().is_none());
                failed.to_string()
            },
            acceptor.accept(server)
        );
        assert!(client.contains("decision"), "{client}");
        assert_eq!(server.unwrap_err().error.kind(), ErrorKind::UnexpectedEof);

        let deciding = open().answering(async |need| match need {
            Need::VerifyPeer(request) => {
                // In another task, and not at once.
                let (request, verdict) = tokio::spawn(async move {
                    tokio::task::yield_now().await;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    let verdict = Pinned::server().verify(request.chain());
                    (request, verdict)
                })
                .await
                .unwrap();
                request.verified(verdict)
            }
            other => panic!("{other:?}"),
        });
        let (client, server) = sockets().await;
        let (client, server) = tokio::join!(deciding.connect(name(), client), acceptor.accept(server));
        assert_eq!(client.unwrap().info().unwrap().peer_certificates().first(), Some(&PKI.server));
        server.unwrap();
    });
}

fn acceptor_speaking(protocol: &str) -> TlsAcceptor {
    let config = ServerConfig::builder(PKI.credential(&*ring::provider())).alpn_protocols([protocol]);
    TlsAcceptor::new(config.build().unwrap())
}

#[test]
fn the_configuration_is_chosen_by_the_client_hello() {
    run(async {
        let (h2, http) = (acceptor_speaking("h2"), acceptor_speaking("http/1.1"));
        // As a whole, or byte by byte.
        for room in [1 << 16, 1] {
            for (chosen, protocol) in [(&h2, "h2"), (&http, "http/1.1")] {
                let (client, server) = duplex(room);
                let serving = async {
                    let lazy = LazyAcceptor::read(server).await.unwrap();
                    assert_eq!(lazy.client_hello().server_name(), Some(SERVER_NAME));
                    assert!(lazy.client_hello().alpn_protocols().eq([b"h2".as_slice(), b"http/1.1"]));
                    lazy.accept(chosen).await.unwrap()
                };
                let connector = connector();
                let (client, server) = tokio::join!(connector.connect(name(), client), serving);
                for stream in [client.unwrap(), server] {
                    assert_eq!(stream.info().unwrap().alpn_protocol(), Some(protocol.as_bytes()));
                }
            }
        }
    });
}

#[test]
fn a_client_that_is_declined_is_told() {
    run(async {
        let (client, server) = duplex(1 << 16);
        let connector = connector();
        let serving = async { LazyAcceptor::read(server).await.unwrap().decline().await };
        let (client, mut transport) = tokio::join!(connector.connect(name(), client), serving);
        let failed = client.unwrap_err();
        assert_eq!(failed.tls(), Some(&Error::Alert(AlertDescription::HandshakeFailure)));
        transport.write_all(b"x").await.unwrap();
    });
}

#[test]
fn what_is_no_client_hello_is_refused_before_there_is_a_configuration() {
    run(async {
        let (mut client, server) = duplex(1 << 16);
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let failed = LazyAcceptor::read(server).await.unwrap_err();
        assert!(matches!(failed.tls(), Some(Error::NotTls { .. })), "{failed}");
        drop(failed);
        let mut told = Vec::new();
        client.read_to_end(&mut told).await.unwrap();
        assert_eq!(told, [21, 3, 3, 0, 2, 2, AlertDescription::UnexpectedMessage.code()]);

        let (client, server) = duplex(1 << 16);
        drop(client);
        assert_eq!(LazyAcceptor::read(server).await.unwrap_err().tls(), Some(&Error::TruncatedInHandshake));
    });
}

/// Sends and receives at the same time, `len` bytes each way, and closes.
async fn exchange(
    mut reader: impl AsyncRead + Unpin + Send + 'static,
    mut writer: impl AsyncWrite + Unpin + Send + 'static,
    sends: u64,
    receives: u64,
    len: usize,
) {
    let writing = tokio::spawn(async move {
        let (text, mut lengths) = (text(sends, len), StdRng::seed_from_u64(!sends));
        let mut rest = text.as_slice();
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(lengths.random_range(1..=100_000).min(rest.len()));
            writer.write_all(piece).await.unwrap();
            if lengths.random_bool(0.3) {
                writer.flush().await.unwrap();
            }
            rest = later;
        }
        writer.shutdown().await.unwrap();
        // Not dropped before the peer has read all.
        writer
    });
    let mut received = Vec::new();
    reader.read_to_end(&mut received).await.unwrap();
    assert!(received == text(receives, len), "other data");
    drop(writing.await.unwrap());
}

#[test]
fn the_halves_work_at_once() {
    run(async {
        const LEN: usize = 10_000_000;
        let (client, server) = connected().await;
        let (client_reader, client_writer) = client.into_split(TcpStream::into_split).unwrap();
        let (server_reader, server_writer) = server.into_split(TcpStream::into_split).unwrap();
        assert!(client_reader.info().is_some());
        let client = tokio::spawn(exchange(client_reader, client_writer, 1, 2, LEN));
        exchange(server_reader, server_writer, 2, 1, LEN).await;
        client.await.unwrap();
    });
}

/// A stream as a whole, shared by a task that reads and one that writes, over pipes that are always full or empty: none of
/// the two may take the other's wake-up.
#[test]
fn a_whole_stream_serves_two_tasks() {
    run(async {
        const LEN: usize = 1_000_000;
        for room in [1000, 20_000] {
            let (client, server) = duplex(room);
            let (client, server) = connect(client, server).await;
            let (client_reader, client_writer) = tokio::io::split(client);
            let (server_reader, server_writer) = tokio::io::split(server);
            let client = tokio::spawn(exchange(client_reader, client_writer, 1, 2, LEN));
            exchange(server_reader, server_writer, 2, 1, LEN).await;
            client.await.unwrap();
        }
    });
}

#[test]
fn what_was_read_ahead_and_what_is_unsent_stays_with_the_halves() {
    run(async {
        let (client, server) = duplex(1 << 16);
        let (mut client, mut server) = connect(client, server).await;
        server.write_all(b"three").await.unwrap();
        server.write_all(b" records").await.unwrap();
        server.write_all(b" ahead").await.unwrap();
        let mut first = [0; 2];
        client.read_exact(&mut first).await.unwrap();
        let (mut reader, mut writer) = client.into_split(tokio::io::split).unwrap();
        server.shutdown().await.unwrap();
        let mut rest = String::new();
        reader.read_to_string(&mut rest).await.unwrap();
        assert_eq!((&first, rest.as_str()), (b"th", "ree records ahead"));
        // The peer has closed its side; this one has not.
        writer.write_all(b"still open").await.unwrap();
        writer.shutdown().await.unwrap();
        let mut received = String::new();
        server.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "still open");
    });
}

#[test]
fn a_failure_of_the_reading_half_is_told_by_the_writing_half() {
    run(async {
        let (client, server) = sockets().await;
        let (client, server) = connect(client, server).await;
        let (mut reader, mut writer) = client.into_split(TcpStream::into_split).unwrap();
        // A record that does not decrypt.
        let mut parts = server.into_parts();
        parts.connection.seal(b"damaged", &mut parts.unsent).unwrap();
        *parts.unsent.last_mut().unwrap() ^= 1;
        parts.transport.write_all(&parts.unsent).await.unwrap();
        let error = reader.read(&mut [0; 10]).await.unwrap_err();
        assert_eq!(tls_error(&error), &Error::BadRecordMac);
        assert_eq!(writer.write(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        writer.shutdown().await.unwrap();
        let mut input = Vec::new();
        parts.transport.read_to_end(&mut input).await.unwrap();
        let step = parts.connection.process(&mut input, &mut Vec::new());
        assert_eq!(step.unwrap_err(), Error::Alert(AlertDescription::BadRecordMac));
    });
}

#[test]
fn a_stream_that_has_failed_cannot_be_split() {
    run(async {
        let (mut client, server) = connected().await;
        drop(server);
        client.read(&mut [0; 10]).await.unwrap_err();
        let client = client.into_split(TcpStream::into_split).unwrap_err();
        assert!(client.info().is_none());
    });
}

/// A flush goes through to the transport, also that of the handshake.
#[test]
fn a_transport_that_buffers_is_flushed() {
    run(async {
        let (client, server) = duplex(1 << 16);
        let (connector, acceptor) = (connector(), acceptor());
        let (client, server) =
            tokio::join!(connector.connect(name(), BufWriter::new(client)), acceptor.accept(BufWriter::new(server)));
        let (mut client, mut server) = (client.unwrap(), server.unwrap());
        client.write_all(b"buffered").await.unwrap();
        assert!(a_few_polls(server.read(&mut [0; 8]), 2).await.is_none());
        client.flush().await.unwrap();
        let mut received = [0; 8];
        server.read_exact(&mut received).await.unwrap();
        assert_eq!(&received, b"buffered");
    });
}

#[test]
fn parts_hold_all_that_the_stream_held() {
    run(async {
        let (client, server) = duplex(1 << 16);
        let (mut client, mut server) = connect(client, server).await;
        server.write_all(b"read decrypted").await.unwrap();
        server.write_all(b"received").await.unwrap();
        client.read_exact(&mut [0; 5]).await.unwrap();
        let mut parts = client.into_parts();
        assert_eq!((parts.data.as_slice(), parts.unsent.is_empty()), (b"decrypted".as_slice(), true));
        let step = parts.connection.process(&mut parts.received, &mut parts.unsent).unwrap();
        assert!(matches!(step.event, Event::Data(data) if data == b"received"));
    });
}

/// What a user's own futures take for granted.
#[test]
fn streams_can_be_sent_and_shared() {
    fn both<T: Send + Sync>() {}
    both::<TlsStream<TcpStream>>();
    both::<tls12::io::tokio::ReadHalf<TcpStream>>();
    both::<tls12::io::tokio::WriteHalf<TcpStream>>();
    both::<tls12::io::blocking::StreamOwned<std::net::TcpStream>>();
}

/// A reset is the transport's error, and the connection says what it means: whole, and as a half.
#[test]
fn a_reset_is_told_from_an_end() {
    run(async {
        let (mut client, server) = connected().await;
        server.transport().set_zero_linger().unwrap();
        drop(server);
        assert_eq!(client.read(&mut [0; 10]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert!(client.connection().diagnosis().unwrap().cause().contains("was reset"));
        let again = client.read(&mut [0; 10]).await.unwrap_err();
        assert_eq!((again.kind(), tls_error(&again)), (ErrorKind::ConnectionReset, &Error::Reset));

        let (client, server) = connected().await;
        let (mut reader, _writer) = client.into_split(TcpStream::into_split).unwrap();
        server.transport().set_zero_linger().unwrap();
        drop(server);
        assert_eq!(reader.read(&mut [0; 10]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        let again = reader.read(&mut [0; 10]).await.unwrap_err();
        assert_eq!(tls_error(&again), &Error::Reset);
    });
}
