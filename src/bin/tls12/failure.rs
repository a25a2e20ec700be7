//! Why a command ended, and the exit codes that say so to scripts.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;

/// What `--help` says of exit codes.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  something on this machine: a file, a key, an address, standard input or
     standard output cannot be used
  2  wrong usage
  3  network: there was no connection, it was lost in the handshake, or it took
     too long
  4  certificate: this side refused the certificate of the other
  5  protocol: the two sides did not come to terms, or one broke the rules
  6  truncated: the connection ended without close_notify after the handshake,
     so that data may be missing";

/// Why something failed: one line for people.
pub type Reason = Box<dyn Error + Send + Sync>;

/// Why a command ended, and when it was.
#[derive(Debug)]
pub struct Failure {
    stage: Stage,
    reason: Reason,
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// What the command was told does not go together.
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
        Self { stage, reason: reason.into() }
    }

    /// Something about a file that is needed at the start.
    pub fn in_file(path: &Path, error: impl fmt::Display) -> Self {
        Self::new(Stage::Start, format!("{}: {error}", path.display()))
    }

    /// The code of [`EXIT_CODES`].
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.stage {
            Stage::Start => 1,
            Stage::Usage => 2,
            Stage::Network => 3,
            Stage::Certificate => 4,
            Stage::Protocol => 5,
            Stage::Truncated => 6,
        })
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
