//! Ephemeral Diffie-Hellman on the NIST curves (RFC 8422 §5.4) by RustCrypto, whose arithmetic with secrets is in constant
//! time, for the curves that a provider does not have.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use p521::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p521::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, PublicKey, SecretKey};
use zeroize::Zeroizing;

use super::primitives::UNCOMPRESSED;
use super::random::MAX_DRAWS;
use crate::crypto::{KeyExchangeGroup, KeyShare, Secret, SecureRandom};
use crate::error::ProviderError;
use crate::wire::NamedGroup;

#[cfg(feature = "rustcrypto")]
pub(in crate::crypto) const P256: &dyn KeyExchangeGroup =
    &Nist::<p256::NistP256> { name: NamedGroup::SECP256R1, first_byte: 0xff, curve: PhantomData };
#[cfg(feature = "rustcrypto")]
pub(in crate::crypto) const P384: &dyn KeyExchangeGroup =
    &Nist::<p384::NistP384> { name: NamedGroup::SECP384R1, first_byte: 0xff, curve: PhantomData };
/// 521 bits are 65 bytes and one bit.
pub(in crate::crypto) const P521: &dyn KeyExchangeGroup =
    &Nist::<p521::NistP521> { name: NamedGroup::SECP521R1, first_byte: 1, curve: PhantomData };

struct Nist<C> {
    name: NamedGroup,
    /// The bits of a private key's first byte that can be set.
    first_byte: u8,
    curve: PhantomData<fn() -> C>,
}

impl<C> KeyExchangeGroup for Nist<C>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    fn name(&self) -> NamedGroup {
        self.name
    }

    fn start(&self, random: &dyn SecureRandom) -> Result<Box<dyn KeyShare>, ProviderError> {
        let private = private_key::<C>(self.first_byte, random)?;
        let public = private.public_key().to_sec1_point(false).as_bytes().to_vec();
        Ok(Box::new(Share { private, public }))
    }
}

impl<C> fmt::Debug for Nist<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// A number from 1 to the order of the group less 1, each with the same probability: numbers of as many bits are drawn until
/// one is (FIPS 186-5 §A.2.2). The first one is, unless the source is broken: the order is a little less than a power of 2.
fn private_key<C: CurveArithmetic>(first_byte: u8, random: &dyn SecureRandom) -> Result<SecretKey<C>, ProviderError> {
    let mut bytes = Zeroizing::new(FieldBytes::<C>::default());
    for _ in 0..MAX_DRAWS {
        random.fill(&mut bytes)?;
        if let Some(first) = bytes.first_mut() {
            *first &= first_byte;
        }
        if let Ok(private) = SecretKey::from_bytes(&bytes) {
            return Ok(private);
        }
    }
    Err(ProviderError::Random)
}

/// Its own type wipes the private key.
struct Share<C: CurveArithmetic> {
    private: SecretKey<C>,
    public: Vec<u8>,
}

impl<C> KeyShare for Share<C>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    fn public_key(&self) -> &[u8] {
        &self.public
    }

    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError> {
        // RFC 8422 §5.11: the point MUST be on the curve, which is checked here; §5.4.1: it is uncompressed.
        if peer.first() != Some(&UNCOMPRESSED) {
            return Err(ProviderError::InvalidPublicKey);
        }
        let peer = PublicKey::<C>::from_sec1_bytes(peer).map_err(|_| ProviderError::InvalidPublicKey)?;
        let shared = self.private.diffie_hellman(&peer);
        Ok(Secret::new(shared.raw_secret_bytes().to_vec()))
    }
}
