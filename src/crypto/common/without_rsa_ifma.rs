//! In place of `rsa_ifma.rs`, without the feature `simd` or on processors other than x86-64: no vector instructions are used.

use p521::elliptic_curve::bigint::Uint;
use p521::elliptic_curve::bigint::modular::FixedMontyParams;
use zeroize::Zeroizing;

/// No value.
pub(super) enum Moduli<const LIMBS: usize, const COUNT: usize> {}

impl<const LIMBS: usize, const COUNT: usize> Moduli<LIMBS, COUNT> {
    pub(super) fn new(_: [&FixedMontyParams<LIMBS>; COUNT]) -> Option<Self> {
        None
    }

    pub(super) fn powers(&self, _: [&Uint<LIMBS>; 2], _: [&Uint<LIMBS>; 2]) -> [Zeroizing<Uint<LIMBS>>; 2] {
        match *self {}
    }

    pub(super) fn public_power(&self, _: &Uint<LIMBS>, _: u64) -> Zeroizing<Uint<LIMBS>> {
        match *self {}
    }
}
