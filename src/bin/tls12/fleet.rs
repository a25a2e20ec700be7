//! `tls12 server --redis`: sessions and ticket keys that several servers share; and `tls12 ticket-keys`, which changes the keys
//! by hand.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use clap::{ArgGroup, Subcommand};
use tls12::ServerConfigBuilder;
use tls12::crypto::ring;
use tls12::io::redis::{Counters, Fleet, FleetBuilder};
use tls12::session::FleetKeys;
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

use crate::say;

/// The name under which servers share a Redis. Fleets differ by their secrets.
const IDENTITY: &[u8] = b"tls12 server";

/// How often changes of the ticket keys and trouble with Redis are reported.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long Redis may take to answer when the ticket keys are changed by hand: as no handshake waits for it, longer than
/// [`FleetBuilder::TIME_LIMIT`].
const CHANGE_TIME_LIMIT: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
pub struct FleetArgs {
    /// Share sessions and ticket keys with other servers through this Redis or Valkey: redis://HOST:PORT or unix:///PATH
    #[arg(long, value_name = "URL", requires = "fleet_secrets")]
    redis: Option<String>,
    /// The secrets that seal what is in Redis, the same for all servers: 64 hexadecimal digits per line. The first seals; all open
    #[arg(long, value_name = "FILE", requires = "redis")]
    fleet_secrets: Option<PathBuf>,
}

/// Changes the ticket keys that servers share through Redis. They use the new keys within seconds, without a restart.
#[derive(clap::Args)]
#[command(group(ArgGroup::new("where").args(["redis"]).required(true)))]
pub struct TicketKeysArgs {
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(subcommand)]
    change: Change,
}

#[derive(Subcommand)]
enum Change {
    /// Make the next key the current one ahead of schedule
    Rotate,
    /// Invalidate all tickets that a compromised key has sealed
    Revoke {
        /// The key's name in hexadecimal: the first 16 bytes of its tickets. Without it, all keys are revoked
        #[arg(value_name = "NAME", value_parser = hexadecimal::<16>)]
        key: Option<[u8; 16]>,
    },
}

impl FleetArgs {
    pub fn is_given(&self) -> bool {
        self.redis.is_some()
    }

    /// Makes the server share sessions and ticket keys, if requested.
    pub fn share(&self, config: ServerConfigBuilder) -> io::Result<ServerConfigBuilder> {
        let Some((runtime, fleet)) = self.start(FleetBuilder::TIME_LIMIT)? else { return Ok(config) };
        let config = config.session_store(fleet.session_store(runtime.handle().clone())).tickets(fleet.tickets());
        thread::Builder::new().spawn(move || runtime.block_on(tell(&fleet)))?;
        Ok(config)
    }

    /// The fleet, with this limit on the time of a request, and the runtime that does its work.
    fn start(&self, limit: Duration) -> io::Result<Option<(Runtime, Fleet)>> {
        let (Some(url), Some(secrets)) = (&self.redis, &self.fleet_secrets) else { return Ok(None) };
        let keys = keys(secrets).map_err(|error| io::Error::other(format!("{}: {error}", secrets.display())))?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let fleet = runtime.block_on(Fleet::builder(url, keys).time_limit(limit).start()).map_err(io::Error::other)?;
        Ok(Some((runtime, fleet)))
    }
}

pub fn change_ticket_keys(args: &TicketKeysArgs) -> io::Result<()> {
    // Without the feature, these arguments do not exist.
    let Some((runtime, fleet)) = args.fleet.start(CHANGE_TIME_LIMIT)? else { return Ok(()) };
    let generation = runtime.block_on(async {
        match &args.change {
            Change::Rotate => fleet.rotate_ticket_keys().await,
            Change::Revoke { key: Some(name) } => fleet.revoke_ticket_key(name).await,
            Change::Revoke { key: None } => fleet.revoke_all_ticket_keys().await,
        }
    });
    let generation = generation.map_err(io::Error::other)?;
    say(format_args!("ticket keys of generation {generation}"));
    Ok(())
}

/// Reports changes of the ticket keys, and trouble with Redis; never returns.
async fn tell(fleet: &Fleet) {
    let news = |counters: &Counters| {
        let Counters { timed_out, unreachable, refused, not_asked, unreadable, provider_failed, .. } = counters;
        (
            counters.ticket_generation,
            [timed_out, unreachable, refused, not_asked, unreadable, provider_failed].map(|n| *n),
        )
    };
    let mut told = None;
    loop {
        let counters = fleet.counters();
        if told != Some(news(&counters)) {
            say(format_args!("redis: {counters}"));
            told = Some(news(&counters));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The keys in this file.
fn keys(file: &Path) -> io::Result<FleetKeys> {
    let text = Zeroizing::new(std::fs::read_to_string(file)?);
    let mut keys: Option<FleetKeys> = None;
    for (line, number) in text.lines().zip(1..) {
        let secret = hexadecimal::<{ FleetKeys::SECRET_LEN }>(line.trim());
        let secret = secret.map(Zeroizing::new).map_err(|error| io::Error::other(format!("line {number}: {error}")))?;
        keys = Some(match keys {
            None => FleetKeys::new(ring::provider(), IDENTITY, &secret),
            Some(keys) => keys.also_opens(&secret),
        });
    }
    keys.ok_or_else(|| io::Error::other("it contains no secret"))
}

/// `N` bytes, in `N` pairs of hexadecimal digits.
fn hexadecimal<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let wrong = || format!("{} hexadecimal digits are expected", 2 * N);
    let digits: Option<Zeroizing<Vec<u32>>> =
        text.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>().map(Zeroizing::new);
    let digits = digits.filter(|digits| digits.len() == 2 * N).ok_or_else(wrong)?;
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let value = pair.iter().fold(0, |value, digit| value * 16 + digit);
        *byte = u8::try_from(value).map_err(|_| wrong())?;
    }
    Ok(bytes)
}
