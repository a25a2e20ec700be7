//! The state machines of both roles, behind a common interface.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::crypto::{DecryptedPremaster, PrivateKey, Provider, Secret};
use crate::error::{Error, ProviderError};
use crate::handshake::{
    Accepting, Answer, AnswerBody, ClientCertificates, ClientSide, ClientState, Common, ConnectionInfo, Credential,
    Established, Flight, Input, Key, Need, PresharedKeys, Role, SelectCertificateRequest, ServerConfig, ServerSide,
    ServerState, Sessions, TicketPolicy, Time, Tracer, UnfitReason, Verification, VerifyRequest,
};
use crate::record::{MAX_CLIENT_HELLO, MAX_MESSAGE};
use crate::wire::ContentType;

/// A role and its state.
pub(super) enum Machine {
    Client(ClientSide, ClientState),
    Server(ServerSide, ServerState),
    /// A server whose configuration has not been chosen yet.
    Accepting(Accepting),
}

impl Machine {
    pub(super) fn step(self, input: Input<'_>, flight: &mut Flight<'_>) -> Result<Self, Error> {
        Ok(match self {
            Self::Client(side, state) => {
                let state = state.step(&side, input, flight)?;
                Self::Client(side, state)
            }
            Self::Server(side, state) => {
                let state = state.step(&side, input, flight)?;
                Self::Server(side, state)
            }
            Self::Accepting(state) => Self::Accepting(state.step(input, flight)?),
        })
    }

    pub(super) fn answer(self, answer: AnswerBody, flight: &mut Flight<'_>) -> Result<Self, Error> {
        if let AnswerBody::Declined(alert) = answer {
            return Err(Error::Declined(alert));
        }
        Ok(match self {
            Self::Client(side, state) => {
                let state = state.answer(&side, answer, flight)?;
                Self::Client(side, state)
            }
            Self::Server(side, state) => {
                let state = state.answer(&side, answer, flight)?;
                Self::Server(side, state)
            }
            Self::Accepting(state) => {
                let (side, state) = state.answer(answer, flight)?;
                Self::Server(side, state)
            }
        })
    }

    /// Sets the source of the time.
    pub(super) fn set_time(&mut self, new: Time) {
        match self {
            Self::Client(ClientSide { time, .. }, _) | Self::Server(ServerSide { time, .. }, _) => *time = new,
            Self::Accepting(Accepting::ClientHello { time } | Accepting::Config { time, .. }) => *time = new,
        }
    }

    /// Whether it waits for a decision.
    pub(super) fn is_waiting(&self) -> bool {
        match self {
            Self::Client(_, state) => state.is_waiting(),
            Self::Server(_, state) => state.is_waiting(),
            Self::Accepting(state) => matches!(state, Accepting::Config { .. }),
        }
    }

    /// The decision that it waits for, if any.
    pub(super) fn need(&self) -> Option<Need> {
        match self {
            Self::Client(side, state) => state.need(side),
            Self::Server(side, state) => state.need(side),
            Self::Accepting(state) => state.need(),
        }
    }

    /// Answers from the configuration, if that is possible; otherwise returns the request.
    pub(super) fn answer_in_loop(&self, need: Need) -> Result<Answer, Need> {
        match self {
            Self::Client(side, state) => answer_client(side, state, need),
            Self::Server(side, _) => answer_server(side, need),
            Self::Accepting(_) => Err(need),
        }
    }

    pub(super) fn established(&self) -> Option<&Established> {
        match self {
            Self::Client(_, ClientState::Established(established))
            | Self::Server(_, ServerState::Established(established)) => Some(established),
            Self::Client(_, ClientState::Renegotiating(state)) => Some(&state.established),
            _ => None,
        }
    }

    /// Information about a client's connection that may send data before it is established.
    pub(super) fn false_start(&self) -> Option<&ConnectionInfo> {
        match self {
            Self::Client(_, state) => state.false_start(),
            Self::Server(..) | Self::Accepting(_) => None,
        }
    }

    /// Whether an established connection is renegotiating.
    pub(super) fn is_renegotiating(&self) -> bool {
        matches!(self, Self::Client(_, ClientState::Renegotiating(_)))
    }

    /// Whether data may arrive during a renegotiation: until the server's new keys are in use, after which only its
    /// Finished may follow.
    pub(super) fn accepts_data(&self) -> bool {
        match self {
            Self::Client(_, state) => !matches!(state.of_handshake(), ClientState::Finished(_)),
            Self::Server(..) | Self::Accepting(_) => true,
        }
    }

    pub(super) fn established_mut(&mut self) -> Option<&mut Established> {
        match self {
            Self::Client(_, ClientState::Established(established))
            | Self::Server(_, ServerState::Established(established)) => Some(established),
            _ => None,
        }
    }

    /// `None` while there is no configuration.
    pub(super) fn provider(&self) -> Option<&dyn Provider> {
        match self {
            Self::Client(side, _) => Some(&*side.config.common.provider),
            Self::Server(side, _) => Some(&*side.config.common.provider),
            Self::Accepting(_) => None,
        }
    }

    /// Reports the messages. `None` without a receiver, and while there is no configuration.
    pub(super) fn tracer(&self) -> Option<Box<Tracer>> {
        let common = match self {
            Self::Client(side, _) => &side.config.common,
            Self::Server(side, _) => &side.config.common,
            Self::Accepting(_) => return None,
        };
        Tracer::new(common.trace.as_ref(), self.role())
    }

    /// Reports the ClientHello to the trace of the configuration that is chosen for it, and returns what reports the messages that
    /// follow.
    pub(super) fn tracer_with(&self, config: &ServerConfig) -> Option<Box<Tracer>> {
        let Self::Accepting(Accepting::Config { greeted, .. }) = self else { return None };
        let tracer = Tracer::new(config.common.trace.as_ref(), self.role())?;
        tracer.received(ContentType::HANDSHAKE, greeted.client_hello());
        Some(tracer)
    }

    /// The ClientHello for which a configuration is being chosen, with its header, and the source of the time.
    #[cfg(feature = "record")]
    pub(super) fn greeted(&self) -> Option<(&[u8], Time)> {
        let Self::Accepting(Accepting::Config { greeted, time }) = self else { return None };
        Some((greeted.client_hello(), *time))
    }

    pub(super) fn role(&self) -> Role {
        match self {
            Self::Client(..) => Role::Client,
            Self::Server(..) | Self::Accepting(_) => Role::Server,
        }
    }

    /// The maximum length of the next handshake message, in bytes.
    pub(super) fn longest_message(&self) -> usize {
        match self {
            Self::Server(_, ServerState::ClientHello(_)) | Self::Accepting(Accepting::ClientHello { .. }) => {
                MAX_CLIENT_HELLO
            }
            _ => MAX_MESSAGE,
        }
    }

    /// The expected input, for errors.
    pub(super) fn awaited(&self) -> &'static str {
        match self {
            Self::Client(_, state) => state.awaited(),
            Self::Server(_, state) => state.awaited(),
            Self::Accepting(state) => state.awaited(),
        }
    }
}

fn answer_client(side: &ClientSide, state: &ClientState, need: Need) -> Result<Answer, Need> {
    let config = &side.config;
    match (need, state.of_handshake()) {
        (Need::VerifyPeer(request), _) => verify(&config.verifier, request),
        (Need::SelectCertificate(request), _) => match &config.certificates {
            ClientCertificates::InLoop(credentials) => {
                let chosen = choose(credentials, &config.common, &request).cloned();
                Ok(request.selected(chosen))
            }
            ClientCertificates::Later => Err(Need::SelectCertificate(request)),
        },
        (Need::SelectPsk(request), _) => match &config.psk {
            PresharedKeys::InLoop(psk) => Ok(request.selected(Some(psk.clone()))),
            PresharedKeys::Later | PresharedKeys::Off => Err(Need::SelectPsk(request)),
        },
        (Need::Sign(request), ClientState::Signature(state)) => {
            use_key(state.credential(), &*config.common.provider, Need::Sign(request))
        }
        (need, _) => Err(need),
    }
}

/// The credential for a server that requests a certificate, with a type and a scheme that it accepts.
///
/// RFC 5246 §7.4.6: the chain SHOULD have a certificate issued by a CA that the server names, and be signed with
/// schemes that it accepts. This decides among several; but if none qualifies, the first is used: servers accept more
/// CAs than they name, and the chain may lack the certificate that leads to one.
fn choose<'c>(
    credentials: &'c [Arc<Credential>],
    common: &Common,
    request: &SelectCertificateRequest,
) -> Option<&'c Arc<Credential>> {
    let fitting = credentials.iter().filter(|credential| {
        let unfit =
            credential.unfit(common, request.certificate_types(), request.signature_schemes(), &request.authorities);
        matches!(unfit, None | Some(UnfitReason::Authority))
    });
    fitting.min_by_key(|credential| {
        let is_issued = credential.is_issued_by(&request.authorities);
        (!is_issued, !credential.chain_fits(Some(request.signature_schemes())))
    })
}

fn answer_server(side: &ServerSide, need: Need) -> Result<Answer, Need> {
    let config = &side.config;
    match need {
        Need::VerifyPeer(request) => match config.client_auth.trust() {
            Some(verifier) => verify(&verifier.verifier, request),
            None => Err(Need::VerifyPeer(request)),
        },
        Need::FindSession(request) => match &config.sessions {
            Sessions::InLoop(store) => {
                let session = store.find(request.session_id(), side.now());
                Ok(request.found(session))
            }
            Sessions::Later | Sessions::Off => Err(Need::FindSession(request)),
        },
        Need::FindPsk(request) => match &config.psks {
            PresharedKeys::InLoop(keys) => {
                let found = keys.iter().find(|psk| *psk.identity == *request.identity);
                let key = found.map(|psk| Secret::clone(&psk.key));
                Ok(request.found(key))
            }
            PresharedKeys::Later | PresharedKeys::Off => Err(Need::FindPsk(request)),
        },
        Need::OpenTicket(request) => match &config.tickets {
            TicketPolicy::InLoop(tickets) => {
                let opened = tickets.open(request.ticket(), side.now());
                Ok(request.opened(opened))
            }
            TicketPolicy::Later | TicketPolicy::Off => Err(Need::OpenTicket(request)),
        },
        Need::SealTicket(request) => match &config.tickets {
            TicketPolicy::InLoop(tickets) => {
                let sealed = tickets.seal(request.session(), side.now());
                Ok(request.sealed(sealed))
            }
            TicketPolicy::Later | TicketPolicy::Off => Err(Need::SealTicket(request)),
        },
        need => match key_of(&need).and_then(|key| config.credential_of(key)) {
            Some(credential) => use_key(credential, &*config.common.provider, need),
            None => Err(need),
        },
    }
}

fn key_of(need: &Need) -> Option<&crate::crypto::PublicKey> {
    match need {
        Need::Sign(request) => Some(request.key()),
        Need::DecryptPremaster(request) => Some(request.key()),
        _ => None,
    }
}

fn verify(verifier: &Verification, request: VerifyRequest) -> Result<Answer, Need> {
    match verifier {
        Verification::InLoop(verifier) => {
            let verdict = verifier.verify(request.chain());
            Ok(request.verified(verdict))
        }
        Verification::Later | Verification::None => Err(Need::VerifyPeer(request)),
    }
}

fn use_key(credential: &Credential, provider: &dyn Provider, need: Need) -> Result<Answer, Need> {
    match &credential.key {
        Key::Local(key) => use_local_key(&**key, provider, need),
        Key::External(_) => Err(need),
    }
}

fn use_local_key(key: &dyn PrivateKey, provider: &dyn Provider, need: Need) -> Result<Answer, Need> {
    match need {
        Need::Sign(request) => Ok(match key.sign(request.scheme(), request.message()) {
            Ok(signature) => request.signed(signature),
            Err(error) => request.failed(error),
        }),
        Need::DecryptPremaster(request) => {
            let encoded = key
                .decrypt()
                .ok_or(ProviderError::Unsupported("decryption with this key"))
                .and_then(|key| key.decrypt_raw(request.ciphertext(), provider.random()));
            // A failure is not distinguished: the connection continues with a random premaster secret.
            let premaster =
                encoded.map_or_else(|_| DecryptedPremaster::failed(), |em| DecryptedPremaster::unpad(em.expose()));
            Ok(request.decrypted(premaster))
        }
        other => Err(other),
    }
}
