//! A pipe with little room that never blocks, for streams that are driven in turns by one thread.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex};

/// One end.
pub struct End(pub Source, pub Sink);

/// What is read from.
pub struct Source(Arc<Mutex<Direction>>);

/// What is written to.
pub struct Sink(Arc<Mutex<Direction>>);

struct Direction {
    bytes: VecDeque<u8>,
    room: usize,
    closed: bool,
}

/// Two ends, with room for so many bytes in each direction.
pub fn pipe(room: usize) -> (End, End) {
    let direction = || Arc::new(Mutex::new(Direction { bytes: VecDeque::with_capacity(room), room, closed: false }));
    let (a, b) = (direction(), direction());
    (End(Source(Arc::clone(&a)), Sink(Arc::clone(&b))), End(Source(b), Sink(a)))
}

impl Read for Source {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut direction = self.0.lock().unwrap();
        if direction.bytes.is_empty() && !direction.closed {
            return Err(ErrorKind::WouldBlock.into());
        }
        direction.bytes.read(buf)
    }
}

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut direction = self.0.lock().unwrap();
        let n = buf.len().min(direction.room - direction.bytes.len());
        if n == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        direction.bytes.extend(&buf[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.0.lock().unwrap().closed = true;
    }
}

impl Read for End {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for End {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.1.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.flush()
    }
}

/// None, if it would block: to be tried again, when the others have had their turn.
pub fn would_block<T>(result: io::Result<T>) -> Option<T> {
    match result {
        Ok(done) => Some(done),
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Err(error) => panic!("{error:?}"),
    }
}
