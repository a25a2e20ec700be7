//! The work that is examined, each with inputs that differ only in secrets.

use std::hint::black_box;
use std::sync::{Arc, Mutex};

use rustls_pki_types::{PrivateKeyDer, UnixTime};
use tls12::crypto::{
    AeadAlgorithm, CbcCipher, CbcKeys, CbcOpener, CbcRecord, CipherSuite, HashAlgorithm, MacOrder, PrivateKey, Secret,
    SecureRandom, ring,
};
use tls12::session::{OpenedTicket, SealedTicket, ServerSession, TicketKey, Tickets};
use tls12::{Agreement, ClientConfig, Policy, PresharedKey, ProviderError, ServerConfig, SignatureScheme};

use super::processor::stopping;
use crate::controls::{NaiveOpener, naive_comparison, naive_table};
use crate::handshakes;
use crate::provider::Keys;
use crate::records::{self, Fault};
use crate::{pair, private_key};

/// Prepares an input, and runs the work on it in [`stopping`]. The closure first copies what it owns, since copies on the stack and in
/// the arena have the same address for all inputs.
pub struct Input {
    pub name: String,
    pub run: Box<dyn Fn()>,
}

impl Input {
    fn new(name: impl Into<String>, run: impl Fn() + 'static) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }
}

/// Work whose path and addresses are the same for all inputs.
pub struct Subject {
    pub name: String,
    /// A control: a difference must be found in this function.
    pub leaks: Option<&'static str>,
    pub inputs: Box<dyn Fn() -> Vec<Input>>,
}

impl Subject {
    fn new(name: impl Into<String>, inputs: impl Fn() -> Vec<Input> + 'static) -> Self {
        Self { name: name.into(), leaks: None, inputs: Box::new(inputs) }
    }

    fn leaking(function: &'static str, inputs: fn() -> Vec<Input>) -> Self {
        Self { leaks: Some(function), ..Self::new(format!("control: {function}"), inputs) }
    }
}

/// Returns all subjects.
pub fn all() -> Vec<Subject> {
    let mut subjects = controls();
    for suite in OPENED {
        for body in [80, 336, 1360] {
            let name = format!("open {:?} HMAC-{:?}, {body} bytes", suite.0, suite.2);
            subjects.push(Subject::new(name, move || opened(suite, body)));
        }
        // Several are sealed side by side.
        for records in [1, 2, 8, 16] {
            let name = format!("seal {:?} HMAC-{:?}, {records} records", suite.0, suite.2);
            subjects.push(Subject::new(name, move || sealed(suite, records)));
        }
        let name = format!("seal and open {:?} HMAC-{:?}, encrypt-then-MAC", suite.0, suite.2);
        subjects.push(Subject::new(name, move || encrypted_then_authenticated(suite)));
    }
    for algorithm in [AeadAlgorithm::Aes128Gcm, AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305] {
        subjects.push(Subject::new(format!("{algorithm:?}: seal and open"), move || protected(algorithm)));
    }
    for algorithm in [HashAlgorithm::Sha256, HashAlgorithm::Sha384] {
        subjects.push(Subject::new(format!("PRF with {algorithm:?}"), move || expanded(algorithm)));
    }
    subjects.extend([
        Subject::new("server with static RSA, AES-GCM", || key_exchange("TLS_RSA_WITH_AES_128_GCM_SHA256")),
        Subject::new("server with static RSA, AES-CBC", || key_exchange("TLS_RSA_WITH_AES_128_CBC_SHA")),
        Subject::new("Finished that does not match", finished),
        Subject::new("ticket, opened", || tickets(false)),
        Subject::new("ticket, forged", || tickets(true)),
        Subject::new("X25519", || agreed("x25519")),
        Subject::new("ECDH on P-256", || agreed("secp256r1")),
        Subject::new("ECDH on P-521", || agreed("secp521r1")),
        Subject::new("RSA signature", signed),
    ]);
    for bits in [2048, 3072, 4096] {
        subjects.push(Subject::new(format!("RSA decryption, {bits} bits"), move || decrypted(bits)));
    }
    subjects
}

fn controls() -> Vec<Subject> {
    vec![
        Subject::leaking("naive_comparison", || {
            let compared = |at| {
                Input::new(format!("byte {at}"), move || {
                    let mut other = [7; 12];
                    other[at] = 8;
                    black_box(stopping(|| naive_comparison(black_box(&[7; 12]), black_box(&other))));
                })
            };
            vec![compared(0), compared(11)]
        }),
        Subject::leaking("naive_padding", || {
            let keys = some_keys(16, 20, 0);
            let opened = |fault| {
                let keys = keys.clone();
                record(&keys, 336, 15, fault, move |keys| Box::new(NaiveOpener::new(keys))).unwrap()
            };
            vec![opened(Fault::FirstOfMac), opened(Fault::LastOfPadding)]
        }),
        Subject::leaking("naive_table", || {
            let read = |at| {
                Input::new(format!("index {at}"), move || {
                    black_box(stopping(|| naive_table(black_box(at))));
                })
            };
            vec![read(9), read(200)]
        }),
    ]
}

type Suite = (CbcCipher, usize, HashAlgorithm);

/// One suite of each MAC: its cipher, the length of its key, and the MAC.
const OPENED: [Suite; 3] = [
    (CbcCipher::Aes128, 16, HashAlgorithm::Sha1),
    (CbcCipher::Aes128, 16, HashAlgorithm::Sha256),
    (CbcCipher::Aes256, 32, HashAlgorithm::Sha384),
];

fn some_keys(cipher: usize, mac: usize, which: u8) -> Keys {
    let key = |len, first: u8| (first..).step_by(7).take(len).map(|byte| byte ^ which).collect();
    Keys { cipher: key(cipher, 3), mac: key(mac, 1) }
}

/// Returns a record to open, or `None` if it cannot have this fault.
fn record(
    keys: &Keys,
    body: usize,
    padding: usize,
    fault: Fault,
    opener: impl Fn(CbcKeys<'_>) -> Box<dyn CbcOpener> + 'static,
) -> Option<Input> {
    let text_len = body.checked_sub(keys.mac.len() + padding + 1)?;
    let body = records::body(keys, 0, text_len, padding, fault)?;
    let keys = keys.clone();
    Some(Input::new(format!("{fault:?}, {padding} bytes of padding"), move || {
        let mut opener = opener(CbcKeys::new(&keys.cipher, &keys.mac));
        let mut body = body.clone();
        black_box(stopping(|| opener.open(records::header(0), &records::IV, &mut body)));
    }))
}

/// Returns records of one length: each fault with some paddings; right records, at one length with every padding; and other keys.
fn opened((cipher, cipher_len, mac): Suite, body: usize) -> Vec<Input> {
    let opener =
        move |keys: CbcKeys<'_>| ring::provider().cbc_opener(cipher, mac, MacOrder::MacThenEncrypt, keys).unwrap();
    let mut inputs = Vec::new();
    for which in [0, 0x5a] {
        let keys = some_keys(cipher_len, mac.output_len(), which);
        for padding in 0..=255 {
            for fault in Fault::ALL {
                let is_tried = match fault {
                    Fault::None => which == 0 && body == 336 || padding % 64 == 0,
                    _ => which == 0 && [0, 1, 15, 64, 255].contains(&padding),
                };
                if is_tried {
                    inputs.extend(record(&keys, body, padding, fault, opener));
                }
            }
        }
    }
    inputs
}

/// Records of one length, with other keys and other texts.
fn sealed((cipher, cipher_len, mac): Suite, records: usize) -> Vec<Input> {
    let sealed = |which| {
        let keys = some_keys(cipher_len, mac.output_len(), which);
        Input::new(format!("keys {which}"), move || {
            let keys = CbcKeys::new(&keys.cipher, &keys.mac);
            let mut sealer = ring::provider().cbc_sealer(cipher, mac, MacOrder::MacThenEncrypt, keys).unwrap();
            // With one byte of padding.
            let text_len = BODY_LEN - mac.output_len() - 1;
            let mut bodies = vec![[which; BODY_LEN]; records];
            let record = |body| CbcRecord::new(records::header(0), records::IV, body, text_len);
            let mut records: Vec<_> = bodies.iter_mut().map(|body| record(body.as_mut_slice())).collect();
            stopping(|| sealer.seal(&mut records)).unwrap();
        })
    };
    vec![sealed(0), sealed(0x5a), sealed(0xff)]
}

/// The length of the encrypted part of the records that are sealed.
const BODY_LEN: usize = 640;

/// A record that opens, with other keys and another text of the same length. What a wrong MAC leads to is public.
fn encrypted_then_authenticated((cipher, cipher_len, mac): Suite) -> Vec<Input> {
    let order = MacOrder::EncryptThenMac;
    let both = |which| {
        let keys = some_keys(cipher_len, mac.output_len(), which);
        Input::new(format!("keys {which}"), move || {
            let keys = || CbcKeys::new(&keys.cipher, &keys.mac);
            let mut sealer = ring::provider().cbc_sealer(cipher, mac, order, keys()).unwrap();
            let mut opener = ring::provider().cbc_opener(cipher, mac, order, keys()).unwrap();
            let mut body = vec![which; BODY_LEN + mac.output_len()];
            let text_len = BODY_LEN - 1;
            let opened = stopping(|| {
                sealer.seal(&mut [CbcRecord::new(records::header(0), records::IV, &mut body, text_len)]).unwrap();
                opener.open(records::header(0), &records::IV, &mut body)
            });
            assert_eq!(opened, Some(text_len));
        })
    };
    vec![both(0), both(0x5a), both(0xff)]
}

/// A record that opens, with other keys and another text of the same length.
fn protected(algorithm: AeadAlgorithm) -> Vec<Input> {
    let protected = |which: u8| {
        Input::new(format!("key {which}"), move || {
            let algorithm = algorithm;
            let key = vec![which; algorithm.key_len()];
            let mut text_and_tag = vec![!which; 700];
            let opened = stopping(|| {
                let key = ring::provider().aead_key(algorithm, &key).unwrap();
                let (text, tag) = text_and_tag.split_at_mut(700 - 16);
                key.seal(&[9; 12], &[8; 13], text, tag).unwrap();
                key.open(&[9; 12], &[8; 13], &mut text_and_tag)
            });
            assert!(opened);
        })
    };
    vec![protected(0), protected(0x5a), protected(0xff)]
}

fn expanded(algorithm: HashAlgorithm) -> Vec<Input> {
    let expanded = |which: u8| {
        Input::new(format!("secret {which}"), move || {
            let algorithm = algorithm;
            let secret = vec![which; 48];
            let mut out = [0; 104];
            stopping(|| {
                let key = ring::provider().hmac_key(algorithm, &secret).unwrap();
                key.prf(b"key expansion", &[7; 64], &mut out).unwrap();
            });
            black_box(out);
        })
    };
    vec![expanded(0), expanded(0x5a), expanded(0xff)]
}

/// The result of the next RSA decryption.
static RESULT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// A server with static RSA, from the client's key exchange until it has the keys, with every kind of result of the decryption.
fn key_exchange(suite: &str) -> Vec<Input> {
    let suite = CipherSuite::from_name(suite).unwrap();
    let received = move |kind: usize| {
        Input::new(format!("kind {kind}"), move || {
            let result = |_: &[u8]| std::mem::take(&mut *RESULT.lock().unwrap());
            let (client, server) = handshakes::rsa_configs(suite, Agreement::Prefer, result);
            let (mut client, mut server) = pair::start(&client, &server);
            server.receive(&mut client.output);
            client.receive(&mut server.output);
            // The provider of the client does not encrypt. Its key exchange is followed by ChangeCipherSpec, of 6 bytes, and Finished.
            let finished = client.output.split_off(pair::last_record(&client.output));
            let (_, premaster) = client.output[..client.output.len() - 6].split_last_chunk::<48>().unwrap();
            let [.., result] = &handshakes::raw_results(premaster)[..=kind] else { unreachable!() };
            RESULT.lock().unwrap().clone_from(result);
            stopping(|| server.receive(&mut client.output));
            server.receive(&mut finished.clone());
            assert_eq!(server.is_connected, kind == 0, "{:?}", server.error);
        })
    };
    (0..13).map(received).collect()
}

/// The record with the client's Finished, which is wrong in one byte, with other keys each time.
fn finished() -> Vec<Input> {
    let suite = CipherSuite::from_name("TLS_PSK_WITH_AES_128_GCM_SHA256").unwrap();
    let wrong = |byte| {
        Input::new(format!("byte {byte}"), move || {
            let (client, server) = handshakes::with_wrong_finished(suite, byte);
            let (mut client, mut server) = pair::start(&client, &server);
            server.receive(&mut client.output);
            client.receive(&mut server.output);
            let mut last = client.output.split_off(pair::last_record(&client.output));
            server.receive(&mut client.output);
            stopping(|| server.receive(&mut last));
            assert_eq!(server.error, Some(tls12::Error::FinishedMismatch));
        })
    };
    [0, 0, 1, 6, 11].map(wrong).into()
}

/// Tickets of two sessions, with other keys; or with a tag that is wrong in one byte.
fn tickets(are_forged: bool) -> Vec<Input> {
    let opened = |(which, wrong): (u8, usize)| {
        let mut ticket = ticket(which);
        if are_forged {
            let last = ticket.len() - 1;
            ticket[last - wrong] ^= 1;
        }
        Input::new(format!("key {which}, byte {wrong}"), move || {
            let key = TicketKey::new(&*ring::provider(), &ticket_key(which)).unwrap();
            let ticket = ticket.clone();
            let session = stopping(|| key.open(&ticket));
            assert_eq!(session.is_none(), are_forged);
        })
    };
    [(1, 0), (2, 0), (2, 15), (1, 7)].map(opened).into()
}

fn ticket_key(which: u8) -> [u8; 48] {
    let mut key = [which; 48];
    // Each ticket contains the name of its key.
    key[..16].fill(7);
    key
}

/// Returns the ticket of a new session.
fn ticket(which: u8) -> Vec<u8> {
    let policy = Policy::legacy().suites(CipherSuite::from_name("TLS_PSK_WITH_AES_128_GCM_SHA256"));
    let key = || PresharedKey::new(b"me", Secret::new(vec![7; 32])).unwrap();
    let tickets = Arc::new(Sealed(which, Mutex::default()));
    let client = ClientConfig::builder_with_psk_only(ring::provider()).preshared_key(key()).policy(policy.clone());
    let server = ServerConfig::builder_with_psk_only(ring::provider()).preshared_keys([key()]).policy(policy);
    let server = server.tickets(Arc::clone(&tickets) as _).no_session_store();
    pair::connect(&client.build().unwrap(), &server.build().unwrap());
    std::mem::take(&mut *tickets.1.lock().unwrap())
}

/// Seals tickets with this key, and keeps the last.
#[derive(Debug)]
struct Sealed(u8, Mutex<Vec<u8>>);

impl Tickets for Sealed {
    fn seal(&self, session: &ServerSession, _: UnixTime) -> Option<SealedTicket> {
        let provider = ring::provider();
        let key = TicketKey::new(&*provider, &ticket_key(self.0)).ok()?;
        let ticket = key.seal(provider.random(), session).ok()?;
        *self.1.lock().unwrap() = ticket.clone();
        Some(SealedTicket::new(ticket, 3600))
    }

    fn open(&self, _: &[u8], _: UnixTime) -> Option<OpenedTicket> {
        None
    }
}

/// With another private key each time, and the same peer.
fn agreed(group: &'static str) -> Vec<Input> {
    let share = move || {
        let provider = ring::provider();
        let groups = provider.groups();
        let group = groups.iter().find(|other| other.name().to_string() == group).unwrap();
        provider.key_share(*group).unwrap()
    };
    let peer: Arc<[u8]> = share().public_key().into();
    let agreed = |name: &str| {
        let peer = Arc::clone(&peer);
        Input::new(name, move || {
            let (share, peer) = (share(), peer.to_vec());
            black_box(stopping(|| share.agree(&peer)).unwrap());
        })
    };
    vec![agreed("a private key"), agreed("another")]
}

/// Two keys, two ciphertexts, and other blinding factors. With 2048 bits, it is the first operation with each key, which draws them.
fn decrypted(bits: usize) -> Vec<Input> {
    let decrypted = |ciphertext: u8| {
        let der = private_key::generate_of(bits);
        Input::new(format!("key and ciphertext {ciphertext}"), move || {
            let key = load(&der);
            let (random, ciphertext) = (Below(ciphertext), vec![ciphertext; bits / 8]);
            let decrypt = || key.decrypt().unwrap().decrypt_raw(&ciphertext, &random).unwrap();
            if bits > 2048 {
                decrypt();
            }
            black_box(stopping(decrypt));
        })
    };
    vec![decrypted(1), decrypted(0x5a)]
}

/// Two keys. The numbers that blind are drawn by an operation before, since a number that is drawn too large is drawn again.
fn signed() -> Vec<Input> {
    let signed = |which| {
        let der = private_key::generate();
        Input::new(format!("key {which}"), move || {
            let key = load(&der);
            let sign = || key.sign(SignatureScheme::RSA_PKCS1_SHA256, b"message").unwrap();
            sign();
            black_box(stopping(sign));
        })
    };
    vec![signed(0), signed(1)]
}

fn load(der: &[u8]) -> Arc<dyn PrivateKey> {
    ring::provider().load_private_key(PrivateKeyDer::Pkcs8(der.to_vec().into())).unwrap()
}

/// Numbers below every modulus, so that none is rejected: the number of rejections differs, but is not secret.
struct Below(u8);

impl SecureRandom for Below {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        for (byte, i) in out.iter_mut().zip(0_u8..=255) {
            *byte = (i.wrapping_mul(29) ^ self.0) & 0x7f;
        }
        Ok(())
    }
}
