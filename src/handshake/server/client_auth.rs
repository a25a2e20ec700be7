//! 4, 5. The client's Certificate and CertificateVerify (RFC 5246 §7.4.6, §7.4.8), and the verdict on them.

use alloc::boxed::Box;
use alloc::sync::Arc;
use rustls_pki_types::CertificateDer;

use super::key_exchange::{Agreed, AwaitClientKeyExchange, ServerExchange};
use super::server_hello::Hello;
use super::{ServerSide, ServerState};
use crate::crypto::PublicKey;
use crate::error::{CertificateError, CertificateErrorKind, Error, KeyFault, Violation};
use crate::handshake::evidence::{PeerVerified, PossessionChecked, Signer};
use crate::handshake::flight::Flight;
use crate::handshake::need::{RequestId, VerifyRequest};
use crate::handshake::peer::{KeyUse, Peer, PeerChain, read_chain};
use crate::session::Verified;
use crate::wire::{CertificateVerify, Message};

/// 4. The client's Certificate is due.
pub(crate) struct AwaitCertificate {
    pub(super) hello: Box<Hello>,
    pub(super) exchange: ServerExchange,
}

impl AwaitCertificate {
    pub(super) fn certificate(
        mut self,
        side: &ServerSide,
        message: Message<'_>,
    ) -> Result<AwaitClientKeyExchange, Error> {
        let chain = read_chain(message.body, side.config.common.chain_limit)?;
        let client = match chain.first() {
            None => Client::Anonymous(PeerVerified::anonymous(&side.config)?),
            Some(first) => {
                let key = PublicKey::of_certificate(first).map_err(|_| {
                    let what = "the client's certificate has no readable public key";
                    CertificateError::new(CertificateErrorKind::Malformed, what)
                })?;
                if let Some(fault @ KeyFault::Unsupported(_)) = key.fault(side.config.common.provider.rsa_key_bits()) {
                    return Err(Error::PeerKey(fault));
                }
                Client::Shown { key: Box::new(key), certificates: chain }
            }
        };
        self.hello.transcript.add(message);
        if let Client::Anonymous(_) = client {
            self.hello.transcript.forget_messages();
        }
        Ok(AwaitClientKeyExchange { hello: self.hello, exchange: self.exchange, client })
    }
}

/// The client's authentication so far.
pub(super) enum Client {
    Anonymous(PeerVerified),
    Shown { key: Box<PublicKey>, certificates: Arc<[CertificateDer<'static>]> },
}

/// CertificateVerify is due.
pub(crate) struct AwaitCertificateVerify {
    pub(super) agreed: Agreed,
    pub(super) key: Box<PublicKey>,
    pub(super) certificates: Arc<[CertificateDer<'static>]>,
}

impl AwaitCertificateVerify {
    pub(super) fn certificate_verify(
        mut self,
        side: &ServerSide,
        message: Message<'_>,
    ) -> Result<AwaitClientChangeCipherSpec, Error> {
        let common = &side.config.common;
        let verify = CertificateVerify::decode(message.body)?;
        // RFC 5246 §7.4.8: the scheme MUST be one of those in the CertificateRequest.
        if !common.schemes.contains(&verify.scheme) {
            return Err(Error::IllegalParameter(Violation::SchemeNotOffered(verify.scheme.0)));
        }
        let transcript = &mut self.agreed.hello.transcript;
        let signer = Signer {
            provider: &*common.provider,
            key: &self.key,
            certificates: &self.certificates,
            scheme: verify.scheme,
        };
        let possession = PossessionChecked::by_signature(&signer, transcript.messages(), verify.signature)?;
        transcript.add(message);
        transcript.forget_messages();
        self.agreed.hello.negotiated.signed_by.client = Some(verify.scheme);
        let client = ProvenClient::Shown { certificates: self.certificates, possession };
        Ok(AwaitClientChangeCipherSpec { agreed: self.agreed, client })
    }
}

/// A client, and the proof that it has the key of its certificate.
pub(super) enum ProvenClient {
    Anonymous(PeerVerified),
    Shown { certificates: Arc<[CertificateDer<'static>]>, possession: PossessionChecked },
}

/// 5. The client's ChangeCipherSpec is due.
///
/// The chain and the premaster secret are processed only then, when the client has nothing more to send before its
/// Finished: so nothing visible to the client depends on the result of the decryption.
pub(crate) struct AwaitClientChangeCipherSpec {
    pub(super) agreed: Agreed,
    pub(super) client: ProvenClient,
}

impl AwaitClientChangeCipherSpec {
    pub(super) fn change_cipher_spec(self, side: &ServerSide, flight: &mut Flight<'_>) -> Result<ServerState, Error> {
        let Self { agreed, client } = self;
        match client {
            ProvenClient::Anonymous(verified) => agreed.with(side, verified, Arc::default(), flight),
            ProvenClient::Shown { certificates, possession } => {
                Ok(ServerState::Verdict(AwaitVerdict { agreed, certificates, possession }))
            }
        }
    }
}

/// Requests the verdict on a client's chain.
pub(super) fn client_chain(side: &ServerSide, certificates: Arc<[CertificateDer<'static>]>) -> VerifyRequest {
    let algorithms = side.config.common.provider.signature_algorithms();
    let chain = PeerChain::new(certificates, Peer::Client, KeyUse::DigitalSignature, side.now(), algorithms);
    VerifyRequest { id: RequestId::next(), chain: Box::new(chain) }
}

/// The client's chain is being verified.
pub(crate) struct AwaitVerdict {
    pub(super) agreed: Agreed,
    pub(super) certificates: Arc<[CertificateDer<'static>]>,
    pub(super) possession: PossessionChecked,
}

impl AwaitVerdict {
    pub(super) fn request(&self, side: &ServerSide) -> VerifyRequest {
        client_chain(side, Arc::clone(&self.certificates))
    }

    pub(super) fn verdict(
        self,
        side: &ServerSide,
        verdict: Result<Verified, CertificateError>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let verified = PeerVerified::by_client_verdict(verdict, side.config.verifier_id(), self.possession)?;
        self.agreed.with(side, verified, self.certificates, flight)
    }
}
