//! DER by hand: a certificate taken apart, changed, and signed again.

use std::str::FromStr;

use der::asn1::ObjectIdentifier;
use der::{AnyRef, Decode, Encode};

use super::Der;
use super::make::Signer;
use crate::support::pki::parts;

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const ENUMERATED: u8 = 0x0a;
pub const UTF8_STRING: u8 = 0x0c;
pub const PRINTABLE_STRING: u8 = 0x13;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
pub const TRUE: [u8; 3] = [BOOLEAN, 1, 0xff];
pub const NULL: [u8; 2] = [5, 0];

/// Tags of fields in a choice or an optional one: `[n]`, of something made of others, or not.
pub const fn context(n: u8) -> u8 {
    0xa0 | n
}
pub const fn context_primitive(n: u8) -> u8 {
    0x80 | n
}

/// A value with its tag and length (X.690 §8.1, §10.1).
pub fn tlv(tag: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let length = der::Length::try_from(content.len()).unwrap().to_der().unwrap();
    [&[tag], &*length, content].concat()
}

pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, parts.concat())
}

pub fn oid(dotted: &str) -> Vec<u8> {
    ObjectIdentifier::from_str(dotted).unwrap().to_der().unwrap()
}

/// A BIT STRING of whole bytes.
pub fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(BIT_STRING, [&[0], bytes].concat())
}

/// A DistinguishedName of one common name, in a string type of this tag.
pub fn common_name(tag: u8, value: impl AsRef<[u8]>) -> Vec<u8> {
    name(&[("2.5.4.3", tag, value.as_ref())])
}

/// A DistinguishedName of these attributes.
pub fn name(attributes: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let sets: Vec<_> =
        attributes.iter().map(|(kind, tag, value)| tlv(SET, sequence(&[&oid(kind), &tlv(*tag, value)]))).collect();
    tlv(SEQUENCE, sets.concat())
}

/// An extension that is not critical.
pub fn extension(id: &str, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id), &tlv(OCTET_STRING, value)])
}

pub fn critical(id: &str, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id), &TRUE, &tlv(OCTET_STRING, value)])
}

/// Their identifiers (RFC 5280 §4.2).
pub mod id {
    pub const SUBJECT_KEY: &str = "2.5.29.14";
    pub const KEY_USAGE: &str = "2.5.29.15";
    pub const SUBJECT_ALT_NAME: &str = "2.5.29.17";
    pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
    pub const CRL_NUMBER: &str = "2.5.29.20";
    pub const REASON: &str = "2.5.29.21";
    pub const DELTA_INDICATOR: &str = "2.5.29.27";
    pub const ISSUING_POINT: &str = "2.5.29.28";
    pub const CERTIFICATE_ISSUER: &str = "2.5.29.29";
    pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
    pub const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
    pub const POLICIES: &str = "2.5.29.32";
    pub const POLICY_MAPPINGS: &str = "2.5.29.33";
    pub const AUTHORITY_KEY: &str = "2.5.29.35";
    pub const POLICY_CONSTRAINTS: &str = "2.5.29.36";
    pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
    pub const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
    pub const AUTHORITY_INFORMATION: &str = "1.3.6.1.5.5.7.1.1";
    /// RFC 7633.
    pub const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
    /// RFC 6962 §3.1.
    pub const PRECERTIFICATE_POISON: &str = "1.3.6.1.4.1.11129.2.4.3";
    /// An arc for examples (RFC 5612).
    pub const UNKNOWN: &str = "1.3.6.1.4.1.32473.1";
}

/// A certificate in parts, each in its encoding (RFC 5280 §4.1).
#[derive(Clone)]
pub struct Fields {
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub not_before: Vec<u8>,
    pub not_after: Vec<u8>,
    pub subject: Vec<u8>,
    pub key: Vec<u8>,
    /// Between the key and the extensions: where the unique identifiers would be.
    pub unique: Vec<u8>,
    /// With none, the field is left out.
    pub extensions: Vec<Vec<u8>>,
    /// After the extensions, still signed.
    pub rest: Vec<u8>,
    /// The algorithm outside of what is signed, if it is another.
    pub outer_algorithm: Option<Vec<u8>>,
}

impl Fields {
    pub fn of(certificate: &[u8]) -> Self {
        let signed = parts(parts(certificate)[0]);
        let validity = parts(signed[4]);
        // [3] EXPLICIT Extensions, which is read here as if it were a sequence.
        let at = signed.iter().position(|field| field[0] == context(3));
        let extensions = at.map_or_else(Vec::new, |at| {
            let field = signed[at];
            let untagged = [&[SEQUENCE], &field[1..]].concat();
            parts(parts(&untagged)[0]).into_iter().map(<[u8]>::to_vec).collect()
        });
        Self {
            version: signed[0].to_vec(),
            serial: signed[1].to_vec(),
            algorithm: signed[2].to_vec(),
            issuer: signed[3].to_vec(),
            not_before: validity[0].to_vec(),
            not_after: validity[1].to_vec(),
            subject: signed[5].to_vec(),
            key: signed[6].to_vec(),
            unique: signed[7..at.unwrap_or(signed.len())].concat(),
            extensions,
            rest: Vec::new(),
            outer_algorithm: None,
        }
    }

    /// The certificate, signed anew.
    pub fn sign(self, signer: &Signer) -> Der {
        let validity = sequence(&[&self.not_before, &self.not_after]);
        let extensions = match &self.extensions[..] {
            [] => Vec::new(),
            some => tlv(context(3), tlv(SEQUENCE, some.concat())),
        };
        let signed = sequence(&[
            &self.version,
            &self.serial,
            &self.algorithm,
            &self.issuer,
            &validity,
            &self.subject,
            &self.key,
            &self.unique,
            &extensions,
            &self.rest,
        ]);
        let signature = bits(&signer.sign(&signed));
        sequence(&[&signed, &self.outer_algorithm.unwrap_or(self.algorithm), &signature]).into()
    }

    /// Puts an extension in the place of the one of the same kind, or after the others.
    pub fn set(&mut self, kind: &str, encoded: Vec<u8>) {
        match self.extensions.iter().position(|extension| parts(extension)[0] == oid(kind)) {
            Some(at) => self.extensions[at] = encoded,
            None => self.extensions.push(encoded),
        }
    }

    pub fn has(&self, kind: &str) -> bool {
        self.extensions.iter().any(|extension| parts(extension)[0] == oid(kind))
    }

    /// The value of an extension that is there.
    pub fn get(&self, kind: &str) -> Vec<u8> {
        let extension = self.extensions.iter().find(|extension| parts(extension)[0] == oid(kind)).unwrap();
        // The OCTET STRING comes last.
        AnyRef::from_der(parts(extension).last().unwrap()).unwrap().value().to_vec()
    }

    pub fn make_critical(&mut self, kind: &str) {
        let value = self.get(kind);
        self.set(kind, critical(kind, &value));
    }

    pub fn remove(&mut self, kind: &str) {
        self.extensions.retain(|extension| parts(extension)[0] != oid(kind));
    }

    /// A subjectAltName of these GeneralNames.
    pub fn alternative_names(&mut self, names: &[Vec<u8>]) {
        self.set(id::SUBJECT_ALT_NAME, extension(id::SUBJECT_ALT_NAME, &tlv(SEQUENCE, names.concat())));
    }
}
