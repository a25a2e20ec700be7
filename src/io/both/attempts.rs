//! A client's attempts to connect: which stack is next, and when to give up. The adapters dial and perform the handshakes.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use rustls_pki_types::ServerName;
use std::io;
use std::time::Instant;

use super::choice::{ALERTS_OF_OLD_SERVERS, Answer, Failure, FallbackReason, Stack, fallback};
use super::error::{ConnectError, Failed, First, SetupError, StaleSession};
use super::memory::{Host, Memory, REMEMBERED};
use super::setup::ClientSetup;
use super::trust::in_our_words;
use crate::error::{AlertDescription, Error, Violation};
use crate::handshake::ClientConfig;
use crate::wire::ProtocolVersion;

/// The servers for which a client may fall back to TLS 1.2 with this crate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fallback {
    /// All servers.
    #[default]
    Any,
    /// The servers with these names or addresses.
    Only(Vec<ServerName<'static>>),
    /// No server.
    Never,
}

impl Fallback {
    fn allows(&self, name: &ServerName<'static>) -> bool {
        match self {
            Self::Any => true,
            Self::Only(names) => names.contains(name),
            Self::Never => false,
        }
    }
}

/// A fallback that is about to be made.
#[derive(Debug)]
#[non_exhaustive]
pub struct FallbackEvent<'a> {
    /// The name or address of the server.
    pub server_name: &'a ServerName<'static>,
    /// Its port.
    pub port: u16,
    /// Why rustls failed.
    pub reason: FallbackReason,
    /// The error of rustls or of the transport.
    pub error: &'a io::Error,
}

/// Receives each fallback.
type Report = dyn Fn(&FallbackEvent<'_>) + Send + Sync;

/// What a client's connections have in common.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) allowed: Fallback,
    min_version: ProtocolVersion,
    /// How long a host that needed a fallback is remembered.
    pub(super) remembered: Duration,
    pub(super) report: Option<Arc<Report>>,
    shared: Arc<Shared>,
}

/// Whatever the clones of a client share.
struct Shared {
    setup: ClientSetup,
    memory: Memory,
    fallbacks: AtomicU64,
}

impl Client {
    pub(super) fn new(config: &ClientConfig, min_version: ProtocolVersion) -> Result<Self, SetupError> {
        let setup = ClientSetup::new(config, min_version)?;
        let shared = Shared { setup, memory: Memory::default(), fallbacks: AtomicU64::new(0) };
        let allowed = Fallback::default();
        Ok(Self { allowed, min_version, remembered: REMEMBERED, report: None, shared: Arc::new(shared) })
    }

    pub(super) fn setup(&self) -> &ClientSetup {
        &self.shared.setup
    }

    /// How many fallbacks there were.
    pub(super) fn fallbacks(&self) -> u64 {
        self.shared.fallbacks.load(Ordering::Relaxed)
    }

    fn tell(&self, host: &Host, first: &First) {
        self.shared.fallbacks.fetch_add(1, Ordering::Relaxed);
        let First { reason, error } = first;
        #[cfg(feature = "log")]
        log::warn!(target: "tls12::both", "{}:{}: falling back to TLS 1.2: {reason}", host.name.to_str(), host.port);
        if let Some(report) = &self.report {
            report(&FallbackEvent { server_name: &host.name, port: host.port, reason: *reason, error });
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { allowed, min_version, remembered, .. } = self;
        f.debug_struct("Client")
            .field("allowed", allowed)
            .field("min_version", min_version)
            .field("remembered", remembered)
            .field("fallbacks", &self.fallbacks())
            .finish_non_exhaustive()
    }
}

/// The attempts to connect to one server. There are at most four: by this crate, since the server is remembered; by rustls,
/// which resumes a session whose chain is not trusted any more; by rustls with a full handshake; and by this crate, after a
/// fallback.
pub(super) struct Attempts<'c> {
    client: &'c Client,
    host: Host,
    stack: Stack,
    /// The failure that led to the current attempt.
    first: Option<First>,
    sessions: StaleSessions,
}

/// Whether rustls has resumed a session whose chain is not trusted any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StaleSessions {
    None,
    Forgotten,
}

impl<'c> Attempts<'c> {
    pub(super) fn new(client: &'c Client, host: Host) -> Self {
        let is_old = client.allowed.allows(&host.name) && client.shared.memory.contains(&host, Instant::now());
        let stack = if is_old { Stack::Tls12 } else { Stack::Rustls };
        Self { client, host, stack, first: None, sessions: StaleSessions::None }
    }

    /// The stack of the next attempt.
    pub(super) fn stack(&self) -> Stack {
        self.stack
    }

    /// The server could not be reached.
    pub(super) fn unreachable(self, error: io::Error) -> ConnectError {
        ConnectError::new(Failed::Dial, error, self.first)
    }

    /// The handshake is complete.
    pub(super) fn connected(self) {
        let Self { client, host, stack, .. } = self;
        match stack {
            Stack::Rustls => client.shared.memory.forget(&host),
            // A time that cannot be expressed never comes.
            Stack::Tls12 => client.shared.memory.remember(&host, Instant::now().checked_add(client.remembered)),
        }
    }

    /// The handshake failed. Returns the state of the next attempt, if there is to be one.
    pub(super) fn failed(self, error: io::Error, answer: Answer) -> Result<Self, ConnectError> {
        match self.stack {
            Stack::Rustls => self.rustls_failed(error, answer),
            Stack::Tls12 => self.tls12_failed(error),
        }
    }

    fn rustls_failed(self, error: io::Error, answer: Answer) -> Result<Self, ConnectError> {
        let error = match error.downcast::<StaleSession>() {
            // The session has been forgotten, so the next handshake is a full one.
            Ok(_) if self.sessions == StaleSessions::None => {
                return Ok(Self { sessions: StaleSessions::Forgotten, ..self });
            }
            Ok(StaleSession(verdict)) => Error::Certificate(verdict).into(),
            Err(error) => error,
        };
        let Some(reason) = fallback(Failure::of(&error), answer) else {
            let error = in_our_words(error);
            return Err(ConnectError::new(Failed::Handshake(Stack::Rustls), error, None));
        };
        if self.client.min_version > ProtocolVersion::TLS_1_2 {
            return Err(ConnectError::new(Failed::TooOld, error, None));
        }
        if !self.client.allowed.allows(&self.host.name) {
            return Err(ConnectError::new(Failed::NoFallback, error, None));
        }
        let first = First { reason, error };
        self.client.tell(&self.host, &first);
        Ok(Self { stack: Stack::Tls12, first: Some(first), ..self })
    }

    fn tls12_failed(self, error: io::Error) -> Result<Self, ConnectError> {
        let ours = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        let is_verdict = matches!(ours, Some(Error::Certificate(_)));
        let is_downgrade = matches!(
            ours,
            Some(
                Error::Alert(AlertDescription::InappropriateFallback) | Error::IllegalParameter(Violation::Downgraded)
            )
        );
        // So does a server that supports only TLS 1.3 refuse TLS 1.2.
        let is_refused = matches!(ours, Some(Error::Alert(alert)) if ALERTS_OF_OLD_SERVERS.contains(alert));
        if !is_verdict {
            self.client.shared.memory.forget(&self.host);
        }
        match &self.first {
            // It was remembered, and supports TLS 1.3 by now.
            None if is_downgrade || is_refused => Ok(Self { stack: Stack::Rustls, ..self }),
            Some(_) if is_downgrade => Err(ConnectError::new(Failed::Downgrade, error, self.first)),
            _ => Err(ConnectError::new(Failed::Handshake(Stack::Tls12), error, self.first)),
        }
    }
}
