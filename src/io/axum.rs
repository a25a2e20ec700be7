//! HTTPS for axum's server.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use tls12::io::axum::TlsListener;
//! use tls12::io::tokio::TlsAcceptor;
//! use tls12::{Credential, ServerConfig};
//! # #[cfg(feature = "ring")]
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! # use tls12::crypto::ring;
//!
//! let credential =
//!     Credential::from_pem(&*ring::provider(), &std::fs::read("server.pem")?, &std::fs::read("server.key")?)?;
//! let config = ServerConfig::builder(credential).protocols(["h2", "http/1.1"]).build()?;
//! let socket = tokio::net::TcpListener::bind("0.0.0.0:443").await?;
//! let listener = TlsListener::new(socket, TlsAcceptor::new(config));
//! axum::serve(listener, Router::new().route("/", get(async || "hello"))).await?;
//! # Ok(())
//! # }
//! ```

use alloc::sync::Arc;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::tokio::{HandshakeError, TlsAcceptor, TlsStream};
use crate::handshake::ConnectionInfo;

/// The most handshakes at once: each may hold memory and a socket of a client that says nothing.
const MAX_HANDSHAKES: usize = 1024;

/// How long a handshake may take by default. nginx and Apache allow a client 60 seconds for its whole first request; a
/// handshake is two round trips.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// What is told of a handshake that failed.
type Report<A> = Arc<dyn Fn(&A, io::Error) + Send + Sync>;

/// A handshake that has ended, and with whom.
type Done<L> = (Result<TlsStream<<L as Listener>::Io>, io::Error>, <L as Listener>::Addr);

/// Listens for connections, and hands them out when the TLS handshake is complete. Handshakes go on side by side, each in
/// a task of its own, up to 1024 of them; with more, clients wait in the queue of the socket.
///
/// A handler learns of the client and its certificates by [`TlsClient`].
pub struct TlsListener<L: Listener> {
    listener: L,
    acceptor: TlsAcceptor,
    time: Duration,
    failed: Option<Report<L::Addr>>,
    handshakes: JoinSet<Done<L>>,
}

impl<L: Listener> TlsListener<L> {
    /// One over `listener`, such as a `TcpListener`.
    pub fn new(listener: L, acceptor: TlsAcceptor) -> Self {
        Self { listener, acceptor, time: HANDSHAKE_TIME, failed: None, handshakes: JoinSet::new() }
    }

    /// Gives each client so much time for its handshake, instead of 10 seconds.
    #[must_use]
    pub fn handshake_time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// Tells `failed` of each handshake that fails, and why.
    #[must_use]
    pub fn on_failure(mut self, failed: impl Fn(&L::Addr, io::Error) + Send + Sync + 'static) -> Self {
        self.failed = Some(Arc::new(failed));
        self
    }
}

impl<L: Listener<Addr: 'static>> Listener for TlsListener<L> {
    type Io = TlsStream<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (transport, address) = self.listener.accept(), if self.handshakes.len() < MAX_HANDSHAKES => {
                    let (acceptor, time) = (self.acceptor.clone(), self.time);
                    self.handshakes.spawn(async move {
                        let done = timeout(time, acceptor.accept(transport)).await;
                        (done.map_err(io::Error::from).and_then(|done| done.map_err(HandshakeError::into)), address)
                    });
                }
                Some(Ok((done, address))) = self.handshakes.join_next() => match (done, &self.failed) {
                    (Ok(stream), _) => return (stream, address),
                    (Err(error), Some(failed)) => failed(&address, error),
                    (Err(_), None) => {}
                },
                // All may be under way, and one of them have panicked in what it was told to decide: the others go on.
                else => {}
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// The client of a [`TlsListener`] over TCP: the connection info that `into_make_service_with_connect_info` gives to the
/// handlers.
#[derive(Clone, Debug)]
pub struct TlsClient {
    /// Its address.
    pub address: SocketAddr,
    /// What was negotiated with it, such as its certificates; none, if the connection has failed since.
    pub info: Option<Arc<ConnectionInfo>>,
}

impl Connected<IncomingStream<'_, TlsListener<TcpListener>>> for TlsClient {
    fn connect_info(stream: IncomingStream<'_, TlsListener<TcpListener>>) -> Self {
        Self { address: *stream.remote_addr(), info: stream.io().info().cloned().map(Arc::new) }
    }
}

impl<L: Listener + fmt::Debug> fmt::Debug for TlsListener<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listener, acceptor, time, handshakes, .. } = self;
        f.debug_struct("TlsListener")
            .field("listener", listener)
            .field("acceptor", acceptor)
            .field("time", time)
            .field("handshakes", &handshakes.len())
            .finish_non_exhaustive()
    }
}
