//! Sending records: one record, or the many records of one write.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::iv::Ivs;
use super::nonce::Nonces;
use super::{CBC_IV_LEN, DirectionKeys, Exhausted, Sequence, additional_data, mac_header};
use crate::crypto::{
    AeadKey, CbcKeys, CbcRecord, CbcSealer, CipherSuite, Digest, HashAlgorithm, MacOrder, Protection, Provider,
    cbc_body_len,
};
use crate::error::ProviderError;
use crate::wire::{ContentType, MAX_PLAINTEXT, RecordHeader};
use zeroize::Zeroize;

/// The space that [`Connection::seal_in_place`](crate::Connection::seal_in_place) needs before the plaintext, in bytes:
/// a header and an IV.
pub const HEADROOM: usize = RecordHeader::LEN + CBC_IV_LEN;

/// The space that it needs after the plaintext, in bytes: the longest MAC, and the padding to a full block.
pub const TAILROOM: usize = Digest::MAX_LEN + 16;

/// The number of CBC records that the provider encrypts at once.
const BATCH: usize = 16;

/// Why data was not sealed. The connection is unchanged: nothing was appended to the output, and the same data can be
/// sealed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The handshake is not complete.
    NotConnected,
    /// A renegotiation is in progress ([`Renegotiation`](crate::Renegotiation)): process input until
    /// [`Event::Renegotiated`](crate::Event::Renegotiated).
    Renegotiating,
    /// This side closed the connection, the peer closed it during a renegotiation, or the connection failed.
    Closed,
    /// A plaintext to be sealed in place exceeds the limit of a record: 2^14 bytes, or the negotiated limit
    /// ([`ConnectionInfo::send_limit`](crate::ConnectionInfo::send_limit)).
    TooLong,
    /// A plaintext to be sealed in place has less than [`HEADROOM`] bytes before it or [`TAILROOM`] bytes after it, or
    /// its range is outside the buffer.
    NoRoom,
    /// The key has protected the maximum number of records: open another connection.
    KeyExhausted,
    /// The provider failed. What was to be sealed in place is wiped, since a part of it may be sealed.
    Provider(ProviderError),
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected => f.write_str("data cannot be sent before the handshake is complete"),
            Self::Renegotiating => f.write_str("data cannot be sent during a renegotiation"),
            Self::Closed => {
                f.write_str("data cannot be sent: this side closed the connection, or the connection failed")
            }
            Self::TooLong => {
                write!(f, "a record holds at most {MAX_PLAINTEXT} bytes, or the negotiated limit")
            }
            Self::NoRoom => write!(f, "there must be {HEADROOM} bytes before the plaintext and {TAILROOM} after it"),
            Self::KeyExhausted => {
                f.write_str("the key has protected the maximum number of records: open another connection")
            }
            Self::Provider(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SealError {}

impl From<ProviderError> for SealError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl From<Exhausted> for SealError {
    fn from(_: Exhausted) -> Self {
        Self::KeyExhausted
    }
}

/// Protects records in one direction, under one key.
pub(crate) struct Sealer {
    sequence: Sequence,
    protection: SealProtection,
    /// The maximum length of a plaintext.
    max_text: usize,
}

enum SealProtection {
    Plain,
    Aead { key: Box<dyn AeadKey>, nonces: Nonces },
    Cbc { sealer: Box<dyn CbcSealer>, order: MacOrder, mac: HashAlgorithm, ivs: Box<Ivs> },
}

impl Sealer {
    /// Before the first ChangeCipherSpec there is no protection.
    pub(crate) fn plain() -> Self {
        Self { sequence: Sequence::default(), protection: SealProtection::Plain, max_text: MAX_PLAINTEXT }
    }

    pub(crate) fn new(
        provider: &Arc<dyn Provider>,
        suite: &CipherSuite,
        order: MacOrder,
        keys: &DirectionKeys<'_>,
        max_text: usize,
    ) -> Result<Self, ProviderError> {
        let protection = match suite.protection {
            Protection::Aead(algorithm) => {
                let nonces = Nonces::new(algorithm, keys.fixed_iv)?;
                let key = provider.aead_key(algorithm, keys.cipher)?;
                SealProtection::Aead { key, nonces }
            }
            Protection::Cbc(cipher, mac) => {
                let keys = CbcKeys { cipher: keys.cipher, mac: keys.mac };
                let sealer = provider.cbc_sealer(cipher, mac, order, keys)?;
                SealProtection::Cbc { sealer, order, mac, ivs: Box::new(Ivs::new(Arc::clone(provider))) }
            }
        };
        Ok(Self { sequence: Sequence::default(), protection, max_text })
    }

    /// Limits the plaintext of further records to `len` bytes.
    pub(crate) fn limit_fragments(&mut self, len: usize) {
        self.max_text = len;
    }

    /// The number of the next record.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence.0
    }

    /// Appends `text` to `out` in as many records as needed. An empty text needs none.
    pub(crate) fn seal(&mut self, content_type: ContentType, text: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        self.seal_parts(content_type, &[text], out)
    }

    /// Like [`Self::seal`], for the first ClientHello, whose records have the version of TLS 1.0, as in all other
    /// clients: some servers accept no other (RFC 5246 §E.1).
    pub(crate) fn seal_first_hello(&mut self, hello: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        const MINOR_VERSION: usize = 2;
        let start = out.len();
        self.seal(ContentType::HANDSHAKE, hello, out)?;
        let records = out.get_mut(start..).unwrap_or_default();
        for record in records.chunks_mut(self.record_len(self.max_text)) {
            if let Some(minor) = record.get_mut(MINOR_VERSION) {
                *minor = 1;
            }
        }
        Ok(())
    }

    /// Like [`Self::seal`], for the concatenation of `parts`.
    pub(crate) fn seal_parts(
        &mut self,
        content_type: ContentType,
        parts: &[&[u8]],
        out: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        let start = out.len();
        let text_len = parts.iter().map(|part| part.len()).sum();
        self.lay_out(parts, text_len, out);
        let mut unsealed = Unsealed { out, start };
        self.protect(content_type, unsealed.records(), text_len)?;
        unsealed.keep();
        Ok(())
    }

    /// Appends the text of `parts` at its final positions in the records; all records but the last are full.
    fn lay_out(&self, parts: &[&[u8]], text_len: usize, out: &mut Vec<u8>) {
        // A single record needs no division, which takes a tenth of the time of sealing a short one.
        let full = if text_len < self.max_text { 0 } else { text_len / self.max_text };
        let last_len = match text_len - full * self.max_text {
            0 => 0,
            rest => self.record_len(rest),
        };
        out.reserve(full * self.record_len(self.max_text) + last_len);
        let (mut left, mut room, mut end) = (text_len, 0, out.len());
        for part in parts {
            let mut part = *part;
            while !part.is_empty() {
                if room == 0 {
                    out.resize(end, 0);
                    room = left.min(self.max_text);
                    left -= room;
                    end = out.len() + self.record_len(room);
                    out.extend(core::iter::repeat_n(0, RecordHeader::LEN + self.prefix_len()));
                }
                let (now, later) = part.split_at(room.min(part.len()));
                out.extend_from_slice(now);
                room -= now.len();
                part = later;
            }
        }
        out.resize(end, 0);
    }

    /// Seals the text in `buf` in place, as one record around it, and returns the record.
    pub(crate) fn seal_in_place<'b>(
        &mut self,
        content_type: ContentType,
        buf: &'b mut [u8],
        text: Range<usize>,
    ) -> Result<&'b [u8], SealError> {
        let text_len = text.end.checked_sub(text.start).ok_or(SealError::NoRoom)?;
        if text_len > self.max_text {
            return Err(SealError::TooLong);
        }
        let start = text.start.checked_sub(RecordHeader::LEN + self.prefix_len()).ok_or(SealError::NoRoom)?;
        let record = buf.get_mut(start..).and_then(|rest| rest.get_mut(..self.record_len(text_len)));
        let record = record.ok_or(SealError::NoRoom)?;
        let sealed = self.protect(content_type, record, text_len);
        if let Err(SealError::Provider(_)) = sealed {
            // It may be sealed in part, under a sequence number that will be reused: it must never be sent.
            record.zeroize();
        }
        sealed?;
        Ok(record)
    }

    /// The bytes between header and text.
    fn prefix_len(&self) -> usize {
        match self.protection {
            SealProtection::Plain => 0,
            SealProtection::Aead { nonces, .. } => nonces.explicit_len(),
            SealProtection::Cbc { .. } => CBC_IV_LEN,
        }
    }

    /// The length of a record with a text of `text_len` bytes.
    fn record_len(&self, text_len: usize) -> usize {
        let body_len = match self.protection {
            SealProtection::Plain => text_len,
            SealProtection::Aead { nonces, .. } => text_len + nonces.tag_len(),
            SealProtection::Cbc { order, mac, .. } => cbc_body_len(order, text_len, mac.output_len()),
        };
        RecordHeader::LEN + self.prefix_len() + body_len
    }

    /// Seals `records`, which contain a text of `text_len` bytes in total, at its final positions. All records but the
    /// last are full. If one cannot be sealed, none is sent, and their sequence numbers are reused.
    fn protect(&mut self, content_type: ContentType, records: &mut [u8], text_len: usize) -> Result<(), SealError> {
        let (prefix_len, max_text, stride) = (self.prefix_len(), self.max_text, self.record_len(self.max_text));
        // Alerts may exceed the limit on data records, so that a connection with an exhausted key can still be closed.
        let limit = if content_type == ContentType::APPLICATION_DATA { self.protection.data_limit() } else { u64::MAX };
        let count =
            if records.len() <= stride { usize::from(!records.is_empty()) } else { records.chunks(stride).len() };
        let first = self.sequence.take(u64::try_from(count).map_err(|_| SealError::TooLong)?, limit)?;
        let mut left = text_len;
        let records = records.chunks_mut(stride).zip(first..).map(|(record, sequence)| {
            let text_len = left.min(max_text);
            left -= text_len;
            Layout::new(record, content_type, sequence, prefix_len, text_len)
        });
        let sealed = match &mut self.protection {
            SealProtection::Plain => {
                records.for_each(drop);
                Ok(())
            }
            SealProtection::Aead { key, nonces, .. } => {
                records.into_iter().try_for_each(|record| seal_aead(&**key, *nonces, record))
            }
            SealProtection::Cbc { sealer, ivs, .. } => seal_cbc(&mut **sealer, ivs, count, records),
        };
        if sealed.is_err() {
            // Nothing is sent, so the sequence numbers can be reused.
            self.sequence = Sequence(first);
        }
        sealed
    }
}

impl SealProtection {
    /// The maximum number of data records per key.
    fn data_limit(&self) -> u64 {
        match self {
            Self::Aead { nonces, .. } => nonces.max_records(),
            Self::Plain | Self::Cbc { .. } => u64::MAX,
        }
    }
}

/// Records that are being sealed. Until all of them are, some may be sealed under sequence numbers that will be reused, and the
/// rest contain their text: none must be sent. They are wiped and removed from the output unless they are kept, also if the
/// provider panics.
struct Unsealed<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
}

impl Unsealed<'_> {
    fn records(&mut self) -> &mut [u8] {
        self.out.get_mut(self.start..).unwrap_or_default()
    }

    /// All are sealed.
    fn keep(mut self) {
        self.start = self.out.len();
    }
}

impl Drop for Unsealed<'_> {
    fn drop(&mut self) {
        self.records().zeroize();
        self.out.truncate(self.start);
    }
}

/// A record under construction, with its header already written.
struct Layout<'a> {
    content_type: ContentType,
    sequence: u64,
    prefix: &'a mut [u8],
    body: &'a mut [u8],
    text_len: usize,
}

impl<'a> Layout<'a> {
    fn new(record: &'a mut [u8], content_type: ContentType, sequence: u64, prefix_len: usize, text_len: usize) -> Self {
        let (header, fragment) = record.split_at_mut(RecordHeader::LEN);
        // A fragment is shorter than 2^15 bytes, as its text is at most 2^14.
        let length = u16::try_from(fragment.len()).unwrap_or(u16::MAX);
        header.copy_from_slice(&RecordHeader::to_bytes(content_type, length));
        let (prefix, body) = fragment.split_at_mut(prefix_len);
        Self { content_type, sequence, prefix, body, text_len }
    }
}

fn seal_aead(key: &dyn AeadKey, nonces: Nonces, record: Layout<'_>) -> Result<(), SealError> {
    // RFC 5288 §3: the explicit nonce may be the sequence number, which never repeats under a key.
    let eight = record.sequence.to_be_bytes();
    if let Some(prefix) = record.prefix.first_chunk_mut() {
        *prefix = eight;
    }
    let announced = u16::try_from(record.text_len).map_err(|_| SealError::TooLong)?;
    let aad = additional_data(record.sequence, record.content_type, announced);
    let (text, tag) = record.body.split_at_mut(record.text_len);
    Ok(key.seal(nonces.nonce(eight).as_ref(), &aad, text, tag)?)
}

/// Seals `count` CBC records batch by batch, each under a fresh random IV (RFC 5246 §6.2.3.2).
fn seal_cbc<'a>(
    sealer: &mut dyn CbcSealer,
    ivs: &mut Ivs,
    count: usize,
    records: impl Iterator<Item = Layout<'a>>,
) -> Result<(), SealError> {
    ivs.start_write(count);
    let mut records = records.peekable();
    while records.peek().is_some() {
        let mut batch = core::array::from_fn::<_, BATCH, _>(|_| CbcRecord {
            header: [0; 11],
            iv: [0; CBC_IV_LEN],
            body: &mut [],
            text_len: 0,
        });
        let mut filled = 0;
        for (slot, record) in batch.iter_mut().zip(records.by_ref().take(BATCH)) {
            slot.iv = ivs.next()?;
            record.prefix.copy_from_slice(&slot.iv);
            slot.header = mac_header(record.sequence, record.content_type);
            slot.body = record.body;
            slot.text_len = record.text_len;
            filled += 1;
        }
        sealer.seal(batch.split_at_mut(filled).0)?;
    }
    Ok(())
}

#[cfg(test)]
#[cfg(feature = "std")]
mod tests;
