//! What is left of secrets in memory that was freed: the allocator looks at every block that comes back.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use rsa::BoxedUint;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::traits::PublicKeyParts;
use rustls_pki_types::PrivateKeyDer;
use tls12::crypto::{CipherSuite, PrivateKey, Provider, Secret, SecureRandom, ring, rustcrypto};
use tls12::session::TicketRing;
use tls12::{Agreement, ClientConfig, Credential, Policy, PresharedKey, ProviderError, SealError, ServerConfig};

use crate::faults::{self, Fault};
use crate::pair::{Anybody, connect, now};
use crate::private_key;
use crate::provider::{self, Opening, Watched};
use crate::steps::arena;

/// What ring leaves.
const LEFT: &[&str] = &["AEAD key"];

/// What it leaves as well, once, where it loads an RSA key: it copies d to check it, and multiplies q by p to check them. It loads none if this
/// crate signs with vector instructions in its place.
const LEFT_BY_LOADING: &[&str] = &["RSA: d", "RSA: q"];

/// What may be left as well in a build that is not the usual one. Values that are moved, and registers, leave copies on the stack (the
/// round keys of `aes`, spread over wide vectors, too). A value with bytes that it does not use, such as an HMAC key of ring's or a small
/// variant of an enum, takes to the heap what is there. The layout of the stack decides whether that happens.
const MAY_BE_LEFT: &[&str] = if IS_USUAL { &[] } else { &["CBC key", "MAC state"] };

/// Whether the compiler has the options of the release profile.
const IS_USUAL: bool = option_env!("CARGO_PROFILE_RELEASE_OPT_LEVEL").is_none()
    && option_env!("CARGO_PROFILE_RELEASE_LTO").is_none()
    && option_env!("RUSTFLAGS").is_none();

/// The bytes of a secret that are looked for.
const LOOKED_FOR: usize = 16;
const MOST: usize = 2048;
static WORDS: [[AtomicU64; 2]; MOST] = [const { [const { AtomicU64::new(0) }; 2] }; MOST];
static FOUND: [AtomicUsize; MOST] = [const { AtomicUsize::new(0) }; MOST];
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// Which first two bytes the secrets have, a bit each, so that few windows are compared with all of them.
static FIRST: [AtomicU64; 1 << 10] = [const { AtomicU64::new(0) }; 1 << 10];

/// The system's allocator, which looks at what is freed; or the arena, while it is on.
pub struct Looking;

// SAFETY: all is done by the system's allocator, or by the arena, whose blocks do not overlap. What is freed is only read before, within
// its length.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if let Some(block) = arena::allocate(layout) {
            return block;
        }
        // Zeroed, so that nothing is found that was never written there.
        // SAFETY: the caller's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if arena::owns(block) {
            return;
        }
        let count = COUNT.load(Relaxed);
        if count > 0 {
            // SAFETY: the block is still allocated, this long, and all of it was written when it was allocated.
            look(unsafe { std::slice::from_raw_parts(block, layout.size()) }, count);
        }
        // SAFETY: the caller's.
        unsafe { System.dealloc(block, layout) }
    }
}

fn look(block: &[u8], count: usize) {
    for window in block.windows(LOOKED_FOR) {
        let (at, bit) = first(window);
        if FIRST[at].load(Relaxed) & bit == 0 {
            continue;
        }
        let word = |at: usize| u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|i| window[at + i]));
        let words = [word(0), word(8)];
        for (secret, found) in WORDS.iter().zip(&FOUND).take(count) {
            if secret[0].load(Relaxed) == words[0] && secret[1].load(Relaxed) == words[1] {
                found.fetch_add(1, Relaxed);
            }
        }
    }
}

/// The place of these first two bytes in [`FIRST`].
fn first(bytes: &[u8]) -> (usize, u64) {
    (usize::from(bytes[0]) << 2 | usize::from(bytes[1] >> 6), 1 << (bytes[1] & 63))
}

/// What the secrets are called, in the order in which they were noted. Never freed.
static NAMES: std::sync::Mutex<Vec<&'static str>> = std::sync::Mutex::new(Vec::new());

/// Looks for this secret from now on; not for its first bytes, which a form may change.
pub fn note(name: &'static str, secret: &[u8]) {
    if let Some(middle) = secret.get(8..8 + LOOKED_FOR) {
        note_bytes(name, middle);
    }
}

/// The same for a key, which need not be longer than what is looked for, and has no form.
pub fn note_key(name: &'static str, key: &[u8]) {
    note_bytes(name, &key[..LOOKED_FOR]);
}

fn note_bytes(name: &'static str, bytes: &[u8]) {
    let mut names = NAMES.lock().unwrap();
    let at = COUNT.load(Relaxed);
    assert!(at < MOST, "too many secrets");
    for (half, word) in bytes.chunks(8).zip(&WORDS[at]) {
        word.store(u64::from_le_bytes(half.try_into().unwrap()), Relaxed);
    }
    let (at_first, bit) = first(bytes);
    FIRST[at_first].fetch_or(bit, Relaxed);
    names.push(name);
    COUNT.store(at + 1, Relaxed);
}

/// How often each secret was found since.
fn found() -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for (name, found) in NAMES.lock().unwrap().iter().zip(&FOUND) {
        *counts.entry(*name).or_default() += found.load(Relaxed);
    }
    counts
}

/// Handshakes and sessions of every kind, dropped; returns what is wrong with what they left.
pub fn check() -> Vec<String> {
    let mut control = vec![0; 32];
    ring::provider().random().fill(&mut control).unwrap();
    note("a control", &control);
    drop(control);
    let key = by_rsa();
    by_rsa_of_rustcrypto();
    encrypted_by_rsa();
    by_psk();
    rings();
    sealed_in_part();
    // The panics of the faults are expected.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|panic| {
        let told = panic.to_string();
        if !told.contains(faults::TEXT) {
            eprintln!("{told}");
        }
    }));
    let faults = [Fault::Error, Fault::Panic].map(|fault| by_faults(&key, fault));
    sealing_panics();
    std::panic::set_hook(hook);
    println!("calls of the provider that failed, and that panicked: {faults:?}");
    let counts = found();
    println!("left in freed memory: {counts:?}");
    let loading = if fearless_simd::Level::new().as_avx512().is_some() { &[] } else { LEFT_BY_LOADING };
    let expected: BTreeSet<&str> = LEFT.iter().chain(loading).chain(&["a control"]).copied().collect();
    let left: BTreeSet<&str> = counts.iter().filter(|(_, count)| **count > 0).map(|(name, _)| *name).collect();
    let unknown = left.difference(&expected).filter(|name| !MAY_BE_LEFT.contains(name));
    let unknown = unknown.map(|name| format!("{name} is left in freed memory"));
    let gone = expected.difference(&left).map(|name| format!("{name} is said to be left in freed memory, and is not"));
    unknown.chain(gone).collect()
}

/// Wipes a copy of the tests' own.
fn forget(secret: &mut [u8]) {
    secret.fill(0);
    std::hint::black_box(secret);
}

/// Full handshakes by RSA, under an AEAD and under CBC, resumed by ID and by ticket; with a key that is loaded, and is
/// returned.
fn by_rsa() -> Arc<dyn PrivateKey> {
    let key = fresh_key(&*ring::provider(), private_key::NAMES);
    for suite in ["TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"] {
        for tickets in [true, false] {
            let policy = Policy::legacy().suites(CipherSuite::from_name(suite)).encrypt_then_mac(Agreement::Never);
            let certificate = provider::certificate(key.public_key().key());
            let credential = Credential::new(vec![certificate], Arc::clone(&key)).unwrap();
            let [ours, theirs] = [Watched::noting(), Watched::noting()];
            let client =
                ClientConfig::builder_with_provider(Arc::clone(&ours) as _, Arc::new(Anybody)).key_log(ours.masters());
            let server = ServerConfig::builder_with_provider(theirs, credential);
            let server = if tickets { server } else { server.no_tickets() };
            let (client, server) =
                (client.policy(policy.clone()).build().unwrap(), server.policy(policy).build().unwrap());
            for resumes in [false, true] {
                let (client, server) = connect(&client, &server);
                assert!(client.is_connected && server.is_connected, "{:?} {:?}", client.error, server.error);
                assert_eq!(server.connection.info().unwrap().resumed(), resumes);
            }
        }
    }
    key
}

/// A key that RustCrypto alone has, which is dropped: neither loading nor an operation leaves anything, nor does the key.
fn by_rsa_of_rustcrypto() {
    let provider = rustcrypto::provider();
    let key = fresh_key(&*provider, private_key::NAMES_BY_RUSTCRYPTO);
    for byte in [1, 2] {
        key.decrypt().unwrap().decrypt_raw(&[byte; 256], provider.random()).unwrap();
    }
    for &scheme in key.schemes() {
        key.sign(scheme, b"message").unwrap();
    }
}

/// A premaster secret that is encrypted: it is looked for in the message, as its bytes, as words, and in Montgomery form. Whoever knows the
/// modulus can compute it from each of these.
fn encrypted_by_rsa() {
    let provider = ring::provider();
    let key = provider.load_private_key(PrivateKeyDer::Pkcs8(private_key::generate().into())).unwrap();
    let public = rsa::PublicKey::from_pkcs1_der(key.public_key().key()).unwrap();
    let mut message = [0; 256];
    provider.random().fill(&mut message).unwrap();
    message.iter_mut().for_each(|byte| *byte |= u8::from(*byte == 0));
    message[..2].copy_from_slice(&[0, 2]);
    message[207] = 0;
    // What computes this is freed before anything is looked for.
    let number = BoxedUint::from_be_slice(&message, 4096).unwrap();
    let in_montgomery_form = number.shl(2048).rem(public.n());
    let forms = [number, in_montgomery_form].map(|number| number.to_le_bytes());
    for (name, mut words) in ["premaster secret in words", "premaster secret in Montgomery form"].into_iter().zip(forms)
    {
        note(name, &words);
        forget(&mut words);
    }
    note("premaster secret with its padding", &message);
    let premaster = Secret::new(message[208..].to_vec());
    let encrypted = provider.rsa_encrypt(key.public_key(), &premaster, &Padding(message[2..207].to_vec())).unwrap();
    assert_eq!(key.decrypt().unwrap().decrypt_raw(&encrypted, provider.random()).unwrap().expose(), message);
    forget(&mut message);
}

/// Draws this, which is wiped on drop.
struct Padding(Vec<u8>);

impl SecureRandom for Padding {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        out.copy_from_slice(&self.0);
        Ok(())
    }
}

impl Drop for Padding {
    fn drop(&mut self) {
        forget(&mut self.0);
    }
}

/// Loads a key whose private numbers are looked for, by these names.
fn fresh_key(provider: &dyn Provider, names: [&'static str; 6]) -> Arc<dyn PrivateKey> {
    let mut der = private_key::generate();
    for (name, part) in names.iter().zip(private_key::private_parts(&der)) {
        let number = &der[part];
        note(name, number);
        // As it lies in memory, in words, the lowest first.
        let mut words: Vec<u8> = number.iter().rev().copied().collect();
        note(name, &words);
        forget(&mut words);
    }
    let key = provider.load_private_key(PrivateKeyDer::Pkcs8(der.clone().into())).unwrap();
    forget(&mut der);
    key
}

fn by_psk() {
    let mut key = vec![0; 32];
    ring::provider().random().fill(&mut key).unwrap();
    note("pre-shared key", &key);
    let psk = |key| PresharedKey::new(b"me", Secret::new(key)).unwrap();
    for suite in ["TLS_PSK_WITH_AES_128_GCM_SHA256", "TLS_PSK_WITH_AES_256_CBC_SHA384"] {
        let policy = Policy::legacy().suites(CipherSuite::from_name(suite));
        let ours = Watched::noting_ivs();
        let client = ClientConfig::builder_with_psk_only(Arc::clone(&ours) as _).key_log(ours.masters());
        let client = client.preshared_key(psk(key.clone())).policy(policy.clone()).build().unwrap();
        let server = ServerConfig::builder_with_psk_only(Watched::noting_ivs()).preshared_keys([psk(key.clone())]);
        let (client, server) = connect(&client, &server.policy(policy).build().unwrap());
        assert!(client.is_connected && server.is_connected);
    }
    forget(&mut key);
}

/// The ticket keys of a fleet, changed and written.
fn rings() {
    let provider = Watched::noting();
    let random = tls12::crypto::Provider::random(&*provider);
    let ring = TicketRing::new(random, now()).unwrap();
    let ring = ring.rotated(random, now(), 3600).unwrap();
    let bytes = ring.to_bytes();
    let read = TicketRing::from_bytes(bytes.expose()).unwrap();
    assert_eq!(read.generation(), 2);
}

/// A write of four records, of which the third cannot be sealed: of the third and the fourth the text must not be left, nor
/// anything be sent; and what is sent next has the numbers that were not used.
fn sealed_in_part() {
    let policy = Policy::legacy().suites(CipherSuite::from_name("TLS_PSK_WITH_AES_128_GCM_SHA256"));
    let psk = || PresharedKey::new(b"me", Secret::new(vec![7; 32])).unwrap();
    let ours = Watched::noting();
    let client = ClientConfig::builder_with_psk_only(Arc::clone(&ours) as _).preshared_key(psk());
    let server = ServerConfig::builder_with_psk_only(Watched::new(Opening::Ours)).preshared_keys([psk()]);
    let (mut client, mut server) =
        connect(&client.policy(policy.clone()).build().unwrap(), &server.policy(policy).build().unwrap());
    let mut text = vec![0; 60_000];
    ring::provider().random().fill(&mut text).unwrap();
    note("text that was not sealed", &text[40_000..]);
    let mut out = Vec::with_capacity(1 << 17);
    out.extend(b"before");
    ours.faults.at_seal(3, Fault::Error);
    let failed = client.connection.seal(&text, &mut out);
    assert!(matches!(failed, Err(SealError::Provider(_))), "{failed:?}");
    assert_eq!(out, b"before");
    drop(out);
    let mut next = Vec::new();
    client.connection.seal(b"next", &mut next).unwrap();
    server.receive(&mut next);
    assert_eq!(server.error, None);
    forget(&mut text);
}

/// Handshakes of which one call of the provider goes wrong: each call of each side in turn. Whatever was drawn or derived until
/// then must not be left. Returns the number of calls.
fn by_faults(key: &Arc<dyn PrivateKey>, fault: Fault) -> usize {
    let mut calls = 0;
    for suite in
        ["TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_PSK_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA"]
    {
        for clients in [true, false] {
            let mut at = 1;
            while !connects_with_fault(suite, key, clients, at, fault) {
                at += 1;
            }
            // Each side draws, hashes, derives and seals more often than this.
            assert!(at > 8, "{suite}: {at}");
            calls += at - 1;
        }
    }
    calls
}

/// A handshake of which this call goes wrong, of the client or of the server. Returns whether it has fewer calls.
fn connects_with_fault(suite: &str, key: &Arc<dyn PrivateKey>, clients: bool, at: usize, fault: Fault) -> bool {
    let policy = Policy::legacy().suites(CipherSuite::from_name(suite)).encrypt_then_mac(Agreement::Never);
    let psk = || PresharedKey::new(b"me", Secret::new(vec![7; 32])).unwrap();
    let [ours, theirs] = [Watched::noting(), Watched::noting()];
    let (client, server) = if suite.contains("_PSK_") {
        (
            ClientConfig::builder_with_psk_only(Arc::clone(&ours) as _).preshared_key(psk()),
            ServerConfig::builder_with_psk_only(Arc::clone(&theirs) as _).preshared_keys([psk()]),
        )
    } else {
        let credential = Credential::new(vec![provider::certificate(key.public_key().key())], Arc::clone(key)).unwrap();
        (
            ClientConfig::builder_with_provider(Arc::clone(&ours) as _, Arc::new(Anybody)),
            ServerConfig::builder_with_provider(Arc::clone(&theirs) as _, credential),
        )
    };
    // One side is enough to know the master secret.
    let client = client.key_log(ours.masters()).policy(policy.clone()).no_session_store().build().unwrap();
    let server = server.policy(policy).no_session_store().no_tickets().build().unwrap();
    let faulty = if clients { &ours } else { &theirs };
    faulty.faults.at_call(at, fault);
    let connected = catch_unwind(AssertUnwindSafe(|| {
        let (client, server) = connect(&client, &server);
        client.is_connected && server.is_connected
    }));
    let is_over = faulty.faults.is_ahead();
    assert_eq!(connected.is_ok_and(|connected| connected), is_over, "{suite}, call {at}, {fault:?}");
    is_over
}

/// A write of four records, at the third of which the provider panics: the text must not be left.
fn sealing_panics() {
    let policy = Policy::legacy().suites(CipherSuite::from_name("TLS_PSK_WITH_AES_128_GCM_SHA256"));
    let psk = || PresharedKey::new(b"me", Secret::new(vec![7; 32])).unwrap();
    let ours = Watched::noting();
    let client = ClientConfig::builder_with_psk_only(Arc::clone(&ours) as _).preshared_key(psk());
    let server = ServerConfig::builder_with_psk_only(Watched::new(Opening::Ours)).preshared_keys([psk()]);
    let (mut client, _) =
        connect(&client.policy(policy.clone()).build().unwrap(), &server.policy(policy).build().unwrap());
    let mut text = vec![0; 60_000];
    ring::provider().random().fill(&mut text).unwrap();
    note("text at whose sealing the provider panicked", &text[40_000..]);
    let mut out = Vec::with_capacity(1 << 17);
    ours.faults.at_seal(3, Fault::Panic);
    assert!(catch_unwind(AssertUnwindSafe(|| client.connection.seal(&text, &mut out))).is_err());
    drop(out);
    forget(&mut text);
}
