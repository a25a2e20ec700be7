//! Certificates, private keys and OCSP responses in files.

use std::fs;
use std::path::{Path, PathBuf};

use rustls_pki_types::CertificateDer;
use tls12::crypto::ring;
use tls12::pem::{self, PemError};
use tls12::verify::TrustStore;
use tls12::{Credential, PresharedKey, ServerConfig, ServerConfigBuilder};
use webpki::EndEntityCert;

use crate::failure::{Failure, Stage};
use crate::keys::{self, KeyPassword};
use crate::options::{CommonOptions, IdentityFiles};
use crate::{expiry, say};

/// The tag of a SEQUENCE, which an OCSP response in DER begins with (RFC 6960 §4.2.1).
const SEQUENCE: u8 = 0x30;

/// The default number of days before its expiry at which a server warns about a certificate.
const WARN_DAYS: u32 = 30;

/// The chain and the key in these files. An error names the file that it is about.
pub fn load(cert: &Path, key: &Path, password: &KeyPassword<'_>) -> Result<Credential, Failure> {
    credential(keys::chain(cert, password)?, cert, key, password)
}

fn credential(
    chain: Vec<CertificateDer<'static>>,
    cert: &Path,
    key: &Path,
    password: &KeyPassword<'_>,
) -> Result<Credential, Failure> {
    let private_key = ring::provider().load_private_key(keys::private_key(key, password)?);
    let private_key = private_key.map_err(|error| Failure::in_file(key, error))?;
    Credential::new(chain, private_key).map_err(|error| Failure::in_file(cert, error))
}

/// A credential of a server, and the DNS names in its certificate.
struct Identity {
    credential: Credential,
    names: Vec<String>,
}

impl Identity {
    fn load(files: &IdentityFiles<'_>, common: &CommonOptions) -> Result<Self, Failure> {
        let password = &common.key_password.source();
        let chain = keys::chain(files.cert, password)?;
        let days = common.checks.warn_days.unwrap_or(WARN_DAYS);
        for warning in expiry::warnings(&chain, days).into_iter().chain(expiry::missing_issuers(&chain)) {
            say(format_args!("tls12: warning: {}: {warning}", files.cert.display()));
        }
        let names = chain.first().map(dns_names).unwrap_or_default();
        let mut credential = credential(chain, files.cert, files.key, password)?;
        if let Some(path) = files.ocsp_response {
            credential = credential.ocsp_response(ocsp_response(path)?);
        }
        Ok(Self { credential, names })
    }

    /// Whether it can replace `first` for a client that requests no name.
    fn stands_beside(&self, first: &Self) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| first.names.contains(name))
    }
}

/// The DNS names that clients can request from a server with this certificate.
fn dns_names(certificate: &CertificateDer<'_>) -> Vec<String> {
    // Verifiers report a certificate that cannot be read; it is used for no name.
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return Vec::new() };
    certificate.valid_dns_names().filter(|name| !name.ends_with('.')).map(str::to_ascii_lowercase).collect()
}

fn ocsp_response(path: &Path) -> Result<Vec<u8>, Failure> {
    let response = fs::read(path).map_err(|error| Failure::in_file(path, error))?;
    match response.first() {
        Some(&SEQUENCE) => Ok(response),
        _ => Err(Failure::in_file(path, "this is not an OCSP response in DER")),
    }
}

/// A configuration of a server with all of these, by name and type of key, and with these pre-shared keys.
pub fn server(
    files: &[IdentityFiles<'_>],
    psks: &[PresharedKey],
    common: &CommonOptions,
) -> Result<ServerConfigBuilder, Failure> {
    let set = |builder: ServerConfigBuilder| {
        let builder = builder.policy(common.policy());
        if psks.is_empty() { builder } else { builder.preshared_keys(psks.iter().cloned()) }
    };
    let mut identities = Vec::new();
    for files in files {
        let identity = Identity::load(files, common)?;
        // Each alone first, so that an error names the file.
        let alone = set(ServerConfig::builder_with_provider(common.provider(), identity.credential.clone()));
        alone.build().map_err(|error| Failure::in_file(files.cert, error))?;
        identities.push(identity);
    }
    let Some((first, others)) = identities.split_first() else {
        return Ok(set(ServerConfig::builder_with_psk_only(common.provider())));
    };
    let mut builder = set(ServerConfig::builder_with_provider(common.provider(), first.credential.clone()));
    for identity in others.iter().filter(|identity| identity.stands_beside(first)) {
        builder = builder.credential(identity.credential.clone());
    }
    for Identity { credential, names } in &identities {
        if !names.is_empty() {
            builder = builder.credential_for(names, credential.clone());
        }
    }
    Ok(builder)
}

/// The trusted certificates in these files and directories. Unusable ones are reported on standard error.
pub fn trust(paths: &[PathBuf]) -> Result<TrustStore, Failure> {
    let mut store: Option<TrustStore> = None;
    let mut told = 0;
    for path in paths {
        let grown = match (store, path.is_dir()) {
            (None, true) => TrustStore::from_folder(path)?,
            (None, false) => TrustStore::from_file(path)?,
            (Some(mut store), folder) => {
                if folder { store.add_folder(path) } else { store.add_file(path) }?;
                store
            }
        };
        for rejected in grown.rejected().iter().skip(told) {
            say(format_args!("tls12: {}: passed over: {rejected}", path.display()));
        }
        told = grown.rejected().len();
        store = Some(grown);
    }
    store.ok_or_else(|| Failure::new(Stage::Usage, "no certificate to trust was given"))
}

/// The roots of this machine.
pub fn native_roots() -> Result<TrustStore, Failure> {
    TrustStore::native().map_err(|error| {
        let why = format!("the roots of this machine cannot be used: {error}; give --ca, --pin or --trust");
        Failure::new(Stage::Start, why)
    })
}

/// The first certificate in a file, in PEM or in DER.
pub fn certificate(path: &Path) -> Result<CertificateDer<'static>, Failure> {
    let none = || Failure::in_file(path, "it contains no certificate");
    certificates(path)?.into_iter().next().ok_or_else(none)
}

/// The certificates in a file: all in PEM, or one in DER. There is at least one.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::in_file(path, error))?;
    match pem::certificates(&bytes) {
        Err(PemError::Der) => Ok(vec![CertificateDer::from(bytes)]),
        read => read.map_err(|error| Failure::in_file(path, error)),
    }
}
