//! Revocation lists that cannot be used, and why.

use alloc::boxed::Box;
use core::fmt::{self, Write};

use super::text::dotted;
use crate::pem::PemError;

/// A revocation list that was given but cannot be used. It is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedCrl {
    /// The file that it is in, if it came from one.
    pub file: Option<Box<str>>,
    /// Its position in the file, or among the lists that it was given with, counted from 1.
    pub position: usize,
    /// What is wrong with it.
    pub problem: CrlProblem,
}

impl RejectedCrl {
    pub(super) fn in_pem(file: Option<&str>, position: usize, error: PemError) -> Self {
        Self { file: file.map(Into::into), position, problem: CrlProblem::Pem(error) }
    }
}

impl fmt::Display for RejectedCrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_origin(f, self.file.as_deref(), self.position)?;
        write!(f, " cannot be used: {}", self.problem)
    }
}

impl core::error::Error for RejectedCrl {}

/// Writes which list it is.
pub(super) fn write_origin(f: &mut impl Write, file: Option<&str>, position: usize) -> fmt::Result {
    write!(f, "revocation list {position}")?;
    file.map_or(Ok(()), |file| write!(f, " in {file}"))
}

/// Why a revocation list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CrlProblem {
    /// Its PEM section cannot be decoded, for this reason.
    Pem(PemError),
    /// It is not a revocation list of version 1 or 2 in DER (RFC 5280 §5.1).
    Malformed,
    /// It has a critical extension, of this object identifier, that is not supported (RFC 5280 §5.2, §5.3).
    CriticalExtension(Box<str>),
    /// It has 4 GiB or more.
    TooLarge,
}

impl CrlProblem {
    /// From the content of the OBJECT IDENTIFIER.
    pub(super) fn critical(oid: &[u8]) -> Self {
        Self::CriticalExtension(dotted(oid).into())
    }
}

impl fmt::Display for CrlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem(why) => write!(f, "its PEM cannot be decoded: {why}"),
            Self::Malformed => f.write_str("it is not a revocation list, or is malformed"),
            Self::CriticalExtension(id) => {
                write!(f, "its critical extension {id} is not supported, so it must not be used (RFC 5280 §5.2)")
            }
            Self::TooLarge => f.write_str("it is larger than 4 GiB"),
        }
    }
}
