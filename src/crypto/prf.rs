//! The pseudorandom function (RFC 5246 §5), with any HMAC.

use crate::error::ProviderError;

/// P_hash (RFC 5246 §5) with the seed `label ‖ seed`: A(0) is the seed, A(i) = HMAC(A(i-1)), and the output is
/// HMAC(A(1) ‖ seed) ‖ HMAC(A(2) ‖ seed) ‖ …, truncated to the length of `out`. `hmac` computes the HMAC of the
/// concatenation of its parts.
pub(super) fn p_hash<M: AsRef<[u8]>>(
    hmac: impl Fn(&[&[u8]]) -> Result<M, ProviderError>,
    label: &[u8],
    seed: &[u8],
    out: &mut [u8],
) -> Result<(), ProviderError> {
    let mut rest = out;
    let mut a = hmac(&[label, seed])?;
    loop {
        let block = hmac(&[a.as_ref(), label, seed])?;
        let (now, later) = rest.split_at_mut(block.as_ref().len().min(rest.len()));
        for (to, from) in now.iter_mut().zip(block.as_ref()) {
            *to = *from;
        }
        if later.is_empty() {
            return Ok(());
        }
        rest = later;
        a = hmac(&[a.as_ref()])?;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use super::*;
    use crate::crypto::{Digest, HmacKey};
    use core::sync::atomic::{AtomicUsize, Ordering};

    /// Counts the MACs that it computes, of 32 bytes each.
    struct Counting(AtomicUsize);

    impl HmacKey for Counting {
        fn sign(&self, _: &[&[u8]]) -> Result<Digest, ProviderError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Digest::new(&[7; 32]))
        }
    }

    /// One A for each block of output, and one MAC for each A.
    #[test]
    fn no_mac_is_made_that_nobody_uses() {
        for (len, macs) in [(12, 2), (32, 2), (33, 4), (64, 4), (65, 6)] {
            let key = Counting(AtomicUsize::new(0));
            let mut out = [0; 65];
            let (out, rest) = out.split_at_mut(len);
            assert_eq!(key.prf(b"label", b"seed", out), Ok(()));
            assert_eq!((key.0.into_inner(), &*out, &*rest), (macs, &[7; 65][..len], &[0; 65][len..]), "{len} bytes");
        }
    }
}
