//! Signatures on what is not a certificate: revocation lists and OCSP responses.

use rustls_pki_types::SignatureVerificationAlgorithm;

use super::der::{self, Reader};

/// Whether `signature`, by the algorithm with this content of an AlgorithmIdentifier, is one of the key with this
/// SubjectPublicKeyInfo.
pub(super) fn is_signed_by(
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    key: &[u8],
    algorithm: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Some((key_algorithm, bits)) = public_key(key) else { return false };
    let mut fitting = algorithms.iter().filter(|candidate| {
        candidate.signature_alg_id().as_ref() == algorithm && candidate.public_key_alg_id().as_ref() == key_algorithm
    });
    fitting.any(|algorithm| algorithm.verify_signature(bits, message, signature).is_ok())
}

/// The content of the AlgorithmIdentifier and of the BIT STRING in a SubjectPublicKeyInfo.
pub(super) fn public_key(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = Reader::new(Reader::new(key).take(der::SEQUENCE)?.content);
    Some((fields.take(der::SEQUENCE)?.content, fields.next()?.whole_bits()?))
}
