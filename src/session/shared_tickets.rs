//! Ticket keys that are provided from outside, and are the same on all servers of a fleet.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustls_pki_types::UnixTime;

use super::ticket_ring::RingKey;
use super::{MAX_AGE, OpenedTicket, Renewal, SealedTicket, ServerSession, TicketKey, TicketRing, Tickets};
use crate::crypto::Provider;
use crate::error::ProviderError;

/// Ticket keys that are provided by calls to [`Self::take`] whenever there are new ones. Until the first call no
/// tickets are issued.
///
/// If no new keys are provided, the keys still expire: the current key seals and opens for two periods after becoming
/// current, the previous one opens for one period, and the next one for three.
pub struct SharedTickets {
    provider: Arc<dyn Provider>,
    /// In seconds.
    period: u64,
    /// Replaced as a whole, so that the lock is not held while tickets are sealed and opened.
    rings: Mutex<Rings>,
}

/// By position: the ring at position 0 seals.
type Rings = Arc<BTreeMap<usize, Arc<Loaded>>>;

/// The maximum number of rings: one for each secret of a fleet, of which few are in use at a time.
const MAX_RINGS: usize = 16;

/// A ring with its keys ready for use.
struct Loaded {
    ring: TicketRing,
    current: TicketKey,
    /// Each with the time after which it no longer opens, in seconds after the ring's start.
    others: [Option<(TicketKey, u64)>; 2],
}

impl SharedTickets {
    /// Creates a set without keys. A key seals for `period` seconds.
    #[must_use]
    pub fn new(provider: Arc<dyn Provider>, period: u64) -> Self {
        Self { provider, period, rings: Mutex::default() }
    }

    /// Installs a ring, if it is not older than the one at the same position, and the position is below 16. The ring at
    /// position 0 seals; the others only open, and tickets that they open are renewed.
    ///
    /// # Errors
    /// [`ProviderError`] if the provider does not support AES-256-GCM.
    pub fn take(&self, position: usize, ring: TicketRing) -> Result<(), ProviderError> {
        let key = |key: &RingKey| TicketKey::new(&*self.provider, &key.0);
        let life = |key: TicketKey, periods: u64| (key, self.period.saturating_mul(periods));
        let loaded = Loaded {
            current: key(&ring.current)?,
            others: [
                Some(life(key(&ring.next)?, 3)),
                ring.previous.as_ref().map(key).transpose()?.map(|key| life(key, 1)),
            ],
            ring,
        };
        let mut rings = self.lock();
        let is_newer = |held: &Arc<Loaded>| held.ring.generation <= loaded.ring.generation;
        if position < MAX_RINGS && rings.get(&position).is_none_or(is_newer) {
            Arc::make_mut(&mut rings).insert(position, Arc::new(loaded));
        }
        Ok(())
    }

    /// Returns the ring that seals.
    #[must_use]
    pub fn ring(&self) -> Option<TicketRing> {
        self.rings().get(&0).map(|loaded| loaded.ring.clone())
    }

    fn rings(&self) -> Rings {
        Arc::clone(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Rings> {
        // Nothing here panics while the lock is held, and a ring is replaced as a whole.
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the current key lives, in seconds.
    fn life(&self) -> u64 {
        self.period.saturating_mul(2)
    }
}

impl Loaded {
    /// Returns the session in the ticket, and whether the key that sealed it is about to expire.
    fn open(&self, ticket: &[u8], now: UnixTime, life: u64) -> Option<(ServerSession, Renewal)> {
        let age = self.ring.age(now);
        if age < life
            && let Some(session) = self.current.open(ticket)
        {
            return Some((session, Renewal::NotDue));
        }
        let [next, previous] = &self.others;
        let opened = |key: &Option<(TicketKey, u64)>| {
            key.as_ref().filter(|(_, life)| age < *life).and_then(|(key, _)| key.open(ticket))
        };
        opened(next)
            .map(|session| (session, Renewal::NotDue))
            .or_else(|| opened(previous).map(|session| (session, Renewal::Due)))
    }
}

impl Tickets for SharedTickets {
    fn seal(&self, session: &ServerSession, now: UnixTime) -> Option<SealedTicket> {
        let rings = self.rings();
        let Loaded { ring, current, .. } = &**rings.get(&0)?;
        let left = self.life().checked_sub(ring.age(now)).filter(|left| *left > 0)?;
        let ticket = current.seal(self.provider.random(), session).ok()?;
        Some(SealedTicket { ticket, lifetime_hint: u32::try_from(left).unwrap_or(u32::MAX) })
    }

    fn open(&self, ticket: &[u8], now: UnixTime) -> Option<OpenedTicket> {
        let rings = self.rings();
        let life = self.life();
        let (position, (session, renew)) =
            rings.iter().find_map(|(position, loaded)| Some((*position, loaded.open(ticket, now, life)?)))?;
        if session.state.age(now) >= MAX_AGE {
            return None;
        }
        Some(OpenedTicket { session, renew: if position == 0 { renew } else { Renewal::Due } })
    }
}

impl fmt::Debug for SharedTickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTickets")
            .field("period", &self.period)
            .field("ring", &self.ring())
            .finish_non_exhaustive()
    }
}
