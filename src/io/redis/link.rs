//! The connection to Redis: created on demand, dropped when it fails, and never waited for beyond the time limit.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, ErrorKind, FromRedisValue, Pipeline, RedisResult, ServerErrorKind};
use tokio::sync::Semaphore;

use super::FleetError;
use super::connect::Redis;
use crate::error::ProviderError;
use crate::handshake::ClientConfig;

/// The pause after a failure, during which no requests are made. Then a single request tests whether Redis works again.
const PAUSE: Duration = Duration::from_secs(1);

/// The maximum number of simultaneous requests. Beyond it, Redis is too slow for the load, and waiting would only add
/// to it.
const MAX_UNDER_WAY: usize = 1024;

/// Why a request to Redis failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// It timed out.
    TimedOut,
    /// There is no connection to it, or it broke.
    Unreachable,
    /// Redis refused it: it is read-only, out of memory or still loading; it requires another password; or the name has
    /// a value of another type.
    Refused,
    /// It was not made, because Redis has just failed or is overloaded.
    NotAsked,
    /// The stored data is corrupted, or not from this fleet.
    Unreadable,
    /// The session exceeds the limit for Redis: its client presented a very long chain.
    TooLong,
    /// The provider on this side failed.
    Provider(ProviderError),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("the request to Redis timed out"),
            Self::Unreachable => f.write_str("Redis cannot be reached"),
            Self::Refused => f.write_str("Redis refused the request"),
            Self::NotAsked => f.write_str("Redis was not used, because it has just failed or is overloaded"),
            Self::Unreadable => f.write_str("the data in Redis is corrupted, or not from this fleet"),
            Self::TooLong => f.write_str("the session is too long to be stored in Redis"),
            Self::Provider(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Trouble {}

impl From<ProviderError> for Trouble {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

pub(super) struct Link {
    redis: Redis,
    time_limit: Duration,
    /// Locked while it is being created.
    connection: tokio::sync::Mutex<Option<MultiplexedConnection>>,
    /// After a failure: when to try again.
    ask_again: Mutex<Option<Instant>>,
    room: Semaphore,
}

impl Link {
    pub(super) fn new(url: &str, tls: Option<Arc<ClientConfig>>, time_limit: Duration) -> Result<Self, FleetError> {
        Ok(Self {
            redis: Redis::new(url, tls)?,
            time_limit,
            connection: tokio::sync::Mutex::new(None),
            ask_again: Mutex::new(None),
            room: Semaphore::new(MAX_UNDER_WAY),
        })
    }

    /// Sends these commands, and returns the replies.
    pub(super) async fn ask<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, Trouble> {
        let Ok(_room) = self.room.try_acquire() else { return Err(Trouble::NotAsked) };
        if !self.may_ask() {
            return Err(Trouble::NotAsked);
        }
        let asking = async { commands.query_async(&mut self.connection().await?).await };
        let error = match tokio::time::timeout(self.time_limit, asking).await {
            Ok(Ok(answer)) => {
                *self.ask_again() = None;
                return Ok(answer);
            }
            Ok(Err(error)) => error,
            Err(_) => return Err(self.pause(Trouble::TimedOut)),
        };
        match error.kind() {
            // It has become a replica, and another server must be used under the same name; or it requires another
            // password.
            ErrorKind::Server(ServerErrorKind::ReadOnly) | ErrorKind::AuthenticationFailed => {
                Err(self.pause(Trouble::Refused))
            }
            // Redis replied, so the connection still works.
            ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::UnexpectedReturnType => {
                *self.ask_again() = None;
                Err(Trouble::Refused)
            }
            _ if error.is_timeout() => Err(self.pause(Trouble::TimedOut)),
            _ => Err(self.pause(Trouble::Unreachable)),
        }
    }

    /// Drops the connection, and makes no requests for a while.
    fn pause(&self, why: Trouble) -> Trouble {
        *self.ask_again() = Some(Instant::now() + PAUSE);
        // If it is locked, it is being created again.
        if let Ok(mut connection) = self.connection.try_lock() {
            *connection = None;
        }
        why
    }

    async fn connection(&self) -> RedisResult<MultiplexedConnection> {
        let mut connection = self.connection.lock().await;
        if let Some(connection) = &*connection {
            return Ok(connection.clone());
        }
        // This crate's own limit covers the whole request.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let made = self.redis.connect(&config).await?;
        Ok(connection.insert(made).clone())
    }

    /// Whether requests may be made. At the end of a pause, the first request starts another pause, until its reply
    /// shows that Redis works again.
    fn may_ask(&self) -> bool {
        let mut ask_again = self.ask_again();
        match *ask_again {
            Some(when) if Instant::now() < when => false,
            Some(_) => {
                *ask_again = Some(Instant::now() + PAUSE);
                true
            }
            None => true,
        }
    }

    fn ask_again(&self) -> MutexGuard<'_, Option<Instant>> {
        // Nothing here panics while the lock is held.
        self.ask_again.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
