//! What both sides of a key exchange share.

use crate::error::{Error, ProviderError, Violation};

/// A public key that is no element of its group is the peer's fault (RFC 8422 §5.11: illegal_parameter).
pub(crate) fn on_peer_share(error: ProviderError) -> Error {
    match error {
        ProviderError::InvalidPublicKey => Error::IllegalParameter(Violation::KeyShare),
        other => other.into(),
    }
}
