//! How many records a key protects, under which numbers, and what is left of a write that fails.
#![allow(clippy::unwrap_used)]

use alloc::vec;
use core::cell::Cell;

use super::*;
use crate::crypto::AeadAlgorithm;

const TAG_LEN: usize = 16;

/// RFC 8446 §5.5: 2^24.5 full records for AES-GCM, which `bc` says is 23726566.40.
const GCM_LIMIT: u64 = 23_726_566;

/// Fails at one call, and does nothing else.
struct FailsAt {
    calls: std::sync::Mutex<Cell<usize>>,
    failing: usize,
}

impl AeadKey for FailsAt {
    fn seal(&self, _: &[u8], _: &[u8], _: &mut [u8], _: &mut [u8]) -> Result<(), ProviderError> {
        let calls = self.calls.lock().unwrap();
        calls.set(calls.get() + 1);
        if calls.get() == self.failing { Err(ProviderError::Failed("as the test has it")) } else { Ok(()) }
    }

    fn open(&self, _: &[u8], _: &[u8], _: &mut [u8]) -> bool {
        false
    }
}

/// Records of 16 bytes, under a key that fails at this call.
fn sealer(failing: usize) -> Sealer {
    let key = Box::new(FailsAt { calls: std::sync::Mutex::default(), failing });
    let nonces = Nonces::new(AeadAlgorithm::Aes128Gcm, &[1, 2, 3, 4]).unwrap();
    let protection = SealProtection::Aead { key, nonces };
    Sealer { sequence: Sequence::default(), protection, max_text: 16 }
}

/// The explicit parts of the nonces of these records, all of 16 bytes of text.
fn numbers(records: &[u8]) -> Vec<u64> {
    const LEN: usize = RecordHeader::LEN + 8 + 16 + TAG_LEN;
    let explicit = |record: &[u8]| *record.get(RecordHeader::LEN..).unwrap().first_chunk().unwrap();
    records.chunks(LEN).map(|record| u64::from_be_bytes(explicit(record))).collect()
}

#[test]
fn no_two_records_have_the_same_number() {
    let mut out = Vec::new();
    let mut sealer = sealer(0);
    for _ in 0..3 {
        sealer.seal(ContentType::APPLICATION_DATA, &[9; 32], &mut out).unwrap();
    }
    assert_eq!(numbers(&out), [0, 1, 2, 3, 4, 5]);
}

/// What the failed write would have sent is nowhere, and its numbers are used for what comes next.
#[test]
fn a_write_that_fails_in_the_middle_leaves_nothing() {
    let mut out = vec![0xab; 5];
    let mut sealer = sealer(3);
    sealer.seal(ContentType::APPLICATION_DATA, &[9; 16], &mut Vec::new()).unwrap();
    let failed = sealer.seal(ContentType::APPLICATION_DATA, &[9; 64], &mut out);
    assert_eq!(failed, Err(SealError::Provider(ProviderError::Failed("as the test has it"))));
    assert_eq!((out.as_slice(), sealer.sequence()), ([0xab; 5].as_slice(), 1));
    out.clear();
    sealer.seal(ContentType::APPLICATION_DATA, &[9; 32], &mut out).unwrap();
    assert_eq!(numbers(&out), [1, 2]);
}

/// All of a write or nothing of it; and an alert can still be sent when the key is used up.
#[test]
fn a_key_protects_so_many_records_of_data() {
    let mut sealer = sealer(0);
    sealer.sequence = Sequence(GCM_LIMIT - 3);
    let mut out = Vec::new();
    sealer.seal(ContentType::APPLICATION_DATA, &[9; 32], &mut out).unwrap();
    out.clear();
    assert_eq!(sealer.seal(ContentType::APPLICATION_DATA, &[9; 32], &mut out), Err(SealError::KeyExhausted));
    assert!(out.is_empty());
    sealer.seal(ContentType::APPLICATION_DATA, &[9; 16], &mut out).unwrap();
    assert_eq!(sealer.seal(ContentType::APPLICATION_DATA, &[9; 1], &mut out), Err(SealError::KeyExhausted));
    sealer.seal(ContentType::ALERT, &[1, 0], &mut out).unwrap();
}

/// RFC 8446 §5.5: any number of records for ChaCha20-Poly1305.
#[cfg(feature = "ring")]
#[test]
fn the_limit_is_that_of_the_algorithm() {
    let provider = crate::crypto::ring::provider();
    for (name, limit) in [
        ("TLS_RSA_WITH_AES_128_GCM_SHA256", GCM_LIMIT),
        ("TLS_RSA_WITH_AES_256_GCM_SHA384", GCM_LIMIT),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", u64::MAX),
    ] {
        let suite = CipherSuite::from_name(name).unwrap();
        let (cipher, fixed_iv) = match suite.protection {
            Protection::Aead(algorithm) => (vec![1; algorithm.key_len()], vec![2; algorithm.fixed_iv_len()]),
            Protection::Cbc(..) => panic!("{name}"),
        };
        let keys = DirectionKeys { mac: &[], cipher: &cipher, fixed_iv: &fixed_iv };
        let mut sealer = Sealer::new(&provider, suite, MacOrder::MacThenEncrypt, &keys, MAX_PLAINTEXT).unwrap();
        sealer.sequence = Sequence(limit - 1);
        sealer.seal(ContentType::APPLICATION_DATA, b"the last", &mut Vec::new()).unwrap();
        let next = sealer.seal(ContentType::APPLICATION_DATA, b"one more", &mut Vec::new());
        assert_eq!(next, Err(SealError::KeyExhausted), "{name}");
    }
}
