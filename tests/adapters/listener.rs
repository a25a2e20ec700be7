//! axum's listener: no client keeps the others out.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::serve::Listener as _;
use tls12::io::axum::TlsListener;
use tls12::io::tokio::{TlsAcceptor, TlsConnector};
use tls12::{Connection, Need, UnixTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

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

/// Accepts connections in memory, each with a number.
struct Pipes(mpsc::UnboundedReceiver<(DuplexStream, usize)>);

impl axum::serve::Listener for Pipes {
    type Io = DuplexStream;
    type Addr = usize;

    async fn accept(&mut self) -> (DuplexStream, usize) {
        match self.0.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<usize> {
        Ok(0)
    }
}

/// Runs `test` on a clock that goes on by itself when nothing else does.
fn run_paused<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(test)
}

fn client_hello() -> Vec<u8> {
    let mut hello = Vec::new();
    let _ = Connection::client(client_config(), name(), UnixTime::now(), &mut hello).unwrap();
    hello
}

/// The limit of a handshake is one for all of it: a client that says something just before it is over gains nothing.
#[test]
fn a_late_client_hello_does_not_prolong_the_handshake() {
    const LIMIT: Duration = Duration::from_secs(10);
    run_paused(async {
        let (connect, accepted) = mpsc::unbounded_channel();
        let (tell, mut told) = mpsc::unbounded_channel();
        let mut listener = TlsListener::new(Pipes(accepted), TlsAcceptor::new(server_config()))
            .handshake_time(LIMIT)
            .on_failure(move |_, error| tell.send((error.kind(), Instant::now())).unwrap());
        tokio::spawn(async move { listener.accept().await });
        let (mut client, server) = duplex(1 << 14);
        let start = Instant::now();
        connect.send((server, 1)).unwrap();
        sleep(LIMIT - Duration::from_millis(100)).await;
        client.write_all(&client_hello()).await.unwrap();
        let (kind, end) = told.recv().await.unwrap();
        assert_eq!(kind, io::ErrorKind::TimedOut);
        let took = end - start;
        // The runtime's timers have a resolution of a millisecond.
        assert!((LIMIT..LIMIT + Duration::from_millis(10)).contains(&took), "{took:?}");
    });
}

/// Clients that stop after their ClientHello have all places: the oldest of them goes, not who has just come.
#[test]
fn clients_that_stop_after_their_hello_keep_nobody_out() {
    run_paused(async {
        let (connect, accepted) = mpsc::unbounded_channel();
        let (tell, mut told) = mpsc::unbounded_channel();
        let mut listener = TlsListener::new(Pipes(accepted), TlsAcceptor::new(server_config()))
            .max_handshakes(NonZeroUsize::new(4).unwrap())
            .on_failure(move |number, _| tell.send(*number).unwrap());
        let accepting = tokio::spawn(async move { listener.accept().await.1 });
        let mut kept = Vec::new();
        for number in 0..4 {
            let (mut client, server) = duplex(1 << 14);
            client.write_all(&client_hello()).await.unwrap();
            connect.send((server, number)).unwrap();
            kept.push(client);
        }
        // All have spoken, and all are slow.
        sleep(Duration::from_secs(2)).await;
        let (newcomer, server) = duplex(1 << 14);
        connect.send((server, 4)).unwrap();
        sleep(Duration::from_millis(10)).await;
        // One more, while the newcomer has not said anything yet.
        let (another, server) = duplex(1 << 14);
        connect.send((server, 5)).unwrap();
        sleep(Duration::from_millis(10)).await;
        assert_eq!([told.recv().await, told.recv().await], [Some(0), Some(1)]);
        let connector = TlsConnector::new(client_config());
        assert!(connector.connect(name(), newcomer).await.is_ok());
        assert_eq!(accepting.await.unwrap(), 4);
        drop(another);
    });
}
