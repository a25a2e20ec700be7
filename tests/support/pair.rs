//! A client and a server in memory: each one's output is the other's input.

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tls12::session::ClientSession;
use tls12::{
    Answer, AnswerError, ClientConfig, Connection, ConnectionInfo, Error, Event, Need, NewSession, ServerConfig,
};

use super::pki::{SERVER_NAME, now};

/// One end of the pair, with what it has received and not used, and what it has to send.
pub struct End {
    pub connection: Connection,
    pub input: Vec<u8>,
    pub output: Vec<u8>,
    /// All data received.
    pub data: Vec<u8>,
    /// Everything else that happened, in order.
    pub log: Vec<Happened>,
    /// The sessions that were given out to be kept.
    pub sessions: Vec<NewSession>,
    /// Answers what the configuration does not.
    pub answer: Option<fn(Need) -> Answer>,
    /// What it waits for, where nothing answers.
    pub pending: Option<Need>,
}

/// An event, as far as it can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    FalseStart,
    Connected,
    Renegotiated,
    Suspended,
    Warning(tls12::AlertDescription),
    CloseNotify,
    RenegotiationRefused(tls12::RenegotiationRefusal),
    Failed(Error),
}

impl End {
    /// A client that asks for `name`, and offers `session` if there is one. Its ClientHello is in the output.
    pub fn client(config: Arc<ClientConfig>, name: &str, session: Option<ClientSession>, now: UnixTime) -> Self {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut hello = Vec::new();
        let connection = match session {
            None => Connection::client(config, name, now, &mut hello),
            Some(session) => Connection::resume(config, name, session, now, &mut hello),
        };
        Self::new(connection.unwrap(), hello)
    }

    pub fn server(config: Arc<ServerConfig>, now: UnixTime) -> Self {
        Self::new(Connection::server(config, now), Vec::new())
    }

    /// The last session that the client was given.
    #[track_caller]
    pub fn client_session(&self) -> ClientSession {
        match self.sessions.last() {
            Some(NewSession::Client(session)) => session.clone(),
            other => panic!("{other:?}"),
        }
    }

    pub fn info(&self) -> &ConnectionInfo {
        self.connection.info().unwrap()
    }

    /// The one certificate that the peer has shown.
    #[track_caller]
    pub fn peer(&self) -> &CertificateDer<'static> {
        match self.info().peer_certificates() {
            [certificate] => certificate,
            other => panic!("{} certificates", other.len()),
        }
    }

    /// The error that it ended with, if it did.
    pub fn failure(&self) -> Option<&Error> {
        self.log.iter().find_map(|happened| match happened {
            Happened::Failed(error) => Some(error),
            _ => None,
        })
    }

    pub fn new(connection: Connection, output: Vec<u8>) -> Self {
        let (input, data, log, sessions) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { connection, input, output, data, log, sessions, answer: None, pending: None }
    }

    /// Processes all input that there is.
    pub fn run(&mut self) -> Result<(), Error> {
        // What takes nothing of the input happens a few times in a connection at most.
        let mut steps_left = self.input.len() + 16;
        loop {
            steps_left = steps_left.checked_sub(1).expect("the connection goes on and on without progress");
            let step = self.connection.process(&mut self.input, &mut self.output);
            let step = step.inspect_err(|error| {
                let failed = Happened::Failed(error.clone());
                if self.log.last() != Some(&failed) {
                    self.log.push(failed);
                }
            })?;
            let consumed = step.consumed;
            let mut need = None;
            let done = match step.event {
                Event::NeedInput { .. } | Event::Waiting => true,
                Event::Suspended(request) => {
                    self.log.push(Happened::Suspended);
                    need = Some(request);
                    false
                }
                Event::FalseStart => {
                    self.log.push(Happened::FalseStart);
                    false
                }
                Event::Connected => {
                    self.log.push(Happened::Connected);
                    false
                }
                Event::Renegotiated => {
                    self.log.push(Happened::Renegotiated);
                    false
                }
                Event::Data(data) => {
                    self.data.extend_from_slice(data);
                    false
                }
                Event::RenegotiationRefused(why) => {
                    self.log.push(Happened::RenegotiationRefused(why));
                    false
                }
                Event::Warning(alert) => {
                    self.log.push(Happened::Warning(alert));
                    false
                }
                Event::CloseNotify => {
                    self.log.push(Happened::CloseNotify);
                    true
                }
                Event::Session(session) => {
                    self.sessions.push(session);
                    false
                }
                other => panic!("{other:?}"),
            };
            self.input.drain(..consumed);
            match (need, self.answer) {
                (Some(need), Some(answer)) => match self.connection.answer(answer(need), &mut self.output) {
                    Ok(()) => {}
                    Err(tls12::AnswerError::Fatal(error)) => return Err(error),
                    Err(stale) => panic!("{stale}"),
                },
                (Some(need), None) => self.pending = Some(need),
                (None, _) => {}
            }
            if done {
                return Ok(());
            }
        }
    }

    pub fn is_connected(&self) -> bool {
        self.log.contains(&Happened::Connected)
    }
}

/// Client and server.
pub struct Pair {
    pub client: End,
    pub server: End,
    /// All that each has sent: the client first.
    pub sent: [Vec<u8>; 2],
}

impl Pair {
    pub fn new(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Self {
        Self::of(End::client(client, SERVER_NAME, None, now()), End::server(server, now()))
    }

    pub fn of(client: End, server: End) -> Self {
        Self { client, server, sent: [Vec::new(), Vec::new()] }
    }

    /// Moves bytes until neither end has any to send. Both ends' errors are in their logs.
    pub fn run(&mut self) {
        while !(self.client.output.is_empty() && self.server.output.is_empty()) {
            self.sent[0].extend(&self.client.output);
            self.server.input.append(&mut self.client.output);
            let _ = self.server.run();
            self.sent[1].extend(&self.server.output);
            self.client.input.append(&mut self.server.output);
            let _ = self.client.run();
        }
    }

    /// As [`Self::run`], but gives what either end waits for to `decide`, until there is nothing to move or to decide.
    pub fn run_deciding(&mut self, mut decide: impl FnMut(Need) -> Answer) {
        for end in [&mut self.client, &mut self.server] {
            let _ = end.run();
        }
        loop {
            self.run();
            let mut decided = false;
            for end in [&mut self.client, &mut self.server] {
                while let Some(need) = end.pending.take() {
                    decided = true;
                    match end.connection.answer(decide(need), &mut end.output) {
                        Ok(()) | Err(AnswerError::Fatal(_)) => {}
                        Err(stale) => panic!("{stale}"),
                    }
                    let _ = end.run();
                }
            }
            if !decided {
                return;
            }
        }
    }

    /// Both are connected.
    #[track_caller]
    pub fn assert_connected(&self) {
        assert!(
            self.client.is_connected() && self.server.is_connected(),
            "client: {:?}, server: {:?}",
            self.client.log,
            self.server.log
        );
    }

    /// Sends `len` bytes each way.
    #[track_caller]
    pub fn exchange_data(&mut self, len: usize) {
        let text: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
        for end in [&mut self.client, &mut self.server] {
            end.data.clear();
            end.connection.seal(&text, &mut end.output).unwrap();
        }
        self.run();
        assert!(self.client.data == text && self.server.data == text, "the data is another");
    }
}
