//! The verdict on a server's chain of two certificates, leaf and intermediate, against 100 roots: ours beside rustls-webpki
//! alone, with the same algorithms of ring. Both read the certificates, find the path, verify two signatures and compare the
//! name; ours also walks policies and path lengths, and says for how long the verdict holds.
//!
//! `cargo bench --manifest-path benches/peers/Cargo.toml`

use std::sync::Arc;

use divan::{AllocProfiler, Bencher};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use tls12::verify::TrustStore;
use tls12::{KeyUse, Peer, PeerChain, VerifyPeer};
use webpki::EndEntityCert;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// How many roots there are, as a list of the web's has them.
const ROOTS: usize = 100;

struct Made {
    roots: Vec<CertificateDer<'static>>,
    chain: Vec<CertificateDer<'static>>,
}

fn made() -> Made {
    let authority = |name: String| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.use_authority_key_identifier_extension = true;
        params
    };
    let key = || KeyPair::generate().expect("a key");
    let roots: Vec<_> = (0..ROOTS)
        .map(|i| CertifiedIssuer::self_signed(authority(format!("Root {i}")), key()).expect("a root"))
        .collect();
    let intermediate = CertifiedIssuer::signed_by(authority("Int".into()), key(), &roots[ROOTS / 2]).expect("made");
    let mut params = CertificateParams::new(["a.example".to_string()]).expect("a name");
    params.use_authority_key_identifier_extension = true;
    let leaf = params.signed_by(&key(), &intermediate).expect("a leaf");
    Made {
        roots: roots.iter().map(|root| root.der().clone()).collect(),
        chain: vec![leaf.der().clone(), intermediate.der().clone()],
    }
}

#[divan::bench(sample_count = 500)]
fn ours(bencher: Bencher<'_, '_>) {
    let made = made();
    let store = TrustStore::from_der(made.roots).expect("roots");
    let server = Peer::Server(ServerName::try_from("a.example").expect("a name"));
    let algorithms = tls12::crypto::ring::provider().signature_algorithms();
    let chain = PeerChain::new(Arc::from(made.chain), server, KeyUse::DigitalSignature, UnixTime::now(), algorithms);
    bencher.bench_local(|| store.verify(&chain).expect("good"));
}

#[divan::bench(sample_count = 500)]
fn webpki(bencher: Bencher<'_, '_>) {
    let made = made();
    let roots: Vec<TrustAnchor<'_>> =
        made.roots.iter().map(|root| webpki::anchor_from_trusted_cert(root).expect("a root")).collect();
    let algorithms = tls12::crypto::ring::provider().signature_algorithms();
    let algorithms: Vec<_> = algorithms.all().collect();
    let (name, now) = (ServerName::try_from("a.example").expect("a name"), UnixTime::now());
    bencher.bench_local(|| {
        let leaf = EndEntityCert::try_from(&made.chain[0]).expect("readable");
        let usage = webpki::KeyUsage::server_auth();
        leaf.verify_for_usage(&algorithms, &roots, &made.chain[1..], now, usage, None, None).expect("good");
        leaf.verify_is_valid_for_subject_name(&name).expect("named");
    });
}
