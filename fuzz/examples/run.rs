//! Runs the fuzz targets without libFuzzer: on every seed, and then on mutated seeds, without looking at what they reach.
//!
//! ```text
//! cargo run --example run -- SECONDS [TARGET [SEED]]
//! ```
//!
//! An input at which a target panics is written to `artifacts/`.

#[path = "seeds/seeds.rs"]
mod seeds;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use seeds::Seed;
use tls12_fuzz::random::Random;
use tls12_fuzz::targets;

/// The longest input.
const MAX_LEN: usize = 1 << 15;
/// The most changes to one input.
const MAX_CHANGES: usize = 8;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds = arguments.first().map_or(5, |seconds| seconds.parse().expect("the number of seconds"));
    let chosen = arguments.get(1);
    let seed = arguments.get(2).map_or(1, |seed| seed.parse().expect("the seed, a number"));
    assert!(chosen.is_none_or(|chosen| targets::ALL.iter().any(|(name, _)| name == chosen)), "no such target");
    let seeds = seeds::all();
    let mut is_sound = true;
    for (name, target) in targets::ALL.into_iter().filter(|(name, _)| chosen.is_none_or(|chosen| chosen == name)) {
        let corpus: Vec<&Seed> = seeds.iter().filter(|seed| seed.target == name).collect();
        let outcome = run(target, &corpus, Duration::from_secs(seconds), &mut Random(seed));
        println!("{name}: {} seeds, {} inputs", corpus.len(), outcome.inputs);
        if let Some(input) = outcome.failed {
            // A seed under its own name.
            let of_run = format!("run-{seed}");
            let file = corpus.get(outcome.inputs - 1).map_or(&of_run, |seed| &seed.name);
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts").join(name).join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, input).unwrap();
            println!("{name}: panicked at {}", file.display());
            is_sound = false;
        }
    }
    if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Outcome {
    inputs: usize,
    /// The input at which the target panicked.
    failed: Option<Vec<u8>>,
}

/// Runs a target on its corpus, and then on mutations of it, for this long.
fn run(target: fn(&[u8]), corpus: &[&Seed], time: Duration, random: &mut Random) -> Outcome {
    assert!(!corpus.is_empty(), "no seeds");
    let end = Instant::now() + time;
    let mut inputs = 0;
    while inputs < corpus.len() || Instant::now() < end {
        let input = match corpus.get(inputs) {
            Some(seed) => seed.bytes.clone(),
            None => mutated(corpus, random),
        };
        inputs += 1;
        if catch_unwind(|| target(&input)).is_err() {
            return Outcome { inputs, failed: Some(input) };
        }
    }
    Outcome { inputs, failed: None }
}

/// One of the corpus, with a few changes.
fn mutated(corpus: &[&Seed], random: &mut Random) -> Vec<u8> {
    let mut input = corpus[random.below(corpus.len())].bytes.clone();
    for _ in 0..=random.below(MAX_CHANGES) {
        let at = random.below(input.len() + 1);
        let len = 1 + random.below(16);
        let until = input.len().min(at + len);
        match random.below(8) {
            0 | 1 if at < input.len() => input[at] ^= 1 << random.below(8),
            2 if at < input.len() => input[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            // Lengths: one more or less.
            3 if at < input.len() => input[at] = input[at].wrapping_add([1, 0xff][random.below(2)]),
            4 => drop(input.drain(at..until)),
            5 => drop(input.splice(at..at, (0..len).map(|_| random.byte()))),
            6 => {
                let repeated = input[at..until].to_vec();
                drop(input.splice(at..at, repeated));
            }
            // The rest of another.
            _ => {
                let other = &corpus[random.below(corpus.len())].bytes;
                input.truncate(at);
                input.extend(&other[random.below(other.len() + 1)..]);
            }
        }
    }
    input.truncate(MAX_LEN);
    input
}
