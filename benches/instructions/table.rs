//! The counts that are kept, and how they are compared.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::Row;

/// How much a count may differ from that which is kept, in percent.
const TOLERANCE: f64 = 3.0;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../benches/instructions/counts.txt")
}

/// The first line that a command prints.
fn first_line(command: &str, argument: &str) -> String {
    let output = Command::new(command).arg(argument).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or_default().trim().to_owned()
}

/// What every count depends on.
fn compiler() -> String {
    format!("{} for {}", first_line("rustc", "--version"), std::env::consts::ARCH)
}

/// What the counts with the primitives depend on too: these choose their code by what the processor has.
fn machine() -> String {
    #[cfg(target_arch = "x86_64")]
    let has_avx2 = std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    let has_avx2 = false;
    let processor = if has_avx2 { "a processor with AVX2" } else { "a processor without AVX2" };
    format!("{} on {processor}", first_line("valgrind", "--version"))
}

pub fn write(rows: &[Row]) {
    let mut text = format!("# Instructions, by benches/instructions.\n# Compiled by {}.\n", compiler());
    let _ = writeln!(text, "# Counted by {}.", machine());
    let _ = writeln!(text, "# {:<52} {:>9} {:>10}", "work", "ours", "all");
    for row in rows {
        let _ = writeln!(text, "{:<54} {:>9} {:>10}", row.name, row.ours, row.all);
    }
    print!("{text}");
    std::fs::write(path(), text).expect("counts.txt is written");
}

/// What is kept of a row.
fn kept(text: &str, name: &str) -> Option<(u64, u64)> {
    let numbers = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    let mut numbers = numbers.split_whitespace().map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

pub fn compare(rows: &[Row]) -> ExitCode {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    let is_kept = |setting: &str| text.lines().any(|line| line.ends_with(&format!(" by {setting}.")));
    let (same_compiler, same_machine) = (is_kept(&compiler()), is_kept(&machine()));
    let mut differ = false;
    println!("{:<54} {:>9} {:>8} {:>10} {:>8}", "work", "ours", "change", "all", "change");
    for row in rows {
        let Some((ours, all)) = kept(&text, &row.name) else {
            println!("{:<54} {:>9} is not in counts.txt", row.name, row.ours);
            differ = true;
            continue;
        };
        let (ours, all) = (change(row.ours, ours), change(row.all, all));
        println!("{:<54} {:>9} {:>+7.2}% {:>10} {:>+7.2}%", row.name, row.ours, ours, row.all, all);
        differ |= ours.abs() > TOLERANCE || same_machine && row.steady && all.abs() > TOLERANCE;
    }
    if !same_machine {
        eprintln!("The counts of the primitives are not compared: these were made by {}.", machine());
    }
    match (differ, same_compiler) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => {
            eprintln!(
                "A count differs from benches/instructions/counts.txt by more than {TOLERANCE} %. If that is meant, write the \
                 file anew with `--write`, and say why in the commit."
            );
            ExitCode::FAILURE
        }
        // The code of another compiler differs for reasons that are not in the source.
        (true, false) => {
            eprintln!(
                "NOT COMPARED: a count differs by more than {TOLERANCE} %, but this is {}, and benches/instructions/counts.txt \
                 was written with another compiler. Write it anew with `--write`, at a commit \
                 that changes nothing else.",
                compiler()
            );
            ExitCode::SUCCESS
        }
    }
}

/// In percent.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn change(now: u64, kept: u64) -> f64 {
    (now as f64 / kept as f64 - 1.0) * 100.0
}
