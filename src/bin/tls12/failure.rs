//! Why a command ended, and the exit codes that say so to scripts.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use tls12::Side;

/// What `--help` says of exit codes.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done: both sides have closed the connection
  1  could not start: a file, a key, an address or a configuration cannot be used
  2  wrong usage
  3  no connection to the server
  4  the handshake failed
  5  the connection, standard input or standard output failed after the handshake";

/// Why something failed: one line for people.
pub type Reason = Box<dyn Error + Send + Sync>;

/// Why a command ended, and when it was.
#[derive(Debug)]
pub struct Failure {
    stage: Stage,
    reason: Reason,
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
            Stage::Connect => 3,
            Stage::Handshake => 4,
            Stage::Connected => 5,
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

/// The error of TLS that this is, or that is in it.
pub fn tls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e tls12::Error> {
    let within = error.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
    within.and_then(|error| error.downcast_ref()).or_else(|| error.downcast_ref())
}

/// Where a connection failed, as seen by one whose peer is called `peer`: to be put behind "failed". Empty for what only the
/// error itself can tell.
pub fn place(error: &(dyn Error + 'static), peer: &str) -> String {
    // An alert says who gave up, and not whose fault it was.
    let error = tls_error(error).filter(|error| !matches!(error, tls12::Error::Alert(_)));
    match error.map(tls12::Error::side) {
        Some(Side::Peer) => format!(" on the {peer}'s side"),
        Some(Side::Local) => " on this side".to_owned(),
        Some(Side::Both) => " between the two sides".to_owned(),
        Some(Side::Transport) => " on the way".to_owned(),
        None => String::new(),
    }
}
