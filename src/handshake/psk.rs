//! Pre-shared keys (RFC 4279): keys that both sides were given beforehand, and where a side finds them.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::config::{Common, ConfigError};
use crate::crypto::Secret;
use crate::wire::MAX_PSK_IDENTITY;

/// The longest pre-shared key, in bytes. RFC 4279 §5.3 asks for 64; OpenSSL has 512.
pub(crate) const MAX_PSK: usize = 512;

/// A key that both sides were given beforehand, and the identity by which the client names it (RFC 4279).
///
/// Whoever knows the key can be either side: give each pair of peers its own. With a suite of
/// [`KeyExchange::Psk`](crate::crypto::KeyExchange::Psk), recorded traffic can be tried against every guess of the key:
/// it must be random, not a password.
#[derive(Clone)]
pub struct PresharedKey {
    pub(crate) identity: Arc<[u8]>,
    pub(crate) key: Arc<Secret>,
}

impl PresharedKey {
    /// The key of this identity: at most 1024 bytes, often a name in UTF-8. The key has 1 to 512 bytes.
    ///
    /// # Errors
    /// [`ConfigError::PresharedKey`], if one of the two has another length.
    pub fn new(identity: &[u8], key: Secret) -> Result<Self, ConfigError> {
        if identity.len() > MAX_PSK_IDENTITY || !(1..=MAX_PSK).contains(&key.expose().len()) {
            return Err(ConfigError::PresharedKey);
        }
        Ok(Self { identity: identity.into(), key: Arc::new(key) })
    }

    /// The identity.
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

/// Where a side finds pre-shared keys.
#[derive(Clone, Debug)]
pub(crate) enum PresharedKeys<K> {
    /// It has none.
    Off,
    /// Here.
    InLoop(K),
    /// With whoever answers [`Need::SelectPsk`](crate::Need::SelectPsk) or [`Need::FindPsk`](crate::Need::FindPsk).
    Later,
}

/// A client's key.
pub(crate) type ClientPsk = PresharedKeys<PresharedKey>;

/// A server's keys, none twice.
pub(crate) type ServerPsks = PresharedKeys<Vec<PresharedKey>>;

impl ServerPsks {
    /// Whether they can be used at all.
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

    /// Whether a session of this identity may still be resumed: its key has not been taken away.
    pub(crate) fn may_know(&self, identity: &[u8]) -> bool {
        match self {
            Self::Off => false,
            Self::InLoop(keys) => keys.iter().any(|key| *key.identity == *identity),
            Self::Later => true,
        }
    }
}

impl ClientPsk {
    /// Whether it can be used at all.
    pub(crate) fn check(&self, common: &Common) -> Result<(), ConfigError> {
        if matches!(self, Self::Off) { Ok(()) } else { check_suites(common) }
    }

    /// Whether a session of this identity is one of this key.
    pub(crate) fn fits(&self, identity: &[u8]) -> bool {
        match self {
            Self::Off => false,
            Self::InLoop(psk) => *psk.identity == *identity,
            Self::Later => true,
        }
    }
}

/// A key that no suite takes is a mistake.
fn check_suites(common: &Common) -> Result<(), ConfigError> {
    let takes_one = common.any_suite(|suite| suite.key_exchange.is_psk());
    if takes_one { Ok(()) } else { Err(ConfigError::NoSuiteForPsk) }
}
