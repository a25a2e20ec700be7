//! What the built-in verifier holds while it verifies the worst chains that fit into the messages of a peer, beside the chain
//! itself, and what its verdict holds afterwards. The limits are in SECURITY.md.
#![cfg(all(feature = "ring", feature = "webpki"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;
use std::time::Duration;

use crate::certificates::Der;
use crate::certificates::der::{
    Fields, SEQUENCE, SET, UTF8_STRING, common_name, context, context_primitive, extension, id, name, oid, sequence,
    tlv,
};
use crate::certificates::lists::Staple;
use crate::certificates::make::Ca;
use allocation_counter::measure;
use rustls_pki_types::{ServerName, UnixTime};
use tls12::crypto::ring;
use tls12::verify::{CertificatePolicies, TrustStore, Verifier};
use tls12::{CertificateErrorKind, ChainLimit, KeyUse, Peer, PeerChain, VerifyPeer};

/// 2026-06-01T00:00:00Z, by `date -u -d 2026-06-01 +%s`.
const NOW: u64 = 1_780_272_000;

/// What the verifier holds at most while it verifies, in bytes.
pub const VERIFYING: u64 = 48 << 10;

/// What a refusal holds at most, in bytes: its explanation, and a description of the first ten certificates.
const REFUSAL: i64 = 24 << 10;

/// The longest certificate list: the longest message, without the length of the list (RFC 5246 §7.4.2).
const MESSAGE: usize = (1 << 16) - 3;

/// The longest response: the longest message, without its type and length (RFC 6066 §8).
const RESPONSE: usize = (1 << 16) - 4;

/// As many of `der` as fit beside the first certificate, and as are allowed.
fn fill(first: Der, others: impl IntoIterator<Item = Der>) -> Vec<Der> {
    let mut room = MESSAGE - (3 + first.len());
    let others = others.into_iter().take(ChainLimit::DEFAULT_CERTIFICATES - 1);
    let fitting = others.take_while(|der| {
        let fits = 3 + der.len() <= room;
        room = room.saturating_sub(3 + der.len());
        fits
    });
    let mut chain = vec![first];
    chain.extend(fitting);
    chain
}

/// Takes the hints away, so that only a signature tells namesakes apart.
fn without_hints(fields: &mut Fields) {
    fields.remove(id::AUTHORITY_KEY);
    fields.remove(id::SUBJECT_KEY);
}

/// BMPString (X.680 §8.4).
const BMP_STRING: u8 = 0x1e;

/// As many bytes as one certificate may have besides what [`Ca::leaf`] gives it.
const FILLING: usize = 64_000;

/// For both purposes.
fn leaf(ca: &Ca, change: impl FnOnce(&mut Fields)) -> Der {
    ca.leaf_with(|params| params.extended_key_usages.push(rcgen::ExtendedKeyUsagePurpose::ClientAuth), change)
}

/// So many items that they have [`FILLING`] bytes.
fn filling(item: &[u8]) -> Vec<u8> {
    item.repeat(FILLING / item.len())
}

/// Chains for the root, each the worst in another way.
fn worst(root: &Ca) -> Vec<(&'static str, Vec<Der>)> {
    let elsewhere = Ca::root("Elsewhere");
    let int = root.below("Int");
    let alone = |change: &dyn Fn(&mut Fields)| vec![leaf(root, change)];
    let expired = |fields: &mut Fields| fields.not_after = fields.not_before.clone();
    let dns = |text: &[u8]| tlv(context_primitive(2), text);
    let nameless = |names: Vec<u8>| {
        alone(&|fields| {
            expired(fields);
            fields.subject = sequence(&[]);
            fields.alternative_names(std::slice::from_ref(&names));
        })
    };
    // They differ in the last letter only.
    let name_of = |i: usize| format!("{}{i}", "Authority ".repeat(60));
    let circle: Vec<_> = (0..6).map(|i| elsewhere.below_with(&name_of(i), |_| (), without_hints)).collect();
    let crossed = circle.iter().flat_map(|issuer| circle.iter().map(|of| issuer.cross_sign(of, |_| ()).der));
    let namesakes = (0..99).map(|_| elsewhere.below_with("Int", |_| (), without_hints).der);
    let copies = (0..40).map(|_| root.cross_sign(&int, |_| ()).der);
    let constrain = |fields: &mut Fields| {
        let subtrees = sequence(&[&tlv(context(0), filling(&sequence(&[&dns(b"a.example")])))]);
        fields.set(id::NAME_CONSTRAINTS, extension(id::NAME_CONSTRAINTS, &subtrees));
    };
    let constrained = root.below_with("Constrained", |_| (), constrain);
    let narrow = root.below_with(
        "Narrow",
        |_| (),
        |fields| {
            let subtrees = sequence(&[&tlv(context(0), sequence(&[&dns(b"b.example")]))]);
            fields.set(id::NAME_CONSTRAINTS, extension(id::NAME_CONSTRAINTS, &subtrees));
        },
    );
    let policies: Vec<u8> = (0..128).flat_map(|i| sequence(&[&oid(&format!("1.3.6.1.4.1.32473.{i}"))])).collect();
    let policy = |fields: &mut Fields| fields.set(id::POLICIES, extension(id::POLICIES, &tlv(SEQUENCE, &policies)));
    let with_policies = root.below_with("Policies", |_| (), policy);
    vec![
        ("good", vec![leaf(root, |_| ())]),
        ("crumbs", fill(leaf(root, |_| ()), (0..99).map(|_| Der::from(vec![0x30; 64])))),
        ("namesakes with keys of their own", fill(leaf(&int, without_hints), namesakes)),
        ("authorities with long names in a circle", fill(leaf(&circle[0], without_hints), crossed)),
        ("many paths to the root, and an expired leaf", fill(leaf(&int, expired), copies)),
        ("many names", alone(&|fields| fields.alternative_names(&[filling(&dns(b"a"))]))),
        ("many names without a subject", nameless(filling(&dns(b"a")))),
        ("a long name that is no text", nameless(dns(&vec![0xff; FILLING]))),
        ("a long name that is not permitted", {
            vec![leaf(&narrow, |fields| fields.alternative_names(&[dns(&vec![b'x'; FILLING])])), narrow.der.clone()]
        }),
        ("an issuer with a long name", {
            // In UTF-16, of which each character takes three bytes in UTF-8.
            alone(&|fields| fields.issuer = common_name(BMP_STRING, [0x26, 0x60].repeat(FILLING / 2)))
        }),
        ("an issuer with many attributes", {
            let attribute = tlv(SET, sequence(&[&oid("2.5.4.3"), &tlv(UTF8_STRING, b"x")]));
            alone(&|fields| fields.issuer = tlv(SEQUENCE, filling(&attribute)))
        }),
        ("names that are escaped", {
            // Each of these characters is shown by ten.
            let value = "\u{10fffd}".repeat(80);
            let long = name(&[("2.5.4.3", UTF8_STRING, value.as_bytes())]);
            let own = leaf(root, |fields| {
                fields.subject = long.clone();
                fields.issuer = long.clone();
            });
            vec![own; 20]
        }),
        ("name constraints", vec![leaf(&constrained, |_| ()), constrained.der.clone()]),
        ("policies", vec![leaf(&with_policies, policy), with_policies.der.clone()]),
        ("an unknown extension", alone(&|fields| fields.set(id::UNKNOWN, extension(id::UNKNOWN, &vec![0; FILLING])))),
    ]
}

/// No OCSP response for the first certificate, and some of about the greatest length.
fn staples(root: &Ca, own: &Der) -> [(&'static str, Option<Vec<u8>>); 3] {
    let elsewhere = Ca::root("Elsewhere");
    // What is left for the response that is wanted, and for the signature.
    const REST: usize = 1_000;
    let of_others = Staple::of(root, &elsewhere.leaf(|_| ())).single();
    let many =
        Staple::of(root, own).with(|staple| staple.before = of_others.repeat((RESPONSE - REST) / of_others.len()));
    // As many as are read: `MAX_RESPONDERS` of `verify::ocsp`.
    let long = elsewhere.patched_leaf(|fields| {
        fields.set(id::UNKNOWN, extension(id::UNKNOWN, &vec![0; RESPONSE / 4 - REST]));
    });
    let by_others = Staple::of(root, own).with(|staple| {
        staple.signer = Ca::root("Responder").signer;
        staple.certificates = vec![long; 4];
    });
    [("no response", None), ("many responses", Some(many.sign())), ("many responders", Some(by_others.sign()))]
}

/// The chain with these certificates.
fn chain(certificates: &[Der], peer: &Peer, staple: Option<&[u8]>) -> PeerChain {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let algorithms = ring::provider().signature_algorithms();
    let mut chain = PeerChain::new(certificates.into(), peer.clone(), KeyUse::DigitalSignature, now, algorithms);
    chain.ocsp_response = staple.map(Arc::from);
    chain
}

#[test]
fn the_verifier_holds_little_while_it_verifies() {
    let root = Ca::root("Root");
    let store = TrustStore::from_der([root.der.clone()]).unwrap();
    let strict = Verifier::new(store.clone()).policies(CertificatePolicies::new().require());
    let verifiers: [&dyn VerifyPeer; 2] = [&store, &strict];
    let peers = [Peer::Server(ServerName::try_from("a.example").unwrap()), Peer::Client];
    // The table of names that refusals are explained with is made once in a process.
    store.verify(&chain(&[Ca::root("Elsewhere").der], &Peer::Client, None)).unwrap_err();
    let (mut most, mut accepted) = ([0; 2], 0);
    for (what, certificates) in worst(&root) {
        let length: usize = certificates.iter().map(|der| 3 + der.len()).sum();
        assert!(length <= MESSAGE, "{what}: {length} bytes do not fit into a message");
        for (response, staple) in staples(&root, &certificates[0]) {
            assert!(staple.as_ref().is_none_or(|staple| staple.len() <= RESPONSE), "{response}");
            for (peer, verifier) in peers.iter().flat_map(|peer| verifiers.map(|verifier| (peer, verifier))) {
                let chain = chain(&certificates, peer, staple.as_deref());
                let mut verdict = None;
                let held = measure(|| verdict = Some(verifier.verify(&chain)));
                let (peak, after) = (held.bytes_max, held.bytes_current);
                assert!(peak <= VERIFYING, "{what}, {response}, {peer:?}: {peak} bytes");
                assert!(after <= REFUSAL, "{what}, {response}, {peer:?}: {after} bytes afterwards");
                most = [most[0].max(peak), most[1].max(after.unsigned_abs())];
                accepted += usize::from(verdict.is_some_and(|verdict| verdict.is_ok()));
            }
        }
    }
    println!("at most {most:?} bytes; {accepted} accepted");
    // Among them are chains of both roles, or not all was verified.
    assert!(accepted >= 10, "{accepted} chains were accepted");
}

/// Of each certificate its length is held, and this.
#[test]
fn a_certificate_takes_little_beside_its_bytes() {
    assert!(size_of::<Der>() <= 32, "{} bytes", size_of::<Der>());
}

/// A caller may allow longer chains than a message has room for by default: no more certificates are read than the limit.
#[test]
fn no_more_certificates_are_read_than_the_limit() {
    /// `MAX_CERTIFICATES` of `verify::chain`, each with what [`VERIFYING`] leaves for one of a hundred.
    const READ: u64 = 256 * VERIFYING / 100;
    let root = Ca::root("Root");
    let certificates =
        [root.leaf(|_| ())].into_iter().chain((0..16_000).map(|_| Der::from(vec![0]))).collect::<Vec<_>>();
    let store = TrustStore::from_der([root.der]).unwrap();
    let chain = chain(&certificates, &Peer::Client, None);
    let held = measure(|| assert_eq!(store.verify(&chain).unwrap_err().kind, CertificateErrorKind::Refused));
    assert!(held.bytes_max <= READ, "{} bytes", held.bytes_max);
}
