//! Carries data both ways at once over an established connection of either version: this thread reads from the peer, and
//! another one from standard input.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Instant, SystemTime};

use tls12::io::both::{ReadHalf, WriteHalf};
use tls12::io::pcapng::Captured;

use super::stage;
use crate::broken::Broken;
use crate::duplex::{AtEndOfInput, CHUNK, CLOSE_TIMEOUT, Ends, NOT_ACCEPTED, TICK};
use crate::failure::Stage;
use crate::say;
use crate::socket::FAREWELL_TIMEOUT;

/// How much is sent at once, in bytes. After each part, it is known that the peer accepts data.
const PART: usize = 1 << 14;

/// What the two threads share.
struct Shared {
    /// Locked by the thread that sends, also while it waits for the peer.
    write: Mutex<WriteHalf<Captured<TcpStream>>>,
    /// Standard input has ended, and all of it was sent.
    is_closed: AtomicBool,
    /// So was close_notify, unless that is impossible.
    has_said_so: AtomicBool,
    /// When something was last sent or received.
    active: Mutex<Instant>,
    /// Why data could not be sent.
    failure: Mutex<Option<io::Error>>,
    /// Why standard input could not be read.
    input_failure: Mutex<Option<io::Error>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A transport for each half of a connection.
pub fn halves_of(socket: &Captured<Arc<TcpStream>>) -> io::Result<(Captured<TcpStream>, Captured<TcpStream>)> {
    let half = || Ok::<_, io::Error>(Captured::new(socket.get_ref().try_clone()?, socket.flow().cloned()));
    Ok((half()?, half()?))
}

type Halves = (ReadHalf<Captured<TcpStream>>, WriteHalf<Captured<TcpStream>>);

/// Carries standard input to the peer, and the peer's data to standard output, until both sides have closed. `first_data` is
/// called when the first data has arrived.
pub fn carry(
    halves: Halves,
    socket: &Captured<Arc<TcpStream>>,
    ends: Ends,
    first_data: impl FnMut(),
) -> Result<(), Broken> {
    let outcome = carry_both_ways(halves, socket.get_ref(), ends, first_data);
    if let Some(flow) = socket.flow() {
        flow.sent_end(SystemTime::now());
    }
    outcome
}

fn carry_both_ways(
    (mut read, write): Halves,
    socket: &TcpStream,
    ends: Ends,
    mut first_data: impl FnMut(),
) -> Result<(), Broken> {
    // The time limits are checked each time.
    socket.set_read_timeout(Some(TICK))?;
    let shared = Arc::new(Shared {
        write: Mutex::new(write),
        is_closed: AtomicBool::new(false),
        has_said_so: AtomicBool::new(false),
        active: Mutex::new(Instant::now()),
        failure: Mutex::new(None),
        input_failure: Mutex::new(None),
    });
    let of_sender = Arc::clone(&shared);
    thread::Builder::new().spawn(move || take_input(&of_sender, ends.at_end_of_input))?;
    let (mut stdout, mut chunk, mut had_data) = (io::stdout().lock(), vec![0; CHUNK], false);
    loop {
        let n = match read.read(&mut chunk) {
            Ok(0) => return shared.answer_close(socket),
            Ok(n) => n,
            Err(error) => match shared.end(error, ends) {
                Ok(Some(note)) => {
                    say(format_args!("tls12: note: {note}"));
                    return Ok(());
                }
                Ok(None) => continue,
                Err(broken) => return Err(shared.failed(socket, broken)),
            },
        };
        *lock(&shared.active) = Instant::now();
        if !had_data {
            first_data();
        }
        had_data = true;
        let written = stdout.write_all(chunk.get(..n).unwrap_or_default()).and_then(|()| stdout.flush());
        written.map_err(|error| Broken::other(Stage::Start, format!("standard output: {error}")))?;
    }
}

impl Shared {
    /// Interprets an error of reading: the end, with a note, or `None` if there is still time.
    fn end(&self, error: io::Error, ends: Ends) -> Result<Option<String>, Broken> {
        let is_closed = self.is_closed.load(Ordering::SeqCst);
        if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) {
            return match is_closed && is_an_end(error.kind()) {
                true => Ok(Some("the peer ended the connection without close_notify, after ours".to_owned())),
                false => Err(Broken::other(stage(&error, true), error)),
            };
        }
        let has_said_so = self.has_said_so.load(Ordering::SeqCst);
        let limit = if has_said_so { Some(ends.silence.unwrap_or(CLOSE_TIMEOUT)) } else { ends.silence };
        match limit.filter(|limit| lock(&self.active).elapsed() > *limit) {
            None => Ok(None),
            Some(limit) if has_said_so => {
                Ok(Some(format!("the peer neither answered our close_notify nor closed within {limit:?}")))
            }
            Some(limit) => {
                let why = format!("the peer sent nothing for {limit:?}, and accepted no data (--timeout)");
                Err(Broken::other(Stage::Network, why))
            }
        }
    }

    /// Answers the peer's close_notify with ours, after the data that is being sent.
    fn answer_close(&self, socket: &TcpStream) -> Result<(), Broken> {
        let Some(mut write) = self.last_write(socket) else { return Err(Broken::other(Stage::Network, NOT_ACCEPTED)) };
        if let Some(error) = lock(&self.failure).take() {
            return Err(Broken::other(Stage::Network, format!("sending failed: {error}")));
        }
        // A peer that has closed needs no close_notify.
        let _ = write.close();
        Ok(())
    }

    /// Returns why the connection has failed, and sends the alert that tells the peer of its fault: the half that reads cannot.
    fn failed(&self, socket: &TcpStream, broken: Broken) -> Broken {
        if let Some(error) = lock(&self.input_failure).take() {
            return Broken::other(Stage::Start, format!("standard input: {error}"));
        }
        if matches!(broken.stage(), Stage::Protocol | Stage::Certificate) {
            let _ = self.last_write(socket).map(|mut write| write.flush());
        }
        broken
    }

    /// The writing half, to send what ends the connection; `None` if the peer does not accept the data before it in time.
    fn last_write(&self, socket: &TcpStream) -> Option<MutexGuard<'_, WriteHalf<Captured<TcpStream>>>> {
        let deadline = Instant::now() + FAREWELL_TIMEOUT;
        // If the limit cannot be set, the connection has ended.
        let _ = socket.set_write_timeout(Some(FAREWELL_TIMEOUT));
        loop {
            match self.write.try_lock() {
                Ok(write) => return Some(write),
                Err(TryLockError::Poisoned(write)) => return Some(write.into_inner()),
                Err(TryLockError::WouldBlock) if Instant::now() > deadline => return None,
                Err(TryLockError::WouldBlock) => thread::sleep(TICK),
            }
        }
    }
}

/// Whether the peer has gone, which is not a failure once this side has closed.
fn is_an_end(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}

/// Sends standard input, and handles its end.
fn take_input(shared: &Shared, at_end: AtEndOfInput) {
    match send_input(shared) {
        Ok(()) if at_end == AtEndOfInput::Close => {
            shared.is_closed.store(true, Ordering::SeqCst);
            let _ = lock(&shared.write).close();
            *lock(&shared.active) = Instant::now();
            shared.has_said_so.store(true, Ordering::SeqCst);
        }
        Ok(()) => {}
        Err(Sending::Input(error)) => {
            *lock(&shared.input_failure) = Some(error);
            // Without close_notify, so that the peer knows that data is missing.
            let _ = lock(&shared.write).transport().get_ref().shutdown(Shutdown::Both);
        }
        // The thread that reads reports it, or the cause that it finds.
        Err(Sending::Peer) => {}
    }
}

/// Why not all of standard input was sent.
enum Sending {
    Input(io::Error),
    Peer,
}

fn send_input(shared: &Shared) -> Result<(), Sending> {
    let (mut stdin, mut chunk) = (io::stdin().lock(), vec![0; CHUNK]);
    loop {
        match stdin.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                let mut write = lock(&shared.write);
                for part in chunk.get(..n).unwrap_or_default().chunks(PART) {
                    if let Err(error) = write.write_all(part).and_then(|()| write.flush()) {
                        *lock(&shared.failure) = Some(error);
                        return Err(Sending::Peer);
                    }
                    *lock(&shared.active) = Instant::now();
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Sending::Input(error)),
        }
    }
}
