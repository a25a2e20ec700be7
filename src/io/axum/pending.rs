//! The handshakes in progress, whose number is limited.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::io;

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

/// How long a client is not abandoned as a slow one: a ClientHello is usually there a round trip after the connection.
const GRACE: Duration = Duration::from_secs(1);

/// The handshakes in progress with the clients at these addresses, each in its own task.
pub(in crate::io) struct Pending<S, A> {
    most: NonZeroUsize,
    tasks: JoinSet<io::Result<S>>,
    /// The oldest first.
    clients: VecDeque<Client<A>>,
}

struct Client<A> {
    task: AbortHandle,
    address: A,
    since: Instant,
    has_spoken: HasSpoken,
}

impl<A> Client<A> {
    fn is_slow(&self) -> bool {
        self.since.elapsed() >= GRACE
    }
}

/// Whether a client has sent its ClientHello.
#[derive(Clone, Default)]
pub(in crate::io) struct HasSpoken(Arc<AtomicBool>);

impl HasSpoken {
    pub(in crate::io) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<S: Send + 'static, A> Pending<S, A> {
    pub(in crate::io) fn new(most: NonZeroUsize) -> Self {
        Self { most, tasks: JoinSet::new(), clients: VecDeque::new() }
    }

    pub(in crate::io) fn set_most(&mut self, most: NonZeroUsize) {
        self.most = most;
    }

    pub(in crate::io) fn len(&self) -> usize {
        self.clients.len()
    }

    /// Begins a handshake. If there are too many, abandons one, and returns its client.
    pub(in crate::io) fn begin<F>(&mut self, address: A, handshake: impl FnOnce(HasSpoken) -> F) -> Option<A>
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
    {
        let dropped = if self.clients.len() < self.most.get() { None } else { self.drop_one() };
        let has_spoken = HasSpoken::default();
        let task = self.tasks.spawn(handshake(has_spoken.clone()));
        self.clients.push_back(Client { task, address, since: Instant::now(), has_spoken });
        dropped
    }

    /// Abandons the oldest handshake with a silent client, unless that is new, and another is slow: or else clients that stop
    /// after their ClientHello would have every new one dropped.
    fn drop_one(&mut self) -> Option<A> {
        let oldest_silent = self.clients.iter().position(|client| !client.has_spoken.get());
        let is_slow = |position: usize| self.clients.get(position).is_some_and(Client::is_slow);
        let position = oldest_silent.filter(|silent| is_slow(*silent) || !is_slow(0)).unwrap_or(0);
        let client = self.clients.remove(position)?;
        client.task.abort();
        Some(client.address)
    }

    /// Waits for the next handshake to end, successfully or not. There must be one.
    pub(in crate::io) async fn next(&mut self) -> Option<(io::Result<S>, A)> {
        loop {
            let (id, done) = match self.tasks.join_next_with_id().await? {
                Ok((id, done)) => (id, done),
                Err(error) => (error.id(), Err(panicked(&error))),
            };
            // `None` if it was abandoned, which has been reported.
            if let Some(address) = self.take(id) {
                return Some((done, address));
            }
        }
    }

    fn take(&mut self, id: Id) -> Option<A> {
        let position = self.clients.iter().position(|client| client.task.id() == id)?;
        Some(self.clients.remove(position)?.address)
    }
}

fn panicked(error: &JoinError) -> io::Error {
    io::Error::other(alloc::format!("the task of the handshake ended: {error}"))
}
