//! axum's listener: no client keeps the others out.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::serve::Listener as _;
use tls12::Need;
use tls12::io::axum::TlsListener;
use tls12::io::tokio::{TlsAcceptor, TlsConnector};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::{client_config, name, run, server_config};

/// With as many handshakes as there may be, the oldest client that says nothing goes, and a new one comes in.
#[test]
fn clients_that_say_nothing_keep_nobody_out() {
    run(async {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (tell, mut told) = mpsc::unbounded_channel();
        let mut listener = TlsListener::new(socket, TlsAcceptor::new(server_config()))
            .max_handshakes(NonZeroUsize::new(4).unwrap())
            .on_failure(move |address, error| tell.send((*address, error)).unwrap());
        let mut silent = Vec::new();
        for _ in 0..6 {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        let connector = TlsConnector::new(client_config());
        let client = async { connector.connect(name(), TcpStream::connect(address).await.unwrap()).await };
        let (client, (server, _)) = tokio::join!(client, listener.accept());
        assert!(client.is_ok() && server.info().is_some());
        // Those that came first.
        for gone in &mut silent[..3] {
            let (address, error) = told.try_recv().unwrap();
            assert_eq!((address, error.kind()), (gone.local_addr().unwrap(), std::io::ErrorKind::TimedOut));
            assert_eq!(gone.read(&mut [0]).await.unwrap(), 0);
        }
        assert!(told.try_recv().is_err(), "and no others");
    });
}

/// One client's handshake panics. Another, which has connected before, completes its own, and nobody else connects.
#[test]
fn a_handshake_that_panics_keeps_nobody_waiting() {
    run(async {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked = AtomicUsize::new(0);
        let acceptor = TlsAcceptor::new(crate::server().tickets_later().build().unwrap()).answering(move |need| {
            let first = asked.fetch_add(1, Ordering::Relaxed) == 0;
            async move {
                assert!(!first, "this is a test of a panic");
                match need {
                    Need::SealTicket(request) => request.sealed(None),
                    other => panic!("{other:?}"),
                }
            }
        });
        let (tell, mut told) = mpsc::unbounded_channel();
        let mut listener = TlsListener::new(socket, acceptor).on_failure(move |_, error| tell.send(error).unwrap());
        let accepting = tokio::spawn(async move { listener.accept().await });
        let second = TcpStream::connect(address).await.unwrap();
        let connector = Arc::new(TlsConnector::new(client_config()));
        let first = connector.connect(name(), TcpStream::connect(address).await.unwrap()).await;
        assert!(first.is_err());
        assert!(told.recv().await.unwrap().to_string().contains("panicked"));
        let second = connector.connect(name(), second).await.unwrap();
        assert!(second.info().is_some());
        assert!(accepting.await.unwrap().0.info().is_some());
    });
}
