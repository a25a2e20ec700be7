//! Where the API of AWS-LC differs from that of ring.

use alloc::vec::Vec;

use super::library::agreement::{self, Algorithm, EphemeralPrivateKey, UnparsedPublicKey};
use super::library::signature::RsaKeyPair;
use crate::crypto::Secret;

/// AWS-LC wipes its own copies of the private key and the secret.
pub(super) fn agree_ephemeral(
    private: EphemeralPrivateKey,
    algorithm: &'static Algorithm,
    peer: &[u8],
) -> Option<Secret> {
    let peer = UnparsedPublicKey::new(algorithm, peer);
    agreement::agree_ephemeral(private, peer, (), |secret| Ok(Secret::new(Vec::from(secret)))).ok()
}

/// The length of a signature in bytes.
pub(super) fn modulus_len(pair: &RsaKeyPair) -> usize {
    pair.public_modulus_len()
}
