//! What of a connection is counted.

use alloc::sync::Arc;

use super::Connection;
use super::machine::Machine;
use crate::error::Error;
use crate::handshake::HandshakeCounter;

impl Connection {
    /// The handshake is complete: the first, or another.
    pub(super) fn count_complete(&self) {
        if let (Some(counter), Some(info)) = (&self.counter, self.info()) {
            counter.complete(info);
        }
    }

    /// It fails, for this reason.
    pub(super) fn count_failure(&self, error: &Error) {
        let Some(counter) = &self.counter else { return };
        if self.in_handshake() { counter.failed(error) } else { counter.broken(error) }
    }
}

/// That of the configuration, if there is one by now.
pub(super) fn counter_of(machine: &Machine) -> Option<Arc<HandshakeCounter>> {
    match machine {
        Machine::Client(side, _) => side.config.common.counter.clone(),
        Machine::Server(side, _) => side.config.common.counter.clone(),
        Machine::Accepting(_) => None,
    }
}
