//! 1. The session that the client offers: whether it is resumed, and how.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::finish::send_ticket;
use super::server_hello::{Extras, full_handshake, negotiate, noting_refusal, send_server_hello};
use super::{ServerSide, ServerState};
use crate::error::{Error, Violation};
use crate::handshake::finish::{Authenticated, AwaitChangeCipherSpec, Keyed, OurFinished};
use crate::handshake::flight::Flight;
use crate::handshake::info::Resumption;
use crate::handshake::kept::KeptSession;
use crate::handshake::keys::{Master, Role, connection_keys};
use crate::handshake::need::{FindSessionRequest, Need, OpenTicketRequest, RequestId};
use crate::handshake::negotiate::{Origin, Session, TicketDue, agree_on_protocol, allows, candidates};
use crate::handshake::offer::ClientOffer;
use crate::handshake::policy::Agreement;
use crate::handshake::server_config::Sessions;
use crate::handshake::transcript::Transcript;
use crate::record::{Opener, Sealer};
use crate::session::{MAX_AGE, OpenedTicket, Renewal, SealedTicket, ServerSession};
use crate::wire::Empty;

/// The client's session is being looked up.
pub(crate) struct AwaitSession {
    pub(super) offer: Box<ClientOffer>,
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
        let by = match lookup {
            Lookup::Id(_) => Resumption::SessionId,
            Lookup::Ticket(_) => Resumption::Ticket,
        };
        match opened {
            Some(opened) if resumes => {
                if let (Lookup::Id(id), Sessions::InLoop(store)) = (lookup, &side.config.sessions) {
                    *flight.kept = Some(Box::new(KeptSession::Server { store: Arc::clone(store), id }));
                }
                resume(side, &offer, opened, by, transcript, flight)
            }
            _ => full_handshake(side, &offer, transcript, flight),
        }
    }
}

/// Whether the session is to be resumed. If not, the handshake is a full one.
pub(super) fn may_resume(side: &ServerSide, offer: &ClientOffer, session: &ServerSession) -> Result<bool, Error> {
    let config = &side.config;
    let state = &session.state;
    if !state.extended_master_secret || config.common.extended_master_secret == Agreement::Never {
        // RFC 7627 §5.3: never from without the extended master secret to with it; and without it on both sides, the
        // server SHOULD NOT either.
        return Ok(false);
    }
    // Not where another application protocol is spoken now, nor where another thing is asked of the client.
    let protocol = agree_on_protocol(config, offer)?;
    let same = session.context == config.context(protocol.as_deref())
        // RFC 6066 §3: never under another name. §4: never with another fragment length.
        && state.server_name == offer.server_name
        && state.max_fragment_length == offer.max_fragment_length();
    let peer = state.peer.psk().is_none_or(|identity| config.psks.may_know(identity));
    let suite = config.common.suites.contains(&state.suite) && allows(&config.common, state.suite, offer);
    if !(same && peer && suite && state.age(side.now) < MAX_AGE) {
        return Ok(false);
    }
    // The name may be one that only another server with the same tickets or store has.
    candidates(config, offer)?;
    // RFC 7627 §5.3: from with it to without it, the server MUST abort.
    match offer.extended_master_secret {
        Some(Empty) => Ok(true),
        None => Err(Error::IllegalParameter(Violation::ExtendedMasterSecretLost)),
    }
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
    let ticket = match (renew, &offer.session_ticket) {
        (Renewal::Due, Some(_)) => TicketDue::Yes,
        _ => TicketDue::No,
    };
    let session = Session {
        id: offer.session_id.clone(),
        resumed: Some(Origin { created: state.created, by }),
        ticket,
        not_resumable: None,
        max_fragment_length: offer.max_fragment_length(),
    };
    let negotiated = negotiate(side, offer, state.suite, session)?;
    send_server_hello(side, offer, &negotiated, &Extras::default(), &mut transcript, flight)?;
    transcript.forget_messages();
    let peer = Authenticated::by_session(&state);
    let master = Master::new(common, &negotiated, state.master)?;
    let (opener, sealer) = connection_keys(&common.provider, &negotiated, &master, Role::Server)?;
    let resumed =
        Resumed { keyed: Box::new(Keyed { negotiated, master, transcript, peer, ticket: None }), opener, sealer };
    match ticket {
        TicketDue::Yes => Ok(ServerState::RenewedTicket(AwaitRenewedTicket(resumed))),
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

/// The session that is resumed is being sealed in another ticket.
pub(crate) struct AwaitRenewedTicket(pub(super) Resumed);

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
