//! How a connection begins, and where it has its time from.

use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::{ServerName, UnixTime};

use super::machine::Machine;
use super::{Connection, Progress};
use crate::error::Error;
use crate::handshake::{
    Accepting, AwaitClientHello, ClientConfig, ClientSide, Flight, Journal, JournalOf, Sending, ServerConfig,
    ServerSide, ServerState, Time, Tolerance, begin,
};
use crate::record::{Acquaintance, Joiner, Opener, Sealer};
use crate::session::ClientSession;

impl Connection {
    /// A client's connection to the server of this name. The ClientHello is appended to `out`. `now` is the time at which
    /// the server's certificates must be valid.
    ///
    /// # Errors
    /// [`Error::Provider`], if the random source fails.
    pub fn client(
        config: Arc<ClientConfig>,
        server_name: ServerName<'static>,
        now: UnixTime,
        out: &mut Vec<u8>,
    ) -> Result<Self, Error> {
        Self::start(ClientSide { config, server_name, time: Time::Told(now) }, None, out)
    }

    /// As [`Self::client`], but offers to resume `session`. If it has outlived its time, is another server's, does not fit
    /// `config`, or the server does not want it, the handshake is a full one: [`ConnectionInfo::resumed`](crate::ConnectionInfo::resumed) tells.
    ///
    /// A server that resumes a session proves that it is the one that the session was made with. Its chain is not verified
    /// again while the verdict on it holds, and `config` has the verifier that gave it ([`VerifyPeer::identity`]). Else it is
    /// verified before the ClientHello is sent; where that takes an answer ([`Need::VerifyPeer`](crate::Need::VerifyPeer)), nothing is appended to `out`
    /// yet. That a session is used twice harms nothing but that an observer sees that both are the same client.
    ///
    /// [`VerifyPeer::identity`]: crate::VerifyPeer::identity
    ///
    /// # Errors
    /// [`Error::Provider`], if the random source fails.
    pub fn resume(
        config: Arc<ClientConfig>,
        server_name: ServerName<'static>,
        session: ClientSession,
        now: UnixTime,
        out: &mut Vec<u8>,
    ) -> Result<Self, Error> {
        Self::start(ClientSide { config, server_name, time: Time::Told(now) }, Some(session), out)
    }

    pub(super) fn start(side: ClientSide, session: Option<ClientSession>, out: &mut Vec<u8>) -> Result<Self, Error> {
        let (mut opener, mut sealer, mut tolerance) = (Opener::plain(), Sealer::plain(), Tolerance::default());
        let journal_of = JournalOf::client(&side);
        let mut flight = Flight {
            out,
            sealer: &mut sealer,
            opener: &mut opener,
            tolerance: &mut tolerance,
            kept: &mut None,
            journal: &mut None,
            sending: Sending::Open,
        };
        let state = begin(&side, session, &mut flight)?;
        let machine = Machine::Client(side, state);
        let need = machine.need();
        let mut connection = Self { opener, sealer, tolerance, ..Self::new(machine, journal_of) };
        // What is not answered here is asked for when the connection is first processed.
        if let Some(need) = need
            && let Ok(answer) = connection.answer_in_loop(need)?
        {
            connection.advance(out, |machine, flight| machine.answer(answer.body, flight))?;
        }
        Ok(connection)
    }

    /// A server's connection to a client that has yet to speak. `now` is the time at which sessions, tickets and the
    /// client's certificates must be valid.
    #[must_use]
    pub fn server(config: Arc<ServerConfig>, now: UnixTime) -> Self {
        let journal_of = JournalOf::Server { config: Some(Arc::clone(&config)) };
        let machine =
            Machine::Server(ServerSide { config, time: Time::Told(now) }, ServerState::ClientHello(AwaitClientHello));
        Self::new(machine, journal_of)
    }

    /// As [`Self::server`], but the configuration is chosen by what the client offers: the connection asks for it by
    /// [`Need::SelectConfig`](crate::Need::SelectConfig) when the ClientHello is there.
    ///
    /// ```
    /// # #[cfg(feature = "std")]
    /// # fn accept(default: std::sync::Arc<tls12::ServerConfig>, of_tenant: impl Fn(&str) -> Option<std::sync::Arc<tls12::ServerConfig>>) {
    /// use tls12::{Connection, Event, Need, UnixTime};
    ///
    /// let mut connection = Connection::accept(UnixTime::now());
    /// # let (mut input, mut out) = (Vec::new(), Vec::new());
    /// if let Ok(step) = connection.process(&mut input, &mut out) {
    ///     if let Event::Suspended(Need::SelectConfig(request)) = step.event {
    ///         let config = request.offer().server_name().and_then(of_tenant).unwrap_or(default);
    ///         let _ = connection.answer(request.selected(config), &mut out);
    ///     }
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn accept(now: UnixTime) -> Self {
        let accepting = Accepting::ClientHello { time: Time::Told(now) };
        Self::new(Machine::Accepting(accepting), JournalOf::Server { config: None })
    }

    fn new(machine: Machine, journal_of: JournalOf) -> Self {
        Self {
            #[cfg(feature = "std")]
            counter: super::counted::counter_of(&machine),
            role: machine.role(),
            state: Ok(machine),
            opener: Opener::plain(),
            sealer: Sealer::plain(),
            joiner: Joiner::default(),
            tolerance: Tolerance::default(),
            journal: Some(Journal::new(journal_of)),
            kept: None,
            peer: Acquaintance::None,
            progress: Progress::Handshake,
            sending: Sending::Open,
        }
    }

    /// Tells the connection that it is `now`. Until it is told again, or given a clock, it takes the time to stand still: which
    /// matters only where it lasts, for sessions and tickets made at the end of a handshake that took long, and for the server
    /// that is verified in a renegotiation hours later.
    pub fn set_time(&mut self, now: UnixTime) {
        self.set_time_source(Time::Told(now));
    }

    /// Has the connection ask this clock whenever it needs the time, such as `UnixTime::now`.
    pub fn set_clock(&mut self, clock: fn() -> UnixTime) {
        self.set_time_source(Time::Clock(clock));
    }

    fn set_time_source(&mut self, time: Time) {
        if let Ok(machine) = &mut self.state {
            machine.set_time(time);
        }
    }
}
