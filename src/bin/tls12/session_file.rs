//! A client's session in a file, from one run of the tool to a later one.
//!
//! The file contains the session's master secret: anyone who has it can decrypt the session's connections and impersonate
//! either side.
//! On Unix it is created with mode 0600. It replaces an existing file as a whole.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use rustls_pki_types::UnixTime;
use tls12::crypto::Secret;
use tls12::session::ClientSession;

use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::say;

/// The session in a file.
pub fn read(path: &Path) -> Result<ClientSession, Failure> {
    let bytes = Secret::new(fs::read(path).map_err(|error| Failure::in_file(path, error))?);
    let session = ClientSession::from_bytes(bytes.expose()).map_err(|error| Failure::in_file(path, error))?;
    if !session.is_fresh(UnixTime::now()) {
        say(format_args!("tls12: {}: the session has expired, and is not offered", path.display()));
    }
    Ok(session)
}

/// The file for a session that does not exist yet.
pub struct SessionFile(NewFile);

impl SessionFile {
    /// Checks that the file can be written, without changing it.
    pub fn prepare(path: &Path) -> Result<Self, Failure> {
        NewFile::prepare(path).map(Self)
    }

    pub fn path(&self) -> impl fmt::Display {
        self.0.path()
    }

    /// Writes the session.
    pub fn write(self, session: &ClientSession) -> io::Result<Written> {
        self.0.write(session.to_bytes().expose()).map(Written)
    }
}

/// A session that this run has written.
pub struct Written(PathBuf);

impl Written {
    /// Removes the session, because its connection ended with a fatal alert (RFC 5246 §7.2.2).
    pub fn take_back(self) {
        if fs::remove_file(&self.0).is_ok() {
            let path = self.0.display();
            say(format_args!(
                "tls12: removed {path}: the connection ended with a fatal alert, so its session must not be resumed"
            ));
        }
    }
}
