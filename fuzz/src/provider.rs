//! A provider without randomness, whose key exchange and signatures hold nobody up. What protects records and derives
//! keys is either ring's or nothing ([`null`](crate::null)).

use std::sync::Arc;

use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, PrivateKeyDer, SignatureVerificationAlgorithm, alg_id,
};
use tls12::crypto::{
    AeadAlgorithm, AeadKey, CbcCipher, CbcKeys, CbcOpener, CbcSealer, CipherSuite, Digest, HashAlgorithm, Hasher,
    HmacKey, KeyExchangeGroup, KeyShare, MacOrder, PrivateKey, Provider, PublicKey, RsaDecrypt, Secret, SecureRandom,
    SignatureAlgorithms, ring,
};
use tls12::wire::{NamedGroup, SignatureScheme};
use tls12::{Credential, ProviderError};

use crate::null::{self, Null, NullCbc, NullHasher};

/// Where hashes, key derivation and record protection come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Nowhere: the keys are constants, and records are as good as plain.
    Null,
    /// From ring.
    Ring,
}

/// The provider.
pub fn provider(protection: Protection) -> Arc<dyn Provider> {
    Arc::new(Fuzz {
        inner: match protection {
            Protection::Null => None,
            Protection::Ring => Some(ring::provider()),
        },
    })
}

/// A server's certificate, as much of one as the handshake looks at, with its key.
pub fn credential() -> Credential {
    Credential::new(vec![certificate()], Arc::new(Key(public_key()))).unwrap()
}

#[derive(Debug)]
struct Fuzz {
    inner: Option<Arc<dyn Provider>>,
}

impl Provider for Fuzz {
    fn random(&self) -> &dyn SecureRandom {
        &NoRandom
    }

    fn supports(&self, _suite: &CipherSuite) -> bool {
        true
    }

    fn groups(&self) -> &[&dyn KeyExchangeGroup] {
        &[&Group(NamedGroup::X25519), &Group(NamedGroup::SECP256R1)]
    }

    fn signature_algorithms(&self) -> SignatureAlgorithms {
        ALGORITHMS
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Digest, ProviderError> {
        self.inner.as_ref().map_or_else(|| Ok(null::digest(algorithm)), |inner| inner.hash(algorithm, data))
    }

    fn hasher(&self, algorithm: HashAlgorithm) -> Result<Box<dyn Hasher>, ProviderError> {
        self.inner.as_ref().map_or_else(|| Ok(Box::new(NullHasher(algorithm)) as _), |inner| inner.hasher(algorithm))
    }

    fn hmac_key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Result<Box<dyn HmacKey>, ProviderError> {
        self.inner.as_ref().map_or_else(|| Ok(Box::new(Null) as _), |inner| inner.hmac_key(algorithm, key))
    }

    fn aead_key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadKey>, ProviderError> {
        self.inner.as_ref().map_or_else(|| Ok(Box::new(Null) as _), |inner| inner.aead_key(algorithm, key))
    }

    fn cbc_sealer(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcSealer>, ProviderError> {
        let null = || Ok(Box::new(NullCbc(order)) as _);
        self.inner.as_ref().map_or_else(null, |inner| inner.cbc_sealer(cipher, mac, order, keys))
    }

    fn cbc_opener(
        &self,
        cipher: CbcCipher,
        mac: HashAlgorithm,
        order: MacOrder,
        keys: CbcKeys<'_>,
    ) -> Result<Box<dyn CbcOpener>, ProviderError> {
        let null = || Ok(Box::new(NullCbc(order)) as _);
        self.inner.as_ref().map_or_else(null, |inner| inner.cbc_opener(cipher, mac, order, keys))
    }

    fn rsa_encrypt(
        &self,
        _key: &PublicKey,
        premaster: &Secret,
        _random: &dyn SecureRandom,
    ) -> Result<Vec<u8>, ProviderError> {
        Ok(premaster.expose().to_vec())
    }

    fn load_private_key(&self, _key: PrivateKeyDer<'static>) -> Result<Arc<dyn PrivateKey>, ProviderError> {
        Err(ProviderError::Unsupported("loading a key"))
    }
}

struct NoRandom;

impl SecureRandom for NoRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        out.fill(0x5a);
        Ok(())
    }
}

/// "Diffie-Hellman" in the group of 32-byte strings under XOR.
#[derive(Debug)]
struct Group(NamedGroup);

impl KeyExchangeGroup for Group {
    fn name(&self) -> NamedGroup {
        self.0
    }

    fn start(&self, _random: &dyn SecureRandom) -> Result<Box<dyn KeyShare>, ProviderError> {
        Ok(Box::new(Share))
    }
}

struct Share;

const OUR_SHARE: [u8; 32] = [9; 32];

impl KeyShare for Share {
    fn public_key(&self) -> &[u8] {
        &OUR_SHARE
    }

    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError> {
        let peer: &[u8; 32] = peer.try_into().map_err(|_| ProviderError::InvalidPublicKey)?;
        Ok(Secret::new(peer.iter().zip(OUR_SHARE).map(|(a, b)| a ^ b).collect()))
    }
}

/// An RSA key in name.
#[derive(Debug)]
pub struct Key(PublicKey);

pub const SCHEMES: [SignatureScheme; 2] = [SignatureScheme::RSA_PSS_RSAE_SHA256, SignatureScheme::RSA_PKCS1_SHA256];

impl PrivateKey for Key {
    fn public_key(&self) -> &PublicKey {
        &self.0
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &SCHEMES
    }

    fn sign(&self, _scheme: SignatureScheme, _message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        Ok(vec![7; 4])
    }

    fn decrypt(&self) -> Option<&dyn RsaDecrypt> {
        Some(self)
    }
}

impl RsaDecrypt for Key {
    fn decrypt_raw(&self, ciphertext: &[u8], _random: &dyn SecureRandom) -> Result<Secret, ProviderError> {
        let padding = [&[0, 2][..], &[0xff; 8], &[0]].concat();
        Ok(Secret::new([&padding, ciphertext].concat()))
    }
}

/// Takes every signature but the empty one.
#[derive(Debug)]
struct Credulous {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
}

impl SignatureVerificationAlgorithm for Credulous {
    fn verify_signature(&self, _key: &[u8], _message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        if signature.is_empty() { Err(InvalidSignature) } else { Ok(()) }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

const RSA: &dyn SignatureVerificationAlgorithm =
    &Credulous { key: alg_id::RSA_ENCRYPTION, signature: alg_id::RSA_PKCS1_SHA256 };
const RSA_PSS: &dyn SignatureVerificationAlgorithm =
    &Credulous { key: alg_id::RSA_ENCRYPTION, signature: alg_id::RSA_PSS_SHA256 };
const ECDSA: &dyn SignatureVerificationAlgorithm =
    &Credulous { key: alg_id::ECDSA_P256, signature: alg_id::ECDSA_SHA256 };

/// Algorithms that verify whatever they are shown.
pub const ALGORITHMS: SignatureAlgorithms =
    SignatureAlgorithms::from_static(&[RSA, RSA_PSS, ECDSA], &[(SCHEMES[0], &[RSA_PSS]), (SCHEMES[1], &[RSA])], &[]);

fn public_key() -> PublicKey {
    PublicKey::of_certificate(&certificate()).unwrap()
}

/// Fields, and a key in the place of the key: what RFC 5280 §4.1 has before it is there, and empty. It is as long as a certificate
/// must be (64 bytes).
pub fn certificate() -> CertificateDer<'static> {
    const SEQUENCE: u8 = 0x30;
    const BIT_STRING: u8 = 3;
    let tlv = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
    let key =
        [tlv(SEQUENCE, alg_id::RSA_ENCRYPTION.as_ref()), tlv(BIT_STRING, &[&[0][..], &[0xa5; 40]].concat())].concat();
    let empty = tlv(SEQUENCE, &[]);
    let to_be_signed = [&empty, &empty, &empty, &empty, &empty, &tlv(SEQUENCE, &key)].map(|f| f.as_slice()).concat();
    tlv(SEQUENCE, &tlv(SEQUENCE, &to_be_signed)).into()
}
