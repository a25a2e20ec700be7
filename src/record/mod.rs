//! The record layer (RFC 5246 §6.2), independent of the provider: sequence numbers, nonces, additional data, and the
//! joining of messages that are split over records.

mod iv;
mod join;
mod nonce;
mod open;
#[cfg(feature = "std")]
mod process;
mod seal;

#[cfg(feature = "rustls")]
pub(crate) use join::extend_up_to;
pub(crate) use join::{Joiner, MAX_CLIENT_HELLO, MAX_MESSAGE};
pub(crate) use open::{Incoming, Opener, PeerVersion, next_record};
pub use seal::SealError;
pub(crate) use seal::Sealer;
pub use seal::{HEADROOM, TAILROOM};

use crate::error::{Error, Limited};
use crate::wire::{ContentType, RECORD_VERSION};

/// The length of the IV of a CBC record: a block (RFC 5246 §6.2.3.2).
const CBC_IV_LEN: usize = 16;

/// The maximum padding of a CBC record, including its length byte (RFC 5246 §6.2.3.2).
const CBC_MAX_PADDING: usize = 256;

/// The keys of one direction, cut from the key block (RFC 5246 §6.3).
pub(crate) struct DirectionKeys<'a> {
    pub(crate) mac: &'a [u8],
    pub(crate) cipher: &'a [u8],
    pub(crate) fixed_iv: &'a [u8],
}

/// Counts the records of one direction under one key.
#[derive(Default)]
struct Sequence(u64);

impl Sequence {
    /// The number of the next record. RFC 5246 §6.1: sequence numbers MUST NOT wrap.
    fn next(&mut self) -> Result<u64, Exhausted> {
        self.take(1, u64::MAX)
    }

    /// Takes `count` sequence numbers and returns the first, if all of them are below `limit`; otherwise takes none.
    fn take(&mut self, count: u64, limit: u64) -> Result<u64, Exhausted> {
        let first = self.0;
        let next = first.checked_add(count).filter(|next| *next <= limit).ok_or(Exhausted)?;
        self.0 = next;
        Ok(first)
    }
}

/// A key has protected the maximum number of records.
struct Exhausted;

impl From<Exhausted> for Error {
    fn from(_: Exhausted) -> Self {
        Self::TooMany(Limited::RecordsUnderOneKey)
    }
}

/// The start of the additional data: `seq_num ‖ type ‖ version` (RFC 5246 §6.2.3.1, §6.2.3.3). The length follows.
fn mac_header(sequence: u64, content_type: ContentType) -> [u8; 11] {
    let [a, b, c, d, e, f, g, h] = sequence.to_be_bytes();
    let [major, minor] = RECORD_VERSION;
    [a, b, c, d, e, f, g, h, content_type.0, major, minor]
}

/// The additional data of an AEAD record with a plaintext of `len` bytes (RFC 5246 §6.2.3.3).
fn additional_data(sequence: u64, content_type: ContentType, len: u16) -> [u8; 13] {
    let mut data = [0; 13];
    let (start, end) = data.split_at_mut(11);
    start.copy_from_slice(&mac_header(sequence, content_type));
    end.copy_from_slice(&len.to_be_bytes());
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_do_not_wrap() {
        let mut sequence = Sequence(u64::MAX - 1);
        assert_eq!(sequence.next().ok(), Some(u64::MAX - 1));
        assert!(sequence.next().is_err());
        assert!(sequence.next().is_err());
    }

    #[test]
    fn records_are_counted_all_or_none() {
        let mut sequence = Sequence::default();
        assert_eq!(sequence.take(3, 5).ok(), Some(0));
        assert!(sequence.take(3, 5).is_err());
        assert_eq!(sequence.take(2, 5).ok(), Some(3));
        assert!(sequence.take(1, 5).is_err());
    }
}
