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

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// RFC 8446 §4.2.3, by its numbers.
    #[test]
    fn each_key_signs_tls13_by_its_own_schemes_only() {
        let codes: [u16; 12] =
            [0x0201, 0x0203, 0x0401, 0x0403, 0x0501, 0x0503, 0x0601, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807];
        let cases: [(KeyType, &[u16]); 6] = [
            (KeyType::Rsa, &[0x0804, 0x0805, 0x0806]),
            (KeyType::Ecdsa(NamedGroup::SECP256R1), &[0x0403]),
            (KeyType::Ecdsa(NamedGroup::SECP384R1), &[0x0503]),
            (KeyType::Ecdsa(NamedGroup::SECP521R1), &[0x0603]),
            (KeyType::Ed25519, &[0x0807]),
            (KeyType::Other, &[]),
        ];
        for (key, expected) in cases {
            let suitable = |code: &u16| suits_tls13(SignatureScheme(*code), key);
            assert_eq!(codes.into_iter().filter(suitable).collect::<Vec<_>>(), expected, "{key:?}");
        }
        let for_rustls: Vec<u16> = for_rustls(&codes.map(SignatureScheme)).map(u16::from).collect();
        assert_eq!(for_rustls, codes[2..].iter().copied().filter(|code| *code != 0x0203).collect::<Vec<_>>());
    }
}
