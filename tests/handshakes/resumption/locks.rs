//! Tickets are sealed and opened without a lock: one thread does not block another.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use tls12::ProviderError;
use tls12::crypto::{AeadAlgorithm, AeadKey, Provider, ring};
use tls12::session::{SharedTickets, TicketKeys, TicketRing, Tickets};

use crate::resumption::tickets::server_session;
use crate::support::delegate::delegate;
use crate::support::pki::now;

/// Where two threads meet, if they can: each waits in the midst of an encryption for the other to be there as well.
#[derive(Clone, Default)]
struct Meeting(Arc<(Mutex<Met>, Condvar)>);

#[derive(Default)]
struct Met {
    waiting: usize,
    times: usize,
    active: bool,
}

impl Meeting {
    /// Waits for another thread; but not for ever.
    fn wait(&self) {
        let (met, changed) = &*self.0;
        let mut met = met.lock().unwrap();
        if !met.active {
            return;
        }
        met.waiting += 1;
        if met.waiting == 2 {
            met.waiting = 0;
            met.times += 1;
            changed.notify_all();
            return;
        }
        let times = met.times;
        let waited = changed.wait_timeout_while(met, Duration::from_secs(20), |met| met.times == times).unwrap();
        let mut met = waited.0;
        if waited.1.timed_out() {
            met.waiting = 0;
        }
    }

    /// Does this in two threads, and tells how often they met.
    fn in_two_threads(&self, work: impl Fn() + Sync) -> usize {
        self.0.0.lock().unwrap().active = true;
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(&work);
            }
        });
        let mut met = self.0.0.lock().unwrap();
        met.active = false;
        std::mem::take(&mut met.times)
    }
}

/// ring's provider, with keys that wait there.
#[derive(Clone)]
struct Sociable {
    ring: Arc<dyn Provider>,
    meeting: Meeting,
}

struct SociableKey {
    key: Box<dyn AeadKey>,
    meeting: Meeting,
}

impl AeadKey for SociableKey {
    fn seal(&self, nonce: &[u8], aad: &[u8], text: &mut [u8], tag: &mut [u8]) -> Result<(), ProviderError> {
        self.meeting.wait();
        self.key.seal(nonce, aad, text, tag)
    }

    fn open(&self, nonce: &[u8], aad: &[u8], text_and_tag: &mut [u8]) -> bool {
        self.meeting.wait();
        self.key.open(nonce, aad, text_and_tag)
    }
}

impl fmt::Debug for Sociable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sociable")
    }
}

fn meet(tickets: &dyn Tickets, meeting: &Meeting) {
    let session = server_session();
    let ticket = tickets.seal(&session, now()).unwrap().ticket;
    assert_eq!(meeting.in_two_threads(|| assert!(tickets.seal(&session, now()).is_some())), 1, "to seal");
    assert_eq!(meeting.in_two_threads(|| assert!(tickets.open(&ticket, now()).is_some())), 1, "to open");
}

#[test]
fn tickets_are_sealed_and_opened_side_by_side() {
    let meeting = Meeting::default();
    let provider = Arc::new(Sociable { ring: ring::provider(), meeting: meeting.clone() });
    meet(&TicketKeys::new(provider.clone()), &meeting);
    let shared = SharedTickets::new(provider, 3600);
    shared.take(0, TicketRing::new(ring::provider().random(), now()).unwrap()).unwrap();
    meet(&shared, &meeting);
}

/// There is a ring for each secret of a fleet, and those are few.
#[test]
fn rings_beyond_the_bound_are_not_held() {
    let shared = SharedTickets::new(ring::provider(), 3600);
    let ring_of = || TicketRing::new(ring::provider().random(), now()).unwrap();
    shared.take(0, ring_of()).unwrap();
    for (position, held) in [(15, true), (16, false), (usize::MAX, false)] {
        let ring = ring_of();
        let other = SharedTickets::new(ring::provider(), 3600);
        other.take(0, ring.clone()).unwrap();
        shared.take(position, ring).unwrap();
        let ticket = other.seal(&server_session(), now()).unwrap().ticket;
        assert_eq!(shared.open(&ticket, now()).is_some(), held, "at {position}");
    }
}

impl Provider for Sociable {
    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
        let key = self.ring.aead_key(algorithm, key)?;
        Ok(Box::new(SociableKey { key, meeting: self.meeting.clone() }))
    }

    delegate!(ring: random supports groups signature_algorithms hash hasher hmac_key);
    delegate!(ring: cbc_sealer cbc_opener rsa_encrypt load_private_key);
}
