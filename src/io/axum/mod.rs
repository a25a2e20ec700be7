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
//! let config = ServerConfig::builder(credential).alpn_protocols(["h2", "http/1.1"]).build()?;
//! let socket = tokio::net::TcpListener::bind("0.0.0.0:443").await?;
//! let listener = TlsListener::new(socket, TlsAcceptor::new(config));
//! axum::serve(listener, Router::new().route("/", get(async || "hello"))).await?;
//! # Ok(())
//! # }
//! ```

pub(in crate::io) mod accepting;
pub(in crate::io) mod pending;

use alloc::sync::Arc;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use core::fmt;
use core::net::SocketAddr;
use core::num::NonZeroUsize;
use core::time::Duration;
use std::io;
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::tokio::{LazyAcceptor, TlsAcceptor, TlsStream};
use crate::handshake::ConnectionInfo;
use accepting::Accepting;
use pending::HasSpoken;

/// Listens for connections, and returns them when the TLS handshake is complete. Handshakes run concurrently, each in
/// its own task, up to [`max_handshakes`](Self::max_handshakes) of them. Beyond that, the oldest one whose client has
/// not sent its ClientHello is abandoned, or the oldest of all if that client has just come: so neither silent nor slow
/// clients block others.
///
/// A handler gets information about the client and its certificates from [`TlsClient`].
pub struct TlsListener<L: Listener> {
    acceptor: TlsAcceptor,
    accepting: Accepting<L, TlsStream<L::Io>>,
}

impl<L: Listener> TlsListener<L> {
    /// Creates a listener over `listener`, such as a `TcpListener`.
    pub fn new(listener: L, acceptor: TlsAcceptor) -> Self {
        Self { acceptor, accepting: Accepting::new(listener) }
    }

    /// Sets the time limit of each handshake. Default: that of the acceptor.
    #[must_use]
    pub fn handshake_time(mut self, time: Duration) -> Self {
        self.acceptor = self.acceptor.handshake_time(time);
        self
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
    type Io = TlsStream<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let Self { acceptor, accepting } = self;
        let handshake = |transport, has_spoken: HasSpoken| {
            let acceptor = acceptor.clone();
            async move {
                let (start, time) = (Instant::now(), acceptor.time());
                let hello = LazyAcceptor::read_within(time, transport).await?;
                has_spoken.note();
                // One limit for the whole handshake.
                let rest = time.saturating_sub(start.elapsed());
                Ok(hello.accept(&acceptor.handshake_time(rest)).await?)
            }
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
    /// The negotiated parameters, and the client's certificates. `None` if the connection has failed in the meantime.
    pub info: Option<Arc<ConnectionInfo>>,
}

impl Connected<IncomingStream<'_, TlsListener<TcpListener>>> for TlsClient {
    fn connect_info(stream: IncomingStream<'_, TlsListener<TcpListener>>) -> Self {
        Self { address: *stream.remote_addr(), info: stream.io().info().cloned().map(Arc::new) }
    }
}

impl<L: Listener + fmt::Debug> fmt::Debug for TlsListener<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { acceptor, accepting } = self;
        f.debug_struct("TlsListener").field("acceptor", acceptor).field("accepting", accepting).finish()
    }
}
