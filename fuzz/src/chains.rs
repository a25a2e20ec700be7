//! What the targets about certificates share: chains from bytes, every way to configure the verifier, and what must be true
//! of each verdict.

use std::sync::{Arc, LazyLock};

use rustls_pki_types::{CertificateDer, ServerName};
use tls12::verify::{Allow, Despite, Pin, TrustStore, Verifier};
use tls12::wire::decode_certificate;
use tls12::{CertificateErrorKind, KeyUse, Peer, PeerChain, VerifyPeer};

use crate::mode::{SERVER_NAME, now};
use crate::provider::ALGORITHMS;

static PEERS: LazyLock<[Peer; 4]> = LazyLock::new(|| {
    let server = |name| Peer::Server(ServerName::try_from(name).unwrap());
    [server(SERVER_NAME), server("127.0.0.1"), server("::1"), Peer::Client]
});

/// Two lists of certificates, each as the body of a Certificate message, the roots and the chain; and what follows them.
pub struct Input<'a> {
    /// The roots, as far as they can be some.
    pub store: TrustStore,
    /// The roots as they came.
    pub roots: Vec<CertificateDer<'static>>,
    /// The chain.
    pub chain: Arc<[CertificateDer<'static>]>,
    /// The rest of the input.
    pub rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// None, if the input is no such thing, or nothing in it can be a root.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let (roots, data) = split(data)?;
        let (chain, rest) = split(data)?;
        let roots: Vec<_> = decode_certificate(roots).ok()?.iter().map(CertificateDer::into_owned).collect();
        let chain = decode_certificate(chain).ok()?.iter().map(CertificateDer::into_owned).collect();
        let store = match TrustStore::from_der(roots.iter().cloned()) {
            Ok(store) => store,
            Err(error) => {
                assert_one_line(&error.to_string());
                return None;
            }
        };
        store.subjects().for_each(assert_one_line);
        store.rejected().iter().for_each(|rejected| assert_one_line(&rejected.to_string()));
        Some(Self { store, roots, chain, rest })
    }
}

/// The list that the data begins with, and what follows it.
fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = data.first_chunk().map(|[a, b, c]| u32::from_be_bytes([0, *a, *b, *c]))?;
    data.split_at_checked(3 + usize::try_from(len).ok()?)
}

/// A verifier with every rule relaxed that can be.
pub fn lenient(store: TrustStore) -> Verifier {
    let all = [
        Allow::ExpiredRoots,
        Allow::CommonName,
        Allow::SmallRsaKeys,
        Allow::Sha1Signatures,
        Allow::OldVersions,
        Allow::ExpiredCrls,
        Allow::UnusableStaple,
    ];
    all.into_iter().fold(Verifier::new(store), Verifier::allow)
}

/// A verifier that trusts the first certificate, whatever it is like.
pub fn pinned(chain: &[CertificateDer<'_>]) -> Option<Verifier> {
    let pin = Pin::key_of(chain.first()?).ok()?;
    assert_eq!(pin.to_string().parse().as_ref(), Ok(&pin));
    let all = [Despite::Expired, Despite::Usage, Despite::SmallKey];
    Verifier::pinned([all.into_iter().fold(pin, Pin::despite)]).ok()
}

/// Asks about a chain for every peer and use of the key: the verdict must be the same each time, and be told in its lines.
pub fn check(verifier: &dyn VerifyPeer, chain: &Arc<[CertificateDer<'static>]>, staple: Option<&[u8]>) {
    for peer in &*PEERS {
        for key_use in [KeyUse::DigitalSignature, KeyUse::KeyEncipherment] {
            let mut chain = PeerChain::new(chain.clone(), peer.clone(), key_use, now(), ALGORITHMS);
            chain.ocsp_response = staple.map(Arc::from);
            let verdict = verifier.verify(&chain);
            if let Err(error) = &verdict {
                // That there is no certificate at all says the kind.
                let is_explained = !error.explanation.is_empty()
                    || matches!(
                        error.kind,
                        CertificateErrorKind::NoServerCertificate | CertificateErrorKind::NoClientCertificate
                    );
                assert!(is_explained, "{error:?}");
                assert_one_line(&error.explanation);
                error.report().to_string().lines().for_each(assert_one_line);
            }
            assert_eq!(verifier.verify(&chain), verdict);
        }
    }
}

/// What is shown to people comes from the peer in parts: it must not break out of its line.
pub fn assert_one_line(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
