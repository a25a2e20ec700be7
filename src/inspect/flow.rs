//! The flow of messages (RFC 5246 §7.3): what each handshake message and ChangeCipherSpec means for the handshake.

use alloc::boxed::Box;

use super::finding::{Check, Fault, Outcome, Unknown};
use super::handshake::{Handshake, Previous};
use super::inspector::{Context, Inspector};
use super::item::{Direction, ItemKind, Place};
use super::message::{ClientHello, Content, HandshakeMessage, ServerHello};
use super::opening::Opening;
use super::search;
use super::secrets::{SecretSource, SessionKey};
use super::summary::{State, Summary};
use super::trust;
use crate::wire::{HandshakeType, ProtocolVersion};

/// The handshakes of a conversation.
#[derive(Default)]
pub(super) struct Flow {
    /// The last one.
    pub(super) handshake: Option<Box<Handshake>>,
    pub(super) summary: Summary,
    previous: Option<Previous>,
}

impl Flow {
    /// Gives out the result of a check, and keeps it, unless it is good.
    pub(super) fn checked(&mut self, context: &mut Context<'_>, place: Place, check: Check, outcome: Outcome) {
        match &outcome {
            Outcome::Verified => {}
            Outcome::Failed(fault) => self.summary.fault(place, Some(check), fault.clone()),
            Outcome::Unknown(why) => self.summary.not_known(place, Some(check), why.clone()),
        }
        context.push(place, ItemKind::Checked(check, outcome));
    }

    fn unexpected(&mut self, context: &mut Context<'_>, place: Place) {
        self.checked(context, place, Check::Message, Outcome::Failed(Fault::Unexpected));
    }

    /// Part of the handshake cannot be read.
    pub(super) fn lose(&mut self, why: &Unknown) {
        if let Some(handshake) = &mut self.handshake {
            handshake.lose(why.clone());
        }
    }

    /// A ChangeCipherSpec. Returns the protection of the records that follow in this direction, if that changes.
    pub(super) fn change_cipher_spec(&mut self, context: &mut Context<'_>, place: Place) -> Option<Opening> {
        let direction = place.direction;
        if let Some(version) = self.summary.version.filter(|version| *version != ProtocolVersion::TLS_1_2) {
            // A ChangeCipherSpec of TLS 1.3 means nothing (RFC 8446 §5).
            let is_old = version < ProtocolVersion::TLS_1_3;
            return is_old.then_some(Opening::Closed(Unknown::Version(version)));
        }
        self.summary.reach(direction, State::Protected);
        let Some(handshake) = &mut self.handshake else { return Some(Opening::Closed(Unknown::HandshakeMissing)) };
        if handshake.is_complete() || core::mem::replace(handshake.changed.of_mut(direction), true) {
            self.unexpected(context, place);
            return None;
        }
        self.summary.resumed = handshake.is_resumed();
        let lacks_message = direction == Direction::ClientToServer && handshake.lacks_message();
        let opening = Self::protection(context, handshake, false);
        if lacks_message {
            self.unexpected(context, place);
        }
        Some(opening)
    }

    /// What follows in this direction is not in plaintext: a ChangeCipherSpec must be among the bytes that are missing. Returns
    /// the protection, if there is a handshake for it.
    pub(super) fn missed_change_cipher_spec(
        &mut self,
        context: &mut Context<'_>,
        direction: Direction,
    ) -> Option<Opening> {
        let handshake = self.handshake.as_mut().filter(|handshake| !*handshake.changed.of(direction))?;
        *handshake.changed.of_mut(direction) = true;
        self.summary.reach(direction, State::Protected);
        self.summary.resumed = handshake.is_resumed();
        Some(Self::protection(context, handshake, true))
    }

    fn protection(context: &mut Context<'_>, handshake: &mut Handshake, after_gap: bool) -> Opening {
        let found = match handshake.candidates {
            Some(_) => Ok(()),
            None => search::find(context.inspector, handshake).map(|found| handshake.candidates = Some(found)),
        };
        found.map_or_else(Opening::Closed, |()| Opening::trying(after_gap))
    }

    /// A record was opened: tells with whose keys, when it is the first of its handshake.
    pub(super) fn tell_keys(&mut self, context: &mut Context<'_>, place: Place) {
        let Some(handshake) = &mut self.handshake else { return };
        let chosen = handshake.candidates.as_ref().and_then(|candidates| candidates.chosen());
        let Some(source) = chosen.map(|candidate| candidate.source) else { return };
        if !core::mem::replace(&mut handshake.keys_told, true) {
            context.push(place, ItemKind::Keys(source));
            let outcome = match source {
                SecretSource::KeyLog | SecretSource::Session => Outcome::Unknown(Unknown::MasterSecretGiven),
                SecretSource::RsaKey | SecretSource::PresharedKey | SecretSource::KeyShare => Outcome::Verified,
            };
            self.checked(context, place, Check::MasterSecret, outcome);
        }
    }

    /// A handshake message. It is given out as an item, and then checked.
    pub(super) fn message(&mut self, context: &mut Context<'_>, place: Place, message: HandshakeMessage) {
        context.push(place, ItemKind::Handshake(Box::new(message.clone())));
        self.summary.reach(place.direction, State::Handshake);
        if let Content::Malformed(error) = &message.content {
            self.checked(context, place, Check::Message, Outcome::Failed(Fault::Malformed(error.clone())));
        }
        if sender_of(message.typ).is_some_and(|direction| direction != place.direction) {
            return self.unexpected(context, place);
        }
        match message.content {
            // RFC 5246 §7.4.1.1: it is not part of the handshake.
            Content::HelloRequest => {}
            Content::ClientHello(ref hello) => self.client_hello(context, place, hello.clone(), &message),
            _ => self.after_client_hello(context, place, &message),
        }
    }

    fn client_hello(
        &mut self,
        context: &mut Context<'_>,
        place: Place,
        hello: ClientHello,
        message: &HandshakeMessage,
    ) {
        let under_way = self.handshake.as_ref().filter(|handshake| !handshake.is_complete());
        // A second ClientHello follows a HelloRetryRequest (RFC 8446 §4.1.2), but not in TLS 1.2.
        let is_retried = self.summary.version.is_some_and(|version| version >= ProtocolVersion::TLS_1_3);
        if under_way.is_some() && !is_retried {
            self.unexpected(context, place);
        }
        let mut handshake = Handshake::new(hello, self.previous);
        handshake.add(message);
        self.handshake = Some(Box::new(handshake));
        self.summary.resumed = None;
    }

    fn after_client_hello(&mut self, context: &mut Context<'_>, place: Place, message: &HandshakeMessage) {
        let Some(handshake) = &mut self.handshake else {
            return self.checked(context, place, Check::Message, Outcome::Unknown(Unknown::HandshakeMissing));
        };
        if !handshake.admits(place.direction, message.typ) {
            return self.unexpected(context, place);
        }
        // These are checked against the messages before them.
        match &message.content {
            Content::Finished(verify_data) => self.finished(context, place, verify_data),
            Content::CertificateVerify { scheme, signature } => {
                let outcome = handshake.check_certificate_verify(&*context.inspector.provider, *scheme, signature);
                self.checked(context, place, Check::CertificateVerify, outcome);
            }
            _ => {}
        }
        if let Some(handshake) = &mut self.handshake {
            handshake.add(message);
            self.kept(context, place, message);
            if message.typ == HandshakeType::FINISHED {
                self.complete(context);
            }
        }
    }

    /// Keeps what the rest of the handshake depends on. `message` is the last of the transcript.
    fn kept(&mut self, context: &mut Context<'_>, place: Place, message: &HandshakeMessage) {
        let Some(handshake) = &mut self.handshake else { return };
        let provider = &*context.inspector.provider;
        match &message.content {
            Content::ServerHello(hello) => self.server_hello(context, place, hello.clone()),
            Content::Certificate(chain) => {
                *handshake.chains.of_mut(place.direction) = chain.clone().into();
                if place.direction == Direction::ClientToServer && !chain.is_empty() {
                    let outcome = trust::check_chain(context, handshake, place.direction);
                    self.checked(context, place, Check::Chain, outcome);
                }
            }
            Content::CertificateStatus(response) => handshake.ocsp_response = Some(response.clone().into()),
            Content::EcdheServerKeyExchange { group, public_key, .. } => {
                handshake.server_share = Some((*group, public_key.clone()));
                let outcome = handshake.check_server_key_exchange(provider, message.body());
                self.checked(context, place, Check::ServerKeyExchange, outcome);
            }
            Content::PskServerKeyExchange { share, .. } => handshake.server_share = share.clone(),
            Content::ServerHelloDone if !handshake.chains.server.is_empty() => {
                // CertificateStatus has come by now.
                let outcome = trust::check_chain(context, handshake, place.direction);
                self.checked(context, place, Check::Chain, outcome);
            }
            Content::NewSessionTicket { ticket, .. } => handshake.ticket = Some(ticket.clone()),
            content if message.typ == HandshakeType::CLIENT_KEY_EXCHANGE => {
                let seed = handshake.master_seed(provider);
                handshake.client_key_exchange = Some((content.clone(), seed));
            }
            _ => {}
        }
    }

    fn server_hello(&mut self, context: &mut Context<'_>, place: Place, hello: ServerHello) {
        let Some(handshake) = &mut self.handshake else { return };
        self.summary.version = Some(hello.version);
        self.summary.suite = Some(hello.cipher_suite);
        let is_tls12 = hello.version == ProtocolVersion::TLS_1_2;
        handshake.server = Some(hello);
        if is_tls12 {
            let outcome = handshake.check_renegotiation_info();
            self.checked(context, place, Check::SecureRenegotiation, outcome);
        }
    }

    fn finished(&mut self, context: &mut Context<'_>, place: Place, verify_data: &[u8]) {
        let Some(handshake) = &mut self.handshake else { return };
        let outcome = handshake.check_finished(&*context.inspector.provider, place.direction, verify_data);
        if outcome == Outcome::Verified {
            self.summary.reach(place.direction, State::Finished);
        }
        self.checked(context, place, Check::Finished, outcome);
    }

    /// Once both sides have finished: what later handshakes and connections need of this one.
    fn complete(&mut self, context: &mut Context<'_>) {
        let Some(handshake) = &self.handshake else { return };
        let (Some(client), Some(server)) = (handshake.finished.client, handshake.finished.server) else { return };
        self.summary.handshakes = self.summary.handshakes.saturating_add(1);
        self.previous = Some(Previous { client, server });
        let Some(chosen) = handshake.candidates.as_ref().and_then(|candidates| candidates.chosen()) else { return };
        let id = handshake.server.as_ref().map(|server| SessionKey::Id(&server.session_id));
        let ticket = handshake.ticket.as_deref().map(SessionKey::Ticket);
        let Inspector { provider, sessions, .. } = &mut *context.inspector;
        for key in id.into_iter().chain(ticket).filter(|key| !key.is_empty()) {
            // If hashing fails, the session is not found again, which is said of the connection that resumes it.
            let _ = sessions.put(&**provider, key, &chosen.master);
        }
    }
}

/// The direction in which a message of this type is sent (RFC 5246 §7.3), if only one side sends it.
fn sender_of(typ: HandshakeType) -> Option<Direction> {
    use HandshakeType as T;
    match typ {
        T::CLIENT_HELLO | T::CLIENT_KEY_EXCHANGE | T::CERTIFICATE_VERIFY => Some(Direction::ClientToServer),
        T::HELLO_REQUEST
        | T::SERVER_HELLO
        | T::NEW_SESSION_TICKET
        | T::CERTIFICATE_STATUS
        | T::SERVER_KEY_EXCHANGE
        | T::CERTIFICATE_REQUEST
        | T::SERVER_HELLO_DONE => Some(Direction::ServerToClient),
        _ => None,
    }
}
