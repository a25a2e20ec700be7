//! The verdict on a chain.

use rustls_pki_types::CertificateDer;
use webpki::{EndEntityCert, Error, VerifiedPath};

use super::explain::explain;
use super::finding::Finding;
use super::{TrustStore, certificate};
use crate::error::CertificateError;
use crate::handshake::{KeyUse, Peer, PeerChain, VerifyPeer};

impl VerifyPeer for TrustStore {
    fn verify(&self, chain: &PeerChain) -> Result<(), CertificateError> {
        check(self, chain).map_err(|finding| explain(self, chain, finding))
    }
}

fn check(store: &TrustStore, chain: &PeerChain) -> Result<(), Finding> {
    let (first, others) = chain.certificates.split_first().ok_or(Finding::NoCertificate)?;
    let end_entity = EndEntityCert::try_from(first).map_err(Finding::Path)?;
    let usage = match chain.peer {
        Peer::Server(_) => webpki::KeyUsage::server_auth(),
        Peer::Client => webpki::KeyUsage::client_auth(),
    };
    end_entity
        .verify_for_usage(chain.algorithms.all, &store.anchors, others, chain.now, usage, None, Some(&issuers_may_sign))
        .map_err(Finding::Path)?;
    if let Peer::Server(name) = &chain.peer {
        end_entity.verify_is_valid_for_subject_name(name).map_err(Finding::Path)?;
    }
    check_key(first, chain.key_use)
}

/// RFC 5280 §6.1.4 (n): an issuer with a keyUsage needs keyCertSign. webpki does not look.
fn issuers_may_sign(path: &VerifiedPath<'_>) -> Result<(), Error> {
    for issuer in path.intermediate_certificates() {
        let der = issuer.der();
        let parsed = certificate::parse(&der).ok_or(Error::BadDer)?;
        match certificate::usage_allows_signing(&parsed) {
            Some(true) => (),
            Some(false) => return Err(Error::EndEntityUsedAsCa),
            None => return Err(Error::ExtensionValueInvalid),
        }
    }
    Ok(())
}

/// Whether the peer's key may be used for what it is used for, and is large enough.
fn check_key(der: &CertificateDer<'_>, key_use: KeyUse) -> Result<(), Finding> {
    let parsed = certificate::parse(der).ok_or(Finding::Malformed)?;
    // RFC 5246 §7.4.2: the bit must be set if the extension is present.
    if let Some(usage) = parsed.key_usage().map_err(|_| Finding::Malformed)? {
        let allowed = match key_use {
            KeyUse::DigitalSignature => usage.value.digital_signature(),
            KeyUse::KeyEncipherment => usage.value.key_encipherment(),
        };
        if !allowed {
            return Err(Finding::KeyUsage(*usage.value));
        }
    }
    certificate::too_small(parsed.public_key()).map_or(Ok(()), |bits| Err(Finding::SmallKey(bits)))
}
