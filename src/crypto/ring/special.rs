//! Where the API of ring differs from that of AWS-LC.

use alloc::vec::Vec;

use super::library::agreement::{self, Algorithm, EphemeralPrivateKey, UnparsedPublicKey};
use super::library::signature::RsaKeyPair;
use crate::crypto::Secret;

/// ring does not wipe its own copies of the private key and the secret.
pub(super) fn agree_ephemeral(
    private: EphemeralPrivateKey,
    algorithm: &'static Algorithm,
    peer: &[u8],
) -> Option<Secret> {
    let peer = UnparsedPublicKey::new(algorithm, peer);
    agreement::agree_ephemeral(private, &peer, |secret| Secret::new(Vec::from(secret))).ok()
}

/// The length of a signature in bytes.
pub(super) fn modulus_len(pair: &RsaKeyPair) -> usize {
    pair.public().modulus_len()
}
