//! Ephemeral elliptic-curve Diffie-Hellman (RFC 8422), by a library with the API of ring.

use alloc::boxed::Box;

use super::library::agreement::{self, EphemeralPrivateKey};
use super::library::rand::SystemRandom;
use super::special::agree_ephemeral;
use crate::crypto::common::primitives::UNCOMPRESSED;
use crate::crypto::{KeyExchangeGroup, KeyShare, Secret, SecureRandom};
use crate::error::ProviderError;
use crate::wire::NamedGroup;

#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: NamedGroup,
    pub(super) algorithm: &'static agreement::Algorithm,
}

impl KeyExchangeGroup for Group {
    fn name(&self) -> NamedGroup {
        self.name
    }

    /// The given source of randomness is not used: the library takes only its own.
    fn start(&self, _: &dyn SecureRandom) -> Result<Box<dyn KeyShare>, ProviderError> {
        let private =
            EphemeralPrivateKey::generate(self.algorithm, &SystemRandom::new()).map_err(|_| ProviderError::Random)?;
        let public = private.compute_public_key().map_err(|_| ProviderError::Failed("making a key share"))?;
        Ok(Box::new(Share { name: self.name, algorithm: self.algorithm, private, public }))
    }
}

struct Share {
    name: NamedGroup,
    algorithm: &'static agreement::Algorithm,
    private: EphemeralPrivateKey,
    public: agreement::PublicKey,
}

impl KeyShare for Share {
    fn public_key(&self) -> &[u8] {
        self.public.as_ref()
    }

    /// The library checks that the peer's key is a point on the curve (RFC 8422 §5.11), or for x25519 that the result is not
    /// all zero (RFC 7748 §6.1).
    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError> {
        // RFC 8422 §5.4.1: uncompressed. AWS-LC would read the other forms too, and keys in DER.
        let is_point = self.name == NamedGroup::X25519 || peer.first() == Some(&UNCOMPRESSED);
        if !is_point || peer.len() != self.public.as_ref().len() {
            return Err(ProviderError::InvalidPublicKey);
        }
        agree_ephemeral(self.private, self.algorithm, peer).ok_or(ProviderError::InvalidPublicKey)
    }
}
