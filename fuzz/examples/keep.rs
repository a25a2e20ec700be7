//! Chooses what is kept of a corpus in the repository: first what reaches the most code for its length, and then what does so most
//! differently, until there is no room.
//!
//! ```text
//! cargo run --example keep -- TARGET CONTROL_FILE
//! ```
//!
//! The control file comes from libFuzzer's `-merge=1 -set_cover_merge=1 -merge_control_file=CONTROL_FILE`: which input has
//! which features. The folder of the target in `corpus/` then has the chosen inputs only, each named by its SHA-1.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use sha1::{Digest, Sha1};
use tls12_fuzz::targets;

/// The most bytes of a target, with [`EACH`] for each input.
const ROOM: usize = 80 << 10;
/// What an input costs besides its bytes.
const EACH: usize = 40;
/// libFuzzer has eight features for each place in the code: by how often it is reached.
const FEATURES: u32 = 8;

struct Input {
    bytes: Vec<u8>,
    features: HashSet<u32>,
}

fn main() {
    let [target, control] = std::env::args().skip(1).collect::<Vec<_>>().try_into().expect("TARGET CONTROL_FILE");
    assert!(targets::ALL.iter().any(|(name, _)| *name == target), "no such target");
    let mut inputs = read(&fs::read_to_string(control).unwrap());
    let (count, mut kept, mut room) = (inputs.len(), Vec::new(), ROOM);
    for part in [FEATURES, 1] {
        choose(&mut inputs, &mut kept, &mut room, part);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(&target);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for input in &kept {
        let name: String = Sha1::digest(&input.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(folder.join(name), &input.bytes).unwrap();
    }
    let bytes: usize = kept.iter().map(|input| input.bytes.len()).sum();
    println!("{target}: {} inputs of {count}, {bytes} bytes", kept.len());
}

/// The inputs that a control file names: their number, the number of those that come first, their paths, and lines with the
/// features of each.
fn read(control: &str) -> Vec<Input> {
    let mut lines = control.lines();
    let count: usize = lines.next().unwrap().parse().unwrap();
    let paths: Vec<&str> = lines.by_ref().skip(1).take(count).collect();
    let features = lines.filter_map(|line| line.strip_prefix("FT "));
    let input = |line: &str| {
        let mut numbers = line.split_whitespace().map(|number| number.parse().unwrap());
        let path = paths[usize::try_from(numbers.next().unwrap()).unwrap()];
        Input { bytes: fs::read(path).unwrap(), features: numbers.collect() }
    };
    features.map(input).collect()
}

/// Moves inputs to `kept`, the one with the most new features for its length first: features as they are, or the same for as many
/// as `part`.
fn choose(inputs: &mut Vec<Input>, kept: &mut Vec<Input>, room: &mut usize, part: u32) {
    let mut seen: HashSet<u32> = kept.iter().flat_map(|input| &input.features).map(|feature| feature / part).collect();
    loop {
        let gain = |input: &Input| {
            let new: HashSet<u32> = input.features.iter().map(|feature| feature / part).collect();
            // In thousandths of a feature.
            new.difference(&seen).count() * 1000 / (input.bytes.len() + EACH)
        };
        inputs.retain(|input| input.bytes.len() + EACH <= *room);
        let best = inputs.iter().map(gain).enumerate().max_by_key(|(_, gain)| *gain);
        let Some((best, 1..)) = best else { return };
        let input = inputs.swap_remove(best);
        *room -= input.bytes.len() + EACH;
        seen.extend(input.features.iter().map(|feature| feature / part));
        kept.push(input);
    }
}
