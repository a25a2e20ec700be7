//! The key schedule of a handshake: what its keys are derived from, and the secrets themselves.

use super::candidates::Candidate;
use super::handshake::Handshake;
use super::secrets::SecretSource;
use crate::crypto::{CipherSuite, Digest, MasterSecret, Secret};
use crate::error::ProviderError;
use crate::handshake::MasterSeed;
use crate::record::DirectionKeys;

/// The key schedule of a handshake (RFC 5246 §8.1, §6.3): see
/// [`Conversation::key_schedule`](super::Conversation::key_schedule). `Debug` prints no secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeySchedule {
    /// The suite.
    pub suite: &'static CipherSuite,
    /// The client random.
    pub client_random: [u8; 32],
    /// The server random.
    pub server_random: [u8; 32],
    /// Whether both sides sent extended_master_secret (RFC 7627).
    pub extended_master_secret: bool,
    /// With that extension: the hash of all messages up to the ClientKeyExchange (RFC 7627 §3), if they were all captured.
    pub session_hash: Option<Digest>,
    /// The secrets, once a record was opened with them.
    pub secrets: Option<ScheduleSecrets>,
}

/// The secrets of a [`KeySchedule`]. Anyone who has them can read the conversation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ScheduleSecrets {
    /// Where they came from.
    pub source: SecretSource,
    /// The master secret.
    pub master_secret: MasterSecret,
    /// What the client's records are protected with.
    pub client: WriteKeys,
    /// What the server's records are protected with.
    pub server: WriteKeys,
}

/// The part of the key block that protects the records of one side (RFC 5246 §6.3).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WriteKeys {
    /// write_MAC_key; empty for an AEAD.
    pub mac_key: Secret,
    /// write_key.
    pub key: Secret,
    /// write_IV; empty for CBC.
    pub iv: Secret,
}

impl KeySchedule {
    /// That of a handshake whose suite is supported.
    pub(super) fn of(handshake: &Handshake) -> Option<Self> {
        let [client_random, server_random] = handshake.randoms()?;
        let session_hash = match &handshake.client_key_exchange {
            Some((_, Some(MasterSeed::SessionHash(hash)))) => Some(hash.clone()),
            _ => None,
        };
        let chosen = handshake.candidates.as_ref().and_then(|candidates| candidates.chosen());
        Some(Self {
            suite: handshake.suite()?,
            client_random,
            server_random,
            extended_master_secret: handshake.has_extended_master_secret(),
            session_hash,
            secrets: chosen.and_then(|candidate| ScheduleSecrets::of(candidate).ok()),
        })
    }
}

impl ScheduleSecrets {
    fn of(candidate: &Candidate) -> Result<Self, ProviderError> {
        let (client, server) = candidate.directions()?;
        Ok(Self {
            source: candidate.source,
            master_secret: candidate.master.clone(),
            client: WriteKeys::of(&client),
            server: WriteKeys::of(&server),
        })
    }
}

impl WriteKeys {
    fn of(keys: &DirectionKeys<'_>) -> Self {
        let secret = |bytes: &[u8]| Secret::new(bytes.to_vec());
        Self { mac_key: secret(keys.mac), key: secret(keys.cipher), iv: secret(keys.fixed_iv) }
    }
}
