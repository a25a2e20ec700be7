//! Creating a connection, and the source of its time.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::{ServerName, UnixTime};

use super::machine::Machine;
use super::{Connection, Progress};
use crate::error::Error;
use crate::handshake::{
    Accepting, AwaitClientHello, ClientConfig, ClientSide, Flight, Journal, JournalOf, Role, Sending, ServerConfig,
    ServerSide, ServerState, Time, Tolerance, Tracer, begin,
};
use crate::record::{Joiner, Opener, PeerVersion, Sealer};
use crate::session::ClientSession;

impl Connection {
    /// Creates a client's connection to the server with this name, and appends the ClientHello to `out`. `now` is the
    /// time at which the server's certificates must be valid.
    ///
    /// # Errors
    /// [`Error::Provider`] if the random source fails.
    pub fn client(
        config: Arc<ClientConfig>,
        server_name: ServerName<'static>,
        now: UnixTime,
        out: &mut Vec<u8>,
    ) -> Result<Self, Error> {
        Self::start(ClientSide { config, server_name: Some(server_name), time: Time::Set(now) }, None, out)
    }

    /// Like [`Self::client`], but to a server that is not identified by a name or an address, such as a device behind a
    /// serial line. The ClientHello contains no server_name, and the verifier is told that there is no name to compare
    /// ([`Peer::UnnamedServer`](crate::Peer)). A certificate or key that is trusted itself is accepted, for example one
    /// that is pinned (`verify::Pin`); one that is trusted only for a name is refused. If there is a `session`, it is
    /// offered as in [`Self::resume`].
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "webpki", feature = "ring"))]
    /// # fn example(pin: tls12::verify::Pin) -> Result<(), Box<dyn std::error::Error>> {
    /// use tls12::{ClientConfig, Connection, UnixTime, verify::Verifier};
    ///
    /// let verifier = Verifier::pinned([pin])?;
    /// let config = ClientConfig::builder(std::sync::Arc::new(verifier)).build()?;
    /// let mut out = Vec::new();
    /// let connection = Connection::client_without_name(config, None, UnixTime::now(), &mut out)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Provider`] if the random source fails.
    pub fn client_without_name(
        config: Arc<ClientConfig>,
        session: Option<ClientSession>,
        now: UnixTime,
        out: &mut Vec<u8>,
    ) -> Result<Self, Error> {
        Self::start(ClientSide { config, server_name: None, time: Time::Set(now) }, session, out)
    }

    /// Like [`Self::client`], but offers to resume `session`. If it has expired, belongs to another server, does not
    /// match `config`, or is refused by the server, the handshake is a full one; see
    /// [`ConnectionInfo::resumed`](crate::ConnectionInfo::resumed).
    ///
    /// A server that resumes a session proves that it is the server with which the session was created. Its chain is
    /// not verified again while the verdict on it holds, if `config` has the verifier that gave it
    /// ([`VerifyPeer::identity`]). Otherwise it is verified before the ClientHello is sent; if that needs an answer
    /// ([`Need::VerifyPeer`](crate::Need::VerifyPeer)), nothing is appended to `out` yet. Using a session more than
    /// once is safe, but lets an observer link the connections.
    ///
    /// [`VerifyPeer::identity`]: crate::VerifyPeer::identity
    ///
    /// # Errors
    /// [`Error::Provider`] if the random source fails.
    pub fn resume(
        config: Arc<ClientConfig>,
        server_name: ServerName<'static>,
        session: ClientSession,
        now: UnixTime,
        out: &mut Vec<u8>,
    ) -> Result<Self, Error> {
        Self::start(ClientSide { config, server_name: Some(server_name), time: Time::Set(now) }, Some(session), out)
    }

    pub(super) fn start(side: ClientSide, session: Option<ClientSession>, out: &mut Vec<u8>) -> Result<Self, Error> {
        #[cfg(feature = "record")]
        if let Some(taped) = super::recorded::Taped::claim(&side.config.common) {
            return Self::start_taped(taped, side, session, out);
        }
        Self::greet(Self::blank, side, session, out)
    }

    /// Sends the ClientHello, from a connection that `make` makes.
    pub(super) fn greet(
        make: impl FnOnce(Machine, JournalOf, Option<Box<Tracer>>) -> Self,
        side: ClientSide,
        session: Option<ClientSession>,
        out: &mut Vec<u8>,
    ) -> Result<Self, Error> {
        let (mut opener, mut sealer, mut tolerance) = (Opener::plain(), Sealer::plain(), Tolerance::default());
        let journal_of = JournalOf::client(&side);
        let tracer = Tracer::new(side.config.common.trace.as_ref(), Role::Client);
        let mut flight = Flight {
            out,
            sealer: &mut sealer,
            opener: &mut opener,
            tolerance: &mut tolerance,
            kept: &mut None,
            journal: &mut None,
            sending: Sending::Open,
            tracer: tracer.as_deref(),
        };
        let state = begin(&side, session, &mut flight)?;
        let machine = Machine::Client(side, state);
        let need = machine.need();
        let mut connection = Self { opener, sealer, tolerance, ..make(machine, journal_of, tracer) };
        // A request that is not answered here is returned when input is first processed.
        if let Some(need) = need
            && let Ok(answer) = connection.answer_in_loop(need)?
        {
            connection.advance(out, |machine, flight| machine.answer(answer.body, flight))?;
        }
        Ok(connection)
    }

    /// Creates a server's connection, which waits for the ClientHello. `now` is the time at which sessions, tickets and
    /// the client's certificates must be valid.
    #[must_use]
    pub fn server(config: Arc<ServerConfig>, now: UnixTime) -> Self {
        let side = ServerSide { config, time: Time::Set(now) };
        #[cfg(feature = "record")]
        if let Some(taped) = super::recorded::Taped::claim(&side.config.common) {
            return Self::server_taped(taped, side);
        }
        Self::listen(side)
    }

    /// A server that waits for the ClientHello.
    pub(super) fn listen(side: ServerSide) -> Self {
        let journal_of = JournalOf::Server { config: Some(Arc::clone(&side.config)) };
        let machine = Machine::Server(side, ServerState::ClientHello(AwaitClientHello));
        let tracer = machine.tracer();
        Self::blank(machine, journal_of, tracer)
    }

    /// Like [`Self::server`], but the configuration is chosen based on the ClientHello: the connection requests it with
    /// [`Need::SelectConfig`](crate::Need::SelectConfig).
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
        let accepting = Accepting::ClientHello { time: Time::Set(now) };
        Self::blank(Machine::Accepting(accepting), JournalOf::Server { config: None }, None)
    }

    pub(super) fn blank(machine: Machine, journal_of: JournalOf, tracer: Option<Box<Tracer>>) -> Self {
        Self {
            #[cfg(feature = "std")]
            counter: super::counted::counter_of(&machine),
            role: machine.role(),
            tracer,
            state: Ok(machine),
            opener: Opener::plain(),
            sealer: Sealer::plain(),
            joiner: Joiner::default(),
            tolerance: Tolerance::default(),
            journal: Some(Journal::new(journal_of)),
            kept: None,
            peer: PeerVersion::Unknown,
            progress: Progress::Handshake,
            sending: Sending::Open,
            #[cfg(feature = "record")]
            taped: None,
        }
    }

    /// Sets the time to `now`. The connection uses it until the time is set again, or a clock is set. This matters only
    /// for long-lived connections: for sessions and tickets issued at the end of a slow handshake, and for verifying
    /// the server in a renegotiation hours later.
    pub fn set_time(&mut self, now: UnixTime) {
        self.set_time_source(Time::Set(now));
    }

    /// Sets a clock, such as `UnixTime::now`, which the connection queries whenever it needs the time.
    pub fn set_clock(&mut self, clock: fn() -> UnixTime) {
        self.set_time_source(Time::Clock(clock));
    }

    fn set_time_source(&mut self, time: Time) {
        #[cfg(feature = "record")]
        if self.taped.is_some() {
            return self.set_time_taped(time);
        }
        self.set_machine_time(time);
    }

    pub(super) fn set_machine_time(&mut self, time: Time) {
        if let Ok(machine) = &mut self.state {
            machine.set_time(time);
        }
    }
}
