//! The powers are those of `crypto-bigint`, and the carries those of ordinary integers. Without the instructions there is nothing to
//! compare.
#![allow(clippy::unwrap_used)]

use std::vec::Vec;

use p521::elliptic_curve::bigint::{Odd, Random, U512, U1024, U1536, U2048, U3072, U4096};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;

/// Numbers whose digits are 0 or full, so that carries pass through all of them; and those next to the modulus.
fn edges<const LIMBS: usize>(modulus: &Uint<LIMBS>) -> Vec<Uint<LIMBS>> {
    let [one, max] = [Uint::ONE, Uint::MAX];
    let before = modulus.wrapping_sub(&one);
    [Uint::ZERO, one, max, max.shl_vartime(52), max.shr_vartime(52), before, *modulus].to_vec()
}

fn moduli<const LIMBS: usize>(random: &mut StdRng) -> Vec<FixedMontyParams<LIMBS>> {
    let (one, max) = (Uint::ONE, Uint::<LIMBS>::MAX);
    let top = one.shl_vartime(Uint::<LIMBS>::BITS - 1);
    let drawn = Uint::random_from_rng(random) | top | one;
    // All ones; 0 but for the first and last bit; all ones above the lowest digit, which is 1; and random.
    let moduli = [max, top | one, max.shl_vartime(52) | one, drawn];
    moduli.map(|modulus| FixedMontyParams::new(Odd::new(modulus).unwrap())).to_vec()
}

/// Checks that each power is what `crypto-bigint` computes.
fn check<const LIMBS: usize>(
    moduli: [&FixedMontyParams<LIMBS>; 2],
    bases: [Uint<LIMBS>; 2],
    exponents: [Uint<LIMBS>; 2],
) {
    let Some(both) = Moduli::new(moduli) else { return };
    let powers = both.powers(bases.each_ref(), exponents.each_ref());
    for (lane, power) in powers.iter().enumerate() {
        let expected = FixedMontyForm::new(&bases[lane], moduli[lane]).pow(&exponents[lane]);
        let context = (moduli[lane].modulus(), bases[lane], exponents[lane]);
        assert!(**power <= *moduli[lane].modulus().as_ref(), "{context:?}");
        assert_eq!(FixedMontyForm::new(power, moduli[lane]), expected, "{context:?}");
    }
}

/// Checks random numbers. Some exponents are short.
fn check_random<const LIMBS: usize>(times: u32) {
    let mut random = StdRng::seed_from_u64(1);
    for time in 0..times {
        let moduli = moduli::<LIMBS>(&mut random);
        let (drawn, another) = (moduli.last().unwrap(), moduli.get(time as usize % 4).unwrap());
        let [a, b, c, d] = [(); 4].map(|()| Uint::random_from_rng(&mut random));
        check([drawn, another], [a, b], [c.shr_vartime(time * 47 % Uint::<LIMBS>::BITS), d]);
    }
}

#[test]
fn both_powers_are_right_with_numbers_of_each_size() {
    check_random::<{ U512::LIMBS }>(20);
    check_random::<{ U1024::LIMBS }>(6);
    check_random::<{ U1536::LIMBS }>(2);
    check_random::<{ U2048::LIMBS }>(2);
}

#[test]
fn both_powers_are_right_with_numbers_that_carry_through_all_digits() {
    let mut random = StdRng::seed_from_u64(2);
    for modulus in moduli::<{ U512::LIMBS }>(&mut random) {
        for base in edges(modulus.modulus()) {
            for exponent in edges(modulus.modulus()) {
                check([&modulus, &modulus], [base, exponent], [exponent, base]);
            }
        }
    }
}

fn check_public<const LIMBS: usize>(modulus: &FixedMontyParams<LIMBS>, base: &Uint<LIMBS>, exponent: u64) {
    let Some(alone) = Moduli::new([modulus]) else { return };
    let power = alone.public_power(base, exponent);
    let expected = FixedMontyForm::new(base, modulus).pow(&Uint::<1>::from(exponent));
    let context = (modulus.modulus(), base, exponent);
    assert!(*power <= *modulus.modulus().as_ref(), "{context:?}");
    assert_eq!(FixedMontyForm::new(&power, modulus), expected, "{context:?}");
}

fn check_public_powers<const LIMBS: usize>() {
    let mut random = StdRng::seed_from_u64(4);
    for modulus in moduli::<LIMBS>(&mut random) {
        for base in edges(modulus.modulus()).into_iter().chain([Uint::random_from_rng(&mut random)]) {
            for exponent in [1, 3, 65537] {
                check_public(&modulus, &base, exponent);
            }
        }
    }
}

#[test]
fn public_powers_are_right_with_numbers_of_each_size() {
    check_public_powers::<{ U1024::LIMBS }>();
    check_public_powers::<{ U2048::LIMBS }>();
    check_public_powers::<{ U3072::LIMBS }>();
    check_public_powers::<{ U4096::LIMBS }>();
}

fearless_simd::kernel! {
    fn carry(proof: Avx512, number: &mut Number) {
        store(proof, &carried(load::<MAX_VECTORS>(proof, number)), number);
    }
}

/// Holds every value of a [`Number`].
type Wide = Uint<66>;

#[test]
fn carries_pass_through_full_digits() {
    let Some(proof) = Level::new().as_avx512() else { return };
    let value = |number: &Number| {
        let digits = number.as_flattened().iter().rev();
        digits.fold(Wide::ZERO, |sum, &digit| sum.shl_vartime(52).wrapping_add(&Uint::from(digit)))
    };
    let mut random = StdRng::seed_from_u64(3);
    let mut runs = Vec::new();
    // One carry, from each digit, through all digits above it.
    for start in 0..DIGITS * MAX_VECTORS - 1 {
        let mut number = [[MAX_DIGIT; DIGITS]; MAX_VECTORS];
        number.as_flattened_mut()[start] += 1;
        *number.as_flattened_mut().last_mut().unwrap() = 0;
        runs.push(number);
    }
    // Digits that carry next to full digits, and random digits as large as those of a product.
    for _ in 0..1000 {
        let mut number = [[0; DIGITS]; MAX_VECTORS];
        for digit in number.as_flattened_mut() {
            let drawn = u64::from(rand::Rng::next_u32(&mut random));
            *digit = [0, MAX_DIGIT, MAX_DIGIT, MAX_DIGIT + 1, drawn << 27][drawn as usize % 5];
        }
        *number.as_flattened_mut().last_mut().unwrap() = 0;
        runs.push(number);
    }
    for number in runs {
        let mut carried = number;
        carry(proof, &mut carried);
        assert_eq!(value(&carried), value(&number), "{number:?}");
        assert!(carried.as_flattened().iter().all(|&digit| digit <= MAX_DIGIT), "{number:?}");
    }
}
