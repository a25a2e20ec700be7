//! 3, 6. The server's Certificate, what may come with it, and the verdict on it.

use alloc::boxed::Box;
use alloc::sync::Arc;
use rustls_pki_types::CertificateDer;

use super::client_auth::{AwaitCertificateChoice, AwaitCertificateRequest, ClientAuth};
use super::key_exchange::{AwaitServerKeyExchange, ExchangeKind, ServerExchange, ServerParams, send_key_exchange};
use super::{ClientSide, ClientState};
use crate::crypto::{CipherSuite, PublicKey};
use crate::error::{CertificateError, CertificateErrorKind, Error, KeyFault, Violation};
use crate::handshake::evidence::{KeyExchangeChecked, PeerVerified};
use crate::handshake::flight::Flight;
use crate::handshake::negotiate::Negotiated;
use crate::handshake::peer::{KeyUse, PeerChain, read_chain};
use crate::handshake::transcript::Transcript;
use crate::session::{Stapled, Verified};
use crate::wire::{Message, decode_certificate_status};

/// Whether a CertificateStatus may come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StatusDue {
    No,
    Perhaps,
}

/// 3. Certificate is due.
pub(crate) struct AwaitCertificate {
    pub(super) negotiated: Box<Negotiated>,
    pub(super) transcript: Transcript,
    pub(super) sct_list: Option<Arc<[u8]>>,
    pub(super) status: StatusDue,
}

impl AwaitCertificate {
    pub(super) fn certificate(
        mut self,
        side: &ClientSide,
        message: Message<'_>,
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let chain = read_chain(message.body, side.config.common.chain_limit)?;
        let Some(first) = chain.first() else {
            return Err(CertificateError::new(CertificateErrorKind::NoServerCertificate, "").into());
        };
        let key = PublicKey::of_certificate(first).map_err(|_| {
            CertificateError::new(
                CertificateErrorKind::Malformed,
                "the server's certificate has no readable public key",
            )
        })?;
        // RFC 5246 §7.4.2: the key MUST be appropriate for the key exchange; RFC 8422 §5.1: on a curve that was offered.
        if let Some(fault @ KeyFault::Unsupported(_)) = key.fault(side.config.common.provider.rsa_key_bits()) {
            return Err(Error::PeerKey(fault));
        }
        let suite = self.negotiated.suite;
        if !key.key_type().serves(suite.key_exchange) {
            if let Some(journal) = flight.journal {
                journal.better_certificate = better_certificate(suite, &chain);
            }
            return Err(Error::IllegalParameter(Violation::CertificateKeyKind(suite.code)));
        }
        if let Some(curve) = key.key_type().curve().filter(|curve| !side.config.common.groups.contains(curve)) {
            return Err(Error::IllegalParameter(Violation::CertificateKeyCurve(curve.0)));
        }
        if let Some(previous) = &self.negotiated.previous {
            previous.check_peer(&chain)?;
        }
        self.transcript.add(message);
        let Self { negotiated, transcript, sct_list, status } = self;
        let server = Server { certificates: chain, key, sct_list, ocsp_response: None };
        let identified = Box::new(Identified { negotiated, transcript, server });
        Ok(match status {
            StatusDue::No => identified.exchange(),
            StatusDue::Perhaps => ClientState::CertificateStatus(AwaitCertificateStatus(identified)),
        })
    }
}

/// The place of the certificate in the chain whose key serves `suite`, the first being 1, and how many there are.
fn better_certificate(suite: &CipherSuite, chain: &[CertificateDer<'_>]) -> Option<(usize, usize)> {
    let serves = |certificate: &CertificateDer<'_>| {
        PublicKey::of_certificate(certificate).is_ok_and(|key| key.key_type().serves(suite.key_exchange))
    };
    chain.iter().position(serves).map(|place| (place + 1, chain.len()))
}

/// The server's certificates, the key in the first of them, and the data that was sent with them.
pub(super) struct Server {
    pub(super) certificates: Arc<[CertificateDer<'static>]>,
    pub(super) key: PublicKey,
    pub(super) sct_list: Option<Arc<[u8]>>,
    pub(super) ocsp_response: Option<Arc<[u8]>>,
}

impl Server {
    /// The OCSP response and timestamps that came with the certificates, if any.
    pub(super) fn stapled(&self) -> Option<Arc<Stapled>> {
        let Self { sct_list, ocsp_response, .. } = self;
        (sct_list.is_some() || ocsp_response.is_some()).then(|| {
            let [ocsp_response, sct_list] = [ocsp_response, sct_list].map(|part| part.clone().unwrap_or_default());
            Arc::new(Stapled { ocsp_response, sct_list })
        })
    }
}

/// All that is known when the server has shown its certificate. Boxed, as it is moved from state to state.
pub(super) struct Identified {
    pub(super) negotiated: Box<Negotiated>,
    pub(super) transcript: Transcript,
    pub(super) server: Server,
}

impl Identified {
    /// The next message depends on the key exchange.
    pub(super) fn exchange(self: Box<Self>) -> ClientState {
        match KeyExchangeChecked::by_encryption(self.negotiated.suite) {
            None => ClientState::ServerKeyExchange(AwaitServerKeyExchange(self)),
            Some(checked) => {
                let exchange = ServerExchange { checked, kind: ExchangeKind::Rsa };
                ClientState::CertificateRequest(AwaitCertificateRequest(ServerParams { identified: self, exchange }))
            }
        }
    }
}

/// CertificateStatus may come.
pub(crate) struct AwaitCertificateStatus(pub(super) Box<Identified>);

impl AwaitCertificateStatus {
    pub(super) fn certificate_status(mut self, message: Message<'_>) -> Result<ClientState, Error> {
        self.0.server.ocsp_response = Some(decode_certificate_status(message.body)?.into());
        self.0.transcript.add(message);
        Ok(self.0.exchange())
    }
}

impl ServerParams {
    pub(super) fn peer_chain(&self, side: &ClientSide) -> PeerChain {
        let Self { identified, exchange } = self;
        let Server { certificates, ocsp_response, sct_list, .. } = &identified.server;
        PeerChain {
            certificates: Arc::clone(certificates),
            peer: side.peer(),
            // RFC 5246 §7.4.2: the key usage that each key exchange needs.
            key_use: match exchange.kind {
                ExchangeKind::Rsa => KeyUse::KeyEncipherment,
                ExchangeKind::Ecdhe { .. } => KeyUse::DigitalSignature,
            },
            now: side.now(),
            algorithms: side.config.common.provider.signature_algorithms(),
            ocsp_response: ocsp_response.clone(),
            sct_list: sct_list.clone(),
        }
    }
}

/// This side continues once the server's chain is verified.
pub(crate) struct AwaitVerdict {
    pub(super) params: ServerParams,
    pub(super) client_auth: ClientAuth,
}

impl AwaitVerdict {
    pub(super) fn verdict(
        self,
        side: &ClientSide,
        verdict: Result<Verified, CertificateError>,
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let verified = PeerVerified::by_verdict(verdict, side.config.verifier.identity())?;
        let Self { params, client_auth } = self;
        match client_auth {
            ClientAuth::Requested(wanted) => {
                Ok(ClientState::CertificateChoice(AwaitCertificateChoice { params, verified, wanted }))
            }
            ClientAuth::NotRequested => send_key_exchange(side, params, verified, None, flight)?.finish(side, flight),
        }
    }
}
