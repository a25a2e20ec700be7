//! Errors in the certificates that are to be trusted.

use alloc::boxed::Box;
#[cfg(feature = "native-roots")]
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
#[cfg(feature = "std")]
use std::path::{Path, PathBuf};

use super::text;
use crate::pem::PemError;

/// A certificate that was given as a root but cannot be one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedRoot {
    /// Its position among the certificates that it was given with, counted from 1.
    pub position: usize,
    /// Its subject as human-readable text. Empty if it has none, or is malformed.
    pub subject: Box<str>,
    /// What is wrong with it.
    pub problem: RootProblem,
}

impl RejectedRoot {
    pub(super) fn in_pem(position: usize, error: PemError) -> Self {
        Self { position, subject: Box::default(), problem: RootProblem::Pem(error) }
    }
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
    Pem(PemError),
    /// It is malformed, for this reason: the rest of a sentence that starts with the certificate.
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

/// Why a trust store could not be created.
#[derive(Debug)]
#[non_exhaustive]
pub enum TrustStoreError {
    /// The input contains no certificate.
    NoCertificate,
    /// The PEM text cannot be read, or contains no certificate.
    Pem(PemError),
    /// None of the certificates can be a root. This list is not empty.
    NoRoot(Vec<RejectedRoot>),
    /// A file could not be read.
    #[cfg(feature = "std")]
    Unreadable(std::io::Error),
    /// The roots of this machine could not be read, for this reason.
    #[cfg(feature = "native-roots")]
    Native(String),
    /// An error in a file.
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

impl From<PemError> for TrustStoreError {
    fn from(error: PemError) -> Self {
        Self::Pem(error)
    }
}

impl fmt::Display for TrustStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificate => f.write_str("there is no certificate to trust"),
            Self::Pem(PemError::Der) => f.write_str("this is DER, not PEM: TrustStore::from_der or from_file takes it"),
            Self::Pem(error) => error.fmt(f),
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
            Self::Pem(error) => Some(error),
            #[cfg(feature = "std")]
            Self::Unreadable(error) => Some(error),
            #[cfg(feature = "std")]
            Self::InFile { error, .. } => Some(error),
            _ => None,
        }
    }
}
