//! The streams that are polled, and their halves: of tokio, futures, hyper, postgres, and axum's listener.

use std::future::Ready;
use std::net::{Ipv4Addr, SocketAddr};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use hyper_util::rt::TokioIo;
use rand::RngExt as _;
use tls12::io::{axum as tls_axum, futures, hyper as tls_hyper, postgres, tokio as tls_tokio};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::runtime::Builder;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect as _};

use super::fickle::{Fickle, Other};
use super::{Script, Side};
use crate::support::pki::SERVER_NAME;
use crate::support::polls::a_few_polls;
use crate::{TIMEOUT, client_config, name, server_config};

/// Whose streams.
#[derive(Clone, Copy, Debug)]
enum Adapter {
    Tokio,
    Futures,
    /// Its client; the server is tokio's.
    Hyper,
    /// Its client; the server is tokio's.
    Postgres,
    /// Its listener; the client is tokio's.
    Axum,
}

/// How a stream is used.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// By one task, as a whole.
    OneTask,
    /// By two tasks that share it, behind a lock.
    Shared,
    /// By two tasks that have a half each.
    Halves,
}

#[derive(Clone, Copy, Debug)]
enum Threads {
    One,
    Two,
}

pub fn round(seed: u64) {
    use Adapter::{Axum, Futures, Hyper, Postgres, Tokio};
    for threads in [Threads::One, Threads::Two] {
        let runtime = match threads {
            Threads::One => Builder::new_current_thread().enable_all().build(),
            Threads::Two => Builder::new_multi_thread().worker_threads(2).enable_all().build(),
        };
        let runtime = runtime.unwrap();
        for adapter in [Tokio, Futures, Hyper, Postgres, Axum] {
            for shape in [Shape::OneTask, Shape::Shared, Shape::Halves] {
                for room in [500, 20_000] {
                    let what = format!("seed {seed}: {adapter:?}, {shape:?}, {threads:?}, room for {room}");
                    let exchange = runtime.spawn(exchange(adapter, shape, seed, room));
                    let done = runtime.block_on(async { tokio::time::timeout(TIMEOUT, exchange).await });
                    done.unwrap_or_else(|_| panic!("it hangs: {what}"))
                        .unwrap_or_else(|error| panic!("{what}: {error}"));
                }
            }
        }
    }
}

async fn exchange(adapter: Adapter, shape: Shape, seed: u64, room: usize) {
    let (client, server) = Fickle::pair(seed, room);
    // The handshakes take as long as the machine does.
    let connector = tls_tokio::TlsConnector::new(client_config()).handshake_time(Duration::MAX);
    let acceptor = tls_tokio::TlsAcceptor::new(server_config()).handshake_time(Duration::MAX);
    match adapter {
        Adapter::Tokio => {
            let (client, server) = tokio::join!(connector.connect(name(), client), acceptor.accept(server));
            both(client.unwrap(), server.unwrap(), shape, seed).await;
        }
        Adapter::Futures => {
            let connector = futures::TlsConnector::new(client_config()).handshake_time(Duration::MAX);
            let acceptor = futures::TlsAcceptor::new(server_config()).handshake_time(Duration::MAX);
            let (client, server) =
                tokio::join!(connector.connect(name(), Other(client)), acceptor.accept(Other(server)));
            both(Other(client.unwrap()), Other(server.unwrap()), shape, seed).await;
        }
        Adapter::Hyper => {
            let mut connector =
                tls_hyper::HttpsConnector::https_only(Give(Some(TokioIo::new(client))), client_config());
            let connecting = tower_service::Service::call(&mut connector, "https://server.example/".parse().unwrap());
            let (client, server) = tokio::join!(connecting, acceptor.accept(server));
            both(TokioIo::new(client.unwrap()), server.unwrap(), shape, seed).await;
        }
        Adapter::Postgres => {
            let mut connector = postgres::PostgresConnector::from(connector);
            let connect = MakeTlsConnect::<Fickle>::make_tls_connect(&mut connector, SERVER_NAME).unwrap();
            let (client, server) = tokio::join!(connect.connect(client), acceptor.accept(server));
            both(client.unwrap(), server.unwrap(), shape, seed).await;
        }
        Adapter::Axum => {
            let mut listener = tls_axum::TlsListener::new(One(Some(server)), acceptor);
            let (client, (server, _)) = tokio::join!(connector.connect(name(), client), listener.accept());
            both(client.unwrap(), server, shape, seed).await;
        }
    }
}

/// A stream that comes in halves.
trait Splits: AsyncRead + AsyncWrite + Unpin + Send + Sized + 'static {
    fn halves(self) -> (Box<dyn AsyncRead + Unpin + Send>, Box<dyn AsyncWrite + Unpin + Send>);
}

impl Splits for tls_tokio::TlsStream<Fickle> {
    fn halves(self) -> (Box<dyn AsyncRead + Unpin + Send>, Box<dyn AsyncWrite + Unpin + Send>) {
        let (reader, writer) = self.into_split(tokio::io::split).unwrap();
        (Box::new(reader), Box::new(writer))
    }
}

impl Splits for Other<futures::TlsStream<Other<Fickle>>> {
    fn halves(self) -> (Box<dyn AsyncRead + Unpin + Send>, Box<dyn AsyncWrite + Unpin + Send>) {
        let split = |transport: Other<Fickle>| {
            let (reader, writer) = tokio::io::split(transport.0);
            (Other(reader), Other(writer))
        };
        let (reader, writer) = self.0.into_split(split).unwrap();
        (Box::new(Other(reader)), Box::new(Other(writer)))
    }
}

/// It has no halves of its own.
impl Splits for TokioIo<tls_hyper::HttpStream<Transport>> {
    fn halves(self) -> (Box<dyn AsyncRead + Unpin + Send>, Box<dyn AsyncWrite + Unpin + Send>) {
        let (reader, writer) = tokio::io::split(self);
        (Box::new(reader), Box::new(writer))
    }
}

/// Both sides do what they have to, each in its own task or tasks.
async fn both(client: impl Splits, server: impl Splits, shape: Shape, seed: u64) {
    let server = tokio::spawn(side(server, shape, seed, Side::Server));
    side(client, shape, seed, Side::Client).await;
    server.await.unwrap();
}

async fn side(stream: impl Splits, shape: Shape, seed: u64, side: Side) {
    match shape {
        Shape::OneTask => in_one_task(stream, seed, side).await,
        Shape::Shared => {
            let (reader, writer) = tokio::io::split(stream);
            in_two_tasks(reader, writer, seed, side).await;
        }
        Shape::Halves => {
            let (reader, writer) = stream.halves();
            in_two_tasks(reader, writer, seed, side).await;
        }
    }
}

/// Reads and writes in turns, and gives each up after a few polls: who waited for the peer to read would not read itself.
async fn in_one_task(mut stream: impl Splits, seed: u64, side: Side) {
    let mut script = Script::new(seed, side);
    let mut buf = vec![0; 40_000];
    while !script.done() {
        if script.random.random_bool(0.5) {
            read(&mut script, &mut stream, &mut buf, Patience::Short).await;
        } else {
            write(&mut script, &mut stream, Patience::Short).await;
        }
        tokio::task::yield_now().await;
    }
}

async fn in_two_tasks(
    mut reader: impl AsyncRead + Unpin,
    mut writer: impl AsyncWrite + Unpin + Send + 'static,
    seed: u64,
    side: Side,
) {
    let writing = tokio::spawn(async move {
        let mut script = Script::new(seed, side);
        while !script.closed {
            write(&mut script, &mut writer, Patience::Any).await;
        }
        // Not dropped before the peer has read all.
        writer
    });
    let mut script = Script::new(seed, side);
    let mut buf = vec![0; 40_000];
    while !script.ended {
        read(&mut script, &mut reader, &mut buf, Patience::Any).await;
    }
    drop(writing.await.unwrap());
}

async fn read(script: &mut Script, reader: &mut (impl AsyncRead + Unpin), buf: &mut [u8], patience: Patience) {
    if script.ended {
        return;
    }
    let len = script.random.random_range(1..=buf.len());
    let polls = patience.polls(script);
    if let Some(n) = patient(reader.read(&mut buf[..len]), polls).await {
        script.received(&buf[..n.unwrap()]);
    }
}

/// Writes, flushes, or closes in the end.
async fn write(script: &mut Script, writer: &mut (impl AsyncWrite + Unpin), patience: Patience) {
    let polls = patience.polls(script);
    let flushes = script.random.random_bool(0.2);
    if script.closed {
        return;
    }
    if script.all_sent() {
        script.closed = patient(writer.shutdown(), polls).await.map(Result::unwrap).is_some();
    } else if flushes {
        if let Some(flushed) = patient(writer.flush(), polls).await {
            flushed.unwrap();
        }
    } else if let Some(n) = patient(writer.write(script.piece()), polls).await {
        script.sent(n.unwrap());
    }
}

/// When an operation is given up.
#[derive(Clone, Copy)]
enum Patience {
    /// After a few polls.
    Short,
    /// After a few polls, or not at all.
    Any,
}

impl Patience {
    /// After how many polls; none: not at all.
    fn polls(self, script: &mut Script) -> Option<u32> {
        let polls = script.random.random_range(0..3);
        match self {
            Self::Any if script.random.random_bool(0.3) => None,
            _ => Some(polls),
        }
    }
}

async fn patient<F: Future>(future: F, polls: Option<u32>) -> Option<F::Output> {
    match polls {
        Some(polls) => a_few_polls(future, polls).await,
        None => Some(future.await),
    }
}

/// A transport for hyper.
type Transport = TokioIo<Fickle>;

/// Gives away what it has: the connector below that of hyper's TLS.
struct Give(Option<Transport>);

impl tower_service::Service<hyper::Uri> for Give {
    type Response = Transport;
    type Error = std::io::Error;
    type Future = Ready<Result<Transport, std::io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: hyper::Uri) -> Self::Future {
        std::future::ready(Ok(self.0.take().unwrap()))
    }
}

/// A listener for axum, with one client.
struct One(Option<Fickle>);

impl Listener for One {
    type Io = Fickle;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Fickle, SocketAddr) {
        match self.0.take() {
            Some(client) => (client, (Ipv4Addr::LOCALHOST, 1).into()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok((Ipv4Addr::LOCALHOST, 1).into())
    }
}
