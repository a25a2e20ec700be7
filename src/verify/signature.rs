//! Verification of signatures on certificates, revocation lists and OCSP responses.

use rustls_pki_types::SignatureVerificationAlgorithm;

use super::certificate::{Key, Signature};

/// The supported algorithms.
pub(super) type Algorithms<'a> = &'a [&'a dyn SignatureVerificationAlgorithm];

/// The minimum size of an RSA key that verifies signatures, in bits (RFC 9325 §4.5).
pub(super) const MIN_RSA_BITS: usize = 2048;
/// The minimum size where small keys are allowed by name.
pub(super) const SMALL_RSA_BITS: usize = 1024;

/// Why a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsigned {
    /// The algorithm of the signature is not supported, or too weak.
    Algorithm,
    /// The algorithm of the signature is not supported with a key of this kind.
    KeyKind,
    /// The RSA key has too few bits: this many.
    SmallKey(usize),
    /// It does not verify with this key.
    Mismatch,
}

/// Verifies that `key` signed `message`.
pub(super) fn verify(
    algorithms: Algorithms<'_>,
    key: &Key<'_>,
    message: &[u8],
    signature: &Signature<'_>,
) -> Result<(), Unsigned> {
    let mut why = Unsigned::Algorithm;
    for algorithm in algorithms {
        if algorithm.signature_alg_id().as_ref() != signature.algorithm {
            continue;
        }
        if algorithm.public_key_alg_id().as_ref() != key.algorithm {
            why = if why == Unsigned::Algorithm { Unsigned::KeyKind } else { why };
            continue;
        }
        if algorithm.verify_signature(key.bits, message, signature.bits).is_ok() {
            return Ok(());
        }
        why = match key.rsa_bits() {
            Some(bits) if bits < MIN_RSA_BITS => Unsigned::SmallKey(bits),
            _ => Unsigned::Mismatch,
        };
    }
    Err(why)
}

/// Whether `key` signed `message`.
pub(super) fn is_signed_by(algorithms: Algorithms<'_>, key: Key<'_>, message: &[u8], signature: Signature<'_>) -> bool {
    verify(algorithms, &key, message, &signature).is_ok()
}
