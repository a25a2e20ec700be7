//! A provider that fails at any of its calls, as a device does, or panics: which errors are returned, and that nothing is left
//! behind.
#![cfg(all(feature = "ring", feature = "std"))]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::delegate::delegate;
use crate::support::pair::{End, Pair};
use crate::support::pki::{KeyKind, PKI, Pinned};
use tls12::crypto::{
    AeadAlgorithm, AeadKey, CbcCipher, CbcKeys, CbcOpener, CbcRecord, CbcSealer, CipherSuite, Digest, HashAlgorithm,
    Hasher, HmacKey, MacOrder, Provider, PublicKey, Secret, SecureRandom, ring,
};
use tls12::{
    AlertDescription, ClientConfig, Error, HEADROOM, Policy, ProviderError, SealError, ServerConfig, Side, TAILROOM,
};

const FAILED: ProviderError = ProviderError::Failed("the device");

const SUITES: [&str; 4] = [
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
];

/// Counts what is asked of it, and fails once.
#[derive(Debug)]
struct Calls {
    made: AtomicUsize,
    fails_at: AtomicUsize,
    how: Failure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Error,
    Panic,
}

impl Calls {
    fn failing_at(call: usize) -> Arc<Self> {
        Self::new(call, Failure::Error)
    }

    fn panicking_at(call: usize) -> Arc<Self> {
        Self::new(call, Failure::Panic)
    }

    fn new(call: usize, how: Failure) -> Arc<Self> {
        Arc::new(Self { made: AtomicUsize::new(0), fails_at: AtomicUsize::new(call), how })
    }

    fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    /// Fails at the call after so many more.
    fn fail_after(&self, more: usize) {
        self.fails_at.store(self.made() + more, Ordering::Relaxed);
    }

    fn count(&self) -> Result<(), ProviderError> {
        let call = self.made.fetch_add(1, Ordering::Relaxed);
        match self.how {
            _ if call != self.fails_at.load(Ordering::Relaxed) => Ok(()),
            Failure::Error => Err(FAILED),
            Failure::Panic => panic!("the device"),
        }
    }
}

/// ring's provider, behind the counter.
#[derive(Debug)]
struct Device(Arc<dyn Provider>, Arc<Calls>);

/// Something of ring's, behind the counter.
struct Counted<T: ?Sized>(Box<T>, Arc<Calls>);

impl Device {
    fn new(calls: &Arc<Calls>) -> Arc<Self> {
        Arc::new(Self(ring::provider(), Arc::clone(calls)))
    }

    fn counted<T: ?Sized>(&self, made: Result<Box<T>, ProviderError>) -> Result<Counted<T>, ProviderError> {
        self.1.count()?;
        Ok(Counted(made?, Arc::clone(&self.1)))
    }
}

impl Provider for Device {
    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Digest, ProviderError> {
        self.1.count()?;
        self.0.hash(algorithm, data)
    }

    fn hasher(&self, algorithm: HashAlgorithm) -> Result<Box<dyn Hasher>, ProviderError> {
        Ok(Box::new(self.counted(self.0.hasher(algorithm))?))
    }

    fn hmac_key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError> {
        Ok(Box::new(self.counted(self.0.hmac_key(algorithm, key))?))
    }

    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
        Ok(Box::new(self.counted(self.0.aead_key(algorithm, key))?))
    }

    fn cbc_sealer(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcSealer>, ProviderError> {
        Ok(Box::new(self.counted(self.0.cbc_sealer(cipher, mac, order, keys))?))
    }

    fn cbc_opener(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcOpener>, ProviderError> {
        self.1.count()?;
        self.0.cbc_opener(cipher, mac, order, keys)
    }

    fn rsa_encrypt(
        &self,
        key: &PublicKey,
        premaster: &Secret,
        random: &dyn SecureRandom,
    ) -> Result<Vec<u8>, ProviderError> {
        self.1.count()?;
        self.0.rsa_encrypt(key, premaster, random)
    }

    delegate!(0: random supports groups signature_algorithms load_private_key);
}

impl Hasher for Counted<dyn Hasher> {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn hash(&self) -> Result<Digest, ProviderError> {
        self.1.count()?;
        self.0.hash()
    }
}

impl HmacKey for Counted<dyn HmacKey> {
    fn sign(&self, parts: &[&[u8]]) -> Result<Digest, ProviderError> {
        self.1.count()?;
        self.0.sign(parts)
    }
}

impl AeadKey for Counted<dyn AeadKey> {
    /// Fails when the text is sealed already, which is the worst time.
    fn seal(&self, nonce: &[u8], aad: &[u8], text: &mut [u8], tag: &mut [u8]) -> Result<(), ProviderError> {
        self.0.seal(nonce, aad, text, tag)?;
        self.1.count()
    }

    fn open(&self, nonce: &[u8], aad: &[u8], text_and_tag: &mut [u8]) -> bool {
        self.0.open(nonce, aad, text_and_tag)
    }
}

impl CbcSealer for Counted<dyn CbcSealer> {
    fn seal(&mut self, records: &mut [CbcRecord<'_>]) -> Result<(), ProviderError> {
        self.0.seal(records)?;
        self.1.count()
    }
}

/// A pair whose `side` has the device, the other ring's provider.
fn pair(suite: &str, side: Failing, calls: &Arc<Calls>) -> Pair {
    let policy = Policy::legacy().suites(CipherSuite::from_name(suite));
    let (device, ring) = (Device::new(calls) as Arc<dyn Provider>, ring::provider());
    let (client, server) = match side {
        Failing::Client => (device, ring),
        Failing::Server => (ring, device),
    };
    let credential = PKI.server(KeyKind::Rsa).credential(&*ring::provider());
    // Tickets are another matter: a handshake goes on without one that cannot be sealed.
    let client = ClientConfig::builder_with_provider(client, Pinned::server()).policy(policy.clone());
    let server = ServerConfig::builder_with_provider(server, credential).policy(policy).no_tickets();
    Pair::new(client.build().unwrap(), server.build().unwrap())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failing {
    Client,
    Server,
}

impl Failing {
    /// The end that has the device, and the other.
    fn ends(self, pair: &mut Pair) -> (&mut End, &mut End) {
        match self {
            Self::Client => (&mut pair.client, &mut pair.server),
            Self::Server => (&mut pair.server, &mut pair.client),
        }
    }
}

/// This side says which operation has failed, and the peer is told `internal_error` (RFC 5246 §7.2.2).
#[test]
fn a_handshake_fails_cleanly_at_whichever_call_fails() {
    for suite in SUITES {
        for side in [Failing::Client, Failing::Server] {
            // What the configuration asks of its provider is not the handshake's.
            let calls = Calls::failing_at(usize::MAX);
            let mut pair_without = pair(suite, side, &calls);
            let first = calls.made();
            pair_without.run();
            pair_without.assert_connected();
            let last = calls.made();
            assert!(last > first + 10, "{suite} {side:?}: {first} to {last} calls");
            for call in first..last {
                let calls = Calls::failing_at(call);
                let mut pair = pair(suite, side, &calls);
                pair.run();
                let (ours, theirs) = side.ends(&mut pair);
                let place = format!("{suite}, {side:?}, call {call} of {first} to {last}");
                assert_eq!(ours.failure(), Some(&Error::Provider(FAILED)), "{place}");
                assert_eq!(ours.connection.error().map(Error::side), Some(Side::Local), "{place}");
                assert_eq!(theirs.failure(), Some(&Error::Alert(AlertDescription::InternalError)), "{place}");
            }
        }
    }
}

/// Neither bytes nor used sequence numbers are left of a write that fails at any of its records.
#[test]
fn a_write_that_fails_leaves_nothing_behind() {
    for suite in SUITES {
        let calls = Calls::failing_at(usize::MAX);
        let mut pair = pair(suite, Failing::Client, &calls);
        pair.run();
        pair.assert_connected();
        // 40 records: as many calls with an AEAD, and some in batches with CBC.
        let text: Vec<u8> = (0..40 << 14).map(|i: u32| (i % 251) as u8).collect();
        let before = calls.made();
        pair.client.connection.seal(&text, &mut pair.client.output).unwrap();
        let writes = calls.made() - before;
        assert!(writes > 2, "{suite}: {writes}");
        for after in 0..writes {
            let mut out = b"what was there before".to_vec();
            calls.fail_after(after);
            assert_eq!(
                pair.client.connection.seal(&text, &mut out),
                Err(SealError::Provider(FAILED)),
                "{suite} {after}"
            );
            assert_eq!(out, b"what was there before", "{suite} {after}");
        }
        // The peer takes what follows, which it would not if a number were missing.
        pair.client.connection.seal(b"and more", &mut pair.client.output).unwrap();
        pair.run();
        assert_eq!(pair.server.failure(), None, "{suite}");
        assert!(pair.server.data == [&text[..], b"and more"].concat(), "{suite}");
    }
}

/// What was to be sealed in place may be sealed in part, under a number that is used again.
#[test]
fn what_fails_in_place_is_wiped() {
    for suite in SUITES {
        let calls = Calls::failing_at(usize::MAX);
        let mut pair = pair(suite, Failing::Server, &calls);
        pair.run();
        let mut buffer = vec![0; HEADROOM + 1000 + TAILROOM];
        buffer[HEADROOM..HEADROOM + 1000].fill(0x5a);
        calls.fail_after(0);
        let text = HEADROOM..HEADROOM + 1000;
        let sealed = pair.server.connection.seal_in_place(&mut buffer, text.clone()).map(<[u8]>::to_vec);
        assert_eq!(sealed, Err(SealError::Provider(FAILED)), "{suite}");
        assert!(buffer.iter().all(|byte| *byte == 0), "{suite}");
        buffer[text.clone()].fill(0xa5);
        let sealed = pair.server.connection.seal_in_place(&mut buffer, text).unwrap();
        pair.server.output.extend_from_slice(sealed);
        pair.run();
        assert!(pair.client.data == [0xa5; 1000], "{suite}");
    }
}

/// Somebody who catches the panic has a connection that says so for ever. Of the flight that was being sent, only whole records
/// are there: the peer reads them, and waits for more.
#[test]
fn a_handshake_is_over_at_whichever_call_panics() {
    for suite in SUITES {
        for side in [Failing::Client, Failing::Server] {
            let calls = Calls::failing_at(usize::MAX);
            let mut pair_without = pair(suite, side, &calls);
            let first = calls.made();
            pair_without.run();
            pair_without.assert_connected();
            let last = calls.made();
            for call in first..last {
                let mut pair = pair(suite, side, &Calls::panicking_at(call));
                let place = format!("{suite}, {side:?}, call {call} of {first} to {last}");
                assert!(catch_unwind(AssertUnwindSafe(|| pair.run())).is_err(), "{place}: no panic");
                let End { connection, output, .. } = side.ends(&mut pair).0;
                let sent = output.len();
                assert_eq!(connection.process(&mut [], output).err(), Some(Error::Poisoned), "{place}");
                assert_eq!(connection.seal(b"data", output), Err(SealError::Closed), "{place}");
                assert!(connection.info().is_none() && connection.tls_exporter().is_err(), "{place}");
                connection.close(output);
                assert_eq!(output.len(), sent, "{place}: something is sent after the panic");
                // The side that panicked has said its last.
                let (ours, theirs) = side.ends(&mut pair);
                theirs.input.append(&mut ours.output);
                assert_eq!(theirs.run(), Ok(()), "{place}: what was sent is not whole");
                assert!(theirs.data.is_empty(), "{place}");
            }
        }
    }
}

/// What was laid out to be sealed is taken back as it is after an error, or the text would be sent in the clear by somebody who
/// catches the panic and sends what there is. No sequence number is used again.
#[test]
fn a_write_that_panics_leaves_nothing_behind() {
    for suite in SUITES {
        // Counted first, since each connection is good for one panic.
        let text: Vec<u8> = (0..40 << 14).map(|i: u32| (i % 251) as u8).collect();
        let calls = Calls::failing_at(usize::MAX);
        let mut counted = pair(suite, Failing::Client, &calls);
        counted.run();
        let before = calls.made();
        counted.client.connection.seal(&text, &mut Vec::new()).unwrap();
        let writes = calls.made() - before;
        assert!(writes > 2, "{suite}: {writes}");
        for after in [0, 1, writes / 2, writes - 1] {
            let calls = Calls::panicking_at(usize::MAX);
            let mut pair = pair(suite, Failing::Client, &calls);
            pair.run();
            calls.fail_after(after);
            let connection = &mut pair.client.connection;
            let mut out = b"what was there before".to_vec();
            assert!(catch_unwind(AssertUnwindSafe(|| connection.seal(&text, &mut out))).is_err(), "{suite} {after}");
            assert_eq!(out, b"what was there before", "{suite} {after}");
            // The peer misses the records, and says so: none of them is replaced by another under its number.
            connection.seal(b"and more", &mut pair.client.output).unwrap();
            pair.run();
            assert_eq!(pair.server.failure(), Some(&Error::BadRecordMac), "{suite} {after}");
            assert!(pair.server.data.is_empty(), "{suite} {after}");
        }
    }
}

/// Nothing is sent then, so that the peer sees a truncation, and this side is closed all the same.
#[test]
fn a_close_notify_that_cannot_be_sealed_is_not_sent() {
    for suite in SUITES {
        let calls = Calls::failing_at(usize::MAX);
        let mut pair = pair(suite, Failing::Client, &calls);
        pair.run();
        calls.fail_after(0);
        let mut out = Vec::new();
        pair.client.connection.close(&mut out);
        assert!(out.is_empty(), "{suite}");
        assert_eq!(pair.client.connection.seal(b"more", &mut out), Err(SealError::Closed), "{suite}");
    }
}
