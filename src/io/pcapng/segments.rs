//! What two sides said, as the packets of a TCP connection. Does no I/O, and knows no clock.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr, SocketAddr};
use etherparse::{PacketBuilder, TcpHeader, TcpOptionElement};
use std::io;
use std::time::SystemTime;

use super::blocks::{self, Direction};
use crate::handshake::Role;

/// The largest payload of a packet, in bytes. The longest record of TLS fits (2^14 + 2048 + 5, RFC 5246 §6.2.3), and the headers
/// and the payload together have fewer than the 2^16 bytes that IP allows.
pub(super) const MAX_SEGMENT: usize = 1 << 15;

/// How many bytes a side sends until the other acknowledges them with a packet of its own, if it has nothing to send.
const ACKNOWLEDGED_AFTER: u32 = 1 << 20;

/// The receive window of both sides, in units of 2^[`WINDOW_SCALE`] bytes (RFC 7323 §2): more than [`ACKNOWLEDGED_AFTER`], so
/// that no reader finds it exceeded.
const WINDOW: u16 = u16::MAX;
const WINDOW_SCALE: u8 = 7;

/// The common initial value of Time To Live and Hop Limit.
const HOPS: u8 = 64;

/// A side of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Local,
    Peer,
}

impl Side {
    const fn other(self) -> Self {
        match self {
            Self::Local => Self::Peer,
            Self::Peer => Self::Local,
        }
    }
}

/// What a packet is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Syn,
    SynAck,
    Ack,
    Data,
    Fin,
    Reset,
}

/// A TCP connection.
#[derive(Debug)]
pub(super) struct Segments {
    local: End,
    peer: End,
}

#[derive(Debug)]
struct End {
    address: SocketAddr,
    /// The sequence number of its next byte.
    next: u32,
    /// The first of its sequence numbers that the other side has not acknowledged.
    unacknowledged: u32,
    /// It has sent a FIN, or the connection was reset.
    is_closed: bool,
}

impl End {
    fn new(address: SocketAddr, sequence: u32) -> Self {
        // An IPv4 address that a socket of IPv6 has is one of IPv4.
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        Self { address, next: sequence, unacknowledged: sequence, is_closed: false }
    }
}

impl Segments {
    /// A connection of `local` to `peer`. Connections between the same addresses and ports, one after the other, need different
    /// sequence numbers.
    pub(super) fn new(local: SocketAddr, peer: SocketAddr, sequence: u32) -> Self {
        Self { local: End::new(local, sequence), peer: End::new(peer, !sequence) }
    }

    /// Appends the handshake of TCP, in which the local side has this role.
    pub(super) fn open(&mut self, local: Role, time: SystemTime, out: &mut Vec<u8>) -> io::Result<()> {
        let opener = match local {
            Role::Client => Side::Local,
            Role::Server => Side::Peer,
        };
        self.segment(opener, Kind::Syn, &[], time, out)?;
        self.segment(opener.other(), Kind::SynAck, &[], time, out)?;
        self.segment(opener, Kind::Ack, &[], time, out)
    }

    /// Appends bytes that `from` has sent.
    pub(super) fn data(&mut self, from: Side, bytes: &[u8], time: SystemTime, out: &mut Vec<u8>) -> io::Result<()> {
        for part in bytes.chunks(MAX_SEGMENT) {
            self.segment(from, Kind::Data, part, time, out)?;
            let sender = self.end(from);
            if sender.next.wrapping_sub(sender.unacknowledged) >= ACKNOWLEDGED_AFTER {
                self.segment(from.other(), Kind::Ack, &[], time, out)?;
            }
        }
        Ok(())
    }

    /// Appends the end of what `from` sends, unless it is there.
    pub(super) fn end_of(&mut self, from: Side, time: SystemTime, out: &mut Vec<u8>) -> io::Result<()> {
        if self.end(from).is_closed {
            return Ok(());
        }
        self.segment(from, Kind::Fin, &[], time, out)
    }

    /// Appends that `from` has reset the connection, unless it has ended.
    pub(super) fn reset(&mut self, from: Side, time: SystemTime, out: &mut Vec<u8>) -> io::Result<()> {
        if self.local.is_closed && self.peer.is_closed {
            return Ok(());
        }
        self.segment(from, Kind::Reset, &[], time, out)
    }

    fn end(&self, side: Side) -> &End {
        match side {
            Side::Local => &self.local,
            Side::Peer => &self.peer,
        }
    }

    fn segment(
        &mut self,
        from: Side,
        kind: Kind,
        payload: &[u8],
        time: SystemTime,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let (sender, receiver, direction) = match from {
            Side::Local => (&mut self.local, &mut self.peer, Direction::Outbound),
            Side::Peer => (&mut self.peer, &mut self.local, Direction::Inbound),
        };
        let mut tcp = TcpHeader::new(sender.address.port(), receiver.address.port(), sender.next, WINDOW);
        tcp.syn = matches!(kind, Kind::Syn | Kind::SynAck);
        tcp.psh = kind == Kind::Data;
        tcp.fin = kind == Kind::Fin;
        tcp.rst = kind == Kind::Reset;
        if kind != Kind::Syn {
            (tcp.ack, tcp.acknowledgment_number) = (true, receiver.next);
            receiver.unacknowledged = receiver.next;
        }
        if tcp.syn {
            tcp.set_options(&[TcpOptionElement::WindowScale(WINDOW_SCALE)]).map_err(io::Error::other)?;
        }
        match kind {
            Kind::Fin => sender.is_closed = true,
            Kind::Reset => (sender.is_closed, receiver.is_closed) = (true, true),
            _ => {}
        }
        // SYN and FIN take a sequence number each (RFC 9293 §3.4).
        let taken = payload.len().saturating_add(usize::from(tcp.syn || tcp.fin));
        sender.next = sender.next.wrapping_add(u32::try_from(taken).map_err(io::Error::other)?);
        let packet = packet(sender.address.ip(), receiver.address.ip(), tcp, payload)?;
        blocks::packet(&packet, time, direction, out)
    }
}

/// A packet of IP, with its checksums.
fn packet(from: IpAddr, to: IpAddr, tcp: TcpHeader, payload: &[u8]) -> io::Result<Vec<u8>> {
    let builder = match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => PacketBuilder::ipv4(from.octets(), to.octets(), HOPS),
        _ => PacketBuilder::ipv6(in_v6(from).octets(), in_v6(to).octets(), HOPS),
    };
    let builder = builder.tcp_header(tcp);
    let mut packet = Vec::with_capacity(builder.size(payload.len()));
    builder.write(&mut packet, payload).map_err(io::Error::other)?;
    Ok(packet)
}

fn in_v6(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}
