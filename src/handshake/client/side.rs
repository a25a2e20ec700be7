//! The constant part of a client's connection.

use alloc::boxed::Box;
use alloc::sync::Arc;
use rustls_pki_types::{ServerName, UnixTime};

use crate::handshake::client_config::ClientConfig;
use crate::handshake::peer::{Peer, server_name_text};
use crate::handshake::time::Time;

/// The constant part of a client's connection.
pub(crate) struct ClientSide {
    pub(crate) config: Arc<ClientConfig>,
    /// `None` for a server without a name.
    pub(crate) server_name: Option<ServerName<'static>>,
    pub(crate) time: Time,
}

impl ClientSide {
    pub(crate) fn now(&self) -> UnixTime {
        self.time.now()
    }

    /// The identity that the server must prove.
    pub(crate) fn peer(&self) -> Peer {
        self.server_name.clone().map_or(Peer::UnnamedServer, Peer::Server)
    }

    /// The server's name as text.
    pub(crate) fn name_text(&self) -> Option<Box<str>> {
        self.server_name.as_ref().map(|name| server_name_text(name).into())
    }
}
