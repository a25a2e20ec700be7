//! The key log file, with which Wireshark and other tools decrypt recorded traffic.

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
/// Anyone who can read the file can read the connections. On Unix, a new file is readable by its owner only.
#[derive(Debug)]
pub struct KeyLogFile(Mutex<File>);

impl KeyLogFile {
    /// Opens the file for appending, and creates it if necessary.
    ///
    /// # Errors
    /// The error of the operating system, if the file can be neither opened nor created.
    pub fn append(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(|file| Self(Mutex::new(file)))
    }
}

impl KeyLog for KeyLogFile {
    /// Writes each line with one call, so that the lines of several processes do not mix. Errors are ignored, so that a
    /// connection does not fail because of its log.
    fn log(&self, label: &str, client_random: &[u8; 32], secret: &[u8]) {
        let line = line(label, client_random, secret);
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = file.write_all(line.as_bytes());
    }
}

/// A line of a key log in the NSS format, with its end.
pub(super) fn line(label: &str, client_random: &[u8; 32], secret: &[u8]) -> Zeroizing<String> {
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
    line
}
