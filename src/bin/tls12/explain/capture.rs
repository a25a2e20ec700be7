//! Reads a file of captured packets, pcap or pcapng, block by block: it may be larger than memory.

use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pcap_parser::pcapng::SecretsType;
use pcap_parser::{Block, PcapBlockOwned, PcapError, PcapHeader, create_reader};

/// How much is read at once, in bytes.
const READ: usize = 1 << 16;

/// The longest block that is read, in bytes: a packet has up to 256 KiB (the limit of libpcap), and secrets come in larger
/// blocks.
const MAX_BLOCK: usize = 16 << 20;

/// The shortest block of pcapng, in bytes: its type, and its length twice.
const MIN_BLOCK: u32 = 12;

/// The most interfaces of a section that are told apart. Captures have a few.
const MAX_INTERFACES: usize = 4096;

/// The type of the block that begins a section of pcapng.
const SECTION: u32 = 0x0a0d_0d0a;

/// Nanoseconds in a second.
const NANOS: u128 = 1_000_000_000;

/// A captured packet.
pub struct Packet<'a> {
    /// The type of its link layer, by the number that tcpdump.org gives it.
    pub link: i32,
    /// Since the beginning of 1970.
    pub time: Duration,
    pub data: &'a [u8],
    /// How many of its bytes were not captured.
    pub cut: usize,
}

/// Something in a file.
pub enum Found<'a> {
    Packet(Packet<'a>),
    /// A key log in the format of NSS (a Decryption Secrets Block).
    KeyLog(&'a [u8]),
}

/// How the file ends.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// Where it should.
    Whole,
    /// Within a block, as does the file of a capture that still runs.
    Cut,
    /// Behind this byte it is damaged.
    Damaged(usize),
}

/// An interface on which packets were captured.
#[derive(Clone, Copy)]
struct Interface {
    link: i32,
    /// Units of time in a second.
    resolution: u128,
    /// In seconds.
    offset: i64,
}

impl Interface {
    fn time(self, units: u64) -> Duration {
        let nanos = u128::from(units) * NANOS / self.resolution;
        let seconds = u64::try_from(nanos / NANOS).unwrap_or(u64::MAX).saturating_add_signed(self.offset);
        Duration::new(seconds, u32::try_from(nanos % NANOS).unwrap_or_default())
    }
}

/// How many units of time a second has, by the option if_tsresol: a negative power of 10, or of 2 with the highest bit.
fn resolution(option: u8) -> u128 {
    let power = u32::from(option & 0x7f);
    let base: u128 = if option & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(power).unwrap_or(u128::MAX)
}

/// A file, or standard input, whose first bytes are known.
pub struct Source {
    start: Vec<u8>,
    rest: Box<dyn Read + Send>,
}

impl Source {
    /// Reads the first bytes: up to 64 KiB, since the reader of captures wants a header as a whole.
    pub fn new(mut rest: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut start = Vec::new();
        rest.by_ref().take(READ as u64).read_to_end(&mut start)?;
        Ok(Self { start, rest })
    }

    /// The first bytes.
    pub fn start(&self) -> &[u8] {
        &self.start
    }

    /// Whether this is a capture: it begins with the header of pcap, or of a section of pcapng.
    pub fn is_capture(&self) -> bool {
        const PCAP: [u32; 3] = [0xa1b2_c3d4, 0xa1b2_3c4d, 0xa1b2_cd34];
        self.magic().is_some_and(|magic| {
            magic == SECTION || PCAP.iter().any(|known| [*known, known.swap_bytes()].contains(&magic))
        })
    }

    /// Whether this is a capture in which there may be secrets.
    pub fn is_pcapng(&self) -> bool {
        self.magic() == Some(SECTION)
    }

    fn magic(&self) -> Option<u32> {
        self.start.first_chunk().map(|first| u32::from_le_bytes(*first))
    }

    /// All bytes.
    pub fn bytes(self) -> impl Read + Send {
        Cursor::new(self.start).chain(self.rest)
    }
}

/// Gives all that is in a capture to `sink`, in its order.
///
/// # Errors
/// It cannot be read.
pub fn read(source: Source, mut sink: impl FnMut(Found<'_>)) -> io::Result<End> {
    let failed = Failed::default();
    let is_pcapng = source.is_pcapng();
    let source = Watched { source: source.bytes(), failed: failed.clone() };
    let Ok(mut reader) = create_reader(READ, source) else { return Ok(End::Damaged(0)) };
    let mut sections = Sections::default();
    let mut capacity = READ;
    loop {
        if is_pcapng && is_too_short(reader.data()) {
            return Ok(End::Damaged(reader.consumed()));
        }
        match reader.next() {
            Ok((len, block)) => {
                sections.block(&block, &mut sink);
                reader.consume(len);
            }
            Err(PcapError::Eof) => return Ok(End::Whole),
            Err(PcapError::UnexpectedEof) => return Ok(End::Cut),
            Err(PcapError::Incomplete(_) | PcapError::BufferTooSmall) => {
                if reader.data().len() >= capacity / 2 {
                    capacity *= 2;
                    if capacity > MAX_BLOCK || !reader.grow(capacity) {
                        return Ok(End::Damaged(reader.consumed()));
                    }
                }
                if reader.refill().is_err() {
                    return Err(failed.take().unwrap_or_else(|| io::Error::other("it cannot be read to its end")));
                }
            }
            Err(_) => return Ok(End::Damaged(reader.consumed())),
        }
    }
}

/// Whether the next block of pcapng is shorter than any: the reader of captures subtracts from the lengths of some without looking. A
/// length is in the byte order of its section; what is as short in the other order is longer than [`MAX_BLOCK`], or as long.
fn is_too_short(next: &[u8]) -> bool {
    let len = next.get(4..).and_then(|rest| rest.first_chunk());
    len.is_some_and(|len| u32::from_le_bytes(*len).min(u32::from_be_bytes(*len)) < MIN_BLOCK)
}

/// The error at which reading ended: the reader of captures does not pass it on.
#[derive(Clone, Default)]
struct Failed(Arc<Mutex<Option<io::Error>>>);

impl Failed {
    fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A source whose error is kept.
struct Watched<R> {
    source: R,
    failed: Failed,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.source.read(buf).inspect_err(|error| {
            let kept = error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
            *self.failed.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        })
    }
}

/// The interfaces of the section under way; pcap has a single one.
#[derive(Default)]
struct Sections {
    interfaces: Vec<Interface>,
}

impl Sections {
    fn block(&mut self, block: &PcapBlockOwned<'_>, sink: &mut impl FnMut(Found<'_>)) {
        match block {
            PcapBlockOwned::LegacyHeader(header) => self.interfaces = vec![of_pcap(header)],
            PcapBlockOwned::Legacy(block) => {
                let Some(interface) = self.interfaces.first() else { return };
                let units = u64::try_from(interface.resolution).unwrap_or_default();
                let time = u64::from(block.ts_sec).saturating_mul(units).saturating_add(block.ts_usec.into());
                packet(*interface, time, block.data, block.origlen, sink);
            }
            PcapBlockOwned::NG(block) => self.next_generation(block, sink),
        }
    }

    fn next_generation(&mut self, block: &Block<'_>, sink: &mut impl FnMut(Found<'_>)) {
        match block {
            // The interfaces are numbered from 0 in each section.
            Block::SectionHeader(_) => self.interfaces.clear(),
            Block::InterfaceDescription(block) if self.interfaces.len() < MAX_INTERFACES => {
                self.interfaces.push(Interface {
                    link: block.linktype.0,
                    resolution: resolution(block.if_tsresol),
                    offset: block.if_tsoffset,
                });
            }
            Block::EnhancedPacket(block) => {
                let index = usize::try_from(block.if_id).unwrap_or(usize::MAX);
                let Some(interface) = self.interfaces.get(index) else { return };
                let units = u64::from(block.ts_high) << 32 | u64::from(block.ts_low);
                packet(*interface, units, up_to(block.data, block.caplen), block.origlen, sink);
            }
            Block::SimplePacket(block) => {
                let Some(interface) = self.interfaces.first() else { return };
                packet(*interface, 0, up_to(block.data, block.origlen), block.origlen, sink);
            }
            Block::DecryptionSecrets(block) if block.secrets_type == SecretsType::TlsKeyLog => {
                sink(Found::KeyLog(up_to(block.data, block.secrets_len)));
            }
            _ => {}
        }
    }
}

fn of_pcap(header: &PcapHeader) -> Interface {
    let resolution = if header.is_nanosecond_precision() { NANOS } else { 1_000_000 };
    // The upper half has flags about checksums at the end of frames.
    Interface { link: header.network.0 & 0xffff, resolution, offset: header.thiszone.into() }
}

/// Without the padding.
fn up_to(data: &[u8], len: u32) -> &[u8] {
    usize::try_from(len).ok().and_then(|len| data.get(..len)).unwrap_or(data)
}

fn packet(interface: Interface, units: u64, data: &[u8], original: u32, sink: &mut impl FnMut(Found<'_>)) {
    let cut = usize::try_from(original).unwrap_or_default().saturating_sub(data.len());
    sink(Found::Packet(Packet { link: interface.link, time: interface.time(units), data, cut }));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of pcapng, little-endian.
    fn block(typ: u32, body: &[u8]) -> Vec<u8> {
        let padded = body.len().next_multiple_of(4);
        let len = u32::try_from(12 + padded).unwrap().to_le_bytes();
        [&typ.to_le_bytes(), &len[..], body, &vec![0; padded - body.len()], &len].concat()
    }

    fn section() -> Vec<u8> {
        block(SECTION, &[&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat())
    }

    /// An interface with this resolution of time (option 9).
    fn interface(link: u8, resolution: u8) -> Vec<u8> {
        block(1, &[link, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, resolution, 0, 0, 0, 0, 0, 0, 0])
    }

    fn enhanced(interface: u32, units: u64, data: &[u8]) -> Vec<u8> {
        let mut body = interface.to_le_bytes().to_vec();
        body.extend_from_slice(&u32::try_from(units >> 32).unwrap().to_le_bytes());
        body.extend_from_slice(&u32::try_from(units & 0xffff_ffff).unwrap().to_le_bytes());
        for _ in 0..2 {
            body.extend_from_slice(&u32::try_from(data.len()).unwrap().to_le_bytes());
        }
        body.extend_from_slice(data);
        block(6, &body)
    }

    /// The link type, the time and the length of each packet, and the end.
    fn packets(file: Vec<u8>) -> (Vec<(i32, Duration, usize)>, End) {
        let mut found = Vec::new();
        let source = Source::new(Box::new(Cursor::new(file))).unwrap();
        assert!(source.is_capture());
        let end = read(source, |item| {
            if let Found::Packet(packet) = item {
                found.push((packet.link, packet.time, packet.data.len()));
            }
        });
        (found, end.unwrap())
    }

    #[test]
    fn times_have_the_unit_of_their_interface() {
        let second = Duration::from_secs(1_700_000_000);
        let time = Duration::from_micros(250_000);
        let mut file = section();
        // Microseconds, nanoseconds, and 1/1024 of a second.
        for (i, (resolution, units)) in [(6, 1_000_000), (9, 1_000_000_000), (0x8a, 1024_u64)].into_iter().enumerate() {
            file.extend(interface(1, resolution));
            let index = u32::try_from(i).unwrap();
            file.extend(enhanced(index, 1_700_000_000 * units + units / 4, b"packet"));
        }
        assert_eq!(packets(file), (vec![(1, second + time, 6); 3], End::Whole));
        // pcap has microseconds or nanoseconds, in either byte order.
        for (magic, unit) in [(0xa1b2_c3d4_u32, 1_000_000_u32), (0xa1b2_3c4d, 1_000_000_000)] {
            for is_big in [false, true] {
                let number = |number: u32| if is_big { number.to_be_bytes() } else { number.to_le_bytes() };
                let version = if is_big { [0, 2, 0, 4] } else { [2, 0, 4, 0] };
                let head = [number(magic), version, number(0), number(0), number(65535), number(101)];
                let packet = [number(1_700_000_000), number(unit / 4), number(6), number(6)];
                let file = [head.concat(), packet.concat(), b"packet".to_vec()].concat();
                assert_eq!(packets(file), (vec![(101, second + time, 6)], End::Whole), "{magic:x} {is_big}");
            }
        }
    }

    /// A disk that fails, or a network file system that is gone.
    #[test]
    fn why_reading_ended_is_said() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                /// EIO.
                const INPUT_OUTPUT: i32 = 5;
                Err(io::Error::from_raw_os_error(INPUT_OUTPUT))
            }
        }
        let start = [section(), interface(1, 6), enhanced(0, 0, &[0; READ])].concat()[..READ].to_vec();
        let source = Source::new(Box::new(Cursor::new(start).chain(Failing))).unwrap();
        let error = read(source, |_| {}).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(5), "{error}");
    }

    #[test]
    fn blocks_and_interfaces_are_limited() {
        // A large one is read, and one that is too large is not.
        for (len, end) in [(1 << 20, End::Whole), (MAX_BLOCK, End::Damaged(section().len() + interface(1, 6).len()))] {
            let file = [section(), interface(1, 6), enhanced(0, 0, &vec![0; len])].concat();
            let count = usize::from(end == End::Whole);
            assert_eq!(packets(file), (vec![(1, Duration::ZERO, len); count], end));
        }
        let mut file = section();
        (0..=MAX_INTERFACES).for_each(|_| file.extend(interface(1, 6)));
        let last = u32::try_from(MAX_INTERFACES).unwrap();
        file.extend([enhanced(last - 1, 0, b"read"), enhanced(last, 0, b"skipped")].concat());
        assert_eq!(packets(file), (vec![(1, Duration::ZERO, 4)], End::Whole));
    }

    /// Of every type, those that the reader knows and others: 0x8000_0001 is the description of a process.
    #[test]
    fn blocks_that_are_too_short_are_damage() {
        let big = |block: &[u8]| block.chunks(4).flat_map(|word| word.iter().rev().copied()).collect::<Vec<u8>>();
        for typ in (0..=11_u32).chain([0xbad, 0x4000_0bad, 0x8000_0001]) {
            for len in 0..MIN_BLOCK {
                let short = [typ.to_le_bytes(), len.to_le_bytes(), [0; 4], len.to_le_bytes()].concat();
                let damaged = (vec![], End::Damaged(section().len()));
                assert_eq!(packets([section(), short.clone()].concat()), damaged, "type {typ:#x}, {len} bytes");
                assert_eq!(packets(big(&[section(), short].concat())), damaged, "type {typ:#x}, {len} bytes");
            }
        }
    }

    #[test]
    fn secrets_inside_are_found() {
        let text = b"CLIENT_RANDOM 00 11";
        let mut body = 0x544c_534b_u32.to_le_bytes().to_vec();
        body.extend_from_slice(&u32::try_from(text.len()).unwrap().to_le_bytes());
        body.extend_from_slice(text);
        let source = Source::new(Box::new(Cursor::new([section(), block(10, &body)].concat()))).unwrap();
        let mut found = Vec::new();
        let end = read(source, |item| {
            if let Found::KeyLog(text) = item {
                found.push(text.to_vec());
            }
        });
        assert_eq!((found, end.unwrap()), (vec![text.to_vec()], End::Whole));
    }
}
