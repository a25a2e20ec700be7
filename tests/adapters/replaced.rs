//! A server whose configuration is replaced while it runs: every acceptor uses the new one for new connections.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use axum::serve::Listener as _;
use tls12::crypto::ring;
use tls12::io::{CurrentConfig, axum as tls_axum, blocking, futures, tokio as tls_tokio};
use tls12::{ClientConfig, ServerConfig};

use crate::support::pki::{KeyKind, PKI, Pinned};
use crate::{client_config, name, run, server_config, sockets};

/// The configuration with another certificate, and the client that trusts it.
fn renewed(old: &ServerConfig) -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let config = ServerConfig::builder(PKI.server(KeyKind::Rsa).credential(&*ring::provider())).resuming_as(old);
    (config.build().unwrap(), ClientConfig::builder(Pinned::server()).build().unwrap())
}

/// Connects to a server, which accepts by `accept`, before and after its configuration is replaced. A session of before is
/// resumed after it.
fn replaced_between(current: &CurrentConfig, accept: impl Fn(TcpStream) + Sync) {
    let (config, trusting_new) = renewed(&current.get());
    let trusting_old = client_config();
    let connect = |config: &Arc<ClientConfig>| {
        let (client, server) = sockets();
        std::thread::scope(|scope| {
            scope.spawn(|| accept(server));
            let mut stream = blocking::StreamOwned::client(Arc::clone(config), name(), client).unwrap();
            stream.complete_handshake().map(|()| stream.info().unwrap().resumed()).ok()
        })
    };
    assert_eq!((connect(&trusting_old), connect(&trusting_new)), (Some(false), None));
    current.replace(config);
    assert_eq!((connect(&trusting_old), connect(&trusting_new)), (Some(true), Some(false)));
    // One that has no session sees the new certificate.
    assert_eq!(connect(&client_config()), None);
}

#[test]
fn the_acceptor_of_tokio() {
    let current = CurrentConfig::new(server_config());
    let acceptor = tls_tokio::TlsAcceptor::new(&current);
    replaced_between(&current, |socket| {
        run(async {
            socket.set_nonblocking(true).unwrap();
            let _ = acceptor.accept(tokio::net::TcpStream::from_std(socket).unwrap()).await;
        });
    });
    // And where the ClientHello is read first.
    let current = CurrentConfig::new(server_config());
    let acceptor = tls_tokio::TlsAcceptor::new(&current);
    replaced_between(&current, |socket| {
        run(async {
            socket.set_nonblocking(true).unwrap();
            let socket = tokio::net::TcpStream::from_std(socket).unwrap();
            let _ = tls_tokio::LazyAcceptor::read(socket).await.unwrap().accept(&acceptor).await;
        });
    });
}

#[test]
fn the_acceptor_of_futures() {
    let current = CurrentConfig::new(server_config());
    let acceptor = futures::TlsAcceptor::new(&current);
    replaced_between(&current, |socket| {
        let _ = smol::block_on(acceptor.accept(smol::net::TcpStream::try_from(socket).unwrap()));
    });
}

#[test]
fn the_listener_of_axum() {
    let current = CurrentConfig::new(server_config());
    let acceptor = tls_tokio::TlsAcceptor::new(&current);
    replaced_between(&current, |socket| {
        run(async {
            socket.set_nonblocking(true).unwrap();
            let socket = tokio::net::TcpStream::from_std(socket).unwrap();
            let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
            let mut listener = tls_axum::TlsListener::new(One(Some(socket)), acceptor.clone())
                .on_failure(move |_, error| tell.send(error).unwrap());
            tokio::select! {
                _ = listener.accept() => {}
                _ = told.recv() => {}
            }
        });
    });
}

/// Its one client has connected.
struct One(Option<tokio::net::TcpStream>);

impl axum::serve::Listener for One {
    type Io = tokio::net::TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        match self.0.take() {
            Some(socket) => {
                let address = socket.peer_addr().unwrap();
                (socket, address)
            }
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(([127, 0, 0, 1], 1).into())
    }
}
