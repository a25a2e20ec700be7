//! A certificate (RFC 5280 §4.1), read once: every field and every known extension, as slices of its DER.
//!
//! Malformed and ambiguous certificates are refused here. Violations of rules for CAs are recorded in [`Breaches`].
//! `walk` decides what a certificate may be used for.

use super::breach::{Breach, Breaches};
use super::der::{self, Fault, Reader, Tlv};
use super::extensions::{Extensions, KeyUsage};
use super::names::Name;
use super::window::Window;

const NOT_DER: Fault = "is not a certificate in DER";

/// The version of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Version 1 or 2, which cannot state what a certificate may be used for.
    Old,
    V3,
}

/// A certificate.
#[derive(Clone, Debug)]
pub(super) struct Certificate<'a> {
    /// All of it.
    pub(super) der: &'a [u8],
    /// What is signed: the TBSCertificate.
    pub(super) signed: &'a [u8],
    pub(super) signature: Signature<'a>,
    pub(super) version: Version,
    /// The content of the INTEGER.
    pub(super) serial: &'a [u8],
    pub(super) issuer: Name<'a>,
    pub(super) subject: Name<'a>,
    pub(super) validity: Window,
    pub(super) key: Key<'a>,
    pub(super) extensions: Extensions<'a>,
    /// The rules for CAs that its issuer violated.
    pub(super) breaches: Breaches,
}

/// A signature, and the algorithm that it declares.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature<'a> {
    /// The content of the AlgorithmIdentifier.
    pub(super) algorithm: &'a [u8],
    /// The content of the BIT STRING.
    pub(super) bits: &'a [u8],
}

impl<'a> Signature<'a> {
    /// The two elements that come after what is signed, in certificates, revocation lists and OCSP responses.
    pub(super) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let algorithm = reader.take(der::SEQUENCE)?.content;
        Some(Self { algorithm, bits: reader.take(der::BIT_STRING)?.whole_bits()? })
    }
}

/// A public key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a> {
    /// The SubjectPublicKeyInfo.
    pub(super) whole: &'a [u8],
    /// The content of its AlgorithmIdentifier.
    pub(super) algorithm: &'a [u8],
    /// The content of its BIT STRING.
    pub(super) bits: &'a [u8],
}

impl<'a> Key<'a> {
    /// A SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    pub(super) fn new(whole: &'a [u8]) -> Option<Self> {
        let mut fields = der::only(whole, der::SEQUENCE)?.inside();
        let algorithm = fields.take(der::SEQUENCE)?.content;
        let bits = fields.take(der::BIT_STRING)?.whole_bits()?;
        fields.end()?;
        let key = Self { whole, algorithm, bits };
        // A key of unknown size would pass as large enough.
        (!key.is_rsa() || key.modulus().is_some()).then_some(key)
    }

    /// The size of an RSA key, in bits. None for other keys.
    pub(super) fn rsa_bits(&self) -> Option<usize> {
        let significant = self.modulus()?;
        let unused = significant.first().map_or(0, |first| first.leading_zeros());
        significant.len().checked_mul(8)?.checked_sub(usize::try_from(unused).ok()?)
    }

    fn is_rsa(&self) -> bool {
        /// rsaEncryption (RFC 3279 §2.3.1), without the parameters.
        const RSA: [u8; 11] = [der::OID, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
        self.algorithm.starts_with(&RSA)
    }

    /// The modulus of an RSA key, without the leading zero that makes it positive.
    fn modulus(&self) -> Option<&'a [u8]> {
        let mut numbers = der::only(self.bits, der::SEQUENCE).filter(|_| self.is_rsa())?.inside();
        let modulus = numbers.take(der::INTEGER)?.content;
        numbers.take(der::INTEGER)?;
        numbers.end()?;
        // Further leading zeros would make it seem larger than it is.
        der::is_integer(modulus).then(|| modulus.strip_prefix(&[0]).unwrap_or(modulus))
    }
}

impl<'a> Certificate<'a> {
    /// Parses a certificate, with no bytes after it.
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, Fault> {
        let mut parts = der::only(der, der::SEQUENCE).ok_or(NOT_DER)?.inside();
        let signed = parts.take(der::SEQUENCE).ok_or(NOT_DER)?;
        let signature = Signature::read(&mut parts).ok_or("has a malformed signature (RFC 5280 §4.1.1.3)")?;
        parts.end().ok_or(NOT_DER)?;
        let mut breaches = Breaches::default();
        let mut fields = signed.inside();
        let version = version(&mut fields).ok_or("has a malformed version (RFC 5280 §4.1.2.1)")?;
        let serial = serial(&mut fields, &mut breaches).ok_or("has a malformed serial number (RFC 5280 §4.1.2.2)")?;
        let algorithm = fields.take(der::SEQUENCE).ok_or("names no signature algorithm (RFC 5280 §4.1.2.3)")?;
        if algorithm.content != signature.algorithm {
            return Err("names two different signature algorithms (RFC 5280 §4.1.1.2)");
        }
        let issuer = name(&mut fields).ok_or("has a malformed issuer (RFC 5280 §4.1.2.4)")?;
        breaches.add_if(issuer.is_empty(), Breach::NoIssuer);
        let validity = validity(&mut fields, &mut breaches).ok_or("has a malformed validity (RFC 5280 §4.1.2.5)")?;
        let subject = name(&mut fields).ok_or("has a malformed subject (RFC 5280 §4.1.2.6)")?;
        let key = fields.take(der::SEQUENCE).and_then(|key| Key::new(key.whole));
        let key = key.ok_or("has a malformed public key (RFC 5280 §4.1.2.7)")?;
        unique_identifiers(&mut fields, &mut breaches)
            .ok_or("has a malformed unique identifier (RFC 5280 §4.1.2.8)")?;
        let mut extensions = Extensions::default();
        if let Some(list) = fields.optional(der::constructed(3)).ok_or(NOT_DER)? {
            breaches.add_if(version == Version::Old, Breach::OldVersionWithExtensions);
            extensions.read(list, &mut breaches)?;
        }
        fields.end().ok_or(NOT_DER)?;
        let mut certificate = Self {
            der,
            signed: signed.whole,
            signature,
            version,
            serial,
            issuer,
            subject,
            validity,
            key,
            extensions,
            breaches,
        };
        certificate.note_duties();
        Ok(certificate)
    }

    /// Whether it is a CA certificate (basicConstraints).
    pub(super) fn is_authority(&self) -> bool {
        self.extensions.basic_constraints.is_some_and(|constraints| constraints.is_authority)
    }

    /// Whether its subject and its issuer are the same (RFC 5280 §6.1).
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject.is_same(self.issuer)
    }

    /// Notes what depends on more than one field.
    fn note_duties(&mut self) {
        let Extensions { basic_constraints, key_usage, .. } = &self.extensions;
        let is_authority = self.is_authority();
        let mut breaches = self.breaches;
        if is_authority {
            breaches.add_if(key_usage.is_none(), Breach::KeyUsageMissing);
            breaches.add_if(self.extensions.subject_key.is_none(), Breach::SubjectKeyMissing);
            breaches.add_if(self.subject.is_empty(), Breach::NoSubjectOfAuthority);
        } else {
            breaches.add_if(key_usage.is_some_and(KeyUsage::signs_certificates), Breach::SignsWithoutAuthority);
            breaches.add_if(basic_constraints.is_some_and(|c| c.path_len.is_some()), Breach::PathLenWithoutAuthority);
            breaches.add_if(self.extensions.name_constraints.is_some(), Breach::NamesWithoutAuthority);
            let critical_names = self.extensions.alt_names_are_critical;
            breaches.add_if(self.subject.is_empty() && !critical_names, Breach::NoSubject);
        }
        // A self-signed CA certificate may omit it (RFC 5280 §4.2.1.1).
        let hands_out_key = is_authority && self.is_self_issued();
        breaches.add_if(self.extensions.authority_key.is_none() && !hands_out_key, Breach::AuthorityKeyMissing);
        self.breaches = breaches;
    }
}

fn version(fields: &mut Reader<'_>) -> Option<Version> {
    let Some(version) = fields.optional(der::constructed(0))? else { return Some(Version::Old) };
    match der::only(version.content, der::INTEGER)?.content {
        [0 | 1] => Some(Version::Old),
        [2] => Some(Version::V3),
        _ => None,
    }
}

fn serial<'a>(fields: &mut Reader<'a>, breaches: &mut Breaches) -> Option<&'a [u8]> {
    const MAX_OCTETS: usize = 20;
    let serial = fields.take(der::INTEGER)?.content;
    let (first, _) = serial.split_first().filter(|_| der::is_integer(serial))?;
    breaches.add_if(*first >= 0x80 || serial == [0], Breach::SerialSign);
    breaches.add_if(serial.len() > MAX_OCTETS, Breach::SerialLength);
    Some(serial)
}

fn name<'a>(fields: &mut Reader<'a>) -> Option<Name<'a>> {
    Name::new(fields.take(der::SEQUENCE)?.whole)
}

fn validity(fields: &mut Reader<'_>, breaches: &mut Breaches) -> Option<Window> {
    /// 2050-01-01T00:00:00Z, before which UTCTime must be used.
    const YEAR_2050: i64 = 2_524_608_000;
    let mut times = fields.take(der::SEQUENCE)?.inside();
    let mut time = || -> Option<i64> {
        let tlv = times.next()?;
        let seconds = der::time(tlv)?;
        breaches.add_if(tlv.tag == der::GENERALIZED_TIME && seconds < YEAR_2050, Breach::EarlyGeneralizedTime);
        Some(seconds)
    };
    let window = Window { from: time()?, until: time()? };
    times.end().map(|()| window)
}

fn unique_identifiers(fields: &mut Reader<'_>, breaches: &mut Breaches) -> Option<()> {
    for number in [1, 2] {
        let identifier: Option<Tlv<'_>> = fields.optional(der::primitive(number))?;
        breaches.add_if(identifier.is_some(), Breach::UniqueIdentifier);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::test_certificates::{oid, sequence, tlv};
    use super::*;

    /// The size of an RSA key with this content of its modulus. The outer `None`: it is not a key.
    #[expect(clippy::option_option, reason = "no key, and one of unknown size, are two things")]
    fn bits(modulus: &[u8]) -> Option<Option<usize>> {
        let numbers = sequence(&[&tlv(der::INTEGER, &[modulus]), &tlv(der::INTEGER, &[&[3]])]);
        let algorithm = sequence(&[&oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]), &[5, 0]]);
        Key::new(&sequence(&[&algorithm, &tlv(der::BIT_STRING, &[&[0], &numbers])])).map(|key| key.rsa_bits())
    }

    /// A small key with a long encoding must not pass as a large one.
    #[test]
    fn the_size_of_an_rsa_key_is_that_of_its_modulus() {
        assert_eq!(bits(&[&[0, 0x80][..], &[0; 255]].concat()), Some(Some(2048)));
        assert_eq!(bits(&[&[0x7f][..], &[0xff; 255]].concat()), Some(Some(2047)));
        assert_eq!(bits(&[1, 0]), Some(Some(9)));
        assert_eq!(bits(&[0]), Some(Some(0)));
        // X.690 §8.3.2: not the shortest.
        assert_eq!(bits(&[&[0; 200][..], &[0xff; 64]].concat()), None);
        assert_eq!(bits(&[]), None);
    }
}
