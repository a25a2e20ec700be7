//! Elliptic-curve private keys: ECDSA (FIPS 186-5 §6) with any hash, and Ed25519 (RFC 8032).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use p521::ecdsa::signature::hazmat::RandomizedPrehashSigner;
use p521::elliptic_curve::pkcs8::{AssociatedOid, ObjectIdentifier};
use p521::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p521::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, SecretKey};
use ring::digest;
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
    signer: Signer,
}

enum Signer {
    Ecdsa(Box<EcdsaKey>),
    Ed25519(Ed25519KeyPair),
}

/// RFC 5246 §7.4.1.4.1 does not tie the hash to the curve: the matching hash comes first, and SHA-1 is used only if a
/// policy names it.
struct EcdsaKey {
    schemes: [SignatureScheme; 4],
    /// Signs with the hash that matches the curve; ring does not support P-521.
    ring: Option<EcdsaKeyPair>,
    /// Signs any hash.
    any_hash: AnyHash,
}

enum AnyHash {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

impl EcKey {
    /// Loads an ECPrivateKey (RFC 5915) on `curve`, which a PKCS #8 container names; a bare key may name it itself.
    pub(super) fn ecdsa(ec_private_key: &[u8], curve: Option<ObjectIdentifier>) -> Result<Self, ProviderError> {
        let key = EcPrivateKey::try_from(ec_private_key)
            .map_err(|_| ProviderError::InvalidPrivateKey("it is not an ECPrivateKey (RFC 5915)"))?;
        let named = key.parameters.and_then(sec1::EcParameters::named_curve);
        let curve = curve.or(named).ok_or(ProviderError::InvalidPrivateKey("it does not name its curve"))?;
        use SignatureScheme as S;
        let (id, public, key) = match curve {
            p256::NistP256::OID => {
                let (secret, public) = secret_key::<p256::NistP256>(&key)?;
                let ring = Some(of_ring(&secret, &public, &ECDSA_P256_SHA256_ASN1_SIGNING)?);
                let schemes = [S::ECDSA_SHA256, S::ECDSA_SHA384, S::ECDSA_SHA512, S::ECDSA_SHA1];
                (alg_id::ECDSA_P256, public, EcdsaKey { schemes, ring, any_hash: AnyHash::P256(secret.into()) })
            }
            p384::NistP384::OID => {
                let (secret, public) = secret_key::<p384::NistP384>(&key)?;
                let ring = Some(of_ring(&secret, &public, &ECDSA_P384_SHA384_ASN1_SIGNING)?);
                let schemes = [S::ECDSA_SHA384, S::ECDSA_SHA512, S::ECDSA_SHA256, S::ECDSA_SHA1];
                (alg_id::ECDSA_P384, public, EcdsaKey { schemes, ring, any_hash: AnyHash::P384(secret.into()) })
            }
            p521::NistP521::OID => {
                let (secret, public) = secret_key::<p521::NistP521>(&key)?;
                let schemes = [S::ECDSA_SHA512, S::ECDSA_SHA384, S::ECDSA_SHA256, S::ECDSA_SHA1];
                (alg_id::ECDSA_P521, public, EcdsaKey { schemes, ring: None, any_hash: AnyHash::P521(secret.into()) })
            }
            _ => return Err(ProviderError::InvalidPrivateKey("its curve is not P-256, P-384 or P-521")),
        };
        Ok(Self { public: PublicKey::new(id, public), signer: Signer::Ecdsa(Box::new(key)) })
    }

    /// Loads an Ed25519 key in PKCS #8 (RFC 8410 §7), with or without its public key.
    pub(super) fn ed25519(pkcs8: &[u8]) -> Result<Self, ProviderError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|_| PARTS)?;
        Ok(Self {
            public: PublicKey::new(alg_id::ED25519, pair.public_key().as_ref().to_vec()),
            signer: Signer::Ed25519(pair),
        })
    }
}

const PARTS: ProviderError = ProviderError::InvalidPrivateKey("its components are malformed or inconsistent");

/// The key, and its public key as an uncompressed point.
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

/// The key for ring, which accepts neither a key without its public key nor a bare ECPrivateKey.
fn of_ring<C: CurveArithmetic>(
    secret: &SecretKey<C>,
    public: &[u8],
    algorithm: &'static EcdsaSigningAlgorithm,
) -> Result<EcdsaKeyPair, ProviderError> {
    let scalar = Zeroizing::new(secret.to_bytes());
    let random = ring::rand::SystemRandom::new();
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, &scalar, public, &random).map_err(|_| PARTS)
}

const FAILED: ProviderError = ProviderError::Failed("signing");
const NOT_BY_THIS_KEY: ProviderError = ProviderError::Unsupported("this signature scheme");

impl EcdsaKey {
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        if let (Some(pair), Some(fitting)) = (&self.ring, self.schemes.first())
            && scheme == *fitting
        {
            let signature = pair.sign(&ring::rand::SystemRandom::new(), message).map_err(|_| FAILED)?;
            return Ok(signature.as_ref().to_vec());
        }
        let hash = match scheme {
            SignatureScheme::ECDSA_SHA256 => &digest::SHA256,
            SignatureScheme::ECDSA_SHA384 => &digest::SHA384,
            SignatureScheme::ECDSA_SHA512 => &digest::SHA512,
            SignatureScheme::ECDSA_SHA1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            _ => return Err(NOT_BY_THIS_KEY),
        };
        self.any_hash.sign(digest::digest(hash, message).as_ref())
    }
}

impl AnyHash {
    /// RFC 6979 §3.6: the nonce is derived from the key, the message and fresh randomness.
    fn sign(&self, hash: &[u8]) -> Result<Vec<u8>, ProviderError> {
        let random = SystemRandom::new();
        let mut random = Draws::new(&random);
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
        .map_err(|_| FAILED)
    }
}

impl PrivateKey for EcKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        match &self.signer {
            Signer::Ecdsa(key) => &key.schemes,
            Signer::Ed25519(_) => &[SignatureScheme::ED25519],
        }
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        match &self.signer {
            Signer::Ecdsa(key) => key.sign(scheme, message),
            Signer::Ed25519(pair) if scheme == SignatureScheme::ED25519 => Ok(pair.sign(message).as_ref().to_vec()),
            Signer::Ed25519(_) => Err(NOT_BY_THIS_KEY),
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
