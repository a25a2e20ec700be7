//! Makes certificate revocation lists (RFC 5280 §5) and OCSP responses (RFC 6960 §4.2), field by field.

use sha2::Digest;

use super::Der;
use super::der::{
    ENUMERATED, Fields, GENERALIZED_TIME, NULL, OCTET_STRING, SEQUENCE, UTC_TIME, bits, context, context_primitive,
    critical, extension, id, oid, sequence, tlv,
};
use super::make::{Ca, Signer};
use crate::support::pki::parts;

/// A revocation list. Its times are as in UTCTime, or with four digits of the year as in GeneralizedTime.
pub struct Crl {
    pub signer: Signer,
    /// The field of the version: empty for 1.
    pub version: Vec<u8>,
    /// The name of its issuer.
    pub issuer: Vec<u8>,
    pub this_update: &'static str,
    pub next_update: &'static str,
    /// The serial numbers, in their encoding.
    pub revoked: Vec<Vec<u8>>,
    /// Of the entries of these.
    pub entry_extensions: Vec<Vec<u8>>,
    /// Other entries, whole, which come after them.
    pub entries: Vec<Vec<u8>>,
    pub extensions: Vec<Vec<u8>>,
}

impl Crl {
    /// Of this authority, in force in May, June and July of 2026, with these certificates on it.
    pub fn of(ca: &Ca, revoked: &[&Der]) -> Self {
        /// Version 2.
        const VERSION: [u8; 3] = [super::der::INTEGER, 1, 1];
        let own_key = Fields::of(&ca.der).get(id::SUBJECT_KEY);
        // The KeyIdentifier without its tag and length.
        let key = tlv(context_primitive(0), &own_key[2..]);
        Self {
            signer: ca.signer.clone(),
            version: VERSION.to_vec(),
            issuer: Fields::of(&ca.der).subject,
            this_update: "260501000000Z",
            next_update: "260801000000Z",
            revoked: revoked.iter().map(|der| Fields::of(der).serial).collect(),
            entry_extensions: Vec::new(),
            entries: Vec::new(),
            extensions: vec![
                extension(id::AUTHORITY_KEY, &sequence(&[&key])),
                extension(id::CRL_NUMBER, &[super::der::INTEGER, 1, 1]),
            ],
        }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Another entry, of a serial number in its encoding, with these extensions.
    pub fn entry(&mut self, serial: &[u8], extensions: &[&[u8]]) {
        let extensions = if extensions.is_empty() { Vec::new() } else { sequence(extensions) };
        self.entries.push(sequence(&[serial, &time(self.this_update), &extensions]));
    }

    /// With this cRLNumber.
    pub fn numbered(self, number: u8) -> Self {
        self.with(|crl| crl.set(extension(id::CRL_NUMBER, &[super::der::INTEGER, 1, number])))
    }

    /// What has changed since the list of this number (RFC 5280 §5.2.4).
    pub fn since(self, base: u8) -> Self {
        self.with(|crl| crl.set(critical(id::DELTA_INDICATOR, &[super::der::INTEGER, 1, base])))
    }

    /// With an issuingDistributionPoint of these fields (RFC 5280 §5.2.5).
    pub fn scope(self, fields: &[&[u8]]) -> Self {
        self.with(|crl| crl.set(critical(id::ISSUING_POINT, &sequence(fields))))
    }

    /// Of version 1, which has no extensions.
    pub fn version_1(self) -> Self {
        Self { version: Vec::new(), extensions: Vec::new(), ..self }
    }

    /// Puts an extension in the place of the one of the same kind, or after the others.
    fn set(&mut self, encoded: Vec<u8>) {
        self.extensions.retain(|other| parts(other)[0] != parts(&encoded)[0]);
        self.extensions.push(encoded);
    }

    pub fn sign(self) -> Vec<u8> {
        let date = time(self.this_update);
        let entry_extensions = match &self.entry_extensions[..] {
            [] => Vec::new(),
            some => tlv(SEQUENCE, some.concat()),
        };
        let of_revoked = self.revoked.iter().map(|serial| sequence(&[serial, &date, &entry_extensions]));
        let entries: Vec<_> = of_revoked.chain(self.entries).collect();
        // The list is left out when there is nothing on it (RFC 5280 §5.1.2.6).
        let entries = if entries.is_empty() { Vec::new() } else { tlv(SEQUENCE, entries.concat()) };
        let extensions = match &self.extensions[..] {
            [] => Vec::new(),
            some => tlv(context(0), tlv(SEQUENCE, some.concat())),
        };
        let signed = sequence(&[
            &self.version,
            &self.signer.algorithm,
            &self.issuer,
            &date,
            &time(self.next_update),
            &entries,
            &extensions,
        ]);
        sequence(&[&signed, &self.signer.algorithm, &bits(&self.signer.sign(&signed))])
    }
}

/// A Time (RFC 5280 §4.1.2.5).
fn time(text: &str) -> Vec<u8> {
    tlv(if text.len() == "YYMMDDHHMMSSZ".len() { UTC_TIME } else { GENERALIZED_TIME }, text)
}

/// What an OCSP response says of a certificate.
#[derive(Clone, Copy)]
pub enum Status {
    Good,
    Revoked,
    Unknown,
}

/// An OCSP response. Its times are as in GeneralizedTime.
pub struct Staple {
    pub signer: Signer,
    /// The name of the responder.
    pub responder: Vec<u8>,
    /// Sent with it.
    pub certificates: Vec<Der>,
    /// CertID: what is hashed of the issuer, its name and its key; and the serial number in its encoding.
    pub hash: Hash,
    pub issuer_name: Vec<u8>,
    pub issuer_key: Vec<u8>,
    pub serial: Vec<u8>,
    pub status: Status,
    pub this_update: &'static str,
    pub next_update: Option<&'static str>,
    /// Responses that come before it.
    pub before: Vec<u8>,
}

#[derive(Clone, Copy)]
pub enum Hash {
    Sha1,
    Sha256,
}

impl Hash {
    /// The AlgorithmIdentifier, and the hash.
    fn of(self, bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (id, hash) = match self {
            Self::Sha1 => ("1.3.14.3.2.26", sha1::Sha1::digest(bytes).to_vec()),
            Self::Sha256 => ("2.16.840.1.101.3.4.2.1", sha2::Sha256::digest(bytes).to_vec()),
        };
        (sequence(&[&oid(id), &NULL]), hash)
    }
}

impl Staple {
    /// By the issuer itself: this certificate is good, from the last of May to the seventh of June.
    pub fn of(ca: &Ca, certificate: &Der) -> Self {
        let issuer = Fields::of(&ca.der);
        // The bits of the key: without tag, length and the count of unused bits, all short.
        let key = parts(&issuer.key)[1][3..].to_vec();
        Self {
            signer: ca.signer.clone(),
            responder: issuer.subject.clone(),
            certificates: Vec::new(),
            hash: Hash::Sha1,
            issuer_name: issuer.subject,
            issuer_key: key,
            serial: Fields::of(certificate).serial,
            status: Status::Good,
            this_update: "20260531000000Z",
            next_update: Some("20260607000000Z"),
            before: Vec::new(),
        }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// SingleResponse.
    pub fn single(&self) -> Vec<u8> {
        let (algorithm, name) = self.hash.of(&self.issuer_name);
        let (_, key) = self.hash.of(&self.issuer_key);
        let certificate = sequence(&[&algorithm, &tlv(OCTET_STRING, name), &tlv(OCTET_STRING, key), &self.serial]);
        let time = |text: &str| tlv(GENERALIZED_TIME, text);
        let status = match self.status {
            Status::Good => tlv(context_primitive(0), []),
            Status::Revoked => tlv(context(1), time("20260515000000Z")),
            Status::Unknown => tlv(context_primitive(2), []),
        };
        let next = self.next_update.map_or_else(Vec::new, |text| tlv(context(0), time(text)));
        sequence(&[&certificate, &status, &time(self.this_update), &next])
    }

    pub fn sign(self) -> Vec<u8> {
        let responder = tlv(context(1), &self.responder);
        let responses = tlv(SEQUENCE, [self.before.clone(), self.single()].concat());
        let data = sequence(&[&responder, &tlv(GENERALIZED_TIME, self.this_update), &responses]);
        let certificates = match &self.certificates[..] {
            [] => Vec::new(),
            some => tlv(context(0), tlv(SEQUENCE, some.iter().flat_map(|der| der.to_vec()).collect::<Vec<_>>())),
        };
        let signature = bits(&self.signer.sign(&data));
        let basic = sequence(&[&data, &self.signer.algorithm, &signature, &certificates]);
        /// id-pkix-ocsp-basic.
        const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";
        let bytes = sequence(&[&oid(BASIC), &tlv(OCTET_STRING, basic)]);
        sequence(&[&tlv(ENUMERATED, [0]), &tlv(context(0), bytes)])
    }
}

/// A response that says only that there is none (RFC 6960 §4.2.1: tryLater is 3).
pub fn ocsp_error(code: u8) -> Vec<u8> {
    sequence(&[&tlv(ENUMERATED, [code])])
}
