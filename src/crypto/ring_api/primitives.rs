//! The primitives, by a library with the API of ring.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Library, aead, hash, random, sign, special, verify};
use crate::crypto::common::{Primitives, Signer};
use crate::crypto::{
    AeadAlgorithm, AeadKey, Digest, HashAlgorithm, Hasher, HmacKey, KeyExchangeGroup, SecureRandom, SignatureAlgorithms,
};
use crate::error::ProviderError;
use crate::wire::NamedGroup;

impl Primitives for Library {
    fn random(&self) -> &'static dyn SecureRandom {
        &random::SystemRandom
    }

    fn groups(&self) -> &'static [&'static dyn KeyExchangeGroup] {
        &special::GROUPS
    }

    fn signature_algorithms(&self) -> SignatureAlgorithms {
        verify::ALGORITHMS
    }

    #[cfg(feature = "static-rsa")]
    fn signature_algorithms_for_small_rsa_keys(&self) -> SignatureAlgorithms {
        verify::WITH_SMALL_RSA
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Digest {
        hash::hash(algorithm, data)
    }

    fn hasher(&self, algorithm: HashAlgorithm) -> Box<dyn Hasher> {
        hash::hasher(algorithm)
    }

    fn hmac_key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError> {
        hash::hmac_key(algorithm, key)
    }

    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
        aead::key(algorithm, key)
    }

    fn rsa_signer(&self, pkcs1: &[u8], vectorized: bool) -> Result<Option<Box<dyn Signer>>, ProviderError> {
        if vectorized && !special::HAS_VECTORIZED_RSA {
            return Ok(None);
        }
        sign::rsa(pkcs1).map(Some)
    }

    fn ecdsa_signer(
        &self,
        curve: NamedGroup,
        scalar: &[u8],
        public: &[u8],
    ) -> Result<Option<Box<dyn Signer>>, ProviderError> {
        Ok(special::ecdsa_key(curve, scalar, public)?.map(sign::ecdsa))
    }

    fn ed25519_signer(&self, pkcs8: &[u8]) -> Result<(Box<dyn Signer>, Vec<u8>), ProviderError> {
        sign::ed25519(pkcs8)
    }
}
