//! Each connection, as a third party sees it that has its secrets: the inspector must find nothing wrong with it, and the same data.

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tls12::KeyLog;
use tls12::crypto::{CipherSuite, ring};
use tls12::inspect::{Conversation, Direction, Inspector, Item, ItemKind, Unknown, Verdict};

use crate::matrix::Role;
use crate::support::pki::now;
use crate::support::recording::to_hex;

/// The secrets of one trial.
#[derive(Debug, Default)]
pub struct Secrets(Mutex<String>);

impl KeyLog for Secrets {
    fn log(&self, label: &str, client_random: &[u8; 32], secret: &[u8]) {
        writeln!(self.0.lock().unwrap(), "{label} {} {}", to_hex(client_random), to_hex(secret)).unwrap();
    }
}

/// The bytes of a connection, in the order in which our side sent and received them, and its data.
pub struct Observed {
    ours: Direction,
    segments: Vec<(Direction, Vec<u8>)>,
    sent: Vec<u8>,
    received: Vec<u8>,
    known: Option<(Arc<Secrets>, &'static CipherSuite)>,
}

impl Observed {
    pub fn new(role: Role) -> Self {
        let ours = match role {
            Role::Client => Direction::ClientToServer,
            Role::Server => Direction::ServerToClient,
        };
        Self { ours, segments: Vec::new(), sent: Vec::new(), received: Vec::new(), known: None }
    }

    /// Has the connection read at its end, with the secrets of this trial.
    pub fn with(&mut self, secrets: &Arc<Secrets>, suite: &'static CipherSuite) {
        self.known = Some((Arc::clone(secrets), suite));
    }

    pub fn output(&mut self, bytes: &[u8]) {
        self.segments.push((self.ours, bytes.to_vec()));
    }

    pub fn input(&mut self, bytes: &[u8]) {
        self.segments.push((self.ours.other(), bytes.to_vec()));
    }

    pub fn sent(&mut self, data: &[u8]) {
        self.sent.extend_from_slice(data);
    }

    pub fn received(&mut self, data: &[u8]) {
        self.received.extend_from_slice(data);
    }

    /// Both sides have said all.
    pub fn check(&self) {
        let Some((secrets, suite)) = &self.known else { return };
        let mut inspector = Inspector::new(ring::provider());
        inspector.secrets.add_key_log(&secrets.0.lock().unwrap());
        let (mut conversation, mut items) = (Conversation::new(), Vec::new());
        let time = Duration::from_secs(now().as_secs());
        for (direction, bytes) in &self.segments {
            conversation.feed(&mut inspector, *direction, time, bytes, &mut items);
        }
        conversation.finish(&mut inspector, &mut items);
        let summary = conversation.summary();
        assert!(summary.faults.is_empty(), "{summary:?}");
        assert_eq!((summary.supported_suite(), summary.handshakes), (Some(*suite), 1));
        // A peer may leave before our close_notify.
        let is_left = summary.unknown.iter().any(|found| found.what == Unknown::NotClosed);
        assert!(summary.verdict() == Verdict::Verified || is_left, "{summary:?}");
        let admitted = [Unknown::NotClosed, Unknown::NoVerifier, Unknown::MasterSecretGiven];
        assert!(summary.unknown.iter().all(|found| admitted.contains(&found.what)), "{summary:?}");
        assert!(data(&items, self.ours) == self.sent && data(&items, self.ours.other()) == self.received);
    }
}

fn data(items: &[Item], direction: Direction) -> Vec<u8> {
    let of = |item: &Item| match &item.kind {
        ItemKind::Data(data) if item.place.direction == direction => data.clone(),
        _ => Vec::new(),
    };
    items.iter().flat_map(of).collect()
}
