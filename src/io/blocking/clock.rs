//! The limit on the time of a handshake.

use core::time::Duration;
use std::io;
use std::net::TcpStream;
use std::time::Instant;

use crate::io::HANDSHAKE_TIME;

/// The remaining time of a handshake, counted from its first step.
pub(in crate::io) struct Clock<T> {
    time: Duration,
    started: Option<Instant>,
    /// Sets a timeout on the transport.
    bound: Option<Bound<T>>,
}

/// Sets the timeout of a transport; `None` means no timeout.
type Bound<T> = fn(&T, Option<Duration>) -> io::Result<()>;

impl<T> Default for Clock<T> {
    fn default() -> Self {
        Self { time: HANDSHAKE_TIME, started: None, bound: None }
    }
}

impl<T> Clock<T> {
    pub(in crate::io) fn set(&mut self, time: Duration) {
        self.time = time;
    }

    /// Called before a step of the handshake that may wait for the transport.
    pub(in crate::io) fn step(&mut self, transport: &T) -> io::Result<()> {
        let started = *self.started.get_or_insert_with(Instant::now);
        let left = self.time.checked_sub(started.elapsed()).filter(|left| !left.is_zero()).ok_or_else(timed_out)?;
        match self.bound {
            Some(bound) => bound(transport, Some(left)),
            None => Ok(()),
        }
    }

    /// Converts an error of the transport during a handshake.
    pub(in crate::io) fn explain(&self, error: io::Error) -> io::Error {
        let is_over = || self.started.is_some_and(|started| started.elapsed() >= self.time);
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut if is_over() => timed_out(),
            _ => error,
        }
    }

    /// Called when the handshake is complete or abandoned.
    pub(in crate::io) fn stop(&mut self, transport: &T) -> io::Result<()> {
        match self.bound.take() {
            Some(bound) => bound(transport, None),
            None => Ok(()),
        }
    }
}

impl Clock<TcpStream> {
    /// For a socket without timeouts, as it is created.
    pub(in crate::io) fn of_socket(time: Duration) -> Self {
        Self { time, started: None, bound: Some(bound) }
    }
}

fn bound(socket: &TcpStream, time: Option<Duration>) -> io::Result<()> {
    socket.set_read_timeout(time)?;
    socket.set_write_timeout(time)
}

/// The error of a handshake that took too long.
pub(in crate::io) fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the peer did not complete the handshake in time")
}
