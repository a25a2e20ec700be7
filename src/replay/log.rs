//! The lines of a recording: written while a connection is recorded, compared while it is replayed.
//!
//! A line with `>` is a call of the connection, one with `.` an operation or a decision during it, one with `<` its result.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::fmt::Write as _;
use core::sync::atomic::{AtomicBool, Ordering};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

use super::difference::Difference;
use crate::connection::{hex, wiped};

/// The maximum length of a recording, in bytes: enough for any handshake with its messages of up to 2^16 bytes, and for some
/// megabytes of data after it, and little enough to be attached to a report.
pub(super) const MAX_LEN: usize = 16 << 20;

/// What the last line of a recording takes at most, in bytes.
const LAST_LINE: usize = 100;

/// Whether secrets are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrets {
    Withheld,
    Included,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is not an operation of the connection.
    Pass,
    /// It tells its result.
    Record,
    /// It takes the recorded result.
    Replay,
}

/// The lines of one connection.
pub(super) struct Log {
    pub(super) secrets: Secrets,
    claimed: AtomicBool,
    state: Mutex<State>,
}

struct State {
    mode: Mode,
    /// Whether a call is in progress, and no code of the configuration.
    in_call: bool,
}

enum Mode {
    Recording(Sink),
    Replaying(Script),
}

/// Where lines are written.
struct Sink {
    writer: Box<dyn io::Write + Send>,
    /// Lines that are not written yet.
    lines: Zeroizing<String>,
    written: usize,
    end: Option<End>,
}

/// Why nothing more is written.
#[derive(Clone, Debug)]
pub(super) enum End {
    Stopped,
    Full,
    Failed(Arc<io::Error>),
}

/// A line, which may contain secrets.
pub(super) type Line = Zeroizing<String>;

/// Lines that are replayed.
struct Script {
    lines: Arc<[Line]>,
    next: usize,
    /// The current call.
    call: String,
    difference: Option<Difference>,
    /// Whether the lines ended in the middle of a call.
    ran_out: bool,
}

impl Log {
    pub(super) fn recording(writer: Box<dyn io::Write + Send>, secrets: Secrets) -> Self {
        let sink = Sink { writer, lines: Zeroizing::default(), written: 0, end: None };
        Self::new(Mode::Recording(sink), secrets)
    }

    /// Replays `lines` from the line `next` on.
    pub(super) fn replaying(lines: Arc<[Line]>, next: usize, secrets: Secrets) -> Self {
        let script = Script { lines, next, call: String::new(), difference: None, ran_out: false };
        Self::new(Mode::Replaying(script), secrets)
    }

    fn new(mode: Mode, secrets: Secrets) -> Self {
        Self { secrets, claimed: AtomicBool::new(false), state: Mutex::new(State { mode, in_call: false }) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is the first connection that asks.
    pub(super) fn claim(&self) -> bool {
        !self.claimed.swap(true, Ordering::Relaxed)
    }

    pub(super) fn is_claimed(&self) -> bool {
        self.claimed.load(Ordering::Relaxed)
    }

    /// Writes the lines that come before the first call.
    pub(super) fn head(&self, lines: &str) {
        if let Mode::Recording(sink) = &mut self.lock().mode {
            sink.put(lines.trim_end());
        }
    }

    pub(super) fn begin(&self, call: fmt::Arguments<'_>) {
        let mut state = self.lock();
        state.in_call = true;
        let line = wiped(format_args!("> {call}"));
        match &mut state.mode {
            Mode::Recording(sink) => {
                sink.put(&line);
                sink.flush();
            }
            Mode::Replaying(script) => {
                script.call = line.split(' ').nth(1).unwrap_or_default().into();
                script.expect(&line);
            }
        }
    }

    pub(super) fn end(&self, out: &[u8], outcome: fmt::Arguments<'_>) {
        let mut state = self.lock();
        state.in_call = false;
        if !out.is_empty() {
            state.line(&wiped(format_args!("< out {}", hex(out))));
        }
        state.line(&wiped(format_args!("< {outcome}")));
        if let Mode::Recording(sink) = &mut state.mode {
            sink.flush();
        }
    }

    pub(super) fn set_in_call(&self, in_call: bool) {
        self.lock().in_call = in_call;
    }

    pub(super) fn turn(&self) -> Turn {
        match *self.lock() {
            State { in_call: false, .. } => Turn::Pass,
            State { mode: Mode::Recording(_), .. } => Turn::Record,
            State { mode: Mode::Replaying(_), .. } => Turn::Replay,
        }
    }

    pub(super) fn replays(&self) -> bool {
        matches!(self.lock().mode, Mode::Replaying(_))
    }

    /// An operation or decision with its result: written, or compared.
    pub(super) fn did(&self, asked: &str, result: impl fmt::Display) {
        self.lock().line(&wiped(format_args!(". {asked} = {result}")));
    }

    /// Takes the recorded result of this operation; `None` if another one was recorded here.
    pub(super) fn take(&self, asked: &str) -> Option<Line> {
        let mut state = self.lock();
        let Mode::Replaying(script) = &mut state.mode else { return None };
        let Some(line) = script.peek_in_call().cloned() else {
            script.ran_out = true;
            return None;
        };
        let result = line.strip_prefix(". ").and_then(|line| line.strip_prefix(asked)?.strip_prefix(" = "));
        let result = result.map(|result| Line::new(result.to_owned()));
        match &result {
            Some(_) => script.next += 1,
            None => script.differs(&format!(". {asked} = (any result)")),
        }
        result
    }

    /// The result that was taken last is malformed.
    pub(super) fn garbled(&self) {
        if let Mode::Replaying(script) = &mut self.lock().mode {
            script.next = script.next.saturating_sub(1);
            script.differs("(a result that fits)");
        }
    }

    /// Takes the result of this operation, if it was recorded here.
    pub(super) fn take_if_next(&self, asked: &str) -> Option<Line> {
        let rest = |line: &str| Some(line.strip_prefix(". ")?.strip_prefix(asked)?.starts_with(" = "));
        let is_next = self.peek().and_then(|line| rest(&line)).unwrap_or_default();
        if is_next { self.take(asked) } else { None }
    }

    /// The line that is replayed next; `None` after a difference, and at the end.
    pub(super) fn peek(&self) -> Option<Line> {
        match &mut self.lock().mode {
            Mode::Replaying(script) => script.peek().cloned(),
            Mode::Recording(_) => None,
        }
    }

    /// The number of the line that is replayed next, counted from 1.
    pub(super) fn line_number(&self) -> usize {
        match &self.lock().mode {
            Mode::Replaying(script) => script.next.saturating_add(1),
            Mode::Recording(_) => 0,
        }
    }

    /// Whether the recording ended in the middle of a call.
    pub(super) fn ran_out(&self) -> bool {
        match &self.lock().mode {
            Mode::Replaying(script) => script.ran_out,
            Mode::Recording(_) => false,
        }
    }

    /// The first difference.
    pub(super) fn difference(&self) -> Option<Difference> {
        match &self.lock().mode {
            Mode::Replaying(script) => script.difference.clone(),
            Mode::Recording(_) => None,
        }
    }

    /// Why nothing more is written, if that is so.
    pub(super) fn ended(&self) -> Option<End> {
        match &self.lock().mode {
            Mode::Recording(sink) => sink.end.clone(),
            Mode::Replaying(_) => None,
        }
    }

    /// Ends the recording.
    pub(super) fn stop(&self, why: &str) {
        if let Mode::Recording(sink) = &mut self.lock().mode {
            sink.put(&format!("> stop {why}"));
            sink.flush();
            sink.end.get_or_insert(End::Stopped);
        }
    }
}

impl State {
    fn line(&mut self, line: &str) {
        match &mut self.mode {
            Mode::Recording(sink) => sink.put(line),
            Mode::Replaying(script) => script.expect(line),
        }
    }
}

impl Sink {
    fn put(&mut self, line: &str) {
        if self.end.is_some() {
            return;
        }
        let len = self.written + self.lines.len() + line.len() + 1;
        if len > MAX_LEN - LAST_LINE {
            // A string takes whatever is written to it.
            let _ = writeln!(self.lines, "> stop the recording reached its limit of {MAX_LEN} bytes");
            self.flush();
            self.end.get_or_insert(End::Full);
            return;
        }
        // A string that grows would leave unwiped copies behind.
        if self.lines.capacity() < self.lines.len() + line.len() + 1 {
            let mut longer = Zeroizing::new(String::with_capacity(2 * (self.lines.len() + line.len() + 1)));
            longer.push_str(&self.lines);
            self.lines = longer;
        }
        self.lines.push_str(line);
        self.lines.push('\n');
    }

    fn flush(&mut self) {
        if let (None, false) = (&self.end, self.lines.is_empty()) {
            let lines = core::mem::take(&mut self.lines);
            self.written += lines.len();
            if let Err(error) = self.writer.write_all(lines.as_bytes()).and_then(|()| self.writer.flush()) {
                self.end = Some(End::Failed(Arc::new(error)));
            }
        }
    }
}

impl Script {
    fn peek(&self) -> Option<&Line> {
        self.lines.get(self.next).filter(|_| self.difference.is_none())
    }

    /// The next line of the call. A recording that reached its limit ends in the middle of one.
    fn peek_in_call(&self) -> Option<&Line> {
        self.peek().filter(|line| !line.starts_with("> stop "))
    }

    /// The next line must be this one.
    fn expect(&mut self, line: &str) {
        match self.peek_in_call() {
            Some(recorded) if recorded.as_str() == line => self.next += 1,
            Some(_) => self.differs(line),
            None => self.ran_out = true,
        }
    }

    fn differs(&mut self, replayed: &str) {
        if let (None, Some(recorded)) = (&self.difference, self.lines.get(self.next)) {
            self.difference = Some(Difference::new(self.next.saturating_add(1), self.call.clone(), recorded, replayed));
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("secrets", &self.secrets).finish_non_exhaustive()
    }
}

/// Splits a text into the lines of a recording, and tells whether the last one is whole.
pub(super) fn split(text: &str) -> (Vec<Line>, bool) {
    let owned = |line: &str| Line::new(line.strip_suffix('\r').unwrap_or(line).into());
    let mut lines: Vec<_> = text.split_terminator('\n').map(owned).collect();
    let whole = text.ends_with('\n');
    if !whole {
        lines.pop();
    }
    (lines, whole)
}
