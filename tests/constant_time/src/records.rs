//! CBC records with MAC-then-encrypt (RFC 5246 §6.2.3.2), every kind of right and wrong, given to a connection whose keys are
//! secret (Lucky Thirteen, POODLE on TLS, GOLDENDOODLE, Zombie POODLE).

use std::sync::Arc;

use aes::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::NoPadding};
use hmac::{KeyInit, Mac};
use tls12::crypto::{CipherSuite, Protection, Secret};
use tls12::{Agreement, ClientConfig, Error, Policy, PresharedKey, ServerConfig};

use crate::pair::{End, connect};
use crate::provider::{Keys, Opening, Watched};
use crate::valgrind::hide;

/// One suite for each MAC that there is: AES with 128 bits, and with 256.
pub const SUITES: [&str; 3] =
    ["TLS_PSK_WITH_AES_128_CBC_SHA", "TLS_PSK_WITH_AES_128_CBC_SHA256", "TLS_PSK_WITH_AES_256_CBC_SHA384"];

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    FirstOfMac,
    LastOfMac,
    /// The first byte of the padding, the one furthest from the length byte.
    FirstOfPadding,
    LastOfPadding,
    /// The length byte alone.
    Length,
    /// The padding is longer than the record.
    TooLong,
    /// Both.
    MacAndPadding,
}

impl Fault {
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::FirstOfMac,
        Self::LastOfMac,
        Self::FirstOfPadding,
        Self::LastOfPadding,
        Self::Length,
        Self::TooLong,
        Self::MacAndPadding,
    ];

    /// Does it to a text of which the last `padding + 1` bytes are padding, and the `mac_len` before them the MAC. Returns
    /// whether there is anything to be done.
    fn apply(self, plain: &mut [u8], mac_len: usize, padding: usize) -> bool {
        let last = plain.len() - 1;
        let mac = last - padding - mac_len;
        let place = match self {
            Self::None => return true,
            Self::FirstOfMac => mac,
            Self::LastOfMac => mac + mac_len - 1,
            Self::FirstOfPadding if padding > 0 => last - padding,
            Self::LastOfPadding if padding > 0 => last - 1,
            Self::Length => last,
            Self::TooLong if last - mac_len < 255 => {
                plain[last - 255.min(last)..].fill(255);
                return true;
            }
            Self::MacAndPadding if padding > 0 => {
                plain[mac] ^= 1;
                last - padding
            }
            _ => return false,
        };
        plain[place] ^= 1;
        true
    }
}

/// A client and a server that are connected by a key that is secret on both sides.
pub struct Channel {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    provider: Arc<Watched>,
    suite: &'static CipherSuite,
    ends: Option<(End, End)>,
    sequence: u64,
}

impl Channel {
    pub fn new(suite: &str, opening: Opening) -> Self {
        let suite = CipherSuite::from_name(suite).unwrap();
        let policy = Policy::legacy().suites([suite]).encrypt_then_mac(Agreement::Never);
        let key = || {
            let mut key = vec![0x17; 23];
            hide(&mut key);
            PresharedKey::new(b"me", Secret::new(key)).unwrap()
        };
        let provider = Watched::new(opening);
        let client = ClientConfig::builder_with_psk_only(Arc::clone(&provider) as _).preshared_key(key());
        let server = ServerConfig::builder_with_psk_only(Watched::new(opening)).preshared_keys([key()]);
        let client = client.policy(policy.clone()).no_session_store().build().unwrap();
        let server = server.policy(policy).no_session_store().no_tickets().build().unwrap();
        Self { client, server, provider, suite, ends: None, sequence: 0 }
    }

    pub fn mac_len(&self) -> usize {
        match self.suite.protection {
            Protection::Cbc(_, mac) => mac.output_len(),
            _ => panic!("it has no MAC"),
        }
    }

    /// Gives the server a record, of a body of so many bytes, of which so many before the last are padding. Returns whether
    /// there is such a record.
    pub fn send(&mut self, body_len: usize, padding: usize, fault: Fault) -> bool {
        let Some(text_len) = body_len.checked_sub(self.mac_len() + padding + 1) else { return false };
        if self.ends.is_none() {
            let (client, server) = connect(&self.client, &self.server);
            assert!(client.is_connected && server.is_connected, "{:?} {:?}", client.error, server.error);
            // Finished was the first record under the keys.
            self.sequence = 1;
            self.ends = Some((client, server));
        }
        let keys = self.provider.sending.lock().unwrap().clone().unwrap();
        let Some(body) = body(&keys, self.sequence, text_len, padding, fault) else { return false };
        let len = u16::try_from(IV.len() + body.len()).unwrap().to_be_bytes();
        let mut record = [&[23, 3, 3][..], &len, &IV, &body].concat();
        let (_, server) = self.ends.as_mut().unwrap();
        server.receive(&mut record);
        self.sequence += 1;
        match (fault, &server.error) {
            (Fault::None, None) => {}
            // It is another right padding.
            (Fault::Length, None) => panic!("a wrong length byte was taken"),
            (Fault::None, Some(error)) => panic!("{error}"),
            (_, Some(Error::BadRecordMac)) => self.ends = None,
            (_, other) => panic!("{fault:?}: {other:?}"),
        }
        true
    }
}

/// The IV of all records.
pub const IV: [u8; 16] = [0xc3; 16];

/// The sequence number, type and version of application data, as the MAC covers them.
pub fn header(sequence: u64) -> [u8; 11] {
    let mut header = [0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 3];
    header[..8].copy_from_slice(&sequence.to_be_bytes());
    header
}

/// The encrypted part of a record of which the last `padding + 1` bytes are padding. `None` if the fault cannot be in it.
pub fn body(keys: &Keys, sequence: u64, text_len: usize, padding: usize, fault: Fault) -> Option<Vec<u8>> {
    let text = vec![0x5a; text_len];
    let covered = [&header(sequence)[..], &u16::try_from(text_len).unwrap().to_be_bytes(), &text].concat();
    let mut plain = [&text[..], &mac(keys, &covered), &vec![u8::try_from(padding).unwrap(); padding + 1]].concat();
    fault.apply(&mut plain, keys.mac.len(), padding).then(|| encrypt(keys, &IV, &plain))
}

/// HMAC by a crate that is not ours, as the suite of this length of key has it.
fn mac(keys: &Keys, covered: &[u8]) -> Vec<u8> {
    fn of<H: Mac + KeyInit>(key: &[u8], covered: &[u8]) -> Vec<u8> {
        let mut mac = <H as KeyInit>::new_from_slice(key).unwrap();
        mac.update(covered);
        mac.finalize().into_bytes().to_vec()
    }
    match keys.mac.len() {
        20 => of::<hmac::Hmac<sha1::Sha1>>(&keys.mac, covered),
        32 => of::<hmac::Hmac<sha2::Sha256>>(&keys.mac, covered),
        48 => of::<hmac::Hmac<sha2::Sha384>>(&keys.mac, covered),
        other => panic!("{other}"),
    }
}

fn encrypt(keys: &Keys, iv: &[u8; 16], plain: &[u8]) -> Vec<u8> {
    fn with<C: KeyIvInit + BlockModeEncrypt>(key: &[u8], iv: &[u8; 16], plain: &[u8]) -> Vec<u8> {
        let mut body = plain.to_vec();
        let len = body.len();
        C::new_from_slices(key, iv).unwrap().encrypt_padded::<NoPadding>(&mut body, len).unwrap();
        body
    }
    match keys.cipher.len() {
        16 => with::<cbc::Encryptor<aes::Aes128>>(&keys.cipher, iv, plain),
        32 => with::<cbc::Encryptor<aes::Aes256>>(&keys.cipher, iv, plain),
        other => panic!("{other}"),
    }
}

/// Lengths of a body: hardly more than a MAC and padding; shorter than the window in which the MAC is looked for; as long;
/// and longer, at two places of a hash's block.
pub const BODIES: [usize; 5] = [80, 208, 304, 336, 608];

/// The paddings that are tried with each fault at all lengths: the ends, where a hash's block ends, and some between.
const PADDINGS: [usize; 10] = [0, 1, 2, 15, 16, 63, 64, 128, 254, 255];

/// At this one every fault is tried with every padding.
const ALL_OF_IT: usize = 336;

/// All of it.
pub fn open_all(opening: Opening) -> usize {
    let mut records = 0;
    for suite in SUITES {
        let mut channel = Channel::new(suite, opening);
        // Each padding that is right, on one connection.
        for body in BODIES {
            for padding in 0..=255 {
                records += usize::from(channel.send(body, padding, Fault::None));
            }
        }
        for body in BODIES {
            for padding in 0..=255 {
                if body == ALL_OF_IT || PADDINGS.contains(&padding) {
                    for fault in Fault::ALL {
                        records += usize::from(channel.send(body, padding, fault));
                    }
                }
            }
        }
    }
    records
}

/// For callgrind: each padding and each fault at one length.
pub fn count_all() {
    for suite in SUITES {
        let mut channel = Channel::new(suite, Opening::Counted);
        for padding in 0..=255 {
            channel.send(ALL_OF_IT, padding, Fault::None);
        }
        for padding in PADDINGS {
            for fault in Fault::ALL {
                channel.send(ALL_OF_IT, padding, fault);
            }
        }
    }
}

/// Two records, one of them with a wrong padding: enough to show an opener that leaks.
pub fn control() {
    let mut channel = Channel::new(SUITES[0], Opening::Naive);
    channel.send(208, 15, Fault::None);
    channel.send(208, 15, Fault::LastOfPadding);
    channel.send(208, 15, Fault::FirstOfMac);
}
