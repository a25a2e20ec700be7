//! The RSA premaster secret on the server side: the constant-time choice between the decrypted value and a random one
//! (RFC 5246 §7.4.7.1), so that the server is not a decryption oracle (Bleichenbacher 1998, ROBOT 2017).

use alloc::vec;
use alloc::vec::Vec;
use ctutils::{Choice, CtAssign, CtEq};

use super::{PremasterSecret, Secret, SecureRandom};
use crate::error::ProviderError;

/// The length of an RSA premaster secret: two bytes of version and 46 random bytes (RFC 5246 §7.4.7.1).
pub const RSA_PREMASTER_LEN: usize = 48;

/// Generates an RSA premaster secret that contains `version`, the version of the ClientHello.
pub(crate) fn random_premaster(version: u16, random: &dyn SecureRandom) -> Result<PremasterSecret, ProviderError> {
    let mut secret = Secret::new(vec![0; RSA_PREMASTER_LEN]);
    random.fill_secret(secret.expose_mut())?;
    for (to, from) in secret.expose_mut().iter_mut().zip(version.to_be_bytes()) {
        *to = from;
    }
    Ok(secret)
}

/// The premaster secret of a pre-shared key: the shared secret of ECDHE (RFC 5489 §2), or without ECDHE as many zeros
/// as the key has bytes (RFC 4279 §2), and the key, each preceded by its length.
pub(crate) fn psk_premaster(shared: Option<&PremasterSecret>, psk: &Secret) -> Result<PremasterSecret, ProviderError> {
    const TOO_LONG: ProviderError = ProviderError::Failed("using a secret that long");
    let zeros = vec![0; psk.expose().len()];
    let parts = [shared.map_or(&*zeros, Secret::expose), psk.expose()];
    // The lengths first: what is copied must not be left behind.
    let [shared_len, psk_len] = parts.map(|part| u16::try_from(part.len()).map_err(|_| TOO_LONG));
    let lens = [shared_len?, psk_len?];
    let mut secret = Vec::with_capacity(4 + parts.iter().map(|part| part.len()).sum::<usize>());
    for (len, part) in lens.iter().zip(parts) {
        secret.extend(len.to_be_bytes());
        secret.extend(part);
    }
    Ok(Secret::new(secret))
}

/// The result of decrypting a premaster secret: the secret, or nothing. Which of the two it is cannot be queried, so
/// that nothing can depend on it.
pub struct DecryptedPremaster {
    secret: PremasterSecret,
    good: Choice,
}

impl DecryptedPremaster {
    /// Removes the padding from an RSAES-PKCS1-v1_5 encoded message (RFC 8017 §7.2.2). The time depends only on the
    /// length of `encoded`, which is that of the modulus.
    #[must_use]
    pub fn unpad(encoded: &[u8]) -> Self {
        // 00 02, at least 8 nonzero bytes of padding, 00, the premaster secret: the required position of the last 00 is
        // public.
        const SHORTEST: usize = RSA_PREMASTER_LEN + 11;
        let padding_len = encoded.len().saturating_sub(RSA_PREMASTER_LEN);
        let (padding, message) = encoded.split_at(padding_len);
        let mut good = Choice::from_u8_lsb(u8::from(encoded.len() >= SHORTEST));
        for (i, byte) in padding.iter().enumerate() {
            good = good.and(match i {
                0 => byte.ct_eq(&0),
                1 => byte.ct_eq(&2),
                _ if i + 1 == padding_len => byte.ct_eq(&0),
                _ => byte.ct_ne(&0),
            });
        }
        Self { good, ..Self::unpadded(message) }
    }

    /// Wraps a premaster secret returned by a key store that removes the padding itself. A secret of the wrong length
    /// counts as a failed decryption.
    #[must_use]
    pub fn unpadded(premaster: &[u8]) -> Self {
        let mut secret = Secret::new(vec![0; RSA_PREMASTER_LEN]);
        for (to, from) in secret.expose_mut().iter_mut().zip(premaster) {
            *to = *from;
        }
        Self { secret, good: Choice::from_u8_lsb(u8::from(premaster.len() == RSA_PREMASTER_LEN)) }
    }

    /// Represents a failed decryption.
    #[must_use]
    pub fn failed() -> Self {
        Self::unpadded(&[])
    }

    /// Returns the premaster secret if it was decrypted and contains `version`, otherwise `fallback`, in constant time.
    ///
    /// The version is part of the choice, as RFC 5246 §7.4.7.1 requires: a version rollback is detected only by the
    /// mismatch of Finished.
    pub(crate) fn or(self, fallback: PremasterSecret, version: u16) -> PremasterSecret {
        let mut good = self.good;
        for (byte, expected) in self.secret.expose().iter().zip(version.to_be_bytes()) {
            good = good.and(byte.ct_eq(&expected));
        }
        self.choose(fallback, good)
    }

    /// Returns the premaster secret if it was decrypted, otherwise as many random bytes, in constant time. A remote key
    /// holder sends this value to the server, which passes it to [`Self::unpadded`] and checks the version in it.
    /// Neither the server nor an attacker in between can use the key to decrypt anything but premaster secrets, or
    /// learn which decryptions succeeded.
    ///
    /// # Errors
    /// [`ProviderError::Random`] if the random source failed.
    pub fn or_random(self, random: &dyn SecureRandom) -> Result<PremasterSecret, ProviderError> {
        let mut fallback = Secret::new(vec![0; RSA_PREMASTER_LEN]);
        random.fill_secret(fallback.expose_mut())?;
        let good = self.good;
        Ok(self.choose(fallback, good))
    }

    /// Returns the secret if it is `good`, otherwise `fallback`, in constant time.
    fn choose(self, mut fallback: PremasterSecret, good: Choice) -> PremasterSecret {
        for (to, from) in fallback.expose_mut().iter_mut().zip(self.secret.expose()) {
            to.ct_assign(from, good);
        }
        fallback
    }
}

impl core::fmt::Debug for DecryptedPremaster {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DecryptedPremaster")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: u16 = 0x0303;

    fn premaster() -> Vec<u8> {
        let mut secret = VERSION.to_be_bytes().to_vec();
        secret.extend(1..47);
        secret
    }

    fn encoded(len: usize) -> Vec<u8> {
        let mut em = vec![0, 2];
        em.resize(len - RSA_PREMASTER_LEN - 1, 0xa5);
        em.push(0);
        em.extend(premaster());
        em
    }

    fn outcome(em: &[u8]) -> Vec<u8> {
        DecryptedPremaster::unpad(em).or(Secret::new(vec![0xff; RSA_PREMASTER_LEN]), VERSION).expose().to_vec()
    }

    #[test]
    fn a_right_encoding_gives_its_premaster() {
        for len in [59, 128, 256] {
            assert_eq!(outcome(&encoded(len)), premaster());
        }
    }

    #[test]
    fn whatever_is_wrong_gives_the_fallback() {
        let good = encoded(128);
        let zero_at = good.len() - RSA_PREMASTER_LEN - 1;
        // Each position of the padding, the 00 that ends it, and the two bytes of the version.
        for i in 0..zero_at + 3 {
            let mut em = good.clone();
            em[i] = if (2..zero_at).contains(&i) { 0 } else { em[i] ^ 1 };
            assert_eq!(outcome(&em), [0xff; RSA_PREMASTER_LEN], "byte {i}");
        }
        for len in 0..59 {
            assert_eq!(outcome(&vec![0; len]), [0xff; RSA_PREMASTER_LEN], "length {len}");
        }
    }

    #[test]
    fn a_key_elsewhere_gives_the_premaster_or_randomness() {
        struct Fixed;
        impl SecureRandom for Fixed {
            fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
                out.fill(0xee);
                Ok(())
            }
        }
        let sent = |em: &[u8]| DecryptedPremaster::unpad(em).or_random(&Fixed).unwrap().expose().to_vec();
        let mut em = encoded(128);
        assert_eq!(sent(&em), premaster());
        // The server checks the version.
        em[128 - RSA_PREMASTER_LEN] ^= 1;
        assert_eq!(sent(&em), em[128 - RSA_PREMASTER_LEN..]);
        em[1] = 1;
        assert_eq!(sent(&em), [0xee; RSA_PREMASTER_LEN]);
        let failed = DecryptedPremaster::failed().or_random(&Fixed).unwrap();
        assert_eq!(failed.expose(), [0xee; RSA_PREMASTER_LEN]);
    }

    #[test]
    fn a_premaster_of_the_wrong_length_gives_the_fallback() {
        for len in [0, 47, 49] {
            let mut secret = premaster();
            secret.resize(len, 9);
            let chosen = DecryptedPremaster::unpadded(&secret).or(Secret::new(vec![0xff; RSA_PREMASTER_LEN]), VERSION);
            assert_eq!(chosen.expose(), [0xff; RSA_PREMASTER_LEN]);
        }
    }

    /// RFC 4279 §2, RFC 5489 §2: the other secret and the key, each preceded by its length.
    #[test]
    fn a_pre_shared_key_is_joined_with_zeros_or_a_shared_secret() {
        let psk = Secret::new(vec![1, 2, 3]);
        let premaster = |shared: Option<&PremasterSecret>| psk_premaster(shared, &psk).unwrap().expose().to_vec();
        assert_eq!(premaster(None), [0, 3, 0, 0, 0, 0, 3, 1, 2, 3]);
        assert_eq!(premaster(Some(&Secret::new(vec![9, 8]))), [0, 2, 9, 8, 0, 3, 1, 2, 3]);
        assert!(psk_premaster(None, &Secret::new(vec![1; 0x10000])).is_err());
    }
}
