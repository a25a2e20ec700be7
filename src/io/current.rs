//! The configuration of a server that runs, which can be replaced.

use alloc::sync::Arc;
use core::fmt;
use std::sync::{PoisonError, RwLock};

use crate::handshake::ServerConfig;

/// A server's configuration, to be replaced while the server runs: with new certificates, keys, staples, roots or lists. All
/// clones are the same. An acceptor that was made of it has each connection follow the configuration of the time when it
/// begins.
///
/// To go on with the sessions of the clients, build the new configuration with
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
    /// It begins with this one.
    #[must_use]
    pub fn new(config: Arc<ServerConfig>) -> Self {
        Self(Arc::new(RwLock::new(config)))
    }

    /// The configuration for a connection that begins now.
    #[must_use]
    pub fn get(&self) -> Arc<ServerConfig> {
        // Nothing panics while it holds the lock.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces it, for the connections that begin from now on; those that there are go on as they are.
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
