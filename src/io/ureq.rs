//! TLS for ureq.
//!
//! ```no_run
//! use std::sync::Arc;
//! use tls12::ClientConfig;
//! use tls12::io::ureq::TlsConnector;
//! use ureq::Agent;
//! use ureq::unversioned::resolver::DefaultResolver;
//! use ureq::unversioned::transport::{Connector, TcpConnector};
//! # #[cfg(all(feature = "ring", feature = "webpki"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use tls12::verify::TrustStore;
//!
//! let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file("roots.pem")?)).build()?;
//! let connector = ().chain(TcpConnector::default()).chain(TlsConnector::new(config));
//! let agent = Agent::with_parts(Agent::config_builder().build(), connector, DefaultResolver::default());
//! let answer = agent.get("https://server.example/").call()?.body_mut().read_to_string()?;
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "ring", feature = "webpki")))]
//! # fn main() {}
//! ```
//!
//! ureq makes no promise of stability for the traits of its transports.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;
use rustls_pki_types::ServerName;
use std::io::{self, Read, Write};
use ureq::Timeout;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

use super::HANDSHAKE_TIME;
use super::blocking::StreamOwned;
use crate::handshake::ClientConfig;

/// The default port of `https` URIs (RFC 9110 §4.2.2).
const HTTPS_PORT: u16 = 443;

/// A connector in ureq's chain that adds TLS to the transport of the preceding connectors if the URI requires it.
///
/// It uses its own configuration, not ureq's `TlsConfig`.
#[derive(Clone)]
pub struct TlsConnector {
    config: Arc<ClientConfig>,
    time: Duration,
}

impl TlsConnector {
    /// Creates a connector for connections with this configuration.
    #[must_use]
    pub fn new(config: Arc<ClientConfig>) -> Self {
        Self { config, time: HANDSHAKE_TIME }
    }

    /// Sets the time limit of each handshake, instead of [`HANDSHAKE_TIME`]. ureq's own timeouts also apply.
    #[must_use]
    pub fn handshake_time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// The time limit of the handshake: ureq's own timeout or this connector's, whichever is shorter.
    fn limit(&self, timeout: NextTimeout) -> NextTimeout {
        let ours = self.time.into();
        if timeout.after <= ours { timeout } else { NextTimeout { after: ours, reason: Timeout::Connect, ..timeout } }
    }
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<In, TlsTransport<In>>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else {
            return Err(ureq::Error::Tls("the TLS connector must follow a connector that connects"));
        };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        // An IPv6 address is in brackets.
        let host = details.uri.host().unwrap_or_default();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let server_name = ServerName::try_from(bare)
            .map_err(|_| ureq::Error::Tls("the host of the URI is neither a DNS name nor an address"))?;
        let mut transport = TransportAdapter::new(transport, Arc::clone(&details.current_time));
        transport.set_timeout(self.limit(details.timeout));
        let port = details.uri.port_u16().unwrap_or(HTTPS_PORT);
        let config = Arc::clone(&self.config);
        let stream = StreamOwned::client_at(config, Some(server_name.to_owned()), Some(port), None, transport);
        let mut stream = stream.map_err(io::Error::from)?.handshake_time(self.time);
        stream.complete_handshake()?;
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Either::B(TlsTransport { buffers, stream })))
    }
}

/// TLS over another transport.
pub struct TlsTransport<In: Transport> {
    buffers: LazyBuffers,
    stream: StreamOwned<TransportAdapter<In>>,
}

impl<In: Transport> Transport for TlsTransport<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.transport_mut().set_timeout(timeout);
        let output = self.buffers.output();
        self.stream.write_all(output.get(..amount).unwrap_or(output))?;
        Ok(self.stream.flush()?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.transport_mut().set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf()).map_err(not_an_end)?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        // Input after the last body may be close_notify, and is not part of the next body.
        !self.stream.holds_input() && self.stream.transport_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

/// A connection that ends without close_notify, or is reset, has truncated the body (RFC 9112 §8); but ureq treats
/// errors of these kinds as the end of a body that is delimited by the end of the connection.
fn not_an_end(error: io::Error) -> ureq::Error {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, UnexpectedEof};
    match error.kind() {
        UnexpectedEof | ConnectionAborted | ConnectionReset => ureq::Error::Other(Box::new(error)),
        _ => error.into(),
    }
}

impl fmt::Debug for TlsConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConnector").finish_non_exhaustive()
    }
}

impl<In: Transport> fmt::Debug for TlsTransport<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsTransport").field("connection", self.stream.connection()).finish_non_exhaustive()
    }
}
