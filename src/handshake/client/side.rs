//! What does not change during a client's connection.

use alloc::sync::Arc;
use rustls_pki_types::{ServerName, UnixTime};

use crate::handshake::client_config::ClientConfig;
use crate::handshake::time::Time;

/// What does not change during a client's connection.
pub(crate) struct ClientSide {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) server_name: ServerName<'static>,
    pub(crate) time: Time,
}

impl ClientSide {
    pub(crate) fn now(&self) -> UnixTime {
        self.time.now()
    }
}
