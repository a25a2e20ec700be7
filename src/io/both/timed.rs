//! A blocking transport whose handshake has a time limit.

use core::time::Duration;
use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;

use crate::io::blocking::clock::Clock;

/// A transport, and the time that is left for the handshake.
pub(super) struct Timed<T> {
    pub(super) inner: T,
    /// Until the handshake is complete.
    clock: Option<Clock<T>>,
}

impl<T> Timed<T> {
    /// The time is checked between operations.
    pub(super) fn new(inner: T, time: Duration) -> Self {
        let mut clock = Clock::default();
        clock.set(time);
        Self { inner, clock: Some(clock) }
    }

    /// The handshake is complete.
    pub(super) fn stop(&mut self) -> io::Result<()> {
        self.clock.take().map_or(Ok(()), |mut clock| clock.stop(&self.inner))
    }

    fn in_time<R>(&mut self, operation: impl FnOnce(&mut T) -> io::Result<R>) -> io::Result<R> {
        match &mut self.clock {
            None => operation(&mut self.inner),
            Some(clock) => {
                clock.step(&self.inner)?;
                operation(&mut self.inner).map_err(|error| clock.explain(error))
            }
        }
    }
}

impl Timed<TcpStream> {
    /// The operations have timeouts too.
    pub(super) fn socket(inner: TcpStream, time: Duration) -> Self {
        Self { inner, clock: Some(Clock::of_socket(time)) }
    }
}

impl<T: Read> Read for Timed<T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.in_time(|transport| transport.read(buf))
    }
}

impl<T: Write> Write for Timed<T> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.in_time(|transport| transport.write(buf))
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.in_time(|transport| transport.write_vectored(bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.in_time(Write::flush)
    }
}
