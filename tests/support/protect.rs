//! The key schedule and the record layer of RFC 5246, written a second time for the tests: they share nothing with the
//! crate but the primitives of its provider.

use tls12::crypto::{
    AeadKey, CbcKeys, CbcOpener, CbcRecord, CbcSealer, CipherSuite, MacOrder, Protection, Provider, SecureRandom,
};

/// RFC 5246 §6.2.1.
pub const HEADER_LEN: usize = 5;
/// RFC 5246 §6.2.1.
pub const MAX_PLAINTEXT: usize = 1 << 14;
const VERSION: [u8; 2] = [3, 3];
/// RFC 5288 §3: four bytes of the key block, then eight of the record.
const FIXED_IV_LEN: usize = 4;
const EXPLICIT_LEN: usize = 8;
const TAG_LEN: usize = 16;
const BLOCK_LEN: usize = 16;

/// A record as it stands on the wire, with any header.
pub fn raw_record(content_type: u8, version: [u8; 2], fragment: &[u8]) -> Vec<u8> {
    let length = u16::try_from(fragment.len()).unwrap().to_be_bytes();
    [&[content_type], version.as_slice(), &length, fragment].concat()
}

/// The first record of `bytes` and what follows it; none while it is incomplete.
pub fn split_record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let header: &[u8; HEADER_LEN] = bytes.first_chunk()?;
    let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
    bytes.split_at_checked(HEADER_LEN + length)
}

/// The PRF, as many bytes of it as are asked for (RFC 5246 §5).
pub fn prf(
    provider: &dyn Provider,
    suite: &CipherSuite,
    secret: &[u8],
    label: &str,
    seed: &[u8],
    len: usize,
) -> Vec<u8> {
    let mut out = vec![0; len];
    provider.hmac_key(suite.hash, secret).unwrap().prf(label.as_bytes(), seed, &mut out).unwrap();
    out
}

/// Both directions of a connection: what the client writes, and what the server writes (RFC 5246 §6.3).
pub fn directions(
    provider: &dyn Provider,
    suite: &CipherSuite,
    order: MacOrder,
    master: &[u8],
    randoms: (&[u8; 32], &[u8; 32]),
) -> (Direction, Direction) {
    let (client_random, server_random) = randoms;
    let (mac_len, key_len, iv_len) = match suite.protection {
        Protection::Aead(algorithm) => (0, algorithm.key_len(), FIXED_IV_LEN),
        Protection::Cbc(cipher, mac) => (mac.output_len(), cipher.key_len(), 0),
        _ => panic!("{suite:?} is new"),
    };
    let seed = [server_random.as_slice(), client_random].concat();
    let block = prf(provider, suite, master, "key expansion", &seed, 2 * (mac_len + key_len + iv_len));
    let (macs, rest) = block.split_at(2 * mac_len);
    let (keys, ivs) = rest.split_at(2 * key_len);
    let half = |parts: &[u8], second: usize| {
        let len = parts.len() / 2;
        parts[second * len..][..len].to_vec()
    };
    let direction =
        |second| Direction::new(provider, suite, order, &half(macs, second), &half(keys, second), &half(ivs, second));
    (direction(0), direction(1))
}

/// One direction of a connection, under one key: seals what one side writes, or opens it.
pub struct Direction {
    /// The number of the next record.
    pub sequence: u64,
    protection: RecordProtection,
}

enum RecordProtection {
    Plain,
    Aead { key: Box<dyn AeadKey>, fixed_iv: Vec<u8> },
    Cbc { sealer: Box<dyn CbcSealer>, opener: Box<dyn CbcOpener>, order: MacOrder, mac_len: usize },
}

impl Direction {
    /// No protection.
    pub fn plain() -> Self {
        Self { sequence: 0, protection: RecordProtection::Plain }
    }

    fn new(
        provider: &dyn Provider,
        suite: &CipherSuite,
        order: MacOrder,
        mac: &[u8],
        cipher: &[u8],
        iv: &[u8],
    ) -> Self {
        let protection = match suite.protection {
            Protection::Aead(algorithm) => {
                RecordProtection::Aead { key: provider.aead_key(algorithm, cipher).unwrap(), fixed_iv: iv.to_vec() }
            }
            Protection::Cbc(algorithm, hash) => {
                let keys = CbcKeys::new(cipher, mac);
                RecordProtection::Cbc {
                    sealer: provider.cbc_sealer(algorithm, hash, order, keys).unwrap(),
                    opener: provider.cbc_opener(algorithm, hash, order, keys).unwrap(),
                    order,
                    mac_len: hash.output_len(),
                }
            }
            _ => panic!("{suite:?} is new"),
        };
        Self { sequence: 0, protection }
    }

    /// `seq_num ‖ type ‖ version` (RFC 5246 §6.2.3.1).
    fn mac_header(&mut self, content_type: u8) -> [u8; 11] {
        let header = [self.sequence.to_be_bytes().as_slice(), &[content_type], &VERSION].concat();
        self.sequence += 1;
        header.try_into().unwrap()
    }

    /// The record that holds `text`.
    pub fn seal(&mut self, random: &dyn SecureRandom, content_type: u8, text: &[u8]) -> Vec<u8> {
        raw_record(content_type, VERSION, &self.seal_fragment(random, content_type, text))
    }

    fn seal_fragment(&mut self, random: &dyn SecureRandom, content_type: u8, text: &[u8]) -> Vec<u8> {
        let header = self.mac_header(content_type);
        match &mut self.protection {
            RecordProtection::Plain => text.to_vec(),
            RecordProtection::Aead { key, fixed_iv } => {
                // RFC 5288 §3: any value that is used once. Not the sequence number, which the other side must not expect.
                let mut explicit = [0; EXPLICIT_LEN];
                random.fill(&mut explicit).unwrap();
                let nonce = [fixed_iv.as_slice(), &explicit].concat();
                let mut body = text.to_vec();
                let mut tag = [0; 16];
                key.seal(&nonce, &additional_data(header, text.len()), &mut body, &mut tag).unwrap();
                [explicit.as_slice(), &body, &tag].concat()
            }
            RecordProtection::Cbc { sealer, order, mac_len, .. } => {
                let mut iv = [0; BLOCK_LEN];
                random.fill(&mut iv).unwrap();
                let covered = match order {
                    MacOrder::MacThenEncrypt => text.len() + *mac_len,
                    MacOrder::EncryptThenMac => text.len(),
                };
                let mut body = text.to_vec();
                body.resize(covered / BLOCK_LEN * BLOCK_LEN + BLOCK_LEN, 0);
                if *order == MacOrder::EncryptThenMac {
                    body.resize(body.len() + *mac_len, 0);
                }
                sealer.seal(&mut [CbcRecord::new(header, iv, &mut body, text.len())]).unwrap();
                [iv.as_slice(), &body].concat()
            }
        }
    }

    /// The text of a whole record, if it opens.
    pub fn open(&mut self, record: &[u8]) -> Option<Vec<u8>> {
        let header = self.mac_header(record[0]);
        let fragment = &record[HEADER_LEN..];
        match &mut self.protection {
            RecordProtection::Plain => Some(fragment.to_vec()),
            RecordProtection::Aead { key, fixed_iv } => {
                let (explicit, body) = fragment.split_at_checked(EXPLICIT_LEN)?;
                let nonce = [fixed_iv.as_slice(), explicit].concat();
                let mut body = body.to_vec();
                let text_len = body.len().checked_sub(TAG_LEN)?;
                key.open(&nonce, &additional_data(header, text_len), &mut body).then(|| body[..text_len].to_vec())
            }
            RecordProtection::Cbc { opener, .. } => {
                let (iv, body) = fragment.split_first_chunk()?;
                let mut body = body.to_vec();
                let text_len = opener.open(header, iv, &mut body)?;
                Some(body[..text_len].to_vec())
            }
        }
    }
}

/// RFC 5246 §6.2.3.3.
fn additional_data(header: [u8; 11], text_len: usize) -> [u8; 13] {
    [header.as_slice(), &u16::try_from(text_len).unwrap().to_be_bytes()].concat().try_into().unwrap()
}
