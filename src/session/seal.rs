//! Sealing with an AEAD and a random nonce, for tickets and for the data that a fleet shares.

use alloc::vec::Vec;

use crate::crypto::{AeadKey, Secret, SecureRandom};
use crate::error::ProviderError;

/// The length of a nonce, in bytes.
const NONCE_LEN: usize = 12;

/// The length of a tag, in bytes.
const TAG_LEN: usize = 16;

/// `prefix ‖ nonce ‖ sealed text ‖ tag`. The prefix is authenticated, but not encrypted.
pub(super) fn seal(
    key: &dyn AeadKey,
    random: &dyn SecureRandom,
    prefix: &[u8],
    mut text: Secret,
) -> Result<Vec<u8>, ProviderError> {
    let mut nonce = [0; NONCE_LEN];
    random.fill(&mut nonce)?;
    let tag = key.seal(&nonce, prefix, text.expose_mut())?;
    Ok([prefix, &nonce, text.expose(), &tag].concat())
}

/// Opens sealed data, and returns the result of `read` on its text. Returns `None` if it was not sealed with this key
/// and prefix.
pub(super) fn open<T>(
    key: &dyn AeadKey,
    prefix: &[u8],
    sealed: &[u8],
    read: impl FnOnce(&[u8]) -> Option<T>,
) -> Option<T> {
    let (nonce, sealed) = sealed.strip_prefix(prefix)?.split_first_chunk::<NONCE_LEN>()?;
    let len = sealed.len().checked_sub(TAG_LEN)?;
    let mut text = Secret::new(sealed.to_vec());
    if !key.open(nonce, prefix, text.expose_mut()) {
        return None;
    }
    read(text.expose().get(..len)?)
}
