//! The ticket keys of a fleet: the one that seals, the one before it, and the one that will come after it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use rustls_pki_types::UnixTime;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::SessionError;
use super::ticket::{KEY_LEN, KEY_NAME_LEN};
use super::value::{read_time, seconds};
use crate::crypto::{Secret, SecureRandom};
use crate::error::ProviderError;
use crate::wire::Reader;

/// The form of the bytes. A ring of another form is not read.
const FORM: u8 = 1;

/// Three ticket keys: the current one seals; the previous one still opens; and the next one opens already, since some server may
/// use it before all have heard that it is the current one. So it is published a whole period before it seals.
///
/// Each change makes a new ring, of the next generation. A server never goes back to an older one: who can write where rings are
/// kept cannot bring back a key that was revoked.
#[derive(Clone)]
pub struct TicketRing {
    pub(super) generation: u64,
    /// Since when the current key is that.
    pub(super) since: UnixTime,
    pub(super) previous: Option<RingKey>,
    pub(super) current: RingKey,
    pub(super) next: RingKey,
}

/// The secret of a ticket key, on the heap: what is moved leaves no copy behind.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct RingKey(pub(super) Box<[u8; KEY_LEN]>);

impl RingKey {
    fn new(random: &dyn SecureRandom) -> Result<Self, ProviderError> {
        let mut key = Self(Box::new([0; KEY_LEN]));
        random.fill(&mut *key.0)?;
        Ok(key)
    }

    /// What stands at the start of each ticket that it seals.
    fn name(&self) -> Option<&[u8; KEY_NAME_LEN]> {
        self.0.first_chunk()
    }
}

impl TicketRing {
    /// New keys: a first generation.
    ///
    /// # Errors
    /// [`ProviderError::Random`], if the source failed.
    pub fn new(random: &dyn SecureRandom, now: UnixTime) -> Result<Self, ProviderError> {
        let (current, next) = (RingKey::new(random)?, RingKey::new(random)?);
        Ok(Self { generation: 1, since: now, previous: None, current, next })
    }

    /// Which change made it.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// For how many seconds the current key has been that at `now`.
    #[must_use]
    pub fn age(&self, now: UnixTime) -> u64 {
        seconds(self.since, now)
    }

    /// The next key becomes the current one, and that the previous one; unless it is older than two periods, so many
    /// seconds each: then it has had its time.
    ///
    /// # Errors
    /// [`ProviderError::Random`], if the source failed.
    pub fn rotated(&self, random: &dyn SecureRandom, now: UnixTime, period: u64) -> Result<Self, ProviderError> {
        let previous = (self.age(now) < period.saturating_mul(2)).then(|| self.current.clone());
        Ok(Self { previous, ..self.successor(random, now)? })
    }

    /// Without the key of this name: the 16 bytes that its tickets start with. If it was the current one, the next takes its
    /// place. None, if there is no such key.
    ///
    /// # Errors
    /// [`ProviderError::Random`], if the source failed.
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

    /// New keys in place of all of these.
    ///
    /// # Errors
    /// [`ProviderError::Random`], if the source failed.
    pub fn replaced(&self, random: &dyn SecureRandom, now: UnixTime) -> Result<Self, ProviderError> {
        Ok(Self { generation: self.generation.saturating_add(1), ..Self::new(random, now)? })
    }

    /// The ring that follows, but for its previous key.
    fn successor(&self, random: &dyn SecureRandom, now: UnixTime) -> Result<Self, ProviderError> {
        Ok(Self {
            generation: self.generation.saturating_add(1),
            since: now,
            previous: None,
            current: self.next.clone(),
            next: RingKey::new(random)?,
        })
    }

    /// The ring as bytes. They are secret.
    #[must_use]
    pub fn to_bytes(&self) -> Secret {
        let keys = || [&self.current, &self.next].into_iter().chain(&self.previous);
        // All at once: a vector that grows leaves what it held where it was, unwiped.
        let mut out = Vec::with_capacity(1 + 8 + 8 + KEY_LEN * keys().count());
        out.push(FORM);
        out.extend(self.generation.to_be_bytes());
        out.extend(self.since.as_secs().to_be_bytes());
        keys().for_each(|key| out.extend(key.0.as_slice()));
        Secret::new(out)
    }

    /// The ring of these bytes.
    ///
    /// # Errors
    /// [`SessionError`], if they are none.
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
