//! What webpki does not show of a certificate.

use rustls_pki_types::{CertificateDer, ServerName};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// The smallest RSA key that is accepted, in bits (RFC 9325 §4.5).
pub(super) const MIN_RSA_BITS: usize = 2048;
/// The smallest that is accepted where small ones are allowed by name.
pub(super) const SMALL_RSA_BITS: usize = 1024;

/// The certificate, if there is one and nothing but one.
pub(super) fn parse<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Some(certificate),
        _ => None,
    }
}

/// The size of an RSA key in bits.
pub(super) fn rsa_bits(key: &SubjectPublicKeyInfo<'_>) -> Option<usize> {
    let Ok(PublicKey::RSA(key)) = key.parsed() else { return None };
    let zeros = key.modulus.iter().take_while(|byte| **byte == 0).count();
    let significant = key.modulus.get(zeros..).unwrap_or_default();
    let unused = significant.first().map_or(0, |byte| byte.leading_zeros());
    Some(significant.len().saturating_mul(8).saturating_sub(usize::try_from(unused).ok()?))
}

/// Whether a certificate without a DNS name or an IP address has this DNS name as its common name (RFC 6125 §6.4.4). Of
/// several the last counts, which is the most specific.
pub(super) fn has_common_name(certificate: &X509Certificate<'_>, name: &ServerName<'_>) -> bool {
    let ServerName::DnsName(name) = name else { return false };
    let Ok(alternative) = certificate.subject_alternative_name() else { return false };
    let mut names = alternative.into_iter().flat_map(|names| &names.value.general_names);
    if names.any(|name| !matches!(name, GeneralName::DirectoryName(_) | GeneralName::OtherName(..))) {
        return false;
    }
    let common_name = certificate.subject().iter_common_name().last();
    common_name.is_some_and(|common_name| common_name.as_slice().eq_ignore_ascii_case(name.as_ref().as_bytes()))
}
