//! The client's side of the handshake (RFC 5246 §7.3), each step in the file that is named:
//!
//! 1. → ClientHello (`hello`), before which the chain of the offered session may be verified again (`resume`)
//! 2. ← ServerHello (`server_hello`)
//! 3. ← Certificate, CertificateStatus, if agreed on, and even then not always (`certificate`)
//! 4. ← ServerKeyExchange, ECDHE only (`key_exchange`)
//! 5. ← CertificateRequest, if the server requests a certificate (`client_auth`)
//! 6. ← ServerHelloDone, after which the server's chain is verified (`certificate`), and our certificate chosen (`client_auth`)
//! 7. → Certificate, if one was requested, ClientKeyExchange (`key_exchange`), CertificateVerify, which is signed first
//!    (`client_auth`), ChangeCipherSpec, Finished
//! 8. ← NewSessionTicket, if agreed on, ChangeCipherSpec, Finished (`finish`)
//!
//! With a pre-shared key instead of certificates, 3 to 7 are in `psk`: ← ServerKeyExchange, if it has content,
//! ServerHelloDone; → ClientKeyExchange, ChangeCipherSpec, Finished.
//!
//! If the session is resumed: 1, 2, 8, and then → ChangeCipherSpec, Finished.
//!
//! Once the connection is established, the server may ask for all this again (`renegotiate`).
//!
//! Each state is built from the previous one, and contains what is known so far.

mod certificate;
mod client_auth;
mod extension_list;
mod finish;
mod grease;
mod hello;
mod key_exchange;
mod psk;
mod renegotiate;
mod resume;
mod server_hello;
mod side;

pub(crate) use resume::begin;
pub(crate) use side::ClientSide;

use alloc::boxed::Box;

use crate::error::{Error, ProviderError};
use crate::handshake::finish::{AwaitChangeCipherSpec, AwaitFinished, Established};
use crate::handshake::flight::Flight;
use crate::handshake::info::ConnectionInfo;
use crate::handshake::input::Input;
use crate::handshake::need::{AnswerBody, Need, RequestId, VerifyRequest};
use crate::wire::{HandshakeType, Message, Reader};
use certificate::{AwaitCertificate, AwaitCertificateStatus, AwaitVerdict};
use client_auth::{AwaitCertificateChoice, AwaitCertificateRequest, AwaitServerHelloDone, AwaitSignature};
use finish::{AwaitNewSessionTicket, finished};
use key_exchange::AwaitServerKeyExchange;
use psk::{AwaitPskChoice, AwaitPskServerHelloDone, AwaitPskServerKeyExchange};
use renegotiate::{Renegotiating, renegotiate};
use resume::{AwaitSessionPsk, AwaitSessionVerdict};
use server_hello::AwaitServerHello;

/// What the client waits for.
pub(crate) enum ClientState {
    SessionVerdict(AwaitSessionVerdict),
    SessionPsk(AwaitSessionPsk),
    ServerHello(AwaitServerHello),
    Certificate(AwaitCertificate),
    CertificateStatus(AwaitCertificateStatus),
    ServerKeyExchange(AwaitServerKeyExchange),
    CertificateRequest(AwaitCertificateRequest),
    ServerHelloDone(AwaitServerHelloDone),
    Verdict(AwaitVerdict),
    CertificateChoice(AwaitCertificateChoice),
    Signature(AwaitSignature),
    PskServerKeyExchange(AwaitPskServerKeyExchange),
    PskServerHelloDone(AwaitPskServerHelloDone),
    PskChoice(AwaitPskChoice),
    NewSessionTicket(AwaitNewSessionTicket),
    ChangeCipherSpec(AwaitChangeCipherSpec),
    Finished(AwaitFinished),
    Established(Established),
    Renegotiating(Box<Renegotiating>),
}

impl ClientState {
    /// The transition table: every legal input, and its handler.
    pub(crate) fn step(self, side: &ClientSide, input: Input<'_>, flight: &mut Flight<'_>) -> Result<Self, Error> {
        use ClientState as S;
        use HandshakeType as T;
        use Input::{ChangeCipherSpec, Message as M};
        Ok(match (self, input) {
            (S::ServerHello(s), M(T::SERVER_HELLO, m)) => s.server_hello(side, m, flight)?,
            (S::Certificate(s), M(T::CERTIFICATE, m)) => s.certificate(side, m, flight)?,
            (S::CertificateStatus(s), M(T::CERTIFICATE_STATUS, m)) => s.certificate_status(m)?,
            (S::ServerKeyExchange(s), M(T::SERVER_KEY_EXCHANGE, m)) => {
                S::CertificateRequest(s.server_key_exchange(side, m)?)
            }
            (S::CertificateRequest(s), M(T::CERTIFICATE_REQUEST, m)) => S::ServerHelloDone(s.certificate_request(m)?),
            (S::CertificateRequest(s), M(T::SERVER_HELLO_DONE, m)) => S::Verdict(s.server_hello_done(m)?),
            (S::ServerHelloDone(s), M(T::SERVER_HELLO_DONE, m)) => S::Verdict(s.server_hello_done(m)?),
            (S::PskServerKeyExchange(s), M(T::SERVER_KEY_EXCHANGE, m)) => {
                S::PskServerHelloDone(s.server_key_exchange(side, m)?)
            }
            (S::PskServerKeyExchange(s), M(T::SERVER_HELLO_DONE, m)) if s.may_be_omitted() => {
                S::PskChoice(s.server_hello_done(m)?)
            }
            (S::PskServerHelloDone(s), M(T::SERVER_HELLO_DONE, m)) => S::PskChoice(s.server_hello_done(m)?),
            (S::NewSessionTicket(s), M(T::NEW_SESSION_TICKET, m)) => {
                S::ChangeCipherSpec(s.new_session_ticket(side, m)?)
            }
            (S::ChangeCipherSpec(s), ChangeCipherSpec) => S::Finished(s.change_cipher_spec(flight)),
            (S::Finished(s), M(T::FINISHED, m)) => S::Established(finished(s, side, m, flight)?),
            (S::Established(s), M(T::HELLO_REQUEST, m)) => {
                hello_request(m)?;
                renegotiate(s, side, flight)?
            }
            (S::Renegotiating(s), input) => s.step(side, input, flight)?,
            // RFC 5246 §7.4.1.1: ignored by a client that is negotiating; and not part of the transcript.
            (state, M(T::HELLO_REQUEST, m)) => {
                hello_request(m)?;
                flight.tolerance.renegotiation_request()?;
                state
            }
            // RFC 6066 §8: a server that agreed to send a CertificateStatus may still not.
            (S::CertificateStatus(s), input) => s.0.exchange().step(side, input, flight)?,
            (state, input) => return Err(input.unexpected(state.awaited())),
        })
    }

    /// The expected input, for errors.
    pub(crate) fn awaited(&self) -> &'static str {
        match self {
            Self::ServerHello(_) => "ServerHello",
            Self::Certificate(_) => "Certificate",
            Self::CertificateStatus(_) => "CertificateStatus or what follows it",
            Self::ServerKeyExchange(_) | Self::PskServerKeyExchange(_) => "ServerKeyExchange",
            Self::CertificateRequest(_) => "CertificateRequest or ServerHelloDone",
            Self::ServerHelloDone(_) | Self::PskServerHelloDone(_) => "ServerHelloDone",
            Self::SessionVerdict(_)
            | Self::SessionPsk(_)
            | Self::Verdict(_)
            | Self::CertificateChoice(_)
            | Self::Signature(_)
            | Self::PskChoice(_) => "nothing",
            Self::NewSessionTicket(_) => "NewSessionTicket",
            Self::ChangeCipherSpec(_) => "ChangeCipherSpec",
            Self::Finished(_) => "Finished",
            Self::Established(_) => "application data",
            Self::Renegotiating(s) => s.state.awaited(),
        }
    }

    /// Information about a connection that may already send data, before the server's Finished.
    pub(crate) fn false_start(&self) -> Option<&ConnectionInfo> {
        match self {
            Self::NewSessionTicket(AwaitNewSessionTicket(s)) | Self::ChangeCipherSpec(s) => {
                s.keyed.false_start.as_deref()
            }
            Self::Finished(s) => s.keyed.false_start.as_deref(),
            _ => None,
        }
    }

    /// The state of the handshake, which may be one that renegotiates.
    pub(crate) fn of_handshake(&self) -> &Self {
        match self {
            Self::Renegotiating(s) => &s.state,
            state => state,
        }
    }

    /// Whether the client waits for a decision.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(
            self.of_handshake(),
            Self::SessionVerdict(_)
                | Self::SessionPsk(_)
                | Self::Verdict(_)
                | Self::CertificateChoice(_)
                | Self::Signature(_)
                | Self::PskChoice(_)
        )
    }

    /// The decision that the client waits for.
    pub(crate) fn need(&self, side: &ClientSide) -> Option<Need> {
        match self.of_handshake() {
            Self::Verdict(s) => Some(Need::VerifyPeer(VerifyRequest {
                id: RequestId::next(),
                chain: Box::new(s.params.peer_chain(side)),
            })),
            Self::SessionVerdict(s) => Some(Need::VerifyPeer(s.request(side))),
            Self::SessionPsk(s) => Some(Need::SelectPsk(s.request())),
            Self::CertificateChoice(s) => Some(Need::SelectCertificate(s.request())),
            Self::Signature(s) => Some(Need::Sign(s.request())),
            Self::PskChoice(s) => Some(Need::SelectPsk(s.request())),
            _ => None,
        }
    }

    /// Continues with the answer.
    pub(crate) fn answer(self, side: &ClientSide, answer: AnswerBody, flight: &mut Flight<'_>) -> Result<Self, Error> {
        match (self, answer) {
            (Self::SessionVerdict(s), AnswerBody::Verdict(verdict)) => s.verdict(side, verdict, flight),
            (Self::SessionPsk(s), AnswerBody::SelectedPsk(psk)) => s.chosen(side, psk, flight),
            (Self::Verdict(s), AnswerBody::Verdict(verdict)) => s.verdict(side, verdict, flight),
            (Self::CertificateChoice(s), AnswerBody::Certificate(credential)) => s.chosen(side, credential, flight),
            (Self::Signature(s), AnswerBody::Signature(signature)) => s.signed(side, &signature?, flight),
            (Self::PskChoice(s), AnswerBody::SelectedPsk(psk)) => s.chosen(side, psk, flight),
            (Self::Renegotiating(s), answer) => s.answer(side, answer, flight),
            // An answer is matched to its request before it gets here.
            _ => Err(Error::Provider(ProviderError::Failed("matching an answer to its request"))),
        }
    }
}

/// RFC 5246 §7.4.1.1: its body is empty.
pub(super) fn hello_request(message: Message<'_>) -> Result<(), Error> {
    Ok(Reader::new("HelloRequest", message.body).done()?)
}
