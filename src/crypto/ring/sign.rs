//! Loading of private keys, and RSA keys.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use p521::elliptic_curve::pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use ring::signature::{self, KeyPair as _, RsaEncoding, RsaKeyPair};
use rustls_pki_types::{PrivateKeyDer, alg_id};
use zeroize::Zeroize;

use super::SystemRandom;
use super::rsa::DecryptionKey;
use super::sign_ec::EcKey;
use crate::crypto::{PrivateKey, PublicKey, RsaDecrypt};
use crate::error::ProviderError;
use crate::wire::SignatureScheme;

/// Loads a private key of any type. `key` is wiped.
pub(super) fn load(mut key: PrivateKeyDer<'static>) -> Result<Arc<dyn PrivateKey>, ProviderError> {
    let loaded = read(&key);
    key.zeroize();
    loaded
}

fn read(key: &PrivateKeyDer<'_>) -> Result<Arc<dyn PrivateKey>, ProviderError> {
    match key {
        PrivateKeyDer::Pkcs1(key) => Ok(Arc::new(RsaKey::new(key.secret_pkcs1_der())?)),
        PrivateKeyDer::Sec1(key) => Ok(Arc::new(EcKey::ecdsa(key.secret_sec1_der(), None)?)),
        PrivateKeyDer::Pkcs8(key) => read_pkcs8(key.secret_pkcs8_der()),
        _ => Err(ProviderError::InvalidPrivateKey("it is not PKCS #8, PKCS #1 or SEC 1")),
    }
}

/// RFC 5958 §2: the container gives the type of the key.
fn read_pkcs8(pkcs8: &[u8]) -> Result<Arc<dyn PrivateKey>, ProviderError> {
    use ProviderError::InvalidPrivateKey;
    let info = PrivateKeyInfoRef::try_from(pkcs8).map_err(|_| InvalidPrivateKey("it is not unencrypted PKCS #8"))?;
    let key = info.private_key.as_bytes();
    match info.algorithm.oid {
        rsa::pkcs1::ALGORITHM_OID => Ok(Arc::new(RsaKey::new(key)?)),
        p521::elliptic_curve::ALGORITHM_OID => {
            // RFC 5480 §2.1.1: explicit curve parameters must not be used.
            let curve = info.algorithm.parameters_oid();
            let curve = curve.map_err(|_| InvalidPrivateKey("it does not name its curve"))?;
            Ok(Arc::new(EcKey::ecdsa(key, Some(curve))?))
        }
        ED25519 => Ok(Arc::new(EcKey::ed25519(pkcs8)?)),
        _ => Err(InvalidPrivateKey("it is not RSA, ECDSA or Ed25519")),
    }
}

/// RFC 8410 §3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// RSASSA-PSS first: it has a security proof, whereas PKCS #1 v1.5 has a history of attacks. SHA-1 is used only if a
/// policy names it.
const RSA_SCHEMES: [SignatureScheme; 7] = [
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA1,
];

/// An RSA private key. It signs with ring, which does not decrypt, and decrypts with `rsa`.
struct RsaKey {
    public: PublicKey,
    signing: RsaKeyPair,
    decryption: DecryptionKey,
}

impl RsaKey {
    /// From an RSAPrivateKey (RFC 8017 §A.1.2).
    fn new(pkcs1: &[u8]) -> Result<Self, ProviderError> {
        let decryption = DecryptionKey::from_pkcs1(pkcs1)?;
        let signing = RsaKeyPair::from_der(pkcs1).map_err(|_| {
            ProviderError::InvalidPrivateKey("its components are inconsistent, or its public exponent is below 65537")
        })?;
        Ok(Self {
            public: PublicKey::new(alg_id::RSA_ENCRYPTION, signing.public_key().as_ref().to_vec()),
            signing,
            decryption,
        })
    }
}

impl PrivateKey for RsaKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &RSA_SCHEMES
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        let encoding: &'static dyn RsaEncoding = match scheme {
            SignatureScheme::RSA_PSS_RSAE_SHA256 => &signature::RSA_PSS_SHA256,
            SignatureScheme::RSA_PSS_RSAE_SHA384 => &signature::RSA_PSS_SHA384,
            SignatureScheme::RSA_PSS_RSAE_SHA512 => &signature::RSA_PSS_SHA512,
            SignatureScheme::RSA_PKCS1_SHA256 => &signature::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384 => &signature::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512 => &signature::RSA_PKCS1_SHA512,
            SignatureScheme::RSA_PKCS1_SHA1 => return self.decryption.sign_pkcs1_sha1(message, &SystemRandom::new()),
            _ => return Err(ProviderError::Unsupported("this signature scheme")),
        };
        let mut signed = vec![0; self.signing.public().modulus_len()];
        self.signing
            .sign(encoding, &ring::rand::SystemRandom::new(), message, &mut signed)
            .map_err(|_| ProviderError::Failed("signing"))?;
        Ok(signed)
    }

    fn decrypt(&self) -> Option<&dyn RsaDecrypt> {
        Some(&self.decryption)
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaKey").field("public", &self.public).finish_non_exhaustive()
    }
}
