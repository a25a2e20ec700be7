//! Runs a target on inputs that are changed at random, without libFuzzer, and so without coverage.

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use crate::random::Random;

/// The longest input.
const MAX_LEN: usize = 1 << 15;
/// The largest number of changes to one input.
const MAX_CHANGES: usize = 8;

/// The outcome of [`run`].
pub struct Outcome {
    /// The number of inputs.
    pub inputs: usize,
    /// The input at which the target panicked.
    pub failed: Option<Vec<u8>>,
}

/// Runs a target on its corpus, and then on mutations of it, for this long.
///
/// # Panics
/// If the corpus is empty.
pub fn run(target: fn(&[u8]), corpus: &[&[u8]], time: Duration, random: &mut Random) -> Outcome {
    assert!(!corpus.is_empty(), "no seeds");
    let end = Instant::now() + time;
    let mut inputs = 0;
    while inputs < corpus.len() || Instant::now() < end {
        let input = match corpus.get(inputs) {
            Some(seed) => seed.to_vec(),
            None => mutated(corpus, random),
        };
        inputs += 1;
        if catch_unwind(|| target(&input)).is_err() {
            return Outcome { inputs, failed: Some(input) };
        }
    }
    Outcome { inputs, failed: None }
}

/// Returns one of the corpus, with a few changes.
fn mutated(corpus: &[&[u8]], random: &mut Random) -> Vec<u8> {
    let mut input = corpus[random.below(corpus.len())].to_vec();
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
                let other = corpus[random.below(corpus.len())];
                input.truncate(at);
                input.extend(&other[random.below(other.len() + 1)..]);
            }
        }
    }
    input.truncate(MAX_LEN);
    input
}
