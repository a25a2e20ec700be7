//! Sessions by ID in Redis.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use rustls_pki_types::UnixTime;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};

use ::redis::{Pipeline, pipe};
use tokio::runtime::Handle;

use super::{Fleet, PREFIX, Trouble, UseOfSessions};
use crate::error::ProviderError;
use crate::handshake::{Answer, FindSessionRequest};
use crate::session::{ServerSession, ServerSessionStore};

/// The maximum length of a sealed session in Redis, in bytes. No server of the fleet stores a longer one, given the
/// limit on a client's chain.
const MAX_ENTRY: usize = 1 << 17;

impl Fleet {
    /// Answers a [`Need::FindSession`](crate::Need::FindSession), within the time limit. If Redis fails in any way, there is
    /// no session, and the handshake is a full one.
    pub async fn find(&self, request: FindSessionRequest, now: UnixTime) -> Answer {
        let session = self.session(request.session_id(), now).await;
        request.found(session)
    }

    /// Stores the ID and session of [`NewSession::Server`](crate::NewSession::Server). Nothing needs to wait for it.
    pub async fn keep(&self, id: &[u8], session: &ServerSession, now: UnixTime) {
        let lifetime = self.0.settings.session_lifetime;
        let left = lifetime.saturating_sub(Duration::from_secs(session.state.age(now)));
        if left.is_zero() {
            return;
        }
        match self.put(id, session, left).await {
            Ok(()) => self.0.counts.kept.add_one(),
            Err(trouble) => self.0.counts.trouble(trouble),
        }
    }

    /// Removes a session, if Redis can be reached. Call it when a connection that created or resumed the session fails
    /// with an error that [forbids resumption](crate::Error::forbids_resumption).
    pub async fn forget(&self, id: &[u8]) {
        if let Err(trouble) = self.delete(id).await {
            self.0.counts.trouble(trouble);
        }
    }

    /// Returns a session store for servers whose threads may block: each handshake with a session ID blocks its thread,
    /// at most for the time limit. The work is done on `runtime`, which must have threads other than those that block.
    #[must_use]
    pub fn session_store(&self, runtime: Handle) -> Arc<dyn ServerSessionStore> {
        Arc::new(InLoop { fleet: self.clone(), runtime })
    }

    async fn session(&self, id: &[u8], now: UnixTime) -> Option<ServerSession> {
        let counts = &self.0.counts;
        match self.get(id).await {
            Ok(Some(session)) if session.state.age(now) < self.0.settings.session_lifetime.as_secs() => {
                counts.found.add_one();
                Some(session)
            }
            Ok(_) => {
                counts.missing.add_one();
                None
            }
            Err(trouble) => {
                counts.trouble(trouble);
                None
            }
        }
    }

    async fn get(&self, id: &[u8]) -> Result<Option<ServerSession>, Trouble> {
        let command = match self.0.settings.use_of_sessions {
            UseOfSessions::Repeated => "GET",
            UseOfSessions::Single => "GETDEL",
        };
        let answers: Vec<Option<Vec<u8>>> = self.0.link.ask(&for_each(&self.names(id)?, command)).await?;
        let kept = answers.into_iter().enumerate().find_map(|(position, kept)| Some((position, kept?)));
        let Some((position, sealed)) = kept else { return Ok(None) };
        if sealed.len() > MAX_ENTRY {
            return Err(Trouble::Unreadable);
        }
        let session = self.0.keys.open_session(position, id, &sealed);
        session.map(Some).ok_or(Trouble::Unreadable)
    }

    async fn put(&self, id: &[u8], session: &ServerSession, left: Duration) -> Result<(), Trouble> {
        let sealed = self.0.keys.seal_session(id, session)?;
        if sealed.len() > MAX_ENTRY {
            return Err(Trouble::TooLong);
        }
        let Some(name) = self.names(id)?.into_iter().next() else { return Ok(()) };
        let mut command = pipe();
        command.cmd("SET").arg(name).arg(sealed).arg("PX").arg(milliseconds(left)).ignore();
        self.0.link.ask(&command).await
    }

    async fn delete(&self, id: &[u8]) -> Result<(), Trouble> {
        let _deleted: Vec<u64> = self.0.link.ask(&for_each(&self.names(id)?, "DEL")).await?;
        Ok(())
    }

    fn names(&self, id: &[u8]) -> Result<Vec<String>, ProviderError> {
        let names = self.0.keys.session_names(id)?;
        Ok(names.into_iter().map(|name| [PREFIX, &name].concat()).collect())
    }
}

/// A pipeline with the command for each of these names.
pub(super) fn for_each(names: &[String], command: &str) -> Pipeline {
    let mut commands = pipe();
    for name in names {
        commands.cmd(command).arg(name);
    }
    commands
}

/// For `PX`.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The sessions of a fleet, for threads that may block.
#[derive(Debug)]
struct InLoop {
    fleet: Fleet,
    runtime: Handle,
}

impl ServerSessionStore for InLoop {
    fn find(&self, id: &[u8], now: UnixTime) -> Option<ServerSession> {
        let (send, receive) = sync_channel(1);
        let (fleet, id) = (self.fleet.clone(), Box::<[u8]>::from(id));
        self.runtime.spawn(async move {
            // The requester may have given up.
            let _ = send.send(fleet.session(&id, now).await);
        });
        match receive.recv_timeout(self.fleet.0.settings.time_limit) {
            Ok(session) => session,
            // The failure is counted there.
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                self.fleet.0.counts.trouble(Trouble::Unreachable);
                None
            }
        }
    }

    fn keep(&self, id: &[u8], session: ServerSession, now: UnixTime) {
        let (fleet, id) = (self.fleet.clone(), Box::<[u8]>::from(id));
        self.runtime.spawn(async move { fleet.keep(&id, &session, now).await });
    }

    fn forget(&self, id: &[u8]) {
        let (fleet, id) = (self.fleet.clone(), Box::<[u8]>::from(id));
        self.runtime.spawn(async move { fleet.forget(&id).await });
    }
}
