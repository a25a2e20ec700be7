//! Elliptic-curve private keys: ECDSA (FIPS 186-5 §6) with any hash, and Ed25519 (RFC 8032).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use p521::ecdsa::signature::hazmat::RandomizedPrehashSigner;
use p521::elliptic_curve::pkcs8::{AssociatedOid, ObjectIdentifier};
use p521::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p521::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, SecretKey};
use rustls_pki_types::alg_id;
use sec1::EcPrivateKey;
use zeroize::Zeroizing;

use super::hash::hash;
use super::primitives::{PARTS, Primitives, SIGNING, Signer};
use super::random::Draws;
use crate::crypto::{HashAlgorithm, PrivateKey, PublicKey, RsaDecrypt, SecureRandom};
use crate::error::ProviderError;
use crate::wire::{NamedGroup, SignatureScheme};

/// An ECDSA or Ed25519 private key.
pub(super) struct EcKey {
    public: PublicKey,
    kind: Kind,
}

enum Kind {
    Ecdsa(Box<EcdsaKey>),
    Ed25519(Box<dyn Signer>),
}

/// RFC 5246 §7.4.1.4.1 does not tie the hash to the curve: the matching hash comes first, and SHA-1 is used only if a
/// policy names it.
struct EcdsaKey {
    schemes: [SignatureScheme; 4],
    /// Signs with the hash that matches the curve.
    fitting: Option<Box<dyn Signer>>,
    /// Signs with any hash.
    any_hash: AnyHash,
    random: &'static dyn SecureRandom,
}

enum AnyHash {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

impl EcKey {
    /// An ECPrivateKey (RFC 5915) on `curve`, which a PKCS #8 container names and a bare key may name itself.
    pub(super) fn ecdsa(
        primitives: &dyn Primitives,
        ec_private_key: &[u8],
        curve: Option<ObjectIdentifier>,
    ) -> Result<Self, ProviderError> {
        let key = EcPrivateKey::try_from(ec_private_key)
            .map_err(|_| ProviderError::InvalidPrivateKey("it is not an ECPrivateKey (RFC 5915)"))?;
        let named = key.parameters.and_then(sec1::EcParameters::named_curve);
        let curve = curve.or(named).ok_or(ProviderError::InvalidPrivateKey("it does not name its curve"))?;
        use SignatureScheme as S;
        let (id, public, fitting, any_hash, schemes) = match curve {
            p256::NistP256::OID => {
                let (secret, public) = secret_key::<p256::NistP256>(&key)?;
                let fitting = fitting(primitives, NamedGroup::SECP256R1, &secret, &public)?;
                let schemes = [S::ECDSA_SHA256, S::ECDSA_SHA384, S::ECDSA_SHA512, S::ECDSA_SHA1];
                (alg_id::ECDSA_P256, public, fitting, AnyHash::P256(secret.into()), schemes)
            }
            p384::NistP384::OID => {
                let (secret, public) = secret_key::<p384::NistP384>(&key)?;
                let fitting = fitting(primitives, NamedGroup::SECP384R1, &secret, &public)?;
                let schemes = [S::ECDSA_SHA384, S::ECDSA_SHA512, S::ECDSA_SHA256, S::ECDSA_SHA1];
                (alg_id::ECDSA_P384, public, fitting, AnyHash::P384(secret.into()), schemes)
            }
            p521::NistP521::OID => {
                let (secret, public) = secret_key::<p521::NistP521>(&key)?;
                let fitting = fitting(primitives, NamedGroup::SECP521R1, &secret, &public)?;
                let schemes = [S::ECDSA_SHA512, S::ECDSA_SHA384, S::ECDSA_SHA256, S::ECDSA_SHA1];
                (alg_id::ECDSA_P521, public, fitting, AnyHash::P521(secret.into()), schemes)
            }
            _ => return Err(ProviderError::InvalidPrivateKey("its curve is not P-256, P-384 or P-521")),
        };
        let key = EcdsaKey { schemes, fitting, any_hash, random: primitives.random() };
        Ok(Self { public: PublicKey::new(id, public), kind: Kind::Ecdsa(Box::new(key)) })
    }

    /// An Ed25519 key in PKCS #8 (RFC 8410 §7), with or without its public key.
    pub(super) fn ed25519(primitives: &dyn Primitives, pkcs8: &[u8]) -> Result<Self, ProviderError> {
        let (signer, public) = primitives.ed25519_signer(pkcs8)?;
        Ok(Self { public: PublicKey::new(alg_id::ED25519, public), kind: Kind::Ed25519(signer) })
    }
}

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

/// The provider's own signer, if it has one for this curve.
fn fitting<C: CurveArithmetic>(
    primitives: &dyn Primitives,
    curve: NamedGroup,
    secret: &SecretKey<C>,
    public: &[u8],
) -> Result<Option<Box<dyn Signer>>, ProviderError> {
    primitives.ecdsa_signer(curve, &Zeroizing::new(secret.to_bytes()), public)
}

const NOT_BY_THIS_KEY: ProviderError = ProviderError::Unsupported("this signature scheme");

impl EcdsaKey {
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        if let Some(signer) = &self.fitting
            && self.schemes.first() == Some(&scheme)
        {
            return signer.sign(scheme, message);
        }
        let algorithm = match scheme {
            SignatureScheme::ECDSA_SHA256 => HashAlgorithm::Sha256,
            SignatureScheme::ECDSA_SHA384 => HashAlgorithm::Sha384,
            SignatureScheme::ECDSA_SHA512 => HashAlgorithm::Sha512,
            SignatureScheme::ECDSA_SHA1 => HashAlgorithm::Sha1,
            _ => return Err(NOT_BY_THIS_KEY),
        };
        self.any_hash.sign(hash(algorithm, message).as_ref(), self.random)
    }
}

impl AnyHash {
    /// RFC 6979 §3.6: the nonce is derived from the key, the message and fresh randomness.
    fn sign(&self, hash: &[u8], random: &dyn SecureRandom) -> Result<Vec<u8>, ProviderError> {
        let mut random = Draws::new(random);
        match self {
            Self::P256(key) => {
                let signed: Result<p256::ecdsa::Signature, _> = key.sign_prehash_with_rng(&mut random, hash);
                signed.map(|signature| signature.to_der().as_bytes().to_vec())
            }
            Self::P384(key) => {
                let signed: Result<p384::ecdsa::Signature, _> = key.sign_prehash_with_rng(&mut random, hash);
                signed.map(|signature| signature.to_der().as_bytes().to_vec())
            }
            Self::P521(key) => {
                let signed: Result<p521::ecdsa::Signature, _> = key.sign_prehash_with_rng(&mut random, hash);
                signed.map(|signature| signature.to_der().as_bytes().to_vec())
            }
        }
        .map_err(|_| SIGNING)
    }
}

impl PrivateKey for EcKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        match &self.kind {
            Kind::Ecdsa(key) => &key.schemes,
            Kind::Ed25519(_) => &[SignatureScheme::ED25519],
        }
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        match &self.kind {
            Kind::Ecdsa(key) => key.sign(scheme, message),
            Kind::Ed25519(signer) if scheme == SignatureScheme::ED25519 => signer.sign(scheme, message),
            Kind::Ed25519(_) => Err(NOT_BY_THIS_KEY),
        }
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
