//! Faults and blinding, with a key of 1024 bits, which takes less time.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::vec::Vec;

use der::Decode;
use p521::elliptic_curve::bigint::{CheckedAdd, U512};
use rsa::pkcs1::EncodeRsaPrivateKey;

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
        assert!(factor != one && factor * public_power(&remover, key.public_exponent) == one);
    }
    let distinct: BTreeSet<_> = pairs.iter().map(|pair| *pair.factor).collect();
    assert_eq!(distinct.len(), 120);
}
