//! The provider of a recorded connection: what depends on randomness or on secrets is recorded, or replayed. The rest is done by
//! the provider of the configuration, again when a recording is replayed: hashes, and the verification of signatures.

use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;
use rustls_pki_types::PrivateKeyDer;

use super::keys::{Aead, Done, Hmac, OTHERWISE, Opener, Sealer, Share, WITHHELD, fill, put_error, read_bytes};
use super::log::{Log, Turn};
use crate::connection::hex;
use crate::crypto::{
    AeadAlgorithm, AeadKey, CbcCipher, CbcKeys, CbcOpener, CbcSealer, CipherSuite, Digest, HashAlgorithm, Hasher,
    HmacKey, KeyExchangeGroup, KeyShare, MacOrder, PrivateKey, Provider, PublicKey, Secret, SecureRandom,
    SignatureAlgorithms,
};
use crate::error::ProviderError;

/// The provider of a recorded connection.
#[derive(Debug)]
pub(super) struct Observed {
    inner: Arc<dyn Provider>,
    log: Arc<Log>,
    random: Random,
    rsa_key_bits: RangeInclusive<u32>,
}

impl Observed {
    /// `rsa_key_bits`: instead of those that `inner` accepts.
    pub(super) fn new(inner: Arc<dyn Provider>, log: Arc<Log>, rsa_key_bits: Option<RangeInclusive<u32>>) -> Self {
        let rsa_key_bits = rsa_key_bits.unwrap_or_else(|| inner.rsa_key_bits());
        let random = Random { inner: Arc::clone(&inner), log: Arc::clone(&log) };
        Self { inner, log, random, rsa_key_bits }
    }

    fn log(&self) -> Arc<Log> {
        Arc::clone(&self.log)
    }
}

impl Provider for Observed {
    fn random(&self) -> &dyn SecureRandom {
        &self.random
    }

    fn supports(&self, suite: &CipherSuite) -> bool {
        self.inner.supports(suite)
    }

    fn groups(&self) -> &[&dyn KeyExchangeGroup] {
        self.inner.groups()
    }

    fn key_share(&self, group: &dyn KeyExchangeGroup) -> Result<Box<dyn KeyShare>, ProviderError> {
        let (log, asked) = (self.log(), format!("key_share {}", group.name()));
        match log.turn() {
            Turn::Pass => self.inner.key_share(group),
            Turn::Record => match self.inner.key_share(group) {
                Ok(inner) => {
                    let public = inner.public_key().to_vec();
                    log.did(&asked, hex(&public));
                    Ok(Box::new(Share { log, inner: Some(inner), public }))
                }
                Err(error) => {
                    log.did(&asked, put_error(error));
                    Err(error)
                }
            },
            Turn::Replay => {
                let public = read_bytes(&log, &log.take(&asked).ok_or(OTHERWISE)?)?.to_vec();
                Ok(Box::new(Share { log, inner: None, public }))
            }
        }
    }

    fn signature_algorithms(&self) -> SignatureAlgorithms {
        self.inner.signature_algorithms()
    }

    fn rsa_key_bits(&self) -> RangeInclusive<u32> {
        self.rsa_key_bits.clone()
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Digest, ProviderError> {
        self.inner.hash(algorithm, data)
    }

    fn hasher(&self, algorithm: HashAlgorithm) -> Result<Box<dyn Hasher>, ProviderError> {
        self.inner.hasher(algorithm)
    }

    fn hmac_key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError> {
        Ok(Box::new(Hmac { log: self.log(), inner: self.inner.hmac_key(algorithm, key)? }))
    }

    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
        let inner = self.inner.aead_key(algorithm, key)?;
        Ok(Box::new(Aead { log: self.log(), inner, tag_len: algorithm.tag_len() }))
    }

    fn cbc_sealer(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcSealer>, ProviderError> {
        Ok(Box::new(Sealer { log: self.log(), inner: self.inner.cbc_sealer(cipher, mac, order, keys)? }))
    }

    fn cbc_opener(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcOpener>, ProviderError> {
        Ok(Box::new(Opener { log: self.log(), inner: self.inner.cbc_opener(cipher, mac, order, keys)? }))
    }

    fn rsa_encrypt(
        &self,
        key: &PublicKey,
        premaster: &Secret,
        random: &dyn SecureRandom,
    ) -> Result<Vec<u8>, ProviderError> {
        match self.log.turn() {
            Turn::Pass => self.inner.rsa_encrypt(key, premaster, random),
            Turn::Record => {
                // The padding is secret.
                let encrypted = self.inner.rsa_encrypt(key, premaster, self.inner.random());
                self.log.did("rsa_encrypt", Done(encrypted.as_deref().map_err(|error| *error)));
                encrypted
            }
            Turn::Replay => {
                read_bytes(&self.log, &self.log.take("rsa_encrypt").ok_or(OTHERWISE)?).map(|bytes| bytes.to_vec())
            }
        }
    }

    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn PrivateKey>, ProviderError> {
        self.inner.load_private_key(key)
    }
}

/// The randomness of a recorded connection.
struct Random {
    inner: Arc<dyn Provider>,
    log: Arc<Log>,
}

impl SecureRandom for Random {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        let asked = format!("random {}", out.len());
        match self.log.turn() {
            Turn::Pass => self.inner.random().fill(out),
            Turn::Record => {
                let filled = self.inner.random().fill(out);
                self.log.did(&asked, Done(filled.map(|()| &*out)));
                filled
            }
            Turn::Replay => {
                let bytes = read_bytes(&self.log, &self.log.take(&asked).ok_or(OTHERWISE)?)?;
                fill(&self.log, out, &bytes)
            }
        }
    }

    fn fill_secret(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        let asked = format!("secret_random {}", out.len());
        match self.log.turn() {
            Turn::Pass => self.inner.random().fill_secret(out),
            Turn::Record => {
                let filled = self.inner.random().fill_secret(out);
                self.log.did(&asked, filled.map_or_else(put_error, |()| WITHHELD));
                filled
            }
            Turn::Replay => match self.log.take(&asked).ok_or(OTHERWISE)?.as_str() {
                WITHHELD => {
                    out.fill(0);
                    Ok(())
                }
                error => fill(&self.log, out, &read_bytes(&self.log, error)?),
            },
        }
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}
