//! Counting of a connection's handshakes and failures.

use alloc::sync::Arc;

use super::Connection;
use super::machine::Machine;
use crate::error::Error;
use crate::handshake::HandshakeCounter;

impl Connection {
    /// Counts a completed handshake: the first, or a renegotiation.
    pub(super) fn count_complete(&self) {
        if let (Some(counter), Some(info)) = (&self.counter, self.info()) {
            counter.complete(info.suite(), info.resumption());
        }
    }

    /// Counts a failure with this error.
    pub(super) fn count_failure(&self, error: &Error) {
        let Some(counter) = &self.counter else { return };
        if self.in_handshake() { counter.failed(error) } else { counter.broken(error) }
    }
}

/// The counter of the configuration, if that has been chosen.
pub(super) fn counter_of(machine: &Machine) -> Option<Arc<HandshakeCounter>> {
    match machine {
        Machine::Client(side, _) => side.config.common.counter.clone(),
        Machine::Server(side, _) => side.config.common.counter.clone(),
        Machine::Accepting(_) => None,
    }
}
