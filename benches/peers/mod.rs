//! The three libraries that are measured side by side: each with the same certificate, and a client and a server in one
//! thread, in memory.

pub mod openssl;
pub mod ours;
#[path = "../../tests/support/pki.rs"]
pub mod pki;
pub mod rustls;

/// 16 KiB: the longest plaintext of a record.
pub const RECORD: usize = 1 << 14;

/// A text to send: nothing that compresses or repeats, nor anything secret.
pub fn text(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i * 31 % 251).unwrap()).collect()
}
