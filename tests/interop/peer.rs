//! A peer as a process of its own: started, fed, read, and ended by its handle, within a bound on the time.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long anything may take before it counts as hung. No test passes or fails by a time that is near it.
pub const BOUND: Duration = Duration::from_secs(60);

/// Between two looks at what cannot be waited for otherwise.
pub const PAUSE: Duration = Duration::from_millis(2);

/// Runs a program so that what it says does not wait in a buffer for more.
pub const UNBUFFER: &str = "stdbuf";

/// How much of a log is shown from its start, and from its end.
const SHOWN: usize = 3000;

/// A running peer. It is killed when this is dropped; if a test fails meanwhile, all that it said is shown.
pub struct Process {
    child: Child,
    command: String,
    input: Option<mpsc::Sender<Vec<u8>>>,
    output: Arc<Capture>,
    errors: Arc<Capture>,
    readers: Vec<JoinHandle<()>>,
    log_file: Option<PathBuf>,
}

/// What is left of a peer that has ended.
pub struct Ended {
    pub status: ExitStatus,
    pub output: Vec<u8>,
    pub errors: String,
}

/// What the tools of some peers cannot be run without, and is not here.
pub fn lacking() -> Option<&'static str> {
    let has_stdbuf = Command::new(UNBUFFER).arg("--version").output().is_ok();
    let has_proc = Path::new("/proc/self/net/tcp").exists();
    match (has_stdbuf, has_proc) {
        (true, true) => None,
        (false, _) => Some("`stdbuf` of GNU coreutils is needed"),
        (true, false) => Some("`/proc` is needed, as Linux has it"),
    }
}

impl Process {
    /// Starts a peer, with its standard streams connected to us. If a test fails, what the peer wrote to `log_file` is
    /// shown as well.
    pub fn spawn(command: &mut Command, log_file: Option<PathBuf>) -> Self {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let (input, to_write) = mpsc::channel::<Vec<u8>>();
        let mut stdin = child.stdin.take().unwrap();
        // It ends when `input` is dropped, or when the peer reads no more.
        thread::spawn(move || to_write.iter().try_for_each(|bytes| stdin.write_all(&bytes)));
        let (output, errors) = (Arc::default(), Arc::default());
        let readers = vec![
            Capture::fill(&output, child.stdout.take().unwrap()),
            Capture::fill(&errors, child.stderr.take().unwrap()),
        ];
        Self { child, command: format!("{command:?}"), input: Some(input), output, errors, readers, log_file }
    }

    /// Writes to the peer's standard input, without waiting until it is read.
    pub fn send(&self, bytes: Vec<u8>) {
        self.input.as_ref().expect("the input is open").send(bytes).expect("the peer reads its input");
    }

    /// Ends the peer's standard input, after what was sent before.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Waits until `find` finds something in the peer's standard output. `what` is for the message if it does not come.
    pub fn wait_for<T>(&self, what: &str, find: impl FnMut(&[u8]) -> Option<T>) -> T {
        Self::wait_in(&self.output, what, find)
    }

    /// As [`Self::wait_for`], in the standard error.
    pub fn wait_for_error<T>(&self, what: &str, find: impl FnMut(&[u8]) -> Option<T>) -> T {
        Self::wait_in(&self.errors, what, find)
    }

    fn wait_in<T>(stream: &Capture, what: &str, mut find: impl FnMut(&[u8]) -> Option<T>) -> T {
        let deadline = Instant::now() + BOUND;
        let mut state = stream.lock();
        loop {
            if let Some(found) = find(&state.bytes) {
                return found;
            }
            assert!(!state.ended, "the peer ended without {what}");
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the peer hangs; still missing: {what}");
            state = stream.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the peer listens, and returns the port, which it need not know itself: it may have been told port 0.
    /// Needs `/proc`, as Linux has it.
    pub fn port(&mut self) -> u16 {
        assert!(self.listens(), "the peer has ended");
        listening_port(self.child.id()).expect("the peer goes on listening")
    }

    /// Waits until the peer listens; returns whether it does, or has ended instead.
    pub fn listens(&mut self) -> bool {
        let deadline = Instant::now() + BOUND;
        while listening_port(self.child.id()).is_none() {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(Instant::now() < deadline, "the peer does not listen");
            thread::sleep(PAUSE);
        }
        true
    }

    /// Waits until the peer ends of itself.
    pub fn end(&mut self) -> Ended {
        let deadline = Instant::now() + BOUND;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the peer does not end");
            thread::sleep(PAUSE);
        };
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        let errors = String::from_utf8_lossy(&self.errors.lock().bytes).into_owned();
        Ended { status, output: self.output.lock().bytes.clone(), errors }
    }

    /// Kills the peer. Nothing happens if it has ended already.
    pub fn kill(&mut self) {
        // The only error is that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Panics if the peer has ended.
    pub fn assert_running(&mut self) {
        assert!(self.child.try_wait().unwrap().is_none(), "the peer has ended");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let status = self.child.try_wait();
        self.kill();
        if !thread::panicking() {
            return;
        }
        let log = self.log_file.as_ref().map(|path| fs::read(path).unwrap_or_default()).unwrap_or_default();
        let (output, errors) = (ends_of(&self.output.lock().bytes), ends_of(&self.errors.lock().bytes));
        let shown = [("said", output), ("complained", errors), ("logged", ends_of(&log))];
        let shown = shown.map(|(verb, text)| format!("--- the peer {verb}:\n{text}\n"));
        let state = match status {
            Ok(Some(status)) => format!("it has ended: {status}"),
            _ => "it was still running".to_owned(),
        };
        eprintln!("{}\n{}--- {state}", self.command, shown.concat());
    }
}

/// The port of a TCP socket on which this process listens, over IPv4 if there is one.
fn listening_port(process: u32) -> Option<u16> {
    /// TCP_LISTEN in the kernel's `net/tcp_states.h`, as the tables have it.
    const LISTENS: &str = "0A";
    let files = fs::read_dir(format!("/proc/{process}/fd")).ok()?;
    let links = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    let sockets: Vec<_> = links.filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.to_owned())).collect();
    ["tcp", "tcp6"].iter().find_map(|table| {
        let table = fs::read_to_string(format!("/proc/{process}/net/{table}")).ok()?;
        table.lines().find_map(|line| {
            // Number, local address and port, those of the peer, state, and more: the inode is the tenth.
            let words: Vec<_> = line.split_whitespace().collect();
            let is_it = words.get(3) == Some(&LISTENS)
                && sockets.iter().any(|inode| inode.strip_suffix(']') == words.get(9).copied());
            let (_, port) = words.get(1).filter(|_| is_it)?.rsplit_once(':')?;
            u16::from_str_radix(port, 16).ok()
        })
    })
}

/// The start and the end of what may be a long text, with what is no text escaped.
fn ends_of(text: &[u8]) -> String {
    let readable = |part: &[u8]| part.escape_ascii().to_string().replace("\\n", "\n");
    match text.len().checked_sub(2 * SHOWN) {
        None => readable(text),
        Some(lost) => {
            let (start, end) = (&text[..SHOWN], &text[text.len() - SHOWN..]);
            format!("{}\n[... {lost} bytes ...]\n{}", readable(start), readable(end))
        }
    }
}

/// What a stream of the peer has said so far.
#[derive(Default)]
struct Capture {
    state: Mutex<Captured>,
    changed: Condvar,
}

#[derive(Default)]
struct Captured {
    bytes: Vec<u8>,
    ended: bool,
}

impl Capture {
    fn lock(&self) -> MutexGuard<'_, Captured> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fill(this: &Arc<Self>, mut stream: impl Read + Send + 'static) -> JoinHandle<()> {
        let this = Arc::clone(this);
        thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            loop {
                let length = stream.read(&mut buffer).unwrap_or(0);
                let mut state = this.lock();
                state.bytes.extend_from_slice(&buffer[..length]);
                state.ended = length == 0;
                drop(state);
                this.changed.notify_all();
                if length == 0 {
                    return;
                }
            }
        })
    }
}
