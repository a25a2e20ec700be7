//! What can be wrong with the certificates that are to be trusted.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
#[cfg(feature = "std")]
use std::path::{Path, PathBuf};

use super::text;

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
    /// It cannot be read, for this reason: the rest of a sentence that starts with the certificate.
    Malformed(&'static str),
}

impl fmt::Display for RootProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem(why) => write!(f, "its PEM cannot be decoded: {why}"),
            Self::Malformed(why) => write!(f, "it {why}"),
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
    pub(super) fn in_file(self, path: &Path) -> Self {
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
