//! Certificate chains and private keys in files.

use std::path::Path;

use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tls12::Credential;
use tls12::crypto::ring;

use crate::failure::Failure;

/// The chain and the key in these files. An error names the file that it is about.
pub fn load(cert: &Path, key: &Path) -> Result<Credential, Failure> {
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect);
    let chain = chain.map_err(|error| Failure::in_file(cert, error))?;
    let private_key = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
        pem::Error::NoItemsFound => Failure::in_file(key, "no private key is here, or it is encrypted"),
        error => Failure::in_file(key, error),
    })?;
    let private_key = ring::provider().load_private_key(private_key);
    let private_key = private_key.map_err(|error| Failure::in_file(key, error))?;
    Credential::new(chain, private_key).map_err(|error| Failure::in_file(cert, error))
}
