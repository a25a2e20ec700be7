//! `tls12 tap`: relays connections to a server, and records what both sides say.

use std::io::{self, Read as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use clap::value_parser;
use tls12::Role;
use tls12::io::pcapng::Flow;

use crate::failure::{Failure, Stage};
use crate::listening::{Listening, log};
use crate::options::{Address, address, seconds};
use crate::output::Event;
use crate::places::{Place, Places};
use crate::reach::{connect, interface_advice};
use crate::recording::Recording;
use crate::socket::write_parts;

/// How long both sides may be silent: as long as nginx waits (`proxy_timeout` of its stream proxy).
const SILENCE: Duration = Duration::from_secs(600);

/// The size of one read, in bytes.
const CHUNK: usize = 1 << 16;

/// Relays connections to a server, and records them, until it is stopped.
///
/// Have the client connect to LISTEN in place of the server: it still verifies the server's certificate by the server's name.
/// Nothing is changed, and nothing is decrypted; `tls12 explain` reads the file, with --keylog if one of the sides writes a key
/// log. The file has the addresses of the client and of this relay. Up to 2048 connections are relayed at once.
///
/// Prints `listening on ADDR:PORT` to standard output when it is ready. Standard error is its log: a line for each connection
/// when it is relayed, and one when it is closed or has failed.
#[derive(clap::Args)]
pub struct Args {
    /// The address to listen on, such as localhost:8443; port 0 for a free port
    #[arg(value_name = "LISTEN", value_parser = address)]
    listen: Address,
    /// The server
    #[arg(value_name = "TARGET", value_parser = address)]
    target: Address,
    /// Record the connections in this file, for Wireshark and `tls12 explain`
    ///
    /// A pcapng file with the bytes that went over TCP, and their times. On Unix its mode is 0600. If it cannot be written, the
    /// connections continue, and the exit code is 1 at the end.
    #[arg(long, value_name = "FILE")]
    pcapng: PathBuf,
    /// Relay one connection, and exit with its exit code
    #[arg(long)]
    once: bool,
    /// Relay this number of connections, and exit with the exit code of the first that failed
    #[arg(long, value_name = "N", conflicts_with = "once", value_parser = value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// The time limit for connecting to the server, and for both sides to be silent, each
    ///
    /// By default, 10 seconds for connecting to each address, and 10 minutes of silence.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let recording = Recording::begin(&args.pcapng)?;
    let listening = Listening::on(&args.listen)?;
    let places = Arc::new(Places::new(if args.once { Some(1) } else { args.count }));
    let tap = Arc::new(Tap { args, recording });
    let relaying = Arc::clone(&tap);
    listening.accept(Arc::clone(&places), move |socket, peer, place| relaying.relay(socket, peer, place))?;
    tap.recording.outcome(places.wait())
}

struct Tap {
    args: Args,
    recording: Recording,
}

impl Tap {
    /// Relays a connection, and logs how it went.
    fn relay(&self, client: Arc<TcpStream>, peer: SocketAddr, mut place: Place) {
        if place.is_limited() && !place.count() {
            return;
        }
        // Otherwise the connection could be dropped to make room for others.
        if !place.handshake_is_over() {
            return;
        }
        let flow = self.recording.flow(Role::Server, &client);
        match self.carry(&client, peer, flow) {
            Ok(text) => log(Event::new("closed").with("text", text.clone()), peer, &text),
            Err(why) => {
                place.failed(Stage::Network);
                let event = Event::failure("failed").with("kind", Stage::Network.name()).with("text", why.clone());
                log(event, peer, &why);
            }
        }
    }

    /// Connects to the server, and carries data both ways until both sides have closed.
    fn carry(&self, client: &TcpStream, peer: SocketAddr, flow: Option<Flow>) -> Result<String, String> {
        let target = &self.args.target;
        let server = connect(target, self.args.timeout)
            .map_err(|error| format!("cannot connect to {target}: {error}{}", interface_advice(target)))?;
        let address = server.peer_addr().map_or_else(|_| target.to_string(), |address| address.to_string());
        let text = format!("relayed to {address}");
        log(Event::new("relayed").with("target", address), peer, &text);
        for socket in [client, &server] {
            // Data is passed on at once.
            let _ = socket.set_nodelay(true);
        }
        let silence = self.args.timeout.unwrap_or(SILENCE);
        Line { client, server: &server, flow, silence, state: Mutex::new(State::new()) }.carry()
    }
}

/// The two connections.
struct Line<'a> {
    client: &'a TcpStream,
    server: &'a TcpStream,
    flow: Option<Flow>,
    silence: Duration,
    state: Mutex<State>,
}

/// The state that both directions share.
struct State {
    /// When data last arrived from either side, or was accepted by it.
    active: Instant,
    /// The numbers of bytes received from the client, and from the server.
    counts: [u64; 2],
    /// Whether the client, and the server, have finished sending.
    ended: [bool; 2],
    /// The side that closed before it had received everything.
    left: Option<Side>,
    /// Why the connection has failed.
    trouble: Option<String>,
}

impl State {
    fn new() -> Self {
        Self { active: Instant::now(), counts: [0; 2], ended: [false; 2], left: None, trouble: None }
    }

    /// Whether this relay has ended the connections: later results of reads and writes do not come from the two sides.
    const fn is_over(&self) -> bool {
        self.trouble.is_some() || self.left.is_some()
    }
}

/// The side that sends.
#[derive(Clone, Copy)]
enum Side {
    Client,
    Server,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Client => "the client",
            Self::Server => "the server",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// Its element of a pair, the client's first.
    const fn of<T>(self, [client, server]: &mut [T; 2]) -> &mut T {
        match self {
            Self::Client => client,
            Self::Server => server,
        }
    }
}

impl Line<'_> {
    /// Carries data until both sides have closed. Returns a summary.
    fn carry(self) -> Result<String, String> {
        thread::scope(|scope| {
            let other = thread::Builder::new().spawn_scoped(scope, || self.pass(Side::Client));
            other.map_err(|error| format!("cannot start a thread: {error}"))?;
            self.pass(Side::Server);
            Ok::<_, String>(())
        })?;
        let State { counts: [received, sent], left, trouble, .. } =
            self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(trouble) = trouble {
            return Err(trouble);
        }
        let left =
            left.map_or_else(String::new, |side| format!("; {} closed before it had received everything", side.name()));
        Ok(format!("closed: {received} bytes from the client, {sent} bytes from the server{left}"))
    }

    /// Passes on the data from one side until it ends. On failure, ends both connections.
    fn pass(&self, from: Side) {
        if let Err(why) = self.pass_all(from) {
            self.state().trouble.get_or_insert(why);
            self.end();
        }
    }

    fn end(&self) {
        for socket in [self.client, self.server] {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn pass_all(&self, from: Side) -> Result<(), String> {
        let mut chunk = vec![0; CHUNK];
        let to = from.other();
        let other = self.socket(to);
        loop {
            let n = self.read(from, &mut chunk)?;
            let bytes = chunk.get(..n).unwrap_or_default();
            {
                let mut state = self.state();
                if state.is_over() {
                    return Ok(());
                }
                *from.of(&mut state.counts) += u64::try_from(n).unwrap_or_default();
                *from.of(&mut state.ended) = bytes.is_empty();
            }
            // Recorded before it is passed on, so that the answer follows it.
            self.record(from, bytes);
            if bytes.is_empty() {
                // The other direction continues.
                let _ = other.shutdown(Shutdown::Write);
                return Ok(());
            }
            let accepted = || self.state().active = Instant::now();
            let written =
                other.set_write_timeout(Some(self.silence)).and_then(|()| write_parts(other, bytes, accepted));
            if let Err(error) = written {
                return self.could_not_write(to, &error);
            }
        }
    }

    /// Waits for bytes, and reads them; 0 at the end.
    fn read(&self, from: Side, buf: &mut [u8]) -> Result<usize, String> {
        use io::ErrorKind as K;
        let mut socket = self.socket(from);
        loop {
            let left = self.silence.saturating_sub(self.state().active.elapsed());
            if left.is_zero() {
                return Err(format!("nothing came from either side for {:?} (--timeout)", self.silence));
            }
            let read = socket.set_read_timeout(Some(left)).and_then(|()| socket.read(buf));
            match read {
                Ok(n) => {
                    self.state().active = Instant::now();
                    return Ok(n);
                }
                Err(error) if matches!(error.kind(), K::WouldBlock | K::TimedOut | K::Interrupted) => {}
                Err(error) => {
                    if error.kind() == K::ConnectionReset {
                        self.record_reset(from);
                    }
                    return Err(format!("reading from {} failed: {error}", from.name()));
                }
            }
        }
    }

    fn could_not_write(&self, to: Side, error: &io::Error) -> Result<(), String> {
        use io::ErrorKind as K;
        if self.state().is_over() {
            return Ok(());
        }
        let has_gone = matches!(error.kind(), K::BrokenPipe | K::ConnectionReset);
        if has_gone {
            self.record_reset(to);
        }
        let mut state = self.state();
        if has_gone && *to.of(&mut state.ended) {
            // It closed both directions at once, as most programs do.
            state.left = Some(to);
            drop(state);
            self.end();
            return Ok(());
        }
        Err(match error.kind() {
            K::WouldBlock | K::TimedOut => format!("{} accepted no data for {:?} (--timeout)", to.name(), self.silence),
            _ => format!("sending to {} failed: {error}", to.name()),
        })
    }

    /// Records bytes, or the end if there are none.
    fn record(&self, from: Side, bytes: &[u8]) {
        let (Some(flow), time) = (&self.flow, SystemTime::now()) else { return };
        match (from, bytes.is_empty()) {
            (Side::Client, false) => {
                flow.received(bytes, time);
                flow.flush();
            }
            (Side::Client, true) => flow.received_end(time),
            (Side::Server, false) => flow.sent(bytes, time),
            (Side::Server, true) => flow.sent_end(time),
        }
    }

    fn record_reset(&self, from: Side) {
        let (Some(flow), time) = (&self.flow, SystemTime::now()) else { return };
        match from {
            Side::Client => flow.received_reset(time),
            Side::Server => flow.sent_reset(time),
        }
    }

    const fn socket(&self, side: Side) -> &TcpStream {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
