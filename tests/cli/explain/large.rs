//! A capture that is larger than memory should have to be: by hand, as it takes minutes.
//!
//! `cargo test --release --features cli --test cli gigabyte -- --ignored --nocapture`

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use super::captures;
use super::layers::{ETHERNET, IP, LINK_ETHERNET, Packet, packets, pcap};

/// What the tool holds at most, in bytes: 64 MiB may wait for packets that are missing (`MAX_HELD_IN_ALL`), and as much is for
/// everything else.
const MAX_HELD: u64 = 128 << 20;

const GIGABYTE: usize = 1 << 30;

/// The port of the server, to which the first packet goes.
pub fn server_port(packets: &[Packet]) -> [u8; 2] {
    let syn = &packets[0].bytes;
    [syn[ETHERNET + IP + 2], syn[ETHERNET + IP + 3]]
}

/// The same connection, from the client with this address.
pub fn of_client(packet: &Packet, server_port: [u8; 2], client: u32) -> Packet {
    let mut bytes = packet.bytes.clone();
    let is_from_client = bytes[ETHERNET + IP + 2..][..2] == server_port;
    let address = ETHERNET + if is_from_client { 12 } else { 16 };
    bytes[address..][..4].copy_from_slice(&(0x0a00_0000 + client).to_be_bytes());
    packet.with(bytes)
}

#[test]
#[ignore = "reads a gigabyte"]
fn what_is_held_for_a_gigabyte_of_connections_is_limited() {
    let packets = packets("gcm.pcap");
    let server_port = server_port(&packets);
    let mut command = Command::new(env!("CARGO_BIN_EXE_tls12"));
    command.args(["explain", "-", "--keylog", "gcm.keys", "--quiet"]).current_dir(captures());
    let mut tool = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut input = tool.stdin.take().unwrap();
    let (mut written, mut connections) = (0, 0);
    while written < GIGABYTE {
        let connection: Vec<_> = packets.iter().map(|packet| of_client(packet, server_port, connections)).collect();
        let file = pcap(LINK_ETHERNET, usize::MAX, &connection);
        let part = if connections == 0 { &file[..] } else { &file[24..] };
        input.write_all(part).unwrap();
        written += part.len();
        connections += 1;
    }
    // What it held at most so far (proc(5)): it waits for more.
    let status = fs::read_to_string(format!("/proc/{}/status", tool.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    drop(input);
    assert!(tool.wait().unwrap().success(), "each connection ends well");
    println!("{connections} connections, {written} bytes: {peak} KiB");
    assert!(peak * 1024 < MAX_HELD, "{peak} KiB");
}
