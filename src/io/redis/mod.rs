//! One session space for a fleet: sessions and ticket keys that many servers share by Redis or Valkey.
//!
//! All that is kept there is sealed by [`FleetKeys`], which only the servers have: who can read Redis can resume nothing, and
//! who can write to it can do no more than make servers forget.
//!
//! - Sessions by ID: in [`Fleet::find`], [`Fleet::keep`] and [`Fleet::forget`] for a server that answers its needs itself; or in
//!   the loop, by [`Fleet::session_store`], for one that may block.
//! - Ticket keys: [`Fleet::tickets`], which are kept up with those in Redis from the start: no handshake waits for them, and no
//!   server needs to be restarted when they change. One of the servers, whichever comes first, rotates them when it is time.
//!
//! Redis may be slow, down or empty, or say what it will: then handshakes are full ones, and nothing else. A question takes
//! [`FleetBuilder::time_limit`] at most; after one that failed, none is asked for a second; and [`Fleet::counters`] say how
//! often what happened. What was forgotten comes back by itself: sessions as they are made, ticket keys from the first server
//! that misses them.
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
//!     // Nobody waits for this.
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

/// What the name of everything in Redis starts with.
const PREFIX: &str = "tls12:";

/// The sessions and ticket keys that the servers of a fleet share. Cheap to clone; all clones are the same.
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

/// How often a session by ID can be resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UseOfSessions {
    /// As long as it lives.
    Repeated,
    /// Once, and then it is gone (`GETDEL`, which takes Redis 6.2).
    Single,
}

/// How a [`Fleet`] is set up.
#[must_use]
pub struct FleetBuilder {
    url: String,
    tls: Option<Arc<ClientConfig>>,
    keys: FleetKeys,
    settings: Settings,
}

impl Fleet {
    /// A fleet that shares what it shares at this URL: `redis://[USER:PASSWORD@]HOST[:PORT][/DB]` or `unix:///PATH`; with TLS
    /// (see [`FleetBuilder::tls`]), `rediss://[USER:PASSWORD@]HOST[:PORT][/DB]`.
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

    /// What seals tickets on all servers of the fleet, for [`ServerConfigBuilder::tickets`](crate::ServerConfigBuilder::tickets).
    #[must_use]
    pub fn tickets(&self) -> Arc<dyn Tickets> {
        self.0.tickets.clone()
    }

    /// How often what happened, on this server.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let generation = self.0.tickets.ring().map_or(0, |ring| ring.generation());
        self.0.counts.snapshot(generation)
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the URL: there may be a password in it.
        f.debug_struct("Fleet")
            .field("keys", &self.0.keys)
            .field("tickets", &self.0.tickets)
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}

impl FleetBuilder {
    /// How long a question may take, unless another limit is set: many times what Redis takes in the same network, and less
    /// than the full handshake that a resumed one saves costs a client far away.
    pub const TIME_LIMIT: Duration = Duration::from_millis(100);

    /// How long a session can be resumed by its ID, unless another time is set: as in
    /// [`ServerMemoryStore`](crate::session::ServerMemoryStore).
    pub const SESSION_LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

    /// How long a ticket key seals, unless another time is set: as in [`TicketKeys`](crate::session::TicketKeys).
    pub const TICKET_PERIOD: Duration = Duration::from_secs(crate::session::TicketKeys::PERIOD);

    /// How often the ticket keys are asked for, unless another time is set. So long does it take until a revoked key is gone from
    /// all servers.
    pub const REFRESH_EVERY: Duration = Duration::from_secs(5);

    /// Connects to Redis by TLS, with this configuration: for URLs that begin with `rediss://`. The connection is made within
    /// the time limit, the handshake included.
    pub fn tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// How long a question may take. Default: [`Self::TIME_LIMIT`]. A handshake by session ID waits for one.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.settings.time_limit = limit;
        self
    }

    /// How long a session can be resumed by its ID, a day at most. Default: [`Self::SESSION_LIFETIME`].
    pub fn session_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.session_lifetime = lifetime;
        self
    }

    /// How often a session can be resumed by its ID. Default: [`UseOfSessions::Repeated`].
    pub fn use_of_sessions(mut self, use_of_sessions: UseOfSessions) -> Self {
        self.settings.use_of_sessions = use_of_sessions;
        self
    }

    /// How long a ticket key seals. It opens for as long again, and is published for as long before. Default:
    /// [`Self::TICKET_PERIOD`].
    pub fn ticket_period(mut self, period: Duration) -> Self {
        self.settings.ticket_period = period;
        self
    }

    /// How often the ticket keys are asked for. Default: [`Self::REFRESH_EVERY`].
    pub fn refresh_every(mut self, time: Duration) -> Self {
        self.settings.refresh_every = time;
        self
    }

    /// Asks for the ticket keys, and goes on with it for as long as there is a clone of the [`Fleet`], in a task of this tokio
    /// runtime, which must have time and I/O. That Redis is not there is no error: see [`Fleet::counters`].
    ///
    /// # Errors
    /// [`FleetError`], if this could never work.
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
            "ticket keys would be asked for without a pause"
        } else if !(Duration::from_secs(1)..=longest_session).contains(&self.session_lifetime) {
            "a session's lifetime is a second at least and a day at most"
        } else if !(Duration::from_secs(1)..=longest_session).contains(&self.ticket_period) {
            "the period of a ticket key is a second at least and a day at most"
        } else if self.refresh_every.saturating_mul(2) > self.ticket_period {
            "servers must ask for the ticket keys at least twice in a period"
        } else {
            return Ok(());
        };
        Err(FleetError::Setting(wrong))
    }
}

/// Why a fleet cannot be set up, or its ticket keys not be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FleetError {
    /// The URL is none of a Redis that can be talked to.
    Url(Box<str>),
    /// A setting that makes no sense.
    Setting(&'static str),
    /// Redis did not do what it was asked to.
    Trouble(Trouble),
    /// Others changed the ticket keys at the same time, again and again. Try again.
    Contended,
    /// There is no ticket key of this name: it was revoked before, or has had its time.
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
            Self::Contended => f.write_str("others change the ticket keys all the time; try again"),
            Self::NoSuchKey => f.write_str("no ticket key has this name, or it is gone already"),
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
