//! Carries data both ways at once over an established connection.
//!
//! Three threads, so that neither direction waits for the other: this one reads from the peer and writes to standard
//! output, one reads standard input and seals it, and one sends. None holds the connection while it reads or writes.
//! While the connection is renegotiated, standard input waits.

use std::io::{self, Read as _, Write as _};
use std::mem;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tls12::{Connection, Event, RenegotiationRefusal};

use crate::broken::Broken;
use crate::failure::Reason;
use crate::say;
use crate::socket::FAREWELL_TIMEOUT;

/// How much is read at once, from the peer or from standard input.
const CHUNK: usize = 1 << 16;

/// What the threads share.
struct Shared {
    connection: Connection,
    /// What is to be sent.
    output: Vec<u8>,
    /// Nothing will be added to `output`.
    over: bool,
    /// Why standard input could not be read.
    input_failure: Option<io::Error>,
}

/// The connection, what wakes the thread that sends, and what wakes the one that waits for the end of a renegotiation.
#[derive(Clone)]
struct Line {
    shared: Arc<Mutex<Shared>>,
    wake: SyncSender<()>,
    sendable: Arc<Condvar>,
}

impl Line {
    /// Runs `act` with the connection to itself.
    fn with<R>(&self, act: impl FnOnce(&mut Shared) -> R) -> R {
        act(&mut lock(&self.shared))
    }

    /// So, but not while the connection is renegotiated.
    fn with_sendable<R>(&self, act: impl FnOnce(&mut Shared) -> R) -> R {
        let renegotiating = |shared: &mut Shared| shared.connection.is_renegotiating();
        let waited = self.sendable.wait_while(lock(&self.shared), renegotiating);
        act(&mut waited.unwrap_or_else(PoisonError::into_inner))
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries standard input to the peer, and the peer's data to standard output, until both sides have closed. `received`
/// is what the peer has sent already; `renegotiated` is told when there is something else to say of the connection.
pub fn carry(
    connection: Connection,
    socket: TcpStream,
    received: Vec<u8>,
    renegotiated: impl FnMut(&Connection),
) -> Result<(), Broken> {
    let shared = Shared { connection, output: Vec::new(), over: false, input_failure: None };
    // One wake-up in the queue is as good as many: whoever takes it sends all that there is.
    let (wake, wakened) = sync_channel(1);
    let line = Line { shared: Arc::new(Mutex::new(shared)), wake, sendable: Arc::default() };

    let (done, sent) = channel();
    let (sender_socket, sender_shared) = (socket.try_clone()?, Arc::clone(&line.shared));
    thread::Builder::new().spawn(move || send(sender_socket, &sender_shared, &wakened, &done))?;
    let (input_socket, input_line) = (socket.try_clone()?, line.clone());
    thread::Builder::new().spawn(move || take_input(&input_socket, &input_line))?;

    let outcome = receive(&socket, &line, received, renegotiated);
    let (outcome, input_failure) = line.with(|shared| {
        let outcome = outcome.map_err(|reason| Broken::new(reason, &mut shared.connection));
        // Answers a close_notify with ours, if it has not been sent; after an error the alert is there instead.
        shared.connection.close(&mut shared.output);
        shared.over = true;
        (outcome, shared.input_failure.take())
    });
    line.sendable.notify_all();
    // If it cannot be woken, it is awake or has failed.
    let _ = line.wake.try_send(());
    let sent = sent.recv_timeout(FAREWELL_TIMEOUT);
    if let Some(error) = input_failure {
        return Err(Broken::other(format!("standard input: {error}")));
    }
    outcome?;
    let sent = sent.map_err(|_| Broken::other("the peer does not take what was sent last"))?;
    sent.map_err(|error| Broken::other(format!("sending failed: {error}")))
}

/// Reads from the peer until it closes. Its data goes to standard output.
fn receive(
    mut socket: &TcpStream,
    line: &Line,
    received: Vec<u8>,
    mut renegotiated: impl FnMut(&Connection),
) -> Result<(), Reason> {
    let mut stdout = io::stdout().lock();
    let in_context = |error: io::Error| format!("standard output: {error}");
    let mut input = received;
    let mut used = 0;
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
            Event::Data(data) => stdout.write_all(data).map_err(in_context)?,
            Event::Warning(alert) => say(format_args!("tls12: the peer warns: {alert}")),
            Event::RenegotiationRefused(why) => refused(why),
            Event::Renegotiated => {
                line.with(|shared| renegotiated(&shared.connection));
                line.sendable.notify_all();
            }
            Event::CloseNotify => return Ok(stdout.flush().map_err(in_context)?),
            Event::NeedInput { .. } => {
                stdout.flush().map_err(in_context)?;
                input.drain(..used);
                used = 0;
                let end = input.len();
                input.resize(end + CHUNK, 0);
                let n = socket.read(input.get_mut(end..).unwrap_or_default());
                let n = n.map_err(|error| format!("receiving failed: {error}"))?;
                if n == 0 {
                    line.with(|shared| shared.connection.end_of_input())?;
                }
                input.truncate(end + n);
            }
            _ => {}
        }
    }
}

/// Says that the server was refused what it asked for.
fn refused(why: RenegotiationRefusal) {
    let advice = match why {
        RenegotiationRefusal::NotAllowed => "; give --renegotiate 1, or more, to allow it",
        _ => "",
    };
    say(format_args!("tls12: the server asked to renegotiate, and was refused: {why}{advice}"));
}

/// Seals standard input, and closes at its end.
fn take_input(socket: &TcpStream, line: &Line) {
    let mut stdin = io::stdin().lock();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = stdin.read(&mut chunk);
        let goes_on = line.with_sendable(|shared| match read {
            Ok(0) => {
                shared.connection.close(&mut shared.output);
                false
            }
            Ok(n) => shared.connection.seal(chunk.get(..n).unwrap_or_default(), &mut shared.output).is_ok(),
            Err(error) => {
                shared.input_failure = Some(error);
                // The peer must not take what it has for all: so there is no close_notify.
                let _ = socket.shutdown(Shutdown::Both);
                false
            }
        });
        // Waits, when the peer is slower than the input.
        if line.wake.send(()).is_err() || !goes_on {
            return;
        }
    }
}

/// Sends what there is, each time it is woken, until no more can come.
fn send(mut socket: TcpStream, shared: &Mutex<Shared>, wakened: &Receiver<()>, done: &Sender<io::Result<()>>) {
    while wakened.recv().is_ok() {
        let (output, over) = {
            let mut shared = lock(shared);
            (mem::take(&mut shared.output), shared.over)
        };
        let sent = socket.write_all(&output);
        if over || sent.is_err() {
            let _ = done.send(sent);
            return;
        }
    }
}
