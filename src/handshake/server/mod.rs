//! The server's side of the handshake (RFC 5246 §7.3), each step in the file that is named:
//!
//! 1. ← ClientHello (`client_hello`), after which the configuration may be chosen (`accept`), and a session or ticket
//!    is looked up, and its client's chain may be verified again, or its pre-shared key looked up (`resume`)
//! 2. → ServerHello, Certificate, CertificateStatus, if the client requested it and there is one (`server_hello`)
//! 3. → ServerKeyExchange, ECDHE only, which is signed first (`key_exchange`); CertificateRequest, if wanted, ServerHelloDone
//!    (`server_hello`)
//! 4. ← Certificate, if requested (`client_auth`), ClientKeyExchange (`key_exchange`), CertificateVerify, if a
//!    certificate was sent (`client_auth`)
//! 5. ← ChangeCipherSpec, after which a client's chain is verified (`client_auth`), and an encrypted premaster secret
//!    decrypted (`key_exchange`)
//! 6. ← Finished (`finish`)
//! 7. → NewSessionTicket, if agreed on, ChangeCipherSpec, Finished (`finish`)
//!
//! With a pre-shared key instead of certificates (`psk`): 1, ServerHello, ServerKeyExchange, if it has content,
//! ServerHelloDone; ← ClientKeyExchange, ChangeCipherSpec, after which the key is looked up; 6, 7.
//!
//! If the session is resumed: 1, ServerHello, 7, and then ← ChangeCipherSpec, Finished (`resume`).
//!
//! Each state is built from the previous one, and contains what is known so far.

mod accept;
mod client_auth;
mod client_hello;
mod finish;
mod key_exchange;
mod psk;
mod resume;
mod server_hello;

pub(crate) use accept::Accepting;
pub(crate) use client_hello::AwaitClientHello;

use alloc::sync::Arc;
use rustls_pki_types::UnixTime;

use crate::error::{Error, ProviderError};
use crate::handshake::finish::{AwaitChangeCipherSpec, AwaitFinished, Established};
use crate::handshake::flight::Flight;
use crate::handshake::input::Input;
use crate::handshake::need::{AnswerBody, Need};
use crate::handshake::refusal::RenegotiationRefusal;
use crate::handshake::role::Role;
use crate::handshake::server_config::ServerConfig;
use crate::handshake::time::Time;
use crate::session::{OpenedTicket, Renewal};
use crate::wire::HandshakeType;
use client_auth::{AwaitCertificate, AwaitCertificateVerify, AwaitClientChangeCipherSpec, AwaitVerdict};
use finish::{AwaitTicket, finished, seal_request};
use key_exchange::{AwaitClientKeyExchange, AwaitPremaster, AwaitSignature};
use psk::AwaitPsk;
use resume::{AwaitRenewedTicket, AwaitSession, AwaitSessionPsk, AwaitSessionVerdict};

/// The constant part of a server's connection.
pub(crate) struct ServerSide {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) time: Time,
}

impl ServerSide {
    pub(crate) fn now(&self) -> UnixTime {
        self.time.now()
    }
}

/// What the server waits for.
pub(crate) enum ServerState {
    ClientHello(AwaitClientHello),
    Session(AwaitSession),
    SessionVerdict(AwaitSessionVerdict),
    SessionPsk(AwaitSessionPsk),
    Signature(AwaitSignature),
    Certificate(AwaitCertificate),
    ClientKeyExchange(AwaitClientKeyExchange),
    CertificateVerify(AwaitCertificateVerify),
    ClientChangeCipherSpec(AwaitClientChangeCipherSpec),
    Verdict(AwaitVerdict),
    Premaster(AwaitPremaster),
    Psk(AwaitPsk),
    Ticket(AwaitTicket),
    RenewedTicket(AwaitRenewedTicket),
    ChangeCipherSpec(AwaitChangeCipherSpec),
    Finished(AwaitFinished),
    Established(Established),
}

impl ServerState {
    /// The transition table: every legal input, and its handler.
    pub(crate) fn step(self, side: &ServerSide, input: Input<'_>, flight: &mut Flight<'_>) -> Result<Self, Error> {
        use HandshakeType as T;
        use Input::{ChangeCipherSpec, Message as M};
        use ServerState as S;
        Ok(match (self, input) {
            (S::ClientHello(s), M(T::CLIENT_HELLO, m)) => s.client_hello(m, flight)?.answer(side, flight)?,
            (S::Certificate(s), M(T::CERTIFICATE, m)) => S::ClientKeyExchange(s.certificate(side, m)?),
            (S::ClientKeyExchange(s), M(T::CLIENT_KEY_EXCHANGE, m)) => s.client_key_exchange(side, m)?,
            (S::CertificateVerify(s), M(T::CERTIFICATE_VERIFY, m)) => {
                S::ClientChangeCipherSpec(s.certificate_verify(side, m)?)
            }
            (S::ClientChangeCipherSpec(s), ChangeCipherSpec) => s.change_cipher_spec(side, flight)?,
            (S::ChangeCipherSpec(s), ChangeCipherSpec) => S::Finished(s.change_cipher_spec(flight)),
            (S::Finished(s), M(T::FINISHED, m)) => {
                finished(s.finished(&side.config.common, Role::Server, m)?, side, flight)?
            }
            (S::Established(s), M(T::CLIENT_HELLO, _)) => {
                flight.refuse_renegotiation(RenegotiationRefusal::ByServer)?;
                S::Established(s)
            }
            (state, input) => return Err(input.unexpected(state.awaited())),
        })
    }

    /// The expected input, for errors.
    pub(crate) fn awaited(&self) -> &'static str {
        match self {
            Self::ClientHello(_) => "ClientHello",
            Self::Session(_)
            | Self::SessionVerdict(_)
            | Self::SessionPsk(_)
            | Self::Signature(_)
            | Self::Verdict(_)
            | Self::Premaster(_)
            | Self::Psk(_)
            | Self::Ticket(_)
            | Self::RenewedTicket(_) => "nothing",
            Self::Certificate(_) => "Certificate",
            Self::ClientKeyExchange(_) => "ClientKeyExchange",
            Self::CertificateVerify(_) => "CertificateVerify",
            Self::ClientChangeCipherSpec(_) | Self::ChangeCipherSpec(_) => "ChangeCipherSpec",
            Self::Finished(_) => "Finished",
            Self::Established(_) => "application data",
        }
    }

    /// Whether the server waits for a decision.
    pub(crate) fn is_waiting(&self) -> bool {
        use ServerState as S;
        matches!(
            self,
            S::Session(_)
                | S::SessionVerdict(_)
                | S::SessionPsk(_)
                | S::Signature(_)
                | S::Verdict(_)
                | S::Premaster(_)
                | S::Psk(_)
                | S::Ticket(_)
                | S::RenewedTicket(_)
        )
    }

    /// The decision that the server waits for.
    pub(crate) fn need(&self, side: &ServerSide) -> Option<Need> {
        match self {
            Self::Session(s) => Some(s.request()),
            Self::SessionVerdict(s) => Some(Need::VerifyPeer(s.request(side))),
            Self::SessionPsk(s) => Some(Need::FindPsk(s.request())),
            Self::Signature(s) => Some(Need::Sign(s.request())),
            Self::Verdict(s) => Some(Need::VerifyPeer(s.request(side))),
            Self::Premaster(s) => Some(Need::DecryptPremaster(s.request())),
            Self::Psk(s) => Some(Need::FindPsk(s.request())),
            Self::Ticket(s) => Some(Need::SealTicket(seal_request(side, &s.0.keyed))),
            Self::RenewedTicket(s) => Some(Need::SealTicket(seal_request(side, &s.0.keyed))),
            _ => None,
        }
    }

    /// Continues with the answer.
    pub(crate) fn answer(self, side: &ServerSide, answer: AnswerBody, flight: &mut Flight<'_>) -> Result<Self, Error> {
        match (self, answer) {
            (Self::Session(s), AnswerBody::Session(session)) => {
                let opened = session.map(|session| OpenedTicket { session, renew: Renewal::NotDue });
                s.looked_up(side, opened, flight)
            }
            (Self::Session(s), AnswerBody::OpenedTicket(opened)) => s.looked_up(side, opened, flight),
            (Self::Signature(s), AnswerBody::Signature(signature)) => s.signed(side, &signature?, flight),
            (Self::SessionVerdict(s), AnswerBody::Verdict(verdict)) => s.verdict(side, verdict, flight),
            (Self::SessionPsk(s), AnswerBody::FoundPsk(key)) => s.found(side, key, flight),
            (Self::Verdict(s), AnswerBody::Verdict(verdict)) => s.verdict(side, verdict, flight),
            (Self::Premaster(s), AnswerBody::Premaster(premaster)) => s.decrypted(side, premaster, flight),
            (Self::Psk(s), AnswerBody::FoundPsk(key)) => s.found(side, key, flight),
            (Self::Ticket(s), AnswerBody::SealedTicket(ticket)) => s.sealed(side, ticket, flight),
            (Self::RenewedTicket(s), AnswerBody::SealedTicket(ticket)) => s.sealed(side, ticket, flight),
            // An answer is matched to its request before it gets here.
            _ => Err(Error::Provider(ProviderError::Failed("matching an answer to its request"))),
        }
    }
}
