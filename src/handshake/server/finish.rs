//! 6, 7. The client's Finished; the session, its ticket, and our own Finished.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{ServerSide, ServerState};
use crate::error::Error;
use crate::handshake::finish::{Checked, Established, Keyed, NewSession};
use crate::handshake::flight::Flight;
use crate::handshake::kept::KeptSession;
use crate::handshake::need::{RequestId, SealTicketRequest};
use crate::handshake::negotiate::{Session, TicketDue};
use crate::handshake::peer::Peer;
use crate::handshake::resumption::NotResumable;
use crate::handshake::role::Role;
use crate::handshake::server_config::Sessions;
use crate::handshake::transcript::Transcript;
use crate::session::{MAX_TICKET, SealedTicket, ServerSession};
use crate::wire::put_new_session_ticket;

/// 6. The client's Finished has come.
pub(super) fn finished(checked: Checked, side: &ServerSide, flight: &mut Flight<'_>) -> Result<ServerState, Error> {
    if let Some(verifier) = side.config.client_auth.trust() {
        verifier.verifier.established(&Peer::Client, checked.keyed.peer.identity.certificates())?;
    }
    let Session { resumed, ticket, .. } = checked.keyed.negotiated.session;
    match (resumed, ticket) {
        (None, TicketDue::Yes) => Ok(ServerState::Ticket(AwaitTicket(checked))),
        _ => Ok(ServerState::Established(complete(checked, side, flight)?)),
    }
}

/// 7. Sends Finished if it is due, and has the session stored.
pub(super) fn complete(checked: Checked, side: &ServerSide, flight: &mut Flight<'_>) -> Result<Established, Error> {
    let config = &side.config;
    let Session { id, resumed, .. } = &checked.keyed.negotiated.session;
    let mut to_keep = None;
    if resumed.is_none() && !id.is_empty() {
        let session = server_session(side, &checked.keyed);
        match &config.sessions {
            Sessions::Off => {}
            Sessions::InLoop(store) => {
                store.keep(id, session, side.now());
                *flight.kept = Some(Box::new(KeptSession::Server { store: Arc::clone(store), id: id.clone() }));
            }
            Sessions::Later => to_keep = Some(NewSession::Server { id: id.clone(), session }),
        }
    }
    checked.complete(&config.common, Role::Server, to_keep, flight)
}

/// The session that this handshake created or resumed.
pub(super) fn server_session(side: &ServerSide, keyed: &Keyed) -> ServerSession {
    let context = side.config.context(keyed.negotiated.alpn_protocol.as_deref());
    ServerSession { state: Arc::new(keyed.session_state(side.now())), context }
}

pub(super) fn seal_request(side: &ServerSide, keyed: &Keyed) -> SealTicketRequest {
    SealTicketRequest { id: RequestId::next(), session: Box::new(server_session(side, keyed)) }
}

/// Sends NewSessionTicket; an empty one if no ticket could be issued, or if it is too long (RFC 5077 §3.3).
pub(super) fn send_ticket(
    transcript: &mut Transcript,
    ticket: Option<SealedTicket>,
    flight: &mut Flight<'_>,
) -> Result<(), Error> {
    let ticket = ticket.filter(|sealed| sealed.ticket.len() <= MAX_TICKET);
    let (lifetime_hint, ticket) = ticket.map_or((0, Vec::new()), |sealed| (sealed.lifetime_hint, sealed.ticket));
    flight.message(transcript, |out| put_new_session_ticket(out, lifetime_hint, &ticket))
}

/// The session is being sealed in a ticket.
pub(crate) struct AwaitTicket(pub(super) Checked);

impl AwaitTicket {
    pub(super) fn sealed(
        mut self,
        side: &ServerSide,
        ticket: Option<SealedTicket>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let keyed = &mut self.0.keyed;
        let sealed = ticket.as_ref().map(|sealed| &*sealed.ticket).unwrap_or_default();
        keyed.negotiated.session.not_resumable = NotResumable::by_ticket(sealed);
        send_ticket(&mut keyed.transcript, ticket, flight)?;
        Ok(ServerState::Established(complete(self.0, side, flight)?))
    }
}
