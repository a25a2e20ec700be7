//! `io::futures` over sockets of smol, our client with our server. What it has in common with `io::tokio` is tested there.
#![cfg(all(feature = "futures", feature = "ring"))]

mod support;

use std::io::{ErrorKind, IoSlice};
use std::sync::Arc;

use rustls_pki_types::ServerName;
use smol::future::{self, FutureExt as _};
use smol::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};
use support::pki::{PKI, Pinned, SERVER_NAME};
use tls12::crypto::ring;
use tls12::io::futures::{HandshakeError, TlsAcceptor, TlsConnector, TlsStream};
use tls12::{AlertDescription, ClientConfig, Error, ServerConfig};

/// Nothing here takes so long: it keeps a fault from hanging the tests.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(60);

fn run(test: impl Future<Output = ()>) {
    let too_long = async {
        smol::Timer::after(TIMEOUT).await;
        panic!("it hangs");
    };
    smol::block_on(test.or(too_long));
}

type Connected = Result<TlsStream<TcpStream>, HandshakeError<TcpStream>>;

async fn connect(client: Arc<ClientConfig>) -> (Connected, Connected) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let connector = TlsConnector::new(client);
    let server = ServerConfig::builder(PKI.credential(&*ring::provider())).build().unwrap();
    let acceptor = TlsAcceptor::new(server);
    let accepted = listener.accept().await.unwrap().0;
    let name = ServerName::try_from(SERVER_NAME).unwrap();
    future::zip(connector.connect(name, socket), acceptor.accept(accepted)).await
}

fn trusting() -> Arc<ClientConfig> {
    ClientConfig::builder(Pinned::server()).build().unwrap()
}

#[test]
fn data_goes_both_ways_and_both_sides_close() {
    run(async {
        let (client, server) = connect(trusting()).await;
        let (mut client, mut server) = (client.unwrap(), server.unwrap());
        let text: Vec<u8> = (0..2_000_000_u32).map(|i| (i % 251) as u8).collect();
        let serving = async {
            let mut received = Vec::new();
            server.read_to_end(&mut received).await.unwrap();
            let parts = [IoSlice::new(b"a line\n"), IoSlice::new(b"and more")];
            assert_eq!(server.write_vectored(&parts).await.unwrap(), 15);
            server.close().await.unwrap();
            assert_eq!(server.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
            received
        };
        let asking = async {
            client.write_all(&text).await.unwrap();
            client.close().await.unwrap();
            let mut line = String::new();
            client.read_line(&mut line).await.unwrap();
            assert_eq!((line.as_str(), client.fill_buf().await.unwrap()), ("a line\n", b"and more".as_slice()));
            let mut rest = String::new();
            client.read_to_string(&mut rest).await.unwrap();
            assert_eq!(rest, "and more");
        };
        assert!(future::zip(serving, asking).await.0 == text);
    });
}

#[test]
fn a_connection_that_is_cut_off_is_not_an_end() {
    run(async {
        let (client, server) = connect(trusting()).await;
        drop(server);
        let error = client.unwrap().read(&mut [0; 10]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(error.get_ref().unwrap().downcast_ref(), Some(&Error::Truncated));
    });
}

#[test]
fn a_handshake_that_fails_gives_the_transport_back() {
    run(async {
        let (client, server) =
            connect(ClientConfig::builder(Arc::new(Pinned(PKI.root.clone()))).build().unwrap()).await;
        let (client, server) = (client.unwrap_err(), server.unwrap_err());
        assert!(matches!(client.tls(), Some(Error::Certificate(_))), "{client}");
        assert_eq!(server.tls(), Some(&Error::Alert(AlertDescription::CertificateUnknown)));
        let (mut client, mut server) = (client.transport, server.transport);
        client.write_all(b"x").await.unwrap();
        let mut rest = [0; 1];
        server.read_exact(&mut rest).await.unwrap();
        assert_eq!(&rest, b"x");
    });
}
