//! The client: tries rustls, and falls back to this crate where an old server needs it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use rustls::ClientConnection;
use rustls_pki_types::ServerName;
use std::io::{self, Read, Write};
use std::net::TcpStream;

use super::attempts::{Attempts, Client, Fallback, FallbackEvent};
use super::choice::{Answer, Stack};
use super::error::{ConnectError, SetupError};
use super::memory::Host;
use super::stream::{Carrier, Stream};
use super::timed::Timed;
use super::transport::Transport;
use crate::handshake::ClientConfig;
use crate::io::{HANDSHAKE_TIME, blocking};
use crate::wire::ProtocolVersion;

/// Connects to servers with rustls, and with this crate to those that are too old for rustls. Clones share the remembered
/// hosts, the sessions and the count of fallbacks.
///
/// The first attempt offers TLS 1.3, and TLS 1.2 with ECDHE and AEADs. If it fails in the way of an old server, the connector
/// connects again, and offers everything that the policy allows, with TLS_FALLBACK_SCSV: a server that supports TLS 1.3
/// refuses that (RFC 7507), or at least marks its random (RFC 8446 §4.1.3), which is how a forced downgrade is detected
/// ([`ConnectError::is_downgrade`]). A failure of trust never causes a fallback.
///
/// A host that needed a fallback is remembered, so this crate makes the next connection to it at once.
///
/// # Downgrades that are not detected
///
/// - A server that supports only TLS 1.2 sends no sign of a downgrade: an attacker who breaks the first attempt can make the
///   second one use a suite that rustls does not support, such as one with CBC, if the policy allows it.
/// - The mark in the random is authenticated by the server's signature. With static RSA there is no signature, so an attacker
///   who can decrypt such a connection can also remove the mark, and can suppress the alert, which is not authenticated. Allow
///   static RSA only for the servers that need it.
/// - For a remembered host, rustls is not tried until the time has passed, by default 24 hours, unless the host refuses
///   TLS 1.2 or marks its random.
///
/// If you know which servers are old, name them with [`Fallback::Only`]: the others are then not affected.
#[derive(Clone, Debug)]
pub struct Connector {
    pub(super) client: Client,
    pub(super) time: Duration,
}

impl Connector {
    /// Creates a connector with the verifier, credentials, key log, application protocols and policy of `config`. The
    /// sessions of rustls are kept in memory, unless `config` keeps none.
    ///
    /// # Errors
    /// [`SetupError`] if rustls cannot do what `config` says.
    pub fn new(config: &ClientConfig) -> Result<Self, SetupError> {
        Self::with_min_version(config, ProtocolVersion::TLS_1_2)
    }

    /// Like [`Self::new`], with this minimum version: TLS 1.2, or TLS 1.3, and then there is no fallback.
    ///
    /// # Errors
    /// [`SetupError`]; [`SetupError::MinVersion`] if it is another version.
    pub fn with_min_version(config: &ClientConfig, min_version: ProtocolVersion) -> Result<Self, SetupError> {
        Ok(Self { client: Client::new(config, min_version)?, time: HANDSHAKE_TIME })
    }

    /// Sets for which servers a fallback is allowed. Default: for all of them.
    #[must_use]
    pub fn fallback(mut self, allowed: Fallback) -> Self {
        self.client.allowed = allowed;
        self
    }

    /// Sets how long a host that needed a fallback is remembered. Default: 24 hours. The least recently used of 1024 hosts is
    /// forgotten first.
    #[must_use]
    pub fn remember_for(mut self, time: Duration) -> Self {
        self.client.remembered = time;
        self
    }

    /// Calls `report` before each fallback. With the feature `log`, each is also logged as a warning.
    #[must_use]
    pub fn on_fallback(mut self, report: impl Fn(&FallbackEvent<'_>) + Send + Sync + 'static) -> Self {
        self.client.report = Some(Arc::new(report));
        self
    }

    /// Sets the time limit of each handshake, instead of [`HANDSHAKE_TIME`]. Over a transport other than a `TcpStream`, the
    /// time is checked between operations: also set a timeout on the transport.
    #[must_use]
    pub fn handshake_time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// Returns the number of fallbacks of all clones. Connections to remembered hosts do not count.
    #[must_use]
    pub fn fallbacks(&self) -> u64 {
        self.client.fallbacks()
    }

    /// Connects to the server at this host, a name or an address, and port, and completes the handshake.
    ///
    /// # Errors
    /// [`ConnectError`]; its [`error`](ConnectError::error) is of kind [`InvalidInput`](io::ErrorKind::InvalidInput) if the
    /// host is neither a name nor an address.
    pub fn connect(&self, host: &str, port: u16) -> Result<Stream<TcpStream>, ConnectError> {
        let time = self.time;
        self.each_attempt(server_name(host)?, port, || {
            TcpStream::connect((host, port)).map(|socket| Timed::socket(socket, time))
        })
    }

    /// Connects to the server with this name over the transports that `dial` creates, one for each attempt, such as through a
    /// proxy. The port only distinguishes servers with the same name.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub fn connect_with<T: Read + Write>(
        &self,
        server_name: ServerName<'static>,
        port: u16,
        mut dial: impl FnMut() -> io::Result<T>,
    ) -> Result<Stream<T>, ConnectError> {
        self.each_attempt(server_name, port, || dial().map(|transport| Timed::new(transport, self.time)))
    }

    fn each_attempt<T: Read + Write>(
        &self,
        name: ServerName<'static>,
        port: u16,
        mut dial: impl FnMut() -> io::Result<Timed<T>>,
    ) -> Result<Stream<T>, ConnectError> {
        let mut attempts = Attempts::new(&self.client, Host { name: name.clone(), port });
        loop {
            let transport = match dial() {
                Ok(transport) => Transport::new(transport, Vec::new()),
                Err(error) => return Err(attempts.unreachable(error)),
            };
            let attempted = match attempts.stack() {
                Stack::Rustls => self.by_rustls(&name, transport),
                Stack::Tls12 => self.by_tls12(&name, port, transport).map_err(|error| (error, Answer::More)),
            };
            match attempted {
                Ok(stream) => {
                    attempts.connected();
                    return Ok(stream);
                }
                Err((error, answer)) => attempts = attempts.failed(error, answer)?,
            }
        }
    }

    fn by_rustls<T: Read + Write>(
        &self,
        name: &ServerName<'static>,
        transport: Carrier<T>,
    ) -> Result<Stream<T>, (io::Error, Answer)> {
        let setup = self.client.setup();
        let connection = ClientConnection::new(Arc::clone(&setup.rustls), name.clone());
        let connection = connection.map_err(|error| (io::Error::other(error), Answer::Nothing))?;
        Stream::client(connection, setup, name, transport).map_err(|(error, transport)| (error, transport.answer()))
    }

    fn by_tls12<T: Read + Write>(
        &self,
        name: &ServerName<'static>,
        port: u16,
        transport: Carrier<T>,
    ) -> io::Result<Stream<T>> {
        let config = &self.client.setup().tls12;
        let (config, common) = (Arc::clone(config), &config.common);
        let stream = blocking::StreamOwned::client_at(config, Some(name.clone()), Some(port), None, transport)?;
        Stream::tls12(stream.handshake_time(self.time), common)
    }
}

/// The name or address in `host`.
pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, ConnectError> {
    let invalid = |error| ConnectError::not_reached(io::Error::new(io::ErrorKind::InvalidInput, error));
    ServerName::try_from(host).map(|name| name.to_owned()).map_err(invalid)
}
