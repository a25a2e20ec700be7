//! The bytes of one direction, cut into records. Where the bytes are not a record, it looks for the next header.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::mem;

use super::item::{Direction, Place};
use crate::wire::{ContentType, MAX_CIPHERTEXT, ProtocolVersion, RecordHeader};

/// The bytes of one direction.
pub(super) struct Stream {
    direction: Direction,
    /// The number of bytes before those in `buffer`.
    offset: u64,
    /// The start of a record.
    buffer: Vec<u8>,
    /// How many bytes of the record that began before a gap are to be skipped.
    skip: u64,
    records: u64,
    /// The next bytes need not be a header.
    lost: bool,
}

/// Something in the stream.
pub(super) enum Unit<'i> {
    Record {
        place: Place,
        header: RecordHeader,
        /// The whole record, with its header: in the input, if all of it is there.
        record: Cow<'i, [u8]>,
    },
    /// A record that the capture has only a part of.
    Partial {
        place: Place,
        header: RecordHeader,
    },
    NoRecord {
        place: Place,
        first: [u8; RecordHeader::LEN],
    },
}

impl Stream {
    pub(super) const fn new(direction: Direction) -> Self {
        Self { direction, offset: 0, buffer: Vec::new(), skip: 0, records: 0, lost: false }
    }

    /// Takes the next unit from the buffer and `input`; `None` if more input is needed.
    pub(super) fn next<'i>(&mut self, input: &mut &'i [u8]) -> Option<Unit<'i>> {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(input.len());
        *input = input.get(skipped..).unwrap_or_default();
        self.advance(skipped);
        self.skip -= u64::try_from(skipped).unwrap_or(u64::MAX);
        loop {
            let first = self.header(input)?;
            let header = RecordHeader::from_bytes(first);
            if !self.is_plausible(header) {
                let place = self.place(RecordHeader::LEN);
                let was_lost = mem::replace(&mut self.lost, true);
                self.skip_byte(input);
                if was_lost {
                    continue;
                }
                return Some(Unit::NoRecord { place, first });
            }
            self.lost = false;
            let len = RecordHeader::LEN + header.length;
            let record = self.take(input, len)?;
            let place = self.place(len);
            self.end_record(len);
            return Some(Unit::Record { place, header, record });
        }
    }

    /// `len` bytes are missing here. Returns the record of which they are a part, if they are.
    pub(super) fn gap(&mut self, len: u64) -> Option<Unit<'static>> {
        let held = self.buffer.len();
        let header = self.buffer.first_chunk().map(|first| RecordHeader::from_bytes(*first));
        let inside = self.skip.min(len);
        self.skip -= inside;
        let after = len - inside;
        if inside > 0 && after == 0 {
            self.offset = self.offset.saturating_add(len);
            return None;
        }
        let whole = header.map_or(0, |header| RecordHeader::LEN + header.length);
        let lacking = u64::try_from(whole.saturating_sub(held)).unwrap_or(u64::MAX);
        let unit = header.map(|header| Unit::Partial { place: self.place(whole), header });
        if unit.is_some() {
            self.end_record(held);
        } else {
            self.buffer.clear();
            self.advance(held);
        }
        match lacking.checked_sub(after) {
            Some(left) if unit.is_some() => self.skip = left,
            _ => self.lost = true,
        }
        self.offset = self.offset.saturating_add(len);
        unit
    }

    /// The capture ends here. Returns the record that is incomplete, if there is one.
    pub(super) fn end(&mut self) -> Option<Unit<'static>> {
        let header = RecordHeader::from_bytes(*self.buffer.first_chunk()?);
        let unit = Unit::Partial { place: self.place(self.buffer.len()), header };
        self.end_record(self.buffer.len());
        Some(unit)
    }

    /// Whether a part of a header is left over.
    pub(super) fn holds_bytes(&self) -> bool {
        !self.buffer.is_empty() && !self.lost
    }

    /// The place of the next `len` bytes.
    pub(super) fn place(&self, len: usize) -> Place {
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        Place { direction: self.direction, offset: self.offset, len, record: self.records, within: 0 }
    }

    /// A record may begin with this. If it was lost before, the header must be that of TLS 1.2, so that fewer bytes are
    /// taken for one by chance.
    fn is_plausible(&self, header: RecordHeader) -> bool {
        let versions = if self.lost { ProtocolVersion::TLS_1_2.0 } else { ProtocolVersion::SSL_3.0 }..=0x0304;
        let version_fits = versions.contains(&header.version);
        let is_type = header.content_type.name().is_some() || header.content_type == ContentType(24);
        is_type && version_fits && header.length <= MAX_CIPHERTEXT && !(self.lost && header.length == 0)
    }

    /// The next header. It stays in the input, if all of it is there.
    fn header(&mut self, input: &mut &[u8]) -> Option<[u8; RecordHeader::LEN]> {
        match input.first_chunk() {
            Some(first) if self.buffer.is_empty() => Some(*first),
            _ => {
                self.fill(input, RecordHeader::LEN);
                self.buffer.first_chunk().copied()
            }
        }
    }

    /// Passes over a byte with which no record begins.
    fn skip_byte(&mut self, input: &mut &[u8]) {
        match input.split_first() {
            Some((_, rest)) if self.buffer.is_empty() => *input = rest,
            _ => drop(self.buffer.remove(0)),
        }
        self.advance(1);
    }

    /// Takes a record of `len` bytes, if all of it is there. Only a record that is cut is copied.
    fn take<'i>(&mut self, input: &mut &'i [u8], len: usize) -> Option<Cow<'i, [u8]>> {
        if let (true, Some((record, rest))) = (self.buffer.is_empty(), input.split_at_checked(len)) {
            *input = rest;
            return Some(Cow::Borrowed(record));
        }
        self.fill(input, len);
        (self.buffer.len() >= len).then(|| Cow::Owned(mem::take(&mut self.buffer)))
    }

    /// Moves input to the buffer, which then has up to `len` bytes.
    fn fill(&mut self, input: &mut &[u8], len: usize) {
        let lacking = len.saturating_sub(self.buffer.len());
        // Once, rather than each time that the buffer grows.
        self.buffer.reserve_exact(lacking);
        let (now, later) = input.split_at(lacking.min(input.len()));
        self.buffer.extend_from_slice(now);
        *input = later;
    }

    fn end_record(&mut self, len: usize) {
        self.buffer.clear();
        self.advance(len);
        self.records += 1;
    }

    fn advance(&mut self, len: usize) {
        self.offset = self.offset.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
    }
}
