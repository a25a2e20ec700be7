//! The limit on the time of a handshake.

use core::time::Duration;
use std::io;
use std::net::TcpStream;
use std::time::Instant;

use crate::io::HANDSHAKE_TIME;

/// How long a handshake may still take, from its first step on.
pub(super) struct Clock<T> {
    time: Duration,
    started: Option<Instant>,
    /// Has the transport give up waiting after so long.
    bound: Option<Bound<T>>,
}

/// Sets how long the transport waits: none, as long as it takes.
type Bound<T> = fn(&T, Option<Duration>) -> io::Result<()>;

impl<T> Default for Clock<T> {
    fn default() -> Self {
        Self { time: HANDSHAKE_TIME, started: None, bound: None }
    }
}

impl<T> Clock<T> {
    pub(super) fn set(&mut self, time: Duration) {
        self.time = time;
    }

    /// Before a step of the handshake that may wait for the transport.
    pub(super) fn step(&mut self, transport: &T) -> io::Result<()> {
        let started = *self.started.get_or_insert_with(Instant::now);
        let left = self.time.checked_sub(started.elapsed()).filter(|left| !left.is_zero()).ok_or_else(timed_out)?;
        match self.bound {
            Some(bound) => bound(transport, Some(left)),
            None => Ok(()),
        }
    }

    /// What an error of the transport is, in a handshake.
    pub(super) fn explain(&self, error: io::Error) -> io::Error {
        let is_over = || self.started.is_some_and(|started| started.elapsed() >= self.time);
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut if is_over() => timed_out(),
            _ => error,
        }
    }

    /// The handshake is complete, or given up.
    pub(super) fn stop(&mut self, transport: &T) -> io::Result<()> {
        match self.bound.take() {
            Some(bound) => bound(transport, None),
            None => Ok(()),
        }
    }
}

impl Clock<TcpStream> {
    /// For a socket that waits as long as it takes, as it is made.
    pub(super) fn of_socket(time: Duration) -> Self {
        Self { time, started: None, bound: Some(bound) }
    }
}

fn bound(socket: &TcpStream, time: Option<Duration>) -> io::Result<()> {
    socket.set_read_timeout(time)?;
    socket.set_write_timeout(time)
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the peer did not complete the handshake in time")
}
