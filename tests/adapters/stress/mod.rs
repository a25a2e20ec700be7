//! Every adapter under stress: both directions full at once, on one thread and on two, over transports that take and give a
//! random part of what they are asked for, or nothing, and with every read, write, flush and close dropped at random before it
//! is done. What arrives must be what was sent, and nobody may wait for ever.
//!
//! `STRESS_SECONDS` says for how long, round after round, each of another seed; without it there is one round.

mod blocking;
mod fickle;
mod polled;
mod ureq;

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

/// What each side sends: far more than the transports and the streams hold.
const LEN: usize = 200_000;

/// The side of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

/// What one side of a connection has to do.
pub struct Script {
    pub random: StdRng,
    sends: Vec<u8>,
    sent: usize,
    receives: Vec<u8>,
    received: usize,
    pub closed: bool,
    pub ended: bool,
}

impl Script {
    pub fn new(seed: u64, side: Side) -> Self {
        let text = |side: u64| {
            let mut text = vec![0; LEN];
            StdRng::seed_from_u64(seed.wrapping_mul(2) + side).fill_bytes(&mut text);
            text
        };
        let (ours, theirs) = if side == Side::Client { (0, 1) } else { (1, 0) };
        let random = StdRng::seed_from_u64(seed.rotate_left(32) + ours);
        Self { random, sends: text(ours), sent: 0, receives: text(theirs), received: 0, closed: false, ended: false }
    }

    /// What is to be sent next: a piece of random length; empty, if all was sent.
    pub fn piece(&mut self) -> &[u8] {
        let rest = &self.sends[self.sent..];
        &rest[..self.random.random_range(1..=40_000).min(rest.len())]
    }

    pub fn all_sent(&self) -> bool {
        self.sent == self.sends.len()
    }

    pub fn sent(&mut self, amount: usize) {
        self.sent += amount;
    }

    /// Checks what was received.
    pub fn received(&mut self, data: &[u8]) {
        if data.is_empty() {
            assert_eq!(self.received, self.receives.len(), "the end comes too early");
            self.ended = true;
        }
        let expected = self.receives.get(self.received..self.received + data.len());
        assert!(expected == Some(data), "other data at {}", self.received);
        self.received += data.len();
    }

    pub fn done(&self) -> bool {
        self.closed && self.ended
    }
}

#[test]
fn nothing_is_lost_repeated_or_stuck() {
    let time =
        std::env::var("STRESS_SECONDS").map_or(0, |seconds| seconds.parse().expect("STRESS_SECONDS is a number"));
    let (start, time) = (Instant::now(), Duration::from_secs(time));
    let first = std::env::var("STRESS_SEED").map_or(1, |seed| seed.parse().expect("STRESS_SEED is a number"));
    for seed in first.. {
        println!("seed {seed}, after {:?}", start.elapsed());
        blocking::round(seed);
        polled::round(seed);
        ureq::round(seed);
        if start.elapsed() >= time {
            return;
        }
    }
}
