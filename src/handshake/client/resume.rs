//! 1. The session to be offered: whether its server is still trusted, and its pre-shared key the same.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::hello::{client_hello, fits};
use super::{ClientSide, ClientState};
use crate::crypto::KeyExchange;
use crate::error::{CertificateError, Error};
use crate::handshake::flight::Flight;
use crate::handshake::need::{RequestId, SelectPskRequest, VerifyRequest};
use crate::handshake::peer::{KeyUse, PeerChain};
use crate::handshake::psk::PresharedKey;
use crate::handshake::psk_hash::is_of_psk;
use crate::session::{ClientSession, PeerIdentity, SessionState, Verdict, Verified};

/// Begins the handshake: sends the ClientHello, unless the chain of the offered session has to be verified first, or its
/// pre-shared key compared.
pub(crate) fn begin(
    side: &ClientSide,
    session: Option<ClientSession>,
    flight: &mut Flight<'_>,
) -> Result<ClientState, Error> {
    match session.filter(|session| fits(side, session)) {
        Some(session) if is_to_be_verified(side, &session) => {
            Ok(ClientState::SessionVerdict(AwaitSessionVerdict(Box::new(session))))
        }
        Some(session) if session.psk_identity().is_some() => {
            Ok(ClientState::SessionPsk(AwaitSessionPsk(Box::new(session))))
        }
        session => Ok(ClientState::ServerHello(client_hello(side, session, None, flight)?)),
    }
}

/// A session is only as trustworthy as its chain is now: the verdict on the chain holds for a limited time, and for the
/// verifier that gave it.
fn is_to_be_verified(side: &ClientSide, session: &ClientSession) -> bool {
    let SessionState { peer, verdict, .. } = &*session.state;
    !peer.certificates().is_empty() && !verdict.holds(side.config.verifier.identity(), side.now())
}

/// The chain of the session is being verified again.
pub(crate) struct AwaitSessionVerdict(Box<ClientSession>);

impl AwaitSessionVerdict {
    /// Includes what came with the chain in its handshake: the verifier decides whether an OCSP response is still current.
    pub(super) fn request(&self, side: &ClientSide) -> VerifyRequest {
        let SessionState { suite, peer, stapled, .. } = &*self.0.state;
        let certificates = match peer {
            PeerIdentity::Certificates(certificates) => certificates.clone(),
            PeerIdentity::Psk(_) => [].into(),
        };
        let key_use = match suite.key_exchange {
            KeyExchange::Rsa => KeyUse::KeyEncipherment,
            _ => KeyUse::DigitalSignature,
        };
        let algorithms = side.config.common.provider.signature_algorithms();
        let mut chain = PeerChain::new(certificates, side.peer(), key_use, side.now(), algorithms);
        if let Some(stapled) = stapled {
            let part = |part: &Arc<[u8]>| (!part.is_empty()).then(|| Arc::clone(part));
            (chain.ocsp_response, chain.sct_list) = (part(&stapled.ocsp_response), part(&stapled.sct_list));
        }
        VerifyRequest { id: RequestId::next(), chain: Box::new(chain) }
    }

    /// Sends the ClientHello. If the session's chain is not trusted, the handshake is a full one, in which the server
    /// can present another.
    pub(super) fn verdict(
        self,
        side: &ClientSide,
        verdict: Result<Verified, CertificateError>,
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let session = verdict.ok().map(|verified| {
            let mut session = *self.0;
            let state = Arc::make_mut(&mut session.state);
            state.verdict = Verdict { verified, verifier: side.config.verifier.identity() };
            session
        });
        Ok(ClientState::ServerHello(client_hello(side, session, None, flight)?))
    }
}

/// The key for the server of the session is being chosen: it may not be the one with which the session was made any longer.
pub(crate) struct AwaitSessionPsk(Box<ClientSession>);

impl AwaitSessionPsk {
    pub(super) fn request(&self) -> SelectPskRequest {
        let session = self.0.psk_identity().map(Box::from);
        SelectPskRequest { id: RequestId::next(), hint: Box::default(), session }
    }

    /// Sends the ClientHello. If the session was made with another key, the handshake is a full one.
    pub(super) fn chosen(
        self,
        side: &ClientSide,
        psk: Option<PresharedKey>,
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let state = &self.0.state;
        let is_same = match psk.filter(|psk| state.peer.psk() == Some(psk.identity())) {
            Some(psk) => is_of_psk(&*side.config.common.provider, state, &psk.key)?,
            None => false,
        };
        let session = is_same.then_some(*self.0);
        Ok(ClientState::ServerHello(client_hello(side, session, None, flight)?))
    }
}
