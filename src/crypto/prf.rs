//! The pseudorandom function (RFC 5246 §5), on any HMAC.

use super::HmacKey;

/// P_hash (RFC 5246 §5) with the seed `label ‖ seed`: A(0) is the seed, A(i) = HMAC(A(i-1)), and the output is
/// HMAC(A(1) ‖ seed) ‖ HMAC(A(2) ‖ seed) ‖ …, as much as `out` holds.
pub(super) fn p_hash(key: &dyn HmacKey, label: &[u8], seed: &[u8], out: &mut [u8]) {
    let mut a = key.sign(&[label, seed]);
    let mut rest = out;
    while !rest.is_empty() {
        let block = key.sign(&[a.as_ref(), label, seed]);
        let (now, later) = rest.split_at_mut(block.as_ref().len().min(rest.len()));
        for (to, from) in now.iter_mut().zip(block.as_ref()) {
            *to = *from;
        }
        rest = later;
        a = key.sign(&[a.as_ref()]);
    }
}
