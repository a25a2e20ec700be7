//! The [`Provider`], on the primitives of any of them.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::RangeInclusive;
use rustls_pki_types::PrivateKeyDer;

use super::primitives::Primitives;
#[cfg(feature = "static-rsa")]
use super::rsa_key::SMALL_MODULUS_BITS;
use super::rsa_key::{MAX_PUBLIC_MODULUS_BITS, MIN_MODULUS_BITS};
use super::{cbc, keys, rsa};
use crate::crypto::{
    AeadAlgorithm, AeadKey, CbcCipher, CbcKeys, CbcOpener, CbcSealer, CipherSuite, Digest, HashAlgorithm, Hasher,
    HmacKey, KeyExchange, KeyExchangeGroup, MacOrder, PrivateKey, Provider, PublicKey, Secret, SecureRandom,
    SignatureAlgorithms,
};
use crate::error::ProviderError;

/// A provider with these primitives.
pub(in crate::crypto) fn provider(primitives: &'static dyn Primitives) -> Arc<dyn Provider> {
    Arc::new(Common { primitives, smallest_rsa: MIN_MODULUS_BITS })
}

/// One that uses peers' RSA keys of 1024 bits and more.
#[cfg(feature = "static-rsa")]
pub(in crate::crypto) fn provider_for_small_rsa_keys(primitives: &'static dyn Primitives) -> Arc<dyn Provider> {
    Arc::new(Common { primitives, smallest_rsa: SMALL_MODULUS_BITS })
}

#[derive(Debug)]
struct Common {
    primitives: &'static dyn Primitives,
    /// The smallest RSA key of a peer that is used, in bits.
    smallest_rsa: u32,
}

impl Provider for Common {
    fn random(&self) -> &dyn SecureRandom {
        self.primitives.random()
    }

    /// Every suite (see [`Primitives`]), except that those with static RSA need the `rsa` crate.
    fn supports(&self, suite: &CipherSuite) -> bool {
        cfg!(feature = "static-rsa") || suite.key_exchange != KeyExchange::Rsa
    }

    fn groups(&self) -> &[&dyn KeyExchangeGroup] {
        self.primitives.groups()
    }

    fn signature_algorithms(&self) -> SignatureAlgorithms {
        #[cfg(feature = "static-rsa")]
        if self.smallest_rsa < MIN_MODULUS_BITS {
            return self.primitives.signature_algorithms_for_small_rsa_keys();
        }
        self.primitives.signature_algorithms()
    }

    fn rsa_key_bits(&self) -> RangeInclusive<u32> {
        self.smallest_rsa..=MAX_PUBLIC_MODULUS_BITS
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Digest, ProviderError> {
        Ok(self.primitives.hash(algorithm, data))
    }

    fn hasher(&self, algorithm: HashAlgorithm) -> Result<Box<dyn Hasher>, ProviderError> {
        Ok(self.primitives.hasher(algorithm))
    }

    fn hmac_key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError> {
        self.primitives.hmac_key(algorithm, key)
    }

    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
        self.primitives.aead_key(algorithm, key)
    }

    fn cbc_sealer(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcSealer>, ProviderError> {
        cbc::sealer(cipher, mac, order, keys)
    }

    fn cbc_opener(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcOpener>, ProviderError> {
        cbc::opener(cipher, mac, order, keys)
    }

    fn rsa_encrypt(
        &self,
        key: &PublicKey,
        premaster: &Secret,
        random: &dyn SecureRandom,
    ) -> Result<Vec<u8>, ProviderError> {
        rsa::encrypt(key, premaster, random, self.smallest_rsa)
    }

    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn PrivateKey>, ProviderError> {
        keys::load(self.primitives, key)
    }
}
