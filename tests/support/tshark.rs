//! What tshark reads in a file of captures, with the secrets inside.

use std::path::Path;
use std::process::Command;

/// Whether tshark is installed; in CI, it must be.
pub fn is_here() -> bool {
    let is_here = Command::new("tshark").arg("--version").output().is_ok();
    if !is_here {
        assert!(std::env::var_os("CI").is_none(), "tshark must be there");
        eprintln!("skipped: tshark is not installed (Debian: apt install tshark)");
    }
    is_here
}

/// What it prints. It verifies the checksums.
#[track_caller]
pub fn tshark(file: &Path, args: &[&str]) -> String {
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(file).args(["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]).args(args);
    let output = tshark.output().unwrap();
    // Such as of a file that is cut short.
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// How many packets are as the filter says.
#[track_caller]
pub fn count(file: &Path, filter: &str) -> usize {
    tshark(file, &["-Y", filter]).lines().count()
}

/// Every packet has right checksums, nothing is malformed, and no number of TCP is odd.
#[track_caller]
pub fn assert_sound(file: &Path) {
    const FIELDS: [&str; 6] = [
        "tcp.checksum.status",
        "ip.checksum.status",
        "ipv6.version",
        "_ws.malformed",
        "tcp.analysis.flags",
        "_ws.expert.severity",
    ];
    /// What tshark has for a checksum that is right, and for an error.
    const GOOD: &str = "1";
    const ERROR: &str = "8388608";
    let fields = FIELDS.iter().flat_map(|field| ["-e", field]);
    let output = tshark(file, &["-T", "fields"].into_iter().chain(fields).collect::<Vec<_>>());
    assert!(output.lines().count() > 3, "{output}");
    for line in output.lines() {
        let [tcp, ip, ipv6, malformed, analysis, severity] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        assert!(tcp == GOOD && (ip == GOOD) != (ipv6 == "6"), "{line}");
        assert!(malformed.is_empty() && analysis.is_empty() && !severity.contains(ERROR), "{line}");
    }
}

/// What client and server said in this connection, decrypted.
#[track_caller]
pub fn decrypted(file: &Path, stream: usize) -> [Vec<u8>; 2] {
    let output = tshark(file, &["-q", "-z", &format!("follow,tls,raw,{stream}")]);
    // Lines of hexadecimal, those of the server with a tab before them.
    let is_hex = |line: &&str| !line.trim().is_empty() && line.trim().bytes().all(|b| b.is_ascii_hexdigit());
    ["", "\t"].map(|start| {
        let lines = output.lines().filter(is_hex).filter(|line| line.starts_with('\t') != start.is_empty());
        lines.flat_map(|line| hex(line.trim())).collect()
    })
}

fn hex(text: &str) -> impl Iterator<Item = u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
}
