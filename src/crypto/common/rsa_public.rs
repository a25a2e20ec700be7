//! The RSA public operation (RFC 8017 §5.1.1) on integers of a fixed size, which lie on the stack. Those of the `rsa` crate would leave an
//! encrypted message in freed memory, multiplied by a number that follows from the public key.

use alloc::vec::Vec;
use p521::elliptic_curve::bigint::modular::{FixedMontyForm, FixedMontyParams};
use p521::elliptic_curve::bigint::{Odd, U1024, U2048, U3072, U4096, U8192, Uint};
use rsa::traits::PublicKeyParts;
use zeroize::Zeroizing;

use crate::crypto::bit_length;

/// Raises `message`, as a number, to the public exponent. It must have as many bytes as the modulus, and be below it. Returns as many
/// bytes; `None` if the modulus is even or has more than 8192 bits, or the exponent more than 64.
pub(super) fn encrypt(key: &impl PublicKeyParts, message: &[u8]) -> Option<Vec<u8>> {
    let (modulus, exponent) = (key.n_bytes(), exponent(&key.e_bytes())?);
    let encrypt = match bit_length(&modulus) {
        bits if bits <= U1024::BITS => encrypt_with::<{ U1024::LIMBS }>,
        bits if bits <= U2048::BITS => encrypt_with::<{ U2048::LIMBS }>,
        bits if bits <= U3072::BITS => encrypt_with::<{ U3072::LIMBS }>,
        bits if bits <= U4096::BITS => encrypt_with::<{ U4096::LIMBS }>,
        bits if bits <= U8192::BITS => encrypt_with::<{ U8192::LIMBS }>,
        _ => return None,
    };
    encrypt(message, &modulus, exponent)
}

fn encrypt_with<const LIMBS: usize>(message: &[u8], modulus: &[u8], exponent: u64) -> Option<Vec<u8>> {
    let number = |bytes| Uint::<LIMBS>::from_be_slice_truncated(bytes, Uint::<LIMBS>::BITS);
    let params = FixedMontyParams::new_vartime(Odd::new(number(modulus)).into_option()?);
    let base = Zeroizing::new(FixedMontyForm::new(&Zeroizing::new(number(message)), &params));
    let bytes = power(&base, exponent).retrieve().to_be_bytes();
    // Without the leading zeros, which are there if the modulus has fewer limbs.
    let bytes: &[u8] = bytes.as_ref();
    bytes.len().checked_sub(modulus.len()).and_then(|start| bytes.get(start..)).map(<[u8]>::to_vec)
}

/// `base`^`exponent`, in a time that depends on the exponent alone, which is public and not 0. Usually it is 2^16 + 1, for which this
/// needs 17 multiplications, and half as long as what computes a table first.
pub(super) fn power<const LIMBS: usize>(base: &FixedMontyForm<LIMBS>, exponent: u64) -> FixedMontyForm<LIMBS> {
    let mut power = *base;
    for bit in (0..exponent.checked_ilog2().unwrap_or_default()).rev() {
        power = power.square();
        if exponent >> bit & 1 == 1 {
            power *= base;
        }
    }
    power
}

/// A public exponent in big-endian bytes, if it has at most 64 bits.
pub(super) fn exponent(bytes: &[u8]) -> Option<u64> {
    bytes.iter().try_fold(0, |exponent: u64, &byte| Some(exponent.checked_mul(1 << 8)? | u64::from(byte)))
}
