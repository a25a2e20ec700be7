//! The blocks of a pcapng file: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html>.
//!
//! The crates that write it do not serve here: the serializer of pcap-parser brings the whole of `futures`, and leaves copies of
//! the secrets in freed memory; pcap-file writes no secrets.

use alloc::vec::Vec;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// The types of blocks (§11.1).
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const DECRYPTION_SECRETS: u32 = 10;

/// By which a reader recognizes the byte order (§4.1).
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

/// The version of the format: 1.0.
const VERSION: [u8; 4] = [1, 0, 0, 0];

/// The length of a section that is not known: -1.
const UNKNOWN_LEN: [u8; 8] = [0xff; 8];

/// The link type of packets that begin with the header of IPv4 or IPv6 (<https://www.tcpdump.org/linktypes.html>).
const LINKTYPE_RAW: u32 = 101;

/// The longest packet, in bytes, that a reader must expect: the limit of libpcap.
const SNAP_LEN: u32 = 1 << 18;

/// The type of secrets in the format of an NSS key log (§4.7).
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// Options: the program that wrote the section (§4.1), the unit of times (§4.2), and which way a packet went (§4.3.1).
const SHB_USERAPPL: u16 = 4;
const IF_TSRESOL: u16 = 9;
const EPB_FLAGS: u16 = 2;

/// The unit of times, as a negative power of ten: nanoseconds.
const NANOSECONDS: u8 = 9;

/// Which way a packet went.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    Inbound,
    Outbound,
}

/// The beginning of a file: its section, and the one interface.
pub(super) fn head() -> io::Result<Vec<u8>> {
    let application = concat!("tls12 ", env!("CARGO_PKG_VERSION"));
    let mut head = Vec::new();
    let fixed = [&BYTE_ORDER_MAGIC.to_le_bytes()[..], &VERSION, &UNKNOWN_LEN].concat();
    put(SECTION_HEADER, &fixed, &[], &option(SHB_USERAPPL, application.as_bytes())?, &mut head)?;
    let fixed = [LINKTYPE_RAW.to_le_bytes(), SNAP_LEN.to_le_bytes()].concat();
    put(INTERFACE_DESCRIPTION, &fixed, &[], &option(IF_TSRESOL, &[NANOSECONDS])?, &mut head)?;
    Ok(head)
}

/// Appends a packet, which begins with its IP header.
pub(super) fn packet(data: &[u8], time: SystemTime, direction: Direction, out: &mut Vec<u8>) -> io::Result<()> {
    let nanoseconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let [low @ .., h0, h1, h2, h3] = number(nanoseconds, u64::to_le_bytes)?;
    let len = number(data.len(), u32::to_le_bytes)?;
    let interface = [0; 4];
    // Captured in full.
    let fixed = [interface, [h0, h1, h2, h3], low, len, len].concat();
    let flags: u8 = match direction {
        Direction::Inbound => 1,
        Direction::Outbound => 2,
    };
    put(ENHANCED_PACKET, &fixed, data, &option(EPB_FLAGS, &[flags, 0, 0, 0])?, out)
}

/// A block with a line of a key log.
pub(super) fn secrets(line: &[u8]) -> io::Result<Zeroizing<Vec<u8>>> {
    let fixed = [TLS_KEY_LOG.to_le_bytes(), number(line.len(), u32::to_le_bytes)?].concat();
    // Large enough, so that it is not copied.
    let mut block = Zeroizing::new(Vec::with_capacity(line.len() + 64));
    put(DECRYPTION_SECRETS, &fixed, line, &[], &mut block)?;
    Ok(block)
}

/// Appends a block: its type, its length, its fixed part, its data with padding, its options, and the length again (§3.1).
fn put(typ: u32, fixed: &[u8], data: &[u8], options: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    const TYPE_AND_LENGTHS: usize = 12;
    let len = TYPE_AND_LENGTHS + fixed.len() + data.len() + padding(data).len() + options.len();
    let len = number(len, u32::to_le_bytes)?;
    for part in [&typ.to_le_bytes(), &len, fixed, data, padding(data), options, &len] {
        out.extend_from_slice(part);
    }
    Ok(())
}

/// An option, and the end of the options (§3.5).
fn option(code: u16, value: &[u8]) -> io::Result<Vec<u8>> {
    const END: [u8; 4] = [0; 4];
    let len = number(value.len(), u16::to_le_bytes)?;
    Ok([&code.to_le_bytes()[..], &len, value, padding(value), &END].concat())
}

/// The zeros up to a multiple of four bytes.
fn padding(bytes: &[u8]) -> &'static [u8] {
    const ZEROS: [u8; 3] = [0; 3];
    ZEROS.get(..bytes.len().next_multiple_of(4) - bytes.len()).unwrap_or_default()
}

/// A number in the file.
fn number<N, T: TryFrom<N, Error: core::error::Error + Send + Sync + 'static>, const LEN: usize>(
    number: N,
    encode: fn(T) -> [u8; LEN],
) -> io::Result<[u8; LEN]> {
    T::try_from(number).map(encode).map_err(io::Error::other)
}
