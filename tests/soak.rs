//! Many connections at once on tokio, on two threads: data of random sizes, and peers that leave at random. Nothing may be
//! lost, nothing may be left allocated, and no task may wait for ever.
#![cfg(all(feature = "tokio", feature = "ring"))]

mod support;

use std::alloc::System;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rustls_pki_types::ServerName;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use support::pki::{KeyKind, PKI, Pinned, SERVER_NAME};
use tls12::crypto::ring;
use tls12::io::tokio::{TlsAcceptor, TlsConnector, TlsStream};
use tls12::{ClientConfig, ServerConfig};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The connections that are open at once.
const CONNECTIONS: usize = 2000;

/// For how long it goes on, round after round; but at least [`MIN_ROUNDS`].
const TIME: Duration = Duration::from_secs(30);

/// The first warms caches up, the others are compared with it.
const MIN_ROUNDS: u64 = 3;

/// No round takes so long: it keeps a fault from hanging the test. (In a build without optimisation, on a busy machine.)
const ROUND_TIMEOUT: Duration = Duration::from_secs(300);

/// What a round may leave allocated beside what the first left: far less than one connection in 100 holds, which is a few
/// thousand bytes and a buffer of 4096.
const MAX_LEFT: usize = 64 * 1024;

/// What happened in a round.
#[derive(Default)]
struct Counts {
    /// Clients that did all that they had to do.
    whole: AtomicUsize,
    /// Clients that left.
    left: AtomicUsize,
    /// Servers of the first.
    served: AtomicUsize,
    /// Servers of the others.
    abandoned: AtomicUsize,
    /// What came back of what was sent.
    bytes: AtomicUsize,
}

/// What the client of this number in this round does. The server can compute it too.
struct Script {
    /// The messages, each of which the server sends back.
    lengths: Vec<usize>,
    /// After so many messages the client leaves: without a word, in the midst of the next.
    leaves_after: Option<usize>,
}

impl Script {
    fn new(round: u64, number: usize) -> Self {
        let mut random = StdRng::seed_from_u64(round << 32 | u64::try_from(number).unwrap());
        let count = random.random_range(1..=6);
        // Most are short, some take several records.
        let length = |random: &mut StdRng| match random.random_range(0..10) {
            0 => random.random_range(1..=60_000),
            1..4 => random.random_range(1..=5000),
            _ => random.random_range(1..=300),
        };
        let lengths: Vec<usize> = (0..count).map(|_| length(&mut random)).collect();
        let leaves_after = random.random_bool(0.25).then(|| random.random_range(0..count));
        Self { lengths, leaves_after }
    }
}

/// The bytes of a message: no two messages are alike.
fn message(round: u64, number: usize, index: usize, len: usize) -> Vec<u8> {
    let seed = round ^ u64::try_from(number * 64 + index).unwrap().rotate_left(20);
    let mut message = vec![0; len];
    rand::Rng::fill_bytes(&mut StdRng::seed_from_u64(seed), &mut message);
    message
}

/// What all clients of a round have in common.
struct Round {
    number: u64,
    address: std::net::SocketAddr,
    connector: TlsConnector,
    /// Nobody says anything before all are connected.
    all_connected: Barrier,
    counts: Arc<Counts>,
}

async fn client(round: Arc<Round>, number: usize) {
    let socket = TcpStream::connect(round.address).await.unwrap();
    let name = ServerName::try_from(SERVER_NAME).unwrap();
    let stream = round.connector.connect(name, socket).await.unwrap();
    round.all_connected.wait().await;
    // Half of them share a stream between two directions, half have it split.
    if number.is_multiple_of(2) {
        let (reader, writer) = tokio::io::split(stream);
        talk(&round, number, reader, writer).await;
    } else {
        let (reader, writer) = stream.into_split(TcpStream::into_split).unwrap();
        talk(&round, number, reader, writer).await;
    }
}

/// Sends each message, and reads it back meanwhile.
async fn talk(round: &Round, number: usize, mut reader: impl AsyncRead + Unpin, mut writer: impl AsyncWrite + Unpin) {
    let Script { lengths, leaves_after } = Script::new(round.number, number);
    for (index, len) in lengths.into_iter().enumerate() {
        let sent = message(round.number, number, index, len);
        let head = u32::try_from(len).unwrap().to_be_bytes();
        writer.write_all(&head).await.unwrap();
        if leaves_after == Some(index) {
            writer.write_all(&sent[..len / 2]).await.unwrap();
            round.counts.left.fetch_add(1, Relaxed);
            return;
        }
        let mut received = vec![0; len];
        let write = async {
            writer.write_all(&sent).await.unwrap();
            writer.flush().await.unwrap();
        };
        let (read, ()) = tokio::join!(reader.read_exact(&mut received), write);
        assert_eq!(read.unwrap(), len);
        assert!(received == sent, "client {number} of round {}: other data in message {index}", round.number);
        round.counts.bytes.fetch_add(len, Relaxed);
    }
    writer.shutdown().await.unwrap();
    assert_eq!(reader.read(&mut [0]).await.unwrap(), 0, "the server closes as well");
    round.counts.whole.fetch_add(1, Relaxed);
}

/// Sends back what a client sends, until it closes or is gone.
async fn serve(acceptor: TlsAcceptor, socket: TcpStream, counts: Arc<Counts>) {
    let mut stream = acceptor.accept(socket).await.unwrap();
    match echo(&mut stream).await {
        Ok(()) => counts.served.fetch_add(1, Relaxed),
        Err(error) => {
            // Gone, as it meant to be. What it has not read makes its system reset the connection.
            let kinds = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
            assert!(kinds.contains(&error.kind()), "{error:?}");
            counts.abandoned.fetch_add(1, Relaxed)
        }
    };
}

async fn echo(stream: &mut TlsStream<TcpStream>) -> std::io::Result<()> {
    while !stream.fill_buf().await?.is_empty() {
        let len = stream.read_u32().await?;
        let mut left = usize::try_from(len).unwrap();
        let mut piece = vec![0; 5000];
        while left > 0 {
            let room = left.min(piece.len());
            let n = stream.read(&mut piece[..room]).await?;
            stream.write_all(&piece[..n]).await?;
            left -= n;
        }
        stream.flush().await?;
    }
    stream.shutdown().await
}

/// What is allocated now, in bytes.
fn allocated() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// One round; returns when every task on either side has ended.
async fn round(number: u64, connector: TlsConnector, acceptor: TlsAcceptor) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let counts = Arc::new(Counts::default());
    let round = Arc::new(Round {
        number,
        address: listener.local_addr().unwrap(),
        connector,
        all_connected: Barrier::new(CONNECTIONS),
        counts: Arc::clone(&counts),
    });
    let mut clients: JoinSet<()> = (0..CONNECTIONS).map(|number| client(Arc::clone(&round), number)).collect();
    let mut servers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        servers.spawn(serve(acceptor.clone(), listener.accept().await.unwrap().0, Arc::clone(&counts)));
    }
    // A panic of any is one here.
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    while let Some(ended) = servers.join_next().await {
        ended.unwrap();
    }
    let Counts { whole, left, served, abandoned, bytes } = &*counts;
    let [whole, left, served, abandoned, bytes] = [whole, left, served, abandoned, bytes].map(|n| n.load(Relaxed));
    let leaving = (0..CONNECTIONS).filter(|client| Script::new(number, *client).leaves_after.is_some()).count();
    assert_eq!((whole, left), (CONNECTIONS - leaving, leaving));
    assert_eq!((served, abandoned), (whole, left));
    println!("round {number}: {whole} whole, {left} left, {bytes} bytes there and back");
}

#[test]
#[ignore = "it takes half a minute, and 4,100 open files: ulimit -n 8192"]
fn nothing_is_lost_left_or_stuck() {
    let config = ClientConfig::builder(Arc::new(Pinned(PKI.server(KeyKind::P256).certificate.clone())));
    // So many at once take as long as the machine does.
    let connector = TlsConnector::new(config.no_session_store().build().unwrap()).handshake_time(Duration::MAX);
    // A store of sessions would grow until it is full.
    let config = ServerConfig::builder(PKI.server(KeyKind::P256).credential(&*ring::provider())).no_session_store();
    let acceptor = TlsAcceptor::new(config.build().unwrap()).handshake_time(Duration::MAX);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let start = Instant::now();
    let mut after_first = None;
    for number in 0.. {
        runtime.block_on(async {
            let round = tokio::spawn(round(number, connector.clone(), acceptor.clone()));
            tokio::time::timeout(ROUND_TIMEOUT, round).await.expect("a task is stuck").unwrap();
        });
        let now = allocated();
        println!("{now} bytes allocated after {:?}", start.elapsed());
        let after_first = *after_first.get_or_insert(now);
        assert!(now <= after_first + MAX_LEFT, "{now} bytes are left, where {after_first} were after the first round");
        if number + 1 >= MIN_ROUNDS && start.elapsed() >= TIME {
            return;
        }
    }
}
