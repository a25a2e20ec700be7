//! What keys and providers cannot do.

use core::fmt;

use super::Error;

/// A cryptographic operation that failed on this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProviderError {
    /// The random source failed.
    Random,
    /// The provider has no such algorithm.
    Unsupported(&'static str),
    /// A private key could not be read, or its type or size is not supported.
    InvalidPrivateKey(&'static str),
    /// A public key could not be used: malformed, or of a type or size that is not supported.
    InvalidPublicKey,
    /// An operation failed though its inputs were valid.
    Failed(&'static str),
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random => f.write_str("the random source failed"),
            Self::Unsupported(what) => write!(f, "the provider does not support {what}"),
            Self::InvalidPrivateKey(why) => write!(f, "the private key cannot be used: {why}"),
            Self::InvalidPublicKey => {
                f.write_str("the public key cannot be used: malformed, or of an unsupported type or size")
            }
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
