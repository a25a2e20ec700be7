//! What keeps a peer's public key, or a signature by it, from being used.

use core::fmt;

/// Why the key of a peer's certificate cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFault {
    /// The modulus of an RSA key is too short.
    TooSmall {
        /// Its length in bits.
        bits: u32,
        /// The shortest that the provider takes.
        smallest: u32,
    },
    /// The modulus of an RSA key is too long.
    TooLarge {
        /// Its length in bits.
        bits: u32,
        /// The longest that the provider takes.
        largest: u32,
    },
    /// It is of a kind that is not supported: this one.
    Unsupported(&'static str),
    /// It does not have the form that its kind requires, or its numbers are not allowed.
    Malformed,
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSmall { bits, smallest } => {
                write!(f, "it is an RSA key of {bits} bits, and this side requires at least {smallest}")
            }
            Self::TooLarge { bits, largest } => {
                write!(f, "it is an RSA key of {bits} bits, and this side accepts at most {largest}")
            }
            Self::Unsupported(kind) => write!(f, "keys of its kind ({kind}) are not supported"),
            Self::Malformed => f.write_str("it is malformed, or its numbers are not allowed"),
        }
    }
}

impl core::error::Error for KeyFault {}

/// Why a signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// The key cannot be used at all, whatever the signature.
    Key(KeyFault),
    /// The scheme is not for keys of this kind, or the provider does not verify it.
    SchemeNotForKey,
    /// The signature is not one of this message by this key.
    Mismatch,
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(fault) => write!(f, "the key cannot be used: {fault}"),
            Self::SchemeNotForKey => f.write_str("the signature scheme is not for keys of this kind"),
            Self::Mismatch => f.write_str("the signature is not by this key, or not of this message"),
        }
    }
}

impl core::error::Error for SignatureError {}
