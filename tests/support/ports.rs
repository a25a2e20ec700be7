//! Ports for programs that must be told theirs.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process};

/// Where the ports start: few services have one from here on.
const FIRST: u16 = 10_000;

/// The last one below the range from which Linux takes ephemeral ports by default (`ip_local_port_range` in ip-sysctl).
const LAST: u16 = 32_767;

/// Fewer make it likely that one process takes another's.
const ENOUGH: u16 = 1000;

/// What processes are apart whose IDs follow each other: no test program asks for so many ports.
const STRIDE: u32 = 151;

/// The ports below the ephemeral range, if that leaves enough.
///
/// The system gives a port of the ephemeral range to each connection and to each listener on port 0, so that one which was free
/// a moment ago may be taken by another test before the program listens on it. It never does so with those below that range.
pub fn ports() -> Option<RangeInclusive<u16>> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let ephemeral = range.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(LAST + 1);
    (ephemeral >= FIRST + ENOUGH).then(|| FIRST..=ephemeral - 1)
}

/// A port that nobody listens on. No other call in this process returns it.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    // Within the ephemeral range they are no worse than those that the system chooses.
    let ports = ports().unwrap_or(FIRST..=LAST);
    let count = u32::from(ports.end() - ports.start()) + 1;
    let start = process::id().wrapping_mul(STRIDE);
    loop {
        let number = TAKEN.fetch_add(1, Ordering::Relaxed);
        assert!(number < count, "all ports have been tried");
        // Less than the number of ports, which fits.
        let port = ports.start() + u16::try_from(start.wrapping_add(number) % count).unwrap();
        // On all addresses: some programs do not listen on one only.
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            return port;
        }
    }
}
