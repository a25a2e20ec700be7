//! The connection to Redis: made when it is needed, given up when it fails, and never waited for beyond the limit.

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

/// How long nothing is asked after a failure. Then one question tries whether it is over.
const PAUSE: Duration = Duration::from_secs(1);

/// How many questions may be under way at once. With more, Redis is too slow for the load, and waiting would only add to it.
const MAX_UNDER_WAY: usize = 1024;

/// Why Redis did not do what it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// It took too long.
    TimedOut,
    /// There is no connection to it, or it broke.
    Unreachable,
    /// It said no: it is read-only, out of memory, still loading; it wants another password; or it has something of another
    /// type under this name.
    Refused,
    /// It was not asked, since it has just failed, or is asked too much already.
    NotAsked,
    /// What it holds is damaged, or not from this fleet.
    Unreadable,
    /// A session is longer than what is put in Redis: its client has shown a very long chain.
    TooLong,
    /// Our own side failed.
    Provider(ProviderError),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("Redis took too long"),
            Self::Unreachable => f.write_str("Redis cannot be reached"),
            Self::Refused => f.write_str("Redis refused"),
            Self::NotAsked => f.write_str("Redis was not asked, since it has just failed or has too much to do"),
            Self::Unreadable => f.write_str("what Redis holds is damaged, or not from this fleet"),
            Self::TooLong => f.write_str("the session is too long to be put in Redis"),
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
    /// Held while it is being made.
    connection: tokio::sync::Mutex<Option<MultiplexedConnection>>,
    /// After a failure: when to ask again.
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

    /// The answers to these commands.
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
            // It has become a replica, and another is to be asked under the same name; or it wants another password.
            ErrorKind::Server(ServerErrorKind::ReadOnly) | ErrorKind::AuthenticationFailed => {
                Err(self.pause(Trouble::Refused))
            }
            // It said so itself: the connection is as good as it was.
            ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::UnexpectedReturnType => {
                *self.ask_again() = None;
                Err(Trouble::Refused)
            }
            _ if error.is_timeout() => Err(self.pause(Trouble::TimedOut)),
            _ => Err(self.pause(Trouble::Unreachable)),
        }
    }

    /// Gives the connection up, and asks nothing for a while.
    fn pause(&self, why: Trouble) -> Trouble {
        *self.ask_again() = Some(Instant::now() + PAUSE);
        // If somebody holds it, it is being made anew.
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
        // The limit is ours, over all of it.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let made = self.redis.connect(&config).await?;
        Ok(connection.insert(made).clone())
    }

    /// Whether there is no pause. At its end, who asks first starts another, until the answer shows that it is over.
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
        // Nothing in here panics while it holds the lock.
        self.ask_again.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
