//! What is in a file, read block by block.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;
use etherparse::{SlicedPacket, TransportSlice};
use std::io::{self, Read, Write};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use super::segments::{MAX_SEGMENT, Segments, Side};
use super::{Capture, Captured};
use crate::handshake::{KeyLog, Role};

const TIME: Duration = Duration::new(1_700_000_000, 123_456_789);

fn time() -> SystemTime {
    UNIX_EPOCH + TIME
}

fn addresses() -> [SocketAddr; 2] {
    ["192.0.2.1:50000", "198.51.100.7:443"].map(|address| address.parse().unwrap())
}

/// The types and bodies of blocks, whose lengths are right.
fn blocks(mut file: &[u8]) -> Vec<(u32, &[u8])> {
    let mut blocks = Vec::new();
    while !file.is_empty() {
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        let len = number(4) as usize;
        assert_eq!(len % 4, 0);
        assert_eq!(number(len - 4) as usize, len, "the length at the end");
        blocks.push((number(0), &file[8..len - 4]));
        file = &file[len..];
    }
    blocks
}

struct Packet {
    from: u16,
    sequence: u32,
    acknowledged: u32,
    payload: Vec<u8>,
}

/// The packets in blocks; the checksums are right.
fn packets(blocks: &[(u32, &[u8])]) -> Vec<Packet> {
    let packets = blocks.iter().filter(|(typ, _)| *typ == 6).map(|(_, body)| {
        let len = u32::from_le_bytes(body[12..16].try_into().unwrap()) as usize;
        let sliced = SlicedPacket::from_ip(&body[20..20 + len]).unwrap();
        let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { panic!("no TCP") };
        let header = tcp.to_header();
        Packet {
            from: header.source_port,
            sequence: header.sequence_number,
            acknowledged: header.acknowledgment_number,
            payload: tcp.payload().to_vec(),
        }
    });
    packets.collect()
}

/// Sequence numbers go on from 0 beyond 2^32, on both sides, and a FIN takes one.
#[test]
fn sequence_numbers_wrap_around() {
    let [local, peer] = addresses();
    let first = u32::MAX - 10;
    let mut segments = Segments::new(local, peer, first);
    let mut out = Vec::new();
    segments.open(Role::Client, time(), &mut out).unwrap();
    segments.data(Side::Local, &[1; 8], time(), &mut out).unwrap();
    segments.data(Side::Local, &[2; 8], time(), &mut out).unwrap();
    segments.data(Side::Peer, &[3; 8], time(), &mut out).unwrap();
    segments.end_of(Side::Local, time(), &mut out).unwrap();
    segments.end_of(Side::Local, time(), &mut out).unwrap();
    segments.end_of(Side::Peer, time(), &mut out).unwrap();
    let blocks = blocks(&out);
    let numbers: Vec<_> = packets(&blocks).iter().map(|one| (one.from, one.sequence, one.acknowledged)).collect();
    let theirs = !first;
    assert_eq!(
        numbers,
        [
            (50000, first, 0),
            (443, theirs, first + 1),
            (50000, first + 1, theirs + 1),
            (50000, first + 1, theirs + 1),
            (50000, first + 9, theirs + 1),
            (443, theirs + 1, 6),
            (50000, 6, theirs + 9),
            (443, theirs + 9, 7),
        ]
    );
}

/// Everything is in segments of a limited size, in order, and acknowledged now and then.
#[test]
fn long_data_is_cut_into_segments() {
    let [local, peer] = addresses();
    let mut segments = Segments::new(local, peer, 7);
    let mut out = Vec::new();
    let data: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    segments.data(Side::Peer, &data, time(), &mut out).unwrap();
    let blocks = blocks(&out);
    let packets = packets(&blocks);
    let longest = packets.iter().map(|one| one.payload.len()).max();
    assert_eq!(longest, Some(MAX_SEGMENT));
    let sent: Vec<u8> = packets.iter().filter(|one| one.from == 443).flat_map(|one| one.payload.clone()).collect();
    assert_eq!(sent, data);
    // After 32 segments of 2^15 bytes each.
    let acknowledgements: Vec<_> = packets.iter().filter(|one| one.from == 50000).map(|one| one.acknowledged).collect();
    let beginning = !7_u32;
    assert_eq!(acknowledgements, [1, 2].map(|n: u32| beginning.wrapping_add(n << 20)));
}

/// A writer whose bytes can be looked at, and that is full at some size.
#[derive(Clone)]
struct Disk {
    written: Arc<Mutex<Vec<u8>>>,
    size: usize,
}

impl Disk {
    fn new(size: usize) -> Self {
        Self { written: Arc::default(), size }
    }

    fn content(&self) -> Vec<u8> {
        self.written.lock().unwrap().clone()
    }
}

impl Write for Disk {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut written = self.written.lock().unwrap();
        if written.len() + buf.len() > self.size {
            return Err(io::ErrorKind::StorageFull.into());
        }
        written.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A reader needs the secrets before what they open: what was received waits for those that it leads to, and for nothing else.
#[test]
fn secrets_come_before_what_led_to_them() {
    let disk = Disk::new(usize::MAX);
    let capture = Capture::new(disk.clone()).unwrap();
    let [local, peer] = addresses();
    let input: &[u8] = b"key exchange";
    let flow = capture.flow(Role::Server, local, peer);
    let mut transport = Captured::new(input, flow);
    let mut buf = [0; 64];
    assert_eq!(transport.read(&mut buf).unwrap(), input.len());
    capture.log("CLIENT_RANDOM", &[0xab; 32], &[0xcd; 48]);
    // Asking for more writes it.
    assert_eq!(transport.read(&mut buf).unwrap(), 0);
    let content = disk.content();
    let types: Vec<u32> = blocks(&content).iter().map(|(typ, _)| *typ).collect();
    // Section, interface, handshake of TCP, secrets, data, FIN.
    assert_eq!(types, [0x0a0d_0d0a, 1, 6, 6, 6, 10, 6, 6]);
    let (_, secrets) = blocks(&content)[5];
    let line = alloc::format!("CLIENT_RANDOM {} {}\n", "ab".repeat(32), "cd".repeat(48));
    let len = u32::try_from(line.len()).unwrap();
    assert_eq!(secrets[..8], [&b"KSLT"[..], &len.to_le_bytes()].concat());
    assert_eq!(secrets[8..8 + line.len()], *line.as_bytes());
}

/// Nanoseconds, and which way: what was received is inbound.
#[test]
fn packets_have_their_time_and_direction() {
    let disk = Disk::new(usize::MAX);
    let capture = Capture::new(disk.clone()).unwrap();
    let [local, peer] = addresses();
    let flow = capture.flow(Role::Client, local, peer);
    flow.sent(b"request", time());
    flow.received(b"answer", time());
    flow.flush();
    let content = disk.content();
    let blocks = blocks(&content);
    for ((_, body), flags) in blocks[5..].iter().zip([2, 1]) {
        let high = u64::from(u32::from_le_bytes(body[4..8].try_into().unwrap()));
        let low = u64::from(u32::from_le_bytes(body[8..12].try_into().unwrap()));
        assert_eq!(u128::from(high << 32 | low), TIME.as_nanos());
        assert_eq!(body[body.len() - 12..], [2, 0, 4, 0, flags, 0, 0, 0, 0, 0, 0, 0]);
    }
    assert_eq!(blocks.len(), 7);
    // The last handle ends it.
    drop(flow.clone());
    assert_eq!(disk.content().len(), content.len());
    drop(flow);
    assert!(disk.content().len() > content.len());
}

/// A disk that is full is told once, and kept; nothing is written behind the gap.
#[test]
fn a_failed_write_ends_the_recording_and_is_told() {
    let disk = Disk::new(600);
    let capture = Capture::new(disk.clone()).unwrap();
    let told = Arc::new(Mutex::new(0));
    let count = Arc::clone(&told);
    capture.on_error(move |error| {
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        *count.lock().unwrap() += 1;
    });
    let [local, peer] = addresses();
    let flow = capture.flow(Role::Client, local, peer);
    assert!(capture.take_error().is_none());
    let before = disk.content();
    let mut transport = Captured::new(Vec::new(), flow);
    transport.write_all(&[0; 1000]).unwrap();
    transport.write_all(&[0; 1]).unwrap();
    assert_eq!(transport.get_ref().len(), 1001, "the transport is not affected");
    assert_eq!(*told.lock().unwrap(), 1);
    assert_eq!(capture.take_error().unwrap().kind(), io::ErrorKind::StorageFull);
    assert!(capture.take_error().is_none());
    drop(transport);
    assert_eq!(disk.content(), before, "one byte would have fit");
}

/// Connections of the same addresses and ports, one after the other, are told apart by their sequence numbers.
#[test]
fn consecutive_connections_differ() {
    let disk = Disk::new(usize::MAX);
    let capture = Capture::new(disk.clone()).unwrap();
    let [local, peer] = addresses();
    (0..3).for_each(|_| drop(capture.flow(Role::Client, local, peer)));
    let content = disk.content();
    let mut first: Vec<u32> = packets(&blocks(&content)).iter().step_by(4).map(|one| one.sequence).collect();
    first.dedup();
    assert_eq!(first.len(), 3);
}
