//! Chains that are made to be expensive to verify. Signatures are counted, since no timing decides a test.
#![cfg(all(feature = "ring", feature = "webpki"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::cell::Cell;
use std::time::Duration;

use crate::certificates::Der;
use crate::certificates::der::{Fields, context, context_primitive, critical, id, sequence, tlv};
use crate::certificates::lists::{Crl, Staple};
use crate::certificates::make::Ca;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateRevocationListDer, InvalidSignature, ServerName, SignatureVerificationAlgorithm,
    UnixTime,
};
use tls12::crypto::SignatureAlgorithms;
use tls12::verify::{Revocation, TrustStore, UnknownStatus, Verifier};
use tls12::{CertificateError, CertificateErrorKind as Kind, KeyUse, Peer, PeerChain, VerifyPeer};

/// 2026-06-01T00:00:00Z, by `date -u -d 2026-06-01 +%s`.
const NOW: u64 = 1_780_272_000;

/// How many signatures a verdict may take: `MAX_SIGNATURES` of `verify::build`.
const MAX_SIGNATURES: usize = 32;

thread_local! {
    static VERIFIED: Cell<usize> = const { Cell::new(0) };
}

/// ECDSA with P-256 and SHA-256, counted in each thread.
#[derive(Debug)]
struct Counted;

impl SignatureVerificationAlgorithm for Counted {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        VERIFIED.with(|count| count.set(count.get() + 1));
        webpki::ring::ECDSA_P256_SHA256.verify_signature(key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        webpki::ring::ECDSA_P256_SHA256.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        webpki::ring::ECDSA_P256_SHA256.signature_alg_id()
    }
}

/// Our verdict, and how many signatures were verified for it.
fn asked(root: &Ca, sent: Vec<Der>) -> (Result<(), CertificateError>, usize) {
    asked_with(&verifier(root), sent, None)
}

fn verifier(root: &Ca) -> Verifier {
    Verifier::new(TrustStore::from_der([root.der.clone()]).unwrap())
}

/// The same of another verifier, and with this OCSP response.
fn asked_with(verifier: &Verifier, sent: Vec<Der>, staple: Option<Vec<u8>>) -> (Result<(), CertificateError>, usize) {
    static ALGORITHMS: [&dyn SignatureVerificationAlgorithm; 1] = [&Counted];
    let algorithms = SignatureAlgorithms::from_static(&ALGORITHMS, &[], &[]);
    let peer = Peer::Server(ServerName::try_from("a.example").unwrap());
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let mut chain = PeerChain::new(sent.into(), peer, KeyUse::DigitalSignature, now, algorithms);
    chain.ocsp_response = staple.map(Into::into);
    VERIFIED.with(|count| count.set(0));
    let verdict = verifier.verify(&chain).map(drop);
    (verdict, VERIFIED.with(Cell::get))
}

/// Takes the hints away, so that only a signature tells namesakes apart.
fn without_hints(fields: &mut Fields) {
    fields.remove(id::AUTHORITY_KEY);
    fields.remove(id::SUBJECT_KEY);
}

#[test]
fn a_hundred_certificates_of_one_name_and_key() {
    let (root, elsewhere) = (Ca::root("Root"), Ca::root("Elsewhere"));
    let int = elsewhere.below("Int");
    let certificates = (0..100).map(|_| elsewhere.cross_sign(&int, |_| ()).der);
    let (verdict, verified) = asked(&root, [int.leaf(|_| ())].into_iter().chain(certificates).collect());
    assert_eq!(verdict.unwrap_err().kind, Kind::UnknownIssuer);
    // The server's by their one key, and no more: none of them leads anywhere.
    assert!(verified <= 2, "{verified} signatures were verified");
}

#[test]
fn a_hundred_namesakes_with_keys_of_their_own() {
    let (root, elsewhere) = (Ca::root("Root"), Ca::root("Elsewhere"));
    let certificates: Vec<_> = (0..150).map(|_| elsewhere.below_with("Int", |_| (), without_hints).der).collect();
    let own = root.below_with("Int", |_| (), without_hints).leaf_with(|_| (), without_hints);
    let (verdict, verified) = asked(&root, [own].into_iter().chain(certificates).collect());
    assert!(verdict.is_err());
    assert!(verified <= MAX_SIGNATURES, "{verified} signatures were verified");
}

/// The one that leads to the root comes last; its key identifier says that it is the one.
#[test]
fn a_key_identifier_leads_past_namesakes() {
    let (root, elsewhere) = (Ca::root("Root"), Ca::root("Elsewhere"));
    let int = root.below("Int");
    let certificates = (0..50).map(|_| elsewhere.below("Int").der).chain([int.der.clone()]);
    let (verdict, verified) = asked(&root, [int.leaf(|_| ())].into_iter().chain(certificates).collect());
    verdict.unwrap();
    assert_eq!(verified, 2);
}

/// Every authority of a level has a certificate of every authority of the one above: 6 levels of 5 have 3,125 paths.
/// Gives one of the lowest level, and all certificates.
fn mesh(top: &Ca) -> (Ca, Vec<Der>) {
    let mut above = vec![top.clone()];
    let mut certificates = Vec::new();
    for level in 0..6 {
        let authorities: Vec<_> = (0..5).map(|i| above[0].below(&format!("Level {level} {i}"))).collect();
        for authority in &authorities {
            certificates.extend(above.iter().map(|issuer| issuer.cross_sign(authority, |_| ()).der));
        }
        above = authorities;
    }
    (above.swap_remove(0), certificates)
}

#[test]
fn a_mesh_that_leads_nowhere() {
    let root = Ca::root("Root");
    let (lowest, certificates) = mesh(&Ca::root("Elsewhere"));
    let (verdict, verified) = asked(&root, [lowest.leaf(|_| ())].into_iter().chain(certificates).collect());
    assert!(verdict.is_err());
    assert!(verified <= MAX_SIGNATURES, "{verified} signatures were verified");
}

/// Every path of the mesh leads to the root, and all fail at the server's own certificate.
#[test]
fn a_mesh_that_leads_to_the_root() {
    let root = Ca::root("Root");
    let (lowest, certificates) = mesh(&root);
    let forged = lowest.signing(Ca::root("Elsewhere").signer).leaf(|_| ());
    let (verdict, verified) = asked(&root, [forged].into_iter().chain(certificates).collect());
    assert!(verdict.is_err());
    assert!(verified <= MAX_SIGNATURES, "{verified} signatures were verified");
}

/// Authorities that have certified each other, in circles.
#[test]
fn a_circle_of_cross_certificates() {
    let (root, elsewhere) = (Ca::root("Root"), Ca::root("Elsewhere"));
    let all: Vec<_> = (0..8).map(|i| elsewhere.below(&format!("Int {i}"))).collect();
    let pairs = all.iter().flat_map(|issuer| all.iter().map(move |of| issuer.cross_sign(of, |_| ()).der));
    let (verdict, verified) = asked(&root, [all[0].leaf(|_| ())].into_iter().chain(pairs).collect());
    assert!(verdict.is_err());
    assert!(verified <= MAX_SIGNATURES, "{verified} signatures were verified");
}

/// As many constraints as names: the work is their product.
#[test]
fn name_constraints_squared() {
    const MANY: u16 = 1_500;
    let name = |i: u16| tlv(context_primitive(2), format!("host-{i}.example"));
    let root = Ca::root("Root");
    let subtrees: Vec<_> = (0..MANY).map(|i| sequence(&[&name(i)])).collect();
    let constraints = sequence(&[&tlv(context(0), subtrees.concat())]);
    let int = root.below_with(
        "Int",
        |_| (),
        |fields| fields.set(id::NAME_CONSTRAINTS, critical(id::NAME_CONSTRAINTS, &constraints)),
    );
    let names: Vec<_> = (0..MANY).rev().map(name).collect();
    let own = int.patched_leaf(|fields| fields.alternative_names(&names));
    let (verdict, verified) = asked(&root, vec![own, int.der]);
    // As somebody made it to be: refused for the work, not for a name.
    assert_eq!(verdict.unwrap_err().kind, Kind::Refused);
    assert!(verified <= 2, "{verified} signatures were verified");
}

/// Names that differ in their last letter only are compared to the end, by everybody who could be an issuer, each time that
/// one is looked for: there are more than 2,000 paths through eight authorities that have certified each other.
#[test]
fn long_names_in_a_circle() {
    let (root, elsewhere) = (Ca::root("Root"), Ca::root("Elsewhere"));
    let name = |i: usize| format!("{}{i}", "Authority ".repeat(60));
    let all: Vec<_> = (0..6).map(|i| elsewhere.below_with(&name(i), |_| (), without_hints)).collect();
    let pairs = all.iter().flat_map(|issuer| all.iter().map(move |of| issuer.cross_sign(of, |_| ()).der));
    let sent: Vec<_> = [all[0].leaf_with(|_| (), without_hints)].into_iter().chain(pairs).collect();
    let bytes: usize = sent.iter().map(|der| der.len()).sum();
    assert!((40_000..65_536).contains(&bytes), "{bytes} bytes do not fit into a message, or do not fill one");
    let (verdict, _) = asked(&root, sent);
    // Refused for the work, before all of it is done.
    assert_eq!(verdict.unwrap_err().kind, Kind::Refused);
}

/// Three authorities, each below the one before, with so many certificates of each: their product is the number of paths,
/// and their sum that of signatures. Gives the lowest, and all certificates.
fn copies(top: &Ca, count: usize) -> (Ca, Vec<Der>) {
    let mut certificates = Vec::new();
    let mut above = top.clone();
    for level in 0..3 {
        let authority = above.below(&format!("Level {level}"));
        certificates.extend((0..count).map(|_| above.cross_sign(&authority, |_| ()).der));
        above = authority;
    }
    (above, certificates)
}

/// Every path leads to the root, and is walked down to find that it is no good: as few as 216 are too many.
#[test]
fn paths_that_are_all_bad() {
    let root = Ca::root("Root");
    let verdict = |count| {
        let (lowest, certificates) = copies(&root, count);
        let own = lowest.leaf(|params| params.not_after = rcgen::date_time_ymd(2026, 1, 2));
        asked(&root, [own].into_iter().chain(certificates).collect()).0.unwrap_err().kind
    };
    assert_eq!(verdict(4), Kind::Expired);
    assert_eq!(verdict(6), Kind::Refused);
}

/// Each path ends, and takes no signature that was not verified before.
#[test]
fn paths_that_lead_nowhere() {
    let (root, elsewhere) = (Ca::root("Root"), Ca::root("Elsewhere"));
    let verdict = |count| {
        let (lowest, certificates) = copies(&elsewhere, count);
        let sent = [lowest.leaf(|_| ())].into_iter().chain(certificates).collect();
        let (verdict, verified) = asked(&root, sent);
        assert!(verified <= MAX_SIGNATURES, "{verified} signatures were verified");
        verdict.unwrap_err().kind
    };
    assert_eq!(verdict(4), Kind::UnknownIssuer);
    // 10,000 steps.
    assert_eq!(verdict(15), Kind::Refused);
}

/// A message has room for 16,000 empty ones.
#[test]
fn thousands_of_certificates() {
    let root = Ca::root("Root");
    let sent = |others: usize| [root.leaf(|_| ())].into_iter().chain((0..others).map(|_| Der::from(vec![0]))).collect();
    asked(&root, sent(255)).0.unwrap();
    let error = asked(&root, sent(16_000)).0.unwrap_err();
    assert_eq!(error.kind, Kind::Refused);
    assert_eq!(&*error.explanation, "the server sent 16001 certificates; at most 256 are read");
}

/// One long name is read for each of many constraints: what counts is how long it is.
#[test]
fn a_long_name_and_many_constraints() {
    const MANY: u16 = 2_000;
    let uri = |text: String| tlv(context_primitive(6), text);
    let root = Ca::root("Root");
    let subtrees: Vec<_> = (0..MANY).map(|i| sequence(&[&uri(format!("h{i}.example"))])).collect();
    let constraints = sequence(&[&tlv(context(0), subtrees.concat())]);
    let int = root.below_with(
        "Int",
        |_| (),
        |fields| fields.set(id::NAME_CONSTRAINTS, critical(id::NAME_CONSTRAINTS, &constraints)),
    );
    let server = tlv(context_primitive(2), "a.example");
    let leaf = |len| {
        let name = uri(format!("https://{}@h1.example/", "u".repeat(len)));
        int.patched_leaf(|fields| fields.alternative_names(&[server.clone(), name]))
    };
    asked(&root, vec![leaf(1_000), int.der.clone()]).0.unwrap();
    assert_eq!(asked(&root, vec![leaf(20_000), int.der.clone()]).0.unwrap_err().kind, Kind::Refused);
}

/// A good response of `int` for a certificate, but signed by another key; with four certificates of responders by `by`. All of them
/// have the name of `int`, so each could have signed it.
fn staple_of_nobody(int: &Ca, own: &Der, by: &Ca) -> Vec<u8> {
    let responder = |params: &mut CertificateParams| {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
    };
    let certificates = (0..4).map(|_| by.below_with("Int", responder, |_| ()).der).collect();
    let signer = Ca::root("Elsewhere").signer;
    Staple::of(int, own).with(|staple| (staple.certificates, staple.signer) = (certificates, signer)).sign()
}

/// The issuer's key and its name are the same on every path, so the response is as bad on each.
#[test]
fn forged_responders_and_many_paths() {
    let root = Ca::root("Root");
    let int = root.below("Int");
    let own = int.leaf(|_| ());
    let staple = staple_of_nobody(&int, &own, &Ca::root("Int"));
    let copies = (0..15).map(|_| root.cross_sign(&int, |_| ()).der);
    let (verdict, verified) = asked_with(&verifier(&root), [own].into_iter().chain(copies).collect(), Some(staple));
    assert_eq!(verdict.unwrap_err().kind, Kind::BadStatusResponse);
    // The server's certificate, the 15 of its issuer, the response, and four certificates of responders.
    assert_eq!(verified, 1 + 15 + 1 + 4);
}

/// What is left for the response is what finding a path has left.
#[test]
fn a_response_that_comes_after_namesakes() {
    let (root, elsewhere) = (Ca::root("Root"), Ca::root("Elsewhere"));
    let int = root.below_with("Int", |_| (), without_hints);
    let own = int.leaf_with(|_| (), without_hints);
    // These responders the issuer did certify: the response is verified with the key of each.
    let staple = staple_of_nobody(&int, &own, &int);
    let ask = |namesakes: usize| {
        let namesakes = (0..namesakes).map(|_| elsewhere.below_with("Int", |_| (), without_hints).der);
        let sent = [own.clone()].into_iter().chain(namesakes).chain([int.der.clone()]).collect();
        let (verdict, verified) = asked_with(&verifier(&root), sent, Some(staple.clone()));
        (verdict.unwrap_err(), verified)
    };
    let (error, verified) = ask(20);
    assert_eq!((error.kind, verified), (Kind::BadStatusResponse, 20 + 2 + 9));
    let (error, verified) = ask(28);
    assert_eq!((error.kind, verified), (Kind::Refused, MAX_SIGNATURES));
    let explained = "and its OCSP response are too expensive to verify";
    assert!(error.explanation.ends_with(explained), "{error}");
}

/// Whoever may issue can make authorities of any name, also of the one whose lists the verifier was given: each has a key that could
/// have signed them, and a path for each list to be asked about. The first key that is tried on a list costs the peer nothing.
#[test]
fn lists_and_several_keys_of_their_issuer() {
    let (root, elsewhere) = (Ca::root("Root"), Ca::root("Int"));
    let ask = |keys: usize, lists: u8| {
        let lists = (1..=lists).map(|number| Crl::of(&elsewhere, &[]).numbered(number).sign());
        let lists = lists.map(CertificateRevocationListDer::from);
        let verifier = verifier(&root).revocation(Revocation::from_der(lists, UnknownStatus::RefusePeer).unwrap());
        let lowest = root.below("Lowest");
        let issuers = (0..keys).map(|_| root.below("Int"));
        let certificates = issuers.flat_map(|issuer| [issuer.cross_sign(&lowest, |_| ()).der, issuer.der]);
        let sent: Vec<_> = [lowest.leaf(|_| ())].into_iter().chain(certificates).collect();
        let (verdict, verified) = asked_with(&verifier, sent, None);
        (verdict.unwrap_err().kind, verified)
    };
    // The server's certificate, those of the two issuers, each of the two below them with both keys; and each list with both keys.
    assert_eq!(ask(2, 10), (Kind::RevocationUnknown, 1 + 2 + 4 + 2 * 10));
    let (kind, verified) = ask(5, 10);
    assert_eq!(kind, Kind::Refused);
    assert!((MAX_SIGNATURES..=MAX_SIGNATURES + 10).contains(&verified), "{verified} signatures were verified");
}
