//! The MAC of CBC records: it can be interleaved with encryption, and can process text of secret length.

use core::hint::black_box;
use ctutils::{CtAssign, CtEq};

use super::compression::Compression;
use super::hmac::{Hmac, bits, fill};

/// The MAC's input before the data: sequence number, type, version, length; for RFC 7366 also the IV.
pub(super) struct Prefix {
    bytes: [u8; Self::MAX_LEN],
    len: usize,
}

impl Prefix {
    const MAX_LEN: usize = 29;

    /// RFC 5246 §6.2.3.1. The length may be secret.
    pub(super) fn of_text(header: [u8; 11], text_len: usize) -> Self {
        Self::new(header, text_len, &[])
    }

    /// RFC 7366 §3: the length is that of IV and ciphertext.
    pub(super) fn of_ciphertext(header: [u8; 11], iv: &[u8; 16], ciphertext_len: usize) -> Self {
        Self::new(header, iv.len() + ciphertext_len, iv)
    }

    /// `len` is below 2^16, as for every record.
    fn new(header: [u8; 11], len: usize, iv: &[u8]) -> Self {
        let [.., high, low] = len.to_be_bytes();
        let mut bytes = [0; Self::MAX_LEN];
        let len = fill(&mut bytes, &[&header, &[high, low], iv]);
        Self { bytes, len }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// For messages that consist of a prefix shorter than a block, and data.
impl<H: Compression<BLOCK>, const BLOCK: usize> Hmac<H, BLOCK> {
    /// Computes the MAC of a whole message.
    pub(super) fn mac(&self, prefix: &Prefix, data: &[u8]) -> H::Output {
        match self.start(prefix, data) {
            Some((state, used)) => self.finish(state, data.get(used..).unwrap_or_default(), prefix.len + data.len()),
            None => {
                let mut first = [0; BLOCK];
                let used = fill(&mut first, &[prefix.as_bytes(), data]);
                self.finish(self.inner, first.get(..used).unwrap_or_default(), used)
            }
        }
    }

    /// Hashes the first block: the prefix and the start of `data`. Returns the hash value and the number of bytes of
    /// `data` that it covers, or `None` if they do not fill a block.
    pub(super) fn start(&self, prefix: &Prefix, data: &[u8]) -> Option<(H::State, usize)> {
        let used = BLOCK.checked_sub(prefix.len)?;
        let mut first = [0; BLOCK];
        fill(&mut first, &[prefix.as_bytes(), data.get(..used)?]);
        let mut state = self.inner;
        H::compress(&mut state, &[first]);
        Some((state, used))
    }

    /// Computes the MAC of the prefix and the first `len` bytes of `data`, where `len` is secret: at most `data.len()`,
    /// and at most [`MAX_PADDING`] less than that. Time, memory accesses and the number of blocks depend only on
    /// `data.len()` ("Lucky Thirteen", AlFardan and Paterson 2013).
    pub(super) fn mac_of_secret_len(&self, prefix: &Prefix, data: &[u8], len: usize) -> H::Output {
        /// The maximum number of blocks in which a message may end if 255 bytes of its length are unknown: 63 + 255,
        /// one and eight bytes are in 6 blocks of 64; 127 + 255, one and sixteen in 4 of 128.
        const MAX_BLOCKS: usize = 6;
        // The part that is data for every `len`, in whole blocks.
        let sure = data.get(..data.len().saturating_sub(MAX_PADDING)).unwrap_or_default();
        let mut tail = [[0; BLOCK]; MAX_BLOCKS];
        let (mut state, before, tail_len) = if let Some((mut state, used)) = self.start(prefix, sure) {
            let (blocks, _) = sure.get(used..).unwrap_or_default().as_chunks();
            H::compress(&mut state, blocks);
            let used = used + blocks.len() * BLOCK;
            let tail_len = fill(tail.as_flattened_mut(), &[data.get(used..).unwrap_or_default()]);
            (state, prefix.len + used, tail_len)
        } else {
            (self.inner, 0, fill(tail.as_flattened_mut(), &[prefix.as_bytes(), data]))
        };
        let tail = tail.get_mut(..(tail_len + 1 + H::LENGTH_LEN).div_ceil(BLOCK)).unwrap_or_default();

        // From here on, everything is done for each position where the message may end.
        let end = prefix.len + len - before;
        let signed_end = black_box(to_i16(end));
        for (i, byte) in (0..).zip(tail.as_flattened_mut()) {
            let (before_end, to_end) = (mask_if_less(i, signed_end), mask_if_less(i, signed_end + 1));
            *byte = (*byte & before_end) | (0x80 & (before_end ^ to_end));
        }
        // A division by a constant power of two: a shift.
        let last = (end + H::LENGTH_LEN) / BLOCK;
        let length = bits(BLOCK + prefix.len + len);
        let mut result = state;
        for (i, block) in tail.iter_mut().enumerate() {
            let is_last = i.ct_eq(&last);
            if let Some(field) = block.last_chunk_mut() {
                field.ct_assign(&length, is_last);
            }
            H::compress(&mut state, &[*block]);
            result.ct_assign(&state, is_last);
        }
        self.outer(result)
    }
}

/// The maximum padding of a record after the text and the MAC, without its length byte (RFC 5246 §6.2.3.2).
pub(super) const MAX_PADDING: usize = 255;

/// All ones if `a < b`, otherwise zero, without a comparison, for small numbers. A loop over bytes becomes a few vector
/// instructions, whereas [`ctutils::Choice`] would hide each value from the compiler. Hide `b` instead, once.
pub(super) fn mask_if_less(a: i16, b: i16) -> u8 {
    let [mask, _] = (a.wrapping_sub(b) >> 15).to_ne_bytes();
    mask
}

/// Converts a secret number below 2^15, without a check.
pub(super) fn to_i16(number: usize) -> i16 {
    let [.., high, low] = number.to_be_bytes();
    i16::from_be_bytes([high, low])
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::indexing_slicing, clippy::unwrap_used)]

    use super::*;
    use crate::crypto::common::compression::{Sha1, Sha256, Sha384};
    use alloc::vec::Vec;
    use core::cell::Cell;
    use core::marker::PhantomData;
    use std::thread_local;

    thread_local! {
        pub(in super::super) static BLOCKS: Cell<usize> = const { Cell::new(0) };
    }

    /// A hash that counts the blocks of this thread.
    pub(in super::super) struct Counting<H>(PhantomData<H>);

    impl<H: Compression<BLOCK>, const BLOCK: usize> Compression<BLOCK> for Counting<H> {
        type State = H::State;
        type Output = H::Output;

        const INITIAL: H::State = H::INITIAL;

        fn compress(state: &mut H::State, blocks: &[[u8; BLOCK]]) {
            BLOCKS.set(BLOCKS.get() + blocks.len());
            H::compress(state, blocks);
        }

        fn output(state: &H::State) -> H::Output {
            H::output(state)
        }
    }

    const HEADER: [u8; 11] = [7; 11];

    fn data(len: usize) -> Vec<u8> {
        (0..=u8::MAX).cycle().take(len).collect()
    }

    /// For each length of the record, every padding: the right MAC, and always as many blocks.
    fn check_secret_len<H: Compression<BLOCK>, const BLOCK: usize>() {
        let hmac = Hmac::<Counting<H>, BLOCK>::new(&[0x11; 20]).unwrap();
        // In steps of 3 they end in every place of a block.
        for longest in (0..700).step_by(3).chain([16_384]) {
            let data = data(longest);
            let mut blocks = None;
            for padding in 0..=MAX_PADDING.min(longest) {
                let len = longest - padding;
                let prefix = Prefix::of_text(HEADER, len);
                let expected = hmac.mac(&prefix, &data[..len]);
                BLOCKS.set(0);
                let mac = hmac.mac_of_secret_len(&prefix, &data, len);
                assert_eq!(mac.as_ref(), expected.as_ref(), "{len} of {longest} bytes");
                assert_eq!(*blocks.get_or_insert(BLOCKS.get()), BLOCKS.get(), "{len} of {longest} bytes");
            }
        }
    }

    #[test]
    fn a_secret_length_shows_neither_in_the_mac_nor_in_the_number_of_blocks() {
        check_secret_len::<Sha1, 64>();
        check_secret_len::<Sha256, 64>();
        check_secret_len::<Sha384, 128>();
    }

    /// What the plain way must not be used for: the number of its blocks does depend on the length.
    #[test]
    fn a_public_length_shows_in_the_number_of_blocks() {
        fn blocks<H: Compression<BLOCK>, const BLOCK: usize>(len: usize) -> usize {
            let hmac = Hmac::<Counting<H>, BLOCK>::new(&[0x11; 20]).unwrap();
            BLOCKS.set(0);
            hmac.mac(&Prefix::of_text(HEADER, len), &data(len));
            BLOCKS.get()
        }
        // 13 bytes of prefix, 42 of data, 1 and the length field of 8 fill a block; there is one before and one after.
        assert_eq!((blocks::<Sha1, 64>(42), blocks::<Sha1, 64>(43)), (2, 3));
        assert_eq!((blocks::<Sha256, 64>(42), blocks::<Sha256, 64>(43)), (2, 3));
        // 13, 98, 1 and 16.
        assert_eq!((blocks::<Sha384, 128>(98), blocks::<Sha384, 128>(99)), (2, 3));
    }

    /// RFC 2202 §3 and RFC 4231 §4.2, test case 1, with the message as data.
    #[test]
    fn the_parts_of_a_message_make_one() {
        fn mac<H: Compression<BLOCK>, const BLOCK: usize>() -> H::Output {
            let hmac = Hmac::<H, BLOCK>::new(&[0x0b; 20]).unwrap();
            let no_prefix = Prefix { bytes: [0; Prefix::MAX_LEN], len: 0 };
            hmac.mac(&no_prefix, b"Hi There")
        }
        assert_eq!(mac::<Sha1, 64>(), hex("b617318655057264e28bc0b6fb378c8ef146be00"));
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(mac::<Sha256, 64>(), hex(expected));
        let expected =
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6";
        assert_eq!(mac::<Sha384, 128>(), hex(expected));
    }

    fn hex<const LEN: usize>(text: &str) -> [u8; LEN] {
        core::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
    }

    #[test]
    fn masks() {
        for (a, b, mask) in [(0, 0, 0), (0, 1, 0xff), (1, 0, 0), (-1, 0, 0xff), (-256, 511, 0xff), (511, -256, 0)] {
            assert_eq!(mask_if_less(a, b), mask, "{a} < {b}");
        }
        assert_eq!((to_i16(0), to_i16(300), to_i16(0x7fff)), (0, 300, 0x7fff));
    }
}
