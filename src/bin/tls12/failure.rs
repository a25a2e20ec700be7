//! Why a command ended, and the exit codes that say so to scripts.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use crate::output::{Event, To};

/// What `--help` says of exit codes.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done: both sides have closed the connection
  1  could not start: a file, key, address or configuration cannot be used
  2  wrong usage
  3  no connection to the server
  4  the handshake failed; with --look: the server is not trusted
  5  the connection, standard input or output failed after the handshake";

/// Why something failed: one line for people.
pub type Reason = Box<dyn Error + Send + Sync>;

/// Why a command ended, and when it was.
#[derive(Debug)]
pub struct Failure {
    stage: Stage,
    reason: Reason,
    /// What is known of it, for `--json`.
    explanation: Option<Value>,
}

/// How far a command had come when it failed.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    /// It was told what does not go together.
    Usage,
    /// It had not done anything yet.
    Start,
    /// It had no connection.
    Connect,
    /// It was in the handshake.
    Handshake,
    /// It was connected.
    Connected,
}

impl Failure {
    pub fn new(stage: Stage, reason: impl Into<Reason>) -> Self {
        Self { stage, reason: reason.into(), explanation: None }
    }

    /// With what is known of it, for `--json`.
    pub fn explained(mut self, explanation: Value) -> Self {
        self.explanation = Some(explanation);
        self
    }

    /// Prints it on standard error.
    pub fn print(&self) {
        Event::failure("failed")
            .with("stage", self.stage.name())
            .with("exit_code", self.stage.exit_code())
            .with("text", self.to_string())
            .with("explanation", self.explanation.clone())
            .print(To::Stderr, format_args!("tls12: {self}"));
    }

    /// Something about a file that is needed at the start.
    pub fn in_file(path: &Path, error: impl fmt::Display) -> Self {
        Self::new(Stage::Start, format!("{}: {error}", path.display()))
    }

    /// The code of [`EXIT_CODES`].
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.stage.exit_code())
    }
}

impl Stage {
    fn exit_code(self) -> u8 {
        match self {
            Self::Start => 1,
            Self::Usage => 2,
            Self::Connect => 3,
            Self::Handshake => 4,
            Self::Connected => 5,
        }
    }

    /// As `--json` has it.
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Usage => "usage",
            Self::Connect => "connect",
            Self::Handshake => "handshake",
            Self::Connected => "connected",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

/// What keeps a command from starting.
impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(Stage::Start, error)
    }
}
