//! Parses private keys.

use alloc::sync::Arc;
use p521::elliptic_curve::pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use rustls_pki_types::PrivateKeyDer;
use zeroize::Zeroize;

use super::primitives::Primitives;
use super::sign_ec::EcKey;
use super::sign_rsa::RsaKey;
use crate::crypto::PrivateKey;
use crate::error::ProviderError::{self, InvalidPrivateKey};

/// RFC 8017 §A.1.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// RFC 8410 §3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Parses a private key of any type, and wipes `key`.
pub(super) fn load(
    primitives: &dyn Primitives,
    mut key: PrivateKeyDer<'static>,
) -> Result<Arc<dyn PrivateKey>, ProviderError> {
    let loaded = read(primitives, &key);
    key.zeroize();
    loaded
}

fn read(primitives: &dyn Primitives, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn PrivateKey>, ProviderError> {
    match key {
        PrivateKeyDer::Pkcs1(key) => Ok(Arc::new(RsaKey::new(primitives, key.secret_pkcs1_der())?)),
        PrivateKeyDer::Sec1(key) => Ok(Arc::new(EcKey::ecdsa(primitives, key.secret_sec1_der(), None)?)),
        PrivateKeyDer::Pkcs8(key) => read_pkcs8(primitives, key.secret_pkcs8_der()),
        _ => Err(InvalidPrivateKey("it is not PKCS #8, PKCS #1 or SEC 1")),
    }
}

/// A PKCS #8 container, which states the type of the key (RFC 5958 §2).
fn read_pkcs8(primitives: &dyn Primitives, pkcs8: &[u8]) -> Result<Arc<dyn PrivateKey>, ProviderError> {
    let info = PrivateKeyInfoRef::try_from(pkcs8).map_err(|_| InvalidPrivateKey("it is not unencrypted PKCS #8"))?;
    let key = info.private_key.as_bytes();
    match info.algorithm.oid {
        RSA => Ok(Arc::new(RsaKey::new(primitives, key)?)),
        p521::elliptic_curve::ALGORITHM_OID => {
            // RFC 5480 §2.1.1: explicit parameters must not be used.
            let curve = info.algorithm.parameters_oid();
            let curve = curve.map_err(|_| InvalidPrivateKey("it does not name its curve"))?;
            Ok(Arc::new(EcKey::ecdsa(primitives, key, Some(curve))?))
        }
        ED25519 => Ok(Arc::new(EcKey::ed25519(primitives, pkcs8)?)),
        _ => Err(InvalidPrivateKey("it is not RSA, ECDSA or Ed25519")),
    }
}
