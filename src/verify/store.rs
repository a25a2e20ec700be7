//! The roots that are trusted, and what could not become one.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor};
#[cfg(feature = "std")]
use std::path::{Path, PathBuf};
use x509_parser::prelude::{X509Certificate, X509Version};

use super::identity::Identity;
use super::stand_in::names_for_webpki;
use super::{certificate, text, tlv};
use crate::handshake::ClientVerifier;

/// The roots that certificate chains are verified against. It has at least one.
///
/// A certificate that cannot be a root does not keep the others out: look at [`Self::rejected`]. Two roots that are the
/// same count once.
#[derive(Clone)]
pub struct TrustStore {
    pub(super) anchors: Vec<TrustAnchor<'static>>,
    /// In the order of `anchors`.
    pub(super) roots: Vec<Root>,
    rejected: Vec<RejectedRoot>,
    /// Of the roots.
    pub(super) identity: Identity,
}

/// What is known of a root.
#[derive(Clone)]
pub(super) struct Root {
    /// For people.
    pub(super) subject: Box<str>,
    /// Its certificate, if it came as one.
    certificate: Option<CertificateDer<'static>>,
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
            let subject = text::anchor(&anchor.subject).into_boxed_str();
            store.identity = store.identity.and(&[&anchor.subject, &anchor.subject_public_key_info]);
            store.anchors.push(anchor.to_owned());
            store.roots.push(Root { subject, certificate: None });
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

    /// Adds one root.
    ///
    /// # Errors
    /// [`RejectedRoot`], if it cannot be one; the store is then as it was.
    pub fn add(&mut self, certificate: &CertificateDer<'_>) -> Result<(), RejectedRoot> {
        let reject = |subject, problem| RejectedRoot { position: 1, subject, problem };
        let parsed = certificate::parse(certificate).ok_or_else(|| reject(Box::default(), RootProblem::Malformed))?;
        let subject = text::name(parsed.subject()).into_boxed_str();
        if let Err(problem) = may_be_root(&parsed) {
            return Err(reject(subject, problem));
        }
        let Ok(anchor) = webpki::anchor_from_trusted_cert(certificate) else {
            return Err(reject(subject, RootProblem::Malformed));
        };
        if self.roots.iter().any(|root| root.certificate.as_ref() == Some(certificate)) {
            return Ok(());
        }
        let mut anchor = anchor.to_owned();
        if let Some(names) = &anchor.name_constraints {
            let names = names_for_webpki(names).ok_or_else(|| reject(subject.clone(), RootProblem::Malformed))?;
            anchor.name_constraints = Some(names.into());
        }
        self.identity = self.identity.and(&[certificate]);
        self.anchors.push(anchor);
        self.roots.push(Root { subject, certificate: Some(certificate.clone().into_owned()) });
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
    pub fn client_verifier(self) -> ClientVerifier {
        let names: Vec<_> = self.names().collect();
        ClientVerifier::new(Arc::new(self)).authorities(names)
    }

    /// The subjects of the roots in DER, each once: what [`ClientVerifier::authorities`] takes.
    pub fn names(&self) -> impl Iterator<Item = Vec<u8>> {
        let first = |i: usize, anchor: &TrustAnchor<'_>| {
            self.anchors.iter().position(|other| other.subject == anchor.subject) == Some(i)
        };
        let anchors = self.anchors.iter().enumerate().filter(move |(i, anchor)| first(*i, anchor));
        anchors.filter_map(|(_, anchor)| tlv::wrap(tlv::SEQUENCE, &[anchor.subject.as_ref()]))
    }

    /// The subjects of the roots, as text for people.
    pub fn subjects(&self) -> impl ExactSizeIterator<Item = &str> {
        self.roots.iter().map(|root| &*root.subject)
    }

    /// The certificate of a root.
    pub(super) fn certificate(&self, index: usize) -> Option<X509Certificate<'_>> {
        certificate::parse(self.roots.get(index)?.certificate.as_ref()?)
    }

    /// What was among the roots given and could not become one.
    #[must_use]
    pub fn rejected(&self) -> &[RejectedRoot] {
        &self.rejected
    }

    /// Not public: a store without roots is a mistake, to be found when it is made.
    fn empty() -> Self {
        Self { anchors: Vec::new(), roots: Vec::new(), rejected: Vec::new(), identity: Identity::NONE }
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

/// RFC 5280 §6.1.4 (k), (n), which path validation asks of every other issuer. A certificate that is none would become
/// one by being trusted here, for any name. Version 1 and 2 have no extensions to say it with: the caller vouches.
fn may_be_root(certificate: &X509Certificate<'_>) -> Result<(), RootProblem> {
    if certificate.version() != X509Version::V3 {
        return Ok(());
    }
    if !certificate.is_ca() {
        return Err(RootProblem::NotACa);
    }
    match certificate.key_usage() {
        Ok(Some(usage)) if !usage.value.key_cert_sign() => Err(RootProblem::NoCertSign),
        Ok(_) => Ok(()),
        Err(_) => Err(RootProblem::Malformed),
    }
}

/// A certificate that was to be a root, and cannot be one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedRoot {
    /// Its place among the certificates that it was given with, the first being 1.
    pub position: usize,
    /// Its subject, as text for people. Empty if it has none, or could not be read.
    pub subject: Box<str>,
    /// What is wrong with it.
    pub problem: RootProblem,
}

impl fmt::Display for RejectedRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate {}", self.position)?;
        if !self.subject.is_empty() {
            write!(f, " ({})", self.subject)?;
        }
        write!(f, " cannot be a root: {}", self.problem)
    }
}

impl core::error::Error for RejectedRoot {}

/// Why a certificate cannot be a root.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootProblem {
    /// Its PEM section cannot be decoded, for this reason.
    Pem(String),
    /// It is no certificate, or a malformed one.
    Malformed,
    /// It is not the certificate of a CA (RFC 5280 §4.2.1.9).
    NotACa,
    /// Its keyUsage does not let it sign certificates (RFC 5280 §4.2.1.3).
    NoCertSign,
}

impl fmt::Display for RootProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem(why) => write!(f, "its PEM cannot be decoded: {why}"),
            Self::Malformed => f.write_str("it is no certificate, or a malformed one"),
            Self::NotACa => f.write_str(
                "it is not the certificate of a CA (basicConstraints), and as a root could vouch for any name; \
                 give the certificate of the CA that issued it",
            ),
            Self::NoCertSign => f.write_str("its keyUsage does not let it sign certificates (keyCertSign)"),
        }
    }
}

/// Why there is no trust store.
#[derive(Debug)]
#[non_exhaustive]
pub enum TrustStoreError {
    /// There is no certificate in what was given.
    NoCertificate,
    /// What was to be PEM looks like DER.
    NotPem,
    /// Not one of the certificates can be a root. There is at least one here.
    NoRoot(Vec<RejectedRoot>),
    /// A file could not be read.
    #[cfg(feature = "std")]
    Unreadable(std::io::Error),
    /// The roots of this machine could not be read, for this reason.
    #[cfg(feature = "native-roots")]
    Native(String),
    /// Something is wrong with a file.
    #[cfg(feature = "std")]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: Box<TrustStoreError>,
    },
}

impl TrustStoreError {
    #[cfg(feature = "std")]
    fn in_file(self, path: &Path) -> Self {
        Self::InFile { path: path.into(), error: Box::new(self) }
    }
}

impl fmt::Display for TrustStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificate => f.write_str("there is no certificate to trust (in PEM: no section CERTIFICATE)"),
            Self::NotPem => f.write_str("there is no PEM here; it looks like DER, which TrustStore::from_der takes"),
            Self::NoRoot(rejected) => {
                write!(f, "none of {} can be a root", text::count(rejected.len(), "certificate"))?;
                rejected.first().map_or(Ok(()), |first| write!(f, "; {first}"))
            }
            #[cfg(feature = "std")]
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            #[cfg(feature = "native-roots")]
            Self::Native(why) => write!(f, "the roots of this machine cannot be read: {why}"),
            #[cfg(feature = "std")]
            Self::InFile { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl core::error::Error for TrustStoreError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::NoRoot(rejected) => rejected.first().map(|first| -> &(dyn core::error::Error + 'static) { first }),
            #[cfg(feature = "std")]
            Self::Unreadable(error) => Some(error),
            #[cfg(feature = "std")]
            Self::InFile { error, .. } => Some(error),
            _ => None,
        }
    }
}
