//! The replaceable configuration of a running server.

use alloc::sync::Arc;
use core::fmt;
use std::sync::{PoisonError, RwLock};

use crate::handshake::ServerConfig;

/// A server's configuration that can be replaced while the server runs, for example with new certificates, keys, OCSP
/// responses, roots or revocation lists. Clones share the configuration. Each connection of an acceptor created from it
/// uses the configuration that is current when the connection begins.
///
/// To let clients resume their sessions, build the new configuration with
/// [`resuming_as`](crate::ServerConfigBuilder::resuming_as) the old one.
///
/// ```no_run
/// # #[cfg(all(feature = "tokio", feature = "ring"))]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use tls12::crypto::ring;
/// use tls12::io::CurrentConfig;
/// use tls12::io::tokio::TlsAcceptor;
/// use tls12::{Credential, ServerConfig};
///
/// fn read() -> Result<Credential, Box<dyn std::error::Error>> {
///     Ok(Credential::from_pem(&*ring::provider(), &std::fs::read("server.pem")?, &std::fs::read("server.key")?)?)
/// }
///
/// let current = CurrentConfig::new(ServerConfig::builder(read()?).build()?);
/// let acceptor = TlsAcceptor::new(&current);
/// // ... and when there is another certificate:
/// let renewed = ServerConfig::builder(read()?).resuming_as(&current.get()).build()?;
/// current.replace(renewed);
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "tokio", feature = "ring")))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct CurrentConfig(Arc<RwLock<Arc<ServerConfig>>>);

impl CurrentConfig {
    /// Creates a replaceable configuration, which is initially `config`.
    #[must_use]
    pub fn new(config: Arc<ServerConfig>) -> Self {
        Self(Arc::new(RwLock::new(config)))
    }

    /// Returns the current configuration.
    #[must_use]
    pub fn get(&self) -> Arc<ServerConfig> {
        // Nothing panics while the lock is held.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the configuration for new connections. Existing connections are not affected.
    pub fn replace(&self, config: Arc<ServerConfig>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config;
    }
}

impl From<Arc<ServerConfig>> for CurrentConfig {
    fn from(config: Arc<ServerConfig>) -> Self {
        Self::new(config)
    }
}

impl From<&Self> for CurrentConfig {
    fn from(current: &Self) -> Self {
        current.clone()
    }
}

impl fmt::Debug for CurrentConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentConfig").finish_non_exhaustive()
    }
}
