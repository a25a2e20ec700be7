//! The RSA private operation (RFC 8017 §5.1.2) by the Chinese remainder theorem, for keys with a modulus of a usual size.
//!
//! The integers have a fixed size, that of the modulus or half of it, whatever their values are, and lie in the key or on the stack:
//! no length depends on a secret, and nothing is left on the heap. The arithmetic is that of `crypto-bigint`, which is constant-time
//! except in the functions whose names say otherwise: here, these only see public exponents and lengths, and moduli.
//!
//! What hides the key:
//!
//! - The exponentiations take as long for one exponent as for another, and read the whole table for each window of it. So the
//!   exponents and primes are not blinded, as they are by the `rsa` crate: `tests/constant_time` shows that no branch or address
//!   depends on them. `rsa_ifma.rs` says why this is also true of its vector instructions.
//! - The base is blinded with a random number that the peer cannot know, so its numbers are not those that are multiplied, and it
//!   cannot compare the times of related ones, should the multiplication of a processor depend on its operands.
//! - A result is released only if it fits the public key. A wrong one would reveal the primes (Boneh, DeMillo and Lipton, 1997).
//!
//! In one run, the operation of the `rsa` crate, which blinds the exponents and primes too, and finds an inverse each time, took 1.9
//! times as long with 2048 bits, and 1.4 times with 3072; without a pair that is kept, this one takes 1.1 times as long. More than nine
//! tenths are the two exponentiations. With the feature `simd`, `rsa_ifma.rs` computes both at once in vector registers, if the
//! processor has the instructions: in one run, in 0.21 of the time with 2048 bits, 0.18 with 3072 and 0.16 with 4096. It also computes
//! the power with which a result is checked. `benches/RESULTS.md` compares the whole with OpenSSL, which uses the same instructions.
//! The operations of ring and AWS-LC cannot be used: the safe APIs of both have none without padding, and one that reports wrong
//! padding is an oracle.

use alloc::boxed::Box;
use ctutils::{CtEq, CtLt};
use p521::elliptic_curve::bigint::modular::{FixedMontyForm, FixedMontyParams};
use p521::elliptic_curve::bigint::{NonZero, Odd, RandomMod, U64, U1024, U1536, U2048, U3072, U4096, Uint};
use rsa::pkcs1::{RsaPrivateKeyRef, UintRef};
use zeroize::{Zeroize, Zeroizing};

use super::kept::Kept;
use super::random::Draws;
use super::rsa_ifma::Moduli;
use super::rsa_public;
use crate::crypto::{RsaDecrypt, Secret, SecureRandom, bit_length};
use crate::error::ProviderError;

/// Why nothing was decrypted.
pub(super) const DECRYPTION: ProviderError = ProviderError::Failed("RSA decryption");

/// How often a pair of numbers that blinds is squared before another is drawn: as in OpenSSL and BoringSSL.
const MAX_USES: u32 = 32;

/// What [`load`] makes of a key.
pub(super) enum Loaded {
    Usual {
        key: Box<dyn RsaDecrypt>,
        /// Whether its powers are computed with vector instructions.
        is_vectorized: bool,
    },
    Inconsistent,
    AnotherSize,
}

pub(super) fn load(key: &RsaPrivateKeyRef<'_>) -> Loaded {
    match bit_length(key.modulus.as_bytes()) {
        U2048::BITS => Crt::<{ U1024::LIMBS }, { U2048::LIMBS }>::load(key),
        U3072::BITS => Crt::<{ U1536::LIMBS }, { U3072::LIMBS }>::load(key),
        U4096::BITS => Crt::<{ U2048::LIMBS }, { U4096::LIMBS }>::load(key),
        _ => Loaded::AnotherSize,
    }
}

/// A private key whose modulus has all the bits of `WHOLE` limbs, and whose primes have `HALF` as many. All that is secret is wiped on
/// drop.
struct Crt<const HALF: usize, const WHOLE: usize> {
    modulus: FixedMontyParams<WHOLE>,
    public_exponent: u64,
    p: Factor<HALF>,
    q: Factor<HALF>,
    vectors: Option<Vectors<HALF, WHOLE>>,
    /// The inverse of q modulo p.
    coefficient: Zeroizing<FixedMontyForm<HALF>>,
    blinding: Kept<Blinding<WHOLE>>,
}

/// The primes again, and the modulus, if the processor has the instructions with which powers are computed in vector registers.
struct Vectors<const HALF: usize, const WHOLE: usize> {
    primes: Moduli<HALF, 2>,
    modulus: Moduli<WHOLE, 1>,
}

/// A prime, and the private exponent modulo the prime less one.
struct Factor<const HALF: usize> {
    prime: FixedMontyParams<HALF>,
    exponent: Uint<HALF>,
}

impl<const HALF: usize> Drop for Factor<HALF> {
    fn drop(&mut self) {
        self.prime.zeroize();
        self.exponent.zeroize();
    }
}

impl<const HALF: usize> Factor<HALF> {
    /// `None` if the exponent is not that of `d`, or does not undo the public one, or the numbers are too long or none that could be
    /// part of a key.
    fn new<const WHOLE: usize>(
        prime: UintRef<'_>,
        exponent: UintRef<'_>,
        d: &Uint<WHOLE>,
        public_exponent: u64,
    ) -> Option<Self> {
        let prime = Zeroizing::new(Odd::new(number(prime)?).into_option()?);
        let order = Zeroizing::new(NonZero::new(prime.wrapping_sub(&Uint::ONE)).into_option()?);
        let factor = Self { prime: FixedMontyParams::new(*prime), exponent: number(exponent)? };
        // The order is even, so that this refuses even public exponents too.
        let product = Zeroizing::new(factor.exponent.resize::<WHOLE>());
        let product = Zeroizing::new(product.wrapping_mul(&U64::from(public_exponent)));
        let undoes = product.rem(&order).ct_eq(&Uint::<HALF>::ONE);
        (d.rem(&order).ct_eq(&factor.exponent) & undoes).to_bool().then_some(factor)
    }

    /// Returns `number` modulo the prime.
    fn reduced<const WHOLE: usize>(&self, number: &Uint<WHOLE>) -> Zeroizing<FixedMontyForm<HALF>> {
        // The number is high · radix + low, and `r2` is the radix in Montgomery form.
        let low = FixedMontyForm::new(&number.resize(), &self.prime);
        let high = FixedMontyForm::new(&number.shr_vartime(Uint::<HALF>::BITS).resize(), &self.prime);
        let radix = FixedMontyForm::from_montgomery(*self.prime.r2(), &self.prime);
        Zeroizing::new(high * radix + low)
    }
}

impl<const HALF: usize, const WHOLE: usize> Crt<HALF, WHOLE> {
    fn load(key: &RsaPrivateKeyRef<'_>) -> Loaded {
        let loaded = |key: Self| Loaded::Usual { is_vectorized: key.vectors.is_some(), key: Box::new(key) };
        Self::new(key).map_or(Loaded::Inconsistent, loaded)
    }

    /// `None` if the numbers are inconsistent, or the primes are not half as long as the modulus.
    fn new(key: &RsaPrivateKeyRef<'_>) -> Option<Self> {
        let modulus = Odd::new(number::<WHOLE>(key.modulus)?).into_option()?;
        let d = Zeroizing::new(number::<WHOLE>(key.private_exponent)?);
        let public_exponent = rsa_public::exponent(key.public_exponent.as_bytes())?;
        let p = Factor::<HALF>::new(key.prime1, key.exponent1, &d, public_exponent)?;
        let q = Factor::<HALF>::new(key.prime2, key.exponent2, &d, public_exponent)?;
        if !Self::product(p.prime.modulus(), q.prime.modulus()).ct_eq(modulus.as_ref()).to_bool() {
            return None;
        }
        let coefficient = Zeroizing::new(number::<HALF>(key.coefficient)?);
        // RFC 8017 §3.2. ring checks this too.
        if !(d.ct_lt(modulus.as_ref()) & coefficient.ct_lt(p.prime.modulus().as_ref())).to_bool() {
            return None;
        }
        let coefficient = Zeroizing::new(FixedMontyForm::new(&coefficient, &p.prime));
        let modulus = FixedMontyParams::new_vartime(modulus);
        let primes = Moduli::new([&p.prime, &q.prime]);
        let vectors = primes.zip(Moduli::new([&modulus])).map(|(primes, modulus)| Vectors { primes, modulus });
        let key = Self { modulus, public_exponent, p, q, vectors, coefficient, blinding: Kept::new() };
        // What has not been compared shows here: factors that are not prime, and a coefficient that is not the inverse of q.
        let two = Uint::from(2_u8);
        key.is_inverse(&key.power(&two), &two).then_some(key)
    }

    fn product(a: &Uint<HALF>, b: &Uint<HALF>) -> Zeroizing<Uint<WHOLE>> {
        Zeroizing::new(Zeroizing::new(a.resize::<WHOLE>()).wrapping_mul(b))
    }

    /// Returns `number` raised to each exponent, modulo its prime.
    fn powers(&self, number: &Uint<WHOLE>) -> [Zeroizing<FixedMontyForm<HALF>>; 2] {
        let Self { p, q, .. } = self;
        let (base_p, base_q) = (p.reduced(number), q.reduced(number));
        match &self.vectors {
            Some(Vectors { primes, .. }) => {
                let (base_p, base_q) = (Zeroizing::new(base_p.retrieve()), Zeroizing::new(base_q.retrieve()));
                let [m1, m2] = primes.powers([&base_p, &base_q], [&p.exponent, &q.exponent]);
                [FixedMontyForm::new(&m1, &p.prime), FixedMontyForm::new(&m2, &q.prime)].map(Zeroizing::new)
            }
            None => [base_p.pow_amm(&p.exponent), base_q.pow_amm(&q.exponent)].map(Zeroizing::new),
        }
    }

    /// `number` to the private exponent (RFC 8017 §5.1.2, step 2b).
    fn power(&self, number: &Uint<WHOLE>) -> Zeroizing<Uint<WHOLE>> {
        let Self { p, q, .. } = self;
        let [m1, m2] = self.powers(number);
        let m2 = Zeroizing::new(m2.retrieve());
        let h = Zeroizing::new((*m1 - FixedMontyForm::new(&m2, &p.prime)) * *self.coefficient);
        let h = Zeroizing::new(h.retrieve());
        Zeroizing::new(Self::product(&h, q.prime.modulus()).wrapping_add(&m2.resize()))
    }

    /// Whether `result` to the public exponent is `number`, which is reduced.
    fn is_inverse(&self, result: &Uint<WHOLE>, number: &Uint<WHOLE>) -> bool {
        let (modulus, exponent) = (&self.modulus, self.public_exponent);
        let power = match &self.vectors {
            Some(vectors) => vectors.modulus.public_power(result, exponent),
            None => {
                let base = Zeroizing::new(FixedMontyForm::new(result, modulus));
                Zeroizing::new(rsa_public::power(&base, exponent).retrieve())
            }
        };
        // With vectors, the modulus stands for 0.
        let is_zero = power.ct_eq(modulus.modulus().as_ref()) & number.ct_eq(&Uint::<WHOLE>::ZERO);
        (power.ct_eq(number) | is_zero).to_bool()
    }

    /// Returns the product of `number` and the number whose Montgomery form is `factor`. Both must be reduced.
    fn product_with(&self, number: &Uint<WHOLE>, factor: &Uint<WHOLE>) -> Zeroizing<Uint<WHOLE>> {
        // A product of Montgomery's lacks one of the radixes of its factors. `number` has none.
        let [number, factor] = [number, factor].map(|number| FixedMontyForm::from_montgomery(*number, &self.modulus));
        Zeroizing::new((number * factor).to_montgomery())
    }

    /// The pair of numbers for one operation, which no other has.
    fn blinding(&self, random: &dyn SecureRandom) -> Result<Blinding<WHOLE>, ProviderError> {
        let blinding = match self.blinding.take().filter(|blinding| blinding.uses < MAX_USES) {
            Some(kept) => kept,
            None => Blinding::draw(&self.modulus, self.public_exponent, random)?,
        };
        self.blinding.put(blinding.squared(&self.modulus));
        Ok(blinding)
    }
}

impl<const HALF: usize, const WHOLE: usize> RsaDecrypt for Crt<HALF, WHOLE> {
    fn decrypt_raw(&self, ciphertext: &[u8], random: &dyn SecureRandom) -> Result<Secret, ProviderError> {
        // RFC 8017 §7.2.2, step 1, and §5.1.2, step 1. All of this is public.
        if ciphertext.len() != Uint::<WHOLE>::BYTES {
            return Err(DECRYPTION);
        }
        let ciphertext = Uint::from_be_slice(ciphertext);
        if ciphertext >= *self.modulus.modulus().as_ref() {
            return Err(DECRYPTION);
        }
        let blinding = self.blinding(random)?;
        let result = self.power(&self.product_with(&ciphertext, &blinding.factor));
        let result = self.product_with(&result, &blinding.remover);
        if !self.is_inverse(&result, &ciphertext) {
            // In case it is the pair that is damaged.
            drop(self.blinding.take());
            return Err(DECRYPTION);
        }
        let bytes = result.to_be_bytes();
        Ok(Secret::new(Zeroizing::new(bytes).as_ref().to_vec()))
    }
}

/// A random number to the public exponent, by which the base is multiplied; and the number's inverse, by which the result is. Both are in
/// Montgomery form.
#[derive(Clone)]
struct Blinding<const WHOLE: usize> {
    factor: Zeroizing<Uint<WHOLE>>,
    remover: Zeroizing<Uint<WHOLE>>,
    uses: u32,
}

impl<const WHOLE: usize> Zeroize for Blinding<WHOLE> {
    fn zeroize(&mut self) {
        self.factor.zeroize();
        self.remover.zeroize();
    }
}

impl<const WHOLE: usize> Blinding<WHOLE> {
    fn draw(
        modulus: &FixedMontyParams<WHOLE>,
        public_exponent: u64,
        random: &dyn SecureRandom,
    ) -> Result<Self, ProviderError> {
        let drawn = Uint::try_random_mod_vartime(&mut Draws::new(random), modulus.modulus().as_nz_ref())?;
        let drawn = Zeroizing::new(FixedMontyForm::new(&drawn, modulus));
        // Only 0 and multiples of the primes have none: a good source never draws these.
        let inverse = drawn.invert().into_option().map(Zeroizing::new).ok_or(ProviderError::Random)?;
        let factor = Zeroizing::new(rsa_public::power(&drawn, public_exponent).to_montgomery());
        Ok(Self { factor, remover: Zeroizing::new(inverse.to_montgomery()), uses: 0 })
    }

    /// The pair for the next operation: the squares belong together too, and to compute them is much faster than an inverse is.
    fn squared(&self, modulus: &FixedMontyParams<WHOLE>) -> Self {
        let square = |number: &Uint<WHOLE>| {
            Zeroizing::new(FixedMontyForm::from_montgomery(*number, modulus).square().to_montgomery())
        };
        Self { factor: square(&self.factor), remover: square(&self.remover), uses: self.uses + 1 }
    }
}

/// `None` if it has more than `LIMBS` limbs.
fn number<const LIMBS: usize>(number: UintRef<'_>) -> Option<Uint<LIMBS>> {
    let bytes = number.as_bytes();
    (bytes.len() <= Uint::<LIMBS>::BYTES).then(|| Uint::from_be_slice_truncated(bytes, Uint::<LIMBS>::BITS))
}

#[cfg(test)]
#[cfg(all(feature = "ring", feature = "std"))]
mod tests;
