//! The secrets that may belong to a handshake, and the keys that follow from each. The right one is that which opens a
//! record.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::bound::MAX_CANDIDATES;
use super::item::Direction;
use super::secrets::SecretSource;
use crate::crypto::{CipherSuite, HmacKey, MacOrder, MasterSecret, Provider};
use crate::error::ProviderError;
use crate::handshake::{KeyBlock, Role};
use crate::record::{DirectionKeys, Opener};
use crate::wire::{MAX_PLAINTEXT, Random};

/// A master secret that may be that of the handshake.
pub(super) struct Candidate {
    pub(super) source: SecretSource,
    pub(super) master: MasterSecret,
    pub(super) prf: Box<dyn HmacKey>,
    block: KeyBlock,
}

impl Candidate {
    /// The keys of the client's records, and of the server's.
    pub(super) fn directions(&self) -> Result<(DirectionKeys<'_>, DirectionKeys<'_>), ProviderError> {
        self.block.directions(Role::Client)
    }
}

/// The candidates of one handshake.
pub(super) struct Candidates {
    suite: &'static CipherSuite,
    order: MacOrder,
    all: Vec<Candidate>,
    /// The one that has opened a record is the first, and the only one.
    is_chosen: bool,
}

impl Candidates {
    pub(super) const fn new(suite: &'static CipherSuite, order: MacOrder) -> Self {
        Self { suite, order, all: Vec::new(), is_chosen: false }
    }

    /// Adds a master secret, unless there are too many.
    pub(super) fn add(
        &mut self,
        provider: &dyn Provider,
        source: SecretSource,
        master: MasterSecret,
        randoms: &[Random; 2],
    ) -> Result<(), ProviderError> {
        if self.all.len() < MAX_CANDIDATES {
            let prf = provider.hmac_key(self.suite.hash, master.expose())?;
            let block = KeyBlock::new(self.suite, &*prf, randoms)?;
            self.all.push(Candidate { source, master, prf, block });
        }
        Ok(())
    }

    pub(super) const fn suite(&self) -> &'static CipherSuite {
        self.suite
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The right one, once it is known.
    pub(super) fn chosen(&self) -> Option<&Candidate> {
        self.all.first().filter(|_| self.is_chosen)
    }

    /// Tries all candidates. `open` says whether the keys of one, for records in `direction`, open a record. The first
    /// that does is chosen, and its opener is returned.
    pub(super) fn try_all(
        &mut self,
        provider: &dyn Provider,
        direction: Direction,
        mut open: impl FnMut(&mut Opener) -> bool,
    ) -> Result<Option<Opener>, ProviderError> {
        for (i, candidate) in self.all.iter().enumerate() {
            let (client, server) = candidate.directions()?;
            let keys = match direction.sender() {
                Role::Client => client,
                Role::Server => server,
            };
            let mut opener = Opener::new(provider, self.suite, self.order, &keys, MAX_PLAINTEXT)?;
            if open(&mut opener) {
                self.all.swap(0, i);
                self.all.truncate(1);
                self.is_chosen = true;
                return Ok(Some(opener));
            }
        }
        Ok(None)
    }
}
