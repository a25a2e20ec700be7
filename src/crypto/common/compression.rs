//! The bare compression functions of the hashes.

use ctutils::CtAssign;
use zeroize::Zeroize;

use super::lanes::{self, CompressLanes, LANES};

/// A Merkle-Damgård hash with blocks of `BLOCK` bytes (FIPS 180-4 §6).
pub(super) trait Compression<const BLOCK: usize>: Send + Sync + 'static {
    /// The hash value.
    type State: Copy + CtAssign + Zeroize + Send + Sync;
    /// The output: some or all of the hash value.
    type Output: Copy + AsRef<[u8]> + Zeroize;

    /// The length of the output, in bytes.
    const OUTPUT_LEN: usize = size_of::<Self::Output>();
    /// The length of the field at the end of the last block with the message's length in bits.
    const LENGTH_LEN: usize = BLOCK / 8;
    /// The initial hash value.
    const INITIAL: Self::State;

    fn compress(state: &mut Self::State, blocks: &[[u8; BLOCK]]);

    /// Returns a function that hashes several messages at once, if there is one for this processor and it is faster for `count`
    /// messages than hashing them one after the other.
    fn lanes(_count: usize) -> Option<CompressLanes<Self::State, BLOCK>> {
        None
    }

    fn output(state: &Self::State) -> Self::Output;
}

/// SHA-1 (FIPS 180-4 §6.1). Collisions do not break an HMAC.
pub(super) enum Sha1 {}

impl Compression<64> for Sha1 {
    type State = [u32; 5];
    type Output = [u8; 20];

    const INITIAL: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

    #[inline]
    fn compress(state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        sha1::block_api::compress(state, blocks);
    }

    fn lanes(count: usize) -> Option<CompressLanes<[u32; 5], 64>> {
        // It is faster even with half of the lanes unused.
        if count < LANES / 2 { None } else { lanes::sha1() }
    }

    fn output(state: &[u32; 5]) -> [u8; 20] {
        concat(state.map(u32::to_be_bytes))
    }
}

/// SHA-256 (FIPS 180-4 §6.2).
pub(super) enum Sha256 {}

impl Compression<64> for Sha256 {
    type State = [u32; 8];
    type Output = [u8; 32];

    #[rustfmt::skip] // as FIPS 180-4 §5.3.3 has it
    const INITIAL: [u32; 8] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ];

    #[inline]
    fn compress(state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        sha2::block_api::compress256(state, blocks);
    }

    fn lanes(count: usize) -> Option<CompressLanes<[u32; 8], 64>> {
        if count < LANES { None } else { lanes::sha256() }
    }

    fn output(state: &[u32; 8]) -> [u8; 32] {
        concat(state.map(u32::to_be_bytes))
    }
}

/// SHA-384 (FIPS 180-4 §6.5): SHA-512 with another initial value, truncated.
pub(super) enum Sha384 {}

impl Compression<128> for Sha384 {
    type State = [u64; 8];
    type Output = [u8; 48];

    #[rustfmt::skip] // as FIPS 180-4 §5.3.4 has it
    const INITIAL: [u64; 8] = [
        0xcbbb_9d5d_c105_9ed8, 0x629a_292a_367c_d507, 0x9159_015a_3070_dd17, 0x152f_ecd8_f70e_5939,
        0x6733_2667_ffc0_0b31, 0x8eb4_4a87_6858_1511, 0xdb0c_2e0d_64f9_8fa7, 0x47b5_481d_befa_4fa4,
    ];

    #[inline]
    fn compress(state: &mut [u64; 8], blocks: &[[u8; 128]]) {
        sha2::block_api::compress512(state, blocks);
    }

    fn output(state: &[u64; 8]) -> [u8; 48] {
        concat(state.map(u64::to_be_bytes))
    }
}

/// SHA-512 (FIPS 180-4 §6.4).
pub(super) enum Sha512 {}

impl Compression<128> for Sha512 {
    type State = [u64; 8];
    type Output = [u8; 64];

    #[rustfmt::skip] // as FIPS 180-4 §5.3.5 has it
    const INITIAL: [u64; 8] = [
        0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
    ];

    #[inline]
    fn compress(state: &mut [u64; 8], blocks: &[[u8; 128]]) {
        sha2::block_api::compress512(state, blocks);
    }

    fn output(state: &[u64; 8]) -> [u8; 64] {
        concat(state.map(u64::to_be_bytes))
    }
}

/// Concatenates the words of a hash value, truncated to the length of the output.
fn concat<const WORD: usize, const LEN: usize>(words: impl IntoIterator<Item = [u8; WORD]>) -> [u8; LEN] {
    let mut output = [0; LEN];
    for (to, word) in output.as_chunks_mut().0.iter_mut().zip(words) {
        *to = word;
    }
    output
}
