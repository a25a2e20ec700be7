//! The fleet's ticket keys in Redis: read again and again, rotated by whichever server is first to see that it is time, and put
//! back by whichever is first to see that they are gone.

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

/// How often a change is tried when others change the keys at the same time.
const MAX_TRIES: usize = 4;

/// How many periods the keys stay in Redis that nobody rotates: all servers are gone, and no ticket can be opened any more.
const PERIODS_KEPT: u32 = 3;

/// Puts a value in place of the one that was read (after a `=`), or of none (`-`): so no change of another server is lost.
const REPLACE: &str = "local held = redis.call('GET', KEYS[1])
if (held and '=' .. held or '-') == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    return 1
end
return 0";

/// Keeps up with the ticket keys, for as long as somebody has the fleet.
pub(super) async fn follow(fleet: Weak<Shared>) {
    while let Some(every) = fleet.upgrade().map(|shared| shared.settings.refresh_every) {
        tokio::time::sleep(every).await;
        match fleet.upgrade() {
            Some(shared) => Fleet(shared).refresh().await,
            None => return,
        }
    }
}

/// What Redis holds under the name of our ticket keys.
struct Held {
    name: String,
    /// As it is there.
    sealed: Option<Vec<u8>>,
    ring: Option<TicketRing>,
}

impl Fleet {
    /// Brings the ticket keys up to date, in Redis and here.
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

    /// Makes the next ticket key the current one before it is time. Returns the new generation.
    ///
    /// Servers that have not heard of it yet (see [`FleetBuilder::refresh_every`](super::FleetBuilder::refresh_every)) go on with
    /// the key that is then the previous one; so let them hear of it before the next rotation.
    ///
    /// # Errors
    /// [`FleetError`]: nothing was changed.
    pub async fn rotate_ticket_keys(&self) -> Result<u64, FleetError> {
        let (now, period) = (UnixTime::now(), self.period());
        self.change(|ring, random| Ok(ring.rotated(random, now, period)?)).await
    }

    /// Revokes the ticket key of this name: the 16 bytes that its tickets start with. No server opens its tickets any more,
    /// from the next time on that it asks for the keys. If it was the current key, the next takes its place. Returns the new
    /// generation.
    ///
    /// # Errors
    /// [`FleetError`]: nothing was changed.
    pub async fn revoke_ticket_key(&self, name: &[u8; 16]) -> Result<u64, FleetError> {
        let now = UnixTime::now();
        self.change(|ring, random| ring.without(name, random, now)?.ok_or(FleetError::NoSuchKey)).await
    }

    /// Revokes all ticket keys: no server opens any ticket of before, from the next time on that it asks for the keys. If their
    /// secret is lost that seals them in Redis, change that as well. Returns the new generation.
    ///
    /// # Errors
    /// [`FleetError`]: nothing was changed.
    pub async fn revoke_all_ticket_keys(&self) -> Result<u64, FleetError> {
        let now = UnixTime::now();
        self.change(|ring, random| Ok(ring.replaced(random, now)?)).await
    }

    /// Whether it is done; else it is to be tried again.
    async fn try_refresh(&self, now: UnixTime) -> Result<bool, Trouble> {
        let held = self.held().await?;
        let ours = self.0.tickets.ring();
        let (mut newest, mut publish) = match (&held.ring, ours) {
            // Redis was emptied and filled again by a server that did not know better; or somebody brings back what was
            // revoked.
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

    /// Replaces the keys by what `new` makes of them.
    async fn change(
        &self,
        new: impl Fn(&TicketRing, &dyn SecureRandom) -> Result<TicketRing, FleetError>,
    ) -> Result<u64, FleetError> {
        for _ in 0..MAX_TRIES {
            // That of this server may be newer than that in Redis.
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

    /// Reads what Redis holds. The keys under older secrets are taken at once: they are only to be opened.
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

    /// Puts a ring in the place of what is held there. `false`, if something else is held there by now.
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
