//! ring's provider, but for what makes the secrets known to the tests, and the outcomes of opening records known to all.
//!
//! Whether a record opens is seen by everybody, by the alert: so is its text once it is authenticated, as far as the layers
//! above are concerned. Here both are declared public where they come out of the provider, so that all that is reported lies
//! before.

use std::sync::{Arc, Mutex};

use rustls_pki_types::{CertificateDer, InvalidSignature, PrivateKeyDer, SignatureVerificationAlgorithm, alg_id};
use tls12::crypto::{
    AeadAlgorithm, AeadKey, CbcCipher, CbcKeys, CbcOpener, CbcRecord, CbcSealer, CipherSuite, Digest, HashAlgorithm,
    Hasher, HmacKey, KeyExchangeGroup, MacOrder, PrivateKey, Provider, PublicKey, RsaDecrypt, Secret, SecureRandom,
    SignatureAlgorithms, ring, rustcrypto,
};
use tls12::wire::{Random, SignatureScheme};
use tls12::{Credential, KeyLog, ProviderError};

use crate::controls;
use crate::faults::Faults;
use crate::valgrind::{counted, hide, reveal, reveal_value};
use crate::wiped::{note, note_key};

/// What opens CBC records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// What the provider has.
    Ours,
    /// The same, with its instructions counted.
    Counted,
    /// What leaks, and must be found.
    Naive,
}

/// The keys of one direction of CBC records.
#[derive(Clone, Debug)]
pub struct Keys {
    pub cipher: Vec<u8>,
    pub mac: Vec<u8>,
}

/// The provider.
#[derive(Debug)]
pub struct Watched {
    ring: Arc<dyn Provider>,
    rustcrypto: Arc<dyn Provider>,
    random: HidingRandom,
    opening: Opening,
    /// The keys of what this side sends.
    pub sending: Mutex<Option<Keys>>,
    /// The master secrets, which stay secret in a ticket's text too.
    masters: Arc<Masters>,
    noting: Noting,
    /// Which calls go wrong.
    pub faults: Arc<Faults>,
    /// Where the PRF is wrong, if anywhere.
    wrong: Option<Wrong>,
}

/// A byte of what the PRF gives with this label.
type Wrong = (&'static [u8], usize);

/// Whether secrets are looked for in memory that was freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noting {
    Off,
    On,
    /// IVs too, where nothing else draws as many bytes.
    Ivs,
}

/// The master secrets of all connections.
#[derive(Debug)]
pub struct Masters(Mutex<Vec<Vec<u8>>>, Noting);

impl KeyLog for Masters {
    fn log(&self, _: &str, _: &Random, secret: &[u8]) {
        match self.1 {
            Noting::On | Noting::Ivs => note("master secret", secret),
            Noting::Off => self.0.lock().unwrap().push(public_copy(secret)),
        }
    }
}

impl Watched {
    pub fn new(opening: Opening) -> Arc<Self> {
        Arc::new(Self::with(opening, Noting::Off))
    }

    /// What really encrypts, and whose secrets are looked for in memory that was freed.
    pub fn noting() -> Arc<Self> {
        Arc::new(Self::with(Opening::Ours, Noting::On))
    }

    /// The same, for connections without RSA.
    pub fn noting_ivs() -> Arc<Self> {
        Arc::new(Self::with(Opening::Ours, Noting::Ivs))
    }

    /// One whose PRF is wrong by a bit of one byte with this label. With that of its own Finished, the peer decrypts a Finished that
    /// does not match.
    pub fn with_wrong(label: &'static [u8], byte: usize) -> Arc<Self> {
        Arc::new(Self { wrong: Some((label, byte)), ..Self::with(Opening::Ours, Noting::Off) })
    }

    fn with(opening: Opening, noting: Noting) -> Self {
        let faults = Arc::new(Faults::none());
        Self {
            ring: ring::provider(),
            rustcrypto: rustcrypto::provider(),
            random: HidingRandom(ring::provider(), noting, Arc::clone(&faults)),
            opening,
            sending: Mutex::default(),
            masters: Arc::new(Masters(Mutex::default(), noting)),
            noting,
            faults,
            wrong: None,
        }
    }

    pub fn masters(&self) -> Arc<Masters> {
        Arc::clone(&self.masters)
    }
}

/// Looks for the two states of HMAC-SHA-1 that are as good as its key: after the padded key (RFC 2104 §4).
fn note_mac_states(key: &[u8]) {
    for padding in [0x36, 0x5c] {
        let mut block = [padding; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        // FIPS 180-4 §5.3.1.
        let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0_u32];
        sha1::block_api::compress(&mut state, &[block]);
        note_key("MAC state", state.map(u32::to_ne_bytes).as_flattened());
    }
}

/// A copy of a secret for the tests.
fn public_copy(secret: &[u8]) -> Vec<u8> {
    let mut copy = secret.to_vec();
    reveal(&mut copy);
    copy
}

impl Provider for Watched {
    fn random(&self) -> &dyn SecureRandom {
        &self.random
    }

    fn supports(&self, suite: &CipherSuite) -> bool {
        self.ring.supports(suite)
    }

    fn groups(&self) -> &[&dyn KeyExchangeGroup] {
        self.ring.groups()
    }

    fn signature_algorithms(&self) -> SignatureAlgorithms {
        SignatureAlgorithms::from_static(&[&NoSignature], &[(SignatureScheme::RSA_PKCS1_SHA256, &[&NoSignature])], &[])
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Digest, ProviderError> {
        self.faults.call()?;
        self.ring.hash(algorithm, data)
    }

    fn hasher(&self, algorithm: HashAlgorithm) -> Result<Box<dyn Hasher>, ProviderError> {
        self.faults.call()?;
        self.ring.hasher(algorithm)
    }

    fn hmac_key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError> {
        self.faults.call()?;
        // Under Valgrind there are no instructions for SHA-256, so ring would compute this HMAC. This one is the code that is used on
        // processors with such instructions.
        let provider = if algorithm == HashAlgorithm::Sha256 { &self.rustcrypto } else { &self.ring };
        let key = provider.hmac_key(algorithm, key)?;
        Ok(Box::new(WatchedHmac { key, faults: Arc::clone(&self.faults), wrong: self.wrong }))
    }

    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
        if self.noting != Noting::Off {
            note_key("AEAD key", key);
        }
        self.faults.call()?;
        let (masters, faults) = (self.masters(), Arc::clone(&self.faults));
        Ok(Box::new(WatchedAead { key: self.ring.aead_key(algorithm, key)?, masters, faults }))
    }

    fn cbc_sealer(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcSealer>, ProviderError> {
        self.faults.call()?;
        match self.noting {
            Noting::Off => {
                let keys = Keys { cipher: public_copy(keys.cipher), mac: public_copy(keys.mac) };
                *self.sending.lock().unwrap() = Some(keys);
            }
            Noting::On | Noting::Ivs => {
                note_key("MAC key", keys.mac);
                note_key("CBC key", keys.cipher);
                if mac == HashAlgorithm::Sha1 {
                    note_mac_states(keys.mac);
                }
            }
        }
        let sealer = self.ring.cbc_sealer(cipher, mac, order, keys)?;
        Ok(Box::new(WatchedSealer { sealer, faults: Arc::clone(&self.faults) }))
    }

    fn cbc_opener(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcOpener>, ProviderError> {
        self.faults.call()?;
        let opener = match self.opening {
            Opening::Naive => Box::new(controls::NaiveOpener::new(keys)),
            Opening::Ours | Opening::Counted => self.ring.cbc_opener(cipher, mac, order, keys)?,
        };
        Ok(Box::new(WatchedOpener { opener, opening: self.opening, mac, faults: Arc::clone(&self.faults) }))
    }

    /// Does not encrypt, unless secrets are looked for: the tests choose what "decrypts" to what.
    fn rsa_encrypt(
        &self,
        key: &PublicKey,
        premaster: &Secret,
        random: &dyn SecureRandom,
    ) -> Result<Vec<u8>, ProviderError> {
        match self.noting {
            Noting::On | Noting::Ivs => {
                self.faults.call()?;
                self.ring.rsa_encrypt(key, premaster, random)
            }
            Noting::Off => Ok(public_copy(premaster.expose())),
        }
    }

    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn PrivateKey>, ProviderError> {
        self.ring.load_private_key(key)
    }
}

/// The system's randomness. What is as long as a premaster secret is one, and secret.
#[derive(Debug)]
struct HidingRandom(Arc<dyn Provider>, Noting, Arc<Faults>);

impl SecureRandom for HidingRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        self.2.call()?;
        self.0.random().fill(out)?;
        let is_premaster = out.len() == tls12::crypto::RSA_PREMASTER_LEN;
        match self.1 {
            Noting::On | Noting::Ivs if is_premaster => note("premaster secret or ticket key", out),
            // IVs of CBC: only so many are drawn at a time, and the last are not used by the tests.
            Noting::Ivs if out.len() == 256 => note("IV that was not used", &out[232..]),
            Noting::Off if is_premaster => hide(out),
            Noting::On | Noting::Ivs | Noting::Off => {}
        }
        Ok(())
    }
}

struct WatchedHmac {
    key: Box<dyn HmacKey>,
    faults: Arc<Faults>,
    wrong: Option<Wrong>,
}

impl HmacKey for WatchedHmac {
    fn sign(&self, parts: &[&[u8]]) -> Result<Digest, ProviderError> {
        self.faults.call()?;
        self.key.sign(parts)
    }

    fn prf(&self, label: &[u8], seed: &[u8], out: &mut [u8]) -> Result<(), ProviderError> {
        self.faults.call()?;
        self.key.prf(label, seed, out)?;
        if let Some((wrong, byte)) = self.wrong
            && wrong == label
        {
            out[byte] ^= 1;
        }
        Ok(())
    }
}

struct WatchedAead {
    key: Box<dyn AeadKey>,
    masters: Arc<Masters>,
    faults: Arc<Faults>,
}

impl AeadKey for WatchedAead {
    fn seal(&self, nonce: &[u8], aad: &[u8], text: &mut [u8], tag: &mut [u8]) -> Result<(), ProviderError> {
        self.faults.seal()?;
        self.key.seal(nonce, aad, text, tag)
    }

    fn open(&self, nonce: &[u8], aad: &[u8], text_and_tag: &mut [u8]) -> bool {
        if self.faults.call().is_err() {
            return false;
        }
        let mut opened = self.key.open(nonce, aad, text_and_tag);
        reveal_value(&mut opened);
        reveal(text_and_tag);
        for master in &*self.masters.0.lock().unwrap() {
            let found = text_and_tag.windows(master.len()).position(|window| window == master);
            if let Some(at) = found {
                hide(&mut text_and_tag[at..at + master.len()]);
            }
        }
        opened
    }
}

struct WatchedSealer {
    sealer: Box<dyn CbcSealer>,
    faults: Arc<Faults>,
}

impl CbcSealer for WatchedSealer {
    fn seal(&mut self, records: &mut [CbcRecord<'_>]) -> Result<(), ProviderError> {
        self.faults.call()?;
        self.sealer.seal(records)
    }
}

/// Where records are opened that are counted.
static BODY: Mutex<Aligned> = Mutex::new(Aligned([0; 1024]));

#[repr(align(64))]
struct Aligned([u8; 1024]);

struct WatchedOpener {
    opener: Box<dyn CbcOpener>,
    opening: Opening,
    mac: HashAlgorithm,
    faults: Arc<Faults>,
}

impl CbcOpener for WatchedOpener {
    fn open(&mut self, header: [u8; 11], iv: &[u8; 16], body: &mut [u8]) -> Option<usize> {
        self.faults.call().ok()?;
        let name = format!("open {:?} {}", self.mac, body.len());
        let mut opened = match self.opening {
            Opening::Counted => {
                // Always at the same place: how many instructions a copy takes depends on where it is from.
                let mut place = BODY.lock().unwrap();
                let fixed = &mut place.0[..body.len()];
                fixed.copy_from_slice(body);
                let opened = counted(&name, || self.opener.open(header, iv, fixed));
                body.copy_from_slice(fixed);
                opened
            }
            Opening::Ours | Opening::Naive => self.opener.open(header, iv, body),
        };
        reveal_value(&mut opened);
        reveal(body);
        opened
    }
}

/// A server's certificate, as much of one as the handshake looks at, with a key that gives `raw` for the premaster secret
/// that comes to it "encrypted".
pub fn credential(raw: fn(&[u8]) -> Vec<u8>) -> Credential {
    // A modulus of 2048 bits, with which nobody computes.
    let modulus = [&[0][..], &[0xa5; 256]].concat();
    let numbers = [tlv(INTEGER, &modulus), tlv(INTEGER, &[1, 0, 1])].concat();
    let certificate = certificate(&tlv(SEQUENCE, &numbers));
    let public = PublicKey::of_certificate(&certificate).unwrap();
    Credential::new(vec![certificate], Arc::new(Key { public, raw })).unwrap()
}

/// An RSA key in name.
#[derive(Debug)]
struct Key {
    public: PublicKey,
    raw: fn(&[u8]) -> Vec<u8>,
}

impl PrivateKey for Key {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &[SignatureScheme::RSA_PKCS1_SHA256]
    }

    fn sign(&self, _: SignatureScheme, _: &[u8]) -> Result<Vec<u8>, ProviderError> {
        Err(ProviderError::Unsupported("signing"))
    }

    fn decrypt(&self) -> Option<&dyn RsaDecrypt> {
        Some(self)
    }
}

impl RsaDecrypt for Key {
    fn decrypt_raw(&self, ciphertext: &[u8], _: &dyn SecureRandom) -> Result<Secret, ProviderError> {
        let mut raw = (self.raw)(ciphertext);
        hide(&mut raw);
        Ok(Secret::new(raw))
    }
}

/// Is asked for nothing: the suites are those without signatures.
#[derive(Debug)]
struct NoSignature;

impl SignatureVerificationAlgorithm for NoSignature {
    fn verify_signature(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Err(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> rustls_pki_types::AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> rustls_pki_types::AlgorithmIdentifier {
        alg_id::RSA_PKCS1_SHA256
    }
}

const INTEGER: u8 = 2;
const BIT_STRING: u8 = 3;
const SEQUENCE: u8 = 0x30;

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len()).unwrap().to_be_bytes();
    match content.len() {
        0..0x80 => [&[tag, len[1]], content].concat(),
        0x80..0x100 => [&[tag, 0x81, len[1]], content].concat(),
        _ => [&[tag, 0x82, len[0], len[1]], content].concat(),
    }
}

/// With this RSAPublicKey (RFC 8017 A.1.1). What stands before the key is there, and empty (RFC 5280 §4.1).
pub fn certificate(public: &[u8]) -> CertificateDer<'static> {
    let bits = [&[0][..], public].concat();
    let key = [tlv(SEQUENCE, alg_id::RSA_ENCRYPTION.as_ref()), tlv(BIT_STRING, &bits)].concat();
    let empty = tlv(SEQUENCE, &[]);
    let fields = [&empty, &empty, &empty, &empty, &empty, &tlv(SEQUENCE, &key)].map(Vec::as_slice).concat();
    tlv(SEQUENCE, &tlv(SEQUENCE, &fields)).into()
}
