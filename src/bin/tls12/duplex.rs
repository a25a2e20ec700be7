//! Carries data both ways at once over an established connection.
//!
//! Three threads, so that neither direction waits for the other: this one reads from the peer and writes to standard
//! output, one reads standard input and seals it, and one sends. None holds the connection while it reads or writes.
//! While the connection is renegotiated, standard input waits.
//!
//! Once this side has closed, the connection ends whatever the peer does: RFC 5246 §7.2.1 does not require waiting for the
//! close_notify that answers ours. This side has closed when its close_notify has been sent: until then only `--timeout` ends the
//! wait for a peer that accepts no data, and what was not sent is a failure.

use std::io::{self, Read as _, Write as _};
use std::mem;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use tls12::io::pcapng::{Captured, Flow};
use tls12::{Connection, Event, RenegotiationRefusal, UnixTime};

use crate::broken::Broken;
use crate::failure::Stage;
use crate::say;
use crate::socket::{FAREWELL_TIMEOUT, write_parts};
use crate::trace::Traced;

/// The size of one read, from the peer or from standard input, in bytes.
pub const CHUNK: usize = 1 << 16;

/// How often the time limits are checked.
pub const TICK: Duration = Duration::from_millis(50);

/// How long the peer may be silent after our close_notify, by default.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a connection has failed that has ended before everything was sent.
pub const NOT_ACCEPTED: &str = "the peer did not accept the last data sent";

/// How this side ends a connection.
#[derive(Clone, Copy)]
pub struct Ends {
    pub at_end_of_input: AtEndOfInput,
    /// The time limit without received or accepted data; if it is set, it also applies after our close_notify.
    pub silence: Option<Duration>,
}

/// What to do with the connection at the end of standard input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AtEndOfInput {
    /// This side closes.
    Close,
    /// Nothing: the peer closes.
    KeepOpen,
}

/// The state that the threads share.
struct Shared {
    connection: Connection,
    /// Bytes that must be sent.
    output: Vec<u8>,
    /// There is data in `output`.
    data_waits: bool,
    /// The thread that sends has bytes that the transport has not accepted yet.
    sending: bool,
    /// That thread has ended with an error: nothing more will be sent.
    cannot_send: bool,
    /// Nothing will be added to `output`.
    over: bool,
    /// When something was last sent or received.
    active: Instant,
    /// Standard input has ended, and with it this side of the connection.
    closed: bool,
    /// Why standard input could not be read.
    input_failure: Option<io::Error>,
}

impl Shared {
    /// Whether something waits until the transport accepts it.
    fn has_unsent(&self) -> bool {
        !self.cannot_send && (self.sending || !self.output.is_empty())
    }
}

/// The connection, what wakes the thread that sends, and what wakes the one that waits for the end of a renegotiation.
#[derive(Clone)]
struct Line {
    shared: Arc<Mutex<Shared>>,
    wake: SyncSender<()>,
    sendable: Arc<Condvar>,
}

impl Line {
    /// Calls `act` with exclusive access to the connection.
    fn with<R>(&self, act: impl FnOnce(&mut Shared) -> R) -> R {
        act(&mut lock(&self.shared))
    }

    /// Calls `act` with exclusive access to the connection, once no renegotiation is in progress.
    fn with_sendable<R>(&self, act: impl FnOnce(&mut Shared) -> R) -> R {
        let renegotiating = |shared: &mut Shared| shared.connection.is_renegotiating();
        let waited = self.sendable.wait_while(lock(&self.shared), renegotiating);
        act(&mut waited.unwrap_or_else(PoisonError::into_inner))
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Receives the events.
pub trait Listener {
    /// The first data has arrived.
    fn first_data(&mut self);
    /// There is a note on the connection.
    fn renegotiated(&mut self, connection: &Connection);
}

/// Carries standard input to the peer, and the peer's data to standard output, until both sides have closed. `received`
/// is what the peer has sent already.
pub fn carry(
    connection: Connection,
    socket: Captured<Arc<TcpStream>>,
    received: Vec<u8>,
    ends: Ends,
    listener: &mut impl Listener,
) -> Result<(), Broken> {
    let (socket, flow) = socket.into_parts();
    let shared = Shared {
        connection,
        output: Vec::new(),
        data_waits: false,
        sending: false,
        cannot_send: false,
        over: false,
        active: Instant::now(),
        closed: false,
        input_failure: None,
    };
    // One wake-up in the queue suffices: the thread that receives it sends everything.
    let (wake, wakened) = sync_channel(1);
    let line = Line { shared: Arc::new(Mutex::new(shared)), wake, sendable: Arc::default() };

    let (done, sent) = channel();
    let (sender_socket, sender_flow, sender_shared) = (Arc::clone(&socket), flow.clone(), Arc::clone(&line.shared));
    thread::Builder::new()
        .spawn(move || send((&sender_socket, sender_flow.as_ref()), &sender_shared, &wakened, &done))?;
    let (input_socket, input_line) = (Arc::clone(&socket), line.clone());
    let traced = Traced::current();
    thread::Builder::new().spawn(move || {
        Traced::enter(traced);
        take_input(&input_socket, &input_line, ends.at_end_of_input);
    })?;

    socket.set_read_timeout(Some(TICK))?;
    let mut receiving = Captured::new(&*socket, flow.clone());
    let outcome = receive(&mut receiving, &line, received, ends, listener);
    let (outcome, input_failure) = line.with(|shared| {
        let outcome = outcome.map_err(|trouble| trouble.broken(&mut shared.connection));
        // Answers a close_notify with ours, if it has not been sent; after an error the alert is there instead.
        shared.connection.close(&mut shared.output);
        shared.over = true;
        (outcome, shared.input_failure.take())
    });
    line.sendable.notify_all();
    // If it cannot be woken, it is awake or has failed.
    let _ = line.wake.try_send(());
    let sent = sent.recv_timeout(FAREWELL_TIMEOUT);
    // The thread that waits for standard input may never end. The connection ends now all the same, and so does its recording.
    let ended = line.with(|shared| mem::replace(&mut shared.connection, Connection::accept(UnixTime::now())));
    drop(ended);
    if let Some(flow) = flow {
        flow.sent_end(SystemTime::now());
    }
    if let Some(error) = input_failure {
        return Err(Broken::other(Stage::Start, format!("standard input: {error}")));
    }
    outcome?;
    match sent {
        Ok(sent) => sent.map_err(|error| Broken::other(Stage::Network, format!("sending failed: {error}"))),
        Err(_) => Err(Broken::other(Stage::Network, NOT_ACCEPTED)),
    }
}

/// Why a connection has failed.
enum Trouble {
    Tls(tls12::Error),
    Transport(io::Error),
    Silence(Duration),
    Output(io::Error),
}

impl Trouble {
    fn broken(self, connection: &mut Connection) -> Broken {
        match self {
            Self::Tls(error) => Broken::new(error, connection),
            Self::Transport(error) => Broken::new(error, connection),
            Self::Silence(limit) => {
                let why = format!("the peer sent nothing for {limit:?}, and accepted no data (--timeout)");
                Broken::other(Stage::Network, why)
            }
            Self::Output(error) => Broken::other(Stage::Start, format!("standard output: {error}")),
        }
    }
}

impl From<tls12::Error> for Trouble {
    fn from(error: tls12::Error) -> Self {
        Self::Tls(error)
    }
}

/// The result of waiting for the peer.
enum Came {
    Bytes(usize),
    /// The transport has ended.
    End,
    /// Nothing, since this side has closed.
    NothingMore,
}

/// Reads from the peer until it closes, and writes its data to standard output.
fn receive(
    socket: &mut Captured<&TcpStream>,
    line: &Line,
    received: Vec<u8>,
    ends: Ends,
    listener: &mut impl Listener,
) -> Result<(), Trouble> {
    let mut stdout = io::stdout().lock();
    let mut input = received;
    let mut used = 0;
    let mut had_data = false;
    loop {
        let rest = input.get_mut(used..).unwrap_or_default();
        let (step, output_waits) = line.with(|Shared { connection, output, .. }| {
            let step = connection.process(rest, output);
            (step, !output.is_empty())
        });
        if output_waits {
            let _ = line.wake.try_send(());
        }
        let step = step?;
        used += step.consumed;
        match step.event {
            Event::Data(data) => {
                if !mem::replace(&mut had_data, true) {
                    listener.first_data();
                }
                stdout.write_all(data).map_err(Trouble::Output)?;
            }
            Event::Warning(alert) => say(format_args!("tls12: warning alert from the peer: {alert}")),
            Event::RenegotiationRefused(why) => refused(why),
            Event::Renegotiated => {
                line.with(|shared| listener.renegotiated(&shared.connection));
                line.sendable.notify_all();
            }
            Event::CloseNotify => return stdout.flush().map_err(Trouble::Output),
            Event::NeedInput { .. } => {
                stdout.flush().map_err(Trouble::Output)?;
                input.drain(..used);
                used = 0;
                let end = input.len();
                input.resize(end + CHUNK, 0);
                let came = wait(socket, line, ends, input.get_mut(end..).unwrap_or_default())?;
                match came {
                    Came::Bytes(n) => input.truncate(end + n),
                    // A truncated record is missing data, whichever side has closed.
                    Came::End if end == 0 && line.with(|shared| shared.closed) => {
                        say(format_args!(
                            "tls12: note: the peer ended the connection without close_notify, after ours"
                        ));
                        return Ok(());
                    }
                    Came::End => {
                        line.with(|shared| shared.connection.end_of_input())?;
                        return Ok(());
                    }
                    Came::NothingMore => {
                        let limit = ends.silence.unwrap_or(CLOSE_TIMEOUT);
                        say(format_args!(
                            "tls12: note: the peer neither answered our close_notify nor closed within {limit:?}"
                        ));
                        return Ok(());
                    }
                }
            }
            _ => {}
        }
    }
}

/// Waits for the peer, within the time limit.
fn wait(socket: &mut Captured<&TcpStream>, line: &Line, ends: Ends, room: &mut [u8]) -> Result<Came, Trouble> {
    use io::ErrorKind as K;
    loop {
        match socket.read(room) {
            Ok(0) => return Ok(Came::End),
            Ok(n) => {
                line.with(|shared| shared.active = Instant::now());
                return Ok(Came::Bytes(n));
            }
            Err(error) if matches!(error.kind(), K::WouldBlock | K::TimedOut | K::Interrupted) => {
                let (silent, closed) =
                    line.with(|shared| (shared.active.elapsed(), shared.closed && !shared.has_unsent()));
                let limit = if closed { Some(ends.silence.unwrap_or(CLOSE_TIMEOUT)) } else { ends.silence };
                match limit.filter(|limit| silent > *limit) {
                    Some(_) if closed => return Ok(Came::NothingMore),
                    Some(limit) => return Err(Trouble::Silence(limit)),
                    None => {}
                }
            }
            // A peer that closes both directions at once answers our close_notify with a reset.
            Err(error) if error.kind() == K::ConnectionReset && line.with(|shared| shared.closed) => {
                return Ok(Came::End);
            }
            Err(error) => return Err(Trouble::Transport(error)),
        }
    }
}

/// Reports that a renegotiation was refused.
fn refused(why: RenegotiationRefusal) {
    let advice = match why {
        RenegotiationRefusal::NotAllowed => "; give --renegotiate 1, or more, to allow it",
        _ => "",
    };
    say(format_args!("tls12: the server requested a renegotiation, which was refused: {why}{advice}"));
}

/// Seals standard input, and handles its end.
fn take_input(socket: &TcpStream, line: &Line, at_end: AtEndOfInput) {
    let mut stdin = io::stdin().lock();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = stdin.read(&mut chunk);
        let goes_on = line.with_sendable(|shared| match read {
            Ok(0) => {
                if at_end == AtEndOfInput::Close {
                    shared.connection.close(&mut shared.output);
                    (shared.closed, shared.active) = (true, Instant::now());
                }
                false
            }
            Ok(n) => {
                shared.data_waits = true;
                shared.connection.seal(chunk.get(..n).unwrap_or_default(), &mut shared.output).is_ok()
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => true,
            Err(error) => {
                shared.input_failure = Some(error);
                // Without close_notify, so that the peer knows that data is missing.
                let _ = socket.shutdown(Shutdown::Both);
                false
            }
        });
        // Waits if the peer is slower than the input.
        if line.wake.send(()).is_err() || !goes_on {
            return;
        }
    }
}

/// Sends all output, each time it is woken, until there can be no more.
///
/// It is recorded before it is sent, so that the peer's answer, which another thread reads, comes after it.
fn send(
    (socket, flow): (&TcpStream, Option<&Flow>),
    shared: &Mutex<Shared>,
    wakened: &Receiver<()>,
    done: &Sender<io::Result<()>>,
) {
    while wakened.recv().is_ok() {
        let (output, has_data, over) = {
            let mut shared = lock(shared);
            shared.sending = !shared.output.is_empty();
            (mem::take(&mut shared.output), mem::take(&mut shared.data_waits), shared.over)
        };
        if let Some(flow) = flow {
            flow.sent(&output, SystemTime::now());
        }
        let sent = write_parts(socket, &output, || lock(shared).active = Instant::now());
        {
            let mut shared = lock(shared);
            (shared.sending, shared.cannot_send) = (false, sent.is_err());
        }
        if over || sent.is_err() {
            // A peer that has closed needs no close_notify.
            let _ = done.send(if has_data { sent } else { Ok(()) });
            return;
        }
    }
}
