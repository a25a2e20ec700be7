//! The handshakes in progress, whose number is limited.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicBool, Ordering};
use std::io;

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

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
    has_spoken: HasSpoken,
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

    /// Begins a handshake. If there are too many, abandons the oldest one with a silent client, or else the oldest of
    /// all, and returns its client.
    pub(in crate::io) fn begin<F>(&mut self, address: A, handshake: impl FnOnce(HasSpoken) -> F) -> Option<A>
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
    {
        let dropped = if self.clients.len() < self.most.get() { None } else { self.drop_one() };
        let has_spoken = HasSpoken::default();
        let task = self.tasks.spawn(handshake(has_spoken.clone()));
        self.clients.push_back(Client { task, address, has_spoken });
        dropped
    }

    fn drop_one(&mut self) -> Option<A> {
        let oldest_silent = self.clients.iter().position(|client| !client.has_spoken.get());
        let client = self.clients.remove(oldest_silent.unwrap_or(0))?;
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
