//! Recordings of connections, and their replay (`tls12::replay`): both sides, by every key exchange and protection, complete and
//! failed; what a recording reveals; and what damaged ones do.
#![cfg(all(feature = "record", feature = "ring", feature = "webpki"))]

mod chosen;
mod damaged;
mod failures;
mod kept;
mod limits;
mod memory;
mod reveals;
#[path = "../support/mod.rs"]
mod support;
mod vectors;

use std::sync::Arc;
use support::kept::{Kept, Secrets};
use support::pair::{End, Pair};
use support::pki::{SERVER_NAME, now};
use tls12::crypto::ring;
use tls12::replay::{Ending, Recording, Replayed};
use tls12::session::ClientSession;
use tls12::{ClientConfig, ServerConfig};

/// Replays a recording, which must be possible.
#[track_caller]
fn replay(text: &str) -> Replayed {
    Recording::read(text)
        .unwrap()
        .replay(ring::provider())
        .unwrap_or_else(|error| panic!("{error}\n{}", start_of(text)))
}

/// Replays a recording that is whole, without a difference.
#[track_caller]
fn replay_whole(text: &str) -> Replayed {
    let replayed = replay(text);
    if let Some(difference) = &replayed.difference {
        panic!("{difference}");
    }
    assert!(matches!(&replayed.ending, Ending::Stopped(_)), "{:?}", replayed.ending);
    assert!(replayed.calls > 1 && replayed.unknown_settings.is_empty(), "{replayed:?}");
    replayed
}

fn start_of(text: &str) -> String {
    text.lines().map(|line| format!("{line:.200}\n")).collect()
}

/// A connection in memory, both sides of which are recorded.
struct Recorded {
    pair: Pair,
    kept: [Kept; 2],
}

impl Recorded {
    fn new(secrets: Secrets, client: &ClientConfig, server: &ServerConfig, session: Option<ClientSession>) -> Self {
        Self::to(SERVER_NAME, secrets, client, server, session)
    }

    fn to(
        name: &str,
        secrets: Secrets,
        client: &ClientConfig,
        server: &ServerConfig,
        session: Option<ClientSession>,
    ) -> Self {
        let kept = [Kept::default(), Kept::default()];
        let client: Arc<ClientConfig> = secrets.recorder(&kept[0]).client(client);
        let server: Arc<ServerConfig> = secrets.recorder(&kept[1]).server(server);
        let pair = Pair::of(End::client(client, name, session, now()), End::server(server, now()));
        Self { pair, kept }
    }

    /// The two recordings, the client's first, when the connection is over.
    fn texts(self) -> [String; 2] {
        drop(self.pair);
        self.kept.map(|kept| kept.text())
    }
}
