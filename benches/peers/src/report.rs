//! The table: a row for each side of each work, with the time of each contender and its ratio to the best peer's.

use std::fmt::Write as _;

use super::rounds::Measured;
use super::work::Work;

/// In the order of the columns.
pub const NAMES: [&str; 6] =
    ["ours, ring", "ours, aws-lc-rs", "ours, rustcrypto", "rustls, ring", "rustls, aws-lc-rs", "OpenSSL"];

/// What the tables do not show by themselves.
const NOTES: &str = "
## RSA

With static RSA, the server's part is one private operation, which is the same for every provider. Like OpenSSL, it keeps a pair of
numbers that blinds the base, and squares it. The two exponentiations take most of the time. OpenSSL, AWS-LC and the feature `simd`,
which was enabled here, compute them side by side with AVX-512 instructions that multiply integers of 52 bits, if the processor has
them (`crypto/common/rsa_ifma.rs`). With these instructions `crypto::ring` also signs with that operation, since ring's own takes about
twice as long; `crypto::rustcrypto` always does. Without the feature, or on another processor, the arithmetic is that of
`crypto-bigint`, in portable Rust, with which the exponentiations take four to five times as long.

## Small records

One call to the provider's library takes most of the time of a record of 64 bytes. Measured alone, the call to ring took 0.51 to 0.57 of
rustls's time for the whole record, and 0.60 to 0.68 with 1 KiB; the call to AWS-LC took 0.66 to 0.75.

## AES-CBC

CBC encryption is a chain: each block waits for the previous one. So is a hash. A single record alternates between the two in portions of
64 bytes (`crypto/common/cbc_seal.rs`), and the processor runs them side by side as far as its queue of instructions reaches. Several
records are more chains; from two records on, the hash is the bottleneck, even with the SHA extensions.

The feature `simd`, which was enabled here, therefore hashes up to sixteen records at once in AVX-512 registers, if the processor has
them (`crypto/common/lanes.rs`), and encrypts them side by side afterwards (before, with encrypt-then-MAC). On a Xeon (Sapphire Rapids),
the SHA extensions take 120 cycles for a block of SHA-1, and this takes 500 for sixteen blocks. It helps writes of at least eight full
records, or sixteen with SHA-256. With AVX2, which has neither rotations nor bitwise functions of three operands, sixteen blocks take 1,350
cycles: fewer than with the SHA extensions of that processor, but more than with faster ones, such as AMD's. So AVX2 is not used.

A single record cannot be sent faster than it is encrypted: AESENC has a latency of 3 cycles on that processor, so a block of AES-128
takes 30 cycles, and 34 with the XORs before the first round. The hash takes 30 per block of AES, and ours takes 42 for both: the chains
cannot be interleaved more finely than by one block of the hash, which already fills the processor's queue. OpenSSL interleaves their
instructions by hand, but was not faster. To do so, we would need our own AES and SHA-1 in addition to those of the crates, which do
not expose the round keys: too much code for a fifth of the time at most.

When a record is received, the hash takes four fifths of the time, and decryption most of the rest. The two could run side by side. But
with encrypt-then-MAC that would decrypt data that has not been authenticated (RFC 7366 §3); and with MAC-then-encrypt the hash begins
with the length of the text, which is secret, and known only once the end of the record is decrypted: it would complicate the code
that counters Lucky Thirteen.
";

/// What the figures are.
const INTRODUCTION: &str = "\
Each cell is a time in microseconds: that of the best of 10 rounds, in which all contenders took turns in one process. In brackets: its
ratio to the best round of the best peer, and the same ratio of the median rounds. Below 1 is faster than every peer. Where the two
ratios differ much, the rounds did, and neither says much.

Client and server run in one thread, in memory, and are timed separately. Full handshakes: the client verifies a chain of one
certificate; X25519 with ECDHE; RSA keys of 2048 bits, ECDSA on P-256. Records: ours and rustls's client work in the
caller's buffers; OpenSSL's `SSL_write` and `SSL_read` use a queue in memory, which costs them one more copy. BoringSSL is not
among the peers, because its symbols have the same names as OpenSSL's, and one process cannot contain both; AWS-LC, which is
derived from it, stands for it.

";

pub struct Report {
    openssl: &'static str,
    pub rows: Vec<Row>,
    /// The tables of growth.
    pub growth: String,
}

pub struct Row {
    pub name: String,
    /// Best and median, in microseconds, of each of [`NAMES`].
    pub cells: [Option<[f64; 2]>; 6],
}

impl Row {
    /// The best time of any peer.
    pub fn best_peer(&self) -> Option<f64> {
        let peers = NAMES.iter().zip(self.cells).filter(|(name, _)| !is_ours(name));
        peers.filter_map(|(_, cell)| Some(cell?[0])).min_by(f64::total_cmp)
    }
}

pub fn is_ours(name: &str) -> bool {
    name.starts_with("ours")
}

impl Report {
    pub fn new(openssl: &'static str) -> Self {
        Self { openssl, rows: Vec::new(), growth: String::new() }
    }

    /// Adds the two rows of a work; returns them.
    pub fn add(&mut self, work: Work, measured: &[Measured]) -> String {
        let start = self.rows.len();
        for (side, name) in work.sides().into_iter().enumerate() {
            let cells = NAMES.map(|name| {
                let found = measured.iter().find(|measured| measured.name == name)?;
                Some([found.best[side] / 1e3, found.median[side] / 1e3])
            });
            self.rows.push(Row { name: format!("{}: {name}", work.name()), cells });
        }
        self.rows[start..].iter().map(line).collect()
    }

    pub fn markdown(&self) -> String {
        let mut text = String::from("# Results\n\n");
        let _ = writeln!(
            text,
            "Written by `cargo run --release --manifest-path benches/peers/Cargo.toml`, on {}.\n",
            machine()
        );
        let _ =
            writeln!(text, "Peers: rustls, on the same primitives as two of our providers, and {}.\n", self.openssl);
        text += INTRODUCTION;
        let _ = writeln!(text, "| work | {} |\n|---|{}", NAMES.join(" | "), "---|".repeat(NAMES.len()));
        text.extend(self.rows.iter().map(line));
        text += "\n![Each contender's time over that of the best peer](results.svg)\n";
        text + &self.growth + NOTES
    }
}

fn line(row: &Row) -> String {
    let mut text = format!("| {} |", row.name);
    let best = row.best_peer();
    let peers = NAMES.iter().zip(row.cells).filter(|(name, _)| !is_ours(name));
    let median = peers.filter_map(|(_, cell)| Some(cell?[1])).min_by(f64::total_cmp);
    for cell in row.cells {
        match (cell, best, median) {
            (Some([time, middle]), Some(best), Some(median)) => {
                let _ = write!(text, " {time:.2} ({:.2}; {:.2}) |", time / best, middle / median);
            }
            _ => text += " – |",
        }
    }
    text + "\n"
}

/// The processor, as Linux names it.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |key: &str| info.lines().find(|line| line.starts_with(key)).and_then(|line| line.split_once(": "));
    let name = value("model name").map_or("an unknown processor", |(_, name)| name);
    let flags = value("flags").map_or("", |(_, flags)| flags);
    let has = |flag: &str| flags.split(' ').any(|other| other == flag);
    let extensions = ["aes", "vaes", "sha_ni", "avx512f"].into_iter().filter(|flag| has(flag)).collect::<Vec<_>>();
    format!("{name}, which has {} (of aes, vaes, sha_ni and avx512f)", extensions.join(" and "))
}
