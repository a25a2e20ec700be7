//! Makes the recorded calls of a connection.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use rustls_pki_types::{ServerName, UnixTime};
use zeroize::Zeroizing;

use super::log::MAX_LEN;
use crate::connection::{Connection, Event, Words};
use crate::error::{AlertDescription, Error};
use crate::handshake::{ClientConfig, Need, ServerConfig};
use crate::session::ClientSession;
use crate::wire::{ContentType, MAX_PLAINTEXT, RecordHeader};

/// A connection whose calls are replayed.
pub(super) struct Player {
    config: Config,
    connection: Option<Connection>,
    /// The error with which the connection could not begin.
    start_error: Option<Error>,
    /// The input that was given, and not consumed.
    input: Vec<u8>,
    /// The request that waits for an answer.
    need: Option<Need>,
}

enum Config {
    Client(Arc<ClientConfig>),
    Server(Arc<ServerConfig>),
}

/// Why a call cannot be made.
type Refused = &'static str;

/// Arguments that are malformed.
const ARGUMENTS: Refused = "the arguments of this call are malformed";

impl Player {
    pub(super) fn client(config: Arc<ClientConfig>) -> Self {
        Self::new(Config::Client(config))
    }

    pub(super) fn server(config: Arc<ServerConfig>) -> Self {
        Self::new(Config::Server(config))
    }

    fn new(config: Config) -> Self {
        Self { config, connection: None, start_error: None, input: Vec::new(), need: None }
    }

    pub(super) fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    pub(super) fn start_error(&self) -> Option<Error> {
        self.start_error.clone()
    }

    /// Makes this call.
    pub(super) fn call(&mut self, call: &str) -> Result<(), Refused> {
        let mut words = Words::of(call);
        let name = words.word().unwrap_or_default();
        if matches!(name, "client" | "server" | "chosen") {
            return self.start(name, &mut words);
        }
        let connection = self.connection.as_mut().ok_or("there is no connection yet")?;
        // What is sent was compared.
        let mut out = Vec::new();
        match name {
            "process" | "process_anew" => {
                let fresh = words.bytes().ok_or(ARGUMENTS)?;
                words.done().ok_or(ARGUMENTS)?;
                if name == "process_anew" {
                    self.input.clear();
                }
                self.input.extend(fresh);
                self.process();
            }
            "answer" => {
                let need = self.need.take().ok_or("no request waits for an answer")?;
                let decision = call.strip_prefix("answer ").unwrap_or_default();
                let answer = Connection::recorded_answer(need, decision)
                    .map_err(|_| "this does not answer the request that waits")?;
                // The result was compared.
                let _ = connection.answer(answer, &mut out);
            }
            "seal" => {
                let text = vec![0; length(&mut words).ok_or(ARGUMENTS)?];
                let _ = connection.seal(&text, &mut out);
            }
            "seal_in_place" => {
                let (room, start, len) = seal_in_place(&mut words).ok_or(ARGUMENTS)?;
                let _ = connection.seal_in_place(&mut vec![0; room], start..start.saturating_add(len));
            }
            "close" => connection.close(&mut out),
            "abort" => {
                let alert = AlertDescription::from_code(words.number().ok_or(ARGUMENTS)?);
                connection.abort(alert, &mut out);
            }
            "end_of_input" => drop(connection.end_of_input()),
            "transport_reset" => drop(connection.transport_reset()),
            "time" => connection.set_time(time(&mut words).ok_or(ARGUMENTS)?),
            _ => return Err("this call is unknown"),
        }
        Ok(())
    }

    fn start(&mut self, role: &str, words: &mut Words<'_>) -> Result<(), Refused> {
        if self.connection.is_some() || self.start_error.is_some() {
            return Err("a recording has one connection");
        }
        let made = match (&self.config, role) {
            (Config::Client(config), "client") => {
                let arguments = client_arguments(words).ok_or(ARGUMENTS)?;
                make_client(Arc::clone(config), arguments)
            }
            (Config::Server(config), "server") => {
                Ok(Connection::server(Arc::clone(config), time(words).ok_or(ARGUMENTS)?))
            }
            (Config::Server(config), "chosen") => {
                let (now, hello) = (time(words).ok_or(ARGUMENTS)?, words.bytes().ok_or(ARGUMENTS)?);
                Ok(choose(Arc::clone(config), now, &hello)?)
            }
            _ => return Err("this is the call of the other role"),
        };
        match made {
            Ok(connection) => self.connection = Some(connection),
            Err(error) => self.start_error = Some(error),
        }
        Ok(())
    }

    fn process(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        let consumed = match connection.process(&mut self.input, &mut Vec::new()) {
            Ok(step) => {
                if let Event::Suspended(need) = step.event {
                    self.need = Some(need);
                }
                step.consumed
            }
            Err(_) => usize::MAX,
        };
        self.input.drain(..consumed.min(self.input.len()));
    }
}

/// The arguments of the call that makes a client's connection.
type ClientArguments = (Option<ServerName<'static>>, UnixTime, Option<ClientSession>);

fn client_arguments(words: &mut Words<'_>) -> Option<ClientArguments> {
    let name = words.text()?;
    let name = if name.is_empty() { None } else { Some(ServerName::try_from(name).ok()?) };
    let now = time(words)?;
    let session = Zeroizing::new(words.bytes()?);
    let session = if session.is_empty() { None } else { Some(ClientSession::from_bytes(&session).ok()?) };
    Some((name, now, session))
}

fn make_client(config: Arc<ClientConfig>, (name, now, session): ClientArguments) -> Result<Connection, Error> {
    // What is sent was compared.
    let mut out = Vec::new();
    match (name, session) {
        (None, session) => Connection::client_without_name(config, session, now, &mut out),
        (Some(name), None) => Connection::client(config, name, now, &mut out),
        (Some(name), Some(session)) => Connection::resume(config, name, session, now, &mut out),
    }
}

/// A server's connection whose configuration was chosen for this ClientHello, with its header.
fn choose(config: Arc<ServerConfig>, now: UnixTime, hello: &[u8]) -> Result<Connection, Refused> {
    let mut connection = Connection::accept(now);
    let mut records = Vec::new();
    for fragment in hello.chunks(MAX_PLAINTEXT) {
        let len = u16::try_from(fragment.len()).map_err(|_| ARGUMENTS)?;
        records.extend(RecordHeader::to_bytes(ContentType::HANDSHAKE, len));
        records.extend(fragment);
    }
    // What is sent was compared.
    let mut out = Vec::new();
    match connection.process(&mut records, &mut out).map(|step| step.event) {
        Ok(Event::Suspended(Need::SelectConfig(request))) => {
            // The result was compared.
            let _ = connection.answer(request.selected(config), &mut out);
            Ok(connection)
        }
        Ok(_) => Err(ARGUMENTS),
        Err(_) => Err("this version refuses the ClientHello"),
    }
}

fn time(words: &mut Words<'_>) -> Option<UnixTime> {
    words.number().map(|secs| UnixTime::since_unix_epoch(Duration::from_secs(secs)))
}

/// A length that a recording can have.
fn length(words: &mut Words<'_>) -> Option<usize> {
    words.number().filter(|len| *len <= MAX_LEN)
}

/// The lengths of the buffer, of what comes before the text, and of the text.
fn seal_in_place(words: &mut Words<'_>) -> Option<(usize, usize, usize)> {
    Some((length(words)?, length(words)?, length(words)?))
}
