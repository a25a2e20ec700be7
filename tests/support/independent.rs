//! The key schedule and the record layer of TLS 1.2 once more, plainly and on other primitives, to check ours by: HMAC and
//! the AEADs are RustCrypto's and key agreement is too, or dalek's, where our provider has ring's, and CBC is taken apart
//! block by block. Nothing of `tls12` is in it but the table of suites.

use aes::cipher::{Array, BlockCipherDecrypt, KeyInit};
use aes_gcm::aead::{Aead, Payload};
use hmac::{Hmac, Mac};
use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p256::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, PublicKey, SecretKey, ecdh};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use tls12::crypto::{AeadAlgorithm, CbcCipher, CipherSuite, HashAlgorithm, Protection};

/// PRF (RFC 5246 §5): P_hash of the suite's hash.
pub fn prf(suite: &CipherSuite, secret: &[u8], label: &str, seed: &[&[u8]], len: usize) -> Vec<u8> {
    let seed = [label.as_bytes(), &seed.concat()].concat();
    let mut a = seed.clone();
    let mut out = Vec::new();
    while out.len() < len {
        a = hmac(suite.hash, secret, &[&a]);
        out.extend(hmac(suite.hash, secret, &[&a, &seed]));
    }
    out.truncate(len);
    out
}

fn hmac(hash: HashAlgorithm, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().to_vec()
    }
    match hash {
        HashAlgorithm::Sha1 => mac::<Hmac<Sha1>>(key, parts),
        HashAlgorithm::Sha256 => mac::<Hmac<Sha256>>(key, parts),
        HashAlgorithm::Sha384 => mac::<Hmac<Sha384>>(key, parts),
        HashAlgorithm::Sha512 => mac::<Hmac<Sha512>>(key, parts),
        _ => panic!("{hash:?} is new"),
    }
}

/// The hash of the suite.
pub fn hash(suite: &CipherSuite, data: &[u8]) -> Vec<u8> {
    match suite.hash {
        HashAlgorithm::Sha384 => Sha384::digest(data).to_vec(),
        _ => Sha256::digest(data).to_vec(),
    }
}

/// What comes of a private key, and of it with a peer's public key.
pub struct Agreement {
    pub public_key: Vec<u8>,
    pub shared_secret: Vec<u8>,
}

/// ECDH in the group of this number (RFC 8422 §5.10, §5.11); none if one of the keys is no key of it.
pub fn agree(group: u16, private_key: &[u8], peer: &[u8]) -> Option<Agreement> {
    match group {
        23 => agree_on::<p256::NistP256>(private_key, peer),
        24 => agree_on::<p384::NistP384>(private_key, peer),
        29 => {
            let [private_key, peer] = [private_key, peer].map(|key| <[u8; 32]>::try_from(key).ok());
            let private_key = x25519_dalek::StaticSecret::from(private_key?);
            Some(Agreement {
                public_key: x25519_dalek::PublicKey::from(&private_key).to_bytes().to_vec(),
                shared_secret: private_key.diffie_hellman(&peer?.into()).to_bytes().to_vec(),
            })
        }
        other => panic!("not known here: group {other}"),
    }
}

fn agree_on<C: CurveArithmetic>(private_key: &[u8], peer: &[u8]) -> Option<Agreement>
where
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let private_key = SecretKey::<C>::from_slice(private_key).ok()?;
    let peer = PublicKey::<C>::from_sec1_bytes(peer).ok()?;
    let shared = ecdh::diffie_hellman(private_key.to_nonzero_scalar(), peer.as_affine());
    Some(Agreement {
        public_key: private_key.public_key().to_sec1_point(false).as_bytes().to_vec(),
        shared_secret: shared.raw_secret_bytes().to_vec(),
    })
}

/// What a connection is protected with.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
    pub suite: &'static CipherSuite,
    pub encrypt_then_mac: bool,
}

/// The keys of one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    pub mac: Vec<u8>,
    pub cipher: Vec<u8>,
    /// The fixed part of an AEAD's nonce.
    pub iv: Vec<u8>,
}

/// The key block (RFC 5246 §6.3): the keys of client and server.
pub fn key_block(suite: &CipherSuite, master: &[u8], client_random: &[u8], server_random: &[u8]) -> (Keys, Keys) {
    let (mac, cipher, iv) = match suite.protection {
        Protection::Aead(AeadAlgorithm::Aes128Gcm) => (0, 16, 4),
        Protection::Aead(AeadAlgorithm::Aes256Gcm) => (0, 32, 4),
        Protection::Cbc(CbcCipher::Aes128, HashAlgorithm::Sha1) => (20, 16, 0),
        Protection::Cbc(CbcCipher::Aes256, HashAlgorithm::Sha1) => (20, 32, 0),
        Protection::Cbc(CbcCipher::Aes128, HashAlgorithm::Sha256) => (32, 16, 0),
        Protection::Cbc(CbcCipher::Aes256, HashAlgorithm::Sha256) => (32, 32, 0),
        Protection::Cbc(CbcCipher::Aes256, HashAlgorithm::Sha384) => (48, 32, 0),
        // RFC 7905 §2.
        Protection::Aead(AeadAlgorithm::ChaCha20Poly1305) => (0, 32, 12),
        _ => panic!("not known here: {}", suite.name),
    };
    let mut block = prf(suite, master, "key expansion", &[server_random, client_random], 2 * (mac + cipher + iv));
    let mut cut = |len| block.drain(..len).collect::<Vec<u8>>();
    let [client_mac, server_mac, client_cipher, server_cipher, client_iv, server_iv] =
        [mac, mac, cipher, cipher, iv, iv].map(&mut cut);
    (
        Keys { mac: client_mac, cipher: client_cipher, iv: client_iv },
        Keys { mac: server_mac, cipher: server_cipher, iv: server_iv },
    )
}

/// Takes the protection off the fragment of a record; none if it is not right.
pub fn open(parameters: Parameters, keys: &Keys, sequence: u64, content_type: u8, fragment: &[u8]) -> Option<Vec<u8>> {
    // seq_num, type, version (RFC 5246 §6.2.3.1).
    let header = [&sequence.to_be_bytes()[..], &[content_type, 3, 3]].concat();
    match parameters.suite.protection {
        Protection::Aead(AeadAlgorithm::ChaCha20Poly1305) => {
            // RFC 7905 §2: the sequence number, as long as the IV, XORed with it.
            let sequence = [&[0; 4][..], &sequence.to_be_bytes()].concat();
            let nonce: Vec<u8> = std::iter::zip(&keys.iv, sequence).map(|(a, b)| a ^ b).collect();
            let len = u16::try_from(fragment.len().checked_sub(16)?).ok()?;
            open_chacha(&keys.cipher, &nonce, &[&header[..], &len.to_be_bytes()].concat(), fragment)
        }
        Protection::Aead(_) => {
            // RFC 5288 §3.
            let (explicit, sealed) = fragment.split_at_checked(8)?;
            let nonce = [&keys.iv, explicit].concat();
            let len = u16::try_from(sealed.len().checked_sub(16)?).ok()?;
            open_gcm(&keys.cipher, &nonce, &[&header[..], &len.to_be_bytes()].concat(), sealed)
        }
        Protection::Cbc(_, mac) if parameters.encrypt_then_mac => {
            // RFC 7366 §3.
            let (covered, tag) = fragment.split_at_checked(fragment.len().checked_sub(mac.output_len())?)?;
            let len = u16::try_from(covered.len()).ok()?;
            if hmac(mac, &keys.mac, &[&header, &len.to_be_bytes(), covered]) != tag {
                return None;
            }
            unpad(open_cbc(&keys.cipher, covered)?)
        }
        Protection::Cbc(_, mac) => {
            // RFC 5246 §6.2.3.2.
            let text_and_tag = unpad(open_cbc(&keys.cipher, fragment)?)?;
            let (text, tag) = text_and_tag.split_at_checked(text_and_tag.len().checked_sub(mac.output_len())?)?;
            let len = u16::try_from(text.len()).ok()?;
            (hmac(mac, &keys.mac, &[&header, &len.to_be_bytes(), text]) == tag).then(|| text.to_vec())
        }
        _ => panic!("not known here: {}", parameters.suite.name),
    }
}

fn open_gcm(key: &[u8], nonce: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let nonce: [u8; 12] = nonce.try_into().ok()?;
    let payload = Payload { msg: sealed, aad };
    match key.len() {
        16 => aes_gcm::Aes128Gcm::new_from_slice(key).ok()?.decrypt(&nonce.into(), payload).ok(),
        _ => aes_gcm::Aes256Gcm::new_from_slice(key).ok()?.decrypt(&nonce.into(), payload).ok(),
    }
}

fn open_chacha(key: &[u8], nonce: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let nonce: [u8; 12] = nonce.try_into().ok()?;
    let cipher = chacha20poly1305::ChaCha20Poly1305::new_from_slice(key).ok()?;
    cipher.decrypt(&nonce.into(), Payload { msg: sealed, aad }).ok()
}

/// CBC (NIST SP 800-38A §6.2), the IV first.
fn open_cbc(key: &[u8], iv_and_blocks: &[u8]) -> Option<Vec<u8>> {
    let (blocks, []) = iv_and_blocks.as_chunks::<16>() else { return None };
    let decrypt = |block: &[u8; 16]| -> [u8; 16] {
        let mut block = Array::from(*block);
        match key.len() {
            16 => aes::Aes128::new_from_slice(key).unwrap().decrypt_block(&mut block),
            _ => aes::Aes256::new_from_slice(key).unwrap().decrypt_block(&mut block),
        }
        block.into()
    };
    let text = blocks.windows(2).flat_map(|pair| {
        let [before, block] = [pair[0], decrypt(&pair[1])];
        std::iter::zip(before, block).map(|(a, b)| a ^ b)
    });
    Some(text.collect())
}

/// Takes the padding off: as many bytes as the last one says, each like it, and that one (RFC 5246 §6.2.3.2).
fn unpad(mut text: Vec<u8>) -> Option<Vec<u8>> {
    let len = usize::from(*text.last()?) + 1;
    let rest = text.len().checked_sub(len)?;
    let padding = text.split_off(rest);
    padding.iter().all(|byte| usize::from(*byte) + 1 == len).then_some(text)
}
