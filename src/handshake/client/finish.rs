//! 8. NewSessionTicket and the server's Finished.

use super::{ClientSide, ClientState};
use crate::error::Error;
use crate::handshake::finish::{AwaitChangeCipherSpec, AwaitFinished, Established, Keyed, NewSession};
use crate::handshake::flight::Flight;
use crate::handshake::negotiate::{Negotiated, Session, TicketDue};
use crate::handshake::resumption::NotResumable;
use crate::handshake::role::Role;
use crate::session::{ClientSession, Handle, MAX_TICKET};
use crate::wire::{Message, NewSessionTicket};
use alloc::sync::Arc;

impl AwaitChangeCipherSpec {
    /// 8. NewSessionTicket is due first, if the ServerHello promised it.
    pub(super) fn after_ticket(self) -> ClientState {
        match self.keyed.negotiated.session.ticket {
            TicketDue::Yes => ClientState::NewSessionTicket(AwaitNewSessionTicket(self)),
            TicketDue::No => ClientState::ChangeCipherSpec(self),
        }
    }
}

/// NewSessionTicket is due.
pub(crate) struct AwaitNewSessionTicket(pub(super) AwaitChangeCipherSpec);

impl AwaitNewSessionTicket {
    pub(super) fn new_session_ticket(
        mut self,
        side: &ClientSide,
        message: Message<'_>,
    ) -> Result<AwaitChangeCipherSpec, Error> {
        let NewSessionTicket { lifetime_hint, ticket } = NewSessionTicket::decode(message.body)?;
        // RFC 5077 §3.3: an empty one means that the server decided not to issue a ticket.
        self.0.keyed.negotiated.session.not_resumable = NotResumable::by_ticket(ticket);
        if (1..=MAX_TICKET).contains(&ticket.len()) {
            let ticket = Handle::Ticket { ticket: ticket.into(), lifetime_hint, received: side.now() };
            self.0.keyed.ticket = Some(ticket);
        }
        self.0.keyed.transcript.add(message);
        Ok(self.0)
    }
}

/// The server's Finished has come.
pub(super) fn finished(
    state: AwaitFinished,
    side: &ClientSide,
    message: Message<'_>,
    flight: &mut Flight<'_>,
) -> Result<Established, Error> {
    let common = &side.config.common;
    let mut checked = state.finished(common, Role::Client, message)?;
    let certificates = checked.keyed.peer.identity.certificates();
    side.config.verifier.established(&side.peer(), certificates)?;
    let session = new_session(&mut checked.keyed, side);
    checked.complete(common, Role::Client, session, flight)
}

/// The session that the server allows to be resumed. RFC 7627 §5.3: one without the extended master secret is kept only
/// if the policy says so.
pub(super) fn new_session(keyed: &mut Keyed, side: &ClientSide) -> Option<NewSession> {
    let Negotiated { session: Session { id, resumed, not_resumable, .. }, extended_master_secret, .. } =
        &mut *keyed.negotiated;
    let by_id = || (!id.is_empty() && resumed.is_none()).then(|| Handle::Id(id.clone()));
    let handle = keyed.ticket.take().or_else(by_id);
    *not_resumable = match (&handle, &resumed) {
        _ if !side.config.common.keeps_session(*extended_master_secret) => Some(NotResumable::NoExtendedMasterSecret),
        // A resumed session can be resumed again.
        (Some(_), _) | (None, Some(_)) => None,
        (None, None) => not_resumable.or(Some(NotResumable::NotOffered)),
    };
    let handle = handle.filter(|_| not_resumable.is_none())?;
    let credentials = keyed.peer.credentials.clone();
    Some(NewSession::Client(ClientSession { state: Arc::new(keyed.session_state(side.now())), handle, credentials }))
}
