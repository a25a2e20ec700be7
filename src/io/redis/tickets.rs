//! The fleet's ticket keys in Redis: refreshed periodically, rotated by the first server to notice that they are due,
//! and restored by the first server to notice that they are missing.

use alloc::string::String;
use alloc::sync::Weak;
use alloc::vec::Vec;
use rustls_pki_types::UnixTime;

use ::redis::pipe;

use super::sessions::{for_each, milliseconds};
use super::{Fleet, FleetError, PREFIX, Shared, Trouble};
use crate::crypto::SecureRandom;
use crate::error::ProviderError;
use crate::session::TicketRing;

/// The number of attempts to change the keys while others change them at the same time.
const MAX_TRIES: usize = 4;

/// The number of periods after which keys in Redis expire if no server rotates them: by then no ticket can be opened.
const PERIODS_KEPT: u32 = 3;

/// Replaces the value that was read (after a `=`), or no value (`-`), so that no change of another server is lost.
const REPLACE: &str = "local held = redis.call('GET', KEYS[1])
if (held and '=' .. held or '-') == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    return 1
end
return 0";

/// Refreshes the ticket keys for as long as the fleet exists.
pub(super) async fn follow(fleet: Weak<Shared>) {
    while let Some(every) = fleet.upgrade().map(|shared| shared.settings.refresh_every) {
        tokio::time::sleep(every).await;
        match fleet.upgrade() {
            Some(shared) => Fleet(shared).refresh().await,
            None => return,
        }
    }
}

/// The ticket keys in Redis.
struct Held {
    name: String,
    /// The sealed value.
    sealed: Option<Vec<u8>>,
    ring: Option<TicketRing>,
}

impl Fleet {
    /// Updates the ticket keys, in Redis and on this server.
    pub(super) async fn refresh(&self) {
        let now = UnixTime::now();
        for _ in 0..MAX_TRIES {
            match self.try_refresh(now).await {
                Ok(true) => return,
                // Another server was faster: see what it did.
                Ok(false) => {}
                Err(trouble) => return self.0.counts.trouble(trouble),
            }
        }
    }

    /// Makes the next ticket key the current one ahead of schedule. Returns the new generation.
    ///
    /// Servers that have not refreshed their keys yet (see
    /// [`FleetBuilder::refresh_every`](super::FleetBuilder::refresh_every)) continue to use what is then the previous
    /// key: wait until all have refreshed before the next rotation.
    ///
    /// # Errors
    /// [`FleetError`]. Nothing was changed.
    pub async fn rotate_ticket_keys(&self) -> Result<u64, FleetError> {
        let (now, period) = (UnixTime::now(), self.period());
        self.change(|ring, random| Ok(ring.rotated(random, now, period)?)).await
    }

    /// Revokes the ticket key with this name, the 16 bytes with which its tickets start. Each server stops opening its
    /// tickets when it next refreshes the keys. If it was the current key, the next one takes its place. Returns the
    /// new generation.
    ///
    /// # Errors
    /// [`FleetError`]. Nothing was changed.
    pub async fn revoke_ticket_key(&self, name: &[u8; 16]) -> Result<u64, FleetError> {
        let now = UnixTime::now();
        self.change(|ring, random| ring.without(name, random, now)?.ok_or(FleetError::NoSuchKey)).await
    }

    /// Revokes all ticket keys. Each server stops opening existing tickets when it next refreshes the keys. If the
    /// secret that seals them in Redis has been compromised, change that as well. Returns the new generation.
    ///
    /// # Errors
    /// [`FleetError`]. Nothing was changed.
    pub async fn revoke_all_ticket_keys(&self) -> Result<u64, FleetError> {
        let now = UnixTime::now();
        self.change(|ring, random| Ok(ring.replaced(random, now)?)).await
    }

    /// Returns whether it is done; otherwise it must be tried again.
    async fn try_refresh(&self, now: UnixTime) -> Result<bool, Trouble> {
        let held = self.held().await?;
        let ours = self.0.tickets.ring();
        let (mut newest, mut publish) = match (&held.ring, ours) {
            // Redis was emptied and refilled by a server with old keys; or an attacker is restoring a revoked key.
            (Some(stored), Some(ours)) if ours.generation() > stored.generation() => (ours, true),
            (Some(stored), _) => (stored.clone(), false),
            (None, Some(ours)) => (ours, true),
            (None, None) => (TicketRing::new(self.random(), now)?, true),
        };
        if newest.age(now) >= self.period() {
            (newest, publish) = (newest.rotated(self.random(), now, self.period())?, true);
        }
        if publish && !self.replace(&held, &newest).await? {
            return Ok(false);
        }
        self.0.tickets.take(0, newest)?;
        Ok(true)
    }

    /// Replaces the keys with the result of `new`.
    async fn change(
        &self,
        new: impl Fn(&TicketRing, &dyn SecureRandom) -> Result<TicketRing, FleetError>,
    ) -> Result<u64, FleetError> {
        for _ in 0..MAX_TRIES {
            // This server's keys may be newer than those in Redis.
            self.try_refresh(UnixTime::now()).await?;
            let held = self.held().await?;
            let Some(ring) = &held.ring else { continue };
            let changed = new(ring, self.random())?;
            if self.replace(&held, &changed).await? {
                let generation = changed.generation();
                self.0.tickets.take(0, changed)?;
                return Ok(generation);
            }
        }
        Err(FleetError::Contended)
    }

    /// Reads the keys in Redis. Keys under older secrets are installed at once, since they only open.
    async fn held(&self) -> Result<Held, Trouble> {
        let names: Vec<String> = self.0.keys.ring_names()?.iter().map(|name| [PREFIX, name].concat()).collect();
        let answers: Vec<Option<Vec<u8>>> = self.0.link.ask(&for_each(&names, "GET")).await?;
        let mut answers = answers.into_iter();
        let sealed = answers.next().flatten();
        let open = |position: usize, sealed: &[u8]| {
            let ring = self.0.keys.open_ring(position, sealed);
            if ring.is_none() {
                self.0.counts.trouble(Trouble::Unreadable);
            }
            ring
        };
        for (position, sealed) in (1..).zip(answers) {
            if let Some(ring) = sealed.and_then(|sealed| open(position, &sealed)) {
                self.0.tickets.take(position, ring)?;
            }
        }
        let ring = sealed.as_deref().and_then(|sealed| open(0, sealed));
        let name = names.into_iter().next().ok_or(ProviderError::Failed("naming the ticket keys"))?;
        Ok(Held { name, sealed, ring })
    }

    /// Replaces the held value with a ring. Returns `false` if another value is stored by now.
    async fn replace(&self, held: &Held, ring: &TicketRing) -> Result<bool, Trouble> {
        let lifetime = self.0.settings.ticket_period.saturating_mul(PERIODS_KEPT);
        let expected =
            held.sealed.as_ref().map_or_else(|| Vec::from(*b"-"), |sealed| [b"=", sealed.as_slice()].concat());
        let sealed = self.0.keys.seal_ring(ring)?;
        let mut command = pipe();
        command.cmd("EVAL").arg(REPLACE).arg(1).arg(&held.name).arg(expected).arg(sealed).arg(milliseconds(lifetime));
        let answers: Vec<u64> = self.0.link.ask(&command).await?;
        let replaced = answers == [1];
        if replaced {
            self.0.counts.ticket_keys_published.add_one();
        }
        Ok(replaced)
    }

    fn period(&self) -> u64 {
        self.0.settings.ticket_period.as_secs()
    }

    fn random(&self) -> &dyn SecureRandom {
        self.0.keys.provider().random()
    }
}
