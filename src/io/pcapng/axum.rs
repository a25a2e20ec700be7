//! Records the connections of axum's server.

use alloc::sync::Arc;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use core::net::SocketAddr;
use std::io;
use tokio::net::{TcpListener, TcpStream};

use super::{Capture, Captured};
use crate::handshake::Role;
use crate::io::axum::{TlsClient, TlsListener};

/// Listens for connections over TCP, and records them: give it to [`TlsListener::new`], in place of the `TcpListener`.
#[derive(Debug)]
pub struct CapturedListener {
    listener: TcpListener,
    capture: Capture,
}

impl CapturedListener {
    /// Creates a listener over `listener` that records its connections in `capture`.
    pub fn new(listener: TcpListener, capture: Capture) -> Self {
        Self { listener, capture }
    }
}

impl Listener for CapturedListener {
    type Io = Captured<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let (socket, peer) = Listener::accept(&mut self.listener).await;
        // A connection that has ended already may have no addresses; there is nothing to record of it.
        let flow = socket.local_addr().ok().map(|local| self.capture.flow(Role::Server, local, peer));
        (Captured::new(socket, flow), peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, TlsListener<CapturedListener>>> for TlsClient {
    fn connect_info(stream: IncomingStream<'_, TlsListener<CapturedListener>>) -> Self {
        Self { address: *stream.remote_addr(), info: stream.io().info().cloned().map(Arc::new) }
    }
}
