//! Reads a recording, and replays it.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::difference::Difference;
use super::log::{Line, Log, MAX_LEN, Secrets, split};
use super::player::Player;
use super::recorder::{FORMAT, Prepared};
use super::settings::{ClientSettings, Known, ServerSettings, Settings};
use crate::connection::{Diagnosis, Words};
use crate::crypto::Provider;
use crate::error::Error;
use crate::handshake::{ConfigError, Role};

/// A recording of a connection, in memory.
pub struct Recording {
    lines: Arc<[Line]>,
    /// The index of the first call.
    first_call: usize,
    version: String,
    role: Role,
    secrets: Secrets,
    /// Whether the last line ends.
    is_whole: bool,
}

/// Why a recording cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingError {
    /// The text is not a recording.
    NotARecording,
    /// The recording has another format: this one.
    Format(String),
    /// The text is longer than a recording can be: [`Recorder::MAX_LEN`](super::Recorder::MAX_LEN).
    TooLong,
    /// A line is malformed, or does not belong there.
    Line {
        /// Its number, counted from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The configuration cannot be built with this provider, or in this version.
    Config(ConfigError),
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotARecording => f.write_str("this is not a recording of a connection"),
            Self::Format(other) => {
                write!(
                    f,
                    "this recording has the format \"{}\", but this version reads \"{FORMAT}\": replay it with the version \
                     that recorded it",
                    other.escape_debug()
                )
            }
            Self::TooLong => write!(f, "it is longer than a recording can be, which is {MAX_LEN} bytes"),
            Self::Line { line, why } => write!(f, "line {line}: {why}"),
            Self::Config(error) => write!(f, "the recorded configuration cannot be built here: {error}"),
        }
    }
}

impl core::error::Error for RecordingError {}

/// The result of a replay.
#[derive(Debug)]
#[non_exhaustive]
pub struct Replayed {
    /// The first difference, at which the replay ended. `None` if the connection did everything as it was recorded.
    pub difference: Option<Difference>,
    /// How the recording ends.
    pub ending: Ending,
    /// The number of calls of the connection that were replayed.
    pub calls: usize,
    /// The error with which the connection failed, if it did.
    pub error: Option<Error>,
    /// The explanation of that error.
    pub diagnosis: Option<Diagnosis>,
    /// Settings of the recording that this version does not have: another version made it. They were ignored.
    pub unknown_settings: Vec<String>,
}

/// How a recording ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// It is complete. This is why it ends.
    Stopped(String),
    /// It was cut off: the process ended before the connection did, or the file is damaged.
    CutOff,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn read(text: &str) -> Result<Self, RecordingError> {
        if text.len() > MAX_LEN {
            return Err(RecordingError::TooLong);
        }
        let (lines, is_whole) = split(text);
        let mut head = lines.iter().map(|line| line.as_str());
        match head.next() {
            Some(FORMAT) => {}
            Some(other) if other.starts_with("tls12-recording ") => {
                return Err(RecordingError::Format(other.chars().take(60).collect()));
            }
            _ => return Err(RecordingError::NotARecording),
        }
        let mut fact = |line: usize, name: &str, why: &'static str| {
            let value = head.next().and_then(|text| text.strip_prefix(name)?.strip_prefix(' '));
            value.ok_or(RecordingError::Line { line, why })
        };
        let version = fact(2, "crate", "the version of the crate is missing")?.to_string();
        let role = match fact(3, "role", "the role is missing")? {
            "client" => Role::Client,
            "server" => Role::Server,
            _ => return Err(RecordingError::Line { line: 3, why: "the role is client or server" }),
        };
        let secrets = match fact(4, "secrets", "whether there are secrets is missing")? {
            "withheld" => Secrets::Withheld,
            "included" => Secrets::Included,
            _ => return Err(RecordingError::Line { line: 4, why: "secrets are withheld or included" }),
        };
        let first_call = lines.iter().position(|line| line.starts_with("> ")).unwrap_or(lines.len());
        Ok(Self { lines: lines.into(), first_call, version, role, secrets, is_whole })
    }

    /// Returns the version of this crate that recorded it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns whether another version of this crate recorded it. Differences may be due to that.
    #[must_use]
    pub fn is_of_another_version(&self) -> bool {
        self.version != env!("CARGO_PKG_VERSION")
    }

    /// Returns which side was recorded.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns whether it contains the master secret.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        self.secrets == Secrets::Included
    }

    /// Replays it: makes a connection with the recorded configuration and the same calls, input, time, randomness, results and
    /// decisions, and compares what it does. `provider` computes what depends on no secret: hashes, and the verification of
    /// signatures.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn replay(&self, provider: Arc<dyn Provider>) -> Result<Replayed, RecordingError> {
        let log = Arc::new(Log::replaying(Arc::clone(&self.lines), self.first_call, self.secrets));
        let mut unknown_settings = Vec::new();
        let recorder = |rsa_key_bits| Arc::new(Prepared { log: Arc::clone(&log), head: String::new(), rsa_key_bits });
        let mut player = match self.role {
            Role::Client => {
                let settings: ClientSettings = self.settings(&mut unknown_settings)?;
                let bits = settings.rsa_key_bits();
                let mut config = settings.build(provider).map_err(RecordingError::Config)?;
                config.common.recorder = Some(recorder(bits));
                Player::client(Arc::new(config))
            }
            Role::Server => {
                let settings: ServerSettings = self.settings(&mut unknown_settings)?;
                let bits = settings.rsa_key_bits();
                let mut config = settings.build(provider).map_err(RecordingError::Config)?;
                config.common.recorder = Some(recorder(bits));
                Player::server(Arc::new(config))
            }
        };
        let (mut calls, mut ending) = (0, Ending::CutOff);
        while let (None, Some(line)) = (log.difference(), log.peek()) {
            let number = log.line_number();
            let Some(call) = line.strip_prefix("> ") else {
                return Err(RecordingError::Line { line: number, why: "a call of the connection is expected here" });
            };
            if let Some(why) = call.strip_prefix("stop ") {
                ending = if self.is_whole { Ending::Stopped(why.into()) } else { Ending::CutOff };
                break;
            }
            player.call(call).map_err(|why| RecordingError::Line { line: number, why })?;
            // A call that was not told to the log would be replayed for ever.
            if log.line_number() == number && log.difference().is_none() {
                return Err(RecordingError::Line { line: number, why: "this call cannot be made here" });
            }
            calls += 1;
        }
        let connection = player.connection();
        // The error of a call that was cut off is not the connection's.
        let (error, diagnosis) = match connection {
            _ if log.ran_out() => (None, None),
            Some(connection) => (connection.error().cloned(), connection.diagnosis()),
            None => (player.start_error(), None),
        };
        Ok(Replayed { difference: log.difference(), ending, calls, error, diagnosis, unknown_settings })
    }

    fn settings<S: Settings + Default>(&self, unknown: &mut Vec<String>) -> Result<S, RecordingError> {
        let mut settings = S::default();
        for (i, line) in self.lines.iter().enumerate().take(self.first_call).skip(HEAD_LINES) {
            let refused = |why| RecordingError::Line { line: i.saturating_add(1), why };
            let setting = line.strip_prefix("set ").ok_or_else(|| refused("a setting is expected here"))?;
            let (name, value) =
                setting.split_once(' ').ok_or_else(|| refused("the value of the setting is missing"))?;
            let mut words = Words::of(value);
            match settings.read(name, &mut words) {
                Some(Known::No) => unknown.push(name.into()),
                Some(Known::Yes) if words.done().is_some() => {}
                _ => return Err(refused("the value of this setting is malformed")),
            }
        }
        Ok(settings)
    }
}

/// The lines before the settings.
const HEAD_LINES: usize = 4;

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, role, secrets, .. } = self;
        let name = format!("{} lines", self.lines.len());
        f.debug_struct("Recording")
            .field("version", version)
            .field("role", role)
            .field("secrets", secrets)
            .field("lines", &name)
            .finish_non_exhaustive()
    }
}
