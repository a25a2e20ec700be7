//! A statistical test of timing, after dudect (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?", DATE 2017): two
//! classes of input, in random order, measured in cycles, and compared by Welch's t-test, over all samples and over those below
//! several percentiles. To be run by hand, on a machine that is otherwise idle:
//!
//! ```text
//! cargo run --release --manifest-path tests/constant_time/Cargo.toml -- timing 20
//! ```
//!
//! measures each for 20 seconds, and `timing 20 open` those with "open" in their name. The controls, which leak, must be found.

use std::arch::x86_64::{_mm_lfence, _rdtsc};
use std::hint::black_box;
use std::time::{Duration, Instant};

use rand::RngExt;
use rustls_pki_types::PrivateKeyDer;
use tls12::crypto::{CbcCipher, CbcKeys, CbcOpener, CipherSuite, DecryptedPremaster, HashAlgorithm, MacOrder, ring};

use crate::controls::{NaiveOpener, naive_comparison};
use crate::handshakes::{self, FixedRandom};
use crate::provider::Keys;
use crate::records::{self, Fault};
use crate::{pair, private_key};

/// What makes a difference significant, as in dudect and in TVLA.
const SIGNIFICANT: f64 = 4.5;

/// Runs once on an input of the first class or of the second, and returns the cycles that it took.
type Measured = Box<dyn FnMut(bool) -> u64>;

/// What is measured: a name, whether it is known to leak, and how.
type Subject = (&'static str, bool, fn() -> Measured);

const SUBJECTS: [Subject; 12] = [
    ("control: comparison that stops early, first byte or last", true, naive_bytes),
    ("control: opener that stops at the padding, bad MAC or bad padding", true, naive_opener),
    ("nothing: the same record in both classes", false, || {
        opener(0, [(15, Fault::FirstOfMac), (15, Fault::FirstOfMac)])
    }),
    ("open, HMAC-SHA-1: bad MAC or bad padding", false, || {
        opener(0, [(15, Fault::FirstOfMac), (15, Fault::LastOfPadding)])
    }),
    ("open, HMAC-SHA-256: bad MAC or bad padding", false, || {
        opener(1, [(15, Fault::FirstOfMac), (15, Fault::LastOfPadding)])
    }),
    ("open, HMAC-SHA-384: bad MAC or bad padding", false, || {
        opener(2, [(15, Fault::FirstOfMac), (15, Fault::LastOfPadding)])
    }),
    ("open, HMAC-SHA-1: bad MAC under 1 or 256 bytes of padding", false, || {
        opener(0, [(0, Fault::FirstOfMac), (255, Fault::FirstOfMac)])
    }),
    ("open, HMAC-SHA-256: bad MAC under 1 or 256 bytes of padding", false, || {
        opener(1, [(0, Fault::FirstOfMac), (255, Fault::FirstOfMac)])
    }),
    ("open, HMAC-SHA-384: bad MAC under 1 or 256 bytes of padding", false, || {
        opener(2, [(0, Fault::FirstOfMac), (255, Fault::FirstOfMac)])
    }),
    ("premaster secret: good or bad padding", false, premaster),
    ("Finished: wrong in the first byte or in the last", false, finished),
    ("RSA private operation: result with 64 leading zero bytes, or with one", false, private_operation),
];

/// Measures each whose name contains `part` for this long, prints a table, and returns what is not as it should be.
pub fn run(each: Duration, part: &str) -> Vec<String> {
    let mut problems = Vec::new();
    println!("| measured | samples | largest absolute t |\n|---|---|---|");
    for (name, leaks, make) in SUBJECTS {
        if !name.contains(part) {
            continue;
        }
        let samples = sample(make(), each);
        let t = largest_t(&samples);
        println!("| {name} | {} | {t:.1} |", samples.len());
        if (t > SIGNIFICANT) != leaks {
            problems.push(format!("{name}: |t| = {t:.1}"));
        }
    }
    problems
}

/// The class and the cycles of each sample.
fn sample(mut measured: Measured, each: Duration) -> Vec<(bool, u64)> {
    let mut random = rand::rng();
    // Until caches and the processor's clock have settled.
    let settled = Instant::now() + each / 10;
    while Instant::now() < settled {
        black_box(measured(random.random()));
    }
    let mut samples = Vec::new();
    let end = Instant::now() + each;
    while Instant::now() < end && samples.len() < 20_000_000 {
        let class = random.random();
        samples.push((class, measured(class)));
    }
    samples
}

/// The largest |t|: of all samples, and of those up to these percentiles of both classes together, without the interruptions.
fn largest_t(samples: &[(bool, u64)]) -> f64 {
    let mut sorted: Vec<u64> = samples.iter().map(|(_, cycles)| *cycles).collect();
    sorted.sort_unstable();
    let percentiles = [1.0, 0.999, 0.99, 0.95, 0.9, 0.75, 0.5];
    let limits = percentiles.map(|part| sorted[((sorted.len() - 1) as f64 * part) as usize]);
    limits.map(|limit| t(samples.iter().filter(|(_, cycles)| *cycles <= limit)).abs()).into_iter().fold(0.0, f64::max)
}

/// Welch's t of the two classes.
fn t<'a>(samples: impl Iterator<Item = &'a (bool, u64)>) -> f64 {
    // Number, mean, and sum of squared differences from it (Welford).
    let mut classes = [(0.0, 0.0, 0.0); 2];
    for (class, cycles) in samples {
        let (n, mean, squares) = &mut classes[usize::from(*class)];
        let cycles = *cycles as f64;
        *n += 1.0;
        let from_old = cycles - *mean;
        *mean += from_old / *n;
        *squares += from_old * (cycles - *mean);
    }
    let [(n0, mean0, squares0), (n1, mean1, squares1)] = classes;
    let error = (squares0 / (n0 - 1.0) / n0 + squares1 / (n1 - 1.0) / n1).sqrt();
    if error > 0.0 { (mean0 - mean1) / error } else { 0.0 }
}

/// Writes the input of the class to `out`. Both inputs are read, and there is no branch, so that what is measured afterwards finds
/// caches and predictors in the same state.
fn choose(out: &mut [u8], [first, second]: &[Vec<u8>; 2], class: bool) {
    let mask = black_box(u8::from(class).wrapping_neg());
    for ((out, first), second) in out.iter_mut().zip(first).zip(second) {
        *out = first ^ (mask & (first ^ second));
    }
}

/// How many cycles `work` takes.
fn cycles<T>(work: impl FnOnce() -> T) -> u64 {
    let now = || {
        // SAFETY: every x86-64 has these instructions.
        unsafe {
            _mm_lfence();
            let now = _rdtsc();
            _mm_lfence();
            now
        }
    };
    let start = now();
    black_box(work());
    now() - start
}

fn naive_bytes() -> Measured {
    let expected = [7; 12];
    let mut inputs = [expected.to_vec(), expected.to_vec()];
    inputs[0][0] ^= 1;
    inputs[1][11] ^= 1;
    let mut given = expected;
    Box::new(move |class| {
        choose(&mut given, &inputs, class);
        cycles(|| naive_comparison(black_box(&expected), black_box(&given)))
    })
}

/// One suite of each MAC: its cipher, the length of its key, and the MAC.
const KEYS: [(CbcCipher, usize, HashAlgorithm); 3] = [
    (CbcCipher::Aes128, 16, HashAlgorithm::Sha1),
    (CbcCipher::Aes128, 16, HashAlgorithm::Sha256),
    (CbcCipher::Aes256, 32, HashAlgorithm::Sha384),
];

/// Two records of the same length, opened by the provider.
fn opener(suite: usize, classes: [(usize, Fault); 2]) -> Measured {
    let (cipher, cipher_len, mac) = KEYS[suite];
    let keys = Keys { cipher: vec![0x11; cipher_len], mac: vec![0x22; mac.output_len()] };
    let given = CbcKeys::new(&keys.cipher, &keys.mac);
    let opener = ring::provider().cbc_opener(cipher, mac, MacOrder::MacThenEncrypt, given).unwrap();
    open(opener, &keys, classes)
}

fn naive_opener() -> Measured {
    let keys = Keys { cipher: vec![0x11; 16], mac: vec![0x22; 20] };
    let opener = NaiveOpener::new(CbcKeys::new(&keys.cipher, &keys.mac));
    open(Box::new(opener), &keys, [(15, Fault::FirstOfMac), (15, Fault::LastOfPadding)])
}

/// Opens records of one length, with these paddings and faults.
fn open(mut opener: Box<dyn CbcOpener>, keys: &Keys, classes: [(usize, Fault); 2]) -> Measured {
    let bodies = classes.map(|(padding, fault)| {
        let text_len = BODY_LEN - keys.mac.len() - padding - 1;
        records::body(keys, 0, text_len, padding, fault).unwrap()
    });
    let mut body = bodies[0].clone();
    Box::new(move |class| {
        choose(&mut body, &bodies, class);
        cycles(|| assert!(opener.open(records::header(0), &records::IV, black_box(&mut body)).is_none()))
    })
}

/// The length of the encrypted part of the records: longer than the longest padding and MAC.
const BODY_LEN: usize = 336;

fn premaster() -> Measured {
    let inputs = handshakes::good_and_bad();
    let mut encoded = inputs[0].clone();
    Box::new(move |class| {
        choose(&mut encoded, &inputs, class);
        cycles(|| DecryptedPremaster::unpad(black_box(&encoded)).or_random(&FixedRandom))
    })
}

/// A handshake each time; only the last record from the client, with its Finished, is measured.
fn finished() -> Measured {
    let suite = CipherSuite::from_name("TLS_PSK_WITH_AES_128_GCM_SHA256").unwrap();
    let configs = [0, 11].map(|byte| handshakes::with_wrong_finished(suite, byte));
    Box::new(move |class| {
        // The same server, so that what is measured reads the same memory.
        let (mut client, mut server) = pair::start(&configs[usize::from(class)].0, &configs[0].1);
        server.receive(&mut client.output);
        client.receive(&mut server.output);
        let mut last = client.output.split_off(pair::last_record(&client.output));
        server.receive(&mut client.output);
        let taken = cycles(|| server.receive(&mut last));
        assert_eq!(server.error, Some(tls12::Error::FinishedMismatch));
        taken
    })
}

/// Ciphertexts of a number that is small, and of one that is not: what the Marvin attack tells apart.
fn private_operation() -> Measured {
    let der = private_key::generate();
    let provider = ring::provider();
    let key = provider.load_private_key(PrivateKeyDer::Pkcs8(der.into())).unwrap();
    let mut random = rand::rng();
    let ciphertexts = [64, 1].map(|zeros| {
        // Many of each, so that no single number decides.
        let one = || private_key::encrypt_raw(key.public_key().key(), zeros);
        (0..256).map(|_| one()).collect::<Vec<_>>()
    });
    Box::new(move |class| {
        let ciphertext = &ciphertexts[usize::from(class)][random.random_range(0..256)];
        let key = key.decrypt().unwrap();
        cycles(|| key.decrypt_raw(black_box(ciphertext), provider.random()).unwrap())
    })
}
