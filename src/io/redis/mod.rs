//! Sessions and ticket keys that a fleet of servers shares through Redis or Valkey.
//!
//! All data is sealed with [`FleetKeys`], which only the servers have: read access to Redis does not allow resuming
//! sessions, and write access can only make servers forget them.
//!
//! - Sessions by ID: with [`Fleet::find`], [`Fleet::keep`] and [`Fleet::forget`] for a server that answers
//!   [`Need`](crate::Need)s itself, or with [`Fleet::session_store`] for one that may block.
//! - Ticket keys: with [`Fleet::tickets`], which follow those in Redis: no handshake waits for them, and no restart is
//!   needed when they change. The first server to notice that they are due rotates them.
//!
//! If Redis is slow, down, empty or faulty, clients make full handshakes, with no other effect. A request takes at most
//! [`FleetBuilder::time_limit`]; after a failure, none are made for a second; and [`Fleet::counters`] counts what
//! happened. Lost data is restored automatically: sessions as they are created, ticket keys by the first server that
//! misses them.
//!
//! ```no_run
//! # #[cfg(feature = "ring")]
//! # async fn serve(credential: tls12::Credential, secret: [u8; 32]) -> Result<(), Box<dyn std::error::Error>> {
//! use tls12::crypto::ring;
//! use tls12::io::redis::Fleet;
//! use tls12::session::FleetKeys;
//! use tls12::{Connection, Event, Need, NewSession, ServerConfig, UnixTime};
//!
//! let keys = FleetKeys::new(ring::provider(), *b"shop.example", &secret);
//! let fleet = Fleet::builder("redis://10.0.0.7", keys).start().await?;
//! let config = ServerConfig::builder(credential).session_store_later().tickets(fleet.tickets()).build()?;
//!
//! let now = UnixTime::now();
//! let mut connection = Connection::server(config, now);
//! # let (mut input, mut output) = (Vec::new(), Vec::new());
//! // ... and for each step:
//! match connection.process(&mut input, &mut output)?.event {
//!     Event::Suspended(Need::FindSession(request)) => {
//!         let answer = fleet.find(request, now).await;
//!         connection.answer(answer, &mut output)?;
//!     }
//!     // The connection does not wait for this.
//!     Event::Session(NewSession::Server { id, session }) => {
//!         let fleet = fleet.clone();
//!         tokio::spawn(async move { fleet.keep(&id, &session, now).await });
//!     }
//!     _ => {}
//! }
//! # Ok(())
//! # }
//! ```

mod connect;
mod counters;
mod link;
mod sessions;
mod tickets;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

pub use counters::Counters;
pub use link::Trouble;

use self::counters::Counts;
use self::link::Link;
use crate::error::ProviderError;
use crate::handshake::ClientConfig;
use crate::session::{FleetKeys, MAX_AGE, SharedTickets, Tickets};

/// The prefix of all names in Redis.
const PREFIX: &str = "tls12:";

/// The sessions and ticket keys that the servers of a fleet share. Clones are cheap, and share their state.
#[derive(Clone)]
pub struct Fleet(Arc<Shared>);

struct Shared {
    link: Link,
    keys: FleetKeys,
    settings: Settings,
    tickets: Arc<SharedTickets>,
    counts: Counts,
}

struct Settings {
    time_limit: Duration,
    session_lifetime: Duration,
    use_of_sessions: UseOfSessions,
    ticket_period: Duration,
    refresh_every: Duration,
}

/// How often a session can be resumed by ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UseOfSessions {
    /// Any number of times, until it expires.
    Repeated,
    /// Once, and then it is removed (`GETDEL`, which needs Redis 6.2).
    Single,
}

/// Builds a [`Fleet`].
#[must_use]
pub struct FleetBuilder {
    url: String,
    tls: Option<Arc<ClientConfig>>,
    keys: FleetKeys,
    settings: Settings,
}

impl Fleet {
    /// Creates a builder for a fleet that uses Redis at this URL: `redis://[USER:PASSWORD@]HOST[:PORT][/DB]` or
    /// `unix:///PATH`; with TLS (see [`FleetBuilder::tls`]), `rediss://[USER:PASSWORD@]HOST[:PORT][/DB]`.
    pub fn builder(url: impl Into<String>, keys: FleetKeys) -> FleetBuilder {
        let settings = Settings {
            time_limit: FleetBuilder::TIME_LIMIT,
            session_lifetime: FleetBuilder::SESSION_LIFETIME,
            use_of_sessions: UseOfSessions::Repeated,
            ticket_period: FleetBuilder::TICKET_PERIOD,
            refresh_every: FleetBuilder::REFRESH_EVERY,
        };
        FleetBuilder { url: url.into(), tls: None, keys, settings }
    }

    /// Returns the ticket sealer that all servers of the fleet share, for
    /// [`ServerConfigBuilder::tickets`](crate::ServerConfigBuilder::tickets).
    #[must_use]
    pub fn tickets(&self) -> Arc<dyn Tickets> {
        self.0.tickets.clone()
    }

    /// Returns the counts of events on this server.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let generation = self.0.tickets.ring().map_or(0, |ring| ring.generation());
        self.0.counts.snapshot(generation)
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the URL, which may contain a password.
        f.debug_struct("Fleet")
            .field("keys", &self.0.keys)
            .field("tickets", &self.0.tickets)
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}

impl FleetBuilder {
    /// The default time limit of a request: many times what Redis takes in the same network, and less than what
    /// resumption saves a distant client.
    pub const TIME_LIMIT: Duration = Duration::from_millis(100);

    /// The default time for which a session can be resumed by ID, as in
    /// [`ServerMemoryStore`](crate::session::ServerMemoryStore).
    pub const SESSION_LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

    /// The default time for which a ticket key seals, as in [`TicketKeys`](crate::session::TicketKeys).
    pub const TICKET_PERIOD: Duration = Duration::from_secs(crate::session::TicketKeys::PERIOD);

    /// The default interval for refreshing the ticket keys. This is how long it takes until all servers have dropped a
    /// revoked key.
    pub const REFRESH_EVERY: Duration = Duration::from_secs(5);

    /// Connects to Redis with TLS and this configuration, for URLs that begin with `rediss://`. The time limit includes
    /// the handshake.
    pub fn tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// Sets the time limit of a request. Default: [`Self::TIME_LIMIT`]. A handshake with a session ID waits for one
    /// request.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.settings.time_limit = limit;
        self
    }

    /// Sets the time for which a session can be resumed by ID, at most a day. Default: [`Self::SESSION_LIFETIME`].
    pub fn session_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.session_lifetime = lifetime;
        self
    }

    /// Sets how often a session can be resumed by ID. Default: [`UseOfSessions::Repeated`].
    pub fn use_of_sessions(mut self, use_of_sessions: UseOfSessions) -> Self {
        self.settings.use_of_sessions = use_of_sessions;
        self
    }

    /// Sets the period for which a ticket key seals. It is published one period earlier, and opens for one more period
    /// afterwards. Default: [`Self::TICKET_PERIOD`].
    pub fn ticket_period(mut self, period: Duration) -> Self {
        self.settings.ticket_period = period;
        self
    }

    /// Sets the interval for refreshing the ticket keys. Default: [`Self::REFRESH_EVERY`].
    pub fn refresh_every(mut self, time: Duration) -> Self {
        self.settings.refresh_every = time;
        self
    }

    /// Fetches the ticket keys, and keeps refreshing them for as long as there is a clone of the [`Fleet`], in a task
    /// of the current tokio runtime, which must have timers and I/O enabled. Unavailability of Redis is not an error:
    /// see [`Fleet::counters`].
    ///
    /// # Errors
    /// [`FleetError`] if this could never work.
    pub async fn start(self) -> Result<Fleet, FleetError> {
        let Self { url, tls, keys, settings } = self;
        settings.check()?;
        let link = Link::new(&url, tls, settings.time_limit)?;
        let period = settings.ticket_period.as_secs();
        let tickets = Arc::new(SharedTickets::new(Arc::clone(keys.provider()), period));
        let fleet = Fleet(Arc::new(Shared { link, keys, settings, tickets, counts: Counts::default() }));
        fleet.refresh().await;
        tokio::spawn(tickets::follow(Arc::downgrade(&fleet.0)));
        Ok(fleet)
    }
}

impl fmt::Debug for FleetBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetBuilder").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl Settings {
    fn check(&self) -> Result<(), FleetError> {
        let longest_session = Duration::from_secs(MAX_AGE);
        let wrong = if self.time_limit.is_zero() {
            "the time limit is 0"
        } else if self.refresh_every.is_zero() {
            "the interval for refreshing the ticket keys is 0"
        } else if !(Duration::from_secs(1)..=longest_session).contains(&self.session_lifetime) {
            "the lifetime of a session must be between a second and a day"
        } else if !(Duration::from_secs(1)..=longest_session).contains(&self.ticket_period) {
            "the period of a ticket key must be between a second and a day"
        } else if self.refresh_every.saturating_mul(2) > self.ticket_period {
            "servers must refresh the ticket keys at least twice in a period"
        } else {
            return Ok(());
        };
        Err(FleetError::Setting(wrong))
    }
}

/// Why a fleet could not be set up, or its ticket keys could not be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FleetError {
    /// The URL is invalid or not supported.
    Url(Box<str>),
    /// A setting is invalid.
    Setting(&'static str),
    /// A request to Redis failed.
    Trouble(Trouble),
    /// Other servers repeatedly changed the ticket keys at the same time. Try again.
    Contended,
    /// There is no ticket key with this name: it was revoked before, or has expired.
    NoSuchKey,
    /// The provider failed.
    Provider(ProviderError),
}

impl fmt::Display for FleetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(why) => write!(f, "the URL of Redis: {why}"),
            Self::Setting(wrong) => f.write_str(wrong),
            Self::Trouble(trouble) => write!(f, "the ticket keys were not changed: {trouble}"),
            Self::Contended => f.write_str("other servers are changing the ticket keys; try again"),
            Self::NoSuchKey => f.write_str("there is no ticket key with this name, or it has expired"),
            Self::Provider(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for FleetError {}

impl From<Trouble> for FleetError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Provider(error) => Self::Provider(error),
            trouble => Self::Trouble(trouble),
        }
    }
}

impl From<ProviderError> for FleetError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}
