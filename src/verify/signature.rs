//! Whether something is signed by a key: a certificate, a revocation list or an OCSP response.

use rustls_pki_types::SignatureVerificationAlgorithm;

use super::certificate::{Key, Signature};

/// Whether `signature` is one of `key` over `message`, by an algorithm that is among `algorithms`.
pub(super) fn is_signed_by(
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    key: Key<'_>,
    message: &[u8],
    signature: Signature<'_>,
) -> bool {
    let mut fitting = algorithms.iter().filter(|candidate| {
        candidate.signature_alg_id().as_ref() == signature.algorithm
            && candidate.public_key_alg_id().as_ref() == key.algorithm
    });
    fitting.any(|algorithm| algorithm.verify_signature(key.bits, message, signature.bits).is_ok())
}
