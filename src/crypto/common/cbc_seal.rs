//! Sealing of CBC records: several in parallel, and the hash and encryption of each interleaved.
//!
//! CBC encryption is a dependency chain: each block waits for the previous one, and the processor is idle most of the
//! time. The hash is another such chain, but the chains are independent of each other. Here they take turns in small
//! portions, and out-of-order execution fills the gaps of one with the work of the others.
//!
//! If the hashes of many records can be computed at once in vector registers (`lanes.rs`), the whole text is hashed before it is
//! encrypted, or afterwards.

use aes::Block;
use aes::cipher::consts::U16;
use aes::cipher::{BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser};
use zeroize::Zeroize;

use super::cbc::Cbc;
use super::cbc_mac::Prefix;
use super::compression::Compression;
use super::hmac::Hmac;
use super::lanes::{CompressLanes, LANES};
use crate::crypto::{CbcRecord, CbcSealer, MacOrder, cbc_body_len};
use crate::error::ProviderError;

/// The number of records that are sealed side by side if their hashes are not computed at once. More are not faster, because the
/// hash is the bottleneck.
const SIDE_BY_SIDE: usize = 8;

/// How far the hash stays behind the encryption, in blocks of the hash. If it took what was encrypted just before, it would wait
/// for it, and keep later instructions out of the processor's queue.
const LAG: usize = 2;

/// The number of blocks of the cipher that are encrypted at a time if the hash is computed before or afterwards.
const PORTION: usize = 64;

impl<C, H, const BLOCK: usize> CbcSealer for Cbc<C, H, BLOCK>
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + Send + Sync,
    H: Compression<BLOCK>,
{
    fn seal(&mut self, records: &mut [CbcRecord<'_>]) -> Result<(), ProviderError> {
        let (sixteens, rest) = if records.len() >= LANES && H::lanes(LANES).is_some() {
            records.as_chunks_mut::<LANES>()
        } else {
            (Default::default(), records)
        };
        let (eights, rest) = rest.as_chunks_mut::<SIDE_BY_SIDE>();
        let (pairs, rest) = rest.as_chunks_mut::<2>();
        let (singles, _) = rest.as_chunks_mut::<1>();
        sixteens.iter_mut().for_each(|records| self.seal_side_by_side(records));
        eights.iter_mut().for_each(|records| self.seal_side_by_side(records));
        pairs.iter_mut().for_each(|records| self.seal_side_by_side(records));
        singles.iter_mut().for_each(|records| self.seal_side_by_side(records));
        Ok(())
    }
}

impl<C, H, const BLOCK: usize> Cbc<C, H, BLOCK>
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>,
    H: Compression<BLOCK>,
{
    fn seal_side_by_side<const N: usize>(&self, records: &mut [CbcRecord<'_>; N]) {
        let Self { cipher, hmac, order } = self;
        let lanes = records.each_mut().map(|record| Lane::new(hmac, *order, record));
        cipher.encrypt_with_backend(Seal { order: *order, lanes });
    }
}

/// A record being sealed.
struct Lane<'a, H: Compression<BLOCK>, const BLOCK: usize> {
    hmac: &'a Hmac<H, BLOCK>,
    prefix: Prefix,
    /// The bytes to encrypt, and how many have been encrypted.
    body: &'a mut [u8],
    encrypted: usize,
    /// The last block of ciphertext, or the IV.
    chain: Block,
    /// The number of bytes of `body` that the MAC covers, and how many of them have been hashed into `state`.
    covered: usize,
    hashed: usize,
    state: H::State,
    /// The place for the MAC if it is not in `body`.
    mac: &'a mut [u8],
}

impl<'a, H: Compression<BLOCK>, const BLOCK: usize> Lane<'a, H, BLOCK> {
    fn new(hmac: &'a Hmac<H, BLOCK>, order: MacOrder, record: &'a mut CbcRecord<'_>) -> Self {
        let CbcRecord { header, iv, ref mut body, text_len } = *record;
        let mut body = &mut **body;
        if body.len() != cbc_body_len(order, text_len, H::OUTPUT_LEN) {
            // A bug in the caller. The text must not be sent.
            debug_assert!(false, "a body of {} bytes for a text of {text_len}", body.len());
            body.fill(0);
            body = &mut [];
        }
        let mut mac = [].as_mut_slice();
        let (prefix, covered) = match order {
            MacOrder::MacThenEncrypt => (Prefix::of_text(header, text_len), text_len),
            MacOrder::EncryptThenMac => {
                let ciphertext_len = body.len().saturating_sub(H::OUTPUT_LEN);
                mac = body.split_off_mut(ciphertext_len..).unwrap_or_default();
                write_padding(body.get_mut(text_len..).unwrap_or_default());
                (Prefix::of_ciphertext(header, &iv, ciphertext_len), ciphertext_len)
            }
        };
        Self { hmac, prefix, body, encrypted: 0, chain: iv.into(), covered, hashed: 0, state: H::INITIAL, mac }
    }

    /// Hashes one block of the MAC's input, if it is within the first `limit` bytes.
    #[inline(always)]
    fn hash_block(&mut self, limit: usize) -> bool {
        let data = self.body.get(..limit).unwrap_or_default();
        if self.hashed == 0 {
            let Some((state, used)) = self.hmac.start(&self.prefix, data) else { return false };
            self.state = state;
            self.hashed = used;
            return true;
        }
        let Some(block) = data.get(self.hashed..).and_then(|rest| rest.first_chunk()) else { return false };
        H::compress(&mut self.state, core::slice::from_ref(block));
        self.hashed += BLOCK;
        true
    }

    /// Returns the whole blocks that have not been hashed yet, within the first `limit` bytes.
    #[inline(always)]
    fn unhashed(&self, limit: usize) -> &[[u8; BLOCK]] {
        self.body.get(self.hashed..limit).unwrap_or_default().as_chunks().0
    }

    /// Returns the next blocks to encrypt, at most `count`, within the first `limit` bytes.
    #[inline(always)]
    fn next_blocks(&mut self, limit: usize, count: usize) -> &mut [[u8; 16]] {
        let (blocks, _) = self.body.get_mut(self.encrypted..limit).unwrap_or_default().as_chunks_mut();
        let blocks = blocks.get_mut(..blocks.len().min(count)).unwrap_or_default();
        self.encrypted += blocks.as_flattened().len();
        blocks
    }

    /// Returns the MAC, and wipes its state.
    fn finish_mac(&mut self) -> H::Output {
        let data = self.body.get(..self.covered).unwrap_or_default();
        if self.hashed == 0 {
            return self.hmac.mac(&self.prefix, data);
        }
        let rest = data.get(self.hashed..).unwrap_or_default();
        let mac = self.hmac.finish(self.state, rest, self.prefix.len() + data.len());
        self.state.zeroize();
        mac
    }
}

/// Seals the records in the lanes, within the cipher's selected backend.
struct Seal<'a, H: Compression<BLOCK>, const BLOCK: usize, const N: usize> {
    order: MacOrder,
    lanes: [Lane<'a, H, BLOCK>; N],
}

impl<H: Compression<BLOCK>, const BLOCK: usize, const N: usize> BlockSizeUser for Seal<'_, H, BLOCK, N> {
    type BlockSize = U16;
}

impl<H: Compression<BLOCK>, const BLOCK: usize, const N: usize> BlockCipherEncClosure for Seal<'_, H, BLOCK, N> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let Self { order, mut lanes } = self;
        let lanes = &mut lanes;
        let at_once = H::lanes(N);
        // `|` always evaluates both sides, whereas `||` would short-circuit.
        match order {
            // The hash runs ahead of the encryption.
            MacOrder::MacThenEncrypt => {
                if let Some(compress) = at_once {
                    hash_at_once(compress, lanes, |lane| lane.covered);
                    while encrypt_blocks(lanes, backend, |lane| lane.hashed, PORTION) {}
                }
                while hash(lanes, |lane| lane.covered) | encrypt(lanes, backend, |lane| lane.hashed) {}
                for lane in lanes.iter_mut() {
                    let mac = lane.finish_mac();
                    let rest = lane.body.get_mut(lane.covered..).unwrap_or_default();
                    if let Some((to, padding)) = rest.split_at_mut_checked(H::OUTPUT_LEN) {
                        to.copy_from_slice(mac.as_ref());
                        write_padding(padding);
                    }
                }
                while encrypt(lanes, backend, |lane| lane.body.len()) {}
            }
            // The encryption runs ahead of the hash.
            MacOrder::EncryptThenMac => {
                if let Some(compress) = at_once {
                    while encrypt_blocks(lanes, backend, |lane| lane.body.len(), PORTION) {}
                    hash_at_once(compress, lanes, |lane| lane.encrypted);
                }
                while hash(lanes, |lane| lane.encrypted.saturating_sub(LAG * BLOCK))
                    | encrypt(lanes, backend, |lane| lane.body.len())
                {}
                for lane in lanes {
                    let mac = lane.finish_mac();
                    for (to, from) in lane.mac.iter_mut().zip(mac.as_ref()) {
                        *to = *from;
                    }
                }
            }
        }
    }
}

/// Hashes one block in each lane, up to its `limit`. Returns whether there was any.
#[inline(always)]
fn hash<'a, H: Compression<BLOCK>, const BLOCK: usize, const N: usize>(
    lanes: &mut [Lane<'a, H, BLOCK>; N],
    limit: impl Fn(&Lane<'a, H, BLOCK>) -> usize,
) -> bool {
    let mut busy = false;
    for lane in lanes {
        let limit = limit(lane);
        busy |= lane.hash_block(limit);
    }
    busy
}

/// Hashes, up to the `limit` of each lane, as many blocks as every lane has.
fn hash_at_once<'a, H: Compression<BLOCK>, const BLOCK: usize, const N: usize>(
    compress: CompressLanes<H::State, BLOCK>,
    lanes: &mut [Lane<'a, H, BLOCK>; N],
    limit: impl Fn(&Lane<'a, H, BLOCK>) -> usize,
) {
    // First the block that starts with the prefix.
    hash(lanes, &limit);
    let mut states = [H::INITIAL; LANES];
    let mut blocks = [[].as_slice(); LANES];
    // If there are fewer records, some are hashed twice.
    for ((state, blocks), lane) in states.iter_mut().zip(&mut blocks).zip(lanes.iter().cycle()) {
        *state = lane.state;
        *blocks = lane.unhashed(limit(lane));
    }
    let count = compress(&mut states, blocks);
    for (lane, state) in lanes.iter_mut().zip(&states) {
        lane.state = *state;
        lane.hashed += count * BLOCK;
    }
    states.zeroize();
}

/// Encrypts as many bytes in each lane, up to its `limit`. Returns whether there were any.
#[inline(always)]
fn encrypt<'a, H: Compression<BLOCK>, const BLOCK: usize, const N: usize>(
    lanes: &mut [Lane<'a, H, BLOCK>; N],
    backend: &impl BlockCipherEncBackend<BlockSize = U16>,
    limit: impl Fn(&Lane<'a, H, BLOCK>) -> usize,
) -> bool {
    encrypt_blocks(lanes, backend, limit, BLOCK / 16)
}

/// Encrypts at most `count` blocks in each lane, up to its `limit`. Returns whether there were any.
#[inline(always)]
fn encrypt_blocks<'a, H: Compression<BLOCK>, const BLOCK: usize, const N: usize>(
    lanes: &mut [Lane<'a, H, BLOCK>; N],
    backend: &impl BlockCipherEncBackend<BlockSize = U16>,
    limit: impl Fn(&Lane<'a, H, BLOCK>) -> usize,
    count: usize,
) -> bool {
    let mut chains = lanes.each_ref().map(|lane| lane.chain);
    let mut portions = lanes.each_mut().map(|lane| lane.next_blocks(limit(lane), count).iter_mut());
    let mut busy = false;
    for _ in 0..count {
        for (portion, chain) in portions.iter_mut().zip(&mut chains) {
            let Some(block) = portion.next() else { continue };
            for (chain, plain) in chain.iter_mut().zip(*block) {
                *chain ^= plain;
            }
            backend.encrypt_block_inplace(chain);
            *block = (*chain).into();
            busy = true;
        }
    }
    for (lane, chain) in lanes.iter_mut().zip(chains) {
        lane.chain = chain;
    }
    busy
}

/// Writes the shortest padding that fills the last block, and its length byte: each byte is the length of the padding
/// without the length byte (RFC 5246 §6.2.3.2).
fn write_padding(padding: &mut [u8]) {
    padding.fill(u8::try_from(padding.len().saturating_sub(1)).unwrap_or_default());
}
