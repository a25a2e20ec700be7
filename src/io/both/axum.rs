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
use crate::io::axum::accepting::Accepting;
use crate::io::axum::pending::HasSpoken;

/// Listens for connections, and returns them when the TLS handshake is complete: like
/// [`io::axum::TlsListener`](crate::io::axum::TlsListener), but also for clients of TLS 1.3.
///
/// A handler gets information about the client and its certificates from [`TlsClient`].
pub struct TlsListener<L: Listener> {
    acceptor: Acceptor,
    accepting: Accepting<L, AsyncStream<L::Io>>,
}

impl<L: Listener> TlsListener<L> {
    /// Creates a listener over `listener`, such as a `TcpListener`.
    pub fn new(listener: L, acceptor: Acceptor) -> Self {
        Self { acceptor, accepting: Accepting::new(listener) }
    }

    /// Sets the maximum number of simultaneous handshakes. Default: 1024.
    #[must_use]
    pub fn max_handshakes(mut self, most: NonZeroUsize) -> Self {
        self.accepting.set_max_handshakes(most);
        self
    }

    /// Calls `failed` for each failed handshake, with its reason.
    #[must_use]
    pub fn on_failure(mut self, failed: impl Fn(&L::Addr, io::Error) + Send + Sync + 'static) -> Self {
        self.accepting.set_on_failure(failed);
        self
    }
}

impl<L: Listener<Addr: 'static>> Listener for TlsListener<L> {
    type Io = AsyncStream<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let Self { acceptor, accepting } = self;
        let handshake = |transport, has_spoken: HasSpoken| {
            let acceptor = acceptor.clone();
            async move { acceptor.accept_noting(transport, || has_spoken.note()).await }
        };
        accepting.next(handshake).await
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.accepting.local_addr()
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
        let Self { acceptor, accepting } = self;
        f.debug_struct("TlsListener").field("acceptor", acceptor).field("accepting", accepting).finish()
    }
}
