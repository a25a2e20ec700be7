//! Signature schemes, as rustls and TLS 1.3 have them.

use crate::crypto::KeyType;
use crate::wire::{NamedGroup, SignatureScheme};

/// These schemes for rustls: all but those with SHA-1, which it does not support.
pub(super) fn for_rustls(schemes: &[SignatureScheme]) -> impl Iterator<Item = rustls::SignatureScheme> {
    let modern =
        |scheme: &&SignatureScheme| !matches!(**scheme, SignatureScheme::RSA_PKCS1_SHA1 | SignatureScheme::ECDSA_SHA1);
    schemes.iter().filter(modern).map(|scheme| rustls::SignatureScheme::from(scheme.0))
}

/// Whether a key of this type may sign a handshake of TLS 1.3 with this scheme (RFC 8446 §4.2.3): RSA with PSS only, and
/// ECDSA with the hash that belongs to the curve.
pub(super) fn suits_tls13(scheme: SignatureScheme, key: KeyType) -> bool {
    use SignatureScheme as S;
    match key {
        KeyType::Rsa => {
            matches!(scheme, S::RSA_PSS_RSAE_SHA256 | S::RSA_PSS_RSAE_SHA384 | S::RSA_PSS_RSAE_SHA512)
        }
        KeyType::Ecdsa(curve) => matches!(
            (curve, scheme),
            (NamedGroup::SECP256R1, S::ECDSA_SHA256)
                | (NamedGroup::SECP384R1, S::ECDSA_SHA384)
                | (NamedGroup::SECP521R1, S::ECDSA_SHA512)
        ),
        KeyType::Ed25519 => scheme == S::ED25519,
        KeyType::Other => false,
    }
}
