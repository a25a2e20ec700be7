//! A provider whose public-key operations cost next to nothing, so that a handshake can be made very often. Key exchange is XOR,
//! RSA encryption is padding, and a signature is the hash of what is signed: enough to tell a right one from a wrong one. It counts
//! what it is asked for.

use std::cell::Cell;
use std::sync::{Arc, LazyLock};

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};
use sha2::{Digest as _, Sha256};
use tls12::crypto::{
    Digest, HashAlgorithm, Hasher, KeyExchangeGroup, KeyShare, PrivateKey, Provider, PublicKey, RsaDecrypt, Secret,
    SecureRandom, SignatureAlgorithms, ring,
};
use tls12::wire::{NamedGroup, SignatureScheme};
use tls12::{Credential, ProviderError};

use crate::support::delegate::delegate;
use crate::support::pki::PKI;

pub const GROUP: NamedGroup = NamedGroup::X25519;
pub const SCHEME: SignatureScheme = SignatureScheme::RSA_PKCS1_SHA256;

/// What was asked for: how many public-key operations of each kind, and how many bytes were hashed, for signatures too.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    pub shares: usize,
    pub agreements: usize,
    pub signatures: usize,
    pub verifications: usize,
    pub encryptions: usize,
    pub decryptions: usize,
    pub hashed: usize,
}

thread_local! {
    static WORK: Cell<Work> = const { Cell::new(Work {
        shares: 0,
        agreements: 0,
        signatures: 0,
        verifications: 0,
        encryptions: 0,
        decryptions: 0,
        hashed: 0,
    }) };
}

impl Work {
    /// What was asked for in this thread since this was last called.
    pub fn take() -> Self {
        WORK.take()
    }

    fn add(add: impl FnOnce(&mut Self)) {
        let mut work = WORK.get();
        add(&mut work);
        WORK.set(work);
    }

    /// All of both.
    pub fn and(self, other: Self) -> Self {
        Self {
            shares: self.shares + other.shares,
            agreements: self.agreements + other.agreements,
            signatures: self.signatures + other.signatures,
            verifications: self.verifications + other.verifications,
            encryptions: self.encryptions + other.encryptions,
            decryptions: self.decryptions + other.decryptions,
            hashed: self.hashed + other.hashed,
        }
    }

    /// The most of one kind of public-key operation.
    pub fn most(self) -> usize {
        let Self { shares, agreements, signatures, verifications, encryptions, decryptions, .. } = self;
        [shares, agreements, signatures, verifications, encryptions, decryptions].into_iter().max().unwrap()
    }
}

/// Hashes and record protection are ring's.
#[derive(Debug)]
pub struct Cheap(Arc<dyn Provider>);

impl Default for Cheap {
    fn default() -> Self {
        Self(ring::provider())
    }
}

impl Cheap {
    /// A certificate, and its key.
    pub fn credential() -> Credential {
        static KEY: LazyLock<Arc<dyn PrivateKey>> =
            LazyLock::new(|| Arc::new(Key(PublicKey::of_certificate(&PKI.server).unwrap())));
        Credential::new(vec![PKI.server.clone()], Arc::clone(&KEY)).unwrap()
    }
}

/// The "signature" of a message.
pub fn sign(message: &[u8]) -> Vec<u8> {
    Sha256::digest(message).to_vec()
}

/// The "shared secret" of two shares.
pub fn agree(ours: &[u8], theirs: &[u8]) -> Vec<u8> {
    std::iter::zip(ours, theirs).map(|(a, b)| a ^ b).collect()
}

/// Always the same.
#[derive(Debug)]
pub struct NoRandom;

impl SecureRandom for NoRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        out.fill(0x5a);
        Ok(())
    }
}

impl Provider for Cheap {
    fn random(&self) -> &dyn SecureRandom {
        &NoRandom
    }

    fn groups(&self) -> &[&dyn KeyExchangeGroup] {
        &[&Xor]
    }

    fn signature_algorithms(&self) -> SignatureAlgorithms {
        SignatureAlgorithms::from_static(&[&Hashed], &[(SCHEME, &[&Hashed])], &[])
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Digest, ProviderError> {
        Work::add(|work| work.hashed += data.len());
        self.0.hash(algorithm, data)
    }

    fn hasher(&self, algorithm: HashAlgorithm) -> Result<Box<dyn Hasher>, ProviderError> {
        Ok(Box::new(Counted(self.0.hasher(algorithm)?)))
    }

    fn rsa_encrypt(&self, _: &PublicKey, premaster: &Secret, _: &dyn SecureRandom) -> Result<Vec<u8>, ProviderError> {
        Work::add(|work| work.encryptions += 1);
        Ok(premaster.expose().to_vec())
    }

    delegate!(0: supports hmac_key aead_key cbc_sealer cbc_opener load_private_key);
}

/// A hash of ring's, which counts.
struct Counted(Box<dyn Hasher>);

impl Hasher for Counted {
    fn update(&mut self, data: &[u8]) {
        Work::add(|work| work.hashed += data.len());
        self.0.update(data);
    }

    fn hash(&self) -> Result<Digest, ProviderError> {
        self.0.hash()
    }
}

/// Key exchange by XOR.
#[derive(Debug)]
struct Xor;

struct Share;

/// Our share. The peer has another, or the secret would be all zero.
const SHARE: [u8; 32] = [9; 32];

impl KeyExchangeGroup for Xor {
    fn name(&self) -> NamedGroup {
        GROUP
    }

    fn start(&self, _: &dyn SecureRandom) -> Result<Box<dyn KeyShare>, ProviderError> {
        Work::add(|work| work.shares += 1);
        Ok(Box::new(Share))
    }
}

impl KeyShare for Share {
    fn public_key(&self) -> &[u8] {
        &SHARE
    }

    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError> {
        Work::add(|work| work.agreements += 1);
        Ok(Secret::new(agree(&SHARE, peer)))
    }
}

/// The key of [`PKI`]'s server in name.
#[derive(Debug)]
struct Key(PublicKey);

impl PrivateKey for Key {
    fn public_key(&self) -> &PublicKey {
        &self.0
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &[SCHEME]
    }

    fn sign(&self, _: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        Work::add(|work| work.signatures += 1);
        Work::add(|work| work.hashed += message.len());
        Ok(sign(message))
    }

    fn decrypt(&self) -> Option<&dyn RsaDecrypt> {
        Some(self)
    }
}

impl RsaDecrypt for Key {
    fn decrypt_raw(&self, ciphertext: &[u8], _: &dyn SecureRandom) -> Result<Secret, ProviderError> {
        Work::add(|work| work.decryptions += 1);
        Ok(Secret::new([&[0, 2][..], &[0xff; 8], &[0], ciphertext].concat()))
    }
}

/// Takes the hash of the message for its signature.
#[derive(Debug)]
struct Hashed;

impl SignatureVerificationAlgorithm for Hashed {
    fn verify_signature(&self, _: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        Work::add(|work| work.verifications += 1);
        Work::add(|work| work.hashed += message.len());
        if signature == sign(message) { Ok(()) } else { Err(InvalidSignature) }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_PKCS1_SHA256
    }
}
