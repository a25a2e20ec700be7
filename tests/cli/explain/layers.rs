//! What carries TLS: the same connection as other programs and networks would have captured it.

use std::fs;

use serde_json::Value;

use super::large::{of_client, server_port};
use super::{FAILED, captures, data, explain, lines};

/// The headers of Ethernet and IPv4, as tcpdump has them on loopback.
pub const ETHERNET: usize = 14;
pub const IP: usize = 20;

/// Link types of tcpdump.org.
pub const LINK_ETHERNET: u32 = 1;

/// A packet with its time.
#[derive(Clone)]
pub struct Packet {
    time: [u8; 8],
    pub bytes: Vec<u8>,
}

impl Packet {
    fn ip(&self) -> &[u8] {
        &self.bytes[ETHERNET..]
    }

    pub fn with(&self, bytes: Vec<u8>) -> Self {
        Self { time: self.time, bytes }
    }

    /// Where its TCP payload begins, in bytes from the start.
    fn payload(&self) -> usize {
        ETHERNET + IP + usize::from(self.bytes[ETHERNET + IP + 12] >> 4) * 4
    }

    /// A part of its payload, as a segment of its own.
    fn segment(&self, from: usize, to: usize) -> Self {
        let start = self.payload();
        let mut bytes = [&self.bytes[..start], &self.bytes[start + from..start + to]].concat();
        let sequence = u32::from_be_bytes(bytes[ETHERNET + IP + 4..][..4].try_into().unwrap());
        let sequence = sequence.wrapping_add(u32::try_from(from).unwrap());
        bytes[ETHERNET + IP + 4..][..4].copy_from_slice(&sequence.to_be_bytes());
        let len = u16::try_from(bytes.len() - ETHERNET).unwrap();
        bytes[ETHERNET + 2..][..2].copy_from_slice(&len.to_be_bytes());
        self.with(bytes)
    }

    fn segments(&self, len: usize) -> Vec<Self> {
        let payload = self.bytes.len() - self.payload();
        let cuts: Vec<usize> = (0..payload).step_by(len).collect();
        if cuts.len() < 2 {
            return vec![self.clone()];
        }
        cuts.iter().map(|from| self.segment(*from, (from + len).min(payload))).collect()
    }

    /// In fragments of IPv4 of this many bytes, a multiple of 8 (RFC 791 §3.2).
    fn fragments(&self, len: usize, identification: u16) -> Vec<Self> {
        let (header, payload) = self.ip().split_at(IP);
        let count = payload.len().div_ceil(len);
        let fragment = |(i, part): (usize, &[u8])| {
            let mut bytes = [&self.bytes[..ETHERNET], header, part].concat();
            let ip = &mut bytes[ETHERNET..];
            let total = u16::try_from(ip.len()).unwrap();
            ip[2..4].copy_from_slice(&total.to_be_bytes());
            ip[4..6].copy_from_slice(&identification.to_be_bytes());
            let more = if i + 1 < count { 0x2000 } else { 0 };
            ip[6..8].copy_from_slice(&(more | u16::try_from(i * len / 8).unwrap()).to_be_bytes());
            self.with(bytes)
        };
        payload.chunks(len).enumerate().map(fragment).collect()
    }

    /// Over IPv6.
    fn over_ipv6(&self) -> Self {
        let (ip, tcp) = self.ip().split_at(IP);
        let len = u16::try_from(tcp.len()).unwrap();
        let mut header = vec![0x60, 0, 0, 0];
        header.extend_from_slice(&len.to_be_bytes());
        header.extend_from_slice(&[6, 64]);
        for address in [&ip[12..16], &ip[16..20]] {
            header.extend_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0]);
            header.extend_from_slice(address);
        }
        self.with([&self.bytes[..12], &[0x86, 0xdd], &header, tcp].concat())
    }
}

pub fn packets(file: &str) -> Vec<Packet> {
    let bytes = fs::read(captures().join(file)).unwrap();
    let (mut rest, mut packets) = (&bytes[24..], Vec::new());
    while !rest.is_empty() {
        let len = usize::try_from(u32::from_le_bytes(rest[8..12].try_into().unwrap())).unwrap();
        packets.push(Packet { time: rest[..8].try_into().unwrap(), bytes: rest[16..16 + len].to_vec() });
        rest = &rest[16 + len..];
    }
    packets
}

/// A file of pcap.
pub fn pcap(link: u32, snaplen: usize, packets: &[Packet]) -> Vec<u8> {
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0];
    file.extend_from_slice(&link.to_le_bytes());
    for packet in packets {
        let kept = &packet.bytes[..packet.bytes.len().min(snaplen)];
        file.extend_from_slice(&packet.time);
        for len in [kept.len(), packet.bytes.len()] {
            file.extend_from_slice(&u32::try_from(len).unwrap().to_le_bytes());
        }
        file.extend_from_slice(kept);
    }
    file
}

/// What the tool says of a file, and on standard error.
fn explained(file: &[u8]) -> (Vec<Value>, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("capture");
    fs::write(&path, file).unwrap();
    let args = [path.to_str().unwrap(), "--keylog", "gcm.keys", "--data", "--json"];
    let output = explain(&args);
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (lines, String::from_utf8(output.stderr).unwrap())
}

/// What was said, without times and addresses.
fn said(lines: &[Value]) -> Vec<Value> {
    let without = |line: &Value| {
        let mut line = line.clone();
        for key in ["elapsed", "client", "server", "time"] {
            line.as_object_mut().unwrap().remove(key);
        }
        line
    };
    lines.iter().map(without).collect()
}

#[test]
fn the_same_is_said_however_it_was_captured() {
    let packets = packets("gcm.pcap");
    let expected = said(&lines(&["gcm.pcap", "--keylog", "gcm.keys", "--data"]));
    let each = |change: &dyn Fn(&Packet) -> Packet| packets.iter().map(change).collect::<Vec<_>>();
    let framed = |head: &[u8]| each(&|packet| packet.with([head, packet.ip()].concat()));
    let tagged = |tags: &[u8]| each(&|packet| packet.with([&packet.bytes[..12], tags, &packet.bytes[12..]].concat()));
    let sll = [&[0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0][..], &[8, 0]].concat();
    let sll2 = [&[8, 0][..], &[0; 18]].concat();
    let fragments = packets.iter().zip(1..).flat_map(|(packet, id)| packet.fragments(24, id)).collect();
    let backwards =
        packets.iter().zip(1..).flat_map(|(packet, id)| packet.fragments(64, id).into_iter().rev()).collect();
    let padded = each(&|packet| packet.with([&packet.bytes[..], &[0; 6]].concat()));
    let ways: [(&str, u32, Vec<Packet>); 14] = [
        ("twice", LINK_ETHERNET, packets.iter().flat_map(|packet| [packet.clone(), packet.clone()]).collect()),
        ("in segments of one byte", LINK_ETHERNET, packets.iter().flat_map(|packet| packet.segments(1)).collect()),
        ("segments backwards", LINK_ETHERNET, packets.iter().flat_map(|p| p.segments(100).into_iter().rev()).collect()),
        ("padded", LINK_ETHERNET, padded),
        ("in a VLAN", LINK_ETHERNET, tagged(&[0x81, 0, 0, 7])),
        ("in a VLAN in another", LINK_ETHERNET, tagged(&[0x88, 0xa8, 0, 9, 0x81, 0, 0, 7])),
        ("in fragments", LINK_ETHERNET, fragments),
        ("fragments backwards", LINK_ETHERNET, backwards),
        ("over IPv6", LINK_ETHERNET, each(&Packet::over_ipv6)),
        ("Linux cooked", 113, framed(&sll)),
        ("Linux cooked, version 2", 276, framed(&sll2)),
        ("BSD loopback", 0, framed(&[2, 0, 0, 0])),
        ("OpenBSD loopback", 108, framed(&[0, 0, 0, 2])),
        ("raw IP", 101, framed(&[])),
    ];
    for (way, link, packets) in ways {
        let (lines, stderr) = explained(&pcap(link, usize::MAX, &packets));
        assert_eq!(stderr, "", "{way}");
        assert_eq!(said(&lines), expected, "{way}");
    }
}

/// One packet is missing: what it had is named, and nothing else is lost but what depends on it.
#[test]
fn what_was_not_captured_is_named() {
    let packets = packets("gcm.pcap");
    let whole = lines(&["gcm.pcap", "--keylog", "gcm.keys", "--data"]);
    let mut lost_data = 0;
    for (i, lost) in packets.iter().enumerate() {
        let len = lost.bytes.len() - lost.payload();
        if len == 0 {
            continue;
        }
        let rest: Vec<Packet> = packets.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, p)| p.clone()).collect();
        let (lines, stderr) = explained(&pcap(LINK_ETHERNET, usize::MAX, &rest));
        let last = lines.last().unwrap_or_else(|| panic!("packet {i}: {stderr}"));
        // It is not known, and no side's fault.
        assert_eq!((&last["verdict"], last.get("cause")), (&"unknown".into(), None), "packet {i}: {last:#}");
        let gaps: Vec<u64> = lines
            .iter()
            .filter(|line| line["message"] == "(not captured)")
            .map(|line| line["length"].as_u64().unwrap())
            .collect();
        assert_eq!(gaps, [u64::try_from(len).unwrap()], "packet {i}");
        // What can still be opened is what was sent.
        for direction in ["client to server", "server to client"] {
            let (kept, all) = (data(&lines, direction), data(&whole, direction));
            assert!(kept.len() <= all.len() && (kept.is_empty() || contains_in_order(&all, &kept)), "packet {i}");
            lost_data += usize::from(kept.len() < all.len());
        }
    }
    assert!(lost_data > 0);
}

/// Whether `part` is `all` with something left out.
fn contains_in_order(all: &[u8], part: &[u8]) -> bool {
    let mut rest = all.iter();
    part.iter().all(|byte| rest.any(|other| other == byte))
}

/// The version of this packet's record is another one (RFC 5246 §6.2.1), so that the record is wrong, and not what is in it, nor
/// what came before.
#[test]
fn a_fault_of_a_record_stands_in_a_line_of_its_own() {
    let mut packets = packets("gcm.pcap");
    // The last with application data.
    let packet = packets.iter_mut().rfind(|packet| packet.bytes.get(packet.payload()) == Some(&23)).unwrap();
    let at = packet.payload() + 2;
    packet.bytes[at] = 1;
    let (lines, stderr) = explained(&pcap(LINK_ETHERNET, usize::MAX, &packets));
    assert_eq!(stderr, "");
    let is_wrong = |line: &Value| line["checks"].to_string().contains("TLS 1.0");
    let wrong: Vec<_> = (0..lines.len()).filter(|i| is_wrong(&lines[*i])).collect();
    let [at] = wrong[..] else { panic!("{wrong:?}: {lines:#?}") };
    assert_eq!([&lines[at]["message"], &lines[at + 1]["message"]], ["(record)", "application data"], "{lines:#?}");
    assert_eq!(lines[at]["direction"], lines[at + 1]["direction"]);
}

/// As tcpdump did long ago, without -s 0.
#[test]
fn a_short_snapshot_length_is_said() {
    let (lines, stderr) = explained(&pcap(LINK_ETHERNET, 200, &packets("gcm.pcap")));
    assert!(stderr.contains("packets were not captured in full; tcpdump does with -s 0"), "{stderr}");
    assert!(lines.iter().any(|line| line["message"] == "(not captured)"));
    assert!(lines.iter().any(|line| line["message"] == "ServerHello" || line["message"] == "ClientHello"));
}

/// The file of a capture that still runs, or of a machine that crashed; and one that was damaged. No byte makes it panic.
#[test]
fn a_file_that_ends_early_or_is_damaged_is_read_up_to_there() {
    let file = fs::read(captures().join("gcm.pcap")).unwrap();
    let (lines, stderr) = explained(&file[..file.len() - 10]);
    assert!(stderr.contains("the capture ends within a packet"), "{stderr}");
    assert!(lines.iter().any(|line| line["message"] == "ClientHello"));
    for at in (0..file.len()).step_by(97) {
        let mut damaged = file.clone();
        damaged[at] ^= 0xff;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("capture");
        fs::write(&path, &damaged).unwrap();
        let output = explain(&[path.to_str().unwrap(), "--keylog", "gcm.keys", "-v"]);
        assert!(matches!(output.status.code(), Some(0 | 1 | FAILED)), "byte {at}: {output:?}");
    }
}

/// What one side sent, as `tls12` or another program may have written it to a file.
#[test]
fn the_bytes_of_one_side_are_read_too() {
    let packets = packets("gcm.pcap");
    let hello = packets.iter().find(|packet| packet.bytes.len() > packet.payload()).unwrap();
    let (lines, stderr) = explained(&hello.bytes[hello.payload()..]);
    assert_eq!(stderr, "");
    assert_eq!(lines[0]["message"], "ClientHello");
    assert_eq!(lines[0]["direction"], "client to server");
    // Nobody knows whose it was: no address is made up. The time is that of the explanation.
    assert!(lines.iter().all(|line| line["type"] != "conversation" && line.get("client").is_none()), "{lines:#?}");
    // What the server said begins with another message.
    let hello = packets.iter().find(|packet| packet.bytes.get(packet.payload() + 5) == Some(&2)).unwrap();
    let (lines, stderr) = explained(&hello.bytes[hello.payload()..]);
    assert_eq!(stderr, "");
    assert_eq!((&lines[0]["message"], &lines[0]["direction"]), (&"ServerHello".into(), &"server to client".into()));
}

/// Captures in which there is nothing to explain, and what is the matter with them.
#[test]
fn a_capture_without_tls_is_refused() {
    let packets = packets("gcm.pcap");
    let refused = |file: &[u8], why: &str| {
        let (lines, stderr) = explained(file);
        assert_eq!(lines, Vec::<Value>::new());
        assert!(stderr.contains(why), "{stderr}");
        stderr
    };
    let stderr = refused(&pcap(147, usize::MAX, &packets), "there is no TCP connection in this capture");
    assert!(stderr.contains("packets with link type 147 were skipped"), "{stderr}");
    refused(&pcap(LINK_ETHERNET, usize::MAX, &[]), "there is no TCP connection in this capture");
    // Data that begins as no record of TLS does.
    let mut plain = packets.clone();
    for packet in &mut plain {
        let start = packet.payload();
        packet.bytes[start..].fill(b'x');
    }
    refused(&pcap(LINK_ETHERNET, usize::MAX, &plain), "there is no TLS in the only TCP connection of this capture");
    let other = plain.iter().map(|packet| of_client(packet, server_port(&packets), 7));
    let two: Vec<_> = plain.iter().cloned().chain(other).collect();
    refused(&pcap(LINK_ETHERNET, usize::MAX, &two), "there is no TLS in any of the 2 TCP connections of this capture");
    // The version of a record is 3.4 at most.
    refused(b"\x16\x03\x05\x00", "it is neither a capture (pcap or pcapng) nor the bytes that a side sent by TLS");
    refused(b"", "it is empty: nothing was captured");
    refused(b"tls12-recording 1\n", "it is a recording, not a capture; replay it: tls12 replay FILE");
}
