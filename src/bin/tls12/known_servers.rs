//! The file of `--tofu`: the servers that are known, and their keys.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::ServerName;
use tempfile::NamedTempFile;
use tls12::verify::FirstUse;

use crate::failure::Failure;
use crate::say;

/// The servers in a file.
pub struct KnownServers {
    pub known: Arc<FirstUse>,
    path: PathBuf,
    /// How many of them the file has.
    written: usize,
}

impl KnownServers {
    /// Reads the file. If it does not exist, no server is known.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| Failure::in_file(path, error))?,
        };
        let known: FirstUse = text.parse().map_err(|error| Failure::in_file(path, error))?;
        Ok(Self { written: known.len(), known: Arc::new(known), path: path.to_owned() })
    }

    /// Rewrites the file, if a server has been added since.
    pub fn keep(&self, server: &ServerName<'_>) -> Result<(), Failure> {
        if self.known.len() == self.written {
            return Ok(());
        }
        self.write().map_err(|error| Failure::in_file(&self.path, error))?;
        let (path, name) = (self.path.display(), server.to_str());
        if let Some(pin) = self.known.pin(server) {
            say(format_args!("tls12: {path}: {name} was not known; its key is trusted from now on: {pin}"));
        }
        Ok(())
    }

    /// Whole or not at all.
    fn write(&self) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder)?;
        write!(file, "{}", self.known)?;
        file.persist(&self.path)?;
        Ok(())
    }
}
