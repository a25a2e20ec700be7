//! The messages that are signed with RSA, encoded as a number (RFC 8017 §9): EMSA-PKCS1-v1_5 and EMSA-PSS.

use alloc::vec;
use alloc::vec::Vec;

use super::hash::hash;
use super::primitives::SIGNING;
use crate::crypto::{HashAlgorithm, SecureRandom};
use crate::error::ProviderError;

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2) for a modulus of `bits` bits: 00 01, bytes FF, 00, `prefix` and `hashed`. The prefix is what comes
/// before the hash in a DigestInfo.
pub(super) fn pkcs1(prefix: &[u8], hashed: &[u8], bits: u32) -> Result<Vec<u8>, ProviderError> {
    /// 00 01, at least 8 bytes FF, 00.
    const OVERHEAD: usize = 11;
    let len = byte_len(bits);
    let info_len = prefix.len() + hashed.len();
    if len < info_len + OVERHEAD {
        return Err(SIGNING);
    }
    let mut encoded = Vec::with_capacity(len);
    encoded.extend_from_slice(&[0, 1]);
    encoded.resize(len - info_len - 1, 0xff);
    encoded.push(0);
    encoded.extend_from_slice(prefix);
    encoded.extend_from_slice(hashed);
    Ok(encoded)
}

/// EMSA-PSS (RFC 8017 §9.1.1) for a modulus of `bits` bits, as long as the modulus. Mask and salt are as TLS has them (RFC 8446 §4.2.3):
/// the mask is made with the same hash, and the salt is as long as the hash.
pub(super) fn pss(
    algorithm: HashAlgorithm,
    message: &[u8],
    bits: u32,
    random: &dyn SecureRandom,
) -> Result<Vec<u8>, ProviderError> {
    let hashed = hash(algorithm, message);
    let hashed = hashed.as_ref();
    let mut salt = vec![0; hashed.len()];
    random.fill(&mut salt)?;
    let h = hash(algorithm, &[&[0; 8], hashed, &salt].concat());
    let h = h.as_ref();

    // One bit less than the modulus, so that the number is below it: with 8n + 1 bits, a byte less.
    let modulus_len = byte_len(bits);
    let bits = bits.saturating_sub(1);
    let len = byte_len(bits);
    // Of what is masked: zeros, 01 and the salt.
    let masked_len = len.saturating_sub(h.len() + 1);
    let zeros = masked_len.checked_sub(salt.len() + 1).ok_or(SIGNING)?;
    let mut masked = vec![0; zeros];
    masked.push(1);
    masked.extend_from_slice(&salt);
    // MGF1 (RFC 8017 §B.2.1).
    for (counter, block) in (0_u32..).zip(masked.chunks_mut(h.len())) {
        let mask = hash(algorithm, &[h, &counter.to_be_bytes()].concat());
        for (byte, mask) in block.iter_mut().zip(mask.as_ref()) {
            *byte ^= mask;
        }
    }
    if let Some(first) = masked.first_mut() {
        *first &= 0xff >> ((8 - bits % 8) % 8);
    }
    let mut encoded = vec![0; modulus_len - len];
    encoded.extend_from_slice(&masked);
    encoded.extend_from_slice(h);
    encoded.push(0xbc);
    Ok(encoded)
}

fn byte_len(bits: u32) -> usize {
    usize::try_from(bits.div_ceil(8)).unwrap_or_default()
}
