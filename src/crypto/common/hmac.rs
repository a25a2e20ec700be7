//! HMAC (RFC 2104) on the bare compression function of a hash.

use alloc::boxed::Box;
use core::slice::from_ref;
use zeroize::{Zeroize, Zeroizing};

use super::compression::{Compression, Sha1, Sha256, Sha384, Sha512};
use super::hash::hash;
use crate::crypto::prf::p_hash;
use crate::crypto::{Digest, HashAlgorithm, HmacKey};
use crate::error::ProviderError;

/// An HMAC key.
pub(super) struct Hmac<H: Compression<BLOCK>, const BLOCK: usize> {
    /// The hash values after the inner key block and after the outer key block.
    pub(super) inner: H::State,
    outer: H::State,
}

impl<H: Compression<BLOCK>, const BLOCK: usize> Hmac<H, BLOCK> {
    /// RFC 2104 §2. Returns `None` if the key is longer than a block: its hash is the key then.
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        const INNER_PAD: u8 = 0x36;
        const OUTER_PAD: u8 = 0x5c;
        let mut block = [0; BLOCK];
        block.get_mut(..key.len())?.copy_from_slice(key);
        block.iter_mut().for_each(|byte| *byte ^= INNER_PAD);
        let mut hmac = Self { inner: H::INITIAL, outer: H::INITIAL };
        H::compress(&mut hmac.inner, from_ref(&block));
        block.iter_mut().for_each(|byte| *byte ^= INNER_PAD ^ OUTER_PAD);
        H::compress(&mut hmac.outer, from_ref(&block));
        block.zeroize();
        Some(hmac)
    }

    /// Computes the MAC of the concatenation of `parts`.
    fn mac_of_parts(&self, parts: &[&[u8]]) -> H::Output {
        let mut state = self.inner;
        let (mut block, mut used, mut len) = (Zeroizing::new([0; BLOCK]), 0, 0);
        for mut part in parts.iter().copied() {
            len += part.len();
            while let Some((now, later)) = part.split_at_checked(BLOCK - used) {
                fill(block.get_mut(used..).unwrap_or_default(), &[now]);
                H::compress(&mut state, from_ref(&*block));
                (part, used) = (later, 0);
            }
            used += fill(block.get_mut(used..).unwrap_or_default(), &[part]);
        }
        let (_, padding) = block.split_at_mut(used);
        padding.fill(0);
        fill(padding, &[&[0x80]]);
        if padding.len() < 1 + H::LENGTH_LEN {
            H::compress(&mut state, from_ref(&*block));
            block.fill(0);
        }
        put_length(&mut *block, bits(BLOCK + len));
        H::compress(&mut state, from_ref(&*block));
        self.outer(state)
    }

    /// Computes the MAC of a message of `len` bytes, of which all but `rest` has been hashed into `state`.
    pub(super) fn finish(&self, mut state: H::State, rest: &[u8], len: usize) -> H::Output {
        let (blocks, rest) = rest.as_chunks();
        H::compress(&mut state, blocks);
        let mut last = [[0; BLOCK]; 2];
        let used = fill(last.as_flattened_mut(), &[rest, &[0x80]]);
        let blocks = (used + H::LENGTH_LEN).div_ceil(BLOCK);
        let last = last.get_mut(..blocks).unwrap_or_default();
        put_length(last.as_flattened_mut(), bits(BLOCK + len));
        H::compress(&mut state, last);
        self.outer(state)
    }

    /// Computes the outer hash. Its message is one block, because the inner output is shorter.
    pub(super) fn outer(&self, inner: H::State) -> H::Output {
        let mut block = [0; BLOCK];
        let used = fill(&mut block, &[H::output(&inner).as_ref(), &[0x80]]);
        put_length(&mut block, bits(BLOCK + used - 1));
        let mut state = self.outer;
        H::compress(&mut state, from_ref(&block));
        H::output(&state)
    }
}

impl<H: Compression<BLOCK>, const BLOCK: usize> Drop for Hmac<H, BLOCK> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl<H: Compression<BLOCK>, const BLOCK: usize> HmacKey for Hmac<H, BLOCK> {
    fn sign(&self, parts: &[&[u8]]) -> Result<Digest, ProviderError> {
        Ok(Digest::new(self.mac_of_parts(parts).as_ref()))
    }

    fn prf(&self, label: &[u8], seed: &[u8], out: &mut [u8]) -> Result<(), ProviderError> {
        p_hash(|parts| Ok(Zeroizing::new(self.mac_of_parts(parts))), label, seed, out)
    }
}

/// Creates an HMAC key from bytes of any length.
pub(in crate::crypto) fn key(algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError> {
    match algorithm {
        HashAlgorithm::Sha1 => key_with::<Sha1, 64>(algorithm, key),
        HashAlgorithm::Sha256 => key_with::<Sha256, 64>(algorithm, key),
        HashAlgorithm::Sha384 => key_with::<Sha384, 128>(algorithm, key),
        HashAlgorithm::Sha512 => key_with::<Sha512, 128>(algorithm, key),
    }
}

fn key_with<H: Compression<BLOCK>, const BLOCK: usize>(
    algorithm: HashAlgorithm,
    key: &[u8],
) -> Result<Box<dyn HmacKey>, ProviderError> {
    let hmac = Hmac::<H, BLOCK>::new(key).or_else(|| Hmac::new(hash(algorithm, key).as_ref()));
    Ok(Box::new(hmac.ok_or(ProviderError::Unsupported("an HMAC key of this length"))?))
}

/// Copies `parts` to the start of `to`, as far as they fit, and returns the number of bytes copied.
pub(super) fn fill(to: &mut [u8], parts: &[&[u8]]) -> usize {
    let mut used = 0;
    for part in parts {
        let len = part.len().min(to.len() - used);
        if let (Some(to), Some(from)) = (to.get_mut(used..used + len), part.get(..len)) {
            to.copy_from_slice(from);
        }
        used += len;
    }
    used
}

/// Returns the length of a message in bits (FIPS 180-4 §5.1). No message has 2^61 bytes.
pub(super) fn bits(len: usize) -> [u8; 8] {
    u64::try_from(len).unwrap_or_default().wrapping_mul(8).to_be_bytes()
}

/// Writes the length of a message to the end of its last block. The longer field in larger blocks begins with zeros.
fn put_length(last: &mut [u8], length: [u8; 8]) {
    if let Some(field) = last.last_chunk_mut() {
        *field = length;
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use ::hmac::{KeyInit, Mac};
    use alloc::vec::Vec;

    use super::*;

    /// Computes the MAC with another implementation.
    fn expected(algorithm: HashAlgorithm, key: &[u8], message: &[u8]) -> Vec<u8> {
        fn of<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
            <M as KeyInit>::new_from_slice(key).unwrap().chain_update(message).finalize().into_bytes().to_vec()
        }
        match algorithm {
            HashAlgorithm::Sha1 => of::<::hmac::Hmac<sha1::Sha1>>(key, message),
            HashAlgorithm::Sha256 => of::<::hmac::Hmac<sha2::Sha256>>(key, message),
            HashAlgorithm::Sha384 => of::<::hmac::Hmac<sha2::Sha384>>(key, message),
            HashAlgorithm::Sha512 => of::<::hmac::Hmac<sha2::Sha512>>(key, message),
        }
    }

    const ALL: [HashAlgorithm; 4] =
        [HashAlgorithm::Sha1, HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];

    fn bytes(len: usize) -> Vec<u8> {
        (0..=u8::MAX).cycle().take(len).collect()
    }

    /// Messages that end at every position in a block, cut into three parts.
    #[test]
    fn parts_of_every_length() {
        for algorithm in ALL {
            let key = key(algorithm, &bytes(48)).unwrap();
            for len in 0..400 {
                let message = bytes(len);
                let expected = expected(algorithm, &bytes(48), &message);
                for (first, second) in [(0, 0), (len / 3, len / 2), (len.min(64), len.min(128)), (len, len)] {
                    let parts = [&message[..first], &message[first..second], &message[second..]];
                    assert_eq!(key.sign(&parts).unwrap().as_ref(), expected, "{algorithm:?}: {len} bytes");
                }
            }
        }
    }

    /// RFC 2104 §2: if a key is longer than a block, its hash is used.
    #[test]
    fn keys_of_every_length() {
        for algorithm in ALL {
            for len in 0..=130 {
                let mac = key(algorithm, &bytes(len)).unwrap().sign(&[b"message"]).unwrap();
                assert_eq!(mac.as_ref(), expected(algorithm, &bytes(len), b"message"), "{algorithm:?}: {len} bytes");
            }
        }
    }
}
