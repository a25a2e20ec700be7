//! Why a command ended, and the exit codes that report it to scripts.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use crate::output::{Event, To};

/// The exit codes, for `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  something on this machine: a file, a key, an address, standard input or
     standard output cannot be used
  2  wrong usage
  3  network: there was no connection, it was lost in the handshake, or it took
     too long
  4  certificate: this side refused the certificate of the peer
  5  protocol: the two sides could not agree, or one violated the protocol
  6  truncated: the connection ended without close_notify after the handshake,
     so that data may be missing; once this side has closed, that is only a
     note, unless a record is known to be cut off";

/// Why something failed: one line for people.
pub type Reason = Box<dyn Error + Send + Sync>;

/// Why a command ended, and at which stage.
#[derive(Debug)]
pub struct Failure {
    stage: Stage,
    reason: Reason,
    /// The details, for `--json`.
    explanation: Option<Value>,
}

/// The stage that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The arguments contradict each other.
    Usage,
    /// Something on this machine.
    Start,
    /// The network.
    Network,
    /// The peer's certificate.
    Certificate,
    /// TLS, or what comes before it.
    Protocol,
    /// The connection ended without close_notify.
    Truncated,
}

impl Failure {
    pub fn new(stage: Stage, reason: impl Into<Reason>) -> Self {
        Self { stage, reason: reason.into(), explanation: None }
    }

    /// Adds the details, for `--json`.
    pub fn explained(mut self, explanation: Value) -> Self {
        self.explanation = Some(explanation);
        self
    }

    /// Prints it on standard error.
    pub fn print(&self) {
        Event::failure("failed")
            .with("kind", self.stage.name())
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
            Self::Network => 3,
            Self::Certificate => 4,
            Self::Protocol => 5,
            Self::Truncated => 6,
        }
    }

    /// The name in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "local",
            Self::Usage => "usage",
            Self::Network => "network",
            Self::Certificate => "certificate",
            Self::Protocol => "protocol",
            Self::Truncated => "truncated",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

/// An error that keeps a command from starting.
impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(Stage::Start, error)
    }
}
