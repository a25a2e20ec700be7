//! Certificate chains before a trust store. Every signature counts as good, so that none hides what lies behind it.
//!
//! The input is two lists of certificates, each as the body of a Certificate message: the roots, then the chain.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rustls_pki_types::{CertificateDer, ServerName};
use tls12::verify::TrustStore;
use tls12::wire::decode_certificate;
use tls12::{KeyUse, Peer, PeerChain, VerifyPeer};
use tls12_fuzz::mode::{SERVER_NAME, now};
use tls12_fuzz::provider::ALGORITHMS;

static NAMES: LazyLock<[ServerName<'static>; 3]> =
    LazyLock::new(|| [SERVER_NAME, "127.0.0.1", "::1"].map(|name| ServerName::try_from(name).unwrap()));

fuzz_target!(|data: &[u8]| {
    let _ = run(data);
});

fn run(data: &[u8]) -> Option<()> {
    let len = data.first_chunk().map(|[a, b, c]| u32::from_be_bytes([0, *a, *b, *c]))?;
    let (roots, chain) = data.split_at_checked(3 + usize::try_from(len).ok()?)?;
    let roots = decode_certificate(roots).ok()?;
    let chain: Vec<_> = decode_certificate(chain).ok()?.into_iter().map(CertificateDer::into_owned).collect();
    let store = TrustStore::from_der(roots);
    let Ok(store) = store else {
        assert_one_line(&store.unwrap_err().to_string());
        return None;
    };
    for subject in store.subjects() {
        assert_one_line(subject);
    }
    for rejected in store.rejected() {
        assert_one_line(&rejected.to_string());
    }
    for name in &*NAMES {
        for key_use in [KeyUse::DigitalSignature, KeyUse::KeyEncipherment] {
            let peer = Peer::Server(name.clone());
            let chain = PeerChain::new(chain.clone().into(), peer, key_use, now(), ALGORITHMS);
            let verdict = store.verify(&chain);
            if let Err(error) = &verdict {
                assert!(!error.explanation.is_empty());
                assert_one_line(&error.explanation);
            }
            assert_eq!(store.verify(&chain), verdict);
        }
    }
    Some(())
}

/// What is shown to people comes from the peer in parts: it must not break out of its line.
fn assert_one_line(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
