//! Every root of the web that Debian's `ca-certificates` and `webpki-roots` have, as a root that comes in a file.
//!
//! Nobody has the keys of these roots. So each is copied with another key: the same fields and extensions, in the same
//! encoding, signed anew; and a server below the copy must be accepted, at a time when the root is valid.
#![cfg(all(feature = "ring", feature = "webpki"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use crate::certificates::der::{Fields, SEQUENCE, UTC_TIME, context_primitive, critical, extension, id, sequence, tlv};
use crate::certificates::make::{Ca, RSA_2048, RsaHash, Signer, resigned, rsa_public};
use crate::certificates::{Der, process};
use crate::support::pki::parts;
use ::der::Decode;
use ::der::asn1::{GeneralizedTime, UtcTime};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tls12::crypto::ring;
use tls12::verify::{TrustStore, Verifier};
use tls12::{CertificateError, KeyUse, Peer, PeerChain, VerifyPeer};

/// Where Debian has a file for each root.
const FOLDER: &str = "/usr/share/ca-certificates/mozilla";

/// The files of the roots; none where they are not installed.
fn files() -> Vec<PathBuf> {
    if !Path::new(FOLDER).is_dir() {
        process::left_out("the roots of ca-certificates", FOLDER, "apt-get install ca-certificates");
        return Vec::new();
    }
    let files: Vec<_> = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 100, "only {} roots", files.len());
    files
}

/// What signs in the place of the roots with RSA keys, and of those with others: SubjectPublicKeyInfo, and signer.
static KEYS: LazyLock<[(Vec<u8>, Signer); 2]> = LazyLock::new(|| {
    let p256 = Ca::root("P-256");
    let rsa = (rsa_public(&RSA_2048), Signer::rsa(&RSA_2048, RsaHash::Sha256));
    [rsa, (Fields::of(&p256.der).key, p256.signer)]
});

/// A server's certificate with all that web authorities write, to be changed.
static LEAF: LazyLock<Der> = LazyLock::new(|| Ca::root("Root").leaf(|_| ()));

#[test]
fn every_root_of_debian_is_taken() {
    for file in files() {
        let store = TrustStore::from_pem_file(&file).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((store.subjects().len(), store.rejected()), (1, &[][..]), "{}", file.display());
    }
}

#[test]
fn a_server_below_each_root_of_debian_is_accepted() {
    let mut refused = String::new();
    for file in files() {
        let root = CertificateDer::from_pem_file(&file).unwrap();
        if let Err(error) = verdict(&root, "a.example") {
            writeln!(refused, "{}: {}", file.display(), error.explanation).unwrap();
        }
    }
    assert!(refused.is_empty(), "\n{refused}");
}

/// Of these there are names, keys and constraints only; the rest of the root's certificate is as anybody's.
#[test]
fn a_server_below_each_root_of_webpki_roots_is_accepted() {
    let mut refused = String::new();
    for anchor in webpki_roots::TLS_SERVER_ROOTS {
        let subject = tlv(SEQUENCE, &anchor.subject);
        let constraints = anchor.name_constraints.as_ref().map(|value| tlv(SEQUENCE, value));
        let root = Ca::root_with(
            "Root",
            |_| (),
            |fields| {
                fields.issuer.clone_from(&subject);
                fields.subject.clone_from(&subject);
                if let Some(value) = &constraints {
                    fields.set(id::NAME_CONSTRAINTS, critical(id::NAME_CONSTRAINTS, value));
                }
            },
        );
        let name = constraints.map_or("a.example".to_owned(), |value| format!("a.{}", first_dns_name(&value)));
        if let Err(error) = verdict(&root.der, &name) {
            writeln!(refused, "{subject:?}: {}", error.explanation).unwrap();
        }
    }
    assert!(refused.is_empty(), "\n{refused}");
}

/// The first DNS name that these nameConstraints permit (RFC 5280 §4.2.1.10).
fn first_dns_name(constraints: &[u8]) -> String {
    // [0] GeneralSubtrees, which is read here as if it were a sequence.
    let permitted = [&[SEQUENCE], &parts(constraints)[0][1..]].concat();
    let mut names = parts(&permitted).into_iter().map(|subtree| parts(subtree)[0]);
    let dns = names.find(|name| name[0] == context_primitive(2)).unwrap();
    str::from_utf8(&dns[2..]).unwrap().trim_start_matches('.').to_owned()
}

/// Our verdict on a server of this name below a copy of the root, a day after the root was made.
fn verdict(root: &[u8], name: &str) -> Result<(), CertificateError> {
    let original = Fields::of(root);
    let is_rsa = parts(&original.key)[0] == parts(&KEYS[0].0)[0];
    let (key, signer) = &KEYS[usize::from(!is_rsa)];
    let copy = resigned(root, signer, |fields| {
        fields.algorithm.clone_from(&original.algorithm);
        fields.key.clone_from(key);
    });
    let server = resigned(&LEAF, signer, |fields| {
        fields.issuer.clone_from(&original.subject);
        fields.not_before.clone_from(&original.not_before);
        fields.not_after.clone_from(&original.not_after);
        fields.alternative_names(&[tlv(context_primitive(2), name)]);
        fields.remove(id::AUTHORITY_KEY);
        if original.has(id::SUBJECT_KEY) {
            let identifier = tlv(context_primitive(0), &original.get(id::SUBJECT_KEY)[2..]);
            fields.set(id::AUTHORITY_KEY, extension(id::AUTHORITY_KEY, &sequence(&[&identifier])));
        }
    });
    let verifier = Verifier::new(TrustStore::from_der([copy]).unwrap());
    let now = UnixTime::since_unix_epoch(time(&original.not_before) + Duration::from_secs(24 * 60 * 60));
    let peer = Peer::Server(ServerName::try_from(name.to_owned()).unwrap());
    let algorithms = ring::provider().signature_algorithms();
    verifier.verify(&PeerChain::new([server].into(), peer, KeyUse::DigitalSignature, now, algorithms)).map(drop)
}

/// A Time, since 1970 (RFC 5280 §4.1.2.5).
fn time(encoded: &[u8]) -> Duration {
    if encoded[0] == UTC_TIME {
        UtcTime::from_der(encoded).unwrap().to_unix_duration()
    } else {
        GeneralizedTime::from_der(encoded).unwrap().to_unix_duration()
    }
}
