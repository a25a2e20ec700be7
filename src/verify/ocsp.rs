//! Stapled OCSP responses (RFC 6960): the status of the peer's certificate, if the response is acceptable.
//!
//! A response is accepted if it is for this certificate, is current, and is signed by the key that issued the
//! certificate, or by a responder that this key certified for OCSP. Whether the responder's own certificate was revoked
//! is not checked: nothing is fetched over the network.

use alloc::vec::Vec;
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha384, Sha512};

use super::certificate::{Certificate, Key, Signature};
use super::der::{self, Reader, Tlv};
use super::extensions::KeyUsage;
use super::names::Name;
use super::window::Window;

/// The longest time for which a response without a nextUpdate is accepted, in seconds: the longest validity that public
/// CAs may give a response (CA/Browser Forum Baseline Requirements §4.9.10).
const MAX_AGE: i64 = 10 * 86_400;
/// The maximum number of responder certificates that are examined.
const MAX_RESPONDERS: usize = 4;

/// The content of id-pkix-ocsp-basic, 1.3.6.1.5.5.7.48.1.1.
const BASIC: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];
/// The content of id-kp-OCSPSigning, 1.3.6.1.5.5.7.3.9.
const OCSP_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09];

/// Who issued the certificate.
#[derive(Clone, Copy)]
pub(super) struct Issuer<'a> {
    pub(super) name: Name<'a>,
    pub(super) key: Key<'a>,
}

/// The status in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// The certificate is not revoked, during this time.
    Good(Window),
    /// It was revoked at this Unix time, in seconds.
    Revoked(i64),
}

/// Why a response cannot be used, as the rest of a sentence that starts with it.
pub(super) type Unusable = &'static str;

const MALFORMED: Unusable = "is malformed";

/// Why a response does not give the status.
pub(super) enum NoStatus {
    Unusable(Unusable),
    /// The budget of signatures is used up.
    TooMuchWork,
}

impl From<Unusable> for NoStatus {
    fn from(why: Unusable) -> Self {
        Self::Unusable(why)
    }
}

/// Verifies whether a key signed a message. `None` if the budget of signatures is used up.
pub(super) type Verify<'v> = dyn FnMut(Key<'_>, &[u8], Signature<'_>) -> Option<bool> + 'v;

/// Returns the status of a certificate according to `response`, at the Unix time `now` in seconds.
pub(super) fn status(
    response: &[u8],
    certificate: &Certificate<'_>,
    issuer: &Issuer<'_>,
    verify: &mut Verify<'_>,
    now: i64,
) -> Result<Status, NoStatus> {
    let basic = basic_response(response).ok_or(MALFORMED)??;
    let mut fields = der::only(basic, der::SEQUENCE).ok_or(MALFORMED)?.inside();
    let data = fields.take(der::SEQUENCE).ok_or(MALFORMED)?;
    let signature = Signature::read(&mut fields).ok_or(MALFORMED)?;
    let certificates = fields.optional(der::constructed(0)).ok_or(MALFORMED)?;
    fields.end().ok_or(MALFORMED)?;
    let data_fields = Data::read(data)?;
    let mut is_signed = |key: Key<'_>, message: &[u8], signature: Signature<'_>| {
        verify(key, message, signature).ok_or(NoStatus::TooMuchWork)
    };
    if data_fields.is_responder(issuer.name, issuer.key) && is_signed(issuer.key, data.whole, signature)? {
        return Ok(data_fields.status(certificate, issuer, now)?);
    }
    let certificates = certificates.ok_or("is not signed by the issuer of the certificate")?;
    let mut certificates = der::only(certificates.content, der::SEQUENCE).ok_or(MALFORMED)?.inside();
    for _ in 0..MAX_RESPONDERS {
        let Some(responder) = certificates.next() else { break };
        let Ok(responder) = Certificate::parse(responder.whole) else { continue };
        if data_fields.is_responder(responder.subject, responder.key)
            && may_respond(&responder, now)
            && responder.issuer.is_same(issuer.name)
            && is_signed(issuer.key, responder.signed, responder.signature)?
            && is_signed(responder.key, data.whole, signature)?
        {
            return Ok(data_fields.status(certificate, issuer, now)?);
        }
    }
    Err(NoStatus::Unusable(
        "is signed neither by the issuer of the certificate nor by a responder that the issuer certified",
    ))
}

/// RFC 6960 §4.2.1: the content of a successful response. `None` if it is malformed.
fn basic_response(response: &[u8]) -> Option<Result<&[u8], Unusable>> {
    let mut response = der::only(response, der::SEQUENCE)?.inside();
    let status = response.take(der::ENUMERATED)?;
    let bytes = response.optional(der::constructed(0))?;
    response.end()?;
    match (status.content, bytes) {
        ([0], Some(bytes)) => {
            let mut bytes = der::only(bytes.content, der::SEQUENCE)?.inside();
            let (kind, value) = (bytes.take(der::OID)?, bytes.take(der::OCTET_STRING)?);
            bytes.end()?;
            let is_basic = kind.content == BASIC;
            Some(if is_basic { Ok(value.content) } else { Err("has an unsupported type") })
        }
        ([1..=6], None) => Some(Err("reports an error of the responder")),
        _ => None,
    }
}

/// ResponseData (RFC 6960 §4.2.1).
struct Data<'a> {
    responder: Tlv<'a>,
    responses: Reader<'a>,
}

impl<'a> Data<'a> {
    fn read(data: Tlv<'a>) -> Result<Self, Unusable> {
        let mut fields = data.inside();
        fields.optional(der::constructed(0)).ok_or(MALFORMED)?;
        let responder = fields.next().ok_or(MALFORMED)?;
        fields.take(der::GENERALIZED_TIME).ok_or(MALFORMED)?;
        let responses = fields.take(der::SEQUENCE).ok_or(MALFORMED)?.inside();
        no_critical_extension(&mut fields)?;
        Ok(Self { responder, responses })
    }

    /// Whether the response identifies its responder by this name or this key.
    fn is_responder(&self, name: Name<'_>, key: Key<'_>) -> bool {
        const BY_NAME: u8 = der::constructed(1);
        const BY_KEY: u8 = der::constructed(2);
        match self.responder.tag {
            BY_NAME => Name::new(self.responder.content).is_some_and(|responder| responder.is_same(name)),
            BY_KEY => der::only(self.responder.content, der::OCTET_STRING)
                .is_some_and(|hash| hash.content == Sha1::digest(key.bits).as_slice()),
            _ => false,
        }
    }

    fn status(&self, certificate: &Certificate<'_>, issuer: &Issuer<'_>, now: i64) -> Result<Status, Unusable> {
        let mut reason = "is for another certificate";
        let mut responses = self.responses;
        while !responses.is_empty() {
            let single = Single::read(&mut responses).ok_or(MALFORMED)?;
            if !is_of(single.id, certificate, issuer).unwrap_or(false) {
                continue;
            }
            let mut rest = single.rest;
            no_critical_extension(&mut rest)?;
            let Single { from, .. } = single;
            let until = single.until.unwrap_or(from.saturating_add(MAX_AGE));
            // RFC 6960 §4.2.1: good [0] IMPLICIT NULL, revoked [1] IMPLICIT SEQUENCE, unknown [2] IMPLICIT NULL.
            match single.status.tag {
                0xa1 => {
                    let at = single.status.inside().next().and_then(der::time).ok_or(MALFORMED)?;
                    return Ok(Status::Revoked(at));
                }
                0x80 if now < from => reason = "is not valid yet",
                0x80 if now > until => reason = "is too old",
                0x80 => return Ok(Status::Good(Window { from, until })),
                _ => reason = "reports that the responder does not know the certificate",
            }
        }
        Err(reason)
    }
}

/// SingleResponse (RFC 6960 §4.2.1).
struct Single<'a> {
    /// The content of the CertID.
    id: Reader<'a>,
    status: Tlv<'a>,
    from: i64,
    until: Option<i64>,
    /// The extensions.
    rest: Reader<'a>,
}

impl<'a> Single<'a> {
    fn read(responses: &mut Reader<'a>) -> Option<Self> {
        let mut rest = responses.take(der::SEQUENCE)?.inside();
        let (id, status) = (rest.take(der::SEQUENCE)?.inside(), rest.next()?);
        let from = der::time(rest.take(der::GENERALIZED_TIME)?)?;
        let until = match rest.optional(der::constructed(0))? {
            Some(next) => Some(der::time(der::only(next.content, der::GENERALIZED_TIME)?)?),
            None => None,
        };
        Some(Self { id, status, from, until, rest })
    }
}

/// RFC 6960 §4.1.1: the hashes of the issuer's name and key, and the serial number. `None` if it is malformed.
fn is_of(mut id: Reader<'_>, certificate: &Certificate<'_>, issuer: &Issuer<'_>) -> Option<bool> {
    /// The content of the identifiers of SHA-1, SHA-256, SHA-384 and SHA-512.
    const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
    const SHA2: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
    let algorithm = id.take(der::SEQUENCE)?.inside().take(der::OID)?.content;
    let (name, key, serial) = (id.take(der::OCTET_STRING)?, id.take(der::OCTET_STRING)?, id.take(der::INTEGER)?);
    id.end()?;
    let matches =
        |hash: fn(&[u8]) -> Vec<u8>| hash(issuer.name.whole) == name.content && hash(issuer.key.bits) == key.content;
    let hashes_match = match (algorithm, algorithm.split_last()) {
        (SHA1, _) => matches(|data| Sha1::digest(data).to_vec()),
        (_, Some((1, SHA2))) => matches(|data| Sha256::digest(data).to_vec()),
        (_, Some((2, SHA2))) => matches(|data| Sha384::digest(data).to_vec()),
        (_, Some((3, SHA2))) => matches(|data| Sha512::digest(data).to_vec()),
        _ => false,
    };
    Some(hashes_match && serial.content == certificate.serial)
}

/// RFC 6960 §4.2.2.2: it has id-kp-OCSPSigning, and is valid at the time.
fn may_respond(responder: &Certificate<'_>, now: i64) -> bool {
    let extensions = &responder.extensions;
    let Window { from, until } = responder.validity;
    (from..=until).contains(&now)
        && extensions.unknown_critical.is_none()
        && extensions.purposes.is_some_and(|purposes| purposes.iter().any(|purpose| purpose == OCSP_SIGNING))
        && extensions.key_usage.is_none_or(|usage| usage.allows(KeyUsage::DIGITAL_SIGNATURE))
}

/// RFC 6960 §4.4: the rest is empty, or extensions, none of which are supported.
fn no_critical_extension(fields: &mut Reader<'_>) -> Result<(), Unusable> {
    let Some(field) = fields.optional(der::constructed(1)).filter(|_| fields.is_empty()).ok_or(MALFORMED)? else {
        return Ok(());
    };
    let mut extensions = der::only(field.content, der::SEQUENCE).ok_or(MALFORMED)?.inside();
    while !extensions.is_empty() {
        let mut extension = extensions.take(der::SEQUENCE).ok_or(MALFORMED)?.inside();
        extension.take(der::OID).ok_or(MALFORMED)?;
        if extension.take(der::OCTET_STRING).is_none() || !extension.is_empty() {
            return Err("has a critical extension that is not supported");
        }
    }
    Ok(())
}
