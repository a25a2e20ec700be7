//! 5 to 7. CertificateRequest, ServerHelloDone, and our Certificate and CertificateVerify (RFC 5246 §7.4.4 to §7.4.8).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::certificate::AwaitVerdict;
use super::key_exchange::{Ready, ServerParams, send_key_exchange};
use super::{ClientSide, ClientState};
use crate::crypto::fitting_signature;
use crate::error::Error;
use crate::handshake::client_config::ClientCertificates;
use crate::handshake::credential::{AuthorityNames, Credential, UnfitCertificate, UnfitReason};
use crate::handshake::evidence::PeerVerified;
use crate::handshake::flight::Flight;
use crate::handshake::journal::{CertificateRequested, Shown};
use crate::handshake::need::{RequestId, SelectCertificateRequest, SignRequest};
use crate::wire::{
    CertificateRequest, ClientCertificateType, Message, Reader, SignatureScheme, put_certificate,
    put_certificate_verify,
};

/// 5. CertificateRequest may come, or ServerHelloDone.
pub(crate) struct AwaitCertificateRequest(pub(super) ServerParams);

impl AwaitCertificateRequest {
    pub(super) fn certificate_request(mut self, message: Message<'_>) -> Result<AwaitServerHelloDone, Error> {
        let CertificateRequest { certificate_types, signature_algorithms, authorities } =
            CertificateRequest::decode(message.body)?;
        let wanted = Box::new(Wanted {
            types: certificate_types.iter().copied().map(ClientCertificateType).collect(),
            schemes: signature_algorithms.iter().map(SignatureScheme).collect(),
            authorities: authorities.into(),
        });
        self.0.identified.transcript.add(message);
        Ok(AwaitServerHelloDone { params: self.0, client_auth: ClientAuth::Requested(wanted) })
    }

    pub(super) fn server_hello_done(self, message: Message<'_>) -> Result<AwaitVerdict, Error> {
        AwaitServerHelloDone { params: self.0, client_auth: ClientAuth::NotRequested }.server_hello_done(message)
    }
}

/// Whether the server requests a certificate.
pub(super) enum ClientAuth {
    NotRequested,
    Requested(Box<Wanted>),
}

/// The contents of a CertificateRequest.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) types: Vec<ClientCertificateType>,
    pub(super) schemes: Vec<SignatureScheme>,
    pub(super) authorities: AuthorityNames,
}

/// 6. ServerHelloDone is due.
pub(crate) struct AwaitServerHelloDone {
    pub(super) params: ServerParams,
    pub(super) client_auth: ClientAuth,
}

impl AwaitServerHelloDone {
    pub(super) fn server_hello_done(mut self, message: Message<'_>) -> Result<AwaitVerdict, Error> {
        Reader::new("ServerHelloDone", message.body).done()?;
        let transcript = &mut self.params.identified.transcript;
        transcript.add(message);
        if let ClientAuth::NotRequested = self.client_auth {
            transcript.forget_messages();
        }
        Ok(AwaitVerdict { params: self.params, client_auth: self.client_auth })
    }
}

/// Our certificate is being chosen.
pub(crate) struct AwaitCertificateChoice {
    pub(super) params: ServerParams,
    pub(super) verified: PeerVerified,
    pub(super) wanted: Box<Wanted>,
}

impl AwaitCertificateChoice {
    pub(super) fn request(&self) -> SelectCertificateRequest {
        let Wanted { types, schemes, authorities } = &*self.wanted;
        SelectCertificateRequest {
            id: RequestId::next(),
            types: types.clone(),
            schemes: schemes.clone(),
            authorities: authorities.clone(),
        }
    }

    /// 7. Sends Certificate and ClientKeyExchange.
    pub(super) fn chosen(
        mut self,
        side: &ClientSide,
        credential: Option<Arc<Credential>>,
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let common = &side.config.common;
        let Wanted { types, schemes, authorities } = core::mem::take(&mut *self.wanted);
        let unfit = |credential: &Credential| credential.unfit(common, &types, &schemes, &authorities);
        let reason = credential.as_deref().and_then(unfit);
        let candidates = match &side.config.certificates {
            ClientCertificates::InLoop(credentials) => credentials.as_slice(),
            ClientCertificates::Later => credential.as_slice(),
        };
        let unfit = candidates
            .iter()
            .enumerate()
            .filter_map(|(i, credential)| Some(UnfitCertificate { place: i + 1, reason: unfit(credential)? }));
        let unfit: Vec<_> = unfit.collect();
        self.params.identified.negotiated.unfit.clone_from(&unfit);
        let usable = credential.and_then(|credential| {
            // RFC 5246 §7.4.6: of a type that the server names.
            let fits = types.contains(&credential.client_certificate_type());
            let scheme = credential.scheme(common, &schemes).filter(|_| fits)?;
            Some((credential, scheme))
        });
        if let Some(journal) = flight.journal {
            let shown = match (&usable, reason) {
                (None, _) => Shown::Nothing,
                (Some(_), Some(UnfitReason::Authority)) => Shown::OfOtherAuthority,
                (Some(_), _) => Shown::Certificate,
            };
            journal.certificate_request = Some(CertificateRequested { authorities, types, schemes, shown, unfit });
        }
        // RFC 5246 §7.4.6: without a suitable certificate, the message has an empty list.
        let shown = usable.as_ref().map_or_else(Arc::default, |(credential, _)| Arc::clone(&credential.chain));
        flight.message(&mut self.params.identified.transcript, |out| put_certificate(out, &shown))?;
        if usable.is_none() {
            self.params.identified.transcript.forget_messages();
        }
        let ready = send_key_exchange(side, self.params, self.verified, Some(shown), flight)?;
        match usable {
            None => ready.finish(side, flight),
            Some((credential, scheme)) => {
                Ok(ClientState::Signature(AwaitSignature { ready: Box::new(ready), credential, scheme }))
            }
        }
    }
}

/// All messages so far are being signed with the key of our certificate.
pub(crate) struct AwaitSignature {
    pub(super) ready: Box<Ready>,
    pub(super) credential: Arc<Credential>,
    pub(super) scheme: SignatureScheme,
}

impl AwaitSignature {
    pub(super) fn request(&self) -> SignRequest {
        SignRequest {
            id: RequestId::next(),
            key: self.credential.public_key.clone(),
            scheme: self.scheme,
            message: self.ready.keyed.transcript.messages().to_vec(),
        }
    }

    /// The credential that signs.
    pub(crate) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Sends CertificateVerify.
    pub(super) fn signed(
        mut self,
        side: &ClientSide,
        signature: &[u8],
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let (transcript, signature) = (&mut self.ready.keyed.transcript, fitting_signature(signature)?);
        flight.message(transcript, |out| put_certificate_verify(out, self.scheme, signature))?;
        self.ready.keyed.negotiated.signed_by.client = Some(self.scheme);
        self.ready.finish(side, flight)
    }
}
