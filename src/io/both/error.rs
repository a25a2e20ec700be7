//! Why a configuration cannot be used with both stacks, and why a connection failed with them.

use alloc::boxed::Box;
use core::error::Error as StdError;
use core::fmt;
use std::io;

use super::choice::{FallbackReason, Stack};
use crate::error::{CertificateError, Error};
use crate::handshake::ConfigError;
use crate::wire::ProtocolVersion;

/// Why a configuration cannot be used with both stacks.
#[derive(Debug)]
#[non_exhaustive]
pub enum SetupError {
    /// The configuration leaves a decision to the caller of the connection, and rustls cannot wait for it.
    Deferred(&'static str),
    /// The configuration has pre-shared keys only: a client has no verifier, or a server no credential.
    NoCertificates,
    /// rustls cannot send a name in server_name that differs from the one that the certificate must have
    /// ([`Indication::Other`](crate::Indication::Other)).
    Indication,
    /// rustls supports none of the groups of the policy.
    NoGroups,
    /// The minimum version is neither TLS 1.2 nor TLS 1.3.
    MinVersion(ProtocolVersion),
    /// This crate refused the configuration.
    Tls12(ConfigError),
    /// rustls refused the configuration.
    Rustls(rustls::Error),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deferred(what) => write!(
                f,
                "the configuration leaves {what} to the caller of the connection, and rustls cannot wait for that: decide it in the configuration"
            ),
            Self::NoCertificates => f.write_str(
                "the configuration has pre-shared keys only, and rustls needs certificates: give a client a verifier, and a server a credential",
            ),
            Self::Indication => f.write_str(
                "the configuration sends a name in server_name that differs from the one that the certificate must have, which rustls cannot do: use Indication::Same or Indication::Omitted",
            ),
            Self::NoGroups => f.write_str(
                "rustls supports none of the groups of the policy: it has x25519, secp256r1 and secp384r1",
            ),
            Self::MinVersion(version) => {
                write!(f, "the minimum version must be TLS 1.2 or TLS 1.3, not {version}")
            }
            Self::Tls12(error) => error.fmt(f),
            Self::Rustls(error) => error.fmt(f),
        }
    }
}

impl StdError for SetupError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            // It displays as these.
            Self::Tls12(error) => error.source(),
            Self::Rustls(error) => error.source(),
            _ => None,
        }
    }
}

impl From<ConfigError> for SetupError {
    fn from(error: ConfigError) -> Self {
        Self::Tls12(error)
    }
}

/// The chain of a session that rustls resumed is not trusted any more. A full handshake may bring what the verdict lacked, such
/// as a new certificate or OCSP response.
#[derive(Debug)]
pub(super) struct StaleSession(pub(super) CertificateError);

impl fmt::Display for StaleSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for StaleSession {}

/// A first attempt that failed in the way of an old server.
#[derive(Debug)]
pub(super) struct First {
    pub(super) reason: FallbackReason,
    pub(super) error: io::Error,
}

/// Why a client could not connect.
///
/// It displays as the error of the last attempt. If that was made with this crate because rustls had failed, the failure of
/// rustls follows.
#[derive(Debug)]
pub struct ConnectError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    failed: Failed,
    error: io::Error,
    first: Option<First>,
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// Reaching the server.
    Dial,
    /// The handshake with this stack.
    Handshake(Stack),
    /// The handshake with rustls, in the way of an old server, and a fallback is not allowed.
    NoFallback,
    /// Likewise, and the minimum version is TLS 1.3.
    TooOld,
    /// The handshake with this crate, because the server supports TLS 1.3.
    Downgrade,
}

impl ConnectError {
    pub(super) fn new(failed: Failed, error: io::Error, first: Option<First>) -> Self {
        Self(Box::new(Inner { failed, error, first }))
    }

    /// The server was not reached.
    pub(super) fn not_reached(error: io::Error) -> Self {
        Self::new(Failed::Dial, error, None)
    }

    /// Returns the error of the last attempt.
    #[must_use]
    pub fn error(&self) -> &io::Error {
        &self.0.error
    }

    /// Returns the stack of the last attempt, or `None` if the server could not be reached.
    #[must_use]
    pub fn stack(&self) -> Option<Stack> {
        match self.0.failed {
            Failed::Dial => None,
            Failed::Handshake(stack) => Some(stack),
            Failed::NoFallback | Failed::TooOld => Some(Stack::Rustls),
            Failed::Downgrade => Some(Stack::Tls12),
        }
    }

    /// Returns why the attempt with rustls failed, if another one was made with this crate.
    #[must_use]
    pub fn first_failure(&self) -> Option<(FallbackReason, &io::Error)> {
        self.0.first.as_ref().map(|first| (first.reason, &first.error))
    }

    /// Returns whether TLS 1.2 with this crate was refused, by the server or by this side, because the server supports TLS 1.3: the
    /// first attempt should not have failed. An attacker may have broken it to force the downgrade.
    ///
    /// If a server that supports TLS 1.3 answers rustls itself with TLS 1.2, there is no fallback, and this returns `false`:
    /// [`error`](Self::error) then contains rustls's `AttemptedDowngradeToTls12WhenTls13IsSupported`.
    #[must_use]
    pub fn is_downgrade(&self) -> bool {
        self.0.failed == Failed::Downgrade
    }

    /// Returns the verdict on the server's certificate chain if it was refused. It is the same whichever stack received the chain.
    #[must_use]
    pub fn certificate_error(&self) -> Option<&CertificateError> {
        match self.0.error.get_ref()?.downcast_ref()? {
            Error::Certificate(verdict) => Some(verdict),
            _ => None,
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { failed, error, first } = &*self.0;
        if *failed == Failed::Downgrade {
            f.write_str(
                "TLS 1.2 was refused, because the server supports TLS 1.3: an attacker on the path may have broken the attempt with TLS 1.3 to force the downgrade, or it failed for another reason",
            )?;
            return match first {
                Some(first) => write!(f, ": {} ({})", first.reason, first.error),
                None => Ok(()),
            };
        }
        error.fmt(f)?;
        match (failed, first) {
            (Failed::NoFallback, _) => f.write_str(
                "; this is how an old server fails, but Connector::fallback does not allow a fallback to tls12 for it",
            ),
            (Failed::TooOld, _) => f.write_str("; this is how an old server fails, but the minimum version is TLS 1.3"),
            (_, Some(first)) => write!(f, " (an earlier attempt with rustls failed: {})", first.reason),
            (_, None) => Ok(()),
        }
    }
}

impl StdError for ConnectError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // It displays as the error itself.
        self.0.error.source()
    }
}

/// The kind is that of the last attempt's error. `error.get_ref()` returns the [`ConnectError`].
impl From<ConnectError> for io::Error {
    fn from(error: ConnectError) -> Self {
        Self::new(error.0.error.kind(), error)
    }
}
