//! The key log file, by which Wireshark and others decrypt a recording.

use alloc::string::String;
use core::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

use crate::handshake::KeyLog;

/// Appends the secrets of connections to a file, in the NSS key log format that Wireshark reads.
///
/// Whoever reads the file can read the connections. Where there are Unix permissions, a file that is made here can be
/// read by its owner only.
#[derive(Debug)]
pub struct KeyLogFile(Mutex<File>);

impl KeyLogFile {
    /// Opens the file, or makes it. What is in it stays.
    ///
    /// # Errors
    /// That of the operating system, if the file can be neither opened nor made.
    pub fn append(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(|file| Self(Mutex::new(file)))
    }
}

impl KeyLog for KeyLogFile {
    /// Writes a line at once, so that the lines of several processes do not mix. A connection does not fail for want of
    /// its line: an error is passed over.
    fn log(&self, label: &str, client_random: &[u8; 32], secret: &[u8]) {
        let line_len = label.len() + 2 * (client_random.len() + secret.len()) + 3;
        let mut line = Zeroizing::new(String::with_capacity(line_len));
        line.push_str(label);
        for part in [client_random.as_slice(), secret] {
            line.push(' ');
            for byte in part {
                let _ = write!(line, "{byte:02x}");
            }
        }
        line.push('\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = file.write_all(line.as_bytes());
    }
}
