//! The few fields of a certificate that the protocol itself uses: the issuer, the public key, and the hash of the
//! signature. The verifier handles the rest.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use der::asn1::BitStringRef;
use der::{Decode, Header, Reader, SliceReader, Tag};
use rustls_pki_types::{CertificateDer, alg_id};

use super::HashAlgorithm;
use crate::wire::SignatureScheme;

/// The distinguished name of a certificate's issuer, in DER; `None` if the certificate is malformed up to there.
pub(crate) fn issuer_of_certificate<'c>(certificate: &'c CertificateDer<'_>) -> Option<&'c [u8]> {
    // The serial number and the signature algorithm precede it.
    at_field(certificate, 2).and_then(|mut reader| reader.tlv_bytes()).ok()
}

/// Whether the certificate's issuer is its subject, as in a root.
pub(crate) fn is_self_issued(certificate: &CertificateDer<'_>) -> bool {
    // The validity is between the two.
    let names = at_field(certificate, 2).and_then(|mut reader| {
        let issuer = reader.tlv_bytes()?;
        reader.tlv_bytes()?;
        Ok((issuer, reader.tlv_bytes()?))
    });
    names.is_ok_and(|(issuer, subject)| issuer == subject)
}

/// The public key: the content of its AlgorithmIdentifier, and of the BIT STRING (RFC 5280 §4.1.2.7).
pub(super) fn read_public_key(certificate: &[u8]) -> der::Result<(Vec<u8>, Vec<u8>)> {
    // Serial number, signature algorithm, issuer, validity and subject precede it.
    let mut reader = at_field(certificate, 5)?;
    enter_sequence(&mut reader)?;
    let algorithm = der::AnyRef::decode(&mut reader)?;
    algorithm.header().tag().assert_eq(Tag::Sequence)?;
    let key = BitStringRef::decode(&mut reader)?;
    let key = key.as_bytes().ok_or_else(|| Tag::BitString.value_error())?;
    Ok((algorithm.value().to_vec(), key.to_vec()))
}

/// A distinguished name in DER as human-readable text: its best-known attributes, escaped; in hexadecimal if it is
/// malformed.
pub(crate) fn name_text(name: &[u8]) -> String {
    let mut text = String::new();
    if read_name(name, &mut text).is_err() || text.is_empty() {
        text = name.iter().take(MAX_NAME).map(|byte| format!("{byte:02x}")).collect();
    }
    text
}

/// The maximum number of bytes of a name that are shown.
const MAX_NAME: usize = 200;

/// Name is a SEQUENCE of SETs of pairs (RFC 5280 §4.1.2.4).
fn read_name(name: &[u8], text: &mut String) -> der::Result<()> {
    /// The last byte of the object identifiers below id-at, 2.5.4 (RFC 5280 §A.1).
    const KNOWN: [(u8, &str); 6] = [(3, "CN"), (6, "C"), (7, "L"), (8, "ST"), (10, "O"), (11, "OU")];
    let mut reader = SliceReader::new(name)?;
    enter_sequence(&mut reader)?;
    while !reader.is_finished() && text.len() < MAX_NAME {
        Header::decode(&mut reader)?.tag().assert_eq(Tag::Set)?;
        enter_sequence(&mut reader)?;
        let oid = reader.tlv_bytes()?;
        let value = der::AnyRef::decode(&mut reader)?;
        let short = KNOWN.iter().find(|(last, _)| *oid == [6, 3, 0x55, 4, *last]);
        if let Some((_, short)) = short {
            let separator = if text.is_empty() { "" } else { ", " };
            let value = value.value().get(..MAX_NAME).unwrap_or(value.value());
            text.push_str(&format!("{separator}{short}={}", String::from_utf8_lossy(value).escape_debug()));
        }
    }
    Ok(())
}

/// sha1WithRSAEncryption (RFC 3279 §2.2.1), with a NULL for parameters.
const RSA_SHA1: [u8; 13] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0];

/// ecdsa-with-SHA1 (RFC 3279 §2.2.3).
const ECDSA_SHA1: [u8; 9] = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];

/// The hash that tls-server-end-point uses for this certificate (RFC 5929 §4.1): that of its signature, but SHA-256
/// instead of MD5 and SHA-1. `None` if the signature has no single hash, as in Ed25519, or one that is not supported.
pub(crate) fn end_point_hash(certificate: &CertificateDer<'_>) -> Option<HashAlgorithm> {
    /// md5WithRSAEncryption (RFC 3279 §2.2.1), with a NULL for parameters.
    const RSA_MD5: [u8; 13] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4, 5, 0];
    let known: [(&[u8], HashAlgorithm); 12] = [
        (&RSA_MD5, HashAlgorithm::Sha256),
        (&RSA_SHA1, HashAlgorithm::Sha256),
        (&ECDSA_SHA1, HashAlgorithm::Sha256),
        (alg_id::RSA_PKCS1_SHA256.as_ref(), HashAlgorithm::Sha256),
        (alg_id::RSA_PKCS1_SHA384.as_ref(), HashAlgorithm::Sha384),
        (alg_id::RSA_PKCS1_SHA512.as_ref(), HashAlgorithm::Sha512),
        (alg_id::RSA_PSS_SHA256.as_ref(), HashAlgorithm::Sha256),
        (alg_id::RSA_PSS_SHA384.as_ref(), HashAlgorithm::Sha384),
        (alg_id::RSA_PSS_SHA512.as_ref(), HashAlgorithm::Sha512),
        (alg_id::ECDSA_SHA256.as_ref(), HashAlgorithm::Sha256),
        (alg_id::ECDSA_SHA384.as_ref(), HashAlgorithm::Sha384),
        (alg_id::ECDSA_SHA512.as_ref(), HashAlgorithm::Sha512),
    ];
    let algorithm = read_signature_algorithm(certificate).ok()?;
    known.iter().find(|(id, _)| *id == algorithm).map(|(_, hash)| *hash)
}

/// The signature schemes that describe the signature of this certificate (RFC 5246 §7.4.1.4.1); empty if its algorithm
/// is unknown.
pub(crate) fn schemes_of_certificate(certificate: &CertificateDer<'_>) -> &'static [SignatureScheme] {
    use SignatureScheme as S;
    let known: [(&[u8], &'static [SignatureScheme]); 12] = [
        (&RSA_SHA1, &[S::RSA_PKCS1_SHA1]),
        (alg_id::RSA_PKCS1_SHA256.as_ref(), &[S::RSA_PKCS1_SHA256]),
        (alg_id::RSA_PKCS1_SHA384.as_ref(), &[S::RSA_PKCS1_SHA384]),
        (alg_id::RSA_PKCS1_SHA512.as_ref(), &[S::RSA_PKCS1_SHA512]),
        // RFC 8446 §4.2.3: the two differ in the key that signs, which is the issuer's.
        (alg_id::RSA_PSS_SHA256.as_ref(), &[S::RSA_PSS_RSAE_SHA256, S(0x0809)]),
        (alg_id::RSA_PSS_SHA384.as_ref(), &[S::RSA_PSS_RSAE_SHA384, S(0x080a)]),
        (alg_id::RSA_PSS_SHA512.as_ref(), &[S::RSA_PSS_RSAE_SHA512, S(0x080b)]),
        (&ECDSA_SHA1, &[S::ECDSA_SHA1]),
        (alg_id::ECDSA_SHA256.as_ref(), &[S::ECDSA_SHA256]),
        (alg_id::ECDSA_SHA384.as_ref(), &[S::ECDSA_SHA384]),
        (alg_id::ECDSA_SHA512.as_ref(), &[S::ECDSA_SHA512]),
        (alg_id::ED25519.as_ref(), &[S::ED25519]),
    ];
    let algorithm = read_signature_algorithm(certificate).unwrap_or_default();
    known.iter().find(|(id, _)| *id == algorithm).map_or(&[], |(_, schemes)| schemes)
}

/// The content of the AlgorithmIdentifier of the signature, which follows the TBSCertificate (RFC 5280 §4.1.1.2).
fn read_signature_algorithm(certificate: &[u8]) -> der::Result<&[u8]> {
    let mut reader = SliceReader::new(certificate)?;
    enter_sequence(&mut reader)?;
    reader.tlv_bytes()?;
    let algorithm = der::AnyRef::decode(&mut reader)?;
    algorithm.header().tag().assert_eq(Tag::Sequence)?;
    Ok(algorithm.value())
}

/// Skips `count` fields of a certificate, not counting the version (RFC 5280 §4.1): Certificate and TBSCertificate are
/// SEQUENCEs; the version is the latter's first field, and optional.
fn at_field(certificate: &[u8], count: usize) -> der::Result<SliceReader<'_>> {
    const VERSION: u8 = 0xa0;
    let mut reader = SliceReader::new(certificate)?;
    enter_sequence(&mut reader)?;
    enter_sequence(&mut reader)?;
    if reader.peek_byte() == Some(VERSION) {
        reader.tlv_bytes()?;
    }
    for _ in 0..count {
        reader.tlv_bytes()?;
    }
    Ok(reader)
}

pub(super) fn enter_sequence(reader: &mut SliceReader<'_>) -> der::Result<()> {
    Header::decode(reader)?.tag().assert_eq(Tag::Sequence)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate with only the signature algorithm.
    fn signed_by(algorithm: &[u8]) -> CertificateDer<'static> {
        let len = |content: &[u8]| u8::try_from(content.len()).unwrap();
        let inner = [&[0x30, 0, 0x30, len(algorithm)], algorithm].concat();
        CertificateDer::from([&[0x30, len(&inner)], &*inner].concat())
    }

    /// RFC 5929 §4.1: SHA-256 replaces MD5 and SHA-1.
    #[test]
    fn a_broken_hash_is_replaced() {
        let of = |hex: &[u8]| end_point_hash(&signed_by(hex));
        let rsa = |last| [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last, 5, 0];
        assert_eq!(of(&rsa(4)), Some(HashAlgorithm::Sha256));
        assert_eq!(of(&rsa(5)), Some(HashAlgorithm::Sha256));
        assert_eq!(of(&rsa(12)), Some(HashAlgorithm::Sha384));
        assert_eq!(of(&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1]), Some(HashAlgorithm::Sha256));
        // SHA-224, which is not supported.
        assert_eq!(of(&rsa(14)), None);
        assert_eq!(end_point_hash(&CertificateDer::from(&[0x30, 0x80][..])), None);
    }
}
