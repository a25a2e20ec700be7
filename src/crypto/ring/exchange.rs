//! Ephemeral elliptic-curve Diffie-Hellman (RFC 8422): x25519, P-256, P-384, and P-521, which ring does not support.

use alloc::boxed::Box;
use alloc::vec::Vec;
use p521::elliptic_curve::sec1::ToSec1Point as _;
use p521::{FieldBytes, SecretKey};
use ring::agreement::{self, EphemeralPrivateKey, UnparsedPublicKey};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use super::random::MAX_DRAWS;
use crate::crypto::{KeyExchangeGroup, KeyShare, Secret, SecureRandom};
use crate::error::ProviderError;
use crate::wire::NamedGroup;

/// Most preferred first.
pub(super) const GROUPS: [&dyn KeyExchangeGroup; 4] = [
    &Group { name: NamedGroup::X25519, algorithm: &agreement::X25519 },
    &Group { name: NamedGroup::SECP256R1, algorithm: &agreement::ECDH_P256 },
    &Group { name: NamedGroup::SECP384R1, algorithm: &agreement::ECDH_P384 },
    &P521,
];

#[derive(Debug)]
struct Group {
    name: NamedGroup,
    algorithm: &'static agreement::Algorithm,
}

impl KeyExchangeGroup for Group {
    fn name(&self) -> NamedGroup {
        self.name
    }

    /// The given source of randomness is not used: ring accepts only its own (its trait is sealed).
    fn start(&self, _: &dyn SecureRandom) -> Result<Box<dyn KeyShare>, ProviderError> {
        let private =
            EphemeralPrivateKey::generate(self.algorithm, &SystemRandom::new()).map_err(|_| ProviderError::Random)?;
        let public = private.compute_public_key().map_err(|_| ProviderError::Failed("making a key share"))?;
        Ok(Box::new(Share { algorithm: self.algorithm, private, public }))
    }
}

struct Share {
    algorithm: &'static agreement::Algorithm,
    private: EphemeralPrivateKey,
    public: agreement::PublicKey,
}

impl KeyShare for Share {
    fn public_key(&self) -> &[u8] {
        self.public.as_ref()
    }

    /// ring checks that the peer's key is an uncompressed point on the curve (RFC 8422 §5.11), or for x25519 that the
    /// result is not all zero (RFC 7748 §6.1). It does not wipe its own copies of the private key and the secret.
    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError> {
        let peer = UnparsedPublicKey::new(self.algorithm, peer);
        agreement::agree_ephemeral(self.private, &peer, |secret| Secret::new(Vec::from(secret)))
            .map_err(|_| ProviderError::InvalidPublicKey)
    }
}

/// RustCrypto's P-521, whose arithmetic on secrets is constant-time.
#[derive(Debug)]
struct P521;

impl KeyExchangeGroup for P521 {
    fn name(&self) -> NamedGroup {
        NamedGroup::SECP521R1
    }

    fn start(&self, random: &dyn SecureRandom) -> Result<Box<dyn KeyShare>, ProviderError> {
        let private = p521_private_key(random)?;
        let public = private.public_key().to_sec1_point(false).as_bytes().to_vec();
        Ok(Box::new(P521Share { private, public }))
    }
}

/// A uniformly distributed number from 1 to the order of the group minus 1: numbers of 521 bits are drawn until one is
/// in range (FIPS 186-5 §A.2.2). The first one is, unless the source is broken: the order is only slightly below 2^521.
fn p521_private_key(random: &dyn SecureRandom) -> Result<SecretKey, ProviderError> {
    let mut bytes = Zeroizing::new(FieldBytes::default());
    for _ in 0..MAX_DRAWS {
        random.fill(&mut bytes)?;
        // 521 bits are 65 bytes and one bit.
        if let Some(first) = bytes.first_mut() {
            *first &= 1;
        }
        if let Ok(private) = SecretKey::from_bytes(&bytes) {
            return Ok(private);
        }
    }
    Err(ProviderError::Random)
}

/// The private key is wiped by its own type.
struct P521Share {
    private: SecretKey,
    public: Vec<u8>,
}

impl KeyShare for P521Share {
    fn public_key(&self) -> &[u8] {
        &self.public
    }

    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError> {
        // RFC 8422 §5.11: the point MUST be on the curve, which is checked here; §5.4.1: and uncompressed.
        if peer.first() != Some(&UNCOMPRESSED) {
            return Err(ProviderError::InvalidPublicKey);
        }
        let peer = p521::PublicKey::from_sec1_bytes(peer).map_err(|_| ProviderError::InvalidPublicKey)?;
        let shared = self.private.diffie_hellman(&peer);
        Ok(Secret::new(shared.raw_secret_bytes().to_vec()))
    }
}

/// The first byte of an uncompressed point (SEC 1 §2.3.3).
pub(super) const UNCOMPRESSED: u8 = 4;
