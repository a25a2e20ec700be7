//! Compares this library, with each of its providers, to rustls with the same primitives and to OpenSSL. They take turns in one
//! process, round by round. Prints a table of ratios, and writes it to `benches/RESULTS.md`, with a chart in `benches/results.svg`.
//!
//! Run it with `cargo run --release --manifest-path benches/peers/Cargo.toml`. An argument selects the works whose names contain
//! it, and `growth` only the tables of growth; nothing is written then.

mod chart;
mod growth;
mod openssl;
mod ours;
#[path = "../../../tests/support/pki.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod pki;
mod report;
mod rounds;
mod rustls;
mod work;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use ::rustls::crypto::{aws_lc_rs, ring};
use tls12::crypto::MacOrder::{EncryptThenMac, MacThenEncrypt};
use tls12::crypto::Provider;

use report::Report;
use rounds::{Contender, compare};
use work::{By, Work};

const ECDSA_GCM: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
const RSA_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const STATIC_RSA: &str = "TLS_RSA_WITH_AES_128_GCM_SHA256";
const CBC_128: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA";
const CBC_256: &str = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA";

const KIB: usize = 1 << 10;

fn works() -> Vec<Work> {
    let records = |suite, order, len| Work::Records { suite, order, len };
    let mut works = vec![
        Work::Resume { suite: ECDSA_GCM, by: By::Id },
        Work::Resume { suite: ECDSA_GCM, by: By::Ticket },
        Work::Full { suite: ECDSA_GCM },
        Work::Full { suite: RSA_GCM },
        Work::Full { suite: STATIC_RSA },
    ];
    works.extend([16 * KIB, KIB, 64].map(|len| records(ECDSA_GCM, MacThenEncrypt, len)));
    works.extend([16 * KIB, 256 * KIB, KIB, 64].map(|len| records(CBC_128, MacThenEncrypt, len)));
    works.push(records(CBC_128, EncryptThenMac, 16 * KIB));
    works.extend([16 * KIB, 256 * KIB].map(|len| records(CBC_256, MacThenEncrypt, len)));
    works
}

fn contenders(work: Work) -> Vec<Contender> {
    let providers: [(&str, Arc<dyn Provider>); 3] = [
        ("ours, ring", tls12::crypto::ring::provider()),
        ("ours, aws-lc-rs", tls12::crypto::aws_lc_rs::provider()),
        ("ours, rustcrypto", tls12::crypto::rustcrypto::provider()),
    ];
    let runs: Vec<(&str, Option<Run>)> = providers
        .iter()
        .map(|(name, provider)| (*name, ours::run(provider, work)))
        .chain([
            ("rustls, ring", rustls::run(&ring::default_provider(), &ring::Ticketer::new().unwrap(), work)),
            (
                "rustls, aws-lc-rs",
                rustls::run(&aws_lc_rs::default_provider(), &aws_lc_rs::Ticketer::new().unwrap(), work),
            ),
            ("OpenSSL", openssl::run(work)),
        ])
        .collect();
    runs.into_iter().filter_map(|(name, run)| Some(Contender { name, run: run? })).collect()
}

/// The average time in nanoseconds: of client and server, or of sealing and opening.
type Spent = [f64; 2];

/// Does the work this many times.
type Run = Box<dyn FnMut(u32) -> Spent>;

/// Adds the time that `f` takes to `spent`, in nanoseconds.
fn timed<R>(spent: &mut f64, f: impl FnOnce() -> R) -> R {
    let start = Instant::now();
    let result = f();
    *spent += start.elapsed().as_secs_f64() * 1e9;
    result
}

/// A text to send.
fn text(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i * 31 % 251).unwrap()).collect()
}

fn main() {
    // Only works whose names contain this.
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let mut report = Report::new(::openssl::version::version());
    for work in works().into_iter().filter(|work| work.name().contains(&wanted)) {
        let measured = compare(contenders(work), work.times());
        print!("{}", report.add(work, &measured));
    }
    if wanted.is_empty() || wanted == "growth" {
        report.growth = growth::tables();
        print!("{}", report.growth);
    }
    if wanted.is_empty() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        std::fs::write(here.join("RESULTS.md"), report.markdown()).unwrap();
        std::fs::write(here.join("results.svg"), chart::svg(&report.rows)).unwrap();
    }
}
