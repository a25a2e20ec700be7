//! Modular powers for RSA, with the AVX-512 instructions that multiply integers of 52 bits (IFMA): two at once, modulo the primes of a
//! key; and one to a public exponent, modulo the product of the primes. `rsa_crt.rs` uses this module if the processor has them;
//! `without_rsa_ifma.rs` replaces it where it is not compiled.
//!
//! A number is a sequence of digits of 52 bits, eight in a vector. A product is Montgomery's: for each digit of one factor, the other
//! factor is multiplied by it, a multiple of the modulus makes the lowest digit 0, and everything moves down by a digit. One
//! multiplication waits for its own previous step most of the time, so those modulo both primes are interleaved.
//!
//! No branch and no address depends on a base, a secret exponent or a secret modulus:
//!
//! - The numbers of digits and windows follow from the size of the numbers, which is public and the same for both. Loops depend on these
//!   alone.
//! - A window of the exponent is looked up by reading the whole table. A mask register, the result of a comparison of vectors, selects
//!   the entry.
//! - A digit that is too large carries into the next, and the carry may pass through full digits. All carries come from one addition
//!   of two integers, in which each digit has a bit, and are moved to mask registers.
//! - There is no final subtraction: the digits have more bits than the modulus, so a product of numbers below twice the modulus is again
//!   below twice the modulus. The caller reduces the results.
//!
//! All of this is done by instructions on vectors, mask registers and general registers, whose time does not depend on their operands.

use core::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_alignr_epi64, _mm512_and_si512, _mm512_broadcastq_epi64, _mm512_castsi512_si128,
    _mm512_cmpeq_epi64_mask, _mm512_cmpgt_epu64_mask, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_mask_mov_epi64, _mm512_mask_sub_epi64, _mm512_maskz_srli_epi64, _mm512_set1_epi64, _mm512_setzero_si512,
    _mm512_srli_epi64,
};
use core::hint::black_box;

use fearless_simd::prelude::*;
use fearless_simd::{Avx512, Level, u64x8};
use p521::elliptic_curve::bigint::Uint;
use p521::elliptic_curve::bigint::modular::{FixedMontyForm, FixedMontyParams};
use zeroize::Zeroizing;

/// The size of a digit: the instructions multiply integers of this many bits.
const DIGIT_BITS: usize = 52;
const MAX_DIGIT: u64 = (1 << DIGIT_BITS) - 1;
/// The number of digits in a vector.
const DIGITS: usize = 8;
/// The number of vectors for a number of 4,096 bits.
const MAX_VECTORS: usize = 10;
/// The number of bits of an exponent that are looked up at once.
const WINDOW_BITS: usize = 5;

/// A number, the lowest digit first. Unused digits are 0.
type Number = [[u64; DIGITS]; MAX_VECTORS];

const ONE: Number = {
    let mut one = [[0; DIGITS]; MAX_VECTORS];
    one[0][0] = 1;
    one
};

/// `COUNT` odd numbers of `LIMBS` limbs, modulo which powers are computed side by side.
pub(super) struct Moduli<const LIMBS: usize, const COUNT: usize> {
    proof: Avx512,
    moduli: [Modulus; COUNT],
}

struct Modulus {
    number: Zeroizing<Number>,
    /// The inverse of the lowest digit, negated, modulo 2^52.
    inverse: Zeroizing<u64>,
    /// The square of 2^52 to the number of digits, reduced. The product of a number and this is the number in Montgomery form.
    square: Zeroizing<Number>,
}

impl<const LIMBS: usize, const COUNT: usize> Moduli<LIMBS, COUNT> {
    /// Returns `None` if the processor does not have the instructions, or if the numbers are too large.
    pub(super) fn new(moduli: [&FixedMontyParams<LIMBS>; COUNT]) -> Option<Self> {
        let fits = digits(LIMBS) <= DIGITS * MAX_VECTORS;
        let proof = Level::new().as_avx512().filter(|_| fits)?;
        Some(Self { proof, moduli: moduli.map(Modulus::new) })
    }
}

impl<const LIMBS: usize> Moduli<LIMBS, 2> {
    /// Returns each base raised to its exponent, modulo its modulus. A result may be the modulus itself, which stands for 0. The bases
    /// need not be reduced.
    pub(super) fn powers(&self, bases: [&Uint<LIMBS>; 2], exponents: [&Uint<LIMBS>; 2]) -> [Zeroizing<Uint<LIMBS>>; 2] {
        let mut numbers = Zeroizing::new(bases.map(|base| *to_digits(base.as_words())));
        let exponents = exponents.map(|exponent| exponent.as_words().as_slice());
        powers(self.proof, &self.moduli, &mut numbers, exponents);
        numbers.each_ref().map(from_digits)
    }
}

impl<const LIMBS: usize> Moduli<LIMBS, 1> {
    /// Returns `base` raised to `exponent`, which is public and not 0, modulo the modulus. The result may be the modulus itself, which
    /// stands for 0.
    pub(super) fn public_power(&self, base: &Uint<LIMBS>, exponent: u64) -> Zeroizing<Uint<LIMBS>> {
        let mut numbers = Zeroizing::new([*to_digits(base.as_words())]);
        public_power(self.proof, &self.moduli, &mut numbers, LIMBS, exponent);
        let [number] = &*numbers;
        from_digits(number)
    }
}

impl Modulus {
    fn new<const LIMBS: usize>(modulus: &FixedMontyParams<LIMBS>) -> Self {
        // `r2` is the square of 2^64 to the number of limbs, reduced.
        let mut square = Zeroizing::new(FixedMontyForm::from_montgomery(*modulus.r2(), modulus));
        for _ in u64_bits(LIMBS)..digits(LIMBS) * DIGIT_BITS {
            *square = square.double().double();
        }
        Self {
            number: to_digits(modulus.modulus().as_words()),
            inverse: Zeroizing::new(modulus.mod_neg_inv().0 & MAX_DIGIT),
            square: to_digits(square.as_montgomery().as_words()),
        }
    }
}

const fn u64_bits(limbs: usize) -> usize {
    limbs * 64
}

/// Returns the number of digits for a number of this many limbs. The digits have at least two bits more, so no final subtraction is
/// needed.
const fn digits(limbs: usize) -> usize {
    (u64_bits(limbs) + 2).div_ceil(DIGIT_BITS)
}

/// Returns 64 bits from `position` on.
fn bits(limbs: &[u64], position: usize) -> u64 {
    let limb = |index| limbs.get(index).copied().unwrap_or_default();
    let (index, offset) = (position / 64, position % 64);
    limb(index) >> offset | limb(index + 1) << 1 << (63 - offset)
}

fn to_digits(limbs: &[u64]) -> Zeroizing<Number> {
    let mut number = Zeroizing::new(Number::default());
    for (digit, position) in number.as_flattened_mut().iter_mut().zip((0..).step_by(DIGIT_BITS)) {
        *digit = bits(limbs, position) & MAX_DIGIT;
    }
    number
}

fn from_digits<const LIMBS: usize>(number: &Number) -> Zeroizing<Uint<LIMBS>> {
    let digit = |index| number.as_flattened().get(index).copied().unwrap_or_default();
    let mut limbs = Zeroizing::new([0; LIMBS]);
    for (limb, position) in limbs.iter_mut().zip((0..).step_by(64)) {
        let (index, offset) = (position / DIGIT_BITS, position % DIGIT_BITS);
        // A limb is part of two digits or of three.
        *limb = digit(index) >> offset | digit(index + 1) << (DIGIT_BITS - offset);
        if 2 * DIGIT_BITS - offset < 64 {
            *limb |= digit(index + 2) << (2 * DIGIT_BITS - offset);
        }
    }
    Zeroizing::new(Uint::from_words(*limbs))
}

fearless_simd::kernel! {
    /// Raises each number to its exponent. Both exponents must have the same number of limbs.
    fn powers(proof: Avx512, moduli: &[Modulus; 2], numbers: &mut [Number; 2], exponents: [&[u64]; 2]) {
        let [exponent, _] = exponents;
        match vectors(exponent.len()) {
            ..=3 => powers_of::<3>(proof, moduli, numbers, exponents),
            4 => powers_of::<4>(proof, moduli, numbers, exponents),
            5 => powers_of::<5>(proof, moduli, numbers, exponents),
            _ => powers_of::<MAX_VECTORS>(proof, moduli, numbers, exponents),
        }
    }
}

fearless_simd::kernel! {
    /// Raises a number of `limbs` limbs to a public exponent, which is not 0.
    fn public_power(proof: Avx512, moduli: &[Modulus; 1], numbers: &mut [Number; 1], limbs: usize, exponent: u64) {
        match vectors(limbs) {
            ..=5 => public_power_of::<5>(proof, moduli, numbers, limbs, exponent),
            6..=8 => public_power_of::<8>(proof, moduli, numbers, limbs, exponent),
            _ => public_power_of::<MAX_VECTORS>(proof, moduli, numbers, limbs, exponent),
        }
    }
}

const fn vectors(limbs: usize) -> usize {
    digits(limbs).div_ceil(DIGITS)
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn powers_of<const V: usize>(proof: Avx512, moduli: &[Modulus; 2], numbers: &mut [Number; 2], exponents: [&[u64]; 2]) {
    let [exponent, _] = exponents;
    let multiplier = Multiplier::<V, 2>::new(proof, moduli, exponent.len());
    multiplier.enter(numbers);
    let base = Zeroizing::new(*numbers);
    *numbers = [ONE; 2];
    multiplier.enter(numbers);
    let one = Zeroizing::new(*numbers);

    // The powers of the bases, up to the largest value of a window.
    let mut table = Zeroizing::new([[[_mm512_setzero_si512(); V]; 2]; 1 << WINDOW_BITS]);
    for entry in table.iter_mut() {
        *entry = multiplier.load(numbers);
        multiplier.multiply(numbers, &base);
    }

    *numbers = *one;
    let mut chosen = Zeroizing::new([Number::default(); 2]);
    for position in (0..u64_bits(exponent.len())).step_by(WINDOW_BITS).rev() {
        for _ in 0..WINDOW_BITS {
            multiplier.square(numbers);
        }
        choose(proof, table.as_slice(), exponents, position, &mut chosen);
        multiplier.multiply(numbers, &chosen);
    }
    multiplier.multiply(numbers, &[ONE; 2]);
}

/// `rsa_crt.rs` has the same for where there are no vectors.
#[target_feature(enable = "avx512f,avx512ifma")]
fn public_power_of<const V: usize>(
    proof: Avx512,
    moduli: &[Modulus; 1],
    numbers: &mut [Number; 1],
    limbs: usize,
    exponent: u64,
) {
    let multiplier = Multiplier::<V, 1>::new(proof, moduli, limbs);
    multiplier.enter(numbers);
    let base = Zeroizing::new(*numbers);
    for bit in (0..exponent.checked_ilog2().unwrap_or_default()).rev() {
        multiplier.square(numbers);
        if exponent >> bit & 1 == 1 {
            multiplier.multiply(numbers, &base);
        }
    }
    multiplier.multiply(numbers, &[ONE]);
}

/// Copies the entries of the table for the windows of the exponents at `position`.
#[inline]
#[target_feature(enable = "avx512f")]
fn choose<const V: usize>(
    proof: Avx512,
    table: &[[[__m512i; V]; 2]],
    exponents: [&[u64]; 2],
    position: usize,
    numbers: &mut [Number; 2],
) {
    for (which, (number, exponent)) in numbers.iter_mut().zip(exponents).enumerate() {
        let window = bits(exponent, position) & ((1 << WINDOW_BITS) - 1);
        // If the compiler knew that all eight are equal, it could compare only one of them, and branch on the result.
        let windows = load_one(proof, black_box(&[window; DIGITS]));
        let mut chosen = [_mm512_setzero_si512(); V];
        for (index, entry) in (0..).zip(table) {
            let wanted = _mm512_cmpeq_epi64_mask(windows, broadcast(index));
            for (chosen, vector) in chosen.iter_mut().zip(entry.get(which).into_iter().flatten()) {
                *chosen = _mm512_mask_mov_epi64(*chosen, wanted, *vector);
            }
        }
        store(proof, &chosen, number);
    }
}

/// Multiplies numbers in Montgomery form modulo each modulus, side by side.
struct Multiplier<'a, const V: usize, const COUNT: usize> {
    proof: Avx512,
    moduli: &'a [Modulus; COUNT],
    digits: usize,
    numbers: Zeroizing<[[__m512i; V]; COUNT]>,
    inverses: Zeroizing<[__m512i; COUNT]>,
}

impl<'a, const V: usize, const COUNT: usize> Multiplier<'a, V, COUNT> {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new(proof: Avx512, moduli: &'a [Modulus; COUNT], limbs: usize) -> Self {
        let zero = _mm512_setzero_si512();
        let mut numbers = Zeroizing::new([[zero; V]; COUNT]);
        let mut inverses = Zeroizing::new([zero; COUNT]);
        for ((number, inverse), modulus) in numbers.iter_mut().zip(inverses.iter_mut()).zip(moduli) {
            *number = load(proof, &modulus.number);
            *inverse = broadcast(*modulus.inverse);
        }
        Self { proof, moduli, digits: digits(limbs), numbers, inverses }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load(&self, numbers: &[Number; COUNT]) -> [[__m512i; V]; COUNT] {
        let mut vectors = [[_mm512_setzero_si512(); V]; COUNT];
        for (vectors, number) in vectors.iter_mut().zip(numbers) {
            *vectors = load(self.proof, number);
        }
        vectors
    }

    /// Converts numbers to Montgomery form.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn enter(&self, numbers: &mut [Number; COUNT]) {
        let mut squares = Zeroizing::new([Number::default(); COUNT]);
        for (square, modulus) in squares.iter_mut().zip(self.moduli) {
            *square = *modulus.square;
        }
        self.multiply(numbers, &squares);
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn square(&self, numbers: &mut [Number; COUNT]) {
        let products = self.products(numbers, numbers);
        self.carry(products, numbers);
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn multiply(&self, numbers: &mut [Number; COUNT], factors: &[Number; COUNT]) {
        let products = self.products(numbers, factors);
        self.carry(products, numbers);
    }

    /// Returns the Montgomery products, each below twice the modulus if both factors are, with digits of up to 64 bits.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn products(&self, numbers: &[Number; COUNT], factors: &[Number; COUNT]) -> [[__m512i; V]; COUNT] {
        let zero = _mm512_setzero_si512();
        let numbers = self.load(numbers);
        let mut sums = [[zero; V]; COUNT];
        let mut digits = [zero; COUNT];
        for (((sum, number), digit), factor) in sums.iter_mut().zip(&numbers).zip(&mut digits).zip(factors) {
            *digit = broadcast(digit_of(factor, 0));
            for (sum, number) in sum.iter_mut().zip(number) {
                *sum = _mm512_madd52lo_epu64(zero, *number, *digit);
            }
        }
        for index in 1..=self.digits {
            // What all moduli wait for comes first, so that the processor computes it side by side.
            let mut next = [zero; COUNT];
            for (next, factor) in next.iter_mut().zip(factors) {
                *next = broadcast(digit_of(factor, index));
            }
            let mut multiples = [zero; COUNT];
            for ((multiple, sum), inverse) in multiples.iter_mut().zip(&sums).zip(&*self.inverses) {
                let lowest = sum.first().copied().unwrap_or(zero);
                let product = _mm512_madd52lo_epu64(zero, lowest, *inverse);
                *multiple = _mm512_broadcastq_epi64(_mm512_castsi512_si128(product));
            }
            let moduli = self.numbers.iter().zip(multiples);
            let factors = numbers.iter().zip(digits.into_iter().zip(next));
            for ((sum, modulus), factor) in sums.iter_mut().zip(moduli).zip(factors) {
                *sum = step(sum, modulus, factor);
            }
            digits = next;
        }
        sums
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn carry(&self, products: [[__m512i; V]; COUNT], numbers: &mut [Number; COUNT]) {
        for (product, number) in products.into_iter().zip(numbers) {
            store(self.proof, &carried(product), number);
        }
    }
}

#[inline]
fn digit_of(number: &Number, index: usize) -> u64 {
    number.as_flattened().get(index).copied().unwrap_or_default()
}

/// Returns `sum`, to which the multiple of `modulus` is added that makes its lowest digit 0, moved down by a digit; and what `number` times
/// the digits contributes from there on: the high halves of the products with this digit, and the low halves of those with the next.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn step<const V: usize>(
    sum: &[__m512i; V],
    (modulus, multiple): (&[__m512i; V], __m512i),
    (number, (digit, next)): (&[__m512i; V], (__m512i, __m512i)),
) -> [__m512i; V] {
    let zero = _mm512_setzero_si512();
    let mut low = *sum;
    for (low, modulus) in low.iter_mut().zip(modulus) {
        *low = _mm512_madd52lo_epu64(*low, *modulus, multiple);
    }
    let mut sum = [zero; V];
    for (index, ((sum, digits), (modulus, number))) in
        sum.iter_mut().zip(&low).zip(modulus.iter().zip(number)).enumerate()
    {
        let above = low.get(index + 1).copied().unwrap_or(zero);
        let moved = _mm512_alignr_epi64(above, *digits, 1);
        // The next step waits for the lowest vector, so its products are added up beside the rest.
        let start = if index == 0 { zero } else { moved };
        let products = _mm512_madd52hi_epu64(start, *number, digit);
        let products = _mm512_madd52lo_epu64(products, *number, next);
        *sum = _mm512_madd52hi_epu64(products, *modulus, multiple);
        if index == 0 {
            // Of the digit that is dropped, only the carry remains.
            let carry = _mm512_maskz_srli_epi64(1, *digits, 52);
            *sum = _mm512_add_epi64(_mm512_add_epi64(*sum, moved), carry);
        }
    }
    sum
}

/// Returns the same number with digits of 52 bits.
#[inline]
#[target_feature(enable = "avx512f")]
fn carried<const V: usize>(mut number: [__m512i; V]) -> [__m512i; V] {
    let max = broadcast(MAX_DIGIT);
    // A bit for each digit: whether it is still too large, and whether one more would make it so.
    let (mut large, mut full) = (0_u128, 0_u128);
    let mut below = _mm512_setzero_si512();
    for (vector, position) in number.iter_mut().zip((0..).step_by(DIGITS)) {
        let high = _mm512_srli_epi64(*vector, 52);
        *vector = _mm512_add_epi64(_mm512_and_si512(*vector, max), _mm512_alignr_epi64(high, below, 7));
        below = high;
        large |= u128::from(_mm512_cmpgt_epu64_mask(*vector, max)) << position;
        full |= u128::from(_mm512_cmpeq_epi64_mask(*vector, max)) << position;
    }
    let carries = (large << 1).wrapping_add(full) ^ full;
    for (vector, position) in number.iter_mut().zip((0..).step_by(DIGITS)) {
        let [carries, ..] = (carries >> position).to_le_bytes();
        let more = _mm512_mask_sub_epi64(*vector, carries, *vector, broadcast(u64::MAX));
        *vector = _mm512_and_si512(more, max);
    }
    number
}

#[inline]
#[target_feature(enable = "avx512f")]
fn broadcast(value: u64) -> __m512i {
    _mm512_set1_epi64(value.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load<const V: usize>(proof: Avx512, number: &Number) -> [__m512i; V] {
    let mut vectors = [_mm512_setzero_si512(); V];
    for (vector, digits) in vectors.iter_mut().zip(number) {
        *vector = load_one(proof, digits);
    }
    vectors
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_one(proof: Avx512, digits: &[u64; DIGITS]) -> __m512i {
    let digits: u64x8<Avx512> = (*digits).simd_into(proof);
    digits.into()
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store<const V: usize>(proof: Avx512, vectors: &[__m512i; V], number: &mut Number) {
    for (vector, digits) in vectors.iter().zip(number) {
        let vector: u64x8<Avx512> = (*vector).simd_into(proof);
        *digits = vector.into();
    }
}

#[cfg(test)]
mod tests;
