//! A connection in a capture.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use core::net::SocketAddr;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::Capture;
use super::segments::{Segments, Side};
use crate::handshake::Role;

/// One connection in a [`Capture`], to which what is sent and received is reported. It does no I/O other than that of the capture;
/// [`Captured`] reports to it for a transport.
///
/// Clones are handles of the same connection. When the last one is dropped, the local side's FIN is written, unless it has
/// been written or the connection was reset.
///
/// [`Captured`]: super::Captured
#[derive(Clone, Debug)]
pub struct Flow(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    capture: Capture,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    segments: Segments,
    /// What was received last. It waits for the secrets that it may lead to, since a reader needs them first.
    received: Vec<u8>,
    received_at: SystemTime,
}

impl Flow {
    pub(super) fn new(
        capture: Capture,
        role: Role,
        [local, peer]: [SocketAddr; 2],
        sequence: u32,
        time: SystemTime,
    ) -> Self {
        let segments = Segments::new(local, peer, sequence);
        let state = State { segments, received: Vec::new(), received_at: time };
        let flow = Self(Arc::new(Shared { capture, state: Mutex::new(state) }));
        flow.0.write(|segments, out| segments.open(role, time, out));
        flow
    }

    /// Records bytes that were sent.
    pub fn sent(&self, bytes: &[u8], time: SystemTime) {
        self.0.write(|segments, out| segments.data(Side::Local, bytes, time, out));
    }

    /// Records bytes that were received. They are written to the file with the next call of any method, behind the secrets that
    /// the connection derives from them in the meantime: call [`flush`](Self::flush) before waiting for more.
    pub fn received(&self, bytes: &[u8], time: SystemTime) {
        self.0.write_and(|_, _| Ok(()), |state| (state.received, state.received_at) = (bytes.to_vec(), time));
    }

    /// Writes what was received last to the file.
    pub fn flush(&self) {
        self.0.write(|_, _| Ok(()));
    }

    /// Records that this side sends no more: its FIN.
    pub fn sent_end(&self, time: SystemTime) {
        self.0.write(|segments, out| segments.end_of(Side::Local, time, out));
    }

    /// Records that the peer sends no more: its FIN.
    pub fn received_end(&self, time: SystemTime) {
        self.0.write(|segments, out| segments.end_of(Side::Peer, time, out));
    }

    /// Records that this side has reset the connection.
    pub fn sent_reset(&self, time: SystemTime) {
        self.0.write(|segments, out| segments.reset(Side::Local, time, out));
    }

    /// Records that the peer has reset the connection.
    pub fn received_reset(&self, time: SystemTime) {
        self.0.write(|segments, out| segments.reset(Side::Peer, time, out));
    }
}

impl Shared {
    /// Writes what was received last, and then what `add` appends.
    fn write(&self, add: impl FnOnce(&mut Segments, &mut Vec<u8>) -> io::Result<()>) {
        self.write_and(add, |_| ());
    }

    /// The same, and then changes the state, before anybody else has it.
    fn write_and(
        &self,
        add: impl FnOnce(&mut Segments, &mut Vec<u8>) -> io::Result<()>,
        then: impl FnOnce(&mut State),
    ) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = Vec::new();
        let received = mem::take(&mut state.received);
        let time = state.received_at;
        let made = state.segments.data(Side::Peer, &received, time, &mut out);
        let made = made.and_then(|()| add(&mut state.segments, &mut out));
        self.capture.write(made.map(|()| &*out));
        then(&mut state);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let time = SystemTime::now();
        self.write(|segments, out| segments.end_of(Side::Local, time, out));
    }
}
