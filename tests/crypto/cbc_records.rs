//! CBC records of the default provider, against records made and read independently: plain `aes`, `cbc`, `sha1` and `sha2`, one
//! step after the other as RFC 5246 §6.2.3.2 and RFC 7366 §3 describe them.
#![cfg(feature = "ring")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::tested::provider;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use aes::{Aes128, Aes256, Block};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha384};
use tls12::crypto::{CbcCipher, CbcKeys, CbcOpener, CbcRecord, CbcSealer, HashAlgorithm, MacOrder};

const ORDERS: [MacOrder; 2] = [MacOrder::MacThenEncrypt, MacOrder::EncryptThenMac];
const CIPHERS: [CbcCipher; 2] = [CbcCipher::Aes128, CbcCipher::Aes256];
const MACS: [HashAlgorithm; 3] = [HashAlgorithm::Sha1, HashAlgorithm::Sha256, HashAlgorithm::Sha384];

/// The keys of a direction, and the two ways of writing and reading records.
struct Peer {
    cipher: CbcCipher,
    mac: HashAlgorithm,
    order: MacOrder,
    cipher_key: Vec<u8>,
    mac_key: Vec<u8>,
}

impl Peer {
    fn new(cipher: CbcCipher, mac: HashAlgorithm, order: MacOrder) -> Self {
        let cipher_key = (0..cipher.key_len()).map(|i| u8::try_from(i * 7 + 1).unwrap()).collect();
        Self { cipher, mac, order, cipher_key, mac_key: (100..).take(mac.output_len()).collect() }
    }

    fn mac_len(&self) -> usize {
        self.mac.output_len()
    }

    fn keys(&self) -> CbcKeys<'_> {
        CbcKeys::new(&self.cipher_key, &self.mac_key)
    }

    fn sealer(&self) -> Box<dyn CbcSealer> {
        provider().cbc_sealer(self.cipher, self.mac, self.order, self.keys()).unwrap()
    }

    fn opener(&self) -> Box<dyn CbcOpener> {
        provider().cbc_opener(self.cipher, self.mac, self.order, self.keys()).unwrap()
    }

    /// The MAC of `header ‖ length ‖ rest`.
    fn mac(&self, header: &[u8; 11], len: usize, rest: &[&[u8]]) -> Vec<u8> {
        let len = u16::try_from(len).unwrap().to_be_bytes();
        let message = [&[header, len.as_slice()], rest].concat().concat();
        match self.mac {
            HashAlgorithm::Sha1 => hmac::<Sha1>(64, &self.mac_key, &message),
            HashAlgorithm::Sha256 => hmac::<Sha256>(64, &self.mac_key, &message),
            HashAlgorithm::Sha384 => hmac::<Sha384>(128, &self.mac_key, &message),
            _ => panic!("no suite has it"),
        }
    }

    fn encrypt(&self, iv: &[u8; 16], mut plain: Vec<u8>) -> Vec<u8> {
        let blocks = blocks(&mut plain);
        match self.cipher {
            CbcCipher::Aes128 => {
                cbc::Encryptor::<Aes128>::new_from_slices(&self.cipher_key, iv).unwrap().encrypt_blocks(blocks);
            }
            CbcCipher::Aes256 => {
                cbc::Encryptor::<Aes256>::new_from_slices(&self.cipher_key, iv).unwrap().encrypt_blocks(blocks);
            }
            other => panic!("{other:?} is new"),
        }
        plain
    }

    fn decrypt(&self, iv: &[u8; 16], mut ciphertext: Vec<u8>) -> Vec<u8> {
        let blocks = blocks(&mut ciphertext);
        match self.cipher {
            CbcCipher::Aes128 => {
                cbc::Decryptor::<Aes128>::new_from_slices(&self.cipher_key, iv).unwrap().decrypt_blocks(blocks);
            }
            CbcCipher::Aes256 => {
                cbc::Decryptor::<Aes256>::new_from_slices(&self.cipher_key, iv).unwrap().decrypt_blocks(blocks);
            }
            other => panic!("{other:?} is new"),
        }
        ciphertext
    }

    /// A record's body with any bytes for padding, length byte included: rightly made but for those.
    fn body(&self, header: &[u8; 11], iv: &[u8; 16], text: &[u8], padding: &[u8]) -> Vec<u8> {
        match self.order {
            MacOrder::MacThenEncrypt => {
                self.encrypt(iv, [text, &self.mac(header, text.len(), &[text]), padding].concat())
            }
            MacOrder::EncryptThenMac => {
                let ciphertext = self.encrypt(iv, [text, padding].concat());
                let mac = self.mac(header, 16 + ciphertext.len(), &[iv, &ciphertext]);
                [ciphertext, mac].concat()
            }
        }
    }

    /// The text of a body, each part of it checked.
    fn text(&self, header: &[u8; 11], iv: &[u8; 16], body: &[u8]) -> Vec<u8> {
        let strip_padding = |plain: &[u8]| {
            let (text, padding) = plain.split_at(plain.len() - 1 - usize::from(*plain.last().unwrap()));
            assert!(padding.len() <= 16, "not the shortest padding");
            assert!(padding.iter().all(|byte| usize::from(*byte) + 1 == padding.len()));
            text.to_vec()
        };
        match self.order {
            MacOrder::MacThenEncrypt => {
                let plain = strip_padding(&self.decrypt(iv, body.to_vec()));
                let (text, mac) = plain.split_at(plain.len() - self.mac_len());
                assert_eq!(mac, self.mac(header, text.len(), &[text]));
                text.to_vec()
            }
            MacOrder::EncryptThenMac => {
                let (ciphertext, mac) = body.split_at(body.len() - self.mac_len());
                assert_eq!(mac, self.mac(header, 16 + ciphertext.len(), &[iv, ciphertext]));
                strip_padding(&self.decrypt(iv, ciphertext.to_vec()))
            }
        }
    }

    /// A body of the length that a text of `text_len` bytes needs, with the text in it.
    fn unsealed(&self, text: &[u8]) -> Vec<u8> {
        let in_blocks = |len: usize| (len + 1).next_multiple_of(16);
        let mut body = text.to_vec();
        body.resize(
            match self.order {
                MacOrder::MacThenEncrypt => in_blocks(text.len() + self.mac_len()),
                MacOrder::EncryptThenMac => in_blocks(text.len()) + self.mac_len(),
            },
            0xee,
        );
        body
    }

    /// A text that, with a padding of `padding_len` and its length byte, fills blocks.
    fn text_before(&self, padding_len: usize) -> Vec<u8> {
        let mac_len = if self.order == MacOrder::MacThenEncrypt { self.mac_len() } else { 0 };
        let rest = (padding_len + 1 + mac_len) % 16;
        (0..48 - rest).map(|i| u8::try_from(i).unwrap()).collect()
    }
}

fn every_peer() -> impl Iterator<Item = Peer> {
    let pairs = ORDERS.into_iter().flat_map(|order| CIPHERS.map(|cipher| (cipher, order)));
    pairs.flat_map(|(cipher, order)| MACS.map(|mac| Peer::new(cipher, mac, order)))
}

/// RFC 2104 §2, for a hash with blocks of `block_len` bytes.
fn hmac<D: Digest>(block_len: usize, key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |value: u8| {
        let mut block = vec![value; block_len];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = D::new_with_prefix(pad(0x36)).chain_update(message).finalize();
    D::new_with_prefix(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

fn blocks(bytes: &mut [u8]) -> &mut [Block] {
    let (blocks, rest) = bytes.as_chunks_mut();
    assert!(rest.is_empty(), "no whole blocks");
    Block::cast_slice_from_core_mut(blocks)
}

const HEADER: [u8; 11] = [0, 0, 0, 0, 0, 0, 0, 9, 23, 3, 3];
const IV: [u8; 16] = *b"initialisation v";

#[test]
fn every_padding_is_taken_off() {
    for peer in every_peer() {
        let mut opener = peer.opener();
        // With much text before it too, where the MAC can be at any of 256 places.
        for (padding_len, more) in (0..=255).flat_map(|padding_len| [(padding_len, 0), (padding_len, 256)]) {
            let text = [vec![0x5a; more], peer.text_before(padding_len.into())].concat();
            let padding = vec![padding_len; usize::from(padding_len) + 1];
            let mut body = peer.body(&HEADER, &IV, &text, &padding);
            assert_eq!(opener.open(HEADER, &IV, &mut body), Some(text.len()), "padding {padding_len}");
            assert_eq!(body[..text.len()], text);
        }
    }
}

#[test]
fn no_changed_byte_is_taken() {
    for peer in every_peer() {
        let mut opener = peer.opener();
        for padding_len in (0..=255).step_by(17) {
            let text = peer.text_before(padding_len.into());
            let padding = vec![padding_len; usize::from(padding_len) + 1];
            let body = peer.body(&HEADER, &IV, &text, &padding);
            for i in 0..body.len() {
                for flip in [1, 0x80] {
                    let mut body = body.clone();
                    body[i] ^= flip;
                    assert_eq!(opener.open(HEADER, &IV, &mut body), None, "padding {padding_len}, byte {i}");
                }
            }
            for i in 0..HEADER.len() {
                let mut header = HEADER;
                header[i] ^= 1;
                assert_eq!(opener.open(header, &IV, &mut body.clone()), None, "padding {padding_len}, header byte {i}");
            }
            let mut iv = IV;
            iv[0] ^= 1;
            assert_eq!(opener.open(HEADER, &iv, &mut body.clone()), None, "padding {padding_len}, IV");
        }
    }
}

/// RFC 5246 §6.2.3.2: every byte of the padding must be its length; here the MAC is right, and one of them is not.
#[test]
fn no_wrong_padding_is_taken() {
    for peer in every_peer() {
        let mut opener = peer.opener();
        for padding_len in (3..=255).step_by(6) {
            let text = peer.text_before(padding_len.into());
            let right = vec![padding_len; usize::from(padding_len) + 1];
            for i in 0..usize::from(padding_len) {
                let mut padding = right.clone();
                padding[i] ^= 1 << (i % 8);
                let mut body = peer.body(&HEADER, &IV, &text, &padding);
                assert_eq!(opener.open(HEADER, &IV, &mut body), None, "padding {padding_len}, byte {i}");
            }
        }
    }
}

/// The MAC is right if there is no padding, which the opener assumes when it finds the padding wrong.
#[test]
fn no_wrong_length_byte_is_taken() {
    for peer in every_peer() {
        let mut opener = peer.opener();
        let text = peer.text_before(0);
        for value in 1..=255 {
            let mut body = peer.body(&HEADER, &IV, &text, &[value]);
            assert_eq!(opener.open(HEADER, &IV, &mut body), None, "length byte {value}");
        }
    }
}

/// All of it is padding, in the right bytes, and there should be more.
#[test]
fn no_padding_longer_than_the_record_is_taken() {
    let peer = Peer::new(CbcCipher::Aes128, HashAlgorithm::Sha1, MacOrder::EncryptThenMac);
    let mut opener = peer.opener();
    for len in (16..=256).step_by(16) {
        for value in len - 1..=255 {
            let mut body = peer.body(&HEADER, &IV, &[], &vec![u8::try_from(value).unwrap(); len]);
            let fits = value + 1 == len;
            assert_eq!(opener.open(HEADER, &IV, &mut body), fits.then_some(0), "{len} bytes, length byte {value}");
        }
    }
}

#[test]
fn any_bytes_of_any_length_are_refused() {
    let mut random = StdRng::seed_from_u64(1);
    for peer in every_peer() {
        let mut opener = peer.opener();
        for len in 0..700 {
            let mut body = vec![0; len];
            random.fill_bytes(&mut body);
            assert_eq!(opener.open(HEADER, &IV, &mut body), None, "length {len}");
        }
        // More than a length field holds.
        assert_eq!(opener.open(HEADER, &IV, &mut vec![0; 0x1_0000 + 64]), None);
    }
}

#[test]
fn records_of_every_length_and_number_are_sealed() {
    let mut random = StdRng::seed_from_u64(2);
    // All short lengths, and some around the most that a record holds (2^14, RFC 5246 §6.2.1).
    let lengths: Vec<usize> = (0..400).chain([1023, 1024, 1025, 4096, 16_383, 16_384]).collect();
    for peer in every_peer() {
        let mut sealer = peer.sealer();
        let mut opener = peer.opener();
        // By sixteens, eights, pairs and one, and with some of each.
        for count in [1, 2, 3, 7, 8, 9, 11, 16, 27] {
            for start in (0..lengths.len()).step_by(count) {
                // Neighbours in length, and every other batch in any order of length.
                let pick = |i: usize, random: &mut StdRng| match start % 2 {
                    0 => lengths[(start + i) % lengths.len()],
                    _ => lengths[random.random_range(0..400)],
                };
                let texts: Vec<Vec<u8>> = (0..count)
                    .map(|i| {
                        let mut text = vec![0; pick(i, &mut random)];
                        random.fill_bytes(&mut text);
                        text
                    })
                    .collect();
                let heads: Vec<([u8; 11], [u8; 16])> = (0..count).map(|_| (random.random(), random.random())).collect();
                let mut bodies: Vec<Vec<u8>> = texts.iter().map(|text| peer.unsealed(text)).collect();
                let mut records: Vec<CbcRecord<'_>> = bodies
                    .iter_mut()
                    .zip(&heads)
                    .zip(&texts)
                    .map(|((body, &(header, iv)), text)| CbcRecord::new(header, iv, body, text.len()))
                    .collect();
                sealer.seal(&mut records).unwrap();
                for ((mut body, (header, iv)), text) in bodies.into_iter().zip(&heads).zip(&texts) {
                    assert_eq!(&peer.text(header, iv, &body), text);
                    assert_eq!(opener.open(*header, iv, &mut body), Some(text.len()));
                    assert_eq!(body[..text.len()], *text);
                }
            }
        }
    }
}

/// A body of the wrong length is a mistake of the caller, which must not put the text on the wire.
#[test]
#[cfg_attr(debug_assertions, should_panic(expected = "a body of"))]
fn a_text_in_a_body_of_the_wrong_length_is_wiped() {
    for peer in every_peer() {
        let mut body = peer.unsealed(&[1; 30]);
        peer.sealer().seal(&mut [CbcRecord::new(HEADER, IV, &mut body, 64)]).unwrap();
        assert!(body.iter().all(|byte| *byte == 0));
    }
}

/// NIST SP 800-38A §F.2.1 (CBC-AES128.Encrypt) and §F.2.5 (CBC-AES256.Encrypt): four blocks of text are the first four of
/// the record.
#[test]
fn nist_vectors() {
    let hex = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    };
    let text = hex(concat!(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    ));
    let iv: [u8; 16] = core::array::from_fn(|i| u8::try_from(i).unwrap());
    for (cipher, key, ciphertext) in [
        (
            CbcCipher::Aes128,
            "2b7e151628aed2a6abf7158809cf4f3c",
            concat!(
                "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
                "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"
            ),
        ),
        (
            CbcCipher::Aes256,
            "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            concat!(
                "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d",
                "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"
            ),
        ),
    ] {
        for order in ORDERS {
            let peer = Peer { cipher_key: hex(key), ..Peer::new(cipher, HashAlgorithm::Sha256, order) };
            let mut body = peer.unsealed(&text);
            peer.sealer().seal(&mut [CbcRecord::new(HEADER, iv, &mut body, text.len())]).unwrap();
            assert_eq!(body[..64], hex(ciphertext));
            assert_eq!(peer.opener().open(HEADER, &iv, &mut body), Some(64));
            assert_eq!(body[..64], text);
        }
    }
}

#[test]
fn keys_of_the_wrong_length_are_refused() {
    let provider = provider();
    for order in ORDERS {
        let refused = |cipher, mac, cipher_len, mac_len| {
            let (cipher_key, mac_key) = (vec![0; cipher_len], vec![0; mac_len]);
            let keys = CbcKeys::new(&cipher_key, &mac_key);
            provider.cbc_sealer(cipher, mac, order, keys).is_err()
                && provider.cbc_opener(cipher, mac, order, keys).is_err()
        };
        for (mac, block_len) in MACS.into_iter().zip([64, 64, 128]) {
            assert!(!refused(CbcCipher::Aes128, mac, 16, mac.output_len()));
            assert!(!refused(CbcCipher::Aes256, mac, 32, mac.output_len()));
            assert!(refused(CbcCipher::Aes128, mac, 32, mac.output_len()));
            assert!(refused(CbcCipher::Aes256, mac, 16, mac.output_len()));
            assert!(refused(CbcCipher::Aes128, mac, 16, block_len + 1));
        }
    }
}
