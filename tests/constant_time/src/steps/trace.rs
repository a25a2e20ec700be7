//! The path of a piece of work: the instructions at which it is stopped, and the addresses that they use. The path of the first input
//! is kept, and those of the others are compared with it while they run.

use std::ops::Range;

use iced_x86::CpuidFeature;

/// An instruction at which the work was stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stop {
    at: u64,
    /// A hash of the addresses that it uses.
    addresses: u64,
}

/// More stops than the longest work has.
const MOST: usize = 1 << 24;

/// The number of differences that are kept for an input.
const MOST_DIFFERENCES: usize = 8;

/// A difference from the first input, at an instruction of this program; within a library, such as the C library, at its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The paths part at this branch.
    Branch(u64),
    /// This instruction uses another address.
    Address(u64),
}

/// The path of the first input, and the differences of another.
pub struct Trace {
    first: Vec<Stop>,
    is_first: bool,
    /// The number of stops in this run.
    stops: usize,
    /// Whether the paths have parted, so that there is nothing more to compare.
    has_parted: bool,
    differences: [Option<Difference>; MOST_DIFFERENCES],
    /// The number of instructions in this run.
    pub instructions: usize,
    /// An instruction whose addresses are unknown, or 0.
    pub unknown: u64,
    /// The extensions of the instruction set that were used in any run.
    features: [bool; 256],
    /// Where the code of this program is.
    program: Range<u64>,
}

impl Trace {
    pub fn new(program: Range<u64>) -> Self {
        Self {
            program,
            first: Vec::with_capacity(MOST),
            is_first: true,
            stops: 0,
            has_parted: false,
            differences: [None; MOST_DIFFERENCES],
            instructions: 0,
            unknown: 0,
            features: [false; 256],
        }
    }

    /// Prepares for another subject.
    pub fn clear(&mut self) {
        self.first.clear();
        self.is_first = true;
        self.unknown = 0;
        self.features = [false; 256];
        self.begin();
    }

    /// Prepares for the next input, which is compared with the first.
    pub fn next(&mut self) {
        self.is_first = false;
        self.begin();
    }

    fn begin(&mut self) {
        (self.stops, self.instructions, self.has_parted, self.differences) = (0, 0, false, [None; MOST_DIFFERENCES]);
    }

    /// Called by the handler, which must not allocate.
    pub fn stopped(&mut self, at: u64, addresses: u64) {
        self.instructions += 1;
        let stop = Stop { at, addresses };
        if self.is_first {
            if self.first.len() == MOST {
                give_up("the work is longer than there is room for\n");
            }
            self.first.push(stop);
        } else if !self.has_parted {
            match self.first.get(self.stops) {
                Some(other) if *other == stop => {}
                Some(other) if other.at == at => self.note(Difference::Address(self.last_until(self.stops))),
                _ => {
                    self.has_parted = true;
                    self.note(Difference::Branch(self.last_until(self.stops.saturating_sub(1))));
                }
            }
        }
        self.stops += 1;
    }

    /// Returns the last stop in this program up to this one.
    fn last_until(&self, stop: usize) -> u64 {
        let until = self.first.get(..=stop).unwrap_or(&self.first);
        until.iter().rev().map(|stop| stop.at).find(|at| self.program.contains(at)).unwrap_or_default()
    }

    fn note(&mut self, difference: Difference) {
        let mut places = self.differences.iter_mut();
        if let Some(place) = places.find(|place| place.is_none_or(|other| other == difference)) {
            *place = Some(difference);
        }
    }

    /// Returns the differences in the order in which they were found.
    pub fn differences(&self) -> impl Iterator<Item = Difference> {
        self.differences.iter().copied().flatten()
    }

    pub fn note_features(&mut self, features: &[CpuidFeature]) {
        for feature in features {
            self.features[*feature as usize] = true;
        }
    }

    /// Returns whether an instruction of this extension was executed.
    pub fn has_executed(&self, feature: CpuidFeature) -> bool {
        self.features[feature as usize]
    }
}

/// Ends the process from the signal handler, where `println!` might wait for a lock forever.
pub fn give_up(reason: &str) -> ! {
    // SAFETY: it only reads the text.
    unsafe { libc::write(2, reason.as_ptr().cast(), reason.len()) };
    std::process::abort()
}
