//! A TCP connection with a deadline, which a peer cannot extend by sending a byte now and then.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tls12::io::pcapng::Captured;

/// How long a peer may take to receive the last data, and to close.
pub const FAREWELL_TIMEOUT: Duration = Duration::from_secs(5);

/// The size of one write, in bytes: Linux returns from one only when it has accepted all of it.
const PART: usize = 1 << 14;

/// Writes everything, in parts. `accepted` is called after each, so that a slow peer is distinguished from one that accepts nothing.
pub fn write_parts(mut socket: &TcpStream, mut bytes: &[u8], mut accepted: impl FnMut()) -> io::Result<()> {
    while !bytes.is_empty() {
        match socket.write(bytes.get(..PART).unwrap_or(bytes)) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        accepted();
    }
    Ok(())
}

/// Every read and write fails from the deadline on.
pub struct Socket {
    stream: Arc<TcpStream>,
    deadline: Instant,
}

impl Socket {
    /// Wraps `stream`, with a deadline after this time.
    pub fn new(stream: impl Into<Arc<TcpStream>>, within: Duration) -> Self {
        let stream = stream.into();
        // Each write is complete, so there is nothing to wait for. Without this it is only slower.
        let _ = stream.set_nodelay(true);
        Self { stream, deadline: Instant::now() + within }
    }

    /// Sets the deadline to this time from now.
    pub fn extend(&mut self, within: Duration) {
        self.deadline = Instant::now() + within;
    }

    fn remaining(&self) -> io::Result<Option<Duration>> {
        match self.deadline.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(timed_out()),
            remaining => Ok(Some(remaining)),
        }
    }
}

/// The connection, without a deadline.
pub fn without_deadline(socket: Captured<Socket>) -> io::Result<Captured<Arc<TcpStream>>> {
    let (Socket { stream, .. }, flow) = socket.into_parts();
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)?;
    Ok(Captured::new(stream, flow))
}

/// Closes, but continues to read for a while until the peer has closed too: otherwise TCP would reset the connection, and
/// the peer might not receive the last data.
pub fn part(mut socket: Captured<Socket>) {
    socket.get_mut().extend(FAREWELL_TIMEOUT);
    if socket.get_ref().stream.shutdown(Shutdown::Write).is_ok() {
        if let Some(flow) = socket.flow() {
            flow.sent_end(SystemTime::now());
        }
        let _ = io::copy(&mut socket, &mut io::sink());
    }
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.remaining()?)?;
        (&*self.stream).read(buf).map_err(plain)
    }
}

impl Write for Socket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.remaining()?)?;
        (&*self.stream).write(buf).map_err(plain)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.stream).flush()
    }
}

/// Reports a timeout as such: some systems report that the call would block.
fn plain(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock { timed_out() } else { error }
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the peer took too long")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn a_byte_now_and_then_does_not_move_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut socket = Socket::new(listener.accept().unwrap().0, Duration::from_millis(100));
        // Ends when the socket is closed.
        let dripping = thread::spawn(move || {
            while peer.write_all(b"x").is_ok() {
                thread::sleep(Duration::from_millis(1));
            }
        });
        let error = io::copy(&mut socket, &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(socket.write(b"x").unwrap_err().kind(), io::ErrorKind::TimedOut);
        socket.extend(Duration::from_secs(60));
        assert_eq!(socket.write(b"x").unwrap(), 1);
        drop(socket);
        dripping.join().unwrap();
    }

    #[test]
    fn a_long_write_shows_its_progress() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut peer = listener.accept().unwrap().0;
        let sent: Vec<u8> = (0..=u8::MAX).cycle().take(3 * PART + 1).collect();
        let mut times = 0;
        write_parts(&socket, &sent, || times += 1).unwrap();
        assert!(times >= 4, "{times}");
        drop(socket);
        let mut came = Vec::new();
        peer.read_to_end(&mut came).unwrap();
        assert!(came == sent);
    }
}
