//! Runs this program below callgrind, and reads what it wrote.

use std::path::Path;
use std::process::Command;

/// Instructions that were executed in [`work::collected`](crate::work::collected).
pub struct Counted {
    pub ours: u64,
    pub all: u64,
}

/// Runs this program with these arguments, and has callgrind write to `out`.
pub fn count(arguments: &[&str], out: &Path) -> Counted {
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--compress-strings=no", "--compress-pos=no"])
        .arg("--toggle-collect=*work::collected*")
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().expect("this program"))
        .args(arguments)
        .status();
    let status = status.expect("valgrind, which the package `valgrind` installs");
    assert!(status.success(), "{arguments:?}: {status}");
    read(&std::fs::read_to_string(out).expect("what callgrind wrote"))
}

/// Adds up the lines `POSITION COST` below each `fn=NAME`. The line after `calls=` is what the called function cost, and has
/// its own place. (Callgrind Format Specification, in valgrind's manual.)
fn read(text: &str) -> Counted {
    let mut counted = Counted { ours: 0, all: 0 };
    let (mut is_ours, mut of_call) = (false, false);
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("fn=") {
            is_ours = self::is_ours(name);
        } else if line.starts_with("calls=") {
            of_call = true;
        } else if line.starts_with(|c: char| c.is_ascii_digit()) {
            let cost = line.split(' ').nth(1).and_then(|cost| cost.parse::<u64>().ok()).unwrap_or(0);
            if !std::mem::take(&mut of_call) {
                counted.all += cost;
                counted.ours += if is_ours { cost } else { 0 };
            }
        }
    }
    assert!(counted.ours > 0, "callgrind collected nothing");
    counted
}

/// The crates that are primitives, or serve them.
const PRIMITIVES: [&str; 20] = [
    "aes",
    "block_buffer",
    "cbc",
    "cipher",
    "cpubits",
    "crypto_bigint",
    "digest",
    "ecdsa",
    "elliptic_curve",
    "getrandom",
    "hmac",
    "hybrid_array",
    "p256",
    "p384",
    "p521",
    "primeorder",
    "ring",
    "rsa",
    "sha1",
    "sha2",
];

/// Whether a function is Rust code that is no primitive: a name of C or of an assembler has no `::`.
fn is_ours(name: &str) -> bool {
    let path = name.trim_start_matches(['<', '&', '(', '[']).trim_start_matches("dyn ");
    let Some((first, _)) = path.split_once("::") else { return false };
    !PRIMITIVES.contains(&first)
}
