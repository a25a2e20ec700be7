//! The server under axum.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use tls12::io::both::Acceptor;
//! use tls12::io::both::axum::TlsListener;
//! use tls12::{Credential, Policy, ServerConfig};
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! # use tls12::crypto::ring;
//!
//! let credential =
//!     Credential::from_pem(&*ring::provider(), &std::fs::read("server.pem")?, &std::fs::read("server.key")?)?;
//! let config = ServerConfig::builder(credential).policy(Policy::legacy()).alpn_protocols(["h2", "http/1.1"]).build()?;
//! let socket = tokio::net::TcpListener::bind("0.0.0.0:443").await?;
//! let listener = TlsListener::new(socket, Acceptor::new(&config)?);
//! axum::serve(listener, Router::new().route("/", get(async || "hello"))).await?;
//! # Ok(())
//! # }
//! ```

use alloc::sync::Arc;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use core::fmt;
use core::net::SocketAddr;
use core::num::NonZeroUsize;
use std::io;
use tokio::net::TcpListener;

use super::acceptor::Acceptor;
use super::established::Info;
use super::tokio::AsyncStream;
use crate::io::axum::pending::Pending;
use crate::io::axum::{MAX_HANDSHAKES, Report, dropped};

/// Listens for connections, and returns them when the TLS handshake is complete: as
/// [`io::axum::TlsListener`](crate::io::axum::TlsListener), for clients of TLS 1.3 too.
///
/// A handler gets information about the client and its certificates from [`TlsClient`].
pub struct TlsListener<L: Listener> {
    listener: L,
    acceptor: Acceptor,
    failed: Option<Report<L::Addr>>,
    handshakes: Pending<AsyncStream<L::Io>, L::Addr>,
}

impl<L: Listener> TlsListener<L> {
    /// Creates a listener over `listener`, such as a `TcpListener`.
    pub fn new(listener: L, acceptor: Acceptor) -> Self {
        Self { listener, acceptor, failed: None, handshakes: Pending::new(MAX_HANDSHAKES) }
    }

    /// Sets the maximum number of simultaneous handshakes. Default: 1024.
    #[must_use]
    pub fn max_handshakes(mut self, most: NonZeroUsize) -> Self {
        self.handshakes.set_most(most);
        self
    }

    /// Calls `failed` for each failed handshake, with its reason.
    #[must_use]
    pub fn on_failure(mut self, failed: impl Fn(&L::Addr, io::Error) + Send + Sync + 'static) -> Self {
        self.failed = Some(Arc::new(failed));
        self
    }

    fn tell(&self, address: &L::Addr, error: io::Error) {
        if let Some(failed) = &self.failed {
            failed(address, error);
        }
    }

    fn begin(&mut self, transport: L::Io, address: L::Addr) {
        let acceptor = self.acceptor.clone();
        let abandoned = self
            .handshakes
            .begin(address, |has_spoken| async move { acceptor.accept_noting(transport, || has_spoken.note()).await });
        if let Some(address) = abandoned {
            self.tell(&address, dropped());
        }
    }
}

impl<L: Listener<Addr: 'static>> Listener for TlsListener<L> {
    type Io = AsyncStream<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (transport, address) = self.listener.accept() => self.begin(transport, address),
                Some((done, address)) = self.handshakes.next() => match done {
                    Ok(stream) => return (stream, address),
                    Err(error) => self.tell(&address, error),
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// The client of a [`TlsListener`] over TCP: the connection info that `into_make_service_with_connect_info` provides to
/// handlers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TlsClient {
    /// Its address.
    pub address: SocketAddr,
    /// The negotiated parameters, and the client's certificates.
    pub info: Arc<Info>,
}

impl Connected<IncomingStream<'_, TlsListener<TcpListener>>> for TlsClient {
    fn connect_info(stream: IncomingStream<'_, TlsListener<TcpListener>>) -> Self {
        Self { address: *stream.remote_addr(), info: Arc::new(stream.io().info().clone()) }
    }
}

impl<L: Listener + fmt::Debug> fmt::Debug for TlsListener<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listener, acceptor, handshakes, .. } = self;
        f.debug_struct("TlsListener")
            .field("listener", listener)
            .field("acceptor", acceptor)
            .field("handshakes", &handshakes.len())
            .finish_non_exhaustive()
    }
}
