//! Which stack speaks: decided by how a handshake failed, or by what a ClientHello offers. Nothing here does I/O.

use alloc::vec::Vec;
use core::fmt;
use rustls::PeerIncompatible;
use std::io;

use crate::error::AlertDescription;
use crate::wire::{ClientExtensions, ClientHello, CodePoints, FALLBACK_SCSV, ProtocolVersion};

/// The library that performs the handshake and protects the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stack {
    /// rustls: TLS 1.3, and TLS 1.2 with ECDHE and AEADs.
    Rustls,
    /// This crate.
    Tls12,
}

/// Why a client gave up on rustls, and connected again with this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FallbackReason {
    /// The server answered the ClientHello with this alert.
    Alert(AlertDescription),
    /// The connection was closed or reset after the ClientHello, before the server had sent anything but perhaps an alert.
    Ended,
    /// The server's hello is one that rustls does not support.
    Incompatible,
}

impl fmt::Display for FallbackReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alert(alert) => write!(f, "the server answered the ClientHello with the alert {alert}"),
            Self::Ended => f.write_str("the connection ended right after the ClientHello"),
            Self::Incompatible => f.write_str("rustls does not support what the server's hello chose"),
        }
    }
}

/// What the server had sent when the handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing.
    Nothing,
    /// One unencrypted alert.
    Alert,
    /// More, or something else.
    More,
}

/// How a handshake by rustls failed, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Alert(AlertDescription),
    Ended,
    Incompatible,
    Other,
}

impl Failure {
    /// Reads the error of a handshake by rustls.
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

/// Whether rustls says this of the hello or the key exchange of an old server.
fn is_of_old_server(why: &PeerIncompatible) -> bool {
    use PeerIncompatible as P;
    matches!(
        why,
        P::EcPointsExtensionRequired
            | P::ExtendedMasterSecretExtensionRequired
            | P::NoCipherSuitesInCommon
            | P::NoKxGroupsInCommon
            | P::NullCompressionRequired
            | P::ServerDoesNotSupportTls12Or13
            | P::ServerTlsVersionIsDisabledByOurConfig
            | P::UncompressedEcPointsRequired
    )
}

/// The alerts with which servers answer a ClientHello that offers nothing that they support (RFC 5246 §7.2.2).
const ALERTS_OF_OLD_SERVERS: [AlertDescription; 3] =
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

/// What rustls supports as a server: code points.
#[derive(Clone, Debug, Default)]
pub(super) struct Supported {
    /// The suites of TLS 1.3.
    pub(super) tls13: Vec<u16>,
    /// The suites of TLS 1.2 that fit a key of this server; empty if rustls is not to speak TLS 1.2.
    pub(super) tls12: Vec<u16>,
    pub(super) groups: Vec<u16>,
    /// The signature schemes of this server's keys.
    pub(super) schemes: Vec<u16>,
}

impl Supported {
    /// Which stack answers this client: rustls if it can, otherwise this crate, which can also explain best what is wrong.
    ///
    /// `body` is that of the ClientHello.
    pub(super) fn choose(&self, body: &[u8]) -> Stack {
        let Ok(hello) = ClientHello::decode(body) else { return Stack::Tls12 };
        let Ok(extensions) = ClientExtensions::decode(hello.extensions) else { return Stack::Tls12 };
        let offers = |version: ProtocolVersion| match extensions.supported_versions {
            // RFC 8446 §4.2.1: if it is present, it alone determines the versions.
            Some(listed) => listed.contains(version.0),
            None => version <= ProtocolVersion::TLS_1_2 && hello.version >= version,
        };
        let has = |list: Option<CodePoints<'_>>, ours: &[u16]| {
            list.is_some_and(|list| ours.iter().any(|code| list.contains(*code)))
        };
        let agrees =
            has(extensions.supported_groups, &self.groups) && has(extensions.signature_algorithms, &self.schemes);
        let suites = |ours: &[u16]| ours.iter().any(|code| hello.cipher_suites.contains(*code));
        let (tls13, tls12) = (offers(ProtocolVersion::TLS_1_3), offers(ProtocolVersion::TLS_1_2));
        match (tls13, tls12) {
            (true, _) if agrees && suites(&self.tls13) => Stack::Rustls,
            // Only rustls can tell such a client what is missing.
            (true, false) => Stack::Rustls,
            // RFC 7507 §3: this crate refuses it, which rustls does not.
            (false, _) if hello.cipher_suites.contains(FALLBACK_SCSV) => Stack::Tls12,
            (_, true) if agrees && suites(&self.tls12) => Stack::Rustls,
            _ => Stack::Tls12,
        }
    }
}

#[cfg(test)]
mod tests;
