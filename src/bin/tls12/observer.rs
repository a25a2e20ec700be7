//! Observes the verification of a server's chain, for the summary and for `--look`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tls12::{CertificateDer, CertificateError, Peer, PeerChain, Verified, VerifyPeer};

/// How a chain that the verifier refuses is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The handshake ends.
    Ends,
    /// The handshake continues, so that everything can be shown. The caller must not send data over the connection.
    IsReported,
}

/// Passes chains on to a verifier, and remembers its verdicts.
#[derive(Debug)]
pub struct Observer {
    verifier: Arc<dyn VerifyPeer>,
    refusal: Refusal,
    seen: Mutex<Seen>,
}

/// The chain that was verified last.
#[derive(Debug, Default)]
struct Seen {
    stapled: bool,
    certificates: Option<Arc<[CertificateDer<'static>]>>,
    refused: Option<CertificateError>,
}

impl Observer {
    pub fn new(verifier: Arc<dyn VerifyPeer>, refusal: Refusal) -> Self {
        Self { verifier, refusal, seen: Mutex::default() }
    }

    /// Whether an OCSP response was stapled to the chain.
    pub fn saw_ocsp_response(&self) -> bool {
        self.seen().stapled
    }

    /// The certificates of the chain, if one was received.
    pub fn certificates(&self) -> Option<Arc<[CertificateDer<'static>]>> {
        self.seen().certificates.clone()
    }

    /// Why the chain was refused, if it was.
    pub fn refused(&self) -> Option<CertificateError> {
        self.seen().refused.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // It is replaced whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl VerifyPeer for Observer {
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError> {
        let verdict = self.verifier.verify(chain);
        *self.seen() = Seen {
            stapled: chain.ocsp_response.is_some(),
            certificates: Some(Arc::clone(&chain.certificates)),
            refused: verdict.as_ref().err().cloned(),
        };
        match self.refusal {
            Refusal::Ends => verdict,
            Refusal::IsReported => Ok(verdict.unwrap_or_default()),
        }
    }

    fn identity(&self) -> Option<[u8; 32]> {
        match self.refusal {
            Refusal::Ends => self.verifier.identity(),
            // Its verdicts differ from the verifier's.
            Refusal::IsReported => None,
        }
    }

    fn established(&self, peer: &Peer, certificates: &[CertificateDer<'_>]) -> Result<(), CertificateError> {
        match self.refusal {
            Refusal::Ends => self.verifier.established(peer, certificates),
            // Trust on first use must not remember a server that is only inspected.
            Refusal::IsReported => Ok(()),
        }
    }
}
