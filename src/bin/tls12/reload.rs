//! SIGHUP, by which a server is asked to read its files again.

use std::io;

use signal_hook::consts::SIGHUP;
use signal_hook::iterator;
use tls12::io::CurrentConfig;

use crate::options::ServerArgs;
use crate::server;

/// What the process was sent.
pub struct Signals(iterator::Signals);

impl Signals {
    /// From here on SIGHUP does not end the process.
    pub fn register() -> io::Result<Self> {
        iterator::Signals::new([SIGHUP]).map(Self)
    }

    /// Reads the files again each time.
    pub fn follow(mut self, args: &ServerArgs, current: &CurrentConfig) {
        for _ in self.0.forever() {
            server::reload(args, current);
        }
    }
}
