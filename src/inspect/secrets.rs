//! The secrets that a conversation is opened with, and the sessions of earlier ones.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::bound::{MAX_CANDIDATES, MAX_SESSIONS};
use crate::crypto::{HashAlgorithm, KeyShare, MasterSecret, PrivateKey, Provider};
use crate::error::ProviderError;
use crate::handshake::PresharedKey;
use crate::wire::Random;

/// Where the secret of a handshake came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretSource {
    /// A line of a key log.
    KeyLog,
    /// The handshake that began the session, which this one resumes.
    Session,
    /// The server's RSA key decrypted the premaster secret.
    RsaKey,
    /// A pre-shared key.
    PresharedKey,
    /// An ephemeral private key of one side.
    KeyShare,
}

/// The secrets given by the user.
#[derive(Default)]
pub struct Secrets {
    /// By client random.
    masters: BTreeMap<Random, Vec<MasterSecret>>,
    pub(super) rsa_keys: Vec<Arc<dyn PrivateKey>>,
    pub(super) psks: Vec<PresharedKey>,
    pub(super) shares: Vec<Box<dyn KeyShare>>,
}

impl Secrets {
    /// Reads a key log in NSS format, as browsers and many libraries write it to the file named by `SSLKEYLOGFILE`.
    /// Returns how many of its lines have a master secret of TLS 1.2 (`CLIENT_RANDOM`). Other lines are ignored. If there
    /// are several lines for one client random, all are tried, up to [`MAX_CANDIDATES`].
    pub fn add_key_log(&mut self, text: &str) -> usize {
        let mut found = 0;
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            let (Some("CLIENT_RANDOM"), Some(random), Some(secret)) = (words.next(), words.next(), words.next()) else {
                continue;
            };
            let mut master = MasterSecret(Box::new([0; MasterSecret::LEN]));
            let mut client_random = [0; 32];
            if read_hex(random, &mut client_random).is_some() && read_hex(secret, &mut *master.0).is_some() {
                self.add_master_secret(client_random, master);
                found += 1;
            }
        }
        found
    }

    fn add_master_secret(&mut self, client_random: Random, master: MasterSecret) {
        let known = self.masters.entry(client_random).or_default();
        if known.len() < MAX_CANDIDATES
            && !known.iter().any(|other| crate::crypto::constant_time_eq(other.expose(), master.expose()))
        {
            known.push(master);
        }
    }

    /// Adds a server's RSA private key, which opens conversations with static RSA
    /// ([`KeyExchange::Rsa`](crate::crypto::KeyExchange::Rsa)).
    pub fn add_rsa_key(&mut self, key: Arc<dyn PrivateKey>) {
        self.rsa_keys.push(key);
    }

    /// Adds a pre-shared key, which opens conversations with its identity and
    /// [`KeyExchange::Psk`](crate::crypto::KeyExchange::Psk).
    pub fn add_preshared_key(&mut self, key: PresharedKey) {
        self.psks.push(key);
    }

    /// Adds the ephemeral private key of either side, which opens the one conversation in which its public key was sent.
    pub fn add_key_share(&mut self, share: Box<dyn KeyShare>) {
        self.shares.push(share);
    }

    /// The master secrets of the connection with this client random.
    pub(super) fn masters(&self, client_random: &Random) -> &[MasterSecret] {
        self.masters.get(client_random).map_or(&[], Vec::as_slice)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets")
            .field("client_randoms", &self.masters.len())
            .field("rsa_keys", &self.rsa_keys.len())
            .field("preshared_keys", &self.psks.len())
            .field("key_shares", &self.shares.len())
            .finish()
    }
}

/// Reads as many bytes in hexadecimal as `out` has, and no more.
fn read_hex(text: &str, out: &mut [u8]) -> Option<()> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != out.len() {
        return None;
    }
    for (to, pair) in out.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *to = u8::try_from(high? << 4 | low?).ok()?;
    }
    Some(())
}

/// How a session is found again.
#[derive(Clone, Copy)]
pub(super) enum SessionKey<'a> {
    Id(&'a [u8]),
    Ticket(&'a [u8]),
}

impl SessionKey<'_> {
    pub(super) const fn is_empty(&self) -> bool {
        let (Self::Id(bytes) | Self::Ticket(bytes)) = self;
        bytes.is_empty()
    }
}

/// The sessions of the conversations so far: a connection that resumes one has its master secret. It remembers the last
/// [`MAX_SESSIONS`].
#[derive(Default)]
pub struct Sessions {
    /// By the hash of ID or ticket.
    masters: BTreeMap<[u8; 32], MasterSecret>,
    /// Oldest first.
    order: VecDeque<[u8; 32]>,
}

impl Sessions {
    /// Returns how many sessions are remembered; one that has both an ID and a ticket counts twice.
    #[must_use]
    pub fn len(&self) -> usize {
        self.masters.len()
    }

    /// Returns whether no session is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.masters.is_empty()
    }

    pub(super) fn put(
        &mut self,
        provider: &dyn Provider,
        key: SessionKey<'_>,
        master: &MasterSecret,
    ) -> Result<(), ProviderError> {
        let key = hash_of(provider, key)?;
        if self.masters.insert(key, master.clone()).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > MAX_SESSIONS {
            if let Some(oldest) = self.order.pop_front() {
                self.masters.remove(&oldest);
            }
        }
        Ok(())
    }

    pub(super) fn get(&self, provider: &dyn Provider, key: SessionKey<'_>) -> Option<&MasterSecret> {
        self.masters.get(&hash_of(provider, key).ok()?)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sessions").field(&self.len()).finish()
    }
}

/// A key of a fixed length: a ticket can have 64 KiB.
fn hash_of(provider: &dyn Provider, key: SessionKey<'_>) -> Result<[u8; 32], ProviderError> {
    let (kind, bytes): (&[u8], _) = match key {
        SessionKey::Id(id) => (b"id", id),
        SessionKey::Ticket(ticket) => (b"ticket", ticket),
    };
    let digest = provider.hash(HashAlgorithm::Sha256, &[kind, bytes].concat())?;
    digest.as_ref().first_chunk().copied().ok_or(ProviderError::Failed("hashing a session"))
}

#[cfg(test)]
#[cfg(feature = "ring")]
mod tests {
    use super::*;
    use crate::crypto::ring;
    use std::format;
    use std::string::String;

    /// Each further line would be compared with all of them.
    #[test]
    fn so_many_secrets_are_kept_for_one_client_random() {
        let mut secrets = Secrets::default();
        let random = "00".repeat(32);
        let lines = (0..MAX_CANDIDATES + 9).map(|i| format!("CLIENT_RANDOM {random} {i:096x}\n"));
        assert_eq!(secrets.add_key_log(&lines.collect::<String>()), MAX_CANDIDATES + 9);
        assert_eq!(secrets.masters(&[0; 32]).len(), MAX_CANDIDATES);
    }

    #[test]
    fn the_oldest_sessions_are_forgotten() {
        let provider = ring::provider();
        let mut sessions = Sessions::default();
        let master = MasterSecret(Box::new([7; MasterSecret::LEN]));
        for i in 0..=MAX_SESSIONS {
            sessions.put(&*provider, SessionKey::Id(&i.to_be_bytes()), &master).unwrap();
        }
        assert_eq!(sessions.len(), MAX_SESSIONS);
        let get = |i: usize| sessions.get(&*provider, SessionKey::Id(&i.to_be_bytes())).is_some();
        assert_eq!([0, 1, MAX_SESSIONS].map(get), [false, true, true]);
        // An ID is no ticket.
        assert!(sessions.get(&*provider, SessionKey::Ticket(&1_usize.to_be_bytes())).is_none());
    }
}
