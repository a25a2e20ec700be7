//! Looks on while a server's chain is verified, for the summary.

use std::sync::atomic::{AtomicBool, Ordering};

use tls12::{CertificateDer, CertificateError, Peer, PeerChain, Verified, VerifyPeer};

/// Passes chains on to a verifier, and remembers what came with them.
#[derive(Debug)]
pub struct Observer<V> {
    verifier: V,
    stapled: AtomicBool,
}

impl<V> Observer<V> {
    pub fn new(verifier: V) -> Self {
        Self { verifier, stapled: AtomicBool::new(false) }
    }

    /// Whether an OCSP response was stapled to the chain.
    pub fn saw_ocsp_response(&self) -> bool {
        self.stapled.load(Ordering::Relaxed)
    }
}

impl<V: VerifyPeer> VerifyPeer for Observer<V> {
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError> {
        self.stapled.store(chain.ocsp_response.is_some(), Ordering::Relaxed);
        self.verifier.verify(chain)
    }

    fn identity(&self) -> Option<[u8; 32]> {
        self.verifier.identity()
    }

    fn established(&self, peer: &Peer, certificates: &[CertificateDer<'_>]) -> Result<(), CertificateError> {
        self.verifier.established(peer, certificates)
    }
}
