//! Measures in turns: each contender once per round, so that a disturbance of the machine affects all of them.

use super::{Run, Spent};

const ROUNDS: usize = 10;

pub struct Contender {
    pub name: &'static str,
    pub run: Run,
}

/// The time of a contender in nanoseconds, for each of the two sides: of its best round, and of the median one.
pub struct Measured {
    pub name: &'static str,
    pub best: Spent,
    pub median: Spent,
}

pub fn compare(mut contenders: Vec<Contender>, times: u32) -> Vec<Measured> {
    let mut rounds = vec![Vec::new(); contenders.len()];
    for contender in &mut contenders {
        (contender.run)(times / 4 + 1);
    }
    for _ in 0..ROUNDS {
        for (contender, rounds) in contenders.iter_mut().zip(&mut rounds) {
            rounds.push((contender.run)(times));
        }
    }
    let measured = contenders.iter().zip(&rounds).map(|(contender, rounds)| {
        let [best, median] = [0, ROUNDS / 2].map(|place| [0, 1].map(|side| sorted(rounds, side)[place]));
        Measured { name: contender.name, best, median }
    });
    measured.collect()
}

fn sorted(rounds: &[Spent], side: usize) -> Vec<f64> {
    let mut times: Vec<f64> = rounds.iter().map(|spent| spent[side]).collect();
    times.sort_by(f64::total_cmp);
    times
}
