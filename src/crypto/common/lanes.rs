//! SHA-1 and SHA-256 of 16 messages at once, in AVX-512 registers: each of the 16 lanes of a register belongs to a message.
//!
//! AVX-512 has instructions for rotations and for any bitwise function of three words, each for all messages together. Branches and
//! addresses depend only on the number of blocks and on constants. The source is generic over the instruction set, so that the tests
//! can run it on any processor, but it is used with AVX-512 only: with AVX2, which has neither of these instructions, it takes 2.7
//! times as long.

use fearless_simd::prelude::*;
use fearless_simd::{Level, kernel, u8x64, u32x16};

/// The number of messages.
pub(super) const LANES: usize = 16;

/// Hashes blocks of [`LANES`] messages, each into its state: as many blocks of each as the shortest message has. Returns that number.
pub(super) type CompressLanes<State, const BLOCK: usize> = fn(&mut [State; LANES], [&[[u8; BLOCK]]; LANES]) -> usize;

/// Returns SHA-1 in lanes if the processor has the instructions.
pub(super) fn sha1() -> Option<CompressLanes<[u32; 5], 64>> {
    Level::new().as_avx512()?;
    Some(|states, blocks| Level::new().as_avx512().map_or(0, |token| sha1_with_avx512(token, states, blocks)))
}

/// Returns SHA-256 in lanes if the processor has the instructions.
pub(super) fn sha256() -> Option<CompressLanes<[u32; 8], 64>> {
    Level::new().as_avx512()?;
    Some(|states, blocks| Level::new().as_avx512().map_or(0, |token| sha256_with_avx512(token, states, blocks)))
}

kernel!(
    fn sha1_with_avx512(token: Avx512, states: &mut [[u32; 5]; LANES], blocks: [&[[u8; 64]]; LANES]) -> usize {
        compress::<_, Sha1, _>(token, states, blocks)
    }
);

kernel!(
    fn sha256_with_avx512(token: Avx512, states: &mut [[u32; 8]; LANES], blocks: [&[[u8; 64]]; LANES]) -> usize {
        compress::<_, Sha256, _>(token, states, blocks)
    }
);

// Everything below is inlined into the two functions above, because only they are compiled for AVX-512. For the same reason it uses
// loops: a closure for `core::array::from_fn` or the like would be compiled for any processor.

/// A hash whose state consists of `WORDS` words.
trait Hash<const WORDS: usize> {
    fn compress_block<S: Simd>(state: &mut [u32x16<S>; WORDS], block: [u32x16<S>; 16]);
}

#[inline(always)]
fn compress<S: Simd, H: Hash<WORDS>, const WORDS: usize>(
    simd: S,
    states: &mut [[u32; WORDS]; LANES],
    blocks: [&[[u8; 64]]; LANES],
) -> usize {
    let mut rows = [u32x16::splat(simd, 0); LANES];
    for (row, state) in rows.iter_mut().zip(&*states) {
        let mut words = [0; 16];
        for (to, from) in words.iter_mut().zip(state) {
            *to = *from;
        }
        *row = words.simd_into(simd);
    }
    let mut columns = transpose(rows);
    let Some(state) = columns.first_chunk_mut() else { return 0 };

    let big_endian = u8x64::from_slice(simd, &BIG_ENDIAN);
    let mut count = 0;
    'blocks: loop {
        let mut rows = [u32x16::splat(simd, 0); LANES];
        for (row, blocks) in rows.iter_mut().zip(blocks) {
            let Some(block) = blocks.get(count) else { break 'blocks };
            *row = u8x64::from_slice(simd, block).swizzle_dyn_within_blocks(big_endian).bitcast();
        }
        H::compress_block(state, transpose(rows));
        count += 1;
    }

    for (state, row) in states.iter_mut().zip(transpose(columns)) {
        for (to, from) in state.iter_mut().zip(row.as_slice()) {
            *to = *from;
        }
    }
    count
}

/// The position of each byte after the bytes of each word are reversed, counted within 16 bytes.
#[rustfmt::skip]
const BIG_ENDIAN: [u8; 64] = [
    3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12,
    3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12,
];

/// Turns rows, each with the words of one message, into columns, each with one word of every message. Each of the four steps is a
/// perfect shuffle of all words, which rotates the bits of a word's index in the matrix by one. After four, row and column are
/// exchanged.
#[inline(always)]
fn transpose<S: Simd>(mut rows: [u32x16<S>; LANES]) -> [u32x16<S>; LANES] {
    for _ in 0..4 {
        let from = rows;
        let (low, high) = from.split_at(LANES / 2);
        for ((pair, low), high) in rows.as_chunks_mut().0.iter_mut().zip(low).zip(high) {
            *pair = [low.zip_low(*high), low.zip_high(*high)];
        }
    }
    rows
}

#[inline(always)]
fn rotl<S: Simd>(word: u32x16<S>, bits: u32) -> u32x16<S> {
    (word << bits) | (word >> (32 - bits))
}

#[inline(always)]
fn ch<S: Simd>(x: u32x16<S>, y: u32x16<S>, z: u32x16<S>) -> u32x16<S> {
    (x & y) ^ (!x & z)
}

#[inline(always)]
fn maj<S: Simd>(x: u32x16<S>, y: u32x16<S>, z: u32x16<S>) -> u32x16<S> {
    (x & y) ^ (x & z) ^ (y & z)
}

/// FIPS 180-4 §6.1.2.
enum Sha1 {}

impl Hash<5> for Sha1 {
    #[inline(always)]
    fn compress_block<S: Simd>(state: &mut [u32x16<S>; 5], block: [u32x16<S>; 16]) {
        #[inline(always)]
        fn round<S: Simd>(words: &mut [u32x16<S>; 5], f: u32x16<S>, k: u32, w: u32x16<S>) {
            let [a, b, c, d, e] = *words;
            *words = [rotl(a, 5) + (f + (e + w + k)), a, rotl(b, 30), c, d];
        }
        let mut w = block;
        // Written out, so that these 16 words stay in registers.
        macro_rules! next {
            ($($t:literal)*) => {
                $(w[$t] = rotl(w[($t + 13) % 16] ^ w[($t + 8) % 16] ^ w[($t + 2) % 16] ^ w[$t], 1);)*
            };
        }
        let mut schedule = [block; 5];
        for sixteen in schedule.iter_mut().skip(1) {
            next!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
            *sixteen = w;
        }
        let (quarters, _) = schedule.as_flattened().as_chunks::<20>();
        let [first, second, third, fourth] = quarters else { return };
        let mut words = *state;
        for w in first {
            let [_, b, c, d, _] = words;
            round(&mut words, ch(b, c, d), 0x5a82_7999, *w);
        }
        for w in second {
            let [_, b, c, d, _] = words;
            round(&mut words, b ^ c ^ d, 0x6ed9_eba1, *w);
        }
        for w in third {
            let [_, b, c, d, _] = words;
            round(&mut words, maj(b, c, d), 0x8f1b_bcdc, *w);
        }
        for w in fourth {
            let [_, b, c, d, _] = words;
            round(&mut words, b ^ c ^ d, 0xca62_c1d6, *w);
        }
        for (word, change) in state.iter_mut().zip(words) {
            *word += change;
        }
    }
}

/// FIPS 180-4 §6.2.2.
enum Sha256 {}

impl Hash<8> for Sha256 {
    #[inline(always)]
    fn compress_block<S: Simd>(state: &mut [u32x16<S>; 8], block: [u32x16<S>; 16]) {
        let mut schedule = [block[0]; 64];
        for (to, from) in schedule.iter_mut().zip(block) {
            *to = from;
        }
        for t in 0..48 {
            // Sixteen words, and the one after them.
            let window = schedule.get_mut(t..).and_then(|rest| rest.first_chunk_mut());
            let Some([w16, w15, _, _, _, _, _, _, _, w7, _, _, _, _, w2, _, w]) = window else { return };
            let sigma0 = rotl(*w15, 25) ^ rotl(*w15, 14) ^ (*w15 >> 3);
            let sigma1 = rotl(*w2, 15) ^ rotl(*w2, 13) ^ (*w2 >> 10);
            *w = sigma1 + *w7 + sigma0 + *w16;
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        for (w, k) in schedule.iter().zip(K) {
            let t1 = h + (rotl(e, 26) ^ rotl(e, 21) ^ rotl(e, 7)) + ch(e, f, g) + (*w + k);
            let t2 = (rotl(a, 30) ^ rotl(a, 19) ^ rotl(a, 10)) + maj(a, b, c);
            (a, b, c, d, e, f, g, h) = (t1 + t2, a, b, c, d + t1, e, f, g);
        }
        for (word, change) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word += change;
        }
    }
}

/// FIPS 180-4 §4.2.2.
#[rustfmt::skip]
const K: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

#[cfg(test)]
mod tests;
