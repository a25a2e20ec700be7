//! The description of an established connection, whichever stack made it.

use alloc::boxed::Box;
use alloc::sync::Arc;
use rustls::{ClientConnection, CommonState, HandshakeKind, ServerConnection};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::io;

use super::choice::Stack;
use super::error::StaleSession;
use super::setup::{ClientSetup, ServerSetup};
use super::trust::RustlsVerifier;
use crate::connection::Connection;
use crate::crypto::{Digest, Provider, suite_name};
use crate::error::{CertificateError, Error, ProviderError};
use crate::handshake::{Agreement, Common, ConnectionInfo, ExportError, Peer, server_name_text, tls_server_end_point};
use crate::wire::{NamedGroup, ProtocolVersion};

/// The negotiated parameters, and the identity of the peer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Info {
    /// The stack that made the connection.
    pub stack: Stack,
    /// The version: TLS 1.2 or TLS 1.3.
    pub version: ProtocolVersion,
    /// The code of the cipher suite.
    pub suite: u16,
    /// The group of the key exchange, or `None` if there was none: with static RSA, with a pre-shared key, or if rustls
    /// resumed a session of TLS 1.2.
    pub group: Option<NamedGroup>,
    /// The application protocol (RFC 7301), if one was negotiated.
    pub alpn_protocol: Option<Box<[u8]>>,
    /// The name that the client requested (RFC 6066 §3). On a client, the name or address that it was given.
    pub server_name: Option<Box<str>>,
    /// The peer's certificates, its own first. Empty for a client without a certificate, and with a pre-shared key.
    pub peer_certificates: Arc<[CertificateDer<'static>]>,
    /// Whether a session was resumed.
    pub resumed: bool,
}

impl Info {
    /// Returns the standard name of the cipher suite, such as `TLS_AES_128_GCM_SHA256`.
    #[must_use]
    pub fn suite_name(&self) -> Option<&'static str> {
        suite_name(self.suite)
    }

    fn of_tls12(info: &ConnectionInfo) -> Self {
        Self {
            stack: Stack::Tls12,
            version: ProtocolVersion::TLS_1_2,
            suite: info.suite().code,
            group: info.group(),
            alpn_protocol: info.alpn_protocol().map(Box::from),
            server_name: info.server_name().map(Box::from),
            peer_certificates: info.peer_certificates().into(),
            resumed: info.resumed(),
        }
    }

    fn of_rustls(state: &CommonState, server_name: Option<Box<str>>) -> Option<Self> {
        Some(Self {
            stack: Stack::Rustls,
            version: ProtocolVersion(state.protocol_version()?.into()),
            suite: state.negotiated_cipher_suite()?.suite().into(),
            group: state.negotiated_key_exchange_group().map(|group| NamedGroup(group.name().into())),
            alpn_protocol: state.alpn_protocol().map(Box::from),
            server_name,
            peer_certificates: state.peer_certificates().unwrap_or_default().iter().cloned().collect(),
            resumed: state.handshake_kind() == Some(HandshakeKind::Resumed),
        })
    }
}

/// A connection of either stack.
pub(super) enum Side<'c> {
    Client(&'c ClientConnection),
    Server(&'c ServerConnection),
    Tls12(&'c Connection),
}

/// An established connection, apart from the connection itself.
#[derive(Debug)]
pub(super) struct Established {
    pub(super) info: Info,
    provider: Arc<dyn Provider>,
    uniqueness: Uniqueness,
    /// The server's certificate, if it is known.
    server_certificate: Option<CertificateDer<'static>>,
}

/// Whether the keys of a connection with rustls are known to be unique to it: in TLS 1.3, or with the extended master secret.
/// rustls does not report whether that was negotiated, so it counts only if the policy requires it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Uniqueness {
    Certain,
    Unknown,
}

impl Established {
    /// Describes a client's connection with rustls, whose handshake is complete.
    pub(super) fn of_client(
        connection: &ClientConnection,
        setup: &ClientSetup,
        name: &ServerName<'static>,
    ) -> io::Result<Self> {
        let info = Info::of_rustls(connection, Some(server_name_text(name).into())).ok_or_else(incomplete)?;
        let peer = Peer::Server(name.clone());
        // rustls resumes a session without a verdict on its chain.
        if let Err(error) = check_resumed(&setup.verifier, &info, &peer) {
            setup.forget_sessions(name);
            return Err(io::Error::other(StaleSession(error)));
        }
        setup.verifier.established(&peer, &info.peer_certificates).map_err(Error::from)?;
        let server_certificate = info.peer_certificates.first().cloned();
        Ok(Self::new(info, &setup.tls12.common, server_certificate))
    }

    /// Describes a server's connection with rustls, whose handshake is complete.
    pub(super) fn of_server(connection: &ServerConnection, setup: &ServerSetup) -> Result<Self, Error> {
        let info = Info::of_rustls(connection, connection.server_name().map(Box::from)).ok_or_else(incomplete)?;
        if let (Some(verifier), [_, ..]) = (&setup.verifier, &*info.peer_certificates) {
            verifier.established(&Peer::Client, &info.peer_certificates)?;
        }
        // rustls does not report which certificate it sent.
        let mut credentials = setup.tls12.credentials();
        let only = credentials.next().filter(|_| credentials.next().is_none());
        let server_certificate = only.and_then(|credential| credential.certificates().first().cloned());
        Ok(Self::new(info, &setup.tls12.common, server_certificate))
    }

    /// Describes a connection with this crate.
    pub(super) fn of_tls12(connection: &Connection, common: &Common) -> Result<Self, Error> {
        let info = connection.info().map(Info::of_tls12).ok_or_else(incomplete)?;
        Ok(Self::new(info, common, None))
    }

    fn new(info: Info, common: &Common, server_certificate: Option<CertificateDer<'static>>) -> Self {
        let is_certain = info.version > ProtocolVersion::TLS_1_2 || common.extended_master_secret == Agreement::Require;
        let uniqueness = if is_certain { Uniqueness::Certain } else { Uniqueness::Unknown };
        Self { info, provider: Arc::clone(&common.provider), uniqueness, server_certificate }
    }

    /// Fills `out` with exported keying material of `side`.
    pub(super) fn export(
        &self,
        side: &Side<'_>,
        label: &[u8],
        context: Option<&[u8]>,
        out: &mut [u8],
    ) -> Result<(), ExportError> {
        if let Side::Tls12(connection) = side {
            return connection.export(label, context, out);
        }
        if self.uniqueness == Uniqueness::Unknown {
            // RFC 7627 §5.4.
            return Err(ExportError::NoExtendedMasterSecret);
        }
        // RFC 5705 §4.
        if context.is_some_and(|context| context.len() > usize::from(u16::MAX)) {
            return Err(ExportError::ContextTooLong);
        }
        if out.is_empty() {
            return Ok(());
        }
        let exported = match side {
            Side::Client(connection) => connection.export_keying_material(out, label, context),
            Side::Server(connection) => connection.export_keying_material(out, label, context),
            Side::Tls12(_) => return Err(ExportError::NotConnected),
        };
        exported.map(|_| ()).map_err(|_| ExportError::Provider(ProviderError::Failed("exporting keying material")))
    }

    /// The channel binding `tls-exporter` (RFC 9266 §2).
    pub(super) fn tls_exporter(&self, side: &Side<'_>) -> Result<[u8; 32], ExportError> {
        let mut binding = [0; 32];
        self.export(side, b"EXPORTER-Channel-Binding", Some(&[]), &mut binding)?;
        Ok(binding)
    }

    /// The channel binding `tls-server-end-point` (RFC 5929 §4).
    pub(super) fn tls_server_end_point(&self, side: &Side<'_>) -> Result<Digest, ExportError> {
        match side {
            Side::Tls12(connection) => connection.tls_server_end_point(),
            Side::Client(_) | Side::Server(_) => {
                tls_server_end_point(&*self.provider, self.server_certificate.as_slice())
            }
        }
    }
}

/// The error if rustls reports that a handshake is complete, but lacks its result.
fn incomplete() -> Error {
    Error::Provider(ProviderError::Failed("completing the handshake"))
}

/// Verifies the chain of a resumed session, which rustls does not.
fn check_resumed(verifier: &RustlsVerifier, info: &Info, peer: &Peer) -> Result<(), CertificateError> {
    if !info.resumed || info.peer_certificates.is_empty() {
        return Ok(());
    }
    verifier.judge(Arc::clone(&info.peer_certificates), peer.clone(), &[], UnixTime::now())
}

/// The methods of a stream that do not depend on its kind of I/O.
macro_rules! of_established {
    () => {
        /// Returns the negotiated parameters, and the identity of the peer.
        #[must_use]
        pub fn info(&self) -> &Info {
            &self.established.info
        }

        /// Fills `out`, of any length, with exported keying material (RFC 5705, RFC 8446 §7.5), as
        /// [`Connection::export`](crate::Connection::export) does.
        ///
        /// # Errors
        /// [`ExportError`]; also [`ExportError::NoExtendedMasterSecret`] if rustls negotiated TLS 1.2 and the policy does not
        /// require the extended master secret, since rustls does not report whether it is used: require it with
        /// [`Policy::extended_master_secret`](crate::Policy::extended_master_secret).
        pub fn export(&self, label: &[u8], context: Option<&[u8]>, out: &mut [u8]) -> Result<(), ExportError> {
            self.established.export(&self.side(), label, context, out)
        }

        /// Returns the channel binding `tls-exporter` (RFC 9266 §2).
        ///
        /// # Errors
        /// See [`Self::export`].
        pub fn tls_exporter(&self) -> Result<[u8; 32], ExportError> {
            self.established.tls_exporter(&self.side())
        }

        /// Returns the channel binding `tls-server-end-point` (RFC 5929 §4): a hash of the server's certificate.
        ///
        /// # Errors
        /// [`ExportError::NoCertificate`] on a server that has several credentials, if rustls made the connection, since it
        /// does not report which one it used; otherwise those of
        /// [`Connection::tls_server_end_point`](crate::Connection::tls_server_end_point).
        pub fn tls_server_end_point(&self) -> Result<Digest, ExportError> {
            self.established.tls_server_end_point(&self.side())
        }
    };
}

pub(super) use of_established;
