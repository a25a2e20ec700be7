//! The places for a server's connections: a limited number, who must make room, and when all connections have been served.

use std::collections::VecDeque;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::failure::{Failure, Stage};

/// The maximum number of simultaneous connections. Each has a thread; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 2048;

/// How long a handshake cannot be dropped in favour of another connection.
const GRACE: Duration = Duration::from_secs(1);

/// How often the age of the oldest handshake is checked.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// All places.
pub struct Places {
    state: Mutex<State>,
    changed: Condvar,
    /// The number of connections to serve in total.
    limit: Option<u64>,
}

#[derive(Default)]
struct State {
    taken: usize,
    /// Those whose handshake is not complete, the oldest first.
    shaking_hands: VecDeque<Newcomer>,
    next: u64,
    /// How many have been let in, of a limited number, and how many of these are done.
    served: u64,
    done: u64,
    failed: u64,
    first_failure: Option<Stage>,
}

struct Newcomer {
    number: u64,
    since: Instant,
    socket: Arc<TcpStream>,
}

impl Places {
    pub fn new(limit: Option<u64>) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), limit }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place, if necessary from the client whose handshake has taken longest.
    pub fn take(self: &Arc<Self>, socket: &Arc<TcpStream>) -> Place {
        let mut state = self.lock();
        while state.taken >= MAX_CONNECTIONS {
            state.drop_oldest(GRACE);
            state = self.changed.wait_timeout(state, LOOK_AGAIN).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.taken += 1;
        state.next += 1;
        let number = state.next;
        state.shaking_hands.push_back(Newcomer { number, since: Instant::now(), socket: Arc::clone(socket) });
        Place { places: Arc::clone(self), number, counted: false, outcome: Ok(()) }
    }

    /// Makes room, because no connection can be accepted, for example for lack of file descriptors.
    pub fn make_room(&self) {
        self.lock().drop_oldest(Duration::ZERO);
    }

    /// Waits until the limit of connections has been served; without a limit, never returns.
    ///
    /// # Errors
    /// If one of them has failed.
    pub fn wait(&self) -> Result<(), Failure> {
        let state = self.changed.wait_while(self.lock(), |state| self.limit.is_none_or(|limit| state.done < limit));
        let state = state.unwrap_or_else(PoisonError::into_inner);
        match state.first_failure {
            None => Ok(()),
            Some(stage) => {
                Err(Failure::new(stage, format!("{} of {} connections failed, see above", state.failed, state.done)))
            }
        }
    }
}

impl State {
    fn drop_oldest(&mut self, grace: Duration) {
        if self.shaking_hands.front().is_some_and(|oldest| oldest.since.elapsed() >= grace)
            && let Some(oldest) = self.shaking_hands.pop_front()
        {
            // This ends its thread, which frees the place.
            let _ = oldest.socket.shutdown(Shutdown::Both);
        }
    }

    /// Returns whether it was still there.
    fn remove(&mut self, number: u64) -> bool {
        let place = self.shaking_hands.iter().position(|newcomer| newcomer.number == number);
        place.and_then(|place| self.shaking_hands.remove(place)).is_some()
    }
}

/// The place of a connection, which is free again when this is dropped.
pub struct Place {
    places: Arc<Places>,
    number: u64,
    counted: bool,
    outcome: Result<(), Stage>,
}

impl Place {
    /// Whether the number of connections that are served counts.
    pub fn is_limited(&self) -> bool {
        self.places.limit.is_some()
    }

    /// Notes that the client has sent something: it counts as served, unless the limit is reached.
    pub fn count(&mut self) -> bool {
        let mut state = self.places.lock();
        self.counted = self.places.limit.is_some_and(|limit| state.served < limit);
        state.served += u64::from(self.counted);
        self.counted
    }

    /// Notes that the handshake is complete. Returns `false` if the connection was dropped before.
    pub fn handshake_is_over(&self) -> bool {
        self.places.lock().remove(self.number)
    }

    /// Notes that the connection has failed.
    pub fn failed(&mut self, stage: Stage) {
        self.outcome = Err(stage);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.places.lock();
        state.remove(self.number);
        state.taken -= 1;
        if self.counted {
            state.done += 1;
            if let Err(stage) = self.outcome {
                state.failed += 1;
                state.first_failure.get_or_insert(stage);
            }
        }
        drop(state);
        self.places.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::net::TcpListener;

    fn pair() -> (Arc<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Arc::new(listener.accept().unwrap().0), client)
    }

    /// The oldest handshake makes room, and never a connection whose handshake is complete.
    #[test]
    fn whoever_shakes_hands_for_longest_leaves_first() {
        let places = Arc::new(Places::new(None));
        let sockets: Vec<_> = (0..3).map(|_| pair()).collect();
        let taken: Vec<_> = sockets.iter().map(|(socket, _)| places.take(socket)).collect();
        assert!(taken[0].handshake_is_over());
        places.make_room();
        assert!(!taken[1].handshake_is_over());
        assert!(taken[2].handshake_is_over());
        let mut dropped = &sockets[1].1;
        assert_eq!(dropped.read(&mut [0]).unwrap(), 0);
        // Nothing is left to be dropped.
        places.make_room();
        drop(taken);
        assert_eq!(places.lock().taken, 0);
    }

    #[test]
    fn so_many_are_served_and_no_more() {
        let places = Arc::new(Places::new(Some(2)));
        let (socket, _client) = pair();
        let mut taken: Vec<_> = (0..4).map(|_| places.take(&socket)).collect();
        // One says nothing, and does not count.
        drop(taken.pop());
        assert_eq!(taken.iter_mut().map(Place::count).collect::<Vec<_>>(), [true, true, false]);
        taken[1].failed(Stage::Protocol);
        drop(taken);
        assert_eq!(places.wait().unwrap_err().to_string(), "1 of 2 connections failed, see above");
    }
}
