//! A file that is written to a temporary file in the same directory, which then replaces it as a whole.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fmt};

use tempfile::NamedTempFile;

use crate::failure::Failure;

/// A file that does not exist yet, or that will be replaced.
pub struct NewFile {
    path: PathBuf,
}

impl NewFile {
    /// Checks that the file can be written, without changing it. On Unix it is created with mode 0600.
    pub fn prepare(path: &Path) -> Result<Self, Failure> {
        let path = env::current_dir()?.join(path);
        if path.is_dir() {
            return Err(Failure::in_file(&path, "it is a directory: name a file in it"));
        }
        let new = Self { path };
        // Without the name of the temporary file, which nobody chose.
        new.folder().metadata().map_err(|error| Failure::in_file(&new.path, error))?;
        // Removed at once: a signal, which ends this program, could come before there is something to write.
        new.temporary().map_err(|error| Failure::in_file(&new.path, error))?;
        Ok(new)
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// A temporary file in the same directory.
    fn temporary(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(self.folder())
    }

    pub fn path(&self) -> impl fmt::Display {
        self.path.display()
    }

    /// Writes the file. Returns its path.
    pub fn write(self, bytes: &[u8]) -> io::Result<PathBuf> {
        let mut file = self.temporary()?;
        file.write_all(bytes)?;
        file.persist(&self.path)?;
        Ok(self.path)
    }
}
