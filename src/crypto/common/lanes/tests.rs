//! The results are those of `sha1` and `sha2`, one message at a time.
#![allow(clippy::indexing_slicing)]

use alloc::vec::Vec;
use fearless_simd::dispatch;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;

type Blocks<'a> = [&'a [[u8; 64]]; LANES];

/// The source as compiled for any processor, and for AVX-512 if this processor has it.
fn levels() -> impl Iterator<Item = Level> {
    [Some(Level::baseline()), Level::new().as_avx512().map(Level::Avx512)].into_iter().flatten()
}

fn sha1_at(level: Level, states: &mut [[u32; 5]; LANES], blocks: Blocks<'_>) -> usize {
    dispatch!(level, simd => compress::<_, Sha1, _>(simd, states, blocks))
}

fn sha256_at(level: Level, states: &mut [[u32; 8]; LANES], blocks: Blocks<'_>) -> usize {
    dispatch!(level, simd => compress::<_, Sha256, _>(simd, states, blocks))
}

/// Compared with the `sha1` and `sha2` crates: random states and blocks, with equal and with different numbers of blocks.
#[test]
fn each_lane_is_hashed_like_a_message_of_its_own() {
    let mut random = StdRng::seed_from_u64(3);
    for level in levels() {
        for round in 0..40 {
            let equal = random.random_range(0..40);
            let messages: [Vec<[u8; 64]>; LANES] = core::array::from_fn(|_| {
                let count = if round % 2 == 0 { equal } else { random.random_range(2..9) };
                (0..count).map(|_| random.random()).collect()
            });
            let blocks = messages.each_ref().map(Vec::as_slice);
            let shortest = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or_default();

            let mut states: [[u32; 5]; LANES] = random.random();
            let mut expected = states;
            for (state, blocks) in expected.iter_mut().zip(blocks) {
                sha1::block_api::compress(state, &blocks[..shortest]);
            }
            assert_eq!(sha1_at(level, &mut states, blocks), shortest);
            assert_eq!(states, expected, "SHA-1, {shortest} blocks, {level:?}");

            let mut states: [[u32; 8]; LANES] = random.random();
            let mut expected = states;
            for (state, blocks) in expected.iter_mut().zip(blocks) {
                sha2::block_api::compress256(state, &blocks[..shortest]);
            }
            assert_eq!(sha256_at(level, &mut states, blocks), shortest);
            assert_eq!(states, expected, "SHA-256, {shortest} blocks, {level:?}");
        }
    }
}

/// The functions that the sealer calls compute the same.
#[test]
fn the_functions_for_this_processor() {
    let mut random = StdRng::seed_from_u64(4);
    let messages: [[[u8; 64]; 3]; LANES] = random.random();
    let blocks = messages.each_ref().map(|message| message.as_slice());
    if let Some(sha1) = sha1() {
        let (mut states, mut expected) = ([[1; 5]; LANES], [[1; 5]; LANES]);
        assert_eq!((sha1(&mut states, blocks), sha1_at(Level::baseline(), &mut expected, blocks)), (3, 3));
        assert_eq!(states, expected);
    }
    if let Some(sha256) = sha256() {
        let (mut states, mut expected) = ([[1; 8]; LANES], [[1; 8]; LANES]);
        assert_eq!((sha256(&mut states, blocks), sha256_at(Level::baseline(), &mut expected, blocks)), (3, 3));
        assert_eq!(states, expected);
    }
    assert_eq!(sha1().is_some(), Level::new().as_avx512().is_some());
    assert_eq!(sha256().is_some(), Level::new().as_avx512().is_some());
}

/// FIPS 180, examples for SHA-1 and SHA-256: the message "abc", in one lane among others.
#[test]
fn published_vectors() {
    let mut block = [0; 64];
    block[..4].copy_from_slice(b"abc\x80");
    block[63] = 24;
    for level in levels() {
        for lane in 0..LANES {
            let mut messages = [[[0x55; 64]]; LANES];
            messages[lane] = [block];
            let blocks = messages.each_ref().map(|message| message.as_slice());
            let mut states = [[0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]; LANES];
            sha1_at(level, &mut states, blocks);
            assert_eq!(states[lane], [0xa999_3e36, 0x4706_816a, 0xba3e_2571, 0x7850_c26c, 0x9cd0_d89d]);
            #[rustfmt::skip]
            let mut states = [[
                0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
            ]; LANES];
            sha256_at(level, &mut states, blocks);
            #[rustfmt::skip]
            assert_eq!(states[lane], [
                0xba78_16bf, 0x8f01_cfea, 0x4141_40de, 0x5dae_2223, 0xb003_61a3, 0x9617_7a9c, 0xb410_ff61, 0xf200_15ad,
            ]);
        }
    }
}
