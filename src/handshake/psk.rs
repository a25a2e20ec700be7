//! Pre-shared keys (RFC 4279), and how a side finds them.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::config::{Common, ConfigError};
use crate::crypto::Secret;
use crate::wire::MAX_PSK_IDENTITY;

/// The maximum length of a pre-shared key, in bytes. RFC 4279 §5.3 requires at least 64; OpenSSL supports 512.
pub(crate) const MAX_PSK: usize = 512;

/// Whether a key has a length that it may have. Anybody could guess an empty one.
pub(crate) fn is_usable(key: &Secret) -> bool {
    (1..=MAX_PSK).contains(&key.expose().len())
}

/// A pre-shared key, and the identity by which the client refers to it (RFC 4279).
///
/// Anyone with the key can impersonate either side: use a different key for each pair of peers. Use it in one direction only:
/// an endpoint that has the same key as client and as server can be connected to itself by an attacker ("Selfie", 2019), and
/// takes itself for its peer. Two peers that connect to each other need two keys. With a suite of
/// [`KeyExchange::Psk`](crate::crypto::KeyExchange::Psk), guesses of the key can be tested against recorded traffic,
/// and with every PSK suite against the bytes of a session: the key must be random, not a password.
#[derive(Clone)]
pub struct PresharedKey {
    pub(crate) identity: Arc<[u8]>,
    pub(crate) key: Arc<Secret>,
}

impl PresharedKey {
    /// Creates a pre-shared key. `identity` has at most 1024 bytes, and is often a name in UTF-8; `key` has 1 to 512
    /// bytes.
    ///
    /// # Errors
    /// [`ConfigError::PresharedKey`] if either has another length.
    pub fn new(identity: &[u8], key: Secret) -> Result<Self, ConfigError> {
        if identity.len() > MAX_PSK_IDENTITY || !is_usable(&key) {
            return Err(ConfigError::PresharedKey);
        }
        Ok(Self { identity: identity.into(), key: Arc::new(key) })
    }

    /// Returns the identity.
    #[must_use]
    pub fn identity(&self) -> &[u8] {
        &self.identity
    }
}

impl fmt::Debug for PresharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresharedKey(\"{}\")", self.identity.escape_ascii())
    }
}

/// The source of a side's pre-shared keys.
#[derive(Clone, Debug)]
pub(crate) enum PresharedKeys<K> {
    /// None.
    Off,
    /// These.
    InLoop(K),
    /// The answer to [`Need::SelectPsk`](crate::Need::SelectPsk) or [`Need::FindPsk`](crate::Need::FindPsk).
    Later,
}

/// A client's key.
pub(crate) type ClientPsk = PresharedKeys<PresharedKey>;

/// A server's keys, without duplicates.
pub(crate) type ServerPsks = PresharedKeys<Vec<PresharedKey>>;

impl ServerPsks {
    /// Checks that they can be used.
    pub(crate) fn check(&self, common: &Common) -> Result<(), ConfigError> {
        if let Self::InLoop(keys) = self {
            let mut identities: Vec<&[u8]> = keys.iter().map(PresharedKey::identity).collect();
            identities.sort_unstable();
            let same = |pair: &&[&[u8]]| matches!(pair, [a, b] if a == b);
            if let Some([identity, ..]) = identities.windows(2).find(same) {
                return Err(ConfigError::PskIdentityTwice(identity.escape_ascii().to_string().into()));
            }
        }
        if matches!(self, Self::Off) { Ok(()) } else { check_suites(common) }
    }
}

impl ClientPsk {
    /// Checks that it can be used.
    pub(crate) fn check(&self, common: &Common) -> Result<(), ConfigError> {
        if matches!(self, Self::Off) { Ok(()) } else { check_suites(common) }
    }
}

/// A key without a PSK suite is a mistake.
fn check_suites(common: &Common) -> Result<(), ConfigError> {
    let takes_one = common.any_suite(|suite| suite.key_exchange.is_psk());
    if takes_one { Ok(()) } else { Err(ConfigError::NoSuiteForPsk) }
}
