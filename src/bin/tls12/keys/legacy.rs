//! Keys as OpenSSL encrypted them before PKCS#8: in PEM with the headers Proc-Type and DEK-Info (RFC 1421 §4.6), and a key that is
//! derived from the password by MD5.

use std::path::Path;

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit};
use md5::{Digest as _, Md5};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivateSec1KeyDer};
use zeroize::Zeroizing;

use super::{KeyPassword, WRONG_PASSWORD, Why, because};

pub fn decrypt(section: &pem::Pem, path: &Path, password: &KeyPassword<'_>) -> Result<PrivateKeyDer<'static>, Why> {
    let info = section.headers().get("DEK-Info").unwrap_or_default();
    let (cipher, iv) = info.split_once(',').ok_or_else(|| because("it does not say how it is encrypted (DEK-Info)"))?;
    let iv = crate::options::hex(iv.trim()).ok_or_else(|| because("the IV in its DEK-Info is not hexadecimal"))?;
    let password = password.get(path)?;
    let mut text = Zeroizing::new(section.contents().to_vec());
    let decrypted = match cipher {
        "AES-128-CBC" => with::<aes::Aes128>(16, &iv, password.as_bytes(), &mut text),
        "AES-192-CBC" => with::<aes::Aes192>(24, &iv, password.as_bytes(), &mut text),
        "AES-256-CBC" => with::<aes::Aes256>(32, &iv, password.as_bytes(), &mut text),
        "DES-EDE3-CBC" => with::<des::TdesEde3>(24, &iv, password.as_bytes(), &mut text),
        other => {
            return Err(because(format!(
                "its encryption is not supported ({other}); convert it: openssl pkcs8 -topk8 -in FILE -out KEY"
            )));
        }
    };
    // Nonsense may end as padding does: it begins as a key does only with the right password.
    let der = decrypted.filter(|der| PrivateKeyDer::try_from(*der).is_ok());
    let der = der.ok_or_else(|| because(WRONG_PASSWORD))?.to_vec();
    Ok(match section.tag() {
        "RSA PRIVATE KEY" => PrivatePkcs1KeyDer::from(der).into(),
        "EC PRIVATE KEY" => PrivateSec1KeyDer::from(der).into(),
        other => return Err(because(format!("a section {other} is not supported"))),
    })
}

/// Decrypts in place.
fn with<'t, C>(key_len: usize, iv: &[u8], password: &[u8], text: &'t mut [u8]) -> Option<&'t [u8]>
where
    C: BlockCipherDecrypt + KeyInit,
    cbc::Decryptor<C>: KeyIvInit,
{
    let key = derive(password, iv.get(..8)?, key_len);
    let decryptor = cbc::Decryptor::<C>::new_from_slices(&key, iv).ok()?;
    decryptor.decrypt_padded::<Pkcs7>(text).ok()
}

/// OpenSSL's EVP_BytesToKey with MD5 and one round: each block is the hash of the one before, the password and the salt.
fn derive(password: &[u8], salt: &[u8], len: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::new());
    let mut block = Zeroizing::new(Vec::new());
    while key.len() < len {
        let mut hash = Md5::new();
        hash.update(&*block);
        hash.update(password);
        hash.update(salt);
        *block = hash.finalize().to_vec();
        key.extend_from_slice(&block);
    }
    key.truncate(len);
    key
}
