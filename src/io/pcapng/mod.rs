//! Records connections in a pcapng file, which Wireshark and `tls12 explain` open decrypted: what went over the wire, as TCP with
//! the addresses, ports and times, and the connections' secrets inside.
//!
//! **Anyone who has the file can read the connections.** On Unix, [`Capture::create`] makes it readable by its owner only.
//!
//! [`Captured`] goes between the transport and the stream, so that it works with every adapter whose transport the caller
//! creates: blocking, tokio, futures, hyper, PostgreSQL (`Config::connect_raw`), `both`, and with axum by `CapturedListener`.
//! ureq creates its sockets itself: record its connections with the relay `tls12 tap`. A program that moves the bytes itself, with
//! [`Connection`](crate::Connection), reports them to a [`Flow`].
//!
//! ```no_run
//! use std::io::Write;
//! use std::net::TcpStream;
//! use std::sync::Arc;
//! use tls12::io::blocking::StreamOwned;
//! use tls12::io::pcapng::{Capture, Captured};
//! use tls12::{ClientConfig, Role};
//! # #[cfg(all(feature = "ring", feature = "webpki"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use tls12::verify::TrustStore;
//!
//! let capture = Capture::create("x.pcapng")?;
//! let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file("roots.pem")?));
//! let config = config.key_log(Arc::new(capture.clone())).build()?;
//!
//! let socket = TcpStream::connect("server.example:443")?;
//! let flow = capture.flow(Role::Client, socket.local_addr()?, socket.peer_addr()?);
//! let mut stream = StreamOwned::client(config, "server.example".try_into()?, Captured::new(socket, flow))?;
//! stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
//! stream.close()?;
//! drop(stream);
//! if let Some(error) = capture.take_error() {
//!     eprintln!("x.pcapng is not complete: {error}");
//! }
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "ring", feature = "webpki")))]
//! # fn main() {}
//! ```
//!
//! The packets are made from what the transport accepted and delivered: there are no retransmissions, and what a TCP
//! connection has beyond the bytes and their order (sequence numbers, windows, acknowledgements) is made up. Each call writes
//! whole blocks and flushes, so that the file is complete however the program ends. Writing blocks the thread, also in
//! asynchronous code: it is meant for debugging.

#[cfg(feature = "axum")]
mod axum;
mod blocks;
mod flow;
mod segments;
#[cfg(test)]
mod tests;
mod transport;

#[cfg(feature = "axum")]
pub use self::axum::CapturedListener;
pub use flow::Flow;
pub use transport::Captured;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicU32, Ordering};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::key_log;
use crate::handshake::{KeyLog, Role};

/// A pcapng file that is being written. Clones are handles of the same file.
///
/// It is a [`KeyLog`] as well: give it to the configuration, so that the secrets are in the file. Anyone who has the file can then
/// read the connections.
///
/// If the file cannot be written, connections are not affected: nothing more is written from then on, and
/// [`on_error`](Self::on_error) and [`take_error`](Self::take_error) report the reason.
#[derive(Clone)]
pub struct Capture(Arc<Shared>);

struct Shared {
    output: Mutex<Output>,
    /// The number of the next connection, from 1: no number is acknowledged as 0, which Wireshark takes for none.
    flows: AtomicU32,
}

struct Output {
    writer: Box<dyn Write + Send>,
    /// Something could not be written.
    has_stopped: bool,
    /// What that was, until it is taken.
    error: Option<io::Error>,
    /// What is called with it.
    on_error: Option<OnError>,
}

type OnError = Box<dyn FnOnce(&io::Error) + Send>;

/// The factor by which consecutive connections' sequence numbers are spread: 2^32 divided by the golden ratio (Knuth, The Art of
/// Computer Programming, §6.4).
const SPREAD: u32 = 0x9e37_79b1;

impl Capture {
    /// Creates the file, or empties it. On Unix, only its owner can read and write it; of a file that exists, that is enforced if it
    /// is a regular file.
    ///
    /// # Errors
    /// The error of the operating system, if the file cannot be created or written.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::new(create(path.as_ref())?)
    }

    /// Begins a file in `writer`, which receives whole blocks, each followed by a flush. It needs no buffer.
    ///
    /// # Errors
    /// The errors of `writer`.
    pub fn new(mut writer: impl Write + Send + 'static) -> io::Result<Self> {
        writer.write_all(&blocks::head()?)?;
        writer.flush()?;
        let writer = Box::new(writer);
        let output = Mutex::new(Output { writer, has_stopped: false, error: None, on_error: None });
        Ok(Self(Arc::new(Shared { output, flows: AtomicU32::new(1) })))
    }

    /// Adds a connection between these addresses, in which the local side has the role `local_role`: that of
    /// [`Client`](Role::Client), if it has opened the TCP connection. The packets that open it are written now.
    pub fn flow(&self, local_role: Role, local: SocketAddr, peer: SocketAddr) -> Flow {
        let number = self.0.flows.fetch_add(1, Ordering::Relaxed);
        Flow::new(self.clone(), local_role, [local, peer], number.wrapping_mul(SPREAD), SystemTime::now())
    }

    /// Calls `tell` when something cannot be written, in the thread in which the error occurs. It must not use the capture.
    pub fn on_error(&self, tell: impl FnOnce(&io::Error) + Send + 'static) {
        self.output().on_error = Some(Box::new(tell));
    }

    /// Takes the error that ended the recording, if there was one: the file then lacks all that came later.
    pub fn take_error(&self) -> Option<io::Error> {
        self.output().error.take()
    }

    /// Writes blocks; an error instead of them ends the recording.
    fn write(&self, blocks: io::Result<&[u8]>) {
        let mut output = self.output();
        if output.has_stopped || blocks.as_ref().is_ok_and(|blocks| blocks.is_empty()) {
            return;
        }
        let written = blocks.and_then(|blocks| output.writer.write_all(blocks).and_then(|()| output.writer.flush()));
        if let Err(error) = written {
            if let Some(tell) = output.on_error.take() {
                tell(&error);
            }
            (output.has_stopped, output.error) = (true, Some(error));
        }
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.0.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that only its owner can use.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    if file.metadata()?.is_file() {
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    }
    Ok(file)
}

impl KeyLog for Capture {
    /// Writes the secrets before the packets that they open.
    fn log(&self, label: &str, client_random: &[u8; 32], secret: &[u8]) {
        match blocks::secrets(key_log::line(label, client_random, secret).as_bytes()) {
            Ok(block) => self.write(Ok(&block)),
            Err(error) => self.write(Err(error)),
        }
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture").field("flows", &self.0.flows).finish_non_exhaustive()
    }
}
