//! A recorded connection, as a text file under `tests/vectors/`.
//!
//! Each line is a word and what follows it; bytes are in hex, and `#` starts a comment. The file opens with the facts of the
//! connection; then, step by step, what was done to our side, and indented under it, the result:
//!
//! | fact | |
//! |---|---|
//! | `about`, `peer` | what this shows; who the other side was, and how it was run |
//! | `role` | ours: `client` or `server` |
//! | `suites`, `groups`, `schemes` | our policy, most preferred first |
//! | `extended_master_secret`, `encrypt_then_mac` | our policy: `Never`, `Prefer` or `Require` |
//! | `now` | the time, in seconds since 1970 |
//! | `trusted` | the root that we trust; a client without one gets its verdict as an answer |
//! | `chain` | our certificates, our own first |
//! | `psk_identity`, `psk` | the pre-shared key that both have in place of certificates, and its name |
//! | `psk_hint` | what the server says of the identity that it wants, or not there |
//! | `client_auth` | whether our server requires a certificate of the client: `Require`, or not there |
//! | `peer_master_secret` | the master secret as the *peer* logged it |
//!
//! | step | |
//! |---|---|
//! | `start` | a connection was made; by the same two sides as before, if it is not the first, to resume the session |
//! | `input` | these bytes came |
//! | `answer` | a need was answered: `signature`, `premaster` (decrypted, padding and all), `verdict` |
//! | `seal`, `close`, `end_of_input` | the calls of these names |
//!
//! | outcome | |
//! |---|---|
//! | `random` | one draw of randomness |
//! | `need` | a decision was asked for: `sign` SCHEME MESSAGE, `decrypt` CIPHERTEXT (both as their SHA-256), `verify` |
//! | `master_secret` | what went to our key log |
//! | `session` | our client was given a session to keep: the SHA-256 of its bytes |
//! | `connected`, `data`, `warning`, `close_notify`, `ended` | what happened |
//! | `failed` | `sent` or `received` ALERT, or `silently`; then the error |
//! | `out` | all bytes that are to be sent |
//!
//! No private key is in it: our server's signs and decrypts by answers. Keys that both sides share are.

use std::fmt;
use std::path::{Path, PathBuf};

/// A word, and what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub word: String,
    pub value: String,
}

/// What was done, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub cause: Line,
    pub outcome: Vec<Line>,
}

/// A recorded connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    pub facts: Vec<Line>,
    pub steps: Vec<Step>,
}

impl Line {
    pub fn new(word: &str, value: impl fmt::Display) -> Self {
        Self { word: word.to_owned(), value: value.to_string() }
    }

    pub fn of_bytes(word: &str, bytes: &[u8]) -> Self {
        Self::new(word, to_hex(bytes))
    }

    /// The value, if it is all bytes.
    pub fn bytes(&self) -> Vec<u8> {
        from_hex(&self.value)
    }

    /// The words of the value.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.value.split_whitespace()
    }

    fn parse(line: &str) -> Self {
        let (word, value) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        Self::new(word, value)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.value.is_empty() { "" } else { " " };
        writeln!(f, "{}{space}{}", self.word, self.value)
    }
}

impl Recording {
    /// The value of a fact that is there.
    pub fn fact(&self, word: &str) -> &str {
        self.find_fact(word).unwrap_or_else(|| panic!("the recording has no {word}"))
    }

    pub fn find_fact(&self, word: &str) -> Option<&str> {
        self.facts.iter().find(|line| line.word == word).map(|line| line.value.as_str())
    }

    /// Everything of this kind that came of any step.
    pub fn outcomes<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a Line> {
        self.steps.iter().flat_map(|step| &step.outcome).filter(move |line| line.word == word)
    }

    /// Each connection by itself, with the facts of all.
    pub fn connections(&self) -> Vec<Self> {
        let mut connections: Vec<Self> = Vec::new();
        for step in &self.steps {
            if step.cause.word == "start" {
                connections.push(Self { facts: self.facts.clone(), steps: Vec::new() });
            }
            connections.last_mut().expect("a recording begins with a start").steps.push(step.clone());
        }
        connections
    }

    /// Adds a step. Input of which nothing came is one with the input that follows it.
    pub fn push(&mut self, mut step: Step) {
        if let Some(last) = self.steps.pop_if(|last| last.cause.word == "input" && last.outcome.is_empty()) {
            if step.cause.word == "input" {
                step.cause.value.insert_str(0, &last.cause.value);
            } else {
                self.steps.push(last);
            }
        }
        self.steps.push(step);
    }

    pub fn parse(text: &str) -> Self {
        let mut recording = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let parsed = Line::parse(line);
            match recording.steps.last_mut() {
                Some(step) if line.starts_with(' ') => step.outcome.push(parsed),
                None if parsed.word != "start" => recording.facts.push(parsed),
                _ => recording.steps.push(Step { cause: parsed, outcome: Vec::new() }),
            }
        }
        recording
    }

    /// Every recording there is, with the name of its file, in the order of the names.
    pub fn all() -> Vec<(String, Self)> {
        let files = std::fs::read_dir(Self::directory()).expect("tests/vectors cannot be read");
        let mut paths: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read = |path: PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, Self::parse(&std::fs::read_to_string(path).unwrap()))
        };
        paths.into_iter().map(read).collect()
    }

    pub fn directory() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"))
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("# Recorded by tests/record.rs; tests/support/recording.rs tells how to read it.\n")?;
        self.facts.iter().try_for_each(|line| line.fmt(f))?;
        for step in &self.steps {
            write!(f, "\n{}", step.cause)?;
            step.outcome.iter().try_for_each(|line| write!(f, "  {line}"))?;
        }
        Ok(())
    }
}

pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads hex; spaces in it mean nothing.
pub fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter(|c| *c != ' ').map(|c| c.to_digit(16).expect("not hex")).collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    assert!(rest.is_empty(), "half a byte");
    pairs.iter().map(|[high, low]| (high * 16 + low) as u8).collect()
}
