//! Connecting to Redis, without TLS or with this crate's.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use std::io;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisResult};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;

use super::FleetError;
use crate::handshake::ClientConfig;
use crate::io::tokio::TlsConnector;

/// The URL schemes with TLS, and the same without.
const SCHEMES: [(&str, &str); 2] = [("rediss://", "redis://"), ("valkeys://", "valkey://")];

pub(super) enum Redis {
    Plain(Client),
    Tls(Box<OverTls>),
}

pub(super) struct OverTls {
    connector: TlsConnector,
    name: ServerName<'static>,
    host: String,
    port: u16,
    info: ConnectionInfo,
}

impl Redis {
    pub(super) fn new(url: &str, tls: Option<Arc<ClientConfig>>) -> Result<Self, FleetError> {
        let without_tls =
            SCHEMES.iter().find_map(|(tls, plain)| url.strip_prefix(tls).map(|rest| format!("{plain}{rest}")));
        match (without_tls, tls) {
            (None, None) => Ok(Self::Plain(Client::open(url).map_err(|error| wrong_url(&error))?)),
            (Some(url), Some(config)) => OverTls::new(&url, config).map(|tls| Self::Tls(Box::new(tls))),
            (Some(_), None) => {
                Err(FleetError::Url("it requires TLS: set a configuration with FleetBuilder::tls".into()))
            }
            (None, Some(_)) => {
                Err(FleetError::Setting("there is a configuration for TLS, but the URL is not rediss://"))
            }
        }
    }

    pub(super) async fn connect(&self, config: &AsyncConnectionConfig) -> RedisResult<MultiplexedConnection> {
        match self {
            Self::Plain(client) => client.get_multiplexed_async_connection_with_config(config).await,
            Self::Tls(tls) => tls.connect(config.clone()).await,
        }
    }
}

impl OverTls {
    fn new(url: &str, config: Arc<ClientConfig>) -> Result<Self, FleetError> {
        let info = url.into_connection_info().map_err(|error| wrong_url(&error))?;
        let ConnectionAddr::Tcp(host, port) = info.addr() else {
            return Err(FleetError::Url("it has no host for TLS".into()));
        };
        let (host, port) = (host.clone(), *port);
        let name = ServerName::try_from(host.clone())
            .map_err(|_| FleetError::Url("its host is neither a DNS name nor an address".into()))?;
        Ok(Self { connector: TlsConnector::new(config).port(port), name, host, port, info })
    }

    async fn connect(&self, config: AsyncConnectionConfig) -> RedisResult<MultiplexedConnection> {
        let socket = TcpStream::connect((self.host.as_str(), self.port)).await?;
        let stream = self.connector.connect(self.name.clone(), socket).await.map_err(io::Error::from)?;
        let settings = self.info.redis_settings();
        let (connection, driver) = MultiplexedConnection::new_with_config(settings, stream, config).await?;
        // The task ends with the last clone of the connection.
        tokio::spawn(driver);
        Ok(connection)
    }
}

/// The error for an invalid URL. The client's message does not contain the URL, which may contain a password.
fn wrong_url(error: &::redis::RedisError) -> FleetError {
    FleetError::Url(error.to_string().into())
}
