//! A dialogue in plaintext: everything sent and received is counted, and nothing is lost.

use std::error::Error;
use std::io::{self, Read, Write};
use std::{fmt, mem};

/// The longest line, in bytes: what servers accept of IMAP, whose lines are the longest of these protocols (RFC 7162 §4).
const MAX_LINE: usize = 8192;

/// The maximum number of lines of an answer. FTP and NNTP servers greet with whole pages.
const MAX_LINES: usize = 256;

/// The maximum number of bytes that a server may send before TLS begins: more than [`MAX_LINES`] common lines.
const MAX_RECEIVED: usize = 1 << 16;

/// The maximum length of a server's text that is quoted, in bytes.
const MAX_QUOTED: usize = 200;

/// The size of one read, in bytes.
const CHUNK: usize = 4096;

/// A transport, and the received bytes that have not been processed.
pub struct Dialogue<T> {
    transport: T,
    received: Vec<u8>,
    /// The number of bytes received in total.
    total: usize,
}

impl<T: Read + Write> Dialogue<T> {
    pub fn new(transport: T) -> Self {
        Self { transport, received: Vec::new(), total: 0 }
    }

    /// Returns the transport, and the bytes received since.
    pub fn into_parts(self) -> (T, Vec<u8>) {
        (self.transport, self.received)
    }

    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.transport.write_all(bytes)?;
        Ok(self.transport.flush()?)
    }

    /// The next line, without its end. Bytes that are not UTF-8 are replaced.
    pub fn line(&mut self) -> Result<String, Refusal> {
        let line = self.up_to(MAX_LINE, |bytes| bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1))?;
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        Ok(String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned())
    }

    /// The lines up to the first that `is_last`, and that one as the last.
    pub fn lines(&mut self, is_last: impl Fn(&str) -> bool) -> Result<Lines, Refusal> {
        let mut before = Vec::new();
        loop {
            let line = self.line()?;
            if is_last(&line) {
                return Ok(Lines { before, last: line });
            }
            if before.len() + 1 >= MAX_LINES {
                return Err(Refusal::TooLong { what: "an answer", limit: MAX_LINES, of: "lines" });
            }
            before.push(line);
        }
    }

    /// The next `len` bytes.
    pub fn exactly(&mut self, len: usize) -> Result<Vec<u8>, Refusal> {
        self.up_to(MAX_RECEIVED, |bytes| (bytes.len() >= len).then_some(len))
    }

    /// Returns as many bytes as `find` requests. It is passed all received bytes, until they suffice.
    pub fn up_to(&mut self, limit: usize, find: impl Fn(&[u8]) -> Option<usize>) -> Result<Vec<u8>, Refusal> {
        loop {
            match find(&self.received) {
                Some(len) if len <= limit.min(self.received.len()) => {
                    let rest = self.received.split_off(len);
                    return Ok(mem::replace(&mut self.received, rest));
                }
                None if self.received.len() <= limit => self.receive()?,
                _ => return Err(Refusal::TooLong { what: "an answer", limit, of: "bytes" }),
            }
        }
    }

    fn receive(&mut self) -> Result<(), Refusal> {
        let mut chunk = [0; CHUNK];
        let n = match self.transport.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            read => read?,
        };
        if n == 0 {
            return Err(Refusal::Ended { said: quoted(&self.received) });
        }
        self.total += n;
        if self.total > MAX_RECEIVED {
            return Err(Refusal::TooLong { what: "everything before TLS", limit: MAX_RECEIVED, of: "bytes" });
        }
        self.received.extend_from_slice(chunk.get(..n).unwrap_or_default());
        Ok(())
    }

    /// Checks, when TLS begins, that no unprotected data has arrived.
    pub fn end(&mut self) -> Result<(), Refusal> {
        match self.received.len() {
            0 => Ok(()),
            len => Err(Refusal::Injected { len }),
        }
    }
}

/// An answer in lines.
#[derive(Debug)]
pub struct Lines {
    pub before: Vec<String>,
    pub last: String,
}

/// Why TLS could not begin.
#[derive(Debug)]
pub enum Refusal {
    Transport(io::Error),
    /// The server has closed the connection, after this.
    Ended {
        said: String,
    },
    TooLong {
        what: &'static str,
        limit: usize,
        of: &'static str,
    },
    /// It is not a server of this protocol: it sent this.
    Other {
        protocol: &'static str,
        said: String,
    },
    /// It refuses to start TLS: it sent this.
    No {
        asked: &'static str,
        said: String,
    },
    /// It sent something else before TLS began.
    Injected {
        len: usize,
    },
}

impl Refusal {
    pub fn other(protocol: &'static str, said: &[u8]) -> Self {
        Self::Other { protocol, said: quoted(said) }
    }

    pub fn no(asked: &'static str, said: impl Into<String>) -> Self {
        let said: String = said.into();
        Self::No { asked, said: quoted(said.as_bytes()) }
    }

    /// Whether the connection failed, rather than being refused.
    pub fn is_of_network(&self) -> bool {
        matches!(self, Self::Transport(_) | Self::Ended { .. })
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Transport(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(error) => write!(f, "{error}"),
            Self::Ended { said } if said.is_empty() => f.write_str("the server closed the connection"),
            Self::Ended { said } => write!(f, "the server closed the connection after sending \"{said}\""),
            Self::TooLong { what, limit, of } => write!(f, "the server sent too much: {what} may have {limit} {of}"),
            Self::Other { protocol, said } => write!(f, "the server does not speak {protocol}: it said \"{said}\""),
            Self::No { asked, said } => write!(f, "the server refused {asked}: {said}"),
            Self::Injected { len } => write!(
                f,
                "{len} bytes came after the server's consent and before TLS: they may have been injected by an attacker \
                 (CVE-2011-0411), so nothing was sent"
            ),
        }
    }
}

impl Error for Refusal {}

/// The beginning of what was said, on one line and printable.
fn quoted(said: &[u8]) -> String {
    let said = said.get(..MAX_QUOTED).unwrap_or(said);
    match std::str::from_utf8(said.trim_ascii_end()) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => said.escape_ascii().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that a server sends, regardless of its input, before it closes.
    struct Sends<'a>(&'a [u8]);

    impl Read for Sends<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.0.read(buf)
        }
    }

    impl Write for Sends<'_> {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            Ok(buf.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_has_a_limit() {
        let line = [&vec![b'x'; MAX_LINE - 1][..], b"\n"].concat();
        assert_eq!(Dialogue::new(Sends(&line)).line().unwrap().len(), MAX_LINE - 1);
        let line = [&vec![b'x'; MAX_LINE][..], b"\n"].concat();
        let error = Dialogue::new(Sends(&line)).line().unwrap_err();
        assert!(matches!(error, Refusal::TooLong { limit: MAX_LINE, .. }), "{error}");
    }

    #[test]
    fn an_answer_has_a_limit_of_lines() {
        let answer = |lines: usize| "x\n".repeat(lines) + "last\n";
        let last = |line: &str| line == "last";
        let fits = Dialogue::new(Sends(answer(MAX_LINES - 1).as_bytes())).lines(last).unwrap();
        assert_eq!((fits.before.len(), &*fits.last), (MAX_LINES - 1, "last"));
        let error = Dialogue::new(Sends(answer(MAX_LINES).as_bytes())).lines(last).unwrap_err();
        assert!(matches!(error, Refusal::TooLong { limit: MAX_LINES, .. }), "{error}");
    }

    #[test]
    fn all_answers_together_have_a_limit() {
        let line = format!("{}\n", "x".repeat(1023));
        let text = line.repeat(MAX_RECEIVED / line.len() + 1);
        let mut dialogue = Dialogue::new(Sends(text.as_bytes()));
        let error = std::iter::repeat_with(|| dialogue.line()).find_map(Result::err).unwrap();
        assert!(matches!(error, Refusal::TooLong { limit: MAX_RECEIVED, .. }), "{error}");
        let error = Dialogue::new(Sends(text.as_bytes())).exactly(MAX_RECEIVED + 1).unwrap_err();
        assert!(matches!(error, Refusal::TooLong { limit: MAX_RECEIVED, .. }), "{error}");
    }

    #[test]
    fn nothing_is_repeated_that_a_terminal_would_heed() {
        assert_eq!(quoted(b"454 not now\r\n"), "454 not now");
        assert_eq!(quoted(b"\x1b[2Jx"), "\\x1b[2Jx");
        assert_eq!(quoted(&[b'x'; MAX_QUOTED + 1]).len(), MAX_QUOTED);
    }
}
