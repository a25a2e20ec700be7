//! A blocking transport whose handshake has a time limit.

use core::time::Duration;
use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;

use crate::io::blocking::clock::Clock;
use crate::io::blocking::uninterrupted;

/// A transport, and the time that is left for the handshake. An operation that a signal interrupts is repeated, and a write
/// that accepts nothing is an error: rustls leaves the former to its caller, and would repeat the latter forever.
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

    /// Another limits the time.
    pub(super) fn unlimited(inner: T) -> Self {
        Self { inner, clock: None }
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
        uninterrupted(|| self.in_time(|transport| transport.read(buf)))
    }
}

impl<T: Write> Write for Timed<T> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match uninterrupted(|| self.in_time(|transport| transport.write(buf)))? {
            0 if !buf.is_empty() => Err(io::ErrorKind::WriteZero.into()),
            n => Ok(n),
        }
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match uninterrupted(|| self.in_time(|transport| transport.write_vectored(bufs)))? {
            0 if bufs.iter().any(|buf| !buf.is_empty()) => Err(io::ErrorKind::WriteZero.into()),
            n => Ok(n),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.in_time(Write::flush)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    /// Each operation has one of these results.
    struct Fickle(Vec<io::Result<usize>>);

    impl Read for Fickle {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            self.0.remove(0)
        }
    }

    impl Write for Fickle {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            self.0.remove(0)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn fickle(results: Vec<io::Result<usize>>) -> Timed<Fickle> {
        Timed::new(Fickle(results), Duration::from_secs(60))
    }

    fn interrupted() -> io::Result<usize> {
        Err(io::ErrorKind::Interrupted.into())
    }

    #[test]
    fn an_interrupted_operation_is_repeated() {
        assert_eq!(fickle(vec![interrupted(), interrupted(), Ok(3)]).read(&mut [0; 4]).unwrap(), 3);
        assert_eq!(fickle(vec![interrupted(), Ok(3)]).write(&[0; 4]).unwrap(), 3);
        assert_eq!(fickle(vec![interrupted(), Ok(3)]).write_vectored(&[IoSlice::new(&[0; 4])]).unwrap(), 3);
    }

    #[test]
    fn a_write_of_nothing_is_an_error() {
        assert_eq!(fickle(vec![Ok(0)]).write(&[0; 4]).unwrap_err().kind(), io::ErrorKind::WriteZero);
        let vectored = fickle(vec![Ok(0)]).write_vectored(&[IoSlice::new(&[0; 4])]);
        assert_eq!(vectored.unwrap_err().kind(), io::ErrorKind::WriteZero);
        assert_eq!(fickle(vec![Ok(0)]).write(&[]).unwrap(), 0);
        // The end of the transport is none.
        assert_eq!(fickle(vec![Ok(0)]).read(&mut [0; 4]).unwrap(), 0);
    }
}
