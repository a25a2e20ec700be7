//! The limits on the memory and the work that a capture can cause. Each is chosen by us, as no standard gives one; the
//! longest record and the longest ClientHello are those of RFC 5246.

/// The most bytes of handshake messages that are kept for one handshake. A message has at most
/// 2^17 + 2^6 bytes (a ClientHello of the greatest length); a handshake in practice has 3 to 10 KiB.
pub const MAX_TRANSCRIPT: usize = 1 << 19;

/// The most findings that a [`Summary`](super::Summary) keeps. Further ones are counted.
pub const MAX_FINDINGS: usize = 64;

/// The most secrets that are tried for one handshake.
pub const MAX_CANDIDATES: usize = 64;

/// The most sessions that [`Sessions`](super::Sessions) remembers; the oldest are dropped first. Each has about 200 bytes.
pub const MAX_SESSIONS: usize = 1 << 14;

/// How many records may be missing before one, or lie between one and its repetition, for this to be recognized. It bounds
/// the work on a record that does not open.
pub const MAX_RECORDS_MISSING: u64 = 16;

/// As [`MAX_RECORDS_MISSING`], where bytes are known to be missing.
pub const MAX_RECORDS_IN_GAP: u64 = 1 << 10;

/// The most records that are tried with the secrets of a handshake, before they are considered wrong.
pub const MAX_RECORDS_TRIED: u64 = 8;

/// The most nonces of one key that are remembered, if they are not in ascending order.
pub const MAX_NONCES: usize = 1 << 12;
