//! SIGHUP, at which a server reads its files again.

use std::io;

use signal_hook::consts::SIGHUP;
use signal_hook::iterator;

/// What the process was sent.
pub struct Signals(iterator::Signals);

impl Signals {
    /// From here on SIGHUP does not end the process.
    pub fn register() -> io::Result<Self> {
        iterator::Signals::new([SIGHUP]).map(Self)
    }

    /// Has `reload` read the files again, each time.
    pub fn follow(mut self, reload: impl Fn()) {
        for _ in self.0.forever() {
            reload();
        }
    }
}
