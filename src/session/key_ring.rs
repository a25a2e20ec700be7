//! Rotating ticket keys in memory.

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::{Mutex, PoisonError};

use rustls_pki_types::UnixTime;
use zeroize::Zeroizing;

use super::value::seconds;
use super::{MAX_AGE, OpenedTicket, Renewal, SealedTicket, ServerSession, TicketKey, Tickets};
use crate::crypto::Provider;
use crate::error::ProviderError;

/// Random ticket keys in memory, created on demand. The newest key seals tickets for [`Self::PERIOD`]. It then opens
/// tickets for another period, during which they are renewed. The first ticket that is sealed or opened after that discards
/// it, so that its sessions can no longer be decrypted: with no such ticket, the key stays in memory. A ticket's lifetime
/// hint is the remaining life of its key: one to two periods.
pub struct TicketKeys {
    provider: Arc<dyn Provider>,
    /// Replaced as a whole, so that the lock is not held while tickets are sealed and opened.
    keys: Mutex<Keys>,
}

/// Newest last, each with the time of its creation.
type Keys = Arc<[(UnixTime, Arc<TicketKey>)]>;

impl TicketKeys {
    /// How long a key seals, in seconds: six hours.
    pub const PERIOD: u64 = 6 * 60 * 60;

    /// How long a key opens, in seconds.
    const LIFE: u64 = 2 * Self::PERIOD;

    /// Creates a set of keys of this provider. The first key is created on demand.
    #[must_use]
    pub fn new(provider: Arc<dyn Provider>) -> Self {
        Self { provider, keys: Mutex::default() }
    }

    /// Returns the keys at `now`, without expired ones, and with a new one if the newest may no longer seal.
    fn keys(&self, now: UnixTime) -> Result<Keys, ProviderError> {
        let mut keys = self.lock();
        let is_alive = |(made, _): &(UnixTime, _)| seconds(*made, now) < Self::LIFE;
        let seals = keys.last().is_some_and(|(made, _)| seconds(*made, now) < Self::PERIOD);
        if !seals || !keys.iter().all(is_alive) {
            let mut changed: Vec<_> = keys.iter().filter(|key| is_alive(key)).cloned().collect();
            if !seals {
                let mut secret = Zeroizing::new([0; 48]);
                self.provider.random().fill(&mut *secret)?;
                changed.push((now, Arc::new(TicketKey::new(&*self.provider, &secret)?)));
            }
            *keys = changed.into();
        }
        Ok(Arc::clone(&keys))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Keys> {
        // Nothing here panics while the lock is held, and the keys are replaced as a whole.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl core::fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TicketKeys").field("keys", &self.lock().len()).finish_non_exhaustive()
    }
}

impl Tickets for TicketKeys {
    fn seal(&self, session: &ServerSession, now: UnixTime) -> Option<SealedTicket> {
        let keys = self.keys(now).ok()?;
        let (made, key) = keys.last()?;
        let ticket = key.seal(self.provider.random(), session).ok()?;
        let left = Self::LIFE.saturating_sub(seconds(*made, now));
        Some(SealedTicket { ticket, lifetime_hint: u32::try_from(left).ok()? })
    }

    fn open(&self, ticket: &[u8], now: UnixTime) -> Option<OpenedTicket> {
        let keys = self.keys(now).ok()?;
        let (position, session) =
            keys.iter().rev().enumerate().find_map(|(position, (_, key))| Some((position, key.open(ticket)?)))?;
        if session.state.age(now) >= MAX_AGE {
            return None;
        }
        Some(OpenedTicket { session, renew: if position == 0 { Renewal::NotDue } else { Renewal::Due } })
    }
}
