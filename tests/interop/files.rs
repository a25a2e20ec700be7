//! A folder of the files that a peer's tools read: the root, and the identities of servers and clients.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::pki::{KeyKind, PKI};

/// The root's certificate.
pub const ROOT: &str = "root.pem";

/// The folder. It is removed when this is dropped.
pub struct Files(TempDir);

/// Whose certificate and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Server,
    Client,
}

impl Files {
    /// The types of keys that the plan has.
    pub const KINDS: [KeyKind; 2] = [KeyKind::Rsa, KeyKind::P256];

    pub fn new() -> Self {
        let files = Self(TempDir::new().unwrap());
        fs::write(files.path().join(ROOT), PKI.root_pem()).unwrap();
        for kind in Self::KINDS {
            for (whose, identity) in [(Whose::Server, PKI.server(kind)), (Whose::Client, PKI.client(kind))] {
                let pem = identity.pem();
                fs::write(files.certificate(whose, kind), pem.certificate).unwrap();
                fs::write(files.key(whose, kind), pem.key).unwrap();
            }
        }
        files
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// In PEM.
    pub fn certificate(&self, whose: Whose, kind: KeyKind) -> PathBuf {
        self.path().join(format!("{whose:?}.{kind:?}.crt"))
    }

    /// In PEM, PKCS#8.
    pub fn key(&self, whose: Whose, kind: KeyKind) -> PathBuf {
        self.path().join(format!("{whose:?}.{kind:?}.key"))
    }
}
