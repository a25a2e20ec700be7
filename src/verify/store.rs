//! The roots that are trusted, and what could not become one.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
#[cfg(feature = "std")]
use std::path::Path;

use super::anchor::Anchor;
use super::identity::Identity;
use super::store_error::{RejectedRoot, RootProblem, TrustStoreError};
use super::text;
use crate::handshake::ClientTrust;

/// What certificate chains are verified against: the roots that they must lead to, and certificates that are trusted
/// themselves. It has at least one.
///
/// What is trusted of a certificate in it, which may be of any version and signed by anybody:
///
/// - **Itself.** A peer that shows this very certificate is trusted, if it is for its name, in its time, and for its purpose.
///   This is how a device with a self-signed certificate is trusted.
/// - **What it issues**, if it belongs to an authority: it says so (basicConstraints, keyUsage), or is a self-issued one of
///   X.509 version 1, which cannot. Its constraints hold; what else RFC 5280 asks of certificates is not asked of it.
///
/// A certificate that cannot be read does not keep the others out: look at [`Self::rejected`]. Two that are the same count
/// once.
#[derive(Clone)]
pub struct TrustStore {
    pub(super) anchors: Vec<Anchor>,
    rejected: Vec<RejectedRoot>,
    /// Of the roots.
    pub(super) identity: Identity,
}

impl TrustStore {
    /// The certificates in `pem` as roots. Sections that are no certificates are passed over.
    ///
    /// # Errors
    /// [`TrustStoreError`], if not one can be a root.
    pub fn from_pem(pem: &[u8]) -> Result<Self, TrustStoreError> {
        let mut store = Self::empty();
        store.add_pem(pem)?;
        Ok(store)
    }

    /// The certificates in a PEM file as roots.
    ///
    /// # Errors
    /// [`TrustStoreError::InFile`], if it cannot be read, or not one can be a root.
    #[cfg(feature = "std")]
    pub fn from_pem_file(path: impl AsRef<Path>) -> Result<Self, TrustStoreError> {
        let mut store = Self::empty();
        store.add_pem_file(path)?;
        Ok(store)
    }

    /// These certificates as roots.
    ///
    /// # Errors
    /// [`TrustStoreError`], if not one can be a root.
    pub fn from_der<'a>(certificates: impl IntoIterator<Item = CertificateDer<'a>>) -> Result<Self, TrustStoreError> {
        let mut store = Self::empty();
        store.add_all(certificates.into_iter().map(Ok))?;
        Ok(store)
    }

    /// The roots of Mozilla's programme, as this version of `webpki-roots` has them. They age with it.
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

    /// The roots of this machine: of its own store, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    ///
    /// # Errors
    /// [`TrustStoreError`], if not one is found; [`TrustStoreError::Native`] says why, where something went wrong.
    #[cfg(feature = "native-roots")]
    pub fn native() -> Result<Self, TrustStoreError> {
        let found = rustls_native_certs::load_native_certs();
        if let (true, Some(error)) = (found.certs.is_empty(), found.errors.first()) {
            return Err(TrustStoreError::Native(text::plain(&error.to_string())));
        }
        Self::from_der(found.certs)
    }

    /// The certificates in a file as roots, in PEM or in DER.
    ///
    /// # Errors
    /// [`TrustStoreError::InFile`], if it cannot be read, or not one can be a root.
    #[cfg(feature = "std")]
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, TrustStoreError> {
        let mut store = Self::empty();
        store.add_file(path)?;
        Ok(store)
    }

    /// The certificates in all files of a folder as roots, each in PEM or in DER; not those in folders in it. Files
    /// without a certificate are passed over.
    ///
    /// # Errors
    /// [`TrustStoreError::InFile`], if the folder or a file in it cannot be read, or not one can be a root.
    #[cfg(feature = "std")]
    pub fn from_folder(path: impl AsRef<Path>) -> Result<Self, TrustStoreError> {
        let mut store = Self::empty();
        store.add_folder(path)?;
        Ok(store)
    }

    /// Adds one root, or one certificate that is trusted itself.
    ///
    /// # Errors
    /// [`RejectedRoot`], if it cannot be read; the store is then as it was.
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
    /// [`TrustStoreError`], if not one of them can be a root; the store is then as it was.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<(), TrustStoreError> {
        /// The tag of a SEQUENCE, which a certificate is.
        const SEQUENCE: u8 = 0x30;
        match self
            .add_all(CertificateDer::pem_slice_iter(pem).map(|c| c.map_err(|error| text::plain(&error.to_string()))))
        {
            Err(TrustStoreError::NoCertificate) if pem.first() == Some(&SEQUENCE) => Err(TrustStoreError::NotPem),
            result => result,
        }
    }

    /// Adds the certificates in a PEM file, as [`Self::from_pem_file`] does.
    ///
    /// # Errors
    /// [`TrustStoreError::InFile`], if it cannot be read, or not one can be a root; the store is then as it was.
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
    /// [`TrustStoreError::InFile`], if it cannot be read, or not one can be a root; the store is then as it was.
    #[cfg(feature = "std")]
    pub fn add_file(&mut self, path: impl AsRef<Path>) -> Result<(), TrustStoreError> {
        let path = path.as_ref();
        let read = std::fs::read(path).map_err(TrustStoreError::Unreadable);
        read.and_then(|bytes| self.add_pem_or_der(&bytes)).map_err(|error| error.in_file(path))
    }

    /// Adds the certificates in a folder, as [`Self::from_folder`] does.
    ///
    /// # Errors
    /// [`TrustStoreError::InFile`], if the folder or a file in it cannot be read, or not one can be a root; the store is
    /// then as it was.
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
        // In an order that does not depend on the file system.
        files.sort();
        let before = self.clone();
        let (mut found, mut rejected) = (0_usize, Vec::new());
        for file in files {
            match self.add_file(&file) {
                Ok(()) => found = found.saturating_add(1),
                Err(TrustStoreError::InFile { path, error }) => match *error {
                    TrustStoreError::NoRoot(roots) => rejected.extend(roots),
                    TrustStoreError::NoCertificate | TrustStoreError::NotPem => (),
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
            Err(TrustStoreError::NotPem) => self.add_all(core::iter::once(Ok(CertificateDer::from(bytes)))),
            result => result,
        }
    }

    /// Asks clients for a certificate that leads to one of these roots, and tells them the roots' names.
    #[must_use]
    pub fn client_trust(self) -> ClientTrust {
        let names: Vec<_> = self.names().collect();
        ClientTrust::new(Arc::new(self)).authorities(names)
    }

    /// The subjects of the roots in DER, each once: what [`ClientTrust::authorities`] takes.
    pub fn names(&self) -> impl Iterator<Item = Vec<u8>> {
        let first = |i: usize, anchor: &Anchor| {
            self.anchors.iter().position(|other| other.name().whole == anchor.name().whole) == Some(i)
        };
        let anchors = self.anchors.iter().enumerate().filter(move |(i, anchor)| first(*i, anchor));
        anchors.map(|(_, anchor)| anchor.name().whole.to_vec())
    }

    /// The subjects of the roots, as text for people.
    pub fn subjects(&self) -> impl ExactSizeIterator<Item = &str> {
        self.anchors.iter().map(|anchor| &*anchor.text)
    }

    /// What was among the roots given and could not become one.
    #[must_use]
    pub fn rejected(&self) -> &[RejectedRoot] {
        &self.rejected
    }

    /// The index of this very certificate.
    pub(super) fn itself(&self, certificate: &[u8]) -> Option<usize> {
        self.anchors.iter().position(|anchor| anchor.certificate.as_deref() == Some(certificate))
    }

    /// Not public: a store without roots is a mistake, to be found when it is made.
    fn empty() -> Self {
        Self { anchors: Vec::new(), rejected: Vec::new(), identity: Identity::NONE }
    }

    /// Adds what can be added. An item that is an error is one that could not be decoded.
    fn add_all<'a>(
        &mut self,
        certificates: impl Iterator<Item = Result<CertificateDer<'a>, String>>,
    ) -> Result<(), TrustStoreError> {
        let mut count = 0_usize;
        let mut rejected = Vec::new();
        for (position, certificate) in (1..).zip(certificates) {
            count = position;
            let result = match certificate {
                Ok(certificate) => self.add(&certificate),
                Err(why) => Err(RejectedRoot { position, subject: Box::default(), problem: RootProblem::Pem(why) }),
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
