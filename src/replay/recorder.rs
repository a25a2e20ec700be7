//! Records a connection.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::ops::RangeInclusive;
use rustls_pki_types::CertificateDer;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use super::log::{End, Line, Log, MAX_LEN, Secrets, Turn};
use super::provider::Observed;
use super::settings::{put_client, put_server};
use crate::connection::{Words, put_error, read_error};
use crate::crypto::Provider;
use crate::error::{CertificateError, CertificateErrorKind};
use crate::handshake::{Aside, ClientConfig, Peer, PeerChain, ServerConfig, Tape, VerifyPeer};
use crate::session::Verified;

/// The first word of a recording, and the number of its format.
pub(super) const FORMAT: &str = "tls12-recording 1";

/// Records one connection: see the [module](super).
///
/// Clones record the same connection.
#[derive(Clone, Debug)]
pub struct Recorder {
    log: Arc<Log>,
}

/// The progress of a [`Recorder`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RecorderStatus {
    /// No connection has begun with its configuration.
    Unused,
    /// The connection is being recorded.
    Recording,
    /// The recording is complete: the connection was dropped, or split into its halves.
    Complete,
    /// The recording reached [`Recorder::MAX_LEN`], and ends there. It can be replayed up to that point.
    Full,
    /// The recording could not be written, and ends there.
    Failed(Arc<io::Error>),
}

impl fmt::Display for RecorderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unused => f.write_str("no connection was made with the configuration"),
            Self::Recording => f.write_str("the connection is being recorded"),
            Self::Complete => f.write_str("the recording is complete"),
            Self::Full => write!(f, "the recording ends at its limit of {MAX_LEN} bytes"),
            Self::Failed(error) => write!(f, "the recording could not be written: {error}"),
        }
    }
}

impl Recorder {
    /// The maximum length of a recording, in bytes: 16 MiB. It is enough for any handshake, and for some megabytes of data. A
    /// connection that exceeds it continues, but the rest is not recorded.
    pub const MAX_LEN: usize = MAX_LEN;

    /// Records to `writer`, which is flushed after each call of the connection.
    pub fn new(writer: impl io::Write + Send + 'static) -> Self {
        Self { log: Arc::new(Log::recording(Box::new(writer), Secrets::Withheld)) }
    }

    /// Records to a file, which is overwritten if it exists. A new file can be read only by its owner, on Unix.
    ///
    /// # Errors
    /// Those of opening the file.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self::new(open(path.as_ref())?))
    }

    /// As [`Self::new`], but also records the master secret. Anyone who has the recording can decrypt the connection, and
    /// impersonate either side when its session is resumed. In return, everything that is computed from the master secret is
    /// computed again when the recording is replayed: keys, Finished, and the protection of records.
    pub fn with_secrets(writer: impl io::Write + Send + 'static) -> Self {
        Self { log: Arc::new(Log::recording(Box::new(writer), Secrets::Included)) }
    }

    /// Returns a configuration like `config`, whose first connection is recorded. Others are not. It shares its sessions with
    /// `config`.
    #[must_use]
    pub fn client(&self, config: &ClientConfig) -> Arc<ClientConfig> {
        let mut config = config.clone();
        config.common.recorder = Some(Arc::new(self.of("client", &put_client(&config))));
        Arc::new(config)
    }

    /// As [`Self::client`], for a server. The recording of a connection that is made by
    /// [`Connection::accept`](crate::Connection::accept) begins when this configuration is chosen for its ClientHello.
    #[must_use]
    pub fn server(&self, config: &ServerConfig) -> Arc<ServerConfig> {
        let mut config = config.clone();
        config.common.recorder = Some(Arc::new(self.of("server", &put_server(&config))));
        Arc::new(config)
    }

    /// Returns the progress of the recording. A recording that cannot be written does not end its connection: this is where
    /// the failure is reported.
    #[must_use]
    pub fn status(&self) -> RecorderStatus {
        match self.log.ended() {
            Some(End::Stopped) => RecorderStatus::Complete,
            Some(End::Full) => RecorderStatus::Full,
            Some(End::Failed(error)) => RecorderStatus::Failed(error),
            None if self.log.is_claimed() => RecorderStatus::Recording,
            None => RecorderStatus::Unused,
        }
    }

    fn of(&self, role: &str, settings: &str) -> Prepared {
        let secrets = match self.log.secrets {
            Secrets::Withheld => "withheld",
            Secrets::Included => "included",
        };
        let version = env!("CARGO_PKG_VERSION");
        let head = format!("{FORMAT}\ncrate {version}\nrole {role}\nsecrets {secrets}\n{settings}");
        Prepared { log: Arc::clone(&self.log), head, rsa_key_bits: None }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // Readable and writable by the owner.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The recorder of a configuration, with the lines that come before the first call.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) log: Arc<Log>,
    pub(super) head: String,
    /// The sizes of RSA keys that are accepted, instead of those of the provider.
    pub(super) rsa_key_bits: Option<RangeInclusive<u32>>,
}

impl crate::handshake::Recorder for Prepared {
    fn claim(&self) -> Option<Arc<dyn Tape>> {
        if !self.log.claim() {
            return None;
        }
        self.log.head(&self.head);
        Some(Arc::new(Reel { log: Arc::clone(&self.log), rsa_key_bits: self.rsa_key_bits.clone() }))
    }
}

/// The tape of a connection.
#[derive(Debug)]
struct Reel {
    log: Arc<Log>,
    rsa_key_bits: Option<RangeInclusive<u32>>,
}

/// A decision in the recording.
const DECIDED: &str = "decided";

impl Tape for Reel {
    fn provider(self: Arc<Self>, inner: Arc<dyn Provider>) -> Arc<dyn Provider> {
        Arc::new(Observed::new(inner, Arc::clone(&self.log), self.rsa_key_bits.clone()))
    }

    fn verifier(self: Arc<Self>, inner: Arc<dyn VerifyPeer>) -> Arc<dyn VerifyPeer> {
        Arc::new(ObservedVerifier { inner, log: Arc::clone(&self.log) })
    }

    fn has_secrets(&self) -> bool {
        self.log.secrets == Secrets::Included
    }

    fn begin(&self, call: fmt::Arguments<'_>) {
        self.log.begin(call);
    }

    fn end(&self, out: &[u8], outcome: fmt::Arguments<'_>) {
        self.log.end(out, outcome);
    }

    fn aside(&self, aside: Aside) {
        self.log.set_in_call(aside == Aside::Ends);
    }

    fn replays(&self) -> bool {
        self.log.replays()
    }

    fn recorded_decision(&self) -> Option<Line> {
        self.log.take_if_next(DECIDED)
    }

    fn decided(&self, decision: &str) {
        self.log.did(DECIDED, decision);
    }

    fn stop(&self, why: &str) {
        self.log.stop(why);
    }
}

/// A verifier whose last word, at the end of the handshake, is recorded or replayed. Its verdicts are decisions.
#[derive(Debug)]
struct ObservedVerifier {
    inner: Arc<dyn VerifyPeer>,
    log: Arc<Log>,
}

impl VerifyPeer for ObservedVerifier {
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError> {
        self.inner.verify(chain)
    }

    fn identity(&self) -> Option<[u8; 32]> {
        self.inner.identity()
    }

    fn established(&self, peer: &Peer, certificates: &[CertificateDer<'_>]) -> Result<(), CertificateError> {
        const ESTABLISHED: &str = "established";
        const ACCEPTED: &str = "accepted";
        match self.log.turn() {
            Turn::Pass => self.inner.established(peer, certificates),
            Turn::Record => {
                let established = self.inner.established(peer, certificates);
                let result = established.as_ref().map_or_else(put_error, |()| ACCEPTED.into());
                self.log.did(ESTABLISHED, result);
                established
            }
            Turn::Replay => match self.log.take(ESTABLISHED).as_deref().map(String::as_str) {
                Some(ACCEPTED) => Ok(()),
                Some(refused) => Err(read_error(&mut Words::of(refused)).unwrap_or_else(|| {
                    self.log.garbled();
                    otherwise()
                })),
                None => Err(otherwise()),
            },
        }
    }
}

fn otherwise() -> CertificateError {
    CertificateError::new(CertificateErrorKind::Refused, "the recording has something else here")
}
