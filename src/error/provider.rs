//! Errors of providers and of this side's keys.

use core::fmt;

use super::Error;

/// A cryptographic operation that failed on this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProviderError {
    /// The random source failed.
    Random,
    /// The provider does not support this algorithm.
    Unsupported(&'static str),
    /// A private key is malformed, or its type or size is not supported.
    InvalidPrivateKey(&'static str),
    /// A public key is malformed, or its type or size is not supported.
    InvalidPublicKey,
    /// An operation failed although its inputs were valid.
    Failed(&'static str),
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random => f.write_str("the random source failed"),
            Self::Unsupported(what) => write!(f, "the provider does not support {what}"),
            Self::InvalidPrivateKey(why) => write!(f, "the private key cannot be used: {why}"),
            Self::InvalidPublicKey => f.write_str("the public key is malformed, or its type or size is not supported"),
            Self::Failed(what) => write!(f, "{what} failed"),
        }
    }
}

impl core::error::Error for ProviderError {}

impl From<ProviderError> for Error {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}
