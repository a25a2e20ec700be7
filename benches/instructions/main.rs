//! How many instructions a handshake and a record take, by valgrind's callgrind, compared with `counts.txt`. Unlike a time, the
//! count does not depend on what else the machine does, so a change of a few percent can be told.
//!
//! Two figures for each work and side:
//! - *ours*: what this library and the Rust code around it execute (`alloc`, `core`, the readers of DER), without the
//!   primitives: no key, signature or random number changes it, and no processor. It is compared.
//! - *all*: with the primitives and the C library. It depends on random numbers (by less than 1 %) and on the processor that
//!   valgrind pretends to be: the same wherever there is AVX2. It is shown, and compared where the work has no public-key
//!   operation.
//!
//! It is a program of the package `tests/constant_time`, whose Cargo.toml says how to run it. It compares, and fails beyond 3 %; with
//! `--write` it writes the file anew. With another compiler than that of the file,
//! it says so and does not fail; with another valgrind or kind of processor, only *ours* is compared.

mod callgrind;
mod certificates;
mod table;
mod work;

use std::path::Path;
use std::process::ExitCode;

use work::{CASES, Case};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // What callgrind runs.
        ["--work", name, side, folder] => {
            let case = CASES.iter().find(|case| case.name == name).expect("a case");
            work::run(case, side, &certificates::read(Path::new(folder)));
            ExitCode::SUCCESS
        }
        ["--write"] => {
            table::write(&measure());
            ExitCode::SUCCESS
        }
        [] => table::compare(&measure()),
        _ => {
            eprintln!("takes --write or nothing");
            ExitCode::FAILURE
        }
    }
}

/// A row of the table.
struct Row {
    name: String,
    ours: u64,
    all: u64,
    /// Whether nothing random changes `all`.
    steady: bool,
}

fn measure() -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    certificates::write(folder.path());
    let folder = folder.path();
    std::thread::scope(|scope| {
        let start = |case: &'static Case, side| scope.spawn(move || row(case, side, folder));
        let rows: Vec<_> = CASES.iter().flat_map(|case| case.sides().map(|side| start(case, side))).collect();
        rows.into_iter().map(|row| row.join().expect("counted")).collect()
    })
}

fn row(case: &Case, side: &str, folder: &Path) -> Row {
    let arguments = ["--work", case.name, side, folder.to_str().expect("a name in UTF-8")];
    let counted = callgrind::count(&arguments, &folder.join(format!("{}, {side}.callgrind", case.name)));
    let times = u64::from(case.times);
    Row {
        name: format!("{}, {side}", case.name),
        ours: counted.ours / times,
        all: counted.all / times,
        steady: case.is_steady(),
    }
}
