//! `--pcapng`: records connections in a file, with their secrets.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tls12::io::pcapng::{Capture, Flow};
use tls12::{KeyLog, Role};

use crate::failure::{Failure, Stage};
use crate::warn;

/// The file.
pub struct Recording {
    capture: Capture,
    path: PathBuf,
}

impl Recording {
    /// Creates the file. If it cannot be written later, this is reported at once, and the connections continue.
    pub fn begin(path: &Path) -> Result<Self, Failure> {
        let capture = Capture::create(path).map_err(|error| Failure::in_file(path, error))?;
        let name = path.display().to_string();
        capture.on_error(move |error| {
            warn(format_args!("tls12: {name}: {error}; NOTHING MORE IS RECORDED, but the connections continue"));
        });
        Ok(Self { capture, path: path.to_path_buf() })
    }

    /// What puts the secrets into the file.
    pub fn key_log(&self) -> Arc<dyn KeyLog> {
        Arc::new(self.capture.clone())
    }

    /// Adds a connection, of which this side is the TCP client or the TCP server. One that has ended already has no addresses, and
    /// nothing to record.
    pub fn flow(&self, role: Role, socket: &TcpStream) -> Option<Flow> {
        let (local, peer) = (socket.local_addr().ok()?, socket.peer_addr().ok()?);
        Some(self.capture.flow(role, local, peer))
    }

    /// The outcome of the command: it has failed as well if the file is not complete.
    pub fn outcome(&self, outcome: Result<(), Failure>) -> Result<(), Failure> {
        outcome?;
        match self.capture.take_error() {
            None => Ok(()),
            Some(error) => Err(Failure::new(
                Stage::Start,
                format!("{}: not everything was recorded: {error}", self.path.display()),
            )),
        }
    }
}

/// The same without a file: nothing changes.
pub fn outcome(recording: Option<&Recording>, outcome: Result<(), Failure>) -> Result<(), Failure> {
    match recording {
        None => outcome,
        Some(recording) => recording.outcome(outcome),
    }
}
