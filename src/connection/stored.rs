//! A client's connection that uses the session store of its configuration.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::{ServerName, UnixTime};

use super::Connection;
use crate::error::Error;
use crate::handshake::{ClientConfig, ClientSide, ClientSlot, ConnectionInfo, KeptSession, NewSession, Time};
use crate::session::{ClientSession, ClientSessionKey};

impl Connection {
    /// Like [`Self::client`], but uses the configuration's session store, as the adapters in `io` do: offers the stored
    /// session for this server, and stores the one that the handshake creates.
    /// [`Event::Session`](crate::Event::Session) is also returned.
    ///
    /// `port` distinguishes servers with the same name: provide it if it is known.
    ///
    /// # Errors
    /// [`Error::Provider`] if the random source fails.
    pub fn client_with_store(
        config: Arc<ClientConfig>,
        server_name: ServerName<'static>,
        port: Option<u16>,
        now: UnixTime,
        out: &mut Vec<u8>,
    ) -> Result<Self, Error> {
        Self::stored(config, Some(server_name), port, None, now, out)
    }

    /// The same, but offers `session` instead, if there is one. Without a name, the store is not used: its sessions are
    /// found by name.
    pub(crate) fn stored(
        config: Arc<ClientConfig>,
        server_name: Option<ServerName<'static>>,
        port: Option<u16>,
        session: Option<ClientSession>,
        now: UnixTime,
        out: &mut Vec<u8>,
    ) -> Result<Self, Error> {
        let slot = config.sessions.clone().zip(server_name.clone()).map(|(store, server_name)| {
            let key = ClientSessionKey::new(server_name, port, config.session_context.clone());
            ClientSlot::new(store, key, now)
        });
        let session = session.or_else(|| slot.as_ref()?.find());
        let side = ClientSide { config, server_name, time: Time::Set(now) };
        let connection = Self::start(side, session, out)?;
        Ok(Self { kept: slot.map(|slot| Box::new(KeptSession::Client(slot))), ..connection })
    }

    /// Takes the session that the handshake created, which is in the store by then.
    pub(super) fn new_session(&mut self) -> Option<NewSession> {
        let session = *self.state.as_mut().ok()?.established_mut()?.session.take()?;
        if let (Some(slot), NewSession::Client(session)) = (self.slot(), &session) {
            slot.keep(session.clone());
        }
        Some(session)
    }

    /// Called when the handshake is complete, and the store has its session.
    pub(super) fn settle(&mut self) {
        let resumed = self.info().is_some_and(ConnectionInfo::resumed);
        if let Some(slot) = self.slot() {
            slot.settle(resumed);
        }
    }

    fn slot(&mut self) -> Option<&mut ClientSlot> {
        match self.kept.as_deref_mut()? {
            KeptSession::Client(slot) => Some(slot),
            KeptSession::Server { .. } => None,
        }
    }

    /// Removes the offered session: after any failure, it is not tried again.
    #[cfg(feature = "std")]
    pub(crate) fn forget_offered(&mut self) {
        if self.info().is_none()
            && let Some(slot) = self.slot()
        {
            slot.forget();
        }
    }
}
