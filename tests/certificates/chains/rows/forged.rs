//! A certificate with its constraint taken out and its signature kept, beside the one that it was made from. A verifier
//! that changes what it reads, to make up for what its parser does not know, must not take this for its own work.

use crate::chains::der::{INTEGER, TRUE, UTF8_STRING, context, critical, extension, id, name, sequence, tlv};
use crate::chains::make::{Ca, ROOT, sent};
use crate::chains::row::*;
use crate::support::pki::parts;

/// `certificate` with other extensions; the signature is as it was.
fn with_extensions(certificate: &Der, change: impl Fn(&mut Vec<Vec<u8>>)) -> Der {
    let mut fields = crate::chains::der::Fields::of(certificate);
    change(&mut fields.extensions);
    let unsigned = fields.sign(&ROOT.signer);
    let (signed, whole) = (parts(&unsigned)[0].to_vec(), parts(certificate));
    sequence(&[&signed, whole[1], whole[2]]).into()
}

/// The value in the place of the extension of this kind; and a last extension that says where the certificate stands.
fn without(certificate: &Der, kind: &str, value: &[u8], place: u64) -> Der {
    with_extensions(certificate, |extensions| {
        for encoded in extensions.iter_mut().filter(|encoded| parts(encoded)[0] == crate::chains::der::oid(kind)) {
            *encoded = critical(kind, value);
        }
        extensions.push(extension("2.5.29.0", &place.to_be_bytes()));
    })
}

/// Below an intermediate that may issue for O=Good and example only, a leaf for O=Bad; and the intermediate without the
/// first.
fn names(place: u64) -> Case {
    let organization = |value: &[u8]| name(&[("2.5.4.10", UTF8_STRING, value)]);
    let directory = sequence(&[&super::names::directory(&organization(b"Good"))]);
    let dns = sequence(&[&super::names::dns("example")]);
    let permitted = |subtrees: &[&[u8]]| sequence(&[&tlv(context(0), subtrees.concat())]);
    let constraints = critical(id::NAME_CONSTRAINTS, &permitted(&[&dns, &directory]));
    let int = ROOT.below_with("Int", |_| (), |fields| fields.set(id::NAME_CONSTRAINTS, constraints));
    let leaf = int.patched_leaf(|fields| fields.subject = organization(b"Bad"));
    let free = without(&int.der, id::NAME_CONSTRAINTS, &permitted(&[&dns]), place);
    sent(&[&leaf, &free, &int.der])
}

/// Below an intermediate with path length 0, another intermediate; the first without its path length; and a self-issued
/// certificate, which path lengths do not count.
fn path_length(place: u64) -> Case {
    let zero = critical(id::BASIC_CONSTRAINTS, &sequence(&[&TRUE, &[INTEGER, 1, 0]]));
    let int = ROOT.below_with("Int", |_| (), |fields| fields.set(id::BASIC_CONSTRAINTS, zero));
    let sub: Ca = int.below("Sub");
    let free = without(&int.der, id::BASIC_CONSTRAINTS, &sequence(&[&TRUE]), place);
    sent(&[&sub.leaf(|_| ()), &sub.der, &free, &int.der, &ROOT.der])
}

/// A constraint taken out, and nothing else changed.
fn plainly() -> Case {
    let mut case = names(2);
    let int = case.sent[2].clone();
    case.sent[1] =
        with_extensions(&int, |all| all.retain(|e| parts(e)[0] != crate::chains::der::oid(id::NAME_CONSTRAINTS)));
    case.sent.truncate(2);
    case
}

pub const ROWS: &[Row] = &[
    Row {
        name: "forged/constraint_taken_out",
        what: "the intermediate's nameConstraints were taken out after it was signed (RFC 5280 §6.1.3 (a)(1))",
        made: plainly,
        ours: SIGNATURE,
        openssl: Refuses("signature failure"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
    Row {
        name: "forged/constraint_beside_it",
        what: "the same, marked as what a verifier might have made of the third certificate, which is sent too (RFC 5280 §6.1.3 (b))",
        made: || names(2),
        ours: CONSTRAINT,
        openssl: Refuses("signature failure"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
    Row {
        name: "forged/constraint_beside_it_later",
        what: "the same, with the constrained one first",
        made: || names(1).sent(|chain| chain.swap(1, 2)),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: OnlyTheyAccept("GnuTLS does not compare directory names with nameConstraints"),
    },
    Row {
        name: "forged/path_length_beside_it",
        what: "an intermediate's path length was taken out after it was signed, and both are sent (RFC 5280 §6.1.4 (m))",
        made: || path_length(3),
        ours: CONSTRAINT,
        openssl: Refuses("signature failure"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
];
