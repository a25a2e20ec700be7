//! The data of every suite, byte for byte, is what tshark decrypts: another implementation, which reads the same packets.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use tls12::crypto::{Protection, SUITES};
use tls12::inspect::Direction;
use tls12::{Agreement, Policy};

use super::capture::{Captured, Log, configs};

/// A conversation of every suite, with EMS and EtM and without.
fn conversations() -> Vec<(String, Captured)> {
    let mut all = Vec::new();
    for suite in SUITES {
        let is_cbc = matches!(suite.protection, Protection::Cbc(..));
        for binding in [Agreement::Prefer, Agreement::Never] {
            for order in if is_cbc { &[Agreement::Prefer, Agreement::Never][..] } else { &[Agreement::Prefer] } {
                let log = Arc::new(Log::default());
                let policy = Policy::legacy().encrypt_then_mac(*order).extended_master_secret(binding);
                let (client, server) = configs(suite, policy, &log);
                all.push((format!("{}, {binding:?}, {order:?}", suite.name), Captured::of(client, server, &log)));
            }
        }
    }
    all
}

/// As packets of IPv4 in a file of pcap (link type 101), from one port after the other.
fn pcap(conversations: &[(String, Captured)]) -> Vec<u8> {
    let mut file = [[0xd4, 0xc3, 0xb2, 0xa1], [2, 0, 4, 0], [0; 4], [0; 4], [0, 0, 4, 0], [101, 0, 0, 0]].concat();
    for ((_, captured), port) in conversations.iter().zip(50_000_u16..) {
        // What each has sent so far.
        let mut sent = [1_u32; 2];
        for (direction, bytes) in captured.segments.iter().filter(|(_, bytes)| !bytes.is_empty()) {
            let from = usize::from(*direction == Direction::ServerToClient);
            let ports = [port, 443];
            let mut packet = vec![0x45, 0];
            packet.extend(u16::try_from(40 + bytes.len()).unwrap().to_be_bytes());
            packet.extend([0, 0, 0, 0, 64, 6, 0, 0]);
            packet.extend([from, 1 - from].iter().flat_map(|side| [10, 0, 0, u8::try_from(*side).unwrap()]));
            packet.extend([from, 1 - from].iter().flat_map(|side| ports[*side].to_be_bytes()));
            packet.extend([from, 1 - from].iter().flat_map(|side| sent[*side].to_be_bytes()));
            packet.extend([0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
            packet.extend(bytes);
            sent[from] += u32::try_from(bytes.len()).unwrap();
            let len = u32::try_from(packet.len()).unwrap().to_le_bytes();
            file.extend([&[0; 8], &len[..], &len].concat());
            file.extend(packet);
        }
    }
    file
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

#[test]
fn the_data_of_every_suite_is_that_of_tshark() {
    if Command::new("tshark").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "tshark must be there");
        eprintln!("skipped: tshark is not installed (Debian: apt install tshark)");
        return;
    }
    let conversations = conversations();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("all.pcap"), pcap(&conversations)).unwrap();
    let keys: String = conversations.iter().map(|(_, captured)| captured.key_log.as_str()).collect();
    fs::write(dir.path().join("keys"), keys).unwrap();
    let mut tshark = Command::new("tshark");
    tshark.current_dir(&dir).args(["-r", "all.pcap", "-o", "tls.keylog_file:keys", "-q"]);
    for stream in 0..conversations.len() {
        tshark.args(["-z", &format!("follow,tls,raw,{stream}")]);
    }
    let output = String::from_utf8(tshark.output().unwrap().stdout).unwrap();
    let mut followed = 0;
    // A line of it says which stream it is; those in hexadecimal are what the server said if they begin with a tab.
    for section in output.split("Follow: tls,raw").skip(1) {
        let stream = section.lines().find_map(|line| line.strip_prefix("Filter: tcp.stream eq ")).unwrap();
        let (name, captured) = &conversations[stream.trim().parse::<usize>().unwrap()];
        let is_hex = |line: &&str| !line.trim().is_empty() && line.trim().bytes().all(|b| b.is_ascii_hexdigit());
        let said = |server: bool| -> Vec<u8> {
            let lines = section.lines().filter(is_hex).filter(|line| line.starts_with('\t') == server);
            lines.flat_map(|line| bytes(line.trim())).collect()
        };
        followed += 1;
        // It does not know those of RFC 8442 (4.0).
        let is_new = name.starts_with("TLS_ECDHE_PSK_WITH_AES_") && name.contains("_GCM_");
        if is_new && said(false).is_empty() && said(true).is_empty() {
            continue;
        }
        assert_eq!(captured.read().data(), [said(false), said(true)], "{name}: {section}");
        assert!(!said(false).is_empty() && !said(true).is_empty(), "{name}: {section}");
    }
    assert_eq!(followed, conversations.len(), "{output}");
}
