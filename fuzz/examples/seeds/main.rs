//! Writes a seed corpus for each fuzz target to `corpus/`.

mod seeds;

use std::fs;
use std::path::Path;

fn main() {
    for seed in seeds::all() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(seed.target);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(seed.name), seed.bytes).unwrap();
    }
}
