//! 1. The session that the client offers: whether it is resumed, and how.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::client_auth::client_chain;
use super::finish::send_ticket;
use super::server_hello::{Extras, full_handshake, negotiate, noting_refusal, send_server_hello};
use super::{ServerSide, ServerState};
use crate::crypto::Secret;
use crate::error::{CertificateError, Error, Violation};
use crate::handshake::finish::{Authenticated, AwaitChangeCipherSpec, Keyed, OurFinished};
use crate::handshake::flight::Flight;
use crate::handshake::kept::KeptSession;
use crate::handshake::keys::{Master, connection_keys};
use crate::handshake::need::{FindPskRequest, FindSessionRequest, Need, OpenTicketRequest, RequestId, VerifyRequest};
use crate::handshake::negotiate::{
    Origin, Session, TicketDue, agree_on_master_secret, agree_on_protocol, allows, candidates,
};
use crate::handshake::offer::{ClientOffer, OfferedName};
use crate::handshake::psk_hash::is_of_psk;
use crate::handshake::resumption::Resumption;
use crate::handshake::role::Role;
use crate::handshake::server_config::Sessions;
use crate::handshake::transcript::Transcript;
use crate::record::{Opener, Sealer};
use crate::session::{
    MAX_AGE, OpenedTicket, PeerIdentity, Renewal, SealedTicket, ServerSession, SessionState, Verdict, Verified,
};

/// The client's session is being looked up.
pub(crate) struct AwaitSession {
    pub(super) offer: Arc<ClientOffer>,
    pub(super) transcript: Transcript,
    pub(super) lookup: Lookup,
}

pub(super) enum Lookup {
    Id(Box<[u8]>),
    Ticket(Box<[u8]>),
}

impl AwaitSession {
    pub(super) fn request(&self) -> Need {
        let id = RequestId::next();
        match &self.lookup {
            Lookup::Id(session_id) => Need::FindSession(FindSessionRequest { id, session_id: session_id.clone() }),
            Lookup::Ticket(ticket) => Need::OpenTicket(OpenTicketRequest { id, ticket: ticket.clone() }),
        }
    }

    pub(super) fn looked_up(
        self,
        side: &ServerSide,
        opened: Option<OpenedTicket>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let Self { offer, transcript, lookup } = self;
        let resumes = opened.as_ref().map_or(Ok(false), |opened| may_resume(side, &offer, &opened.session));
        let resumes = noting_refusal(resumes, side, &offer, flight)?;
        match opened {
            Some(opened) if resumes => {
                let found = Found { offer, transcript, opened, lookup };
                if found.is_to_be_verified(side) {
                    return Ok(ServerState::SessionVerdict(AwaitSessionVerdict(Box::new(found))));
                }
                if found.opened.session.state.peer.psk().is_some() {
                    return Ok(ServerState::SessionPsk(AwaitSessionPsk(Box::new(found))));
                }
                found.resume(side, flight)
            }
            _ => full_handshake(side, &offer, transcript, flight),
        }
    }
}

/// The session that may be resumed.
pub(super) struct Found {
    offer: Arc<ClientOffer>,
    transcript: Transcript,
    opened: OpenedTicket,
    lookup: Lookup,
}

impl Found {
    /// A session is only as trustworthy as the client's chain is now: the verdict on the chain holds for a limited
    /// time, and for the verifier that gave it.
    fn is_to_be_verified(&self, side: &ServerSide) -> bool {
        let SessionState { peer, verdict, .. } = &*self.opened.session.state;
        !peer.certificates().is_empty() && !verdict.holds(side.config.verifier_id(), side.now())
    }

    fn resume(self, side: &ServerSide, flight: &mut Flight<'_>) -> Result<ServerState, Error> {
        let Self { offer, transcript, opened, lookup } = self;
        let by = match lookup {
            Lookup::Ticket(_) => Resumption::Ticket,
            Lookup::Id(id) => {
                if let Sessions::InLoop(store) = &side.config.sessions {
                    *flight.kept = Some(Box::new(KeptSession::Server { store: Arc::clone(store), id }));
                }
                Resumption::SessionId
            }
        };
        resume(side, &offer, opened, by, transcript, flight)
    }
}

/// The client's chain is being verified again.
pub(crate) struct AwaitSessionVerdict(Box<Found>);

impl AwaitSessionVerdict {
    pub(super) fn request(&self, side: &ServerSide) -> VerifyRequest {
        let certificates = match &self.0.opened.session.state.peer {
            PeerIdentity::Certificates(certificates) => Arc::clone(certificates),
            PeerIdentity::Psk(_) => Arc::default(),
        };
        client_chain(side, certificates)
    }

    /// If the session's chain is not trusted, the handshake is a full one, in which the client can present another.
    pub(super) fn verdict(
        self,
        side: &ServerSide,
        verdict: Result<Verified, CertificateError>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let Self(mut found) = self;
        match verdict {
            Ok(verified) => {
                let state = Arc::make_mut(&mut found.opened.session.state);
                state.verdict = Verdict { verified, verifier: side.config.verifier_id() };
                found.resume(side, flight)
            }
            Err(_) => {
                let Found { offer, transcript, .. } = *found;
                full_handshake(side, &offer, transcript, flight)
            }
        }
    }
}

/// The key of the session's identity is being looked up: it may have been replaced or revoked.
pub(crate) struct AwaitSessionPsk(Box<Found>);

impl AwaitSessionPsk {
    pub(super) fn request(&self) -> FindPskRequest {
        let identity = self.0.opened.session.state.peer.psk().unwrap_or_default();
        FindPskRequest { id: RequestId::next(), identity: identity.into() }
    }

    /// If the session was made with another key, the handshake is a full one, in which the client must prove that it has this.
    pub(super) fn found(
        self,
        side: &ServerSide,
        key: Option<Secret>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let Self(found) = self;
        let state = &found.opened.session.state;
        match key {
            Some(key) if is_of_psk(&*side.config.common.provider, state, &key)? => found.resume(side, flight),
            _ => full_handshake(side, &found.offer, found.transcript, flight),
        }
    }
}

/// Whether the session is to be resumed. If not, the handshake is a full one.
pub(super) fn may_resume(side: &ServerSide, offer: &ClientOffer, session: &ServerSession) -> Result<bool, Error> {
    let config = &side.config;
    let state = &session.state;
    // RFC 7627 §5.3: without the extended master secret on both sides, the server SHOULD NOT; and from without it to with it,
    // the server MUST NOT.
    let gains_it =
        !state.extended_master_secret && agree_on_master_secret(&config.common, offer.extended_master_secret)?;
    if gains_it || !config.common.may_resume(state.extended_master_secret) {
        return Ok(false);
    }
    // Not if the application protocol, or the requirements on the client, have changed.
    let protocol = agree_on_protocol(config, offer)?;
    let same = session.context == config.context(protocol.as_deref())
        // RFC 6066 §3: never under another name. §4: never with another fragment length.
        && offer.name != OfferedName::Other
        && state.server_name.as_deref() == offer.server_name()
        && state.max_fragment_length == offer.max_fragment_length();
    let suite = config.common.suites.contains(&state.suite) && allows(&config.common, state.suite, offer);
    let signed = config.common.accepts(state.signed_by.group, state.signed_by.client);
    if !(same && suite && signed && state.age(side.now()) < MAX_AGE) {
        return Ok(false);
    }
    // The name may be unknown to this server, if it shares tickets or a store with others.
    candidates(config, offer)?;
    // RFC 7627 §5.3: from with it to without it, the server MUST abort.
    if state.extended_master_secret && offer.extended_master_secret.is_none() {
        return Err(Error::IllegalParameter(Violation::ExtendedMasterSecretLost));
    }
    Ok(true)
}

/// 2. Resumes the session: sends ServerHello, and all but the ticket that may be due.
pub(super) fn resume(
    side: &ServerSide,
    offer: &ClientOffer,
    opened: OpenedTicket,
    by: Resumption,
    mut transcript: Transcript,
    flight: &mut Flight<'_>,
) -> Result<ServerState, Error> {
    let common = &side.config.common;
    let OpenedTicket { session: ServerSession { state, .. }, renew } = opened;
    let ticket = match (renew, offer.session_ticket()) {
        (Renewal::Due, Some(_)) => TicketDue::Yes,
        _ => TicketDue::No,
    };
    let session = Session {
        id: offer.session_id.clone(),
        resumed: Some(Origin { created: state.created, by }),
        offered: offer.session(),
        ticket,
        not_resumable: None,
        max_fragment_length: offer.max_fragment_length(),
        limits_fragments: offer.max_fragment_length().is_some(),
    };
    let mut negotiated = negotiate(side, offer, state.suite, session)?;
    negotiated.signed_by = state.signed_by;
    send_server_hello(side, offer, &negotiated, &Extras::default(), &mut transcript, flight)?;
    transcript.forget_messages();
    let peer = Authenticated::by_session(&state);
    let master = Master::new(common, &negotiated, state.master.clone())?;
    let (opener, sealer) = connection_keys(&common.provider, &negotiated, &master, Role::Server)?;
    let resumed = Resumed {
        keyed: Box::new(Keyed { negotiated, master, transcript, peer, ticket: None, false_start: None }),
        opener,
        sealer,
    };
    match ticket {
        TicketDue::Yes => Ok(ServerState::RenewedTicket(AwaitRenewedTicket(Box::new(resumed)))),
        TicketDue::No => Ok(ServerState::ChangeCipherSpec(resumed.finish(side, flight)?)),
    }
}

/// A resumed session with its new keys.
pub(super) struct Resumed {
    pub(super) keyed: Box<Keyed>,
    pub(super) opener: Opener,
    pub(super) sealer: Sealer,
}

impl Resumed {
    /// Sends ChangeCipherSpec and Finished.
    pub(super) fn finish(self, side: &ServerSide, flight: &mut Flight<'_>) -> Result<AwaitChangeCipherSpec, Error> {
        let Self { mut keyed, opener, sealer } = self;
        let ours = keyed.send_finished(&side.config.common, Role::Server, sealer, flight)?;
        Ok(AwaitChangeCipherSpec { keyed, opener, ours: OurFinished::Sent(ours) })
    }
}

/// The resumed session is being sealed in a new ticket.
pub(crate) struct AwaitRenewedTicket(pub(super) Box<Resumed>);

impl AwaitRenewedTicket {
    pub(super) fn sealed(
        mut self,
        side: &ServerSide,
        ticket: Option<SealedTicket>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        send_ticket(&mut self.0.keyed.transcript, ticket, flight)?;
        Ok(ServerState::ChangeCipherSpec(self.0.finish(side, flight)?))
    }
}
