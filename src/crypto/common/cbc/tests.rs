//! Opening a record with MAC-then-encrypt takes the same number of hash compressions for every padding and every fault
//! (Lucky Thirteen). They are counted through [`CbcOpener::open`], as the record layer calls it.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use alloc::vec;
use alloc::vec::Vec;

use super::super::cbc_mac::tests::{BLOCKS, Counting};
use super::*;

const CIPHER_KEY: [u8; 16] = [0x2a; 16];
const MAC_KEY: [u8; 20] = [0x11; 20];
const HEADER: [u8; 11] = [0, 0, 0, 0, 0, 0, 0, 1, 23, 3, 3];
const IV: [u8; 16] = [0xc3; 16];

/// A fault in a record, which changes bytes of the text, MAC and padding.
type Fault = fn(&mut [u8], usize);

/// The second argument is where the MAC begins.
const FAULTS: [Fault; 6] = [
    |plain, mac| plain[mac] ^= 1,
    // The second to last byte: of the padding, or of the MAC if there is no padding.
    |plain, _| plain[plain.len() - 2] ^= 1,
    |plain, _| *plain.last_mut().unwrap() ^= 1,
    |plain, _| *plain.last_mut().unwrap() ^= 0x80,
    // A padding length of the maximum, which exceeds the record if that is shorter.
    |plain, mac| plain[mac..].fill(255),
    |plain, _| plain.fill(0),
];

/// Opens a record with this plaintext. Returns its length, if it opens, and the number of compressions.
fn open<H: Compression<BLOCK>, const BLOCK: usize>(plain: &[u8]) -> (Option<usize>, usize) {
    let keys = CbcKeys { cipher: &CIPHER_KEY, mac: &MAC_KEY };
    let mut opener = opener_with::<Counting<H>, BLOCK>(CbcCipher::Aes128, MacOrder::MacThenEncrypt, keys).unwrap();
    let mut body = plain.to_vec();
    let mut encryptor = cbc::Encryptor::<aes::Aes128>::new(&CIPHER_KEY.into(), &IV.into());
    encryptor.encrypt_blocks(Block::cast_slice_from_core_mut(body.as_chunks_mut().0));
    BLOCKS.set(0);
    (opener.open(HEADER, &IV, &mut body), BLOCKS.get())
}

/// A text of zeros with its MAC, and padding before its length byte.
fn record<H: Compression<BLOCK>, const BLOCK: usize>(text_len: usize, padding: usize) -> Vec<u8> {
    let mut plain = vec![0; text_len];
    let mac = Hmac::<H, BLOCK>::new(&MAC_KEY).unwrap().mac(&Prefix::of_text(HEADER, text_len), &plain);
    plain.extend(mac.as_ref());
    plain.extend(vec![u8::try_from(padding).unwrap(); padding + 1]);
    plain
}

/// For each padding, the good record and every bad one.
fn check<H: Compression<BLOCK>, const BLOCK: usize>() {
    // The shortest record, one shorter than the longest padding, and a longer one.
    for body_len in [(H::OUTPUT_LEN + 16) / 16 * 16, 208, 336] {
        let longest = body_len - H::OUTPUT_LEN - 1;
        let mut counts = Vec::new();
        for padding in (0..=MAX_PADDING.min(longest)).step_by(3) {
            let text_len = longest - padding;
            let plain = record::<H, BLOCK>(text_len, padding);
            let (opened, blocks) = open::<H, BLOCK>(&plain);
            assert_eq!(opened, Some(text_len));
            counts.push(blocks);
            for fault in FAULTS {
                let mut wrong = plain.clone();
                fault(&mut wrong, text_len);
                let (opened, blocks) = open::<H, BLOCK>(&wrong);
                assert_eq!(opened, None, "{padding} bytes of padding in {body_len}");
                counts.push(blocks);
            }
        }
        // In addition to the text, the inner and the outer key blocks are hashed.
        assert!(counts[0] * BLOCK > longest, "nothing was counted");
        assert!(counts.iter().all(|count| *count == counts[0]), "a body of {body_len} bytes: {counts:?}");
    }
}

#[test]
fn opening_takes_as_many_compressions_whatever_is_wrong() {
    check::<Sha1, 64>();
    check::<Sha256, 64>();
    check::<Sha384, 128>();
}
