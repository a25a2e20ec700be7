//! The trusted roots, and certificates that could not become one.

#[cfg(feature = "native-roots")]
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use rustls_pki_types::CertificateDer;
#[cfg(feature = "std")]
use std::path::Path;

use super::anchor::Anchor;
use super::identity::Identity;
use super::store_error::{RejectedRoot, RootProblem, TrustStoreError};
#[cfg(feature = "native-roots")]
use super::text;
use crate::handshake::ClientTrust;
use crate::pem::{self, PemError};

/// The certificates that chains are verified against: roots, and certificates that are trusted themselves. It contains
/// at least one.
///
/// A certificate in the store may have any version, and any signer. It makes the store trust:
///
/// - **The certificate itself.** A peer that presents this very certificate is trusted if the certificate names it, is
///   valid at the time, and is for the right purpose. This is how to trust a device with a self-signed certificate.
/// - **The certificates that it issues**, if it is a CA certificate: it says so (basicConstraints, keyUsage), or it is
///   self-issued and of X.509 version 1, which cannot say so. Its constraints apply; the other rules of RFC 5280 for
///   certificates do not.
///
/// A malformed certificate does not affect the others, and is reported by [`Self::rejected`]. Duplicates count once.
#[derive(Clone)]
pub struct TrustStore {
    pub(super) anchors: Vec<Anchor>,
    rejected: Vec<RejectedRoot>,
    /// Of the roots.
    pub(super) identity: Identity,
}

impl TrustStore {
    /// Creates a store from the certificates in `pem`. Sections that are not certificates are skipped.
    ///
    /// # Errors
    /// [`TrustStoreError`] if none of them can be a root.
    pub fn from_pem(pem: &[u8]) -> Result<Self, TrustStoreError> {
        let mut store = Self::empty();
        store.add_pem(pem)?;
        Ok(store)
    }

    /// Creates a store from the certificates in a PEM file.
    ///
    /// # Errors
    /// [`TrustStoreError::InFile`] if the file cannot be read, or none of its certificates can be a root.
    #[cfg(feature = "std")]
    pub fn from_pem_file(path: impl AsRef<Path>) -> Result<Self, TrustStoreError> {
        let mut store = Self::empty();
        store.add_pem_file(path)?;
        Ok(store)
    }

    /// Creates a store from these certificates.
    ///
    /// # Errors
    /// [`TrustStoreError`] if none of them can be a root.
    pub fn from_der<'a>(certificates: impl IntoIterator<Item = CertificateDer<'a>>) -> Result<Self, TrustStoreError> {
        let mut store = Self::empty();
        store.add_all(certificates.into_iter().map(Ok))?;
        Ok(store)
    }

    /// Creates a store with the roots of Mozilla's root program, as of the version of `webpki-roots` that is compiled
    /// in.
    #[cfg(feature = "webpki-roots")]
    #[must_use]
    pub fn mozilla() -> Self {
        let mut store = Self::empty();
        for anchor in webpki_roots::TLS_SERVER_ROOTS {
            let constraints = anchor.name_constraints.as_deref().unwrap_or_default();
            store.identity = store.identity.and(&[&anchor.subject, &anchor.subject_public_key_info, constraints]);
            store.anchors.extend(Anchor::of_trust_anchor(anchor));
        }
        store
    }

    /// Creates a store with the roots of this machine: those of its own store, or those that `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` name.
    ///
    /// # Errors
    /// [`TrustStoreError`] if no root is found; [`TrustStoreError::Native`] if reading them failed.
    #[cfg(feature = "native-roots")]
    pub fn native() -> Result<Self, TrustStoreError> {
        let found = rustls_native_certs::load_native_certs();
        if let (true, Some(error)) = (found.certs.is_empty(), found.errors.first()) {
            return Err(TrustStoreError::Native(text::plain(&error.to_string())));
        }
        Self::from_der(found.certs)
    }

    /// Creates a store from the certificates in a file, in PEM or DER.
    ///
    /// # Errors
    /// [`TrustStoreError::InFile`] if the file cannot be read, or none of its certificates can be a root.
    #[cfg(feature = "std")]
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, TrustStoreError> {
        let mut store = Self::empty();
        store.add_file(path)?;
        Ok(store)
    }

    /// Creates a store from the certificates in all files of a directory, each in PEM or DER. Subdirectories, and files
    /// without a certificate, are skipped.
    ///
    /// # Errors
    /// [`TrustStoreError::InFile`] if the directory or a file in it cannot be read, or none of the certificates can be
    /// a root.
    #[cfg(feature = "std")]
    pub fn from_folder(path: impl AsRef<Path>) -> Result<Self, TrustStoreError> {
        let mut store = Self::empty();
        store.add_folder(path)?;
        Ok(store)
    }

    /// Adds a root, or a certificate that is trusted itself.
    ///
    /// # Errors
    /// [`RejectedRoot`] if it is malformed. The store is then unchanged.
    pub fn add(&mut self, certificate: &CertificateDer<'_>) -> Result<(), RejectedRoot> {
        if self.anchors.iter().any(|anchor| anchor.certificate.as_ref() == Some(certificate)) {
            return Ok(());
        }
        let reject = |why| RejectedRoot {
            position: 1,
            subject: super::subject(certificate).unwrap_or_default().into(),
            problem: RootProblem::Malformed(why),
        };
        self.anchors.push(Anchor::of_certificate(certificate).map_err(reject)?);
        self.identity = self.identity.and(&[certificate]);
        Ok(())
    }

    /// Adds the certificates in `pem`, as [`Self::from_pem`] does.
    ///
    /// # Errors
    /// [`TrustStoreError`] if none of them can be a root. The store is then unchanged.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<(), TrustStoreError> {
        self.add_all(pem::certificates_each(pem)?.into_iter())
    }

    /// Adds the certificates in a PEM file, as [`Self::from_pem_file`] does.
    ///
    /// # Errors
    /// [`TrustStoreError::InFile`] if the file cannot be read, or none of its certificates can be a root. The store is
    /// then unchanged.
    #[cfg(feature = "std")]
    pub fn add_pem_file(&mut self, path: impl AsRef<Path>) -> Result<(), TrustStoreError> {
        let path = path.as_ref();
        std::fs::read(path)
            .map_err(TrustStoreError::Unreadable)
            .and_then(|pem| self.add_pem(&pem))
            .map_err(|error| error.in_file(path))
    }

    /// Adds the certificates in a file, as [`Self::from_file`] does.
    ///
    /// # Errors
    /// [`TrustStoreError::InFile`] if the file cannot be read, or none of its certificates can be a root. The store is
    /// then unchanged.
    #[cfg(feature = "std")]
    pub fn add_file(&mut self, path: impl AsRef<Path>) -> Result<(), TrustStoreError> {
        let path = path.as_ref();
        let read = std::fs::read(path).map_err(TrustStoreError::Unreadable);
        read.and_then(|bytes| self.add_pem_or_der(&bytes)).map_err(|error| error.in_file(path))
    }

    /// Adds the certificates in a directory, as [`Self::from_folder`] does.
    ///
    /// # Errors
    /// [`TrustStoreError::InFile`] if the directory or a file in it cannot be read, or none of the certificates can be
    /// a root. The store is then unchanged.
    #[cfg(feature = "std")]
    pub fn add_folder(&mut self, path: impl AsRef<Path>) -> Result<(), TrustStoreError> {
        let path = path.as_ref();
        let unreadable = |error| TrustStoreError::Unreadable(error).in_file(path);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if file.is_file() {
                files.push(file);
            }
        }
        // The order must not depend on the file system.
        files.sort();
        let before = self.clone();
        let (mut found, mut rejected) = (0_usize, Vec::new());
        for file in files {
            match self.add_file(&file) {
                Ok(()) => found = found.saturating_add(1),
                Err(TrustStoreError::InFile { path, error }) => match *error {
                    TrustStoreError::NoRoot(roots) => rejected.extend(roots),
                    TrustStoreError::Pem(PemError::Nothing { .. }) => (),
                    TrustStoreError::Pem(error) => rejected.push(RejectedRoot::in_pem(1, error)),
                    error => {
                        *self = before;
                        return Err(error.in_file(&path));
                    }
                },
                Err(_) => (),
            }
        }
        match (found, rejected.is_empty()) {
            (0, true) => Err(TrustStoreError::NoCertificate.in_file(path)),
            (0, false) => Err(TrustStoreError::NoRoot(rejected).in_file(path)),
            _ => {
                self.rejected.append(&mut rejected);
                Ok(())
            }
        }
    }

    #[cfg(feature = "std")]
    fn add_pem_or_der(&mut self, bytes: &[u8]) -> Result<(), TrustStoreError> {
        match self.add_pem(bytes) {
            Err(TrustStoreError::Pem(PemError::Der)) => self.add_all(core::iter::once(Ok(CertificateDer::from(bytes)))),
            result => result,
        }
    }

    /// Returns a configuration that requests client certificates which lead to one of these roots, and sends the names
    /// of the roots to clients.
    #[must_use]
    pub fn client_trust(self) -> ClientTrust {
        let names: Vec<_> = self.names().collect();
        ClientTrust::new(Arc::new(self)).authorities(names)
    }

    /// Returns the subjects of the roots in DER, without duplicates, as [`ClientTrust::authorities`] takes them.
    pub fn names(&self) -> impl Iterator<Item = Vec<u8>> {
        let first = |i: usize, anchor: &Anchor| {
            self.anchors.iter().position(|other| other.name().whole == anchor.name().whole) == Some(i)
        };
        let anchors = self.anchors.iter().enumerate().filter(move |(i, anchor)| first(*i, anchor));
        anchors.map(|(_, anchor)| anchor.name().whole.to_vec())
    }

    /// Returns the subjects of the roots as human-readable text.
    pub fn subjects(&self) -> impl ExactSizeIterator<Item = &str> {
        self.anchors.iter().map(|anchor| &*anchor.text)
    }

    /// Returns the certificates that were given but could not become roots.
    #[must_use]
    pub fn rejected(&self) -> &[RejectedRoot] {
        &self.rejected
    }

    /// The index of this very certificate.
    pub(super) fn itself(&self, certificate: &[u8]) -> Option<usize> {
        self.anchors.iter().position(|anchor| anchor.certificate.as_deref() == Some(certificate))
    }

    /// Not public: a store without roots is a mistake that should be found when it is created.
    fn empty() -> Self {
        Self { anchors: Vec::new(), rejected: Vec::new(), identity: Identity::NONE }
    }

    /// Adds the usable certificates. An `Err` item is one that could not be decoded.
    fn add_all<'a>(
        &mut self,
        certificates: impl Iterator<Item = Result<CertificateDer<'a>, PemError>>,
    ) -> Result<(), TrustStoreError> {
        let mut count = 0_usize;
        let mut rejected = Vec::new();
        for (position, certificate) in (1..).zip(certificates) {
            count = position;
            let result = match certificate {
                Ok(certificate) => self.add(&certificate),
                Err(error) => Err(RejectedRoot::in_pem(position, error)),
            };
            if let Err(mut root) = result {
                root.position = position;
                rejected.push(root);
            }
        }
        if count == 0 {
            return Err(TrustStoreError::NoCertificate);
        }
        if rejected.len() == count {
            return Err(TrustStoreError::NoRoot(rejected));
        }
        self.rejected.append(&mut rejected);
        Ok(())
    }
}

impl fmt::Debug for TrustStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustStore")
            .field("roots", &self.subjects().collect::<Vec<_>>())
            .field("rejected", &self.rejected)
            .finish()
    }
}
