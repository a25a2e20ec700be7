//! PKCS#12 (RFC 7292), in files that end with .p12 or .pfx.

use std::path::Path;

use p12_keystore::error::Error;
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{KeyPassword, WRONG_PASSWORD, Why, because};

/// A key, and the certificates that lead from its own upwards.
pub struct Contents {
    pub key: PrivateKeyDer<'static>,
    pub chain: Vec<CertificateDer<'static>>,
}

/// Whether this is a PFX: a SEQUENCE that begins with the INTEGER 3 and another SEQUENCE (RFC 7292 §4).
pub fn is_pkcs12(bytes: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = bytes else { return false };
    // The number of bytes of the length that follow: 0 if it is short or indefinite.
    let more = if *length > 0x80 { usize::from(*length & 0x7f) } else { 0 };
    rest.get(more..).is_some_and(|contents| contents.starts_with(&[2, 1, 3, 0x30]))
}

/// What is in it. Many have an empty password, so that is tried before one is asked for.
pub fn open(bytes: &[u8], path: &Path, password: &KeyPassword<'_>) -> Result<Contents, Why> {
    let read = |password: &str| KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Strict);
    let unprotected = if password.is_given() { None } else { read("").ok() };
    let store = match unprotected {
        Some(store) => Ok(store),
        None => read(&password.get(path)?),
    };
    let store = store.map_err(|error| match error {
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => because(WRONG_PASSWORD),
        error => because(format!(
            "this PKCS#12 file cannot be read ({error}); convert it: openssl pkcs12 -legacy -in FILE -nodes -out FILE.pem"
        )),
    })?;
    let (_, chain) = store.private_key_chain().ok_or_else(|| because("it has no private key with its certificate"))?;
    Ok(Contents {
        key: PrivatePkcs8KeyDer::from(chain.key().as_der().to_vec()).into(),
        chain: chain.certs().iter().map(|certificate| CertificateDer::from(certificate.as_der().to_vec())).collect(),
    })
}
