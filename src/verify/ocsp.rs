//! Stapled OCSP responses (RFC 6960): what one says of the peer's certificate, if it may be believed.
//!
//! It is believed if it is of this certificate, within its time, and signed by the key that issued the certificate, or by a
//! responder that this key has certified for OCSP. That a responder was revoked itself is not looked for: nobody is asked
//! over the network here.

use rustls_pki_types::{SignatureVerificationAlgorithm, UnixTime};
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha384, Sha512};
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate};

use super::text;
use super::tlv::{self, Tlv};
use super::window::Window;

/// The longest time that a response without a nextUpdate is believed, in seconds: the longest that the authorities of the
/// web may give one that has it (CA/Browser Forum Baseline Requirements §4.9.10).
const MAX_AGE: i64 = 10 * 86_400;
/// The most certificates of responders that are looked at.
const MAX_RESPONDERS: usize = 4;

/// The content of id-pkix-ocsp-basic, 1.3.6.1.5.5.7.48.1.1.
const BASIC: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];
/// The content of id-pe-tlsfeature (RFC 7633), 1.3.6.1.5.5.7.1.24.
const TLS_FEATURE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x18];

/// Who issued the certificate.
pub(super) struct Issuer<'a> {
    /// Its name, in DER.
    pub(super) name: &'a [u8],
    /// Its SubjectPublicKeyInfo, in DER.
    pub(super) key: &'a [u8],
}

/// What a response says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// The certificate is not revoked, for this time.
    Good(Window),
    /// It was revoked, at this second since 1970.
    Revoked(i64),
}

/// Why a response is of no use, as the rest of a sentence.
pub(super) type Unusable = &'static str;

const MALFORMED: Unusable = "is malformed";

/// Whether a certificate demands that a response be stapled (RFC 7633 §4.2.3.1).
pub(super) fn is_demanded(certificate: &X509Certificate<'_>) -> bool {
    const STATUS_REQUEST: [u8; 1] = [5];
    let mut extensions = certificate.extensions().iter();
    let features = extensions.find(|e| e.oid.as_bytes() == TLS_FEATURE).and_then(|e| tlv::only(e.value, tlv::SEQUENCE));
    let features = features.and_then(|features| tlv::elements(features.content)).unwrap_or_default();
    features.iter().any(|feature| feature.tag == tlv::INTEGER && feature.content == STATUS_REQUEST)
}

/// What `response` says of a certificate.
pub(super) fn status(
    response: &[u8],
    certificate: &X509Certificate<'_>,
    issuer: &Issuer<'_>,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    now: UnixTime,
) -> Result<Status, Unusable> {
    let now = text::seconds(now);
    let basic = basic_response(response)?;
    let basic = only(basic, tlv::SEQUENCE)?;
    let [data, algorithm, signature, certificates @ ..] = &*elements(basic.content)? else { return Err(MALFORMED) };
    if algorithm.tag != tlv::SEQUENCE {
        return Err(MALFORMED);
    }
    let data_fields = Data::read(*data)?;
    let signature = bit_string(*signature)?;
    let signed = |key: &[u8]| is_signed_by(algorithms, key, algorithm.content, data.whole, signature);
    if data_fields.is_responder(issuer.name, issuer.key) && signed(issuer.key) {
        return data_fields.status(certificate, issuer, now);
    }
    let certificates = match certificates {
        [list] if list.tag == tlv::context(0) => elements(only(list.content, tlv::SEQUENCE)?.content)?,
        _ => return Err("is not signed by the issuer of the certificate"),
    };
    let sequences = certificates.iter().filter(|responder| responder.tag == tlv::SEQUENCE);
    let authorized = sequences.take(MAX_RESPONDERS).any(|responder| {
        let Ok(([], parsed)) = X509Certificate::from_der(responder.whole) else { return false };
        data_fields.is_responder(parsed.subject().as_raw(), parsed.public_key().raw)
            && may_respond(&parsed, now)
            && is_issued_by(*responder, &parsed, issuer, algorithms)
            && signed(parsed.public_key().raw)
    });
    if !authorized {
        return Err("is signed neither by the issuer of the certificate nor by a responder that it has certified");
    }
    data_fields.status(certificate, issuer, now)
}

/// RFC 6960 §4.2.1: what is in a response that is none of an error.
fn basic_response(response: &[u8]) -> Result<&[u8], Unusable> {
    const ENUMERATED: u8 = 0x0a;
    let response = only(response, tlv::SEQUENCE)?;
    let [status, bytes @ ..] = &*elements(response.content)? else { return Err(MALFORMED) };
    match (status.tag, status.content, bytes) {
        (ENUMERATED, [0], [bytes]) if bytes.tag == tlv::context(0) => {
            let [kind, value] = &*elements(only(bytes.content, tlv::SEQUENCE)?.content)? else { return Err(MALFORMED) };
            match (kind.tag, kind.content, value.tag) {
                (tlv::OID, BASIC, tlv::OCTET_STRING) => Ok(value.content),
                _ => Err("is of a type that is not supported"),
            }
        }
        (ENUMERATED, [1..=6], []) => Err("says that the responder had an error"),
        _ => Err(MALFORMED),
    }
}

/// ResponseData (RFC 6960 §4.2.1).
struct Data<'a> {
    responder: Tlv<'a>,
    responses: Tlv<'a>,
}

impl<'a> Data<'a> {
    fn read(data: Tlv<'a>) -> Result<Self, Unusable> {
        const GENERALIZED_TIME: u8 = 0x18;
        let fields = elements(data.content)?;
        let fields = match fields.first() {
            Some(version) if version.tag == tlv::context(0) => fields.get(1..).unwrap_or_default(),
            _ => &fields,
        };
        let [responder, produced, responses, rest @ ..] = fields else { return Err(MALFORMED) };
        if produced.tag != GENERALIZED_TIME || responses.tag != tlv::SEQUENCE {
            return Err(MALFORMED);
        }
        no_critical_extension(rest)?;
        Ok(Self { responder: *responder, responses: *responses })
    }

    /// Whether the response says that this name, or this key, is its responder's.
    fn is_responder(&self, name: &[u8], key: &[u8]) -> bool {
        match self.responder.tag {
            tag if tag == tlv::context(1) => self.responder.content == name,
            tag if tag == tlv::context(2) => {
                let wanted = tlv::only(self.responder.content, tlv::OCTET_STRING);
                let hash = key_bits(key).map(Sha1::digest);
                wanted.zip(hash).is_some_and(|(wanted, hash)| wanted.content == hash.as_slice())
            }
            _ => false,
        }
    }

    fn status(&self, certificate: &X509Certificate<'_>, issuer: &Issuer<'_>, now: i64) -> Result<Status, Unusable> {
        let mut reason = "is of another certificate";
        for single in elements(self.responses.content)? {
            let [id, status, this_update, rest @ ..] = &*elements(single.content)? else { return Err(MALFORMED) };
            if !is_of(id.content, certificate, issuer) {
                continue;
            }
            let (next_update, rest) = match rest {
                [next, rest @ ..] if next.tag == tlv::context(0) => (Some(time(next.content)?), rest),
                rest => (None, rest),
            };
            no_critical_extension(rest)?;
            let from = time(this_update.whole)?;
            let until = next_update.unwrap_or(from.saturating_add(MAX_AGE));
            // RFC 6960 §4.2.1: good [0] IMPLICIT NULL, revoked [1] IMPLICIT SEQUENCE, unknown [2] IMPLICIT NULL.
            match status.tag {
                0xa1 => {
                    let at = *elements(status.content)?.first().ok_or(MALFORMED)?;
                    return Ok(Status::Revoked(time(at.whole)?));
                }
                0x80 if now < from => reason = "is of the future",
                0x80 if now > until => reason = "is too old",
                0x80 => return Ok(Status::Good(Window { from, until })),
                _ => reason = "says that the responder does not know the certificate",
            }
        }
        Err(reason)
    }
}

/// RFC 6960 §4.1.1: the hashes of the issuer's name and key, and the serial number.
fn is_of(id: &[u8], certificate: &X509Certificate<'_>, issuer: &Issuer<'_>) -> bool {
    /// The content of the identifiers of SHA-1, SHA-256, SHA-384 and SHA-512.
    const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
    const SHA2: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
    let Some(fields) = tlv::elements(id) else { return false };
    let [algorithm, name, key, serial] = &*fields else { return false };
    let Some(algorithm) = tlv::elements(algorithm.content) else { return false };
    let Some(bits) = key_bits(issuer.key) else { return false };
    let matches =
        |hash: fn(&[u8]) -> alloc::vec::Vec<u8>| hash(issuer.name) == name.content && hash(bits) == key.content;
    let hashes_match = match algorithm.first().map(|oid| (oid.content, oid.content.split_last())) {
        Some((SHA1, _)) => matches(|data| Sha1::digest(data).to_vec()),
        Some((_, Some((1, SHA2)))) => matches(|data| Sha256::digest(data).to_vec()),
        Some((_, Some((2, SHA2)))) => matches(|data| Sha384::digest(data).to_vec()),
        Some((_, Some((3, SHA2)))) => matches(|data| Sha512::digest(data).to_vec()),
        _ => false,
    };
    hashes_match && serial.tag == tlv::INTEGER && serial.content == certificate.raw_serial()
}

/// RFC 6960 §4.2.2.2: id-kp-OCSPSigning; and valid.
fn may_respond(responder: &X509Certificate<'_>, now: i64) -> bool {
    let validity = responder.validity();
    let purpose = responder.extended_key_usage().ok().flatten().is_some_and(|usage| usage.value.ocsp_signing);
    let usage = responder.key_usage().is_ok_and(|usage| usage.is_none_or(|usage| usage.value.digital_signature()));
    (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&now) && purpose && usage
}

fn is_issued_by(
    responder: Tlv<'_>,
    parsed: &X509Certificate<'_>,
    issuer: &Issuer<'_>,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> bool {
    let Some(parts) = tlv::elements(responder.content) else { return false };
    let [signed, algorithm, signature] = &*parts else { return false };
    if algorithm.tag != tlv::SEQUENCE {
        return false;
    }
    let Ok(signature) = bit_string(*signature) else { return false };
    parsed.issuer().as_raw() == issuer.name
        && is_signed_by(algorithms, issuer.key, algorithm.content, signed.whole, signature)
}

/// Whether `signature`, by this algorithm, is one of the key with this SubjectPublicKeyInfo.
fn is_signed_by(
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    key: &[u8],
    algorithm: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let fields = tlv::only(key, tlv::SEQUENCE).and_then(|key| tlv::elements(key.content)).unwrap_or_default();
    let [key_algorithm, bits] = &*fields else { return false };
    let Ok(bits) = bit_string(*bits) else { return false };
    let mut fitting = algorithms.iter().filter(|candidate| {
        candidate.signature_alg_id().as_ref() == algorithm
            && candidate.public_key_alg_id().as_ref() == key_algorithm.content
    });
    fitting.any(|algorithm| algorithm.verify_signature(bits, message, signature).is_ok())
}

/// The content of the BIT STRING in a SubjectPublicKeyInfo.
fn key_bits(key: &[u8]) -> Option<&[u8]> {
    let fields = tlv::elements(tlv::only(key, tlv::SEQUENCE)?.content)?;
    bit_string(*fields.get(1)?).ok()
}

/// The bytes of a BIT STRING that is made of whole bytes.
fn bit_string(tlv: Tlv<'_>) -> Result<&[u8], Unusable> {
    const BIT_STRING: u8 = 0x03;
    match tlv.content {
        [0, bytes @ ..] if tlv.tag == BIT_STRING => Ok(bytes),
        _ => Err(MALFORMED),
    }
}

/// RFC 6960 §4.4: `rest` is nothing, or extensions, of which we know none.
fn no_critical_extension(rest: &[Tlv<'_>]) -> Result<(), Unusable> {
    let list = match rest {
        [] => return Ok(()),
        [list] if list.tag == tlv::context(1) => only(list.content, tlv::SEQUENCE)?,
        _ => return Err(MALFORMED),
    };
    for extension in elements(list.content)? {
        if elements(extension.content)?.len() != 2 {
            return Err("has a critical extension that is not supported");
        }
    }
    Ok(())
}

fn time(der: &[u8]) -> Result<i64, Unusable> {
    match ASN1Time::from_der(der) {
        Ok(([], time)) => Ok(time.timestamp()),
        _ => Err(MALFORMED),
    }
}

fn only(der: &[u8], tag: u8) -> Result<Tlv<'_>, Unusable> {
    tlv::only(der, tag).ok_or(MALFORMED)
}

fn elements(der: &[u8]) -> Result<alloc::vec::Vec<Tlv<'_>>, Unusable> {
    tlv::elements(der).ok_or(MALFORMED)
}
