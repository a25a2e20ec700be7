//! Protection of records with AES-CBC and HMAC (RFC 5246 §6.2.3.2, RFC 7366): the keys, and opening.

use aes::cipher::consts::U16;
use aes::cipher::{BlockCipherDecrypt, BlockModeDecrypt, BlockSizeUser, InnerIvInit, KeyInit};
use aes::{Aes128Dec, Aes128Enc, Aes256Dec, Aes256Enc, Block};
use alloc::boxed::Box;
use cbc::Decryptor;
use core::hint::black_box;
use ctutils::{Choice, CtAssign, CtEq, CtLt};

use super::cbc_mac::{MAX_PADDING, Prefix, mask_if_less, to_i16};
use super::compression::{Compression, Sha1, Sha256, Sha384};
use super::hmac::Hmac;
use crate::crypto::{CbcCipher, CbcKeys, CbcOpener, CbcSealer, Digest, HashAlgorithm, MacOrder};
use crate::error::ProviderError;

/// No suite has it.
const NO_SHA512: ProviderError = ProviderError::Unsupported("HMAC-SHA512 for records");

pub(super) fn sealer(
    cipher: CbcCipher,
    mac: HashAlgorithm,
    order: MacOrder,
    keys: CbcKeys<'_>,
) -> Result<Box<dyn CbcSealer>, ProviderError> {
    match mac {
        HashAlgorithm::Sha1 => sealer_with::<Sha1, 64>(cipher, order, keys),
        HashAlgorithm::Sha256 => sealer_with::<Sha256, 64>(cipher, order, keys),
        HashAlgorithm::Sha384 => sealer_with::<Sha384, 128>(cipher, order, keys),
        HashAlgorithm::Sha512 => Err(NO_SHA512),
    }
}

fn sealer_with<H: Compression<BLOCK>, const BLOCK: usize>(
    cipher: CbcCipher,
    order: MacOrder,
    keys: CbcKeys<'_>,
) -> Result<Box<dyn CbcSealer>, ProviderError> {
    Ok(match cipher {
        CbcCipher::Aes128 => Box::new(Cbc::<Aes128Enc, H, BLOCK>::new(order, keys)?),
        CbcCipher::Aes256 => Box::new(Cbc::<Aes256Enc, H, BLOCK>::new(order, keys)?),
    })
}

pub(super) fn opener(
    cipher: CbcCipher,
    mac: HashAlgorithm,
    order: MacOrder,
    keys: CbcKeys<'_>,
) -> Result<Box<dyn CbcOpener>, ProviderError> {
    match mac {
        HashAlgorithm::Sha1 => opener_with::<Sha1, 64>(cipher, order, keys),
        HashAlgorithm::Sha256 => opener_with::<Sha256, 64>(cipher, order, keys),
        HashAlgorithm::Sha384 => opener_with::<Sha384, 128>(cipher, order, keys),
        HashAlgorithm::Sha512 => Err(NO_SHA512),
    }
}

fn opener_with<H: Compression<BLOCK>, const BLOCK: usize>(
    cipher: CbcCipher,
    order: MacOrder,
    keys: CbcKeys<'_>,
) -> Result<Box<dyn CbcOpener>, ProviderError> {
    Ok(match cipher {
        CbcCipher::Aes128 => Box::new(Cbc::<Aes128Dec, H, BLOCK>::new(order, keys)?),
        CbcCipher::Aes256 => Box::new(Cbc::<Aes256Dec, H, BLOCK>::new(order, keys)?),
    })
}

/// The keys of one direction.
pub(super) struct Cbc<C, H: Compression<BLOCK>, const BLOCK: usize> {
    pub(super) cipher: C,
    pub(super) hmac: Hmac<H, BLOCK>,
    pub(super) order: MacOrder,
}

impl<C: KeyInit, H: Compression<BLOCK>, const BLOCK: usize> Cbc<C, H, BLOCK> {
    fn new(order: MacOrder, keys: CbcKeys<'_>) -> Result<Self, ProviderError> {
        const LENGTH: ProviderError = ProviderError::Unsupported("a CBC or MAC key of this length");
        let cipher = C::new_from_slice(keys.cipher).map_err(|_| LENGTH)?;
        let hmac = Hmac::new(keys.mac).ok_or(LENGTH)?;
        Ok(Self { cipher, hmac, order })
    }
}

impl<C, H, const BLOCK: usize> CbcOpener for Cbc<C, H, BLOCK>
where
    C: BlockCipherDecrypt + BlockSizeUser<BlockSize = U16> + Send + Sync,
    H: Compression<BLOCK>,
{
    fn open(&mut self, header: [u8; 11], iv: &[u8; 16], body: &mut [u8]) -> Option<usize> {
        match self.order {
            MacOrder::MacThenEncrypt => self.open_mac_then_encrypt(header, iv, body),
            MacOrder::EncryptThenMac => self.open_encrypt_then_mac(header, iv, body),
        }
    }
}

impl<C, H, const BLOCK: usize> Cbc<C, H, BLOCK>
where
    C: BlockCipherDecrypt + BlockSizeUser<BlockSize = U16>,
    H: Compression<BLOCK>,
{
    /// Everything after the decryption runs in constant time for a given length of `body`, up to the single result.
    fn open_mac_then_encrypt(&self, header: [u8; 11], iv: &[u8; 16], body: &mut [u8]) -> Option<usize> {
        // The length of the ciphertext is public, so an impossible length may be rejected early.
        let longest_text = body.len().checked_sub(H::OUTPUT_LEN + 1)?;
        u16::try_from(longest_text).ok()?;
        self.decrypt(iv, body)?;
        let (padding_len, good) = padding(body, longest_text);

        // If the padding is wrong, the MAC is computed as if there were none (RFC 5246 §6.2.3.2, implementation note).
        let text_len = longest_text - padding_len;
        let prefix = Prefix::of_text(header, text_len);
        let mac = self.hmac.mac_of_secret_len(&prefix, body.get(..longest_text)?, text_len);
        let shortest_text = longest_text.saturating_sub(MAX_PADDING);
        let good = good & is_at(body.get(shortest_text..)?, text_len - shortest_text, mac.as_ref());
        good.to_bool().then_some(text_len)
    }

    /// The ciphertext is authenticated before it is decrypted (RFC 7366 §3), so the padding is authentic.
    fn open_encrypt_then_mac(&self, header: [u8; 11], iv: &[u8; 16], body: &mut [u8]) -> Option<usize> {
        let (ciphertext, mac) = body.split_at_mut_checked(body.len().checked_sub(H::OUTPUT_LEN)?)?;
        u16::try_from(iv.len() + ciphertext.len()).ok()?;
        let prefix = Prefix::of_ciphertext(header, iv, ciphertext.len());
        if !self.hmac.mac(&prefix, ciphertext).as_ref().ct_eq(mac).to_bool() {
            return None;
        }
        let longest_text = ciphertext.len().checked_sub(1)?;
        self.decrypt(iv, ciphertext)?;
        let (padding_len, good) = padding(ciphertext, longest_text);
        good.to_bool().then_some(longest_text - padding_len)
    }

    /// Returns `None` if `ciphertext` does not consist of whole blocks.
    fn decrypt(&self, iv: &[u8; 16], ciphertext: &mut [u8]) -> Option<()> {
        let (blocks, rest) = ciphertext.as_chunks_mut();
        if !rest.is_empty() {
            return None;
        }
        let mut decryptor = Decryptor::inner_iv_init(&self.cipher, &(*iv).into());
        decryptor.decrypt_blocks(Block::cast_slice_from_core_mut(blocks));
        Some(())
    }
}

/// Returns the length of the padding at the end of `plain`, without its length byte, and whether it is valid: at most
/// `room`, with all bytes equal (RFC 5246 §6.2.3.2). The length is 0 if it is invalid. Runs in constant time.
fn padding(plain: &[u8], room: usize) -> (usize, Choice) {
    let len = usize::from(plain.last().copied().unwrap_or_default());
    let window = plain.get(plain.len().saturating_sub(MAX_PADDING + 1)..).unwrap_or_default();
    // The start of the padding, which is before the window if the window is all of `plain` and too short.
    let start = black_box(to_i16(window.len()) - 1 - to_i16(len));
    let value = plain.last().copied().unwrap_or_default();
    let mut differing = 0;
    for (i, byte) in (0..).zip(window) {
        differing |= (byte ^ value) & !mask_if_less(i, start);
    }
    let good = differing.ct_eq(&0) & !room.ct_lt(&len);
    let mut padding = 0;
    padding.ct_assign(&len, good);
    (padding, good)
}

/// Whether `mac` is in `window` at the secret position `at`, at most [`MAX_PADDING`]. Runs in constant time: the window
/// is conditionally shifted by 128 bytes, then by 64, and so on.
fn is_at(window: &[u8], at: usize, mac: &[u8]) -> Choice {
    let mut moved = [0; MAX_PADDING + Digest::MAX_LEN];
    for (to, from) in moved.iter_mut().zip(window) {
        *to = *from;
    }
    for step in [128, 64, 32, 16, 8, 4, 2, 1] {
        // The part that later steps can still reach.
        let reach = step - 1 + mac.len();
        let unmoved = moved;
        let (Some(to), Some(from)) = (moved.get_mut(..reach), unmoved.get(step..step + reach)) else {
            return Choice::FALSE;
        };
        to.ct_assign(from, (at & step).ct_ne(&0));
    }
    moved.get(..mac.len()).unwrap_or_default().ct_eq(mac)
}

#[cfg(test)]
mod tests;
