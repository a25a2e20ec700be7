//! TLS for tokio-postgres, with channel binding.
//!
//! ```no_run
//! use std::sync::Arc;
//! use tls12::ClientConfig;
//! use tls12::io::postgres::PostgresConnector;
//! # #[cfg(all(feature = "ring", feature = "webpki"))]
//! # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
//! use tls12::verify::TrustStore;
//!
//! let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file("roots.pem")?)).build()?;
//! let settings = "host=db.example user=me password=secret sslmode=require channel_binding=require";
//! let (client, connection) = tokio_postgres::connect(settings, PostgresConnector::new(config)).await?;
//! tokio::spawn(connection);
//! let rows = client.query("SELECT 1", &[]).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The channel binding is `tls-server-end-point` (RFC 5929 §4), the one that PostgreSQL supports: with
//! `SCRAM-SHA-256-PLUS`, the password exchange fails with anyone who presents a certificate other than the server's.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::pin::Pin;
use rustls_pki_types::{InvalidDnsNameError, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::tls::{self, ChannelBinding, MakeTlsConnect};

use super::tokio::{HandshakeError, TlsConnector, TlsStream};
use crate::handshake::ClientConfig;

/// Creates the TLS connections of tokio-postgres: a [`MakeTlsConnect`] for `tokio_postgres::connect`.
///
/// The name of the server is the host in the connection settings: a name or an address for which its certificate is
/// valid. Settings that have none, such as those with the folder of a Unix socket, can connect without TLS
/// (`sslmode=disable`, or `prefer` if the server offers no TLS); `Config::connect_raw` with a connector for the empty host
/// connects [without a name](TlsConnector::connect_without_name).
#[derive(Clone, Debug)]
pub struct PostgresConnector(TlsConnector);

impl PostgresConnector {
    /// Creates a connector for connections with this configuration.
    #[must_use]
    pub fn new(config: Arc<ClientConfig>) -> Self {
        Self(TlsConnector::new(config))
    }
}

/// Creates a connector from one that answers decisions which the configuration leaves open.
impl From<TlsConnector> for PostgresConnector {
    fn from(connector: TlsConnector) -> Self {
        Self(connector)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<T> for PostgresConnector {
    type Stream = TlsStream<T>;
    type TlsConnect = TlsConnect;
    type Error = InvalidDnsNameError;

    fn make_tls_connect(&mut self, domain: &str) -> Result<TlsConnect, InvalidDnsNameError> {
        // tokio-postgres asks for a connector with an empty host, even if TLS is not used, for a Unix socket and for
        // settings with `hostaddr` alone.
        let server_name = match domain {
            "" => None,
            name => Some(ServerName::try_from(name)?.to_owned()),
        };
        Ok(TlsConnect { connector: self.0.clone(), server_name })
    }
}

/// Creates one connection.
#[derive(Debug)]
pub struct TlsConnect {
    connector: TlsConnector,
    server_name: Option<ServerName<'static>>,
}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> tls::TlsConnect<T> for TlsConnect {
    type Stream = TlsStream<T>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<TlsStream<T>, std::io::Error>> + Send>>;

    fn connect(self, transport: T) -> Self::Future {
        Box::pin(async move {
            let Self { connector, server_name } = self;
            let stream = match server_name {
                Some(server_name) => connector.connect(server_name, transport).await,
                None => connector.connect_without_name(None, transport).await,
            };
            stream.map_err(HandshakeError::into)
        })
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> tls::TlsStream for TlsStream<T> {
    fn channel_binding(&self) -> ChannelBinding {
        match self.connection().tls_server_end_point() {
            Ok(binding) => ChannelBinding::tls_server_end_point(Vec::from(binding.as_ref())),
            // There is none for a certificate signed with Ed25519, for example, for which RFC 5929 defines none. The
            // connection then fails if the settings require one.
            Err(_) => ChannelBinding::none(),
        }
    }
}
