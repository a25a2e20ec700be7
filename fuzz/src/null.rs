//! Cryptography that does nothing: no key, no mutated byte and no signature stands between the input and the protocol
//! behind it. Records keep their form, with zeros where a MAC or a tag belongs.

use tls12::ProviderError;
use tls12::crypto::{AeadKey, CbcOpener, CbcRecord, CbcSealer, Digest, HashAlgorithm, Hasher, HmacKey, MacOrder};

/// The length of HMAC-SHA-1.
const MAC_LEN: usize = 20;

pub struct Null;

impl HmacKey for Null {
    fn sign(&self, _parts: &[&[u8]]) -> Result<Digest, ProviderError> {
        Ok(digest(HashAlgorithm::Sha256))
    }
}

/// The hash of this algorithm, whatever it takes in.
pub struct NullHasher(pub HashAlgorithm);

impl Hasher for NullHasher {
    fn update(&mut self, _data: &[u8]) {}

    fn hash(&self) -> Result<Digest, ProviderError> {
        Ok(digest(self.0))
    }
}

pub fn digest(algorithm: HashAlgorithm) -> Digest {
    Digest::new(&[0xd1; 64][..algorithm.output_len()])
}

impl AeadKey for Null {
    fn seal(&self, _nonce: &[u8], _aad: &[u8], _text: &mut [u8], tag: &mut [u8]) -> Result<(), ProviderError> {
        tag.fill(0);
        Ok(())
    }

    fn open(&self, _nonce: &[u8], _aad: &[u8], text_and_tag: &mut [u8]) -> bool {
        text_and_tag.ends_with(&[0; 16])
    }
}

/// For this order of MAC and encryption.
pub struct NullCbc(pub MacOrder);

impl CbcSealer for NullCbc {
    fn seal(&mut self, records: &mut [CbcRecord<'_>]) -> Result<(), ProviderError> {
        for record in records {
            let (_, rest) = record.body.split_at_mut(record.text_len);
            let padding_len = rest.len() - MAC_LEN;
            let (mac, padding) = match self.0 {
                MacOrder::MacThenEncrypt => rest.split_at_mut(MAC_LEN),
                MacOrder::EncryptThenMac => {
                    let (padding, mac) = rest.split_at_mut(padding_len);
                    (mac, padding)
                }
            };
            mac.fill(0);
            padding.fill(u8::try_from(padding_len - 1).unwrap());
        }
        Ok(())
    }
}

impl CbcOpener for NullCbc {
    fn open(&mut self, _header: [u8; 11], _iv: &[u8; 16], body: &mut [u8]) -> Option<usize> {
        let (body, mac) = match self.0 {
            MacOrder::MacThenEncrypt => (&*body, None),
            MacOrder::EncryptThenMac => {
                let (body, mac) = body.split_last_chunk::<MAC_LEN>()?;
                (body, Some(mac))
            }
        };
        let padding = usize::from(*body.last()?) + 1;
        let body = body.get(..body.len().checked_sub(padding)?)?;
        let (text, mac) = match mac {
            Some(mac) => (body, mac),
            None => body.split_last_chunk()?,
        };
        (*mac == [0; MAC_LEN]).then_some(text.len())
    }
}
