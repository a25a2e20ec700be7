//! The extensions of a certificate that are known here (RFC 5280 §4.2, RFC 7633), each read once.

use super::breach::{Breach, Breaches};
use super::der::{self, Fault, Reader, Tlv};

const MALFORMED: Fault = "has a malformed extension (RFC 5280 §4.2)";
const REPEATED: Fault = "has an extension twice (RFC 5280 §4.2)";

/// The content of the identifiers below 2.5.29 (RFC 5280 §4.2.1), and below 1.3.6.1.5.5.7.1 (§4.2.2), without the last byte.
const ID_CE: &[u8] = &[0x55, 0x1d];
const ID_PE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01];

/// The extensions of a certificate. A field is `None` if the extension is absent.
#[derive(Clone, Debug, Default)]
pub(super) struct Extensions<'a> {
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) purposes: Option<Purposes<'a>>,
    /// The content of the GeneralNames.
    pub(super) alt_names: Option<&'a [u8]>,
    pub(super) alt_names_are_critical: bool,
    /// The content of the NameConstraints.
    pub(super) name_constraints: Option<&'a [u8]>,
    /// The content of the CertificatePolicies.
    pub(super) policies: Option<&'a [u8]>,
    pub(super) policies_are_critical: bool,
    /// The content of the PolicyMappings.
    pub(super) policy_mappings: Option<&'a [u8]>,
    pub(super) policy_constraints: Option<PolicyConstraints>,
    pub(super) inhibit_any_policy: Option<u64>,
    /// The identifier of its own key.
    pub(super) subject_key: Option<&'a [u8]>,
    /// The identifier of the key that signed it.
    pub(super) authority_key: Option<&'a [u8]>,
    /// The content of the CRLDistributionPoints.
    pub(super) crl_points: Option<&'a [u8]>,
    /// Whether the server must staple an OCSP response (RFC 7633 §4.2.3.1).
    pub(super) must_staple: bool,
    /// The content of the identifier of a critical extension that is not known here.
    pub(super) unknown_critical: Option<&'a [u8]>,
}

/// RFC 5280 §4.2.1.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BasicConstraints {
    pub(super) is_authority: bool,
    pub(super) path_len: Option<u64>,
}

/// RFC 5280 §4.2.1.11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PolicyConstraints {
    pub(super) require_explicit_policy: Option<u64>,
    pub(super) inhibit_policy_mapping: Option<u64>,
}

/// RFC 5280 §4.2.1.3: bit 0 is the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyUsage(u16);

impl KeyUsage {
    pub(super) const DIGITAL_SIGNATURE: u16 = 0x8000;
    pub(super) const KEY_ENCIPHERMENT: u16 = 0x2000;
    const KEY_CERT_SIGN: u16 = 0x0400;
    const CRL_SIGN: u16 = 0x0200;

    pub(super) const fn allows(self, bit: u16) -> bool {
        self.0 & bit != 0
    }

    pub(super) const fn signs_certificates(self) -> bool {
        self.allows(Self::KEY_CERT_SIGN)
    }

    pub(super) const fn signs_lists(self) -> bool {
        self.allows(Self::CRL_SIGN)
    }

    /// The names of what it allows.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        const NAMES: [&str; 9] = [
            "digitalSignature",
            "nonRepudiation",
            "keyEncipherment",
            "dataEncipherment",
            "keyAgreement",
            "keyCertSign",
            "cRLSign",
            "encipherOnly",
            "decipherOnly",
        ];
        NAMES.into_iter().enumerate().filter(move |(bit, _)| self.allows(0x8000 >> bit)).map(|(_, name)| name)
    }
}

/// The content of an extendedKeyUsage (RFC 5280 §4.2.1.12): one OBJECT IDENTIFIER or more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purposes<'a>(&'a [u8]);

impl<'a> Purposes<'a> {
    /// The content of each identifier.
    pub(super) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let mut reader = Reader::new(self.0);
        core::iter::from_fn(move || reader.take(der::OID).map(|oid| oid.content))
    }
}

impl<'a> Extensions<'a> {
    /// Reads the field of the extensions.
    pub(super) fn read(&mut self, field: Tlv<'a>, breaches: &mut Breaches) -> Result<(), Fault> {
        let mut list = der::only(field.content, der::SEQUENCE).ok_or(MALFORMED)?.inside();
        breaches.add_if(list.is_empty(), Breach::NoExtension);
        while !list.is_empty() {
            let mut parts = list.take(der::SEQUENCE).ok_or(MALFORMED)?.inside();
            let id = parts.take(der::OID).filter(|id| der::is_oid(id.content)).ok_or(MALFORMED)?;
            let critical = parts.optional(der::BOOLEAN).ok_or(MALFORMED)?;
            let critical = critical.map_or(Some(false), der::boolean).ok_or(MALFORMED)?;
            let value = parts.take(der::OCTET_STRING).ok_or(MALFORMED)?;
            parts.end().ok_or(MALFORMED)?;
            self.extension(Extension { id: id.content, critical, value: value.content }, breaches)?;
        }
        Ok(())
    }

    fn extension(&mut self, extension: Extension<'a>, breaches: &mut Breaches) -> Result<(), Fault> {
        let Extension { id, critical, .. } = extension;
        match id.split_last() {
            Some((last, ID_CE)) => match last {
                14 => extension.hint(&mut self.subject_key, subject_key, breaches),
                15 => {
                    let usage = extension.once(&mut self.key_usage, key_usage)?;
                    breaches.add_if(usage.0 == 0, Breach::KeyUsageEmpty);
                    Ok(())
                }
                17 => {
                    let names = extension.once(&mut self.alt_names, sequence)?;
                    self.alt_names_are_critical = critical;
                    alt_names(names, breaches)
                }
                19 => {
                    let constraints = extension.once(&mut self.basic_constraints, basic_constraints)?;
                    breaches.add_if(constraints.is_authority && !critical, Breach::AuthorityNotCritical);
                    Ok(())
                }
                30 => {
                    let constraints = extension.once(&mut self.name_constraints, sequence)?;
                    breaches.add_if(!critical, Breach::NamesNotCritical);
                    breaches.add_if(constraints.is_empty(), Breach::NamesEmpty);
                    Ok(())
                }
                31 => distribution_points(extension.once(&mut self.crl_points, sequence)?, breaches),
                32 => {
                    self.policies_are_critical = critical;
                    policies(extension.once(&mut self.policies, sequence)?, breaches)
                }
                33 => extension.once(&mut self.policy_mappings, sequence).map(drop),
                35 => extension.hint(&mut self.authority_key, authority_key, breaches),
                36 => {
                    let constraints = extension.once(&mut self.policy_constraints, policy_constraints)?;
                    let PolicyConstraints { require_explicit_policy, inhibit_policy_mapping } = constraints;
                    let is_empty = require_explicit_policy.is_none() && inhibit_policy_mapping.is_none();
                    breaches.add_if(is_empty, Breach::PolicyEmpty);
                    breaches.add_if(!critical, Breach::PolicyNotCritical);
                    Ok(())
                }
                37 => extension.once(&mut self.purposes, purposes).map(drop),
                // freshestCRL: a location of delta CRLs; nothing is fetched here.
                46 => {
                    breaches.add_if(critical, Breach::MustNotBeCritical);
                    Ok(())
                }
                54 => {
                    extension.once(&mut self.inhibit_any_policy, |value| {
                        der::unsigned(der::only(value, der::INTEGER)?.content)
                    })?;
                    breaches.add_if(!critical, Breach::AnyPolicyNotCritical);
                    Ok(())
                }
                _ => self.unknown(extension),
            },
            Some((last, ID_PE)) => match last {
                // authorityInfoAccess and subjectInfoAccess: locations only.
                1 | 11 => {
                    breaches.add_if(critical, Breach::MustNotBeCritical);
                    Ok(())
                }
                24 => {
                    self.must_staple |= features(extension.value).ok_or(MALFORMED)?;
                    Ok(())
                }
                _ => self.unknown(extension),
            },
            _ => self.unknown(extension),
        }
    }

    fn unknown(&mut self, extension: Extension<'a>) -> Result<(), Fault> {
        if extension.critical {
            self.unknown_critical.get_or_insert(extension.id);
        }
        Ok(())
    }
}

/// An extension.
#[derive(Clone, Copy)]
struct Extension<'a> {
    /// The content of its identifier.
    id: &'a [u8],
    critical: bool,
    value: &'a [u8],
}

impl<'a> Extension<'a> {
    /// Parses its value into `place`, which must be empty: a certificate must not have an extension twice (RFC 5280
    /// §4.2).
    fn once<T: Copy>(self, place: &mut Option<T>, read: impl FnOnce(&'a [u8]) -> Option<T>) -> Result<T, Fault> {
        if place.is_some() {
            return Err(REPEATED);
        }
        let value = read(self.value).ok_or(MALFORMED)?;
        *place = Some(value);
        Ok(value)
    }

    /// The same for an extension that only helps to find an issuer. `read` returns `None` if it is malformed, and
    /// `Some(None)` if it has no identifier.
    fn hint(
        self,
        place: &mut Option<&'a [u8]>,
        read: impl FnOnce(&'a [u8], &mut Breaches) -> Option<Option<&'a [u8]>>,
        breaches: &mut Breaches,
    ) -> Result<(), Fault> {
        if place.is_some() {
            return Err(REPEATED);
        }
        let read = read(self.value, breaches);
        breaches.add_if(read.is_none(), Breach::MalformedHint);
        breaches.add_if(self.critical, Breach::MustNotBeCritical);
        *place = read.flatten();
        Ok(())
    }
}

/// The content of a value that is a SEQUENCE.
fn sequence(value: &[u8]) -> Option<&[u8]> {
    der::only(value, der::SEQUENCE).map(|tlv| tlv.content)
}

fn basic_constraints(value: &[u8]) -> Option<BasicConstraints> {
    let mut fields = Reader::new(sequence(value)?);
    let is_authority = fields.optional(der::BOOLEAN)?.map_or(Some(false), der::boolean)?;
    let path_len = fields.optional(der::INTEGER)?;
    fields.end()?;
    let path_len = match path_len {
        Some(tlv) => Some(der::unsigned(tlv.content)?),
        None => None,
    };
    Some(BasicConstraints { is_authority, path_len })
}

fn key_usage(value: &[u8]) -> Option<KeyUsage> {
    let [unused @ 0..=7, bits @ ..] = der::only(value, der::BIT_STRING)?.content else { return None };
    // X.690 §11.2.1: unused bits must be zero, so that they are not taken for set bits.
    if bits.last().is_some_and(|last| last.trailing_zeros() < u32::from(*unused)) {
        return None;
    }
    match *bits {
        [] if *unused == 0 => Some(KeyUsage(0)),
        [first] => Some(KeyUsage(u16::from_be_bytes([first, 0]))),
        // Nine bits are defined; further ones are ignored.
        [first, second, ..] => Some(KeyUsage(u16::from_be_bytes([first, second]))),
        [] => None,
    }
}

fn purposes(value: &[u8]) -> Option<Purposes<'_>> {
    let content = sequence(value)?;
    let mut reader = Reader::new(content);
    loop {
        reader.take(der::OID).filter(|oid| der::is_oid(oid.content))?;
        if reader.is_empty() {
            return Some(Purposes(content));
        }
    }
}

fn policy_constraints(value: &[u8]) -> Option<PolicyConstraints> {
    let mut fields = Reader::new(sequence(value)?);
    let mut number = |tag| -> Option<Option<u64>> {
        match fields.optional(der::primitive(tag))? {
            Some(tlv) => der::unsigned(tlv.content).map(Some),
            None => Some(None),
        }
    };
    let constraints = PolicyConstraints { require_explicit_policy: number(0)?, inhibit_policy_mapping: number(1)? };
    fields.end().map(|()| constraints)
}

#[expect(clippy::option_option, reason = "unreadable and without an identifier are two things")]
fn subject_key<'a>(value: &'a [u8], _: &mut Breaches) -> Option<Option<&'a [u8]>> {
    der::only(value, der::OCTET_STRING).map(|key| Some(key.content))
}

#[expect(clippy::option_option, reason = "unreadable and without an identifier are two things")]
fn authority_key<'a>(value: &'a [u8], breaches: &mut Breaches) -> Option<Option<&'a [u8]>> {
    let mut fields = Reader::new(sequence(value)?);
    let key = fields.optional(der::primitive(0))?;
    let (issuer, serial) = (fields.optional(der::constructed(1))?, fields.optional(der::primitive(2))?);
    breaches.add_if(issuer.is_some() != serial.is_some(), Breach::AuthorityKeyHalf);
    Some(key.map(|key| key.content))
}

/// Whether the features of RFC 7633 have status_request.
fn features(value: &[u8]) -> Option<bool> {
    const STATUS_REQUEST: [u8; 1] = [5];
    let mut features = Reader::new(sequence(value)?);
    let mut found = false;
    while !features.is_empty() {
        found |= features.take(der::INTEGER)?.content == STATUS_REQUEST;
    }
    Some(found)
}

/// RFC 5280 §4.2.1.6: one name at least, none empty, and addresses of four or sixteen octets.
fn alt_names(names: &[u8], breaches: &mut Breaches) -> Result<(), Fault> {
    const MAIL: u8 = der::primitive(1);
    const DNS: u8 = der::primitive(2);
    const URI: u8 = der::primitive(6);
    const ADDRESS: u8 = der::primitive(7);
    breaches.add_if(names.is_empty(), Breach::EmptyAltName);
    let mut names = Reader::new(names);
    while !names.is_empty() {
        let name = names.next().ok_or(MALFORMED)?;
        let good = match name.tag {
            DNS => !name.content.is_empty() && name.content.iter().all(u8::is_ascii_graphic),
            MAIL | URI => !name.content.is_empty(),
            ADDRESS => matches!(name.content.len(), 4 | 16),
            _ => true,
        };
        breaches.add_if(!good, Breach::BadAltName);
    }
    Ok(())
}

/// RFC 5280 §4.2.1.13: a point has a name, or an issuer, and not only reasons.
fn distribution_points(points: &[u8], breaches: &mut Breaches) -> Result<(), Fault> {
    let mut points = Reader::new(points);
    while !points.is_empty() {
        let mut point = points.take(der::SEQUENCE).ok_or(MALFORMED)?.inside();
        let name = point.optional(der::constructed(0)).ok_or(MALFORMED)?;
        point.optional(der::primitive(1)).ok_or(MALFORMED)?;
        let issuer = point.optional(der::constructed(2)).ok_or(MALFORMED)?;
        point.end().ok_or(MALFORMED)?;
        breaches.add_if(name.is_none() && issuer.is_none(), Breach::DistributionPoint);
    }
    Ok(())
}

/// RFC 5280 §4.2.1.4: each policy once.
fn policies(policies: &[u8], breaches: &mut Breaches) -> Result<(), Fault> {
    /// The number of policies that are compared with the others, so that the work does not grow quadratically.
    const MAX_COMPARED: usize = 32;
    let mut rest = Reader::new(policies);
    let mut compared = 0_usize;
    while !rest.is_empty() {
        let policy = policy(&mut rest).ok_or(MALFORMED)?;
        if compared < MAX_COMPARED {
            compared += 1;
            let mut others = rest;
            while let Some(other) = self::policy(&mut others) {
                breaches.add_if(policy == other, Breach::PolicyTwice);
            }
        }
    }
    Ok(())
}

/// The content of the identifier of the next policy.
fn policy<'a>(policies: &mut Reader<'a>) -> Option<&'a [u8]> {
    let mut information = policies.take(der::SEQUENCE)?.inside();
    information.take(der::OID).map(|oid| oid.content)
}
