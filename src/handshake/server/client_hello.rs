//! 1. The ClientHello (RFC 5246 §7.4.1.2).

use alloc::sync::Arc;

use super::resume::{AwaitSession, Lookup};
use super::server_hello::full_handshake;
use super::{ServerSide, ServerState};
use crate::error::Error;
use crate::handshake::flight::Flight;
use crate::handshake::need::{RequestId, SelectConfigRequest};
use crate::handshake::offer::ClientOffer;
use crate::handshake::server_config::{Sessions, TicketPolicy};
use crate::handshake::transcript::Transcript;
use crate::wire::Message;

/// 1. ClientHello is due.
pub(crate) struct AwaitClientHello;

impl AwaitClientHello {
    pub(super) fn client_hello(self, message: Message<'_>, flight: &mut Flight<'_>) -> Result<Greeted, Error> {
        let offer = Arc::new(ClientOffer::decode(message.body)?);
        flight.greeted();
        let mut transcript = Transcript::default();
        transcript.add(message);
        Ok(Greeted { offer, transcript })
    }
}

/// A ClientHello that is to be answered.
pub(crate) struct Greeted {
    offer: Arc<ClientOffer>,
    transcript: Transcript,
}

impl Greeted {
    pub(super) fn request(&self) -> SelectConfigRequest {
        SelectConfigRequest { id: RequestId::next(), offer: Arc::clone(&self.offer) }
    }

    /// The ClientHello, with its header.
    pub(crate) fn client_hello(&self) -> &[u8] {
        self.transcript.messages()
    }

    /// Continues with this configuration.
    pub(super) fn answer(self, side: &ServerSide, flight: &mut Flight<'_>) -> Result<ServerState, Error> {
        let Self { offer, transcript } = self;
        side.config.common.policy.later_version.check_client(&offer)?;
        let tickets = !matches!(side.config.tickets, TicketPolicy::Off);
        let sessions = !matches!(side.config.sessions, Sessions::Off);
        // RFC 5077 §3.4: a ticket takes precedence over an ID, which is then only echoed.
        let lookup = match offer.session_ticket() {
            Some(ticket) if tickets && !ticket.is_empty() => Some(Lookup::Ticket(ticket.into())),
            _ if sessions && !offer.session_id.is_empty() => Some(Lookup::Id(offer.session_id.clone())),
            _ => None,
        };
        match lookup {
            Some(lookup) => Ok(ServerState::Session(AwaitSession { offer, transcript, lookup })),
            None => full_handshake(side, &offer, transcript, flight),
        }
    }
}
