//! Two modular powers at once, for RSA by the Chinese remainder theorem, with the AVX-512 instructions that multiply integers of 52 bits
//! (IFMA). `rsa_crt.rs` uses this module if the processor has them; `without_rsa_ifma.rs` replaces it where it is not compiled.
//!
//! A number is a sequence of digits of 52 bits, eight in a vector. A product is Montgomery's: for each digit of one factor, the other
//! factor is multiplied by it, a multiple of the modulus makes the lowest digit 0, and everything moves down by a digit. One
//! multiplication waits for its own previous step most of the time, so those modulo both primes are interleaved.
//!
//! No branch and no address depends on a base, an exponent or a modulus:
//!
//! - The numbers of digits and windows follow from the size of the numbers, which is public and the same for both. Loops depend on these
//!   alone.
//! - A window of the exponent is looked up by reading the whole table. A mask register, the result of a comparison of vectors, selects
//!   the entry.
//! - A digit that is too large carries into the next, and the carry may pass through full digits. All carries come from one addition
//!   of two general registers, in which each digit has a bit, and are moved to mask registers.
//! - There is no final subtraction: the digits have more bits than the modulus, so a product of numbers below twice the modulus is again
//!   below twice the modulus. `crypto-bigint` reduces the results.
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
/// The number of vectors for a number of 2,048 bits.
const MAX_VECTORS: usize = 5;
/// The number of bits of an exponent that are looked up at once.
const WINDOW_BITS: usize = 5;

/// A number, the lowest digit first. Unused digits are 0.
type Number = [[u64; DIGITS]; MAX_VECTORS];

const ONE: Number = {
    let mut one = [[0; DIGITS]; MAX_VECTORS];
    one[0][0] = 1;
    one
};

/// The primes of a key, or any two odd numbers of `LIMBS` limbs.
pub(super) struct Primes<const LIMBS: usize> {
    proof: Avx512,
    moduli: [Modulus; 2],
}

struct Modulus {
    number: Zeroizing<Number>,
    /// The inverse of the lowest digit, negated, modulo 2^52.
    inverse: Zeroizing<u64>,
    /// The square of 2^52 to the number of digits, reduced. The product of a number and this is the number in Montgomery form.
    square: Zeroizing<Number>,
}

impl<const LIMBS: usize> Primes<LIMBS> {
    /// Returns `None` if the processor does not have the instructions, or if the numbers are too large.
    pub(super) fn new(moduli: [&FixedMontyParams<LIMBS>; 2]) -> Option<Self> {
        let fits = digits(LIMBS) <= DIGITS * MAX_VECTORS;
        let proof = Level::new().as_avx512().filter(|_| fits)?;
        Some(Self { proof, moduli: moduli.map(Modulus::new) })
    }

    /// Returns each base raised to its exponent, modulo its modulus. A result may be the modulus itself, which stands for 0. The bases
    /// need not be reduced.
    pub(super) fn powers(&self, bases: [&Uint<LIMBS>; 2], exponents: [&Uint<LIMBS>; 2]) -> [Zeroizing<Uint<LIMBS>>; 2] {
        let bases = bases.map(|base| to_digits(base.as_words()));
        let exponents = exponents.map(|exponent| exponent.as_words().as_slice());
        let mut results = Zeroizing::new([Number::default(); 2]);
        powers(self.proof, &self.moduli, &bases, exponents, &mut results);
        results.each_ref().map(|result| Zeroizing::new(from_digits(result)))
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

fn from_digits<const LIMBS: usize>(number: &Number) -> Uint<LIMBS> {
    number.as_flattened().iter().rev().fold(Uint::ZERO, |sum, &digit| sum.shl_vartime(52) | Uint::from(digit))
}

fearless_simd::kernel! {
    /// Both exponents must have the same number of limbs.
    fn powers(
        proof: Avx512,
        moduli: &[Modulus; 2],
        bases: &[Zeroizing<Number>; 2],
        exponents: [&[u64]; 2],
        results: &mut [Number; 2],
    ) {
        let [exponent, _] = exponents;
        match digits(exponent.len()).div_ceil(DIGITS) {
            ..=3 => powers_of::<3>(proof, moduli, bases, exponents, results),
            4 => powers_of::<4>(proof, moduli, bases, exponents, results),
            _ => powers_of::<MAX_VECTORS>(proof, moduli, bases, exponents, results),
        }
    }
}

/// One number modulo each modulus.
type Vectors<const V: usize> = [[__m512i; V]; 2];

#[target_feature(enable = "avx512f,avx512ifma")]
fn powers_of<const V: usize>(
    proof: Avx512,
    [p, q]: &[Modulus; 2],
    [base_p, base_q]: &[Zeroizing<Number>; 2],
    exponents: [&[u64]; 2],
    results: &mut [Number; 2],
) {
    let zero = [[_mm512_setzero_si512(); V]; 2];
    let limbs = exponents[0].len();
    let lanes = Lanes {
        digits: digits(limbs),
        numbers: Zeroizing::new([load(proof, &p.number), load(proof, &q.number)]),
        inverses: Zeroizing::new([broadcast(*p.inverse), broadcast(*q.inverse)]),
    };
    // The factor whose digits are taken one by one.
    let mut factor = Zeroizing::new([**base_p, **base_q]);

    // The powers of the bases, up to the largest value of a window, in Montgomery form.
    let mut table = Zeroizing::new([zero; 1 << WINDOW_BITS]);
    let squares = Zeroizing::new([load(proof, &p.square), load(proof, &q.square)]);
    let mut power = Zeroizing::new(lanes.product(&squares, &factor));
    store(proof, &power, &mut factor);
    *power = lanes.product(&squares, &[ONE; 2]);
    let one = Zeroizing::new(*power);
    for entry in table.iter_mut() {
        *entry = *power;
        *power = lanes.product(&power, &factor);
    }

    *power = *one;
    for position in (0..u64_bits(limbs)).step_by(WINDOW_BITS).rev() {
        for _ in 0..WINDOW_BITS {
            store(proof, &power, &mut factor);
            *power = lanes.product(&power, &factor);
        }
        let chosen = Zeroizing::new(choose(proof, table.as_slice(), exponents, position));
        store(proof, &chosen, &mut factor);
        *power = lanes.product(&power, &factor);
    }
    *power = lanes.product(&power, &[ONE; 2]);
    store(proof, &power, results);
}

/// Returns the entries of the table for the windows of the exponents at `position`.
#[inline]
#[target_feature(enable = "avx512f")]
fn choose<const V: usize>(proof: Avx512, table: &[Vectors<V>], exponents: [&[u64]; 2], position: usize) -> Vectors<V> {
    let mut chosen = [[_mm512_setzero_si512(); V]; 2];
    for (lane, (chosen, exponent)) in chosen.iter_mut().zip(exponents).enumerate() {
        let window = bits(exponent, position) & ((1 << WINDOW_BITS) - 1);
        // If the compiler knew that all eight are equal, it could compare only one of them, and branch on the result.
        let windows = load_one(proof, black_box(&[window; DIGITS]));
        for (index, entry) in (0..).zip(table) {
            let wanted = _mm512_cmpeq_epi64_mask(windows, broadcast(index));
            for (chosen, vector) in chosen.iter_mut().zip(entry.get(lane).into_iter().flatten()) {
                *chosen = _mm512_mask_mov_epi64(*chosen, wanted, *vector);
            }
        }
    }
    chosen
}

struct Lanes<const V: usize> {
    digits: usize,
    numbers: Zeroizing<Vectors<V>>,
    inverses: Zeroizing<[__m512i; 2]>,
}

impl<const V: usize> Lanes<V> {
    /// Returns the Montgomery product of `a` and `b`, which is below twice the modulus if they are.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn product(&self, [a_p, a_q]: &Vectors<V>, [b_p, b_q]: &[Number; 2]) -> Vectors<V> {
        let ([p, q], [inverse_p, inverse_q]) = (&*self.numbers, *self.inverses);
        let (b_p, b_q) = (b_p.as_flattened(), b_q.as_flattened());
        let digit = |b: &[u64], index| broadcast(b.get(index).copied().unwrap_or_default());
        let (mut digit_p, mut digit_q) = (digit(b_p, 0), digit(b_q, 0));
        let (mut sum_p, mut sum_q) = (low_products(a_p, digit_p), low_products(a_q, digit_q));
        for index in 1..=self.digits {
            let (next_p, next_q) = (digit(b_p, index), digit(b_q, index));
            sum_p = step(&sum_p, p, inverse_p, a_p, [digit_p, next_p]);
            sum_q = step(&sum_q, q, inverse_q, a_q, [digit_q, next_q]);
            (digit_p, digit_q) = (next_p, next_q);
        }
        [carried(sum_p), carried(sum_q)]
    }
}

/// Returns the low halves of the products of each digit of `a` with `digit`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn low_products<const V: usize>(a: &[__m512i; V], digit: __m512i) -> [__m512i; V] {
    let mut products = [_mm512_setzero_si512(); V];
    for (product, a) in products.iter_mut().zip(a) {
        *product = _mm512_madd52lo_epu64(*product, *a, digit);
    }
    products
}

/// Adds the multiple of `modulus` that makes the lowest digit of `sum` 0, moves it down by a digit, and adds what `a` times the digits
/// contributes from there on: the high halves of the products with this digit, and the low halves of those with the next.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn step<const V: usize>(
    sum: &[__m512i; V],
    modulus: &[__m512i; V],
    inverse: __m512i,
    a: &[__m512i; V],
    [digit, next]: [__m512i; 2],
) -> [__m512i; V] {
    let zero = _mm512_setzero_si512();
    let lowest = sum.first().copied().unwrap_or(zero);
    let multiple = _mm512_madd52lo_epu64(zero, lowest, inverse);
    let multiple = _mm512_broadcastq_epi64(_mm512_castsi512_si128(multiple));
    let mut low = *sum;
    for (low, modulus) in low.iter_mut().zip(modulus) {
        *low = _mm512_madd52lo_epu64(*low, *modulus, multiple);
    }
    let mut sum = [zero; V];
    let mut above = zero;
    for (((sum, low), a), modulus) in sum.iter_mut().zip(&low).zip(a).zip(modulus).rev() {
        let products = _mm512_madd52hi_epu64(zero, *a, digit);
        let products = _mm512_madd52lo_epu64(products, *a, next);
        let products = _mm512_madd52hi_epu64(products, *modulus, multiple);
        *sum = _mm512_add_epi64(_mm512_alignr_epi64(above, *low, 1), products);
        above = *low;
    }
    // Of the digit that is dropped, only the carry remains.
    let carry = _mm512_maskz_srli_epi64(1, above, 52);
    if let Some(lowest) = sum.first_mut() {
        *lowest = _mm512_add_epi64(*lowest, carry);
    }
    sum
}

/// Returns the same number with digits of 52 bits.
#[inline]
#[target_feature(enable = "avx512f")]
fn carried<const V: usize>(mut number: [__m512i; V]) -> [__m512i; V] {
    let max = broadcast(MAX_DIGIT);
    // A bit for each digit: whether it is still too large, and whether one more would make it so.
    let (mut large, mut full) = ([0; DIGITS], [0; DIGITS]);
    let mut below = _mm512_setzero_si512();
    for ((vector, large), full) in number.iter_mut().zip(&mut large).zip(&mut full) {
        let high = _mm512_srli_epi64(*vector, 52);
        *vector = _mm512_add_epi64(_mm512_and_si512(*vector, max), _mm512_alignr_epi64(high, below, 7));
        below = high;
        *large = _mm512_cmpgt_epu64_mask(*vector, max);
        *full = _mm512_cmpeq_epi64_mask(*vector, max);
    }
    let (large, full) = (u64::from_le_bytes(large), u64::from_le_bytes(full));
    let carries = (large << 1).wrapping_add(full) ^ full;
    for (vector, carries) in number.iter_mut().zip(carries.to_le_bytes()) {
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
fn store<const V: usize>(proof: Avx512, vectors: &Vectors<V>, numbers: &mut [Number; 2]) {
    for (vectors, number) in vectors.iter().zip(numbers) {
        for (vector, digits) in vectors.iter().zip(number) {
            let vector: u64x8<Avx512> = (*vector).simd_into(proof);
            *digits = vector.into();
        }
    }
}

#[cfg(test)]
mod tests;
