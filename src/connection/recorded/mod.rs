//! The calls of a connection that is recorded, or replayed (feature `record`): each reports its arguments and its result to the
//! tape.

mod credential;
mod decision;
mod text;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use rustls_pki_types::UnixTime;

use super::machine::Machine;
use super::{AnswerError, Connection, Event, Step};
use crate::crypto::Secret;
use crate::error::Error;
use crate::handshake::{
    Answer, AnswerBody, Aside, ClientAuth, ClientSide, Common, ConnectionInfo, Need, RequestId, ServerConfig,
    ServerSide, Tape, Time, Verification, server_name_text,
};
use crate::record::SealError;
use crate::session::ClientSession;
pub(crate) use credential::{put_credential, read_credential};
pub(crate) use decision::{put_error, read_error};
pub(crate) use text::{Words, hex, hexes, wiped};

/// The recording of a connection.
pub(super) struct Taped {
    tape: Arc<dyn Tape>,
    /// The input that was given, and not consumed.
    pending: Vec<u8>,
    /// The clock, and what it showed last.
    clock: Option<(fn() -> UnixTime, UnixTime)>,
}

impl Taped {
    /// `None` if the configuration is not to be recorded, or has been.
    pub(super) fn claim(common: &Common) -> Option<Self> {
        let tape = common.recorder.as_ref()?.claim()?;
        Some(Self { tape, pending: Vec::new(), clock: None })
    }

    fn observe(&self, common: &mut Common) {
        common.recorder = None;
        common.provider = Arc::clone(&self.tape).provider(Arc::clone(&common.provider));
    }

    /// The configuration of a server whose connection is recorded.
    fn observe_server(&self, config: &ServerConfig) -> Arc<ServerConfig> {
        let mut config = config.clone();
        self.observe(&mut config.common);
        if let ClientAuth::Request(trust) | ClientAuth::Require(trust) = &mut config.client_auth {
            self.observe_verifier(&mut trust.verifier);
        }
        Arc::new(config)
    }

    /// Has a clock looked at when a call begins, so that the time does not change during it. `now` is what it shows.
    fn set_clock(&mut self, time: Time, now: UnixTime) {
        self.clock = match time {
            Time::Set(_) => None,
            Time::Clock(clock) => Some((clock, now)),
        };
    }

    fn observe_verifier(&self, verifier: &mut Verification) {
        if let Verification::InLoop(inner) = verifier {
            *inner = Arc::clone(&self.tape).verifier(Arc::clone(inner));
        }
    }
}

impl Drop for Taped {
    fn drop(&mut self) {
        self.tape.stop("the connection was dropped");
    }
}

impl Connection {
    pub(super) fn start_taped(
        taped: Taped,
        mut side: ClientSide,
        mut session: Option<ClientSession>,
        out: &mut Vec<u8>,
    ) -> Result<Self, Error> {
        let mut config = (*side.config).clone();
        taped.observe(&mut config.common);
        taped.observe_verifier(&mut config.verifier);
        side.config = Arc::new(config);
        let name = side.server_name.as_ref().map(server_name_text).unwrap_or_default();
        let shown = session.as_mut().map(|session| {
            let mut shown = session.clone();
            if !taped.tape.has_secrets() {
                decision::zeroed(Arc::make_mut(&mut shown.state));
            }
            shown.to_bytes()
        });
        let shown = shown.as_ref().map(Secret::expose).unwrap_or_default();
        let tape = Arc::clone(&taped.tape);
        tape.begin(format_args!("client {} {} {}", hex(name.as_bytes()), side.now().as_secs(), hex(shown)));
        let start = out.len();
        let make =
            |machine, journal, tracer| Self { taped: Some(Box::new(taped)), ..Self::blank(machine, journal, tracer) };
        let started = Self::greet(make, side, session, out);
        tape.end(out.get(start..).unwrap_or_default(), format_args!("{}", outcome(&started.as_ref().map(|_| ()))));
        started
    }

    pub(super) fn server_taped(taped: Taped, mut side: ServerSide) -> Self {
        side.config = taped.observe_server(&side.config);
        taped.tape.begin(format_args!("server {}", side.now().as_secs()));
        taped.tape.end(&[], format_args!("done"));
        Self { taped: Some(Box::new(taped)), ..Self::listen(side) }
    }

    /// Continues as a server with the configuration that was chosen for the ClientHello: the recording begins with both. How the
    /// ClientHello was split into records, and what came before it, is not in it.
    pub(super) fn choose_taped(
        &mut self,
        taped: Taped,
        config: &ServerConfig,
        id: RequestId,
        out: &mut Vec<u8>,
    ) -> Result<(), AnswerError> {
        let answer = Answer { id, body: AnswerBody::Config(taped.observe_server(config)) };
        let greeted = self.state.as_ref().ok().and_then(Machine::greeted);
        // Only such a machine has asked for a configuration.
        let Some((hello, time)) = greeted else { return self.take_answer(answer, out) };
        let (hello, now) = (hello.to_vec(), time.now());
        self.set_machine_time(Time::Set(now));
        self.taped = Some(Box::new(taped));
        let call = format_args!("chosen {} {}", now.as_secs(), hex(&hello));
        let answered = self.recorded(call, out, |connection, out| connection.take_answer(answer, out));
        if let Some(taped) = &mut self.taped {
            taped.set_clock(time, now);
        }
        answered
    }

    /// Runs a call that appends to `out`.
    pub(super) fn recorded<T: Told>(
        &mut self,
        call: fmt::Arguments<'_>,
        out: &mut Vec<u8>,
        run: impl FnOnce(&mut Self, &mut Vec<u8>) -> T,
    ) -> T {
        let Some(tape) = self.begin(call) else { return run(self, out) };
        let start = out.len();
        let result = run(self, out);
        tape.end(out.get(start..).unwrap_or_default(), format_args!("{}", result.told()));
        result
    }

    /// Tells the tape that a call begins, after the time, if that has changed.
    fn begin(&mut self, call: fmt::Arguments<'_>) -> Option<Arc<dyn Tape>> {
        let tape = Arc::clone(&self.taped.as_ref()?.tape);
        if let Some((clock, shown)) = self.taped.as_mut().and_then(|taped| taped.clock.as_mut()) {
            let now = clock();
            if now.as_secs() != shown.as_secs() {
                *shown = now;
                self.tell_time(now);
            }
        }
        tape.begin(call);
        Some(tape)
    }

    fn tell_time(&mut self, now: UnixTime) {
        if let Some(taped) = &self.taped {
            taped.tape.begin(format_args!("time {}", now.as_secs()));
            taped.tape.end(&[], format_args!("done"));
        }
        self.set_machine_time(Time::Set(now));
    }

    pub(super) fn set_time_taped(&mut self, time: Time) {
        let now = time.now();
        if let Some(taped) = &mut self.taped {
            taped.set_clock(time, now);
        }
        self.tell_time(now);
    }

    pub(super) fn process_taped<'b>(&mut self, input: &'b mut [u8], out: &mut Vec<u8>) -> Result<Step<'b>, Error> {
        let pending = self.taped.as_mut().map(|taped| core::mem::replace(&mut taped.pending, input.to_vec()));
        let pending = pending.unwrap_or_default();
        let (call, fresh) = match input.strip_prefix(&*pending) {
            Some(fresh) => ("process", fresh),
            None => ("process_anew", &*input),
        };
        let Some(tape) = self.begin(format_args!("{call} {}", hex(fresh))) else {
            return self.process_input(input, out);
        };
        let start = out.len();
        let result = self.process_input(input, out);
        let consumed = result.as_ref().map_or(usize::MAX, |step| step.consumed);
        if let Some(taped) = &mut self.taped {
            taped.pending.drain(..consumed.min(taped.pending.len()));
        }
        let told = match &result {
            Ok(step) => format!("consumed {} {}", step.consumed, self.describe(&step.event)),
            Err(error) => told_error(error),
        };
        tape.end(out.get(start..).unwrap_or_default(), format_args!("{told}"));
        result
    }

    pub(super) fn answer_taped(&mut self, answer: Answer, out: &mut Vec<u8>) -> Result<(), AnswerError> {
        let with_secrets = self.taped.as_ref().is_some_and(|taped| taped.tape.has_secrets());
        let decision = decision::put(&answer.body, with_secrets);
        let call = format_args!("answer {}", *decision);
        self.recorded(call, out, |connection, out| connection.take_answer(answer, out))
    }

    pub(super) fn answer_in_loop_taped(&mut self, need: Need) -> Result<Result<Answer, Need>, Error> {
        let Some(tape) = self.taped.as_ref().map(|taped| Arc::clone(&taped.tape)) else {
            return self.answer_by_config(need);
        };
        if tape.replays() {
            return Ok(match tape.recorded_decision() {
                Some(decision) => decision::read(need, &decision),
                None => Err(need),
            });
        }
        tape.aside(Aside::Begins);
        let answered = self.answer_by_config(need);
        tape.aside(Aside::Ends);
        if let Ok(Ok(answer)) = &answered {
            tape.decided(&decision::put(&answer.body, tape.has_secrets()));
        }
        answered
    }

    pub(super) fn seal_taped(&mut self, parts: &[&[u8]], out: &mut Vec<u8>) -> Result<(), SealError> {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        self.recorded(format_args!("seal {len}"), out, |connection, out| connection.seal_parts(parts, out))
    }

    pub(super) fn seal_in_place_taped<'b>(
        &mut self,
        buf: &'b mut [u8],
        text: Range<usize>,
    ) -> Result<&'b [u8], SealError> {
        let len = text.len();
        // Without its room, it is refused before the provider is asked.
        let Some(tape) = self.begin(format_args!("seal_in_place {} {} {len}", buf.len(), text.start)) else {
            return self.seal_record(buf, text);
        };
        let sealed = self.seal_record(buf, text);
        tape.end(sealed.unwrap_or_default(), format_args!("{}", sealed.map(|_| ()).told()));
        sealed
    }

    /// Ends the recording: what follows cannot be recorded.
    pub(super) fn stop_recording(&mut self, why: &str) {
        if let Some(taped) = self.taped.take() {
            taped.tape.stop(why);
        }
    }

    /// Answers the request by a decision that was recorded as an answer of the caller's; returns the request if it is no answer
    /// to it.
    pub(crate) fn recorded_answer(need: Need, decision: &str) -> Result<Answer, Need> {
        decision::read(need, decision)
    }

    fn describe(&self, event: &Event<'_>) -> String {
        match event {
            Event::NeedInput { at_least } => format!("need_input {at_least}"),
            Event::Suspended(need) => format!("suspended {}", kind(need)),
            Event::Waiting => "waiting".into(),
            Event::FalseStart => "false_start".into(),
            Event::Connected => format!("connected {}", self.info().map(agreed).unwrap_or_default()),
            Event::Renegotiated => format!("renegotiated {}", self.info().map(agreed).unwrap_or_default()),
            Event::RenegotiationRefused(why) => format!("renegotiation_refused {why:?}"),
            Event::Data(data) => format!("data {}", data.len()),
            Event::Session(_) => "session".into(),
            Event::Warning(alert) => format!("warning {alert}"),
            Event::CloseNotify => "close_notify".into(),
        }
    }
}

/// What the two sides agreed on.
fn agreed(info: &ConnectionInfo) -> String {
    let group = info.group().map_or_else(|| "none".into(), |group| format!("{group}"));
    let order = info.mac_order().map_or_else(|| "none".into(), |order| format!("{order:?}"));
    format!(
        "{} group={group} mac_order={order} resumed={} extended_master_secret={} certificates={} limits={}/{}",
        info.suite().name,
        info.resumed(),
        info.extended_master_secret(),
        info.peer_certificates().len(),
        info.send_limit(),
        info.receive_limit(),
    )
}

const fn kind(need: &Need) -> &'static str {
    match need {
        Need::SelectConfig(_) => "select_config",
        Need::Sign(_) => "sign",
        Need::DecryptPremaster(_) => "decrypt_premaster",
        Need::VerifyPeer(_) => "verify_peer",
        Need::SelectCertificate(_) => "select_certificate",
        Need::SelectPsk(_) => "select_psk",
        Need::FindPsk(_) => "find_psk",
        Need::FindSession(_) => "find_session",
        Need::OpenTicket(_) => "open_ticket",
        Need::SealTicket(_) => "seal_ticket",
    }
}

/// The result of a call, as text.
pub(super) trait Told {
    fn told(&self) -> String;
}

impl Told for () {
    fn told(&self) -> String {
        "done".into()
    }
}

impl<E: ToldError> Told for Result<(), E> {
    fn told(&self) -> String {
        self.as_ref().map_or_else(ToldError::told_error, |()| "done".into())
    }
}

pub(super) trait ToldError {
    fn told_error(&self) -> String;
}

impl ToldError for Error {
    fn told_error(&self) -> String {
        told_error(self)
    }
}

impl ToldError for AnswerError {
    fn told_error(&self) -> String {
        match self {
            Self::Stale(_) => "stale".into(),
            Self::Fatal(error) => told_error(error),
        }
    }
}

impl ToldError for SealError {
    fn told_error(&self) -> String {
        match self {
            // The text of a provider is not recorded.
            Self::Provider(_) => "not_sealed Provider".into(),
            other => format!("not_sealed {other:?}"),
        }
    }
}

fn outcome(started: &Result<(), &Error>) -> String {
    started.map_or_else(told_error, |()| "done".into())
}

/// An error, as it must come again.
fn told_error(error: &Error) -> String {
    match error {
        Error::Provider(_) => "failed Provider".into(),
        Error::Certificate(refused) => format!("failed Certificate {}", refused.kind.name()),
        other => format!("failed {other:?}"),
    }
}
