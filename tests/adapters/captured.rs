//! Connections of every adapter are recorded, each side's in a file of its own, which tshark decrypts.

use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use http_body_util::{BodyExt as _, Empty};
use hyper::Uri;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use smol::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tempfile::TempDir;
use tls12::io::axum::{TlsClient, TlsListener};
use tls12::io::blocking::StreamOwned;
use tls12::io::hyper::HttpsConnector;
use tls12::io::pcapng::{Capture, Captured, CapturedListener};
use tls12::io::{futures, tokio as tls_tokio};
use tls12::{ClientConfig, Role, ServerConfig};
use tokio::net::{TcpListener, TcpStream};

use crate::tshark::{assert_sound, count, decrypted, is_here};
use crate::{client, name, run, server, sockets};

const REQUEST: &[u8] = b"what the client says";
const ANSWER: &[u8] = b"what the server says";

/// The two files.
struct Files {
    _folder: TempDir,
    paths: [PathBuf; 2],
    captures: [Capture; 2],
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["client.pcapng", "server.pcapng"].map(|name| folder.path().join(name));
        let captures = paths.each_ref().map(|path| Capture::create(path).unwrap());
        Self { _folder: folder, paths, captures }
    }

    fn configs(&self) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
        let [of_client, of_server] = self.captures.each_ref().map(|capture| Arc::new(capture.clone()));
        (client().key_log(of_client).build().unwrap(), server().key_log(of_server).build().unwrap())
    }

    /// The two ends of a connection, recorded.
    fn recorded<T>(&self, wrap: impl Fn(std::net::TcpStream) -> T) -> [Captured<T>; 2] {
        let (client, server) = sockets();
        let roles = [(client, Role::Client, &self.captures[0]), (server, Role::Server, &self.captures[1])];
        roles.map(|(socket, role, capture)| {
            let flow = capture.flow(role, socket.local_addr().unwrap(), socket.peer_addr().unwrap());
            Captured::new(wrap(socket), flow)
        })
    }

    /// Both files are complete, and contain the same.
    fn assert_complete(&self, request: &[u8], answer: &[u8]) {
        for (path, capture) in self.paths.iter().zip(&self.captures) {
            assert!(capture.take_error().is_none());
            if is_here() {
                assert_sound(path);
                let [sent, received] = decrypted(path, 0);
                assert_eq!(
                    (sent.escape_ascii().to_string(), received.escape_ascii().to_string()),
                    (request.escape_ascii().to_string(), answer.escape_ascii().to_string())
                );
                assert_eq!(count(path, "tcp.flags.fin == 1"), 2);
            }
        }
    }
}

#[test]
fn blocking() {
    let files = Files::new();
    let (client_config, server_config) = files.configs();
    let [client, server] = files.recorded(|socket| socket);
    let serving = thread::spawn(move || {
        let mut stream = StreamOwned::server(server_config, server);
        let mut request = [0; REQUEST.len()];
        stream.read_exact(&mut request).unwrap();
        stream.write_all(ANSWER).unwrap();
        stream.close().unwrap();
        // Until the client has closed.
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        let mut transport = stream.into_parts().transport;
        transport.get_ref().shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(transport.read(&mut [0]).unwrap(), 0);
    });
    let mut stream = StreamOwned::client(client_config, name(), client).unwrap();
    stream.write_all(REQUEST).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    stream.close().unwrap();
    let mut transport = stream.into_parts().transport;
    transport.get_ref().shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(transport.read(&mut [0]).unwrap(), 0);
    drop(transport);
    serving.join().unwrap();
    files.assert_complete(REQUEST, ANSWER);
}

#[test]
fn tokio() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let files = Files::new();
    let (client_config, server_config) = files.configs();
    run(async {
        let [client, server] = files.recorded(|socket| {
            socket.set_nonblocking(true).unwrap();
            TcpStream::from_std(socket).unwrap()
        });
        let serving = async {
            let mut stream = tls_tokio::TlsAcceptor::new(server_config).accept(server).await.unwrap();
            let mut request = [0; REQUEST.len()];
            stream.read_exact(&mut request).await.unwrap();
            stream.write_all(ANSWER).await.unwrap();
            stream.shutdown().await.unwrap();
            assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
            let mut transport = stream.into_parts().transport;
            assert_eq!(transport.read(&mut [0]).await.unwrap(), 0);
        };
        let asking = async {
            let mut stream = tls_tokio::TlsConnector::new(client_config).connect(name(), client).await.unwrap();
            stream.write_all(REQUEST).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            stream.shutdown().await.unwrap();
            let mut transport = stream.into_parts().transport;
            assert_eq!(transport.read(&mut [0]).await.unwrap(), 0);
        };
        tokio::join!(serving, asking);
    });
    files.assert_complete(REQUEST, ANSWER);
}

#[test]
fn futures() {
    let files = Files::new();
    let (client_config, server_config) = files.configs();
    smol::block_on(async {
        let [client, server] = files.recorded(|socket| smol::net::TcpStream::try_from(socket).unwrap());
        let serving = async {
            let mut stream = futures::TlsAcceptor::new(server_config).accept(server).await.unwrap();
            let mut request = [0; REQUEST.len()];
            stream.read_exact(&mut request).await.unwrap();
            stream.write_all(ANSWER).await.unwrap();
            stream.close().await.unwrap();
            assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
            let mut transport = stream.into_parts().transport;
            assert_eq!(transport.read(&mut [0]).await.unwrap(), 0);
        };
        let asking = async {
            let mut stream = futures::TlsConnector::new(client_config).connect(name(), client).await.unwrap();
            stream.write_all(REQUEST).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            stream.close().await.unwrap();
            let mut transport = stream.into_parts().transport;
            assert_eq!(transport.read(&mut [0]).await.unwrap(), 0);
        };
        smol::future::zip(serving, asking).await;
    });
    files.assert_complete(REQUEST, ANSWER);
}

/// Connects to one server, and records it.
#[derive(Clone)]
struct Recording {
    address: std::net::SocketAddr,
    capture: Capture,
}

impl tower_service::Service<Uri> for Recording {
    type Response = TokioIo<Captured<TcpStream>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { address, capture } = self.clone();
        Box::pin(async move {
            let socket = TcpStream::connect(address).await?;
            let flow = capture.flow(Role::Client, socket.local_addr()?, socket.peer_addr()?);
            Ok(TokioIo::new(Captured::new(socket, flow)))
        })
    }
}

/// hyper's client and axum's server; the handler knows the client as it does without a recording.
#[test]
fn hyper_and_axum() {
    let files = Files::new();
    let (client_config, server_config) = files.configs();
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listener = CapturedListener::new(listener, files.captures[1].clone());
        let listener = TlsListener::new(listener, tls_tokio::TlsAcceptor::new(server_config));
        let handler = async |ConnectInfo(client): ConnectInfo<TlsClient>| {
            assert!(client.address.ip().is_loopback() && client.info.is_some());
            "what axum says"
        };
        let router = Router::new().route("/", get(handler)).into_make_service_with_connect_info::<TlsClient>();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        let recording = Recording { address, capture: files.captures[0].clone() };
        let client: Client<_, Empty<Bytes>> =
            Client::builder(TokioExecutor::new()).build(HttpsConnector::https_only(recording, client_config));
        let uri = format!("https://{}/", crate::support::pki::SERVER_NAME).parse().unwrap();
        let answer = client.get(uri).await.unwrap().into_body().collect().await.unwrap().to_bytes();
        assert_eq!(answer, "what axum says");
        drop(client);
        serving.abort();
        let _ = serving.await;
    });
    for path in files.paths.iter().filter(|_| is_here()) {
        assert_sound(path);
        let [request, answer] = decrypted(path, 0).map(|said| String::from_utf8(said).unwrap());
        assert!(request.starts_with("GET / HTTP/1.1\r\n"), "{request}");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nwhat axum says"), "{answer}");
    }
}
