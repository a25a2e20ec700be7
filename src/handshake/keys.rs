//! The key schedule: premaster secret to master secret to keys (RFC 5246 §8.1, §6.3), and verify_data (§7.4.9).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;

use super::config::Common;
use super::negotiate::Negotiated;
use super::psk_hash::psk_hash;
use super::role::Role;
use super::transcript::{Transcript, VERIFY_DATA_LEN};
use crate::crypto::{
    CipherSuite, Digest, HashAlgorithm, HmacKey, MasterSecret, PremasterSecret, Protection, Provider, Secret,
};
use crate::error::ProviderError;
use crate::record::{DirectionKeys, Opener, Sealer};
use crate::session::PskHash;
use crate::wire::{Random, Reader};

/// What the master secret is bound to, fixed when the ClientKeyExchange is sent.
pub(crate) enum MasterSeed {
    /// The two randoms (RFC 5246 §8.1).
    Randoms,
    /// The hash of all messages up to the ClientKeyExchange (RFC 7627 §4).
    SessionHash(Digest),
}

impl MasterSeed {
    /// `transcript` must end with the ClientKeyExchange.
    pub(crate) fn new(
        common: &Common,
        negotiated: &Negotiated,
        transcript: &Transcript,
    ) -> Result<Self, ProviderError> {
        if !negotiated.extended_master_secret {
            return Ok(Self::Randoms);
        }
        Ok(Self::SessionHash(transcript.hash(&*common.provider, negotiated.suite.hash)?))
    }
}

/// The master secret, and the PRF keyed with it, from which the keys and both Finished are derived.
pub(crate) struct Master {
    pub(crate) secret: MasterSecret,
    prf: Box<dyn HmacKey>,
}

impl Master {
    /// Takes ownership of the secret, and passes it to the key log, if there is one.
    pub(crate) fn new(common: &Common, negotiated: &Negotiated, secret: MasterSecret) -> Result<Self, ProviderError> {
        common.log_master_secret(&negotiated.client_random, &secret);
        let prf = common.provider.hmac_key(negotiated.suite.hash, secret.expose())?;
        Ok(Self { secret, prf })
    }

    /// Derives the master secret from the premaster secret.
    pub(crate) fn derive(
        common: &Common,
        negotiated: &Negotiated,
        premaster: &PremasterSecret,
        seed: &MasterSeed,
    ) -> Result<Self, ProviderError> {
        let randoms = [negotiated.client_random, negotiated.server_random];
        let secret = master_secret(&*common.provider, negotiated.suite.hash, premaster, &randoms, seed)?;
        Self::new(common, negotiated, secret)
    }

    /// The hash by which the session remembers the pre-shared key.
    pub(crate) fn psk_hash(&self, key: &Secret) -> Result<PskHash, ProviderError> {
        psk_hash(&*self.prf, key)
    }
}

/// The master secret (RFC 5246 §8.1, RFC 7627 §4). `randoms`: the client's and the server's.
pub(crate) fn master_secret(
    provider: &dyn Provider,
    hash: HashAlgorithm,
    premaster: &PremasterSecret,
    randoms: &[Random; 2],
    seed: &MasterSeed,
) -> Result<MasterSecret, ProviderError> {
    let (label, seed) = match seed {
        MasterSeed::Randoms => (b"master secret".as_slice(), randoms.as_flattened()),
        MasterSeed::SessionHash(hash) => (b"extended master secret".as_slice(), hash.as_ref()),
    };
    let mut secret = MasterSecret(Box::new([0; MasterSecret::LEN]));
    provider.hmac_key(hash, premaster.expose())?.prf(label, seed, &mut *secret.0)?;
    Ok(secret)
}

/// The protection of both directions, for the side `role`.
pub(crate) fn connection_keys(
    provider: &Arc<dyn Provider>,
    negotiated: &Negotiated,
    master: &Master,
    role: Role,
) -> Result<(Opener, Sealer), ProviderError> {
    let Negotiated { suite, client_random, server_random, mac_order, limits, .. } = *negotiated;
    let block = KeyBlock::new(suite, &*master.prf, &[client_random, server_random])?;
    let (ours, theirs) = block.directions(role)?;
    let opener = Opener::new(&**provider, suite, mac_order, &theirs, usize::from(limits.receive))?;
    Ok((opener, Sealer::new(provider, suite, mac_order, &ours, usize::from(limits.send))?))
}

/// The key block (RFC 5246 §6.3).
pub(crate) struct KeyBlock {
    block: Secret,
    lengths: KeyLengths,
}

impl KeyBlock {
    /// `prf`: that with the master secret. `randoms`: the client's and the server's.
    pub(crate) fn new(
        suite: &CipherSuite,
        prf: &dyn HmacKey,
        [client_random, server_random]: &[Random; 2],
    ) -> Result<Self, ProviderError> {
        let lengths = KeyLengths::of(suite);
        let mut block = Secret::new(vec![0; 2 * (lengths.mac + lengths.cipher + lengths.fixed_iv)]);
        // RFC 5246 §6.3: here the server's random comes first.
        let randoms = [*server_random, *client_random];
        prf.prf(b"key expansion", randoms.as_flattened(), block.expose_mut())?;
        Ok(Self { block, lengths })
    }

    /// The keys of the records that the side `role` sends, and of those that it receives.
    pub(crate) fn directions(&self, role: Role) -> Result<(DirectionKeys<'_>, DirectionKeys<'_>), ProviderError> {
        let cut = self.lengths.cut(self.block.expose());
        let (client, server) = cut.ok_or(ProviderError::Failed("cutting the key block"))?;
        Ok(match role {
            Role::Client => (client, server),
            Role::Server => (server, client),
        })
    }
}

/// The lengths of the parts of the key block (RFC 5246 §6.3).
struct KeyLengths {
    mac: usize,
    cipher: usize,
    fixed_iv: usize,
}

impl KeyLengths {
    /// CBC has no IV in the key block: each record carries its own (RFC 5246 §6.2.3.2).
    const fn of(suite: &CipherSuite) -> Self {
        match suite.protection {
            Protection::Aead(algorithm) => {
                Self { mac: 0, cipher: algorithm.key_len(), fixed_iv: algorithm.fixed_iv_len() }
            }
            Protection::Cbc(cipher, mac) => Self { mac: mac.output_len(), cipher: cipher.key_len(), fixed_iv: 0 },
        }
    }

    /// Splits the key block into MAC keys, cipher keys and IVs, the client's first in each case.
    fn cut<'a>(&self, block: &'a [u8]) -> Option<(DirectionKeys<'a>, DirectionKeys<'a>)> {
        let mut reader = Reader::new("key block", block);
        let mut pair = |len| Some((reader.bytes(len).ok()?, reader.bytes(len).ok()?));
        let (mac, cipher, iv) = (pair(self.mac)?, pair(self.cipher)?, pair(self.fixed_iv)?);
        Some((
            DirectionKeys { mac: mac.0, cipher: cipher.0, fixed_iv: iv.0 },
            DirectionKeys { mac: mac.1, cipher: cipher.1, fixed_iv: iv.1 },
        ))
    }
}

/// The verify_data of the Finished that `sender` sends after the messages of `transcript`.
pub(crate) fn verify_data(
    provider: &dyn Provider,
    negotiated: &Negotiated,
    master: &Master,
    sender: Role,
    transcript: &Transcript,
) -> Result<[u8; VERIFY_DATA_LEN], ProviderError> {
    finished_data(&*master.prf, sender, &transcript.hash(provider, negotiated.suite.hash)?)
}

/// Like [`verify_data`], after messages with this hash. `prf`: that with the master secret.
pub(crate) fn finished_data(
    prf: &dyn HmacKey,
    sender: Role,
    messages: &Digest,
) -> Result<[u8; VERIFY_DATA_LEN], ProviderError> {
    let label = match sender {
        Role::Client => b"client finished",
        Role::Server => b"server finished",
    };
    let mut verify_data = [0; VERIFY_DATA_LEN];
    prf.prf(label, messages.as_ref(), &mut verify_data)?;
    Ok(verify_data)
}
