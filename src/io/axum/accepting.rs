//! A listener with a handshake before each connection, whichever library performs it.

use alloc::sync::Arc;
use axum::serve::Listener;
use core::fmt;
use core::num::NonZeroUsize;
use std::io;

use super::pending::{HasSpoken, Pending};

/// The default maximum number of simultaneous handshakes: each may occupy memory and a socket for a silent client.
const MAX_HANDSHAKES: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// Receives the reason of a failed handshake.
type Report<A> = Arc<dyn Fn(&A, io::Error) + Send + Sync>;

/// Accepts connections of `listener`, and performs their handshakes, which return streams `S`.
pub(in crate::io) struct Accepting<L: Listener, S> {
    listener: L,
    failed: Option<Report<L::Addr>>,
    handshakes: Pending<S, L::Addr>,
}

impl<L: Listener, S: Send + 'static> Accepting<L, S> {
    pub(in crate::io) fn new(listener: L) -> Self {
        Self { listener, failed: None, handshakes: Pending::new(MAX_HANDSHAKES) }
    }

    pub(in crate::io) fn set_max_handshakes(&mut self, most: NonZeroUsize) {
        self.handshakes.set_most(most);
    }

    pub(in crate::io) fn set_on_failure(&mut self, failed: impl Fn(&L::Addr, io::Error) + Send + Sync + 'static) {
        self.failed = Some(Arc::new(failed));
    }

    pub(in crate::io) fn local_addr(&self) -> io::Result<L::Addr> {
        self.listener.local_addr()
    }

    /// Returns the next connection whose handshake is complete. `handshake` performs one, and notes when the ClientHello has
    /// arrived.
    pub(in crate::io) async fn next<F>(&mut self, handshake: impl Fn(L::Io, HasSpoken) -> F) -> (S, L::Addr)
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
    {
        loop {
            tokio::select! {
                (transport, address) = self.listener.accept() => {
                    let abandoned = self.handshakes.begin(address, |has_spoken| handshake(transport, has_spoken));
                    if let Some(address) = abandoned {
                        self.tell(&address, abandonment());
                    }
                }
                Some((done, address)) = self.handshakes.next() => match done {
                    Ok(stream) => return (stream, address),
                    Err(error) => self.tell(&address, error),
                },
            }
        }
    }

    fn tell(&self, address: &L::Addr, error: io::Error) {
        if let Some(failed) = &self.failed {
            failed(address, error);
        }
    }
}

/// Why a handshake was abandoned.
fn abandonment() -> io::Error {
    let why = "the client did not complete its handshake, and there are too many handshakes: the slowest was dropped";
    io::Error::new(io::ErrorKind::TimedOut, why)
}

impl<L: Listener + fmt::Debug, S: Send + 'static> fmt::Debug for Accepting<L, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listener, handshakes, .. } = self;
        f.debug_struct("Accepting")
            .field("listener", listener)
            .field("handshakes", &handshakes.len())
            .finish_non_exhaustive()
    }
}
