//! Sealing with an AEAD and a random nonce, for tickets and for the data that a fleet shares.

use alloc::vec::Vec;

use crate::crypto::{AeadAlgorithm, AeadKey, Secret, SecureRandom};
use crate::error::ProviderError;

/// The AEAD.
pub(super) const ALGORITHM: AeadAlgorithm = AeadAlgorithm::Aes256Gcm;

/// The lengths of its nonce and tag, in bytes.
const NONCE_LEN: usize = ALGORITHM.nonce_len();
const TAG_LEN: usize = ALGORITHM.tag_len();

/// `prefix ‖ nonce ‖ sealed text ‖ tag`. The prefix is authenticated, but not encrypted.
pub(super) fn seal(
    key: &dyn AeadKey,
    random: &dyn SecureRandom,
    prefix: &[u8],
    mut text: Secret,
) -> Result<Vec<u8>, ProviderError> {
    let mut nonce = [0; NONCE_LEN];
    random.fill(&mut nonce)?;
    let mut tag = [0; TAG_LEN];
    key.seal(&nonce, prefix, text.expose_mut(), &mut tag)?;
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

#[cfg(test)]
#[cfg(feature = "ring")]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::crypto::AeadAlgorithm;
    use alloc::vec;

    /// A key that leaves its text as it is, whether it opens it or not: ring's wipes what it does not open.
    struct Refusing;

    impl AeadKey for Refusing {
        fn seal(&self, _: &[u8], _: &[u8], _: &mut [u8], _: &mut [u8]) -> Result<(), ProviderError> {
            Ok(())
        }

        fn open(&self, _: &[u8], _: &[u8], _: &mut [u8]) -> bool {
            false
        }
    }

    #[test]
    fn what_is_not_authentic_is_not_read() {
        let sealed = [&b"name"[..], &[1; NONCE_LEN], b"text", &[2; TAG_LEN]].concat();
        assert_eq!(open(&Refusing, b"name", &sealed, |_| Some(())), None);
    }

    /// Two of one key under the same nonce would give the key of the MAC away (NIST SP 800-38D appendix A).
    #[test]
    fn no_two_have_the_same_nonce() {
        let provider = crate::crypto::ring::provider();
        let key = provider.aead_key(AeadAlgorithm::Aes256Gcm, &[1; 32]).unwrap();
        let sealed = || seal(&*key, provider.random(), b"name", Secret::new(vec![9; 40])).unwrap();
        let nonce = |sealed: &[u8]| *sealed.get(4..).unwrap().first_chunk::<NONCE_LEN>().unwrap();
        let mut nonces: Vec<_> = (0..100).map(|_| nonce(&sealed())).collect();
        nonces.sort_unstable();
        nonces.dedup();
        assert_eq!(nonces.len(), 100);
        assert_eq!(open(&*key, b"name", &sealed(), |text| Some(text.to_vec())), Some(vec![9; 40]));
    }
}
