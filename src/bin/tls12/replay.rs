//! `tls12 replay`, which repeats a recorded connection without a peer; and `--record`, which records it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tls12::crypto::ring;
use tls12::replay::{Difference, Ending, Recorder, RecorderStatus, Recording, RecordingError, Replayed};
use tls12::{ClientConfig, Error, Role, ServerConfig};
use zeroize::Zeroizing;

use crate::advice;
use crate::broken::Broken;
use crate::failure::{Failure, Stage};
use crate::output::{Event, To};
use crate::warn;

/// Replays a connection that --record or the library recorded, without a peer, and explains its error.
///
/// It must send the same bytes and end with the same error. The exit code is 0 if it does, 1 if the file cannot be replayed, and
/// 5 if something differs, which is then reported. A recording of another version is replayed too.
#[derive(clap::Args)]
pub struct Args {
    /// The recording; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let in_file = |error: &dyn std::fmt::Display| Failure::in_file(&args.file, error);
    let text = read(&args.file).map_err(|error| in_file(&error))?;
    let recording = match Recording::read(str::from_utf8(&text).unwrap_or(NO_TEXT)) {
        Ok(recording) => recording,
        Err(_) if text.is_empty() => return Err(in_file(&"it is empty: no connection was made to be recorded")),
        Err(error @ RecordingError::NotARecording) => {
            return Err(in_file(&format_args!("{error}: --record makes one, and `tls12 explain` reads captures")));
        }
        Err(error) => return Err(in_file(&error)),
    };
    // The recording says which sizes of RSA keys are accepted.
    let replayed = recording.replay(ring::provider_for_small_rsa_keys()).map_err(|error| {
        let version = recording.version().escape_debug();
        match recording.is_of_another_version() {
            true => {
                in_file(&format_args!("{error}; it was recorded by tls12 {version}, and this is tls12 {THIS_VERSION}"))
            }
            false => in_file(&format_args!("{error}; the file has been changed or damaged")),
        }
    })?;
    tell(&recording, &replayed);
    match replayed.difference {
        None => Ok(()),
        Some(difference) => {
            Err(Failure::new(Stage::Protocol, format!("the replay differs from the recording, in {difference}")))
        }
    }
}

const THIS_VERSION: &str = env!("CARGO_PKG_VERSION");

/// In place of a file that is not text.
const NO_TEXT: &str = "\0";

/// Reads a file that is no longer than a recording can be, and a little of one that is longer.
fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file: Box<dyn io::Read> =
        if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    let limit = u64::try_from(Recorder::MAX_LEN).unwrap_or(u64::MAX);
    let mut text = Zeroizing::default();
    file.take(limit.saturating_add(1)).read_to_end(&mut text)?;
    Ok(text)
}

/// Prints what was replayed, and the error that it ended with.
fn tell(recording: &Recording, replayed: &Replayed) {
    let peer = match recording.role() {
        Role::Client => "server",
        Role::Server => "client",
    };
    let version = recording.version().escape_debug().to_string();
    let mut lines = vec![format!("a {}'s connection, recorded by tls12 {version}", recording.role())];
    if recording.is_of_another_version() {
        lines.push(format!("this is tls12 {}: differences may be due to that", THIS_VERSION));
    }
    for setting in &replayed.unknown_settings {
        lines.push(format!("this version has no setting \"{}\": it was ignored", setting.escape_debug()));
    }
    if replayed.ending == Ending::CutOff && replayed.difference.is_none() {
        lines.push("the recording is cut off: it was replayed as far as it goes".to_owned());
    }
    let calls = replayed.calls;
    let counted = if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") };
    lines.push(match &replayed.difference {
        None => format!("{counted} replayed: the same bytes, decisions and results"),
        Some(_) => format!("{counted} replayed; in the last, something differs"),
    });
    let broken = replayed.error.clone().map(|error| (failed(&error, replayed, peer), error));
    lines.extend(broken.iter().map(|((text, _), _)| text.clone()));
    Event::new("replayed")
        .with("version", version)
        .with("role", recording.role().to_string())
        .with("calls", calls)
        .with("complete", matches!(replayed.ending, Ending::Stopped(_)))
        .with("same", replayed.difference.is_none())
        .with("difference", replayed.difference.as_ref().map(described))
        .with("unknown_settings", json!(replayed.unknown_settings))
        .with("explanation", broken.map(|((_, explanation), _)| explanation))
        .print(To::Stdout, lines.join("\n"));
}

/// The error, as the commands that connect print it, and as JSON.
fn failed(error: &Error, replayed: &Replayed, peer: &str) -> (String, serde_json::Value) {
    let broken = Broken::replayed(error.clone(), replayed.diagnosis.clone());
    let text = match error {
        Error::Certificate(refused) => format!("it failed: {}", advice::report(refused)),
        _ => format!("it failed{}", broken.long(peer)),
    };
    (text, broken.explanation())
}

fn described(difference: &Difference) -> serde_json::Value {
    let Difference { line, call, place, recorded, replayed, .. } = difference;
    json!({ "line": line, "call": call, "place": place, "recorded": recorded, "replayed": replayed })
}

/// `--record`.
#[derive(clap::Args)]
pub struct RecordArgs {
    /// Record the connection to this file, for `tls12 replay`; a server records its first one
    ///
    /// The file contains the configuration, the certificates of both sides, and all bytes of the connection, but neither private
    /// keys nor secrets, so the data cannot be decrypted. An existing file is overwritten; on Unix the mode of a new one is 0600.
    #[arg(long = "record", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl RecordArgs {
    pub const fn is_given(&self) -> bool {
        self.file.is_some()
    }

    pub fn start(&self) -> Result<Tape, Failure> {
        let open = |path: &PathBuf| match Recorder::create(path) {
            Ok(recorder) => Ok((recorder, path.clone())),
            Err(error) => Err(Failure::in_file(path, error)),
        };
        Ok(Tape { recorder: self.file.as_ref().map(open).transpose()?, told: AtomicBool::new(false) })
    }
}

/// The recording, if there is to be one.
pub struct Tape {
    /// The recorder, and its file.
    recorder: Option<(Recorder, PathBuf)>,
    /// Whether it was said that the recording is not complete.
    told: AtomicBool,
}

impl Tape {
    /// The configuration of a connection that is to be recorded.
    pub fn client(&self, config: Arc<ClientConfig>) -> Arc<ClientConfig> {
        self.recorder.as_ref().map_or(Arc::clone(&config), |(recorder, _)| recorder.client(&config))
    }

    /// The same for a server: its first connection is recorded.
    pub fn server(&self, config: Arc<ServerConfig>) -> Arc<ServerConfig> {
        match &self.recorder {
            Some((recorder, _)) if matches!(recorder.status(), RecorderStatus::Unused) => recorder.server(&config),
            _ => config,
        }
    }

    /// Says once that the recording is not complete, if a connection has ended and it is not.
    pub fn check(&self) {
        let Some((recorder, path)) = &self.recorder else { return };
        let status = recorder.status();
        if !matches!(status, RecorderStatus::Failed(_) | RecorderStatus::Full)
            || self.told.swap(true, Ordering::Relaxed)
        {
            return;
        }
        warn(format_args!("tls12: {}: {status}", path.display()));
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.check();
    }
}
