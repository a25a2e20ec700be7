//! Faults and blinding, with a key of 1024 bits, which takes less time.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::vec::Vec;

use der::Decode;
use p521::elliptic_curve::bigint::{CheckedAdd, U512};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;

use super::*;
use crate::crypto::ring;

type Small = Crt<{ U512::LIMBS }, { U1024::LIMBS }>;

fn small() -> Small {
    let [key, _] = with_both_arithmetics();
    key
}

/// Returns the same key twice: as it is loaded, which uses vector instructions if the processor has them; and without them.
fn with_both_arithmetics() -> [Small; 2] {
    let provider = ring::provider();
    let generated = rsa::PrivateKey::new(&mut Draws::new(provider.random()), 1024);
    let der = generated.unwrap().to_pkcs1_der().unwrap();
    let [key, mut portable] =
        [(); 2].map(|()| Small::new(&RsaPrivateKeyRef::from_der(der.as_bytes()).unwrap()).unwrap());
    portable.vectors = None;
    [key, portable]
}

/// RFC 8017 §3.2. ring refuses such keys, which otherwise yield right results.
#[test]
fn numbers_that_are_not_reduced_are_refused() {
    let provider = ring::provider();
    let mut refused = [false; 2];
    // Whether the larger number still fits depends on the key.
    for _ in 0..200 {
        let generated = rsa::PrivateKey::new(&mut Draws::new(provider.random()), 1024).unwrap();
        let der = generated.to_pkcs1_der().unwrap();
        let good = RsaPrivateKeyRef::from_der(der.as_bytes()).unwrap();
        let [p, q] = [good.prime1, good.prime2].map(|prime| number::<{ U1024::LIMBS }>(prime).unwrap());
        let d = number::<{ U1024::LIMBS }>(good.private_exponent).unwrap();
        let order = p.wrapping_sub(&Uint::ONE).wrapping_mul(&q.wrapping_sub(&Uint::ONE));
        if let Some(d) = d.checked_add(&order).into_option() {
            let bytes = d.to_be_bytes();
            let private_exponent = UintRef::new(bytes.as_ref()).unwrap();
            assert!(Small::new(&RsaPrivateKeyRef { private_exponent, ..good.clone() }).is_none());
            refused[0] = true;
        }
        let coefficient = number::<{ U512::LIMBS }>(good.coefficient).unwrap();
        if let Some(coefficient) = coefficient.checked_add(&p.resize()).into_option() {
            let bytes = coefficient.to_be_bytes();
            let coefficient = UintRef::new(bytes.as_ref()).unwrap();
            assert!(Small::new(&RsaPrivateKeyRef { coefficient, ..good.clone() }).is_none());
            refused[1] = true;
        }
        assert!(Small::new(&good).is_some());
        if refused == [true; 2] {
            return;
        }
    }
    panic!("no key left room for a larger number: {refused:?}");
}

/// A number of a key, as `UintRef` reads it: without leading zeros.
fn bytes_of<const LIMBS: usize>(number: &Uint<LIMBS>) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let bytes: &[u8] = bytes.as_ref();
    bytes.iter().copied().skip_while(|byte| *byte == 0).collect()
}

type Whole = U1024;
type Half = U512;

/// The numbers of a key, which need not belong together.
struct Numbers {
    p: Half,
    q: Half,
    d: Whole,
    e: u64,
}

impl Numbers {
    fn generate() -> Self {
        let generated = rsa::PrivateKey::new(&mut Draws::new(ring::provider().random()), 1024).unwrap();
        let der = generated.to_pkcs1_der().unwrap();
        let key = RsaPrivateKeyRef::from_der(der.as_bytes()).unwrap();
        let [p, q] = [key.prime1, key.prime2].map(|prime| number(prime).unwrap());
        Self { p, q, d: number(key.private_exponent).unwrap(), e: 65537 }
    }

    /// The product of the primes less one each.
    fn order(&self) -> Whole {
        let [p, q] = [self.p, self.q].map(|prime| prime.wrapping_sub(&Uint::ONE).resize::<{ Whole::LIMBS }>());
        p.wrapping_mul(&q)
    }

    /// Loads a key of which each part follows from the primes and d, as it should.
    fn load(&self) -> Option<Small> {
        let half = |number: Whole, modulus: &Half| number.rem(&NonZero::new(*modulus).unwrap());
        let less_one = |prime: &Half| prime.wrapping_sub(&Uint::ONE);
        let modulus = self.p.resize::<{ Whole::LIMBS }>().wrapping_mul(&self.q);
        let coefficient = self.q.rem(&NonZero::new(self.p).unwrap()).invert_odd_mod(&Odd::new(self.p).unwrap());
        let numbers = [
            bytes_of(&modulus),
            self.e.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect(),
            bytes_of(&self.d),
            bytes_of(&self.p),
            bytes_of(&self.q),
            bytes_of(&half(self.d, &less_one(&self.p))),
            bytes_of(&half(self.d, &less_one(&self.q))),
            bytes_of(&coefficient.unwrap()),
        ];
        let [modulus, public_exponent, private_exponent, prime1, prime2, exponent1, exponent2, coefficient] =
            numbers.each_ref().map(|bytes| UintRef::new(bytes).unwrap());
        Small::new(&RsaPrivateKeyRef {
            modulus,
            public_exponent,
            private_exponent,
            prime1,
            prime2,
            exponent1,
            exponent2,
            coefficient,
            other_prime_infos: None,
        })
    }
}

/// With these exponents, only some numbers can be decrypted, and 2 is one of them: it is a cube modulo p, and the order of p is a multiple
/// of three.
#[test]
fn exponents_that_undo_each_other_for_some_numbers_only_are_refused() {
    let three = NonZero::new(Whole::from(3_u8)).unwrap();
    for _ in 0..400 {
        let mut key = Numbers::generate();
        let rest = |prime: &Half| prime.resize::<{ Whole::LIMBS }>().rem(&three) == Whole::ONE;
        if rest(&key.q) {
            core::mem::swap(&mut key.p, &mut key.q);
        }
        let third = key.p.wrapping_sub(&Uint::ONE).resize::<{ Whole::LIMBS }>().div_rem(&three).0;
        let p = FixedMontyParams::new(Odd::new(key.p).unwrap());
        let two = FixedMontyForm::new(&Uint::from(2_u8), &p);
        if !rest(&key.p) || rest(&key.q) || two.pow(&third) != FixedMontyForm::one(&p) {
            continue;
        }
        assert!(key.load().is_some());
        let order = key.order();
        key.d = key.d.wrapping_add(&order.div_rem(&three).0);
        key.d = key.d.rem(&NonZero::new(order).unwrap());
        assert!(key.load().is_none());
        return;
    }
    panic!("2 was a cube modulo none of the primes");
}

/// It has no inverse, so the numbers cannot belong together. If they were used, results would reveal the primes.
#[test]
fn an_even_public_exponent_is_refused() {
    let mut key = Numbers::generate();
    assert!(key.load().is_some());
    for e in [65536, 65538, 0] {
        key.e = e;
        assert!(key.load().is_none(), "{e}");
    }
}

/// All else belongs together: both exponents undo each other modulo the order that primes would have.
#[test]
fn factors_that_are_not_prime_are_refused() {
    let composite = || {
        let key = rsa::PrivateKey::new_unchecked(&mut Draws::new(ring::provider().random()), 512).unwrap();
        Half::from_be_slice_truncated(&key.n_bytes(), Half::BITS)
    };
    let mut key = Numbers { p: composite(), q: composite(), ..Numbers::generate() };
    key.d = Whole::from(key.e).invert_mod(&NonZero::new(key.order()).unwrap()).unwrap();
    assert!(key.load().is_none());
}

fn decrypt(key: &Small) -> Result<Secret, ProviderError> {
    key.decrypt_raw(&[1; 128], ring::provider().random())
}

/// As by a fault of the hardware: a result that is right modulo one prime only reveals that prime.
#[test]
fn a_wrong_result_is_not_released() {
    for mut key in with_both_arithmetics() {
        for part in 0..3 {
            let flip_bit = |key: &mut Small| {
                let number = match part {
                    0 => &mut key.p.exponent,
                    1 => &mut key.q.exponent,
                    _ => key.coefficient.as_montgomery_mut(),
                };
                *number ^= Uint::ONE;
            };
            let good = decrypt(&key).unwrap();
            flip_bit(&mut key);
            assert_eq!(decrypt(&key).map(|_| ()), Err(DECRYPTION));
            flip_bit(&mut key);
            assert_eq!(decrypt(&key).unwrap().expose(), good.expose());
        }
    }
}

#[test]
fn both_arithmetics_compute_the_same() {
    let [key, portable] = with_both_arithmetics();
    let mut number = Uint::from(3_u8);
    for _ in 0..50 {
        let [a, b] = [&key, &portable].map(|key| key.power(&number));
        assert_eq!(a, b);
        // As good as random, and usually larger than the modulus.
        number = number.wrapping_add(&Uint::MAX.shr_vartime(1)) ^ *a;
    }
}

/// A damaged pair is discarded with all that would be made of it.
#[test]
fn a_damaged_pair_is_used_once() {
    let key = small();
    let mut pair = key.blinding(ring::provider().random()).unwrap();
    *pair.remover ^= Uint::ONE;
    key.blinding.put(pair);
    assert_eq!(decrypt(&key).map(|_| ()), Err(DECRYPTION));
    assert!(decrypt(&key).is_ok());
}

/// Each pair belongs together, and none comes twice, whichever threads use the key.
#[test]
fn no_two_operations_have_the_same_blinding() {
    let key = small();
    let draw = || {
        let pairs = (0..40).map(|_| key.blinding(ring::provider().random()).unwrap());
        pairs.collect::<Vec<_>>()
    };
    let pairs: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(draw)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let one = FixedMontyForm::one(&key.modulus);
    for pair in &pairs {
        let [factor, remover] =
            [&pair.factor, &pair.remover].map(|number| FixedMontyForm::from_montgomery(**number, &key.modulus));
        assert!(factor != one && factor * rsa_public::power(&remover, key.public_exponent) == one);
    }
    let distinct: BTreeSet<_> = pairs.iter().map(|pair| *pair.factor).collect();
    assert_eq!(distinct.len(), 120);
}
