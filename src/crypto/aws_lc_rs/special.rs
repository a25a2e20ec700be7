//! Where the API of AWS-LC differs from that of ring.

use alloc::vec::Vec;

use super::exchange;
use super::library::agreement::{self, Algorithm, EphemeralPrivateKey, UnparsedPublicKey};
use super::library::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    RsaKeyPair,
};
use crate::crypto::common::PARTS;
use crate::crypto::{KeyExchangeGroup, Secret};
use crate::error::ProviderError;
use crate::wire::NamedGroup;

/// Whether this is AWS-LC's FIPS module. What it can compute must be computed by it then.
pub(super) fn is_fips_module() -> bool {
    super::library::try_fips_mode().is_ok()
}

/// AWS-LC computes RSA signatures with AVX-512, like `rsa_ifma.rs`.
pub(super) const HAS_VECTORIZED_RSA: bool = true;

/// Most preferred first.
pub(super) static GROUPS: [&dyn KeyExchangeGroup; 4] = [
    &exchange::Group { name: NamedGroup::X25519, algorithm: &agreement::X25519 },
    &exchange::Group { name: NamedGroup::SECP256R1, algorithm: &agreement::ECDH_P256 },
    &exchange::Group { name: NamedGroup::SECP384R1, algorithm: &agreement::ECDH_P384 },
    &exchange::Group { name: NamedGroup::SECP521R1, algorithm: &agreement::ECDH_P521 },
];

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

/// A key on each curve that certificates can have.
pub(super) fn ecdsa_key(
    curve: NamedGroup,
    scalar: &[u8],
    public: &[u8],
) -> Result<Option<EcdsaKeyPair>, ProviderError> {
    let algorithm = match curve {
        NamedGroup::SECP256R1 => &ECDSA_P256_SHA256_ASN1_SIGNING,
        NamedGroup::SECP384R1 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        _ => &ECDSA_P521_SHA512_ASN1_SIGNING,
    };
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar, public);
    pair.map(Some).map_err(|_| PARTS)
}
