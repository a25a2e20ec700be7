//! What webpki does not show of a certificate.

use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// The smallest RSA key that is accepted, in bits (RFC 9325 §4.5).
pub(super) const MIN_RSA_BITS: usize = 2048;

/// The certificate, if there is one and nothing but one.
pub(super) fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Some(certificate),
        _ => None,
    }
}

/// Whether its keyUsage, if it has one, lets it sign certificates (RFC 5280 §6.1.4 (n)). None if that is malformed.
pub(super) fn usage_allows_signing(certificate: &X509Certificate<'_>) -> Option<bool> {
    let usage = certificate.key_usage().ok()?;
    Some(usage.is_none_or(|usage| usage.value.key_cert_sign()))
}

/// The size of an RSA key in bits, if that is below [`MIN_RSA_BITS`].
pub(super) fn too_small(key: &SubjectPublicKeyInfo<'_>) -> Option<usize> {
    let Ok(PublicKey::RSA(key)) = key.parsed() else { return None };
    let zeros = key.modulus.iter().take_while(|byte| **byte == 0).count();
    let significant = key.modulus.get(zeros..).unwrap_or_default();
    let unused = significant.first().map_or(0, |byte| byte.leading_zeros());
    let bits = significant.len().saturating_mul(8).saturating_sub(usize::try_from(unused).ok()?);
    (bits < MIN_RSA_BITS).then_some(bits)
}
