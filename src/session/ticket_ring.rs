//! The ticket keys of a fleet: the current, the previous, and the next one.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use rustls_pki_types::UnixTime;

use super::read::{SessionError, read_time};
use super::ticket::{KEY_LEN, KEY_NAME_LEN};
use super::value::seconds;
use crate::crypto::{Secret, SecureRandom, wipe_on_drop};
use crate::error::ProviderError;
use crate::wire::Reader;

/// The format of the encoding. Other formats are not decoded.
const FORM: u8 = 1;

/// Three ticket keys. The current one seals, and the previous one still opens. The next one also opens, since some
/// servers may use it before all have learned that it is current: it is published a whole period before it seals.
///
/// Each change creates a new ring with the next generation number. A server never returns to an older generation, so
/// write access to the store cannot restore a revoked key.
#[derive(Clone)]
pub struct TicketRing {
    pub(super) generation: u64,
    /// When the current key became current.
    pub(super) since: UnixTime,
    pub(super) previous: Option<RingKey>,
    pub(super) current: RingKey,
    pub(super) next: RingKey,
}

wipe_on_drop!(RingKey.0);

/// The secret of a ticket key, on the heap so that moves leave no copy behind.
#[derive(Clone)]
pub(super) struct RingKey(pub(super) Box<[u8; KEY_LEN]>);

impl RingKey {
    fn new(random: &dyn SecureRandom) -> Result<Self, ProviderError> {
        let mut key = Self(Box::new([0; KEY_LEN]));
        random.fill(&mut *key.0)?;
        Ok(key)
    }

    /// The start of each ticket that it seals.
    fn name(&self) -> Option<&[u8; KEY_NAME_LEN]> {
        self.0.first_chunk()
    }
}

impl TicketRing {
    /// Creates a ring with new keys: the first generation.
    ///
    /// # Errors
    /// [`ProviderError::Random`] if the random source failed.
    pub fn new(random: &dyn SecureRandom, now: UnixTime) -> Result<Self, ProviderError> {
        let (current, next) = (RingKey::new(random)?, RingKey::new(random)?);
        Ok(Self { generation: 1, since: now, previous: None, current, next })
    }

    /// Returns the generation number.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns how long the current key has been current at `now`, in seconds. Returns the maximum if that begins more than five
    /// minutes after `now`: the clock by which the key became current is wrong, so it must be replaced.
    #[must_use]
    pub fn age(&self, now: UnixTime) -> u64 {
        seconds(self.since, now)
    }

    /// Returns a ring in which the next key is current, and the current key is previous. A current key older than two
    /// periods, of `period` seconds each, has expired and is replaced.
    ///
    /// # Errors
    /// [`ProviderError::Random`] if the random source failed.
    pub fn rotated(&self, random: &dyn SecureRandom, now: UnixTime, period: u64) -> Result<Self, ProviderError> {
        let previous = (self.age(now) < period.saturating_mul(2)).then(|| self.current.clone());
        Ok(Self { previous, ..self.successor(random, now)? })
    }

    /// Returns a ring without the key with this name, the 16 bytes with which its tickets start. If it was the current
    /// key, the next one takes its place. Returns `None` if there is no such key.
    ///
    /// # Errors
    /// [`ProviderError::Random`] if the random source failed.
    pub fn without(
        &self,
        name: &[u8; 16],
        random: &dyn SecureRandom,
        now: UnixTime,
    ) -> Result<Option<Self>, ProviderError> {
        let is = |key: &RingKey| key.name() == Some(name);
        let generation = self.generation.saturating_add(1);
        Ok(if is(&self.current) {
            Some(Self { previous: self.previous.clone(), ..self.successor(random, now)? })
        } else if is(&self.next) {
            Some(Self { generation, next: RingKey::new(random)?, ..self.clone() })
        } else if self.previous.as_ref().is_some_and(is) {
            Some(Self { generation, previous: None, ..self.clone() })
        } else {
            None
        })
    }

    /// Returns a ring in which all keys are new.
    ///
    /// # Errors
    /// [`ProviderError::Random`] if the random source failed.
    pub fn replaced(&self, random: &dyn SecureRandom, now: UnixTime) -> Result<Self, ProviderError> {
        Ok(Self { generation: self.generation.saturating_add(1), ..Self::new(random, now)? })
    }

    /// The next generation, without its previous key.
    fn successor(&self, random: &dyn SecureRandom, now: UnixTime) -> Result<Self, ProviderError> {
        Ok(Self {
            generation: self.generation.saturating_add(1),
            since: now,
            previous: None,
            current: self.next.clone(),
            next: RingKey::new(random)?,
        })
    }

    /// Encodes the ring. The bytes are secret.
    #[must_use]
    pub fn to_bytes(&self) -> Secret {
        let keys = || [&self.current, &self.next].into_iter().chain(&self.previous);
        // Allocated at once: a vector that grows would leave unwiped copies behind.
        let mut out = Vec::with_capacity(1 + 8 + 8 + KEY_LEN * keys().count());
        out.push(FORM);
        out.extend(self.generation.to_be_bytes());
        out.extend(self.since.as_secs().to_be_bytes());
        keys().for_each(|key| out.extend(key.0.as_slice()));
        Secret::new(out)
    }

    /// Decodes a ring.
    ///
    /// # Errors
    /// [`SessionError`] if the bytes are not a ring of this version of the library.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SessionError> {
        let mut reader = Reader::new("ticket keys", bytes);
        if reader.u8()? != FORM {
            return Err(SessionError);
        }
        let generation = u64::from_be_bytes(reader.array()?);
        let since = read_time(&mut reader)?;
        let mut key = || Ok::<_, SessionError>(RingKey(Box::new(reader.array()?)));
        let (current, next) = (key()?, key()?);
        let previous = if reader.is_empty() { None } else { Some(RingKey(Box::new(reader.array()?))) };
        reader.done()?;
        Ok(Self { generation, since, previous, current, next })
    }
}

impl fmt::Debug for TicketRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { generation, since, previous, .. } = self;
        f.debug_struct("TicketRing")
            .field("generation", generation)
            .field("since", since)
            .field("has_previous", &previous.is_some())
            .finish_non_exhaustive()
    }
}
