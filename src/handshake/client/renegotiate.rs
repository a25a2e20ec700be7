//! Renegotiation: another handshake under the keys of the connection (RFC 5246 §7.4.1.1, RFC 5746), for servers that
//! request a certificate only after they have read an application request.

use alloc::boxed::Box;

use super::hello::client_hello;
use super::{ClientSide, ClientState};
use crate::error::Error;
use crate::handshake::client_config::Renegotiation;
use crate::handshake::finish::Established;
use crate::handshake::flight::{Flight, Sending};
use crate::handshake::input::Input;
use crate::handshake::journal::{Journal, JournalOf};
use crate::handshake::need::AnswerBody;
use crate::handshake::previous::Previous;
use crate::handshake::refusal::RenegotiationRefusal;

/// An established connection in renegotiation: the established state, which holds until the end, and the state of the
/// new handshake.
pub(crate) struct Renegotiating {
    pub(crate) established: Established,
    pub(crate) state: ClientState,
}

impl Renegotiating {
    pub(super) fn step(
        self,
        side: &ClientSide,
        input: Input<'_>,
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let state = self.state.step(side, input, flight)?;
        Ok(in_place_of(self.established, state))
    }

    pub(super) fn answer(
        self,
        side: &ClientSide,
        answer: AnswerBody,
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let state = self.state.answer(side, answer, flight)?;
        Ok(in_place_of(self.established, state))
    }
}

/// The established state holds until the new handshake is complete.
fn in_place_of(established: Established, state: ClientState) -> ClientState {
    match state {
        ClientState::Established(_) => state,
        state => ClientState::Renegotiating(Box::new(Renegotiating { established, state })),
    }
}

/// Renegotiates if the configuration allows it, otherwise refuses.
pub(super) fn renegotiate(
    established: Established,
    side: &ClientSide,
    flight: &mut Flight<'_>,
) -> Result<ClientState, Error> {
    let info = &established.info;
    // RFC 9113 §9.2.1: a renegotiation MUST be treated as a connection error. RFC 5746 §3.5: only if it is secure. With
    // a pre-shared key, there is nothing that a server could request.
    let refusal = match side.config.renegotiation {
        _ if info.alpn_protocol() == Some(b"h2") => Some(RenegotiationRefusal::Http2),
        _ if info.psk_identity().is_some() => Some(RenegotiationRefusal::PresharedKey),
        // RFC 7627 §5.4: one that resumed a session without the extended master secret MUST NOT be renegotiated.
        _ if info.resumed() && !info.extended_master_secret() => Some(RenegotiationRefusal::NotSecure),
        _ if !info.secure_renegotiation() => Some(RenegotiationRefusal::NotSecure),
        _ if flight.sending != Sending::Open || !flight.tolerance.may_renegotiate() => {
            Some(RenegotiationRefusal::NotPossible)
        }
        Renegotiation::AtMost(max) if flight.tolerance.renegotiate(max) => None,
        Renegotiation::AtMost(_) | Renegotiation::Refuse => Some(RenegotiationRefusal::NotAllowed),
    };
    if let Some(refusal) = refusal {
        flight.refuse_renegotiation(refusal)?;
        return Ok(ClientState::Established(established));
    }
    // The facts about the first handshake do not explain a failure of this one.
    *flight.journal = Some(Journal::new(JournalOf::client(side)));
    let previous = Previous {
        finished: established.exporter.finished(),
        peer: info.peer().clone(),
        alpn_protocol: info.alpn_protocol().map(Box::from),
        extended_master_secret: info.extended_master_secret(),
        mac_order: info.mac_order(),
    };
    let state = ClientState::ServerHello(client_hello(side, None, Some(Box::new(previous)), flight)?);
    Ok(in_place_of(established, state))
}
