//! Whose signature it is that does not verify, and why: said when a chain was refused for it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use x509_parser::asn1_rs::FromDer;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::certificate::{self, MIN_RSA_BITS};
use super::explain::{Explained, Reader, leading_oid, roots_named};
use super::finding::Place;
use super::{profile, text};
use crate::error::CertificateErrorKind as Kind;

/// The most signatures that are verified to say whose does not: the 7 of the longest path, by each of the 3 curves that
/// one identifier of ECDSA may mean, and a few of namesakes. A peer that is refused may have sent any number of those, with
/// the slowest of keys.
const MAX_SIGNATURES: usize = 24;

/// How many signatures may still be verified.
struct Work(usize);

impl Work {
    /// Whether the signature verifies: it does not, once there is no more to be done.
    fn verifies(&mut self, reader: &Reader<'_>, certificate: &X509Certificate<'_>, key: &[u8]) -> bool {
        let oid = &certificate.signature_algorithm.algorithm;
        let signature = &certificate.signature_value.data;
        let all = reader.chain.algorithms.all.iter();
        let mut fitting = all.filter(|algorithm| leading_oid(&algorithm.signature_alg_id()).as_ref() == Some(oid));
        fitting.any(|algorithm| {
            let left = self.0.checked_sub(1);
            self.0 = left.unwrap_or_default();
            let signed = certificate.tbs_certificate.as_ref();
            left.is_some() && algorithm.verify_signature(key, signed, signature).is_ok()
        })
    }
}

/// Who may have issued a certificate, by its name.
struct Issuer {
    /// For people.
    name: String,
    origin: Origin,
    /// The content of the BIT STRING.
    key: Vec<u8>,
    /// The size of an RSA key.
    bits: Option<usize>,
    /// Its subjectKeyIdentifier.
    identifier: Option<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Store,
    Chain,
}

impl Issuer {
    fn new(name: String, origin: Origin, key: &SubjectPublicKeyInfo<'_>, identifier: Option<&[u8]>) -> Self {
        let (bits, key) = (certificate::rsa_bits(key), key.subject_public_key.data.to_vec());
        Self { name, origin, key, bits, identifier: identifier.map(<[u8]>::to_vec) }
    }
}

/// Looks for the signature that no issuer of the right name made.
pub(super) fn bad_signature(reader: &Reader<'_>) -> Explained {
    let mut work = Work(MAX_SIGNATURES);
    for (index, certificate) in reader.on_path() {
        let issuers = issuers_of(reader, certificate);
        if issuers.iter().any(|issuer| work.verifies(reader, certificate, &issuer.key)) {
            continue;
        }
        let Some(issuer) = issuers.first() else { break };
        let place = reader.certificate(index);
        if let Some(bits) = issuer.bits.filter(|bits| *bits < MIN_RSA_BITS) {
            let what = format!("with an RSA key of {bits} bits; at least {MIN_RSA_BITS} are required");
            return (Kind::UnsupportedAlgorithm, format!("{place} is signed by {}, {what}", issuer.name));
        }
        // The identifiers of keys, where both say so, tell a changed certificate from one of a namesake; so does the
        // namesake's own certificate, where the peer sent it.
        let wanted = profile::authority_key(certificate);
        let is_meant = |issuer: &&Issuer| wanted.is_some() && issuer.identifier.as_deref() == wanted;
        let meant = issuers.iter().find(is_meant);
        let told_apart = wanted.is_some() && issuer.identifier.is_some() || was_sent(reader, certificate, &mut work);
        if meant.is_none() && issuer.origin == Origin::Store && told_apart {
            return (Kind::UnknownIssuer, namesake(reader, index, issuer, wanted));
        }
        let what = format!(
            "the signature of {place} does not verify under the key of {}: it was changed, or signed by another issuer of \
             the same name",
            meant.unwrap_or(issuer).name
        );
        return (Kind::BadSignature, what);
    }
    (Kind::BadSignature, format!("in the chain of {}", reader.certificate(0)))
}

/// Whether the certificate of who signed this one is among those that the peer sent.
fn was_sent(reader: &Reader<'_>, certificate: &X509Certificate<'_>, work: &mut Work) -> bool {
    let mut named = reader.certificates.iter().flatten().filter(|sent| sent.subject() == certificate.issuer());
    named.any(|sent| work.verifies(reader, certificate, &sent.public_key().subject_public_key.data))
}

fn namesake(reader: &Reader<'_>, index: usize, root: &Issuer, wanted: Option<&[u8]>) -> String {
    let keys = match wanted.zip(root.identifier.as_deref()) {
        Some((wanted, has)) => {
            format!(" (that has the identifier {}, yours has {})", text::hex(wanted), text::hex(has))
        }
        None => String::new(),
    };
    format!(
        "the names lead to {}, but {} was signed with another key{keys}: by another authority of the same name, which is \
         not among {}",
        root.name,
        reader.certificate(index),
        reader.roots()
    )
}

/// The roots, and then the certificates of the path, whose name says that they issued this one.
fn issuers_of(reader: &Reader<'_>, certificate: &X509Certificate<'_>) -> Vec<Issuer> {
    let mut issuers = Vec::new();
    if let Some(store) = reader.store {
        for index in roots_named(store, certificate.issuer()) {
            let Some(spki) = store.anchors.get(index).map(webpki::spki_for_anchor) else { continue };
            let Ok((_, key)) = SubjectPublicKeyInfo::from_der(&spki) else { continue };
            let root = store.certificate(index);
            let identifier = root.as_ref().and_then(profile::own_key);
            issuers.push(Issuer::new(reader.place(Place::Root(index)), Origin::Store, &key, identifier));
        }
    }
    for (index, issuer) in reader.on_path().filter(|(_, issuer)| issuer.subject() == certificate.issuer()) {
        let name = reader.certificate(index);
        issuers.push(Issuer::new(name, Origin::Chain, issuer.public_key(), profile::own_key(issuer)));
    }
    issuers
}
