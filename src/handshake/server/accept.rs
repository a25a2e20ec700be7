//! A server whose configuration is chosen once the ClientHello has arrived.

use alloc::sync::Arc;

use super::client_hello::{AwaitClientHello, Greeted};
use super::{ServerSide, ServerState};
use crate::error::{Error, ProviderError};
use crate::handshake::flight::Flight;
use crate::handshake::input::Input;
use crate::handshake::journal::JournalOf;
use crate::handshake::need::{AnswerBody, Need};
use crate::handshake::time::Time;
use crate::wire::HandshakeType;

/// What such a server waits for.
pub(crate) enum Accepting {
    /// 1. ClientHello is due.
    ClientHello { time: Time },
    /// The configuration is being chosen.
    Config { time: Time, greeted: Greeted },
}

impl Accepting {
    pub(crate) fn step(self, input: Input<'_>, flight: &mut Flight<'_>) -> Result<Self, Error> {
        match (self, input) {
            (Self::ClientHello { time }, Input::Message(HandshakeType::CLIENT_HELLO, message)) => {
                Ok(Self::Config { time, greeted: AwaitClientHello.client_hello(message, flight)? })
            }
            (state, input) => Err(input.unexpected(state.awaited())),
        }
    }

    /// The expected input, for errors.
    pub(crate) fn awaited(&self) -> &'static str {
        match self {
            Self::ClientHello { .. } => "ClientHello",
            Self::Config { .. } => "nothing",
        }
    }

    /// The decision that the server waits for.
    pub(crate) fn need(&self) -> Option<Need> {
        match self {
            Self::ClientHello { .. } => None,
            Self::Config { greeted, .. } => Some(Need::SelectConfig(greeted.request())),
        }
    }

    /// Continues as a server with the chosen configuration.
    pub(crate) fn answer(
        self,
        answer: AnswerBody,
        flight: &mut Flight<'_>,
    ) -> Result<(ServerSide, ServerState), Error> {
        match (self, answer) {
            (Self::Config { time, greeted }, AnswerBody::Config(config)) => {
                if let Some(journal) = flight.journal {
                    journal.side = JournalOf::Server { config: Some(Arc::clone(&config)) };
                }
                let side = ServerSide { config, time };
                let state = greeted.answer(&side, flight)?;
                Ok((side, state))
            }
            // An answer is matched to its request before it gets here.
            _ => Err(Error::Provider(ProviderError::Failed("matching an answer to its request"))),
        }
    }
}
