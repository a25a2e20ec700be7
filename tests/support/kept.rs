//! Recordings that are kept in memory.

use std::io;
use std::sync::{Arc, Mutex};

use tls12::replay::Recorder;

/// What was written.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether recordings have the master secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    Withheld,
    Included,
}

impl Secrets {
    pub const BOTH: [Self; 2] = [Self::Withheld, Self::Included];

    pub fn recorder(self, kept: &Kept) -> Recorder {
        match self {
            Self::Withheld => Recorder::new(kept.clone()),
            Self::Included => Recorder::with_secrets(kept.clone()),
        }
    }
}

/// A recorder for each of several connections.
#[derive(Clone, Debug)]
pub struct Recorders {
    secrets: Secrets,
    all: Arc<Mutex<Vec<Kept>>>,
}

impl Recorders {
    pub fn new(secrets: Secrets) -> Self {
        Self { secrets, all: Arc::default() }
    }

    pub fn next(&mut self) -> Recorder {
        let kept = Kept::default();
        self.all.lock().unwrap().push(kept.clone());
        self.secrets.recorder(&kept)
    }

    pub fn texts(&self) -> Vec<String> {
        self.all.lock().unwrap().iter().map(Kept::text).collect()
    }
}
