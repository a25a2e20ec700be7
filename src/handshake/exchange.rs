//! The common part of both sides of a key exchange.

use crate::error::{Error, ProviderError, Violation};

/// A public key that is not an element of its group is the peer's fault (RFC 8422 §5.11: illegal_parameter).
pub(crate) fn on_peer_share(error: ProviderError) -> Error {
    match error {
        ProviderError::InvalidPublicKey => Error::IllegalParameter(Violation::KeyShare),
        other => other.into(),
    }
}
