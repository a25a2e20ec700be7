//! The choice of the stack, by how a handshake failed or by what a ClientHello offers. Does no I/O.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use rustls::PeerIncompatible;
use std::io;

use crate::error::AlertDescription;
use crate::handshake::OfferedName;
use crate::wire::{AskedName, ClientExtensions, ClientHello, FALLBACK_SCSV, ProtocolVersion, SignatureScheme};

/// The library that performs the handshake and protects the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stack {
    /// rustls: TLS 1.3, and TLS 1.2 with ECDHE and AEADs.
    Rustls,
    /// This crate.
    Tls12,
}

/// Why a client connected again with this crate after an attempt with rustls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FallbackReason {
    /// The server answered the ClientHello with this alert.
    Alert(AlertDescription),
    /// The connection was closed or reset after the ClientHello, and the server had sent nothing, or only an alert.
    Ended,
    /// rustls does not support what the server chose in its hello.
    Incompatible,
}

impl fmt::Display for FallbackReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alert(alert) => write!(f, "the server answered the ClientHello with the alert {alert}"),
            Self::Ended => f.write_str("the connection ended right after the ClientHello"),
            Self::Incompatible => f.write_str("rustls does not support what the server chose in its hello"),
        }
    }
}

/// What the server had sent when the handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing.
    Nothing,
    /// Nothing but unencrypted alerts.
    Alert,
    /// More, or something else.
    More,
}

/// How a handshake with rustls failed, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Alert(AlertDescription),
    Ended,
    Incompatible,
    Other,
}

impl Failure {
    /// Reads the error of a handshake with rustls.
    pub(super) fn of(error: &io::Error) -> Self {
        use io::ErrorKind as K;
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(rustls::Error::AlertReceived(alert)) => Self::Alert(AlertDescription::from_code(u8::from(*alert))),
            Some(rustls::Error::PeerIncompatible(why)) if is_of_old_server(why) => Self::Incompatible,
            Some(_) => Self::Other,
            None => match error.kind() {
                K::UnexpectedEof | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe => Self::Ended,
                _ => Self::Other,
            },
        }
    }
}

/// Whether rustls reports this for the hello of an old server.
fn is_of_old_server(why: &PeerIncompatible) -> bool {
    use PeerIncompatible as P;
    matches!(why, P::ServerDoesNotSupportTls12Or13 | P::ServerTlsVersionIsDisabledByOurConfig)
}

/// The alerts with which servers answer a ClientHello that offers nothing that they support (RFC 5246 §7.2.2).
pub(super) const ALERTS_OF_OLD_SERVERS: [AlertDescription; 3] =
    [AlertDescription::HandshakeFailure, AlertDescription::ProtocolVersion, AlertDescription::InsufficientSecurity];

/// Whether a client may connect again with this crate after this failure, and why. Only what an old server does allows it:
/// a failure of trust never does, nor does anything that happens once there are keys, when an alert is encrypted or comes
/// after a hello.
pub(super) fn fallback(failure: Failure, answer: Answer) -> Option<FallbackReason> {
    match (failure, answer) {
        (Failure::Alert(alert), Answer::Alert) if ALERTS_OF_OLD_SERVERS.contains(&alert) => {
            Some(FallbackReason::Alert(alert))
        }
        (Failure::Ended, Answer::Nothing | Answer::Alert) => Some(FallbackReason::Ended),
        (Failure::Incompatible, Answer::More) => Some(FallbackReason::Incompatible),
        _ => None,
    }
}

/// What rustls can do with a key in TLS 1.2.
#[derive(Clone, Debug, Default)]
pub(super) struct Abilities {
    /// The suites: code points.
    pub(super) suites: Vec<u16>,
    /// The signature schemes.
    pub(super) schemes: Arc<[SignatureScheme]>,
}

/// The keys of a server.
pub(super) trait Keys: fmt::Debug + Send + Sync {
    /// Returns the abilities of those that may be used for this name. There are none if the name is refused.
    fn for_name(&self, name: &OfferedName) -> Vec<&Abilities>;
}

/// What rustls supports as a server.
#[derive(Debug)]
pub(super) struct Supported {
    /// The groups: code points.
    pub(super) groups: Vec<u16>,
    pub(super) keys: Arc<dyn Keys>,
    pub(super) min_version: ProtocolVersion,
}

impl Supported {
    /// Which stack answers this client: rustls if it can, otherwise this crate, whose errors say more about what is wrong.
    ///
    /// `body` is that of the ClientHello, or `None` if there is none.
    pub(super) fn choose(&self, body: Option<&[u8]>) -> Stack {
        if self.min_version > ProtocolVersion::TLS_1_2 {
            return Stack::Rustls;
        }
        let Some(hello) = body.and_then(|body| ClientHello::decode(body).ok()) else { return Stack::Tls12 };
        let Ok(extensions) = ClientExtensions::decode(hello.extensions) else { return Stack::Tls12 };
        let offers_tls12 = match extensions.supported_versions {
            // RFC 8446 §4.1.3: the server's random would be marked, and such a client aborts: TLS 1.2 cannot succeed.
            Some(listed) if listed.contains(ProtocolVersion::TLS_1_3.0) => return Stack::Rustls,
            // RFC 8446 §4.2.1: if it is present, it alone determines the versions.
            Some(listed) => listed.contains(ProtocolVersion::TLS_1_2.0),
            None => hello.version >= ProtocolVersion::TLS_1_2,
        };
        // RFC 7507 §3: this crate refuses a fallback, which rustls does not.
        if !offers_tls12 || hello.cipher_suites.contains(FALLBACK_SCSV) {
            return Stack::Tls12;
        }
        let name = match extensions.server_name {
            None => OfferedName::None,
            Some(AskedName::Host(name)) => OfferedName::Host(name.into()),
            // rustls refuses what cannot be a name, and this crate decides as the configuration says.
            Some(AskedName::Other) => return Stack::Tls12,
        };
        let (Some(groups), Some(schemes)) = (extensions.supported_groups, extensions.signature_algorithms) else {
            return Stack::Tls12;
        };
        let is_served_by = |key: &Abilities| {
            key.suites.iter().any(|suite| hello.cipher_suites.contains(*suite))
                && key.schemes.iter().any(|scheme| schemes.contains(scheme.0))
        };
        let is_common = self.groups.iter().any(|group| groups.contains(*group));
        let is_served = is_common && self.keys.for_name(&name).into_iter().any(is_served_by);
        if is_served { Stack::Rustls } else { Stack::Tls12 }
    }
}

#[cfg(test)]
pub(super) mod tests;
