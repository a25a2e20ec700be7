//! Code that leaks, as it is written where nobody thinks of leaks: a tool that does not find these finds nothing.

use aes::Aes128;
use aes::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::NoPadding};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use tls12::crypto::{CbcKeys, CbcOpener};

use crate::valgrind::hide;

/// For AES-128 and HMAC-SHA-1: takes the padding off, returns where it is wrong, and then compares the MAC.
pub struct NaiveOpener {
    cipher: Vec<u8>,
    mac: Vec<u8>,
}

impl NaiveOpener {
    pub fn new(keys: CbcKeys<'_>) -> Self {
        Self { cipher: keys.cipher.to_vec(), mac: keys.mac.to_vec() }
    }
}

const MAC_LEN: usize = 20;

impl CbcOpener for NaiveOpener {
    #[inline(never)]
    fn open(&mut self, header: [u8; 11], iv: &[u8; 16], body: &mut [u8]) -> Option<usize> {
        let decryptor = cbc::Decryptor::<Aes128>::new_from_slices(&self.cipher, iv).ok()?;
        decryptor.decrypt_padded::<NoPadding>(body).ok()?;
        let text_len = naive_padding(body)?;
        let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(&self.mac).ok()?;
        mac.update(&header);
        mac.update(&u16::try_from(text_len).ok()?.to_be_bytes());
        mac.update(&body[..text_len]);
        let mac = mac.finalize().into_bytes();
        naive_comparison(&mac, &body[text_len..text_len + MAC_LEN]).then_some(text_len)
    }
}

/// The length of the text, or at once nothing.
#[inline(never)]
fn naive_padding(plain: &[u8]) -> Option<usize> {
    let padding = plain[plain.len() - 1];
    let start = plain.len().checked_sub(usize::from(padding) + 1)?;
    for byte in &plain[start..] {
        if *byte != padding {
            return None;
        }
    }
    start.checked_sub(MAC_LEN)
}

/// Stops at the first byte that differs.
#[inline(never)]
pub fn naive_comparison(a: &[u8], b: &[u8]) -> bool {
    for (a, b) in a.iter().zip(b) {
        if a != b {
            return false;
        }
    }
    true
}

/// Reads a table at a secret index, as a careless AES does.
#[inline(never)]
pub fn naive_table(index: u8) -> u8 {
    static TABLE: [u8; 256] = [7; 256];
    let mut index = [index];
    hide(&mut index);
    std::hint::black_box(TABLE)[usize::from(index[0])]
}
