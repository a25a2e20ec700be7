//! Private keys on elliptic curves: ECDSA (FIPS 186-5 §6) and Ed25519 (RFC 8032). Each signs by one scheme.

use alloc::vec::Vec;
use core::fmt;
use p521::ecdsa::signature::hazmat::RandomizedPrehashSigner;
use p521::elliptic_curve::pkcs8::{AssociatedOid, ObjectIdentifier};
use p521::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p521::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, SecretKey};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _,
};
use rustls_pki_types::alg_id;
use sec1::EcPrivateKey;
use zeroize::Zeroizing;

use super::SystemRandom;
use super::random::Draws;
use crate::crypto::{PrivateKey, PublicKey, RsaDecrypt};
use crate::error::ProviderError;
use crate::wire::SignatureScheme;

/// An ECDSA or Ed25519 private key.
pub(super) struct EcKey {
    public: PublicKey,
    /// The hash is the one that fits the curve, though TLS 1.2 would allow others: ring has no others.
    scheme: [SignatureScheme; 1],
    signer: Signer,
}

enum Signer {
    Ecdsa(EcdsaKeyPair),
    EcdsaP521(p521::ecdsa::SigningKey),
    Ed25519(Ed25519KeyPair),
}

impl EcKey {
    /// An ECPrivateKey (RFC 5915) on `curve`, which a PKCS #8 container names and a bare key may name itself.
    pub(super) fn ecdsa(ec_private_key: &[u8], curve: Option<ObjectIdentifier>) -> Result<Self, ProviderError> {
        let key = EcPrivateKey::try_from(ec_private_key)
            .map_err(|_| ProviderError::InvalidPrivateKey("it is not an ECPrivateKey (RFC 5915)"))?;
        let named = key.parameters.and_then(sec1::EcParameters::named_curve);
        let curve = curve.or(named).ok_or(ProviderError::InvalidPrivateKey("it does not name its curve"))?;
        let (public, scheme, signer) = match curve {
            p256::NistP256::OID => {
                let (public, pair) = of_ring::<p256::NistP256>(&key, &ECDSA_P256_SHA256_ASN1_SIGNING)?;
                (PublicKey::new(alg_id::ECDSA_P256, public), SignatureScheme::ECDSA_SHA256, Signer::Ecdsa(pair))
            }
            p384::NistP384::OID => {
                let (public, pair) = of_ring::<p384::NistP384>(&key, &ECDSA_P384_SHA384_ASN1_SIGNING)?;
                (PublicKey::new(alg_id::ECDSA_P384, public), SignatureScheme::ECDSA_SHA384, Signer::Ecdsa(pair))
            }
            p521::NistP521::OID => {
                let (secret, public) = secret_key::<p521::NistP521>(&key)?;
                let signer = Signer::EcdsaP521(secret.into());
                (PublicKey::new(alg_id::ECDSA_P521, public), SignatureScheme::ECDSA_SHA512, signer)
            }
            _ => return Err(ProviderError::InvalidPrivateKey("its curve is not P-256, P-384 or P-521")),
        };
        Ok(Self { public, scheme: [scheme], signer })
    }

    /// An Ed25519 key in PKCS #8 (RFC 8410 §7), with its public half or without.
    pub(super) fn ed25519(pkcs8: &[u8]) -> Result<Self, ProviderError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|_| PARTS)?;
        Ok(Self {
            public: PublicKey::new(alg_id::ED25519, pair.public_key().as_ref().to_vec()),
            scheme: [SignatureScheme::ED25519],
            signer: Signer::Ed25519(pair),
        })
    }
}

const PARTS: ProviderError = ProviderError::InvalidPrivateKey("its parts are malformed, or do not fit together");

/// The key, and its public half as an uncompressed point.
fn secret_key<C>(key: &EcPrivateKey<'_>) -> Result<(SecretKey<C>, Vec<u8>), ProviderError>
where
    C: AssociatedOid + CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let secret = SecretKey::<C>::try_from(key.clone()).map_err(|_| PARTS)?;
    let public = secret.public_key().to_sec1_point(false).as_bytes().to_vec();
    Ok((secret, public))
}

/// The public half as an uncompressed point, and the key for ring, which reads no key without its public half and no
/// bare ECPrivateKey.
fn of_ring<C>(
    key: &EcPrivateKey<'_>,
    algorithm: &'static EcdsaSigningAlgorithm,
) -> Result<(Vec<u8>, EcdsaKeyPair), ProviderError>
where
    C: AssociatedOid + CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let (secret, public) = secret_key::<C>(key)?;
    let scalar = Zeroizing::new(secret.to_bytes());
    let random = ring::rand::SystemRandom::new();
    let pair =
        EcdsaKeyPair::from_private_key_and_public_key(algorithm, &scalar, &public, &random).map_err(|_| PARTS)?;
    Ok((public, pair))
}

impl PrivateKey for EcKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.scheme
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        const FAILED: ProviderError = ProviderError::Failed("signing");
        if [scheme] != self.scheme {
            return Err(ProviderError::Unsupported("this signature scheme"));
        }
        Ok(match &self.signer {
            Signer::Ecdsa(pair) => {
                let signature = pair.sign(&ring::rand::SystemRandom::new(), message).map_err(|_| FAILED)?;
                signature.as_ref().to_vec()
            }
            Signer::EcdsaP521(key) => {
                let hash = ring::digest::digest(&ring::digest::SHA512, message);
                // RFC 6979 §3.6: the nonce comes of the key, the message and fresh randomness.
                let signature: p521::ecdsa::Signature = key
                    .sign_prehash_with_rng(&mut Draws::new(&SystemRandom::new()), hash.as_ref())
                    .map_err(|_| FAILED)?;
                signature.to_der().as_bytes().to_vec()
            }
            Signer::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        })
    }

    fn decrypt(&self) -> Option<&dyn RsaDecrypt> {
        None
    }
}

impl fmt::Debug for EcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcKey").field("public", &self.public).finish_non_exhaustive()
    }
}
