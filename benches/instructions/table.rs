//! The counts that are kept, and how they are compared.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use super::Row;

/// How much a count may differ from that which is kept, in percent.
const TOLERANCE: f64 = 3.0;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/instructions/counts.txt")
}

fn compiler() -> String {
    let version = Command::new("rustc").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&version).trim().to_owned()
}

pub fn write(rows: &[Row]) {
    let mut text = format!("# Instructions, by benches/instructions/run. Compiled by {}.\n", compiler());
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
        differ |= ours.abs() > TOLERANCE || row.steady && all.abs() > TOLERANCE;
    }
    if !differ {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "A count differs from benches/instructions/counts.txt by more than {TOLERANCE} %. If that is meant, write the file anew \
         with `--write`, and say why in the commit."
    );
    if !text.contains(&compiler()) {
        eprintln!("The file was written with another compiler than {}.", compiler());
    }
    ExitCode::FAILURE
}

/// In percent.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn change(now: u64, kept: u64) -> f64 {
    (now as f64 / kept as f64 - 1.0) * 100.0
}
