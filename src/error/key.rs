//! Errors in a peer's public key, or in a signature with it.

use core::fmt;

/// Why the public key of a peer's certificate cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFault {
    /// The modulus of an RSA key is too short.
    TooSmall {
        /// Its length, in bits.
        bits: u32,
        /// The minimum that the provider accepts, in bits.
        smallest: u32,
    },
    /// The modulus of an RSA key is too long.
    TooLarge {
        /// Its length, in bits.
        bits: u32,
        /// The maximum that the provider accepts, in bits.
        largest: u32,
    },
    /// Its type is not supported: this one.
    Unsupported(&'static str),
    /// It is malformed, or its parameters are not allowed.
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
            Self::Unsupported(kind) => write!(f, "its type ({kind}) is not supported"),
            Self::Malformed => f.write_str("it is malformed, or its parameters are not allowed"),
        }
    }
}

impl core::error::Error for KeyFault {}

/// Why a signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// The key itself cannot be used.
    Key(KeyFault),
    /// The scheme does not match the type of the key, or the provider does not support it.
    SchemeNotForKey,
    /// The signature does not verify for this message with this key.
    Mismatch,
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(fault) => write!(f, "the key cannot be used: {fault}"),
            Self::SchemeNotForKey => f.write_str("the signature scheme does not match the type of the key"),
            Self::Mismatch => f.write_str("the signature does not verify for this message with this key"),
        }
    }
}

impl core::error::Error for SignatureError {}
