//! How much work a chain may cost.

use std::sync::atomic::{AtomicUsize, Ordering};

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature};

use super::*;

static VERIFIED: AtomicUsize = AtomicUsize::new(0);

/// ECDSA with P-256 and SHA-256, counted.
#[derive(Debug)]
struct Counted;

impl SignatureVerificationAlgorithm for Counted {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        VERIFIED.fetch_add(1, Ordering::Relaxed);
        webpki::ring::ECDSA_P256_SHA256.verify_signature(key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        webpki::ring::ECDSA_P256_SHA256.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        webpki::ring::ECDSA_P256_SHA256.signature_alg_id()
    }
}

/// A hundred that go by the root's name, of which none signed the certificate and none leads anywhere.
#[test]
fn a_refusal_takes_few_signatures() {
    static ALGORITHMS: [&dyn SignatureVerificationAlgorithm; 1] = [&Counted];
    let (mine, other, nowhere) = (root("Root"), root("Root"), root("Nowhere"));
    // Without key identifiers, only a signature tells namesakes apart.
    let end = leaf(&other, |params| params.use_authority_key_identifier_extension = false);
    let mut chain = vec![end];
    chain.extend((0..100).map(|_| intermediate("Root", &nowhere, |_| ()).der().clone()));
    let algorithms = SignatureAlgorithms::from_static(&ALGORITHMS, &[], &[]);
    assert!(verify(&trust(&[&mine]), &chain, &Ask { algorithms, ..USUAL }).is_err());
    let verified = VERIFIED.load(Ordering::Relaxed);
    assert!((1..=32).contains(&verified), "{verified} signatures were verified");
}

/// A chain of leaf and intermediate, against a hundred roots: the signatures take none, and the rest few.
#[test]
fn a_verdict_takes_few_allocations() {
    let roots: Vec<_> = (0..100).map(|i| root(&format!("Root {i}"))).collect();
    let int = intermediate("Int", &roots[50], |_| ());
    let chain = [leaf(&int, |_| ()), int.der().clone()];
    let server = Peer::Server(ServerName::try_from("a.example").unwrap());
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let chain = PeerChain::new(Arc::from(&chain[..]), server, KeyUse::DigitalSignature, now, ALL);
    let store = trust(&roots.iter().collect::<Vec<_>>());
    let verdict = allocation_counter::measure(|| assert!(store.verify(&chain).is_ok()));
    assert!(verdict.count_total < 10, "{} allocations", verdict.count_total);
}
