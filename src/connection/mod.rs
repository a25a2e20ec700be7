//! The public sans-IO API.

#[cfg(feature = "std")]
mod counted;
mod diagnosis;
mod ending;
mod event;
mod machine;
mod open;
#[cfg(feature = "record")]
mod recorded;
mod sealing;
mod split;
mod status;
mod stored;
mod traffic;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::mem;

use crate::crypto::{Digest, Provider};
use crate::error::{DecodeError, DecodeFault, Error, Received};
use crate::handshake::{
    Answer, AnswerBody, ConnectionInfo, Established, ExportError, Flight, Input, Journal, KeptSession, Need,
    RenegotiationRefusal, RequestId, Role, Sending, Tolerance, Tracer, tls_server_end_point,
};
use crate::record::{Incoming, Joiner, MAX_MESSAGE, Opener, PeerVersion, Sealer, next_record};
use crate::wire::{Alert, ContentType, HandshakeType, RecordHeader};
pub use diagnosis::{Advice, Diagnosis, SuiteSetting};
#[cfg(feature = "inspect")]
pub(crate) use diagnosis::{list, list_authorities};
pub use event::{Event, Step};
use machine::Machine;
#[cfg(feature = "record")]
pub(crate) use recorded::{Words, hex, hexes, put_credential, put_error, read_credential, read_error, wiped};
pub use split::{Outgoing, Receiver, Sender};
pub use traffic::{DirectionSecrets, TrafficSecrets};

/// A TLS 1.2 connection, client or server, over any transport: the caller moves the bytes.
///
/// It owns no input or output buffers. The bytes that a call appends to `out` must be sent, whatever the call returns.
pub struct Connection {
    state: Result<Machine, Error>,
    opener: Opener,
    sealer: Sealer,
    joiner: Joiner,
    tolerance: Tolerance,
    /// The facts that explain a failure, until the connection is established.
    journal: Option<Box<Journal>>,
    /// A server's session, while it can be resumed.
    kept: Option<Box<KeptSession>>,
    peer: PeerVersion,
    progress: Progress,
    sending: Sending,
    role: Role,
    /// Reports the messages, if there is a receiver.
    tracer: Option<Box<Tracer>>,
    #[cfg(feature = "std")]
    counter: Option<alloc::sync::Arc<crate::handshake::HandshakeCounter>>,
    /// Records the calls, if the connection is recorded.
    #[cfg(feature = "record")]
    taped: Option<Box<recorded::Taped>>,
}

/// The last event that was returned to the caller, or the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// The handshake is in progress.
    Handshake,
    /// The handshake is in progress, and the caller knows that data can be sent.
    FalseStart,
    /// The caller has a request, and the handshake waits for its answer.
    Suspended(RequestId),
    /// The caller knows that the handshake is complete.
    Connected,
    /// The caller knows that the handshake is complete, and a renegotiation is in progress.
    Renegotiating,
    /// The peer has closed its side, and the caller knows.
    PeerClosed,
}

/// Why an answer was not accepted.
#[derive(Debug)]
#[non_exhaustive]
pub enum AnswerError {
    /// The answer does not belong to the request that the connection waits for. The connection is unchanged; the answer
    /// is returned, for the connection that it belongs to.
    Stale(Box<Answer>),
    /// The answer ended the connection, as a refusal does.
    Fatal(Error),
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(_) => f.write_str("the answer does not belong to the request that the connection waits for"),
            Self::Fatal(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for AnswerError {}

impl Connection {
    /// Processes `input`, the bytes from the peer that earlier calls have not consumed. Decrypts records in place, and
    /// appends the bytes that must be sent to `out`. Returns at the first event that the caller must handle; call it
    /// again with the rest of the input until it needs more.
    ///
    /// # Errors
    /// The error is fatal. The alert that reports it to the peer is in `out`, and every later call returns the same
    /// error.
    pub fn process<'b>(&mut self, input: &'b mut [u8], out: &mut Vec<u8>) -> Result<Step<'b>, Error> {
        #[cfg(feature = "record")]
        if self.taped.is_some() {
            return self.process_taped(input, out);
        }
        self.process_input(input, out)
    }

    fn process_input<'b>(&mut self, input: &'b mut [u8], out: &mut Vec<u8>) -> Result<Step<'b>, Error> {
        let mut input = input;
        let mut consumed = 0;
        loop {
            if let Some(event) = self.before_input(out)? {
                return Ok(Step { consumed, event });
            }
            if self.progress == Progress::PeerClosed {
                // RFC 5246 §7.2.1: any data received after a closure alert is ignored.
                return Ok(Step { consumed: consumed + input.len(), event: Event::CloseNotify });
            }
            let incoming = next_record(input, self.peer, self.opener.limit());
            let header = match self.guard(incoming, out)? {
                Incoming::Incomplete(at_least) => return Ok(Step { consumed, event: Event::NeedInput { at_least } }),
                Incoming::Record(header) => header,
            };
            let (record, rest) = mem::take(&mut input).split_at_mut(RecordHeader::LEN + header.length);
            input = rest;
            consumed += record.len();
            let fragment = record.split_at_mut(RecordHeader::LEN).1;
            let text = self.open_record(header.content_type, fragment);
            let text = self.guard(text, out)?;
            // An event is large, so `Event::Data` is created after `guard`.
            if header.content_type == ContentType::APPLICATION_DATA {
                if text.is_empty() {
                    continue;
                }
                return Ok(Step { consumed, event: Event::Data(text) });
            }
            let handled = self.control(header.content_type, text, out);
            if let Some(event) = self.guard(handled, out)? {
                return Ok(Step { consumed, event });
            }
        }
    }

    /// Answers the request of [`Event::Suspended`]; call [`Self::process`] next, with or without new input.
    ///
    /// # Errors
    /// [`AnswerError::Stale`] if the connection does not wait for this answer, which has no effect;
    /// [`AnswerError::Fatal`] if it ends the connection: the alert that reports it to the peer is then in `out`.
    pub fn answer(&mut self, answer: Answer, out: &mut Vec<u8>) -> Result<(), AnswerError> {
        if self.progress != Progress::Suspended(answer.id) {
            return Err(AnswerError::Stale(Box::new(answer)));
        }
        #[cfg(feature = "record")]
        if self.taped.is_some() {
            return self.answer_taped(answer, out);
        }
        #[cfg(feature = "record")]
        if let AnswerBody::Config(config) = &answer.body
            && let Some(taped) = recorded::Taped::claim(&config.common)
        {
            return self.choose_taped(taped, config, answer.id, out);
        }
        self.take_answer(answer, out)
    }

    fn take_answer(&mut self, answer: Answer, out: &mut Vec<u8>) -> Result<(), AnswerError> {
        // It may have ended while the answer was awaited.
        if let Err(error) = &self.state {
            return Err(AnswerError::Fatal(error.clone()));
        }
        self.progress = match &self.state {
            Ok(machine) if machine.is_renegotiating() => Progress::Renegotiating,
            _ => Progress::Handshake,
        };
        if let (AnswerBody::Config(config), Ok(machine)) = (&answer.body, &self.state) {
            self.tracer = machine.tracer_with(config);
        }
        let moved = self.advance(out, |machine, flight| machine.answer(answer.body, flight));
        #[cfg(feature = "std")]
        if let (None, Ok(machine)) = (&self.counter, &self.state) {
            self.counter = counted::counter_of(machine);
        }
        self.guard(moved, out).map_err(AnswerError::Fatal)
    }

    /// Returns why this side refused the peer's last request to renegotiate, if it did. Peers often close the
    /// connection afterwards.
    #[must_use]
    pub fn renegotiation_refused(&self) -> Option<RenegotiationRefusal> {
        self.tolerance.refused()
    }

    /// Returns whether a renegotiation is in progress, which the server requested: see
    /// [`Renegotiation`](crate::Renegotiation). No data can be sent until it is complete.
    #[must_use]
    pub fn is_renegotiating(&self) -> bool {
        self.state.as_ref().is_ok_and(Machine::is_renegotiating)
    }

    /// Returns an explanation of why the connection failed: what happened, what each side supports, and what to try.
    /// Returns `None` if it has not failed. If the transport failed, call [`Self::end_of_input`] first.
    #[must_use]
    pub fn diagnosis(&self) -> Option<Diagnosis> {
        let error = self.state.as_ref().err()?;
        Some(Diagnosis::of(error, self.journal.as_deref(), self.tolerance.refused()))
    }

    /// Returns the negotiated parameters and the peer's identity. Returns `None` until the handshake is complete or
    /// data can be sent ([`Event::FalseStart`]), and after an error.
    #[must_use]
    pub fn info(&self) -> Option<&ConnectionInfo> {
        let machine = self.state.as_ref().ok()?;
        machine.established().map(|established| &*established.info).or(machine.false_start())
    }

    /// Fills `out`, of any length, with exported keying material (RFC 5705), which is the same on both sides and
    /// differs for each label, context and connection. `label` is registered with IANA, or begins with `EXPERIMENTAL`.
    /// No context differs from an empty one. A longer `out` with the same label and context begins with the same bytes.
    ///
    /// # Errors
    /// [`ExportError`]; the contents of `out` must not be used then. To rule out
    /// [`ExportError::NoExtendedMasterSecret`], require it with
    /// [`Policy::extended_master_secret`](crate::Policy::extended_master_secret).
    pub fn export(&self, label: &[u8], context: Option<&[u8]>, out: &mut [u8]) -> Result<(), ExportError> {
        let (established, provider) = self.established_with_provider()?;
        established.exporter.export(provider, label, context, out)
    }

    /// Returns the channel binding `tls-unique` (RFC 5929 §3): the first Finished of this handshake, which is the
    /// client's in a full handshake, and the server's if a session was resumed. Returns `None` before the connection is
    /// established, and without the extended master secret, since it would not be unique (RFC 7627 §1).
    #[must_use]
    pub fn tls_unique(&self) -> Option<[u8; 12]> {
        self.established()?.1.exporter.tls_unique()
    }

    /// Returns the channel binding `tls-exporter` (RFC 9266 §2).
    ///
    /// # Errors
    /// [`ExportError::NoExtendedMasterSecret`]; [`ExportError::NotConnected`].
    pub fn tls_exporter(&self) -> Result<[u8; 32], ExportError> {
        let (established, provider) = self.established_with_provider()?;
        established.exporter.tls_exporter(provider)
    }

    /// Returns the channel binding `tls-server-end-point` (RFC 5929 §4): a hash of the server's certificate. It is
    /// available on both sides, except on a server that resumed a session. It binds to the server's key, not to this
    /// connection: prefer [`Self::tls_exporter`] if the protocol allows it.
    ///
    /// # Errors
    /// [`ExportError::NoCertificate`]; [`ExportError::NoHash`]; [`ExportError::NotConnected`].
    pub fn tls_server_end_point(&self) -> Result<Digest, ExportError> {
        let (established, provider) = self.established_with_provider()?;
        let certificates = match &self.state {
            Ok(Machine::Client(..)) => established.info.peer_certificates(),
            _ => established.info.own_certificates(),
        };
        tls_server_end_point(provider, certificates)
    }

    fn established(&self) -> Option<(&Machine, &Established)> {
        let machine = self.state.as_ref().ok()?;
        Some((machine, machine.established()?))
    }

    fn established_with_provider(&self) -> Result<(&Established, &dyn Provider), ExportError> {
        let (machine, established) = self.established().ok_or(ExportError::NotConnected)?;
        Ok((established, machine.provider().ok_or(ExportError::NotConnected)?))
    }

    /// The events that are due before more input is processed.
    fn before_input(&mut self, out: &mut Vec<u8>) -> Result<Option<Event<'static>>, Error> {
        loop {
            let machine = self.state.as_ref().map_err(Error::clone)?;
            match self.progress {
                Progress::Connected | Progress::PeerClosed => return Ok(None),
                Progress::Suspended(_) => return Ok(Some(Event::Waiting)),
                Progress::Handshake | Progress::FalseStart | Progress::Renegotiating
                    if machine.established().is_some() && !machine.is_renegotiating() =>
                {
                    return Ok(Some(self.new_session().map_or_else(|| self.connected(), Event::Session)));
                }
                Progress::Handshake if machine.false_start().is_some() => {
                    self.progress = Progress::FalseStart;
                    return Ok(Some(Event::FalseStart));
                }
                Progress::Handshake | Progress::FalseStart | Progress::Renegotiating => {}
            }
            let Some(need) = machine.need() else {
                return Ok(None);
            };
            let answered = self.answer_in_loop(need)?;
            match answered {
                Ok(answer) => {
                    let moved = self.advance(out, |machine, flight| machine.answer(answer.body, flight));
                    self.guard(moved, out)?;
                }
                Err(need) => {
                    self.progress = Progress::Suspended(need.id());
                    return Ok(Some(Event::Suspended(need)));
                }
            }
        }
    }

    /// Answers from the configuration, if that is possible. Code of the configuration may panic.
    fn answer_in_loop(&mut self, need: Need) -> Result<Result<Answer, Need>, Error> {
        #[cfg(feature = "record")]
        if self.taped.is_some() {
            return self.answer_in_loop_taped(need);
        }
        self.answer_by_config(need)
    }

    fn answer_by_config(&mut self, need: Need) -> Result<Result<Answer, Need>, Error> {
        let machine = mem::replace(&mut self.state, Err(Error::Poisoned))?;
        let answered = machine.answer_in_loop(need);
        self.state = Ok(machine);
        Ok(answered)
    }

    /// Reports that the handshake is complete.
    fn connected(&mut self) -> Event<'static> {
        self.journal = None;
        self.settle();
        #[cfg(feature = "log")]
        if let (Some(tracer), Some(info)) = (&self.tracer, self.info()) {
            tracer.complete(info.suite(), info.resumption());
        }
        #[cfg(feature = "std")]
        self.count_complete();
        match mem::replace(&mut self.progress, Progress::Connected) {
            Progress::Renegotiating => Event::Renegotiated,
            _ => Event::Connected,
        }
    }

    /// Opens a record and returns its contents. Refuses data that must not arrive now.
    fn open_record<'b>(&mut self, content_type: ContentType, fragment: &'b mut [u8]) -> Result<&'b mut [u8], Error> {
        let text = self.opener.open(content_type, fragment)?;
        self.tolerance.record(text.is_empty())?;
        if content_type == ContentType::APPLICATION_DATA {
            self.check_data()?;
        }
        Ok(text)
    }

    /// Handles the contents of a record other than data.
    fn control(
        &mut self,
        content_type: ContentType,
        text: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<Event<'static>>, Error> {
        match content_type {
            ContentType::CHANGE_CIPHER_SPEC => self.change_cipher_spec(text, out).map(|()| None),
            // RFC 5246 §6.2.1: no empty fragments of the other types.
            _ if text.is_empty() => Err(DecodeError { structure: "record", fault: DecodeFault::Length }.into()),
            ContentType::HANDSHAKE => {
                self.handshake(text, out)?;
                Ok(self.tolerance.take_refusal().map(Event::RenegotiationRefused))
            }
            _ => {
                let alert = Alert::decode(text)?;
                self.trace_received(ContentType::ALERT, text);
                self.received_alert(alert)
            }
        }
    }

    fn check_data(&self) -> Result<(), Error> {
        let may_come = match self.progress {
            // While a message is incomplete, only its rest or an alert may arrive.
            _ if !self.joiner.is_empty() => false,
            Progress::Connected => true,
            Progress::Renegotiating => self.state.as_ref().is_ok_and(Machine::accepts_data),
            _ => false,
        };
        if may_come {
            return Ok(());
        }
        let got = Received::Record(ContentType::APPLICATION_DATA.0);
        Err(Error::UnexpectedMessage { got, awaited: self.awaited() })
    }

    fn handshake(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let mut joiner = mem::take(&mut self.joiner);
        let mut fragment = text;
        let longest = self.state.as_ref().map_or(MAX_MESSAGE, Machine::longest_message);
        while let Some(message) = joiner.next(&mut fragment, longest)? {
            let flight_start = out.len();
            self.trace_received(ContentType::HANDSHAKE, message.bytes);
            // Nothing follows Finished in its record.
            if message.typ == HandshakeType::FINISHED && !fragment.is_empty() {
                let got = Received::ExcessHandshakeData;
                return Err(Error::UnexpectedMessage { got, awaited: "nothing" });
            }
            let progress = self.progress;
            self.advance(out, |machine, flight| machine.step(Input::Message(message.typ, message), flight))?;
            self.peer = PeerVersion::Tls12;
            if progress == Progress::Connected && self.state.as_ref().is_ok_and(Machine::is_renegotiating) {
                self.progress = Progress::Renegotiating;
            }
            let our_turn = out.len() > flight_start || self.state.as_ref().is_ok_and(Machine::is_waiting);
            // A peer that waits for an answer sends nothing more.
            let in_handshake = matches!(progress, Progress::Handshake | Progress::FalseStart | Progress::Renegotiating);
            if our_turn && in_handshake && !fragment.is_empty() {
                let got = Received::ExcessHandshakeData;
                return Err(Error::UnexpectedMessage { got, awaited: "nothing" });
            }
        }
        self.joiner = joiner;
        Ok(())
    }

    fn change_cipher_spec(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        // RFC 5246 §7.1: a single byte of value 1.
        match text {
            [1] => {}
            [_] => return Err(DecodeError { structure: "ChangeCipherSpec", fault: DecodeFault::Value }.into()),
            _ => {
                let got = Received::Record(ContentType::CHANGE_CIPHER_SPEC.0);
                return Err(Error::UnexpectedMessage { got, awaited: "one of a single byte" });
            }
        }
        self.trace_received(ContentType::CHANGE_CIPHER_SPEC, text);
        // The keys change between messages, never within one.
        if !self.joiner.is_empty() {
            let got = Received::MisalignedChangeCipherSpec;
            return Err(Error::UnexpectedMessage { got, awaited: self.awaited() });
        }
        self.advance(out, |machine, flight| machine.step(Input::ChangeCipherSpec, flight))
    }

    /// Advances the state machine.
    fn advance(
        &mut self,
        out: &mut Vec<u8>,
        step: impl FnOnce(Machine, &mut Flight<'_>) -> Result<Machine, Error>,
    ) -> Result<(), Error> {
        let Self { opener, sealer, tolerance, kept, journal, sending, tracer, .. } = self;
        let tracer = tracer.as_deref();
        let mut flight = Flight { out, sealer, opener, tolerance, kept, journal, sending: *sending, tracer };
        // This placeholder is replaced by the next state, or by the error; it remains only after a panic.
        let machine = mem::replace(&mut self.state, Err(Error::Poisoned))?;
        self.state = Ok(step(machine, &mut flight)?);
        Ok(())
    }

    fn trace_received(&self, content_type: ContentType, content: &[u8]) {
        if let Some(tracer) = &self.tracer {
            tracer.received(content_type, content);
        }
    }

    fn awaited(&self) -> &'static str {
        self.state.as_ref().map_or("nothing", Machine::awaited)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.as_ref().map(Machine::awaited);
        f.debug_struct("Connection").field("awaited", &state).field("progress", &self.progress).finish_non_exhaustive()
    }
}
