//! Private keys of the default provider: what loads, what signs, and the errors of those that do not load.
#![cfg(all(feature = "ring", feature = "static-rsa"))]
#![allow(clippy::unwrap_used)]

use crate::made_by_openssl::{CURVES, ED25519, Made};
use crate::tested::provider;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rsa::PrivateKey;
use rsa::pkcs1::{EncodeRsaPrivateKey, UintRef};
use rsa::pkcs8::der::Encode;
use rsa::pkcs8::der::asn1::OctetStringRef;
use rsa::pkcs8::spki::AlgorithmIdentifierRef;
use rsa::pkcs8::{EncodePrivateKey, ObjectIdentifier, PrivateKeyInfoRef};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer, alg_id};
use sec1::EcPrivateKey;
use tls12::ProviderError;
use tls12::crypto::PublicKey;
use tls12::wire::SignatureScheme;

fn generate(bits: usize, exponent: u64) -> PrivateKey {
    PrivateKey::new_with_exp_unchecked(&mut StdRng::seed_from_u64(7), bits, exponent.into()).unwrap()
}

fn pkcs1(der: &[u8]) -> PrivateKeyDer<'static> {
    PrivatePkcs1KeyDer::from(der.to_vec()).into()
}

fn sec1(der: &[u8]) -> PrivateKeyDer<'static> {
    PrivateSec1KeyDer::from(der.to_vec()).into()
}

fn pkcs8(der: &[u8]) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(der.to_vec()).into()
}

/// What loading says of a key that does not load.
fn refusal(key: PrivateKeyDer<'static>) -> String {
    match provider().load_private_key(key) {
        Err(error @ ProviderError::InvalidPrivateKey(_)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn pkcs8_and_pkcs1_load_and_sign() {
    let generated = generate(2048, 65537);
    let provider = provider();
    let keys =
        [pkcs8(generated.to_pkcs8_der().unwrap().as_bytes()), pkcs1(generated.to_pkcs1_der().unwrap().as_bytes())]
            .map(|der| provider.load_private_key(der).unwrap());
    let [first, second] = &keys;
    assert_eq!(first.public_key(), second.public_key());
    let public = rsa::pkcs1::EncodeRsaPublicKey::to_pkcs1_der(generated.as_public_key()).unwrap();
    assert_eq!(first.public_key(), &PublicKey::new(alg_id::RSA_ENCRYPTION, public.as_bytes().to_vec()));

    assert_eq!(first.schemes().len(), 7);
    for key in &keys {
        for &scheme in key.schemes() {
            let signature = key.sign(scheme, b"message").unwrap();
            let verifies =
                |scheme, message: &[u8]| key.public_key().verifies(&*provider, scheme, message, &signature).is_ok();
            assert!(verifies(scheme, b"message"), "{scheme}");
            assert!(!verifies(scheme, b"massage"), "{scheme}");
            let others = key.schemes().iter().filter(|&&other| other != scheme);
            assert!(!others.into_iter().any(|&other| verifies(other, b"message")), "{scheme}");
        }
        assert!(key.sign(SignatureScheme::ED25519, b"message").is_err());
    }
    // Nothing of the private key is printed.
    let printed = format!("{first:?}");
    assert!(printed.starts_with("RsaKey") && !printed.contains("d:"), "{printed}");
}

/// Loads as this key, and signs by its schemes alone: ECDSA with every hash, that which fits the curve before the others.
fn check_ec(made: &Made, der: PrivateKeyDer<'static>) {
    let key = provider().load_private_key(der).unwrap();
    assert_eq!(key.public_key(), &PublicKey::new(made.algorithm, made.public_key()));
    const ECDSA: [SignatureScheme; 4] = [
        SignatureScheme::ECDSA_SHA256,
        SignatureScheme::ECDSA_SHA384,
        SignatureScheme::ECDSA_SHA512,
        SignatureScheme::ECDSA_SHA1,
    ];
    let schemes: Vec<_> = key.schemes().to_vec();
    assert_eq!(schemes[0], made.scheme);
    let own = if made.scheme == SignatureScheme::ED25519 { &[SignatureScheme::ED25519][..] } else { &ECDSA };
    assert!(schemes.len() == own.len() && own.iter().all(|scheme| schemes.contains(scheme)), "{schemes:?}");
    assert!(key.decrypt().is_none());
    for scheme in schemes {
        for message in [&b""[..], b"message", &[0xa5; 1000]] {
            let signature = key.sign(scheme, message).unwrap();
            let verifies = |message| key.public_key().verifies(&*provider(), scheme, message, &signature).is_ok();
            assert!(verifies(message) && !verifies(b"massage"), "{scheme}");
        }
    }
    for other in ECDSA.into_iter().chain([SignatureScheme::ED25519, SignatureScheme::RSA_PKCS1_SHA256]) {
        assert_eq!(key.sign(other, b"message").is_ok(), own.contains(&other), "{}, {other}", made.scheme);
    }
    let printed = format!("{key:?}");
    assert!(printed.starts_with("EcKey") && !printed.contains("signer"), "{printed}");
}

#[test]
fn ecdsa_keys_load_and_sign() {
    for made in &CURVES {
        let (sec1_der, pkcs8_der) = (made.one("EC PRIVATE KEY"), made.one("PRIVATE KEY"));
        check_ec(made, sec1(&sec1_der));
        check_ec(made, pkcs8(&pkcs8_der));

        // RFC 5915 §3: the public half may be left out; in PKCS #8, the curve too, or it may be there twice.
        let whole = EcPrivateKey::try_from(&sec1_der[..]).unwrap();
        assert!(whole.public_key.is_some() && whole.parameters.is_some());
        let bare = EcPrivateKey { public_key: None, parameters: None, ..whole.clone() };
        let named = EcPrivateKey { public_key: None, ..whole.clone() };
        check_ec(made, sec1(&named.to_der().unwrap()));
        for inner in [&bare, &named, &whole] {
            let container = PrivateKeyInfoRef::try_from(&pkcs8_der[..]).unwrap();
            let inner = inner.to_der().unwrap();
            let container = PrivateKeyInfoRef { private_key: OctetStringRef::new(&inner).unwrap(), ..container };
            check_ec(made, pkcs8(&container.to_der().unwrap()));
        }
        assert!(refusal(sec1(&bare.to_der().unwrap())).contains("does not name its curve"));
    }
}

#[test]
fn ed25519_keys_load_and_sign() {
    let version_1 = ED25519.one("PRIVATE KEY");
    check_ec(&ED25519, pkcs8(&version_1));
    // RFC 8032 §5.1.6: there is one signature of a message, and OpenSSL made it too.
    let key = provider().load_private_key(pkcs8(&version_1)).unwrap();
    let signature = key.sign(SignatureScheme::ED25519, crate::made_by_openssl::MESSAGE).unwrap();
    assert_eq!(signature, ED25519.one("SIGNATURE"));

    // Version 2 holds the public half too, and last (RFC 5958 §2): ring writes it.
    let mut version_2 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_der();
    let public = PrivateKeyInfoRef::try_from(&version_2[..]).unwrap().public_key.unwrap().raw_bytes().to_vec();
    let key = provider().load_private_key(pkcs8(&version_2)).unwrap();
    assert_eq!(key.public_key(), &PublicKey::new(alg_id::ED25519, public));
    *version_2.last_mut().unwrap() ^= 1;
    assert!(refusal(pkcs8(&version_2)).contains("inconsistent"));
}

#[test]
fn what_is_wrong_with_a_key_on_a_curve_is_said() {
    let sec1_der = CURVES[0].one("EC PRIVATE KEY");
    let good = EcPrivateKey::try_from(&sec1_der[..]).unwrap();
    let refused = |key: &EcPrivateKey<'_>| refusal(sec1(&key.to_der().unwrap()));
    let mut other_half = good.public_key.unwrap().to_vec();
    *other_half.last_mut().unwrap() ^= 1;
    assert!(refused(&EcPrivateKey { public_key: Some(&other_half), ..good.clone() }).contains("inconsistent"));
    // 0, and what is not below the order, are no private keys; nor is one of another length.
    for (byte, len) in [(0, 32), (0xff, 32), (1, 33), (1, 8), (1, 0)] {
        let number = vec![byte; len];
        let key = EcPrivateKey { private_key: &number, public_key: None, ..good.clone() };
        assert!(refused(&key).contains("inconsistent"), "{len} bytes {byte}");
    }

    // secp256k1 (SEC 2 §2.4.1), and X25519 (RFC 8410 §3).
    let oid = ObjectIdentifier::new_unwrap;
    let koblitz = oid("1.3.132.0.10");
    let key = EcPrivateKey { parameters: Some(koblitz.into()), ..good };
    assert!(refused(&key).contains("P-256, P-384 or P-521"));
    let pkcs8_der = CURVES[0].one("PRIVATE KEY");
    let good = PrivateKeyInfoRef::try_from(&pkcs8_der[..]).unwrap();
    let of_algorithm = |oid, parameters| {
        let algorithm = AlgorithmIdentifierRef { oid, parameters };
        refusal(pkcs8(&PrivateKeyInfoRef { algorithm, ..good.clone() }.to_der().unwrap()))
    };
    assert!(of_algorithm(good.algorithm.oid, Some((&koblitz).into())).contains("P-256, P-384 or P-521"));
    assert!(of_algorithm(good.algorithm.oid, None).contains("does not name its curve"));
    assert!(of_algorithm(oid("1.3.101.110"), None).contains("not RSA, ECDSA or Ed25519"));
}

#[test]
fn what_is_wrong_with_a_key_is_said() {
    let ecdsa = rcgen::KeyPair::generate().unwrap().serialize_der();
    assert!(refusal(sec1(&ecdsa)).contains("not an ECPrivateKey"));
    assert!(refusal(pkcs1(&ecdsa)).contains("not an RSAPrivateKey"));
    assert!(refusal(pkcs8(b"key")).contains("not unencrypted PKCS #8"));

    let small = generate(1024, 65537);
    for key in [pkcs8(small.to_pkcs8_der().unwrap().as_bytes()), pkcs1(small.to_pkcs1_der().unwrap().as_bytes())] {
        assert!(refusal(key).contains("fewer than 2048 bits"));
    }
    let exponent = generate(2048, 3);
    assert!(refusal(pkcs1(exponent.to_pkcs1_der().unwrap().as_bytes())).contains("below 65537"));

    // Too large a modulus is refused for its size, before anything is computed with it.
    let number = |bytes| UintRef::new(bytes).unwrap();
    let large = rsa::pkcs1::RsaPrivateKeyRef {
        modulus: number(&[0xff; 513]),
        public_exponent: number(&[1, 0, 1]),
        private_exponent: number(&[3; 512]),
        prime1: number(&[5; 256]),
        prime2: number(&[7; 256]),
        exponent1: number(&[9]),
        exponent2: number(&[9]),
        coefficient: number(&[9]),
        other_prime_infos: None,
    };
    let large_der = large.to_der().unwrap();
    assert!(refusal(pkcs1(&large_der)).contains("more than 4096 bits"));
    for (exponent, fault) in [(&[1, 0, 0][..], "is even"), (&[2, 0, 0, 0, 1], "more than 33 bits")] {
        let key = rsa::pkcs1::RsaPrivateKeyRef {
            modulus: number(&[0xff; 256]),
            public_exponent: number(exponent),
            ..large.clone()
        };
        assert!(refusal(pkcs1(&key.to_der().unwrap())).contains(fault));
    }
    let inconsistent = rsa::pkcs1::RsaPrivateKeyRef { modulus: number(&[0xff; 256]), ..large };
    let inconsistent = inconsistent.to_der().unwrap();
    assert!(refusal(pkcs1(&inconsistent)).contains("inconsistent"));
}

/// Truncated anywhere, or with any bit flipped: an error or a key, no panic.
#[test]
fn no_bytes_make_loading_panic() {
    let generated = generate(2048, 65537);
    let rsa_pkcs8 = generated.to_pkcs8_der().unwrap().as_bytes().to_vec();
    let rsa_pkcs1 = generated.to_pkcs1_der().unwrap().as_bytes().to_vec();
    // A flipped bit in an RSA key takes long to be found.
    check_no_panic(&rsa_pkcs8, pkcs8, 7);
    check_no_panic(&rsa_pkcs1, pkcs1, 7);
    for made in &CURVES {
        check_no_panic(&made.one("EC PRIVATE KEY"), sec1, 1);
        check_no_panic(&made.one("PRIVATE KEY"), pkcs8, 1);
    }
    check_no_panic(&ED25519.one("PRIVATE KEY"), pkcs8, 1);
}

fn check_no_panic(der: &[u8], wrap: fn(&[u8]) -> PrivateKeyDer<'static>, step: usize) {
    for len in 0..der.len() {
        assert!(!refusal(wrap(der.get(..len).unwrap())).is_empty());
    }
    for i in (0..der.len()).step_by(step) {
        let mut der = der.to_vec();
        *der.get_mut(i).unwrap() ^= 1 << (i % 8);
        let _ = provider().load_private_key(wrap(&der));
    }
}

#[test]
fn public_keys_of_other_sizes_are_not_encrypted_to() {
    let provider = provider();
    let premaster = tls12::crypto::Secret::new(vec![1; 48]);
    let encrypt = |modulus: &[u8], exponent: &[u8]| {
        let key = rsa::pkcs1::RsaPublicKeyRef {
            modulus: UintRef::new(modulus).unwrap(),
            public_exponent: UintRef::new(exponent).unwrap(),
        };
        let key = PublicKey::new(alg_id::RSA_ENCRYPTION, key.to_der().unwrap());
        provider.rsa_encrypt(&key, &premaster, provider.random()).map(|ciphertext| ciphertext.len())
    };
    assert_eq!(encrypt(&[0xff; 256], &[1, 0, 1]), Ok(256));
    assert_eq!(encrypt(&[0xff; 1024], &[1, 0, 1]), Ok(1024));
    for (modulus, exponent) in [
        (&[0xff; 255][..], &[1, 0, 1][..]),
        (&[0xff; 1025], &[1, 0, 1]),
        // An even modulus, and exponents that are none.
        (&[0xfe; 256], &[1, 0, 1]),
        (&[0xff; 256], &[0]),
        (&[0xff; 256], &[1]),
        (&[0xff; 256], &[0xff; 256]),
    ] {
        assert_eq!(encrypt(modulus, exponent), Err(ProviderError::InvalidPublicKey));
    }
    for der in [&[][..], &[0x30], &[0x30, 0], &[0x30, 3, 2, 1, 5], &[0xff; 300]] {
        let key = PublicKey::new(alg_id::RSA_ENCRYPTION, der.to_vec());
        let result = provider.rsa_encrypt(&key, &premaster, provider.random());
        assert_eq!(result, Err(ProviderError::InvalidPublicKey));
    }
}

/// RFC 8017 §7.2.2 step 1. A shorter number is one that the key could decrypt.
#[test]
fn a_ciphertext_is_as_long_as_the_modulus() {
    let provider = provider();
    let key = provider.load_private_key(pkcs8(generate(2048, 65537).to_pkcs8_der().unwrap().as_bytes())).unwrap();
    let decrypt = |ciphertext: &[u8]| key.decrypt().unwrap().decrypt_raw(ciphertext, provider.random());
    assert_eq!(decrypt(&[1; 256]).unwrap().expose().len(), 256);
    for wrong in [&[][..], &[1], &[1; 255], &[0; 255], &[1; 257], &[&[0][..], &[1; 256]].concat()] {
        assert!(decrypt(wrong).is_err(), "{} bytes", wrong.len());
    }
}

/// Each decryption draws what blinds it: from a source that fails there is none.
#[test]
fn decryption_is_blinded() {
    struct Fails;
    impl tls12::crypto::SecureRandom for Fails {
        fn fill(&self, _: &mut [u8]) -> Result<(), ProviderError> {
            Err(ProviderError::Random)
        }
    }
    let key = provider().load_private_key(pkcs8(generate(2048, 65537).to_pkcs8_der().unwrap().as_bytes())).unwrap();
    let decrypted = key.decrypt().unwrap().decrypt_raw(&[1; 256], &Fails);
    assert_eq!(decrypted.map(|_| ()), Err(ProviderError::Random));
}
