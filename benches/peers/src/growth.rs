//! How costs grow: those of a handshake and a record with the number of live connections, and that of a lookup with the
//! number of sessions.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tls12::UnixTime;
use tls12::crypto::ring;
use tls12::session::{ServerMemoryStore, ServerSession, ServerSessionStore};

use super::ours::{Peers, open};
use super::pki::now;
use super::work::{By, Work};
use super::{ECDSA_GCM, text};

/// The number of rounds; the best one counts.
const ROUNDS: usize = 5;

const CONNECTIONS: &str = "
## Growth

The costs with `crypto::ring`, in microseconds, while this many pairs of client and server are connected: of a handshake that resumes
a session by ID, both sides together; and of a record of 1 KiB, sealed by the client and opened by the server of each pair
in turn. The best of 5 rounds.

| live pairs | handshake | record |
|---|---|---|
";

const SESSIONS: &str = "
The sessions of a server in `ServerMemoryStore`: the mean time of 100,000 lookups, in nanoseconds, and the heap that each session
holds, in bytes.

| sessions | lookup | bytes per session |
|---|---|---|
";

pub fn tables() -> String {
    let mut out = String::from(CONNECTIONS);
    let mut live = Live::new();
    for count in [1, 10, 100, 1000, 10_000] {
        let (handshake, record) = live.measure(count);
        let _ = writeln!(out, "| {count} | {handshake:.2} | {record:.2} |");
    }
    out += SESSIONS;
    let session = a_session().to_bytes();
    for count in [10, 100, 1000, 10_000, 100_000, 1_000_000] {
        let (lookup, bytes) = sessions(session.expose(), count);
        let _ = writeln!(out, "| {count} | {lookup:.0} | {bytes} |");
    }
    out
}

/// Counts the bytes that are allocated, but only on demand: it must not slow the contenders down.
struct Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);

/// The number of bytes allocated since counting began, less those freed.
static HELD: AtomicUsize = AtomicUsize::new(0);

fn count(allocated: usize, freed: usize) {
    if COUNTS.load(Ordering::Relaxed) {
        HELD.fetch_add(allocated.wrapping_sub(freed), Ordering::Relaxed);
    }
}

// SAFETY: every call is passed to the system's allocator unchanged.
#[allow(unsafe_code, reason = "the trait of an allocator is unsafe")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(start, layout) }
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size, layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.realloc(start, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Remembers the last session.
#[derive(Debug, Default)]
struct Last(Mutex<Option<ServerSession>>);

impl ServerSessionStore for Last {
    fn find(&self, _: &[u8], _: UnixTime) -> Option<ServerSession> {
        None
    }

    fn keep(&self, _: &[u8], session: ServerSession, _: UnixTime) {
        *self.0.lock().unwrap() = Some(session);
    }

    fn forget(&self, _: &[u8]) {}
}

/// The session that a server keeps of a connection without a client certificate.
fn a_session() -> ServerSession {
    let last = Arc::new(Last::default());
    let mut peers = Peers::new(&ring::provider(), Work::Resume { suite: ECDSA_GCM, by: By::Id });
    peers.keep_sessions_in(Arc::clone(&last) as Arc<dyn ServerSessionStore>);
    peers.handshake(&mut [0.0; 2]);
    let session = last.0.lock().unwrap().take();
    session.expect("a session is kept")
}

/// Returns the time of a lookup among this many sessions, in nanoseconds, and the bytes that each holds.
fn sessions(encoded: &[u8], number: u32) -> (f64, usize) {
    let id = |i: u32| [&i.wrapping_mul(0x9e37_79b1).to_be_bytes()[..], &[7; 28]].concat();
    HELD.store(0, Ordering::Relaxed);
    COUNTS.store(true, Ordering::Relaxed);
    let store = ServerMemoryStore::new(NonZeroUsize::new(number as usize).unwrap());
    for i in 0..number {
        store.keep(&id(i), ServerSession::from_bytes(encoded).unwrap(), now());
    }
    COUNTS.store(false, Ordering::Relaxed);
    let bytes = HELD.load(Ordering::Relaxed) / number as usize;
    let ids: Vec<_> = (0..100_000_u32).map(|i| id(i.wrapping_mul(7919) % number)).collect();
    let start = Instant::now();
    for id in &ids {
        assert!(store.find(id, now()).is_some());
    }
    (start.elapsed().as_secs_f64() * 1e9 / ids.len() as f64, bytes)
}

struct Live {
    peers: Peers,
    connections: Vec<(tls12::Connection, tls12::Connection)>,
}

impl Live {
    fn new() -> Self {
        let mut peers = Peers::new(&ring::provider(), Work::Resume { suite: ECDSA_GCM, by: By::Id });
        // The session that the others resume.
        let first = peers.handshake(&mut [0.0; 2]);
        peers.resume = true;
        Self { peers, connections: vec![first] }
    }

    /// Returns the cost of a handshake and of a record, in microseconds, while this many pairs are connected.
    fn measure(&mut self, count: usize) -> (f64, f64) {
        while self.connections.len() < count {
            let pair = self.peers.handshake(&mut [0.0; 2]);
            self.connections.push(pair);
        }
        let (text, mut wire, mut sink) = (text(1024), Vec::with_capacity(2048), Vec::new());
        let mut best = [f64::INFINITY; 2];
        for _ in 0..ROUNDS {
            let mut spent = [0.0; 2];
            for _ in 0..100 {
                self.peers.handshake(&mut spent);
            }
            best[0] = best[0].min((spent[0] + spent[1]) / 100.0 / 1e3);
            let times = count.max(1000);
            let start = Instant::now();
            for i in 0..times {
                let (client, server) = &mut self.connections[i % count];
                wire.clear();
                client.seal(&text, &mut wire).unwrap();
                assert_eq!(open(server, &mut wire, &mut sink), text.len());
            }
            best[1] = best[1].min(start.elapsed().as_secs_f64() * 1e6 / times as f64);
        }
        (best[0], best[1])
    }
}
