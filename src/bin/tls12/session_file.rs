//! A client's session in a file, from one run of the tool to a later one.
//!
//! The file contains the session's master secret: anyone who has it can decrypt the session's connections and impersonate
//! either side.
//! On Unix it is created with mode 0600. It replaces an existing file as a whole.

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

use rustls_pki_types::UnixTime;
use tempfile::NamedTempFile;
use tls12::crypto::Secret;
use tls12::session::ClientSession;

use crate::failure::Failure;
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
pub struct SessionFile {
    path: PathBuf,
    /// A temporary file in the same directory, which replaces it once there is a session.
    file: NamedTempFile,
}

impl SessionFile {
    /// Checks that the file can be written, without changing it.
    pub fn prepare(path: &Path) -> Result<Self, Failure> {
        let path = env::current_dir()?.join(path);
        let folder = path.parent().unwrap_or(&path);
        // Created with mode 0600.
        let file = NamedTempFile::new_in(folder).map_err(|error| Failure::in_file(&path, error))?;
        Ok(Self { path, file })
    }

    pub fn path(&self) -> impl fmt::Display {
        self.path.display()
    }

    /// Writes the session.
    pub fn write(mut self, session: &ClientSession) -> io::Result<Written> {
        self.file.write_all(session.to_bytes().expose())?;
        self.file.persist(&self.path)?;
        Ok(Written(self.path))
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
