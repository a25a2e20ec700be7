//! The same over tokio, and under hyper and axum.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tls12::io::both::{AsyncStream, ConnectError, Connector, Info, LazyAcceptor, Stack};
use tls12::{CertificateErrorKind, Error};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::peers::{Files, Server, openssl_get};
use crate::support::daemon::installed;
use crate::{TLS_1_2, TLS_1_3, acceptor, connector, name, serve};

#[path = "../../examples/both_axum.rs"]
#[allow(dead_code, reason = "its `main`")]
mod axum;
#[path = "../../examples/both_hyper.rs"]
#[allow(dead_code, reason = "its `main`")]
mod hyper;

async fn connect(connector: &Connector, address: SocketAddr) -> Result<AsyncStream<TcpStream>, ConnectError> {
    connector.connect_async_with(name(), address.port(), || TcpStream::connect(address)).await
}

async fn converse(mut stream: AsyncStream<TcpStream>) -> Info {
    stream.write_all(b"forwards\n").await.unwrap();
    stream.flush().await.unwrap();
    let mut line = String::new();
    let mut lines = BufReader::new(stream);
    lines.read_line(&mut line).await.unwrap();
    assert_eq!(line, "sdrawrof\n");
    let mut stream = lines.into_inner();
    stream.shutdown().await.unwrap();
    stream.info().clone()
}

#[tokio::test]
async fn the_connector_gets_the_best_version_of_each_server() {
    let servers = [
        (Server::openssl(&["-tls1_3"]), Stack::Rustls, TLS_1_3),
        (Server::openssl(&["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"]), Stack::Rustls, TLS_1_2),
        (Server::openssl(&["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA"]), Stack::Tls12, TLS_1_2),
        (Server::openssl(&["-tls1_2", "-cipher", "AES128-SHA"]), Stack::Tls12, TLS_1_2),
    ];
    for (server, stack, version) in servers {
        let Some(server) = server else { return };
        let (connector, dialled) = (connector(), AtomicUsize::new(0));
        for resumed in [false, true] {
            let dial = || {
                dialled.fetch_add(1, Ordering::Relaxed);
                TcpStream::connect(server.address)
            };
            let info = converse(connector.connect_async_with(name(), 1, dial).await.unwrap()).await;
            assert_eq!((info.stack, info.version, info.resumed), (stack, version, resumed));
        }
        assert_eq!(dialled.into_inner(), if stack == Stack::Tls12 { 3 } else { 2 });
    }
}

#[tokio::test]
async fn a_forced_downgrade_and_a_wrong_name_are_refused() {
    let Some(server) = Server::openssl(&[]) else { return };
    // The first connection is cut.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let cut = listener.local_addr().unwrap();
    let attempt = AtomicUsize::new(0);
    let dial = || {
        let is_first = attempt.fetch_add(1, Ordering::Relaxed) == 0;
        TcpStream::connect(if is_first { cut } else { server.address })
    };
    let connector = connector();
    let connecting = connector.connect_async_with(name(), 1, dial);
    let cutting = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 4096]).await.unwrap();
    };
    let (connected, ()) = tokio::join!(connecting, cutting);
    assert!(connected.unwrap_err().is_downgrade());

    let other = "other.example".try_into().unwrap();
    let refused = connector.connect_async_with(other, 1, || TcpStream::connect(server.address)).await.unwrap_err();
    assert_eq!(refused.certificate_error().unwrap().kind, CertificateErrorKind::NameMismatch);
    assert_eq!((refused.stack(), connector.fallbacks()), (Some(Stack::Rustls), 1));
}

/// The blocking acceptor and the asynchronous one, and the same for connectors.
#[tokio::test]
async fn both_sides_meet_over_tokio() {
    let (serving, address) = serve(acceptor(), 1);
    assert_eq!(converse(connect(&connector(), address).await.unwrap()).await.version, TLS_1_3);
    assert_eq!(serving.join().unwrap()[0].as_ref().unwrap().version, TLS_1_3);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, acceptor, connector) = (listener.local_addr().unwrap(), acceptor(), connector());
    let accepting = async { acceptor.accept_async(listener.accept().await.unwrap().0).await.unwrap() };
    let (ours, theirs) = tokio::join!(connect(&connector, address), accepting);
    let (mut ours, mut theirs) = (ours.unwrap(), theirs);
    assert_eq!(ours.tls_exporter().unwrap(), theirs.tls_exporter().unwrap());
    ours.write_all(b"one way").await.unwrap();
    ours.shutdown().await.unwrap();
    let mut read = Vec::new();
    theirs.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, b"one way");
    // A transport that ends without close_notify is told apart.
    drop(theirs);
    let error = ours.read_to_end(&mut read).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

/// As with the blocking one.
#[tokio::test]
async fn the_requested_name_may_choose_the_acceptor() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, acceptor) = (listener.local_addr().unwrap(), acceptor());
    let accepting = async {
        let (socket, _) = listener.accept().await.unwrap();
        let greeted = LazyAcceptor::read_async(socket, Duration::from_secs(60)).await.unwrap();
        assert_eq!(greeted.server_name(), Some("server.example"));
        greeted.accept_async(&acceptor).await.unwrap()
    };
    let connector = connector();
    let (ours, theirs) = tokio::join!(connect(&connector, address), accepting);
    assert_eq!((ours.unwrap().info().version, theirs.info().version), (TLS_1_3, TLS_1_3));
}

#[tokio::test]
async fn what_is_no_hello_and_a_silent_client_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let error = acceptor().accept_async(listener.accept().await.unwrap().0).await.unwrap_err();
    assert!(matches!(error.get_ref().unwrap().downcast_ref(), Some(Error::NotTls { .. })), "{error}");
    let _silent = TcpStream::connect(address).await.unwrap();
    let hasty = acceptor().handshake_time(Duration::from_millis(50));
    let error = hasty.accept_async(listener.accept().await.unwrap().0).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

/// The examples: one client of hyper for both, and one server of axum.
#[tokio::test]
async fn hyper_fetches_from_both_and_axum_serves_both() {
    if installed("openssl").is_none() {
        return;
    }
    let files = Files::new();
    let path = |name| files.path(name).into_os_string().into_string().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (certificate, key) = (path("local.pem"), path("server.key"));
    tokio::spawn(async move { axum::serve(listener, &certificate, &key).await.unwrap() });
    let Some(old) = Server::openssl_web(&["-tls1_2", "-cipher", "AES128-SHA"]) else { return };
    let urls = [address, old.address].map(|address| format!("https://{address}/"));
    let pages = hyper::get(&path("root.pem"), &urls).await.unwrap();
    assert!(pages[0].starts_with("200 OK\nhello 127.0.0.1, by TLS 1.3, with TLS_AES_256_GCM_SHA384"), "{pages:?}");
    assert!(pages[1].starts_with("200 OK\n") && pages[1].contains("AES128-SHA"), "{pages:?}");

    let error = hyper::get(&path("root.pem"), &[format!("http://{address}/")]).await.unwrap_err();
    assert!(format!("{error:?}").contains("the scheme of the URI is not https but http"), "{error:?}");

    // The server of axum, and an old client.
    let arguments = ["-tls1_2", "-cipher", "AES128-SHA", "-quiet"];
    let client = move || openssl_get(&files, address, &arguments);
    let said = tokio::task::spawn_blocking(client).await.unwrap();
    assert!(said.contains("hello 127.0.0.1, by TLS 1.2, with TLS_RSA_WITH_AES_128_CBC_SHA"), "{said}");
}
