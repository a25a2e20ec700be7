//! The `tls12` tool, run from the command line: against itself, and against OpenSSL's where that is installed.
#![cfg(feature = "cli")]

#[path = "../support/mod.rs"]
mod support;
#[path = "../support/tshark.rs"]
mod tshark;

mod certificates;
mod connections;
// With everything that the tool can be built with.
#[cfg(feature = "redis")]
mod documents;
mod endings;
mod explain;
mod failures;
mod first_use;
mod json;
mod keys;
mod openssl;
mod pcapng;
mod preshared_keys;
mod reach;
mod readme;
mod record;
mod reload;
mod scan;
mod scan_limits;
mod serving;
mod sessions;
mod settings;
mod stapling;
mod tool;
mod trace;
mod trust;
mod unsent;
mod usage;
mod versions;

use std::fs;
use std::path::Path;

use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use support::pki::{Identity, KeyKind, PKI};
use tempfile::TempDir;

/// A directory with certificates and keys of [`PKI`]: of the authority, of servers with each of two types of key, of a client.
fn files() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_pem(dir.path(), "ca.pem", "CERTIFICATE", &PKI.root);
    write_identity(dir.path(), "", PKI.server(KeyKind::Rsa));
    write_identity(dir.path(), "ecdsa-", PKI.server(KeyKind::P256));
    write_identity(dir.path(), "client-", PKI.client(KeyKind::P256));
    let pkcs1 = rsa::PrivateKey::from_pkcs8_der(PKI.server_key.secret_pkcs8_der()).unwrap().to_pkcs1_der().unwrap();
    write_pem(dir.path(), "key1.pem", "RSA PRIVATE KEY", pkcs1.as_bytes());
    dir
}

fn write_pem(dir: &Path, name: &str, tag: &str, der: &[u8]) {
    fs::write(dir.join(name), pem::encode(&pem::Pem::new(tag, der))).unwrap();
}

/// Writes `cert.pem` and `key.pem`, with a prefix.
fn write_identity(dir: &Path, prefix: &str, identity: &Identity) {
    write_pem(dir, &format!("{prefix}cert.pem"), "CERTIFICATE", &identity.certificate);
    write_pem(dir, &format!("{prefix}key.pem"), "PRIVATE KEY", identity.key.secret_pkcs8_der());
}
