//! X25519 (RFC 7748, RFC 8422 §5.11), by x25519-dalek.

use alloc::boxed::Box;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::crypto::{KeyExchangeGroup, KeyShare, Secret, SecureRandom};
use crate::error::ProviderError;
use crate::wire::NamedGroup;

#[derive(Debug)]
pub(super) struct X25519;

impl KeyExchangeGroup for X25519 {
    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }

    fn start(&self, random: &dyn SecureRandom) -> Result<Box<dyn KeyShare>, ProviderError> {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(&mut *bytes)?;
        let private = StaticSecret::from(*bytes);
        let public = PublicKey::from(&private);
        Ok(Box::new(Share { private, public }))
    }
}

/// Its own type wipes the private key.
struct Share {
    private: StaticSecret,
    public: PublicKey,
}

impl KeyShare for Share {
    fn public_key(&self) -> &[u8] {
        self.public.as_bytes()
    }

    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError> {
        let peer: [u8; 32] = peer.try_into().map_err(|_| ProviderError::InvalidPublicKey)?;
        let shared = self.private.diffie_hellman(&peer.into());
        // RFC 7748 §6.1: not all zero.
        if !shared.was_contributory() {
            return Err(ProviderError::InvalidPublicKey);
        }
        Ok(Secret::new(shared.as_bytes().to_vec()))
    }
}
