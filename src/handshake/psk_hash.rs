//! The hash by which a session remembers its pre-shared key: the key of an identity may be replaced, and one that was revoked
//! must not be of use any longer.

use crate::crypto::{HmacKey, Provider, Secret, constant_time_eq};
use crate::error::ProviderError;
use crate::session::{PskHash, SessionState};

/// No other use of the PRF with a master secret has this label: `export.rs` reserves it.
pub(crate) const LABEL: &[u8] = b"tls12 pre-shared key";

/// `prf`: that with the master secret of the session, so that only whoever has the session can test guesses of the key.
pub(crate) fn psk_hash(prf: &dyn HmacKey, key: &Secret) -> Result<PskHash, ProviderError> {
    let mut hash = PskHash::default();
    prf.prf(LABEL, key.expose(), &mut hash)?;
    Ok(hash)
}

/// Whether the session was made with this key.
pub(crate) fn is_of_psk(provider: &dyn Provider, state: &SessionState, key: &Secret) -> Result<bool, ProviderError> {
    let Some(psk) = state.peer.known_psk() else { return Ok(false) };
    let prf = provider.hmac_key(state.suite.hash, state.master.expose())?;
    Ok(constant_time_eq(&psk_hash(&*prf, key)?, &psk.key_hash))
}
