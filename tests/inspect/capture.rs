//! Conversations to read, and reading them.

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tls12::crypto::{CipherSuite, KeyExchange, ring};
use tls12::inspect::{
    Check, Conversation, Direction, Fault, Inspector, Item, ItemKind, KeySchedule, Outcome, SecretSource, Summary,
};
use tls12::{
    ClientConfig, ClientConfigBuilder, Credential, KeyLog, Policy, PresharedKey, ServerConfig, ServerConfigBuilder,
};

use super::support::pair::Pair;
use super::support::pki::{KeyKind, PKI, Pinned, now};
use super::support::psk::Psk;

pub const BOTH: [Direction; 2] = [Direction::ClientToServer, Direction::ServerToClient];

/// What each side of [`Captured::of`] says, the client first.
pub const DATA: [&[u8]; 2] = [b"what the client says", b"what the server says, which is longer"];

/// The bytes of a connection, in the order in which they passed.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    pub segments: Vec<(Direction, Vec<u8>)>,
    pub key_log: String,
}

/// A key log in memory.
#[derive(Debug, Default)]
pub struct Log(Mutex<String>);

impl KeyLog for Log {
    fn log(&self, label: &str, client_random: &[u8; 32], secret: &[u8]) {
        let [random, secret] = [&client_random[..], secret].map(hex);
        writeln!(self.0.lock().unwrap(), "{label} {random} {secret}").unwrap();
    }
}

impl Log {
    pub fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// A client and a server that use this suite, with certificates or a pre-shared key. The client has the log.
pub fn configs(
    suite: &'static CipherSuite,
    policy: Policy,
    log: &Arc<Log>,
) -> (ClientConfigBuilder, ServerConfigBuilder) {
    let policy = policy.suites([suite]);
    let (client, server) = if suite.key_exchange.is_psk() {
        let client = ClientConfig::builder_with_psk_only(ring::provider()).preshared_key(psk());
        (client, ServerConfig::builder_with_psk_only(ring::provider()).preshared_keys([psk()]))
    } else {
        let kind = KeyKind::serving(suite.key_exchange);
        (ClientConfig::builder(Pinned::server_with(kind)), ServerConfig::builder(credential(kind)))
    };
    (client.policy(policy.clone()).key_log(log.clone()), server.policy(policy))
}

pub fn psk() -> PresharedKey {
    Psk::PLAIN.ours()
}

pub fn credential(kind: KeyKind) -> Credential {
    PKI.server(kind).credential(&*ring::provider())
}

pub fn suite(name: &str) -> &'static CipherSuite {
    CipherSuite::from_name(name).unwrap()
}

/// The suites of a pre-shared key without ECDHE, or of static RSA: those that a key of the server's opens.
pub fn is_static(suite: &CipherSuite) -> bool {
    matches!(suite.key_exchange, KeyExchange::Rsa | KeyExchange::Psk)
}

impl Captured {
    /// A connection of these two, in which each side says its [`DATA`] and closes.
    pub fn of(client: ClientConfigBuilder, server: ServerConfigBuilder, log: &Log) -> Self {
        let mut pair = Pair::new(client.build().unwrap(), server.build().unwrap());
        Self::run(&mut pair, log)
    }

    pub fn run(pair: &mut Pair, log: &Log) -> Self {
        let mut captured = Self::default();
        captured.pump(pair);
        pair.assert_connected();
        pair.client.connection.seal(DATA[0], &mut pair.client.output).unwrap();
        pair.server.connection.seal(DATA[1], &mut pair.server.output).unwrap();
        captured.pump(pair);
        assert_eq!([&*pair.server.data, &*pair.client.data], DATA);
        pair.client.connection.close(&mut pair.client.output);
        pair.server.connection.close(&mut pair.server.output);
        captured.pump(pair);
        captured.key_log = log.text();
        captured
    }

    pub fn pump(&mut self, pair: &mut Pair) {
        while !(pair.client.output.is_empty() && pair.server.output.is_empty()) {
            self.segments.push((Direction::ClientToServer, pair.client.output.clone()));
            pair.server.input.append(&mut pair.client.output);
            let _ = pair.server.run();
            self.segments.push((Direction::ServerToClient, pair.server.output.clone()));
            pair.client.input.append(&mut pair.server.output);
            let _ = pair.client.run();
        }
    }

    /// An inspector with the key log.
    pub fn inspector(&self) -> Inspector {
        let mut inspector = Inspector::new(ring::provider());
        inspector.secrets.add_key_log(&self.key_log);
        inspector
    }

    /// Reads it, in pieces of at most so many bytes.
    pub fn read_in_pieces(&self, inspector: &mut Inspector, size: usize) -> Read {
        let mut conversation = Conversation::new();
        let mut items = Vec::new();
        for (direction, bytes) in &self.segments {
            for piece in bytes.chunks(size) {
                conversation.feed(inspector, *direction, time(), piece, &mut items);
            }
        }
        conversation.finish(inspector, &mut items);
        Read { items, summary: conversation.summary().clone(), schedule: conversation.key_schedule() }
    }

    pub fn read_with(&self, inspector: &mut Inspector) -> Read {
        self.read_in_pieces(inspector, usize::MAX)
    }

    /// Reads it with the key log.
    pub fn read(&self) -> Read {
        self.read_with(&mut self.inspector())
    }

    /// The same, one record a segment.
    pub fn by_record(&self) -> Self {
        let mut segments = Vec::new();
        for (direction, bytes) in &self.segments {
            let mut rest = &bytes[..];
            while let [_, _, _, high, low, ..] = rest {
                let (record, later) = rest.split_at(5 + usize::from(u16::from_be_bytes([*high, *low])));
                segments.push((*direction, record.to_vec()));
                rest = later;
            }
            assert!(rest.is_empty());
        }
        Self { segments, key_log: self.key_log.clone() }
    }
}

/// The time of the capture.
pub fn time() -> Duration {
    Duration::from_secs(now().as_secs())
}

/// The results of this check.
pub fn outcomes(items: &[Item], check: Check) -> Vec<&Outcome> {
    items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Checked(other, outcome) if *other == check => Some(outcome),
            _ => None,
        })
        .collect()
}

/// What was read.
pub struct Read {
    pub items: Vec<Item>,
    pub summary: Summary,
    pub schedule: Option<KeySchedule>,
}

impl Read {
    /// The data of both directions, the client's first.
    pub fn data(&self) -> [Vec<u8>; 2] {
        BOTH.map(|direction| {
            let of = |item: &Item| match &item.kind {
                ItemKind::Data(data) if item.place.direction == direction => data.clone(),
                _ => Vec::new(),
            };
            self.items.iter().flat_map(of).collect()
        })
    }

    pub fn sources(&self) -> Vec<SecretSource> {
        let of = |item: &Item| match item.kind {
            ItemKind::Keys(source) => Some(source),
            _ => None,
        };
        self.items.iter().filter_map(of).collect()
    }

    pub fn faults(&self) -> Vec<Fault> {
        self.summary.faults.iter().map(|found| found.what.clone()).collect()
    }
}
