//! Revocation lists that cannot be used, and why.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt::{self, Write};

/// A revocation list that was given and cannot be used. It says nothing of any certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedCrl {
    /// The file that it is in, if it came from one.
    pub file: Option<Box<str>>,
    /// Its place in the file, or among the lists that it was given with, the first being 1.
    pub position: usize,
    /// What is wrong with it.
    pub problem: CrlProblem,
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
    Pem(String),
    /// It is not a revocation list of version 1 or 2 in DER (RFC 5280 §5.1).
    Malformed,
    /// It has a critical extension, of this object identifier, that is not supported (RFC 5280 §5.2, §5.3).
    CriticalExtension(Box<str>),
    /// It is of 4 GiB or more.
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
            Self::Malformed => f.write_str("it is not a revocation list, or a malformed one"),
            Self::CriticalExtension(id) => {
                write!(f, "its critical extension {id} is not supported, and so it must not be used (RFC 5280 §5.2)")
            }
            Self::TooLarge => f.write_str("it is larger than 4 GiB"),
        }
    }
}

/// An object identifier as text: arcs in base 128, of which the first holds two (X.690 §8.19).
fn dotted(oid: &[u8]) -> String {
    /// Longer ones are cut.
    const MAX_ARCS: usize = 20;
    let mut out = String::new();
    let (mut arc, mut arcs) = (0_u64, 0_usize);
    for byte in oid {
        arc = arc.saturating_mul(128).saturating_add(u64::from(byte & 0x7f));
        if byte & 0x80 != 0 {
            continue;
        }
        let written = match arcs {
            0 => write!(out, "{}.{}", (arc / 40).min(2), arc - (arc / 40).min(2) * 40),
            MAX_ARCS => write!(out, "…"),
            _ => write!(out, ".{arc}"),
        };
        if arcs == MAX_ARCS || written.is_err() {
            break;
        }
        (arc, arcs) = (0, arcs.saturating_add(1));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::dotted;

    /// Encoded by `openssl asn1parse -genstr OID:...`.
    #[test]
    fn object_identifiers() {
        assert_eq!(dotted(&[0x55, 0x1d, 0x1c]), "2.5.29.28");
        assert_eq!(dotted(&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x15, 1]), "1.3.6.1.4.1.311.21.1");
        assert_eq!(dotted(&[0x88, 0x37, 3]), "2.999.3");
        assert!(dotted(&[1; 1000]).len() < 100);
    }
}
