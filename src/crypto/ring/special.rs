//! Where the API of ring differs from that of AWS-LC.

use alloc::vec::Vec;

use super::exchange;
use super::library::agreement::{self, Algorithm, EphemeralPrivateKey, UnparsedPublicKey};
use super::library::rand::SystemRandom;
use super::library::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, RsaKeyPair,
};
use crate::crypto::common::{PARTS, ecdh};
use crate::crypto::{KeyExchangeGroup, Secret};
use crate::error::ProviderError;
use crate::wire::NamedGroup;

/// There is none of ring.
pub(super) fn is_fips_module() -> bool {
    false
}

/// ring computes RSA signatures in general registers only. With 2048 bits, they take about twice as long as those of `rsa_ifma.rs`.
pub(super) const HAS_VECTORIZED_RSA: bool = false;

/// Most preferred first.
pub(super) static GROUPS: [&dyn KeyExchangeGroup; 4] = [
    &exchange::Group { name: NamedGroup::X25519, algorithm: &agreement::X25519 },
    &exchange::Group { name: NamedGroup::SECP256R1, algorithm: &agreement::ECDH_P256 },
    &exchange::Group { name: NamedGroup::SECP384R1, algorithm: &agreement::ECDH_P384 },
    ecdh::P521,
];

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

/// `None` for P-521, which ring does not support.
pub(super) fn ecdsa_key(
    curve: NamedGroup,
    scalar: &[u8],
    public: &[u8],
) -> Result<Option<EcdsaKeyPair>, ProviderError> {
    let algorithm = match curve {
        NamedGroup::SECP256R1 => &ECDSA_P256_SHA256_ASN1_SIGNING,
        NamedGroup::SECP384R1 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        _ => return Ok(None),
    };
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar, public, &SystemRandom::new());
    pair.map(Some).map_err(|_| PARTS)
}
