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
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use seeds::Seed;
use tls12_fuzz::random::Random;
use tls12_fuzz::{runner, targets};

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
        let inputs: Vec<&[u8]> = corpus.iter().map(|seed| &*seed.bytes).collect();
        let outcome = runner::run(target, &inputs, Duration::from_secs(seconds), &mut Random(seed));
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
