//! From a captured packet to its TCP segment: link layers, VLANs, IPv4 and IPv6 with fragments.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use etherparse::defrag::IpDefragPool;
use etherparse::{EtherType, IpNumber, LaxNetSlice, LaxSlicedPacket, NetSlice, SlicedPacket, TcpSlice, TransportSlice};

use super::capture::Packet;

/// How many packets long the first fragments of a packet wait for the others. Each holds up to 64 KiB.
const FRAGMENTS_WAIT: u64 = 256;

/// Link layers (<https://www.tcpdump.org/linktypes.html>).
const NULL: i32 = 0;
const ETHERNET: i32 = 1;
const RAW: [i32; 5] = [12, 14, 101, 228, 229];
const LOOP: i32 = 108;
const LINUX_SLL: i32 = 113;
const LINUX_SLL2: i32 = 276;

/// A TCP segment.
#[derive(Debug)]
pub struct Segment<'a> {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub sequence: u32,
    /// The next byte that the sender expects.
    pub acknowledged: Option<u32>,
    pub syn: bool,
    pub fin: bool,
    pub rst: bool,
    pub payload: Cow<'a, [u8]>,
    /// How many bytes of the payload were not captured, at its end.
    pub cut: usize,
}

/// Finds the TCP segments in packets.
#[derive(Default)]
pub struct Dissector {
    fragments: IpDefragPool<u64>,
    packets: u64,
    /// The first link layer that is not known.
    pub unknown_link: Option<i32>,
}

/// Where a packet of IP begins, and how that is known.
enum Start<'a> {
    Ethernet(&'a [u8]),
    Type(EtherType, &'a [u8]),
    Ip(&'a [u8]),
}

impl Dissector {
    /// Returns the segment that a packet has, or completes; `None` if it is not of TCP, or is damaged.
    pub fn segment<'a>(&mut self, packet: &Packet<'a>) -> Option<Segment<'a>> {
        self.packets += 1;
        let Some(start) = start(packet) else {
            self.unknown_link.get_or_insert(packet.link);
            return None;
        };
        let start = start?;
        let lax = match start {
            Start::Ethernet(data) => LaxSlicedPacket::from_ethernet(data).ok()?,
            Start::Type(typ, data) => LaxSlicedPacket::from_ether_type(typ, data),
            Start::Ip(data) => LaxSlicedPacket::from_ip(data).ok()?,
        };
        let (addresses, ip): ([IpAddr; 2], _) = match lax.net.as_ref()? {
            LaxNetSlice::Ipv4(ip) => {
                ([ip.header().source_addr().into(), ip.header().destination_addr().into()], ip.payload())
            }
            LaxNetSlice::Ipv6(ip) => {
                ([ip.header().source_addr().into(), ip.header().destination_addr().into()], ip.payload())
            }
            LaxNetSlice::Arp(_) => return None,
        };
        if ip.fragmented {
            return self.joined(&start, addresses);
        }
        let Some(TransportSlice::Tcp(tcp)) = &lax.transport else { return None };
        // The padding of Ethernet is not missed.
        let cut = if ip.incomplete { packet.cut } else { 0 };
        Some(segment(addresses, tcp, Cow::Borrowed(tcp.payload()), cut))
    }

    /// Adds a fragment; returns the segment, if this was the last one that it lacked.
    fn joined<'a>(&mut self, start: &Start<'_>, addresses: [IpAddr; 2]) -> Option<Segment<'a>> {
        let oldest = self.packets.saturating_sub(FRAGMENTS_WAIT);
        self.fragments.retain(|added| *added >= oldest);
        let sliced = match *start {
            Start::Ethernet(data) => SlicedPacket::from_ethernet(data),
            Start::Type(typ, data) => SlicedPacket::from_ether_type(typ, data),
            Start::Ip(data) => SlicedPacket::from_ip(data),
        };
        let sliced = sliced.ok().filter(|sliced| !matches!(sliced.net, None | Some(NetSlice::Arp(_))))?;
        let whole = self.fragments.process_sliced_packet(&sliced, self.packets, ()).ok()??;
        if whole.ip_number != IpNumber::TCP {
            return None;
        }
        let tcp = TcpSlice::from_slice(&whole.payload).ok()?;
        Some(segment(addresses, &tcp, Cow::Owned(tcp.payload().to_vec()), 0))
    }
}

/// `None` if the link layer is not known; nothing in it if the packet is not one of IP, or too short.
fn start<'a>(packet: &Packet<'a>) -> Option<Option<Start<'a>>> {
    let data = packet.data;
    // The type in the header, behind which `len` bytes come to the end of the header.
    let typed = |at: usize, len: usize| -> Option<Start<'a>> {
        let typ = data.get(at..)?.first_chunk()?;
        Some(Start::Type(EtherType(u16::from_be_bytes(*typ)), data.get(len..)?))
    };
    Some(match packet.link {
        ETHERNET => Some(Start::Ethernet(data)),
        // The family of the address, in the byte order of some machine; the packet says itself which one it is.
        NULL | LOOP => data.get(4..).map(Start::Ip),
        LINUX_SLL => typed(14, 16),
        LINUX_SLL2 => typed(0, 20),
        link if RAW.contains(&link) => Some(Start::Ip(data)),
        _ => return None,
    })
}

fn segment<'a>([from, to]: [IpAddr; 2], tcp: &TcpSlice<'_>, payload: Cow<'a, [u8]>, cut: usize) -> Segment<'a> {
    Segment {
        from: SocketAddr::new(from, tcp.source_port()),
        to: SocketAddr::new(to, tcp.destination_port()),
        sequence: tcp.sequence_number(),
        acknowledged: tcp.ack().then(|| tcp.acknowledgment_number()),
        syn: tcp.syn(),
        fin: tcp.fin(),
        rst: tcp.rst(),
        payload,
        cut,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A fragment of IPv4 with the first or the second half of a TCP header.
    fn fragment(id: u16, is_second: bool) -> Vec<u8> {
        let tcp = [0, 80, 0x30, 0x39, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0, b'x', b'y', b'z'];
        let (first, second) = tcp.split_at(16);
        let (offset, part) = if is_second { (2, second) } else { (0x2000_u16, first) };
        let len = u16::try_from(20 + part.len()).unwrap();
        let mut bytes = vec![0x45, 0];
        for number in [len, id, offset] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&[64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        bytes.extend_from_slice(part);
        bytes
    }

    #[test]
    fn fragments_do_not_wait_forever() {
        fn packet(data: &[u8]) -> Packet<'_> {
            Packet { link: 101, time: Duration::ZERO, data, cut: 0 }
        }
        // How many others come between the two fragments of the first, and whether it is complete then.
        for (between, is_complete) in [(0, true), (FRAGMENTS_WAIT - 1, true), (FRAGMENTS_WAIT + 1, false)] {
            let mut dissector = Dissector::default();
            assert!(dissector.segment(&packet(&fragment(0, false))).is_none());
            for id in 1..=u16::try_from(between).unwrap() {
                assert!(dissector.segment(&packet(&fragment(id, false))).is_none());
            }
            let second = fragment(0, true);
            let segment = dissector.segment(&packet(&second));
            assert_eq!(segment.map(|segment| segment.payload.into_owned()), is_complete.then(|| b"xyz".to_vec()));
        }
    }
}
