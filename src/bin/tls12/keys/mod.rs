//! Private keys and certificates in whatever form people have them: PEM or DER, PKCS#8, PKCS#1, SEC 1, encrypted or not, or
//! together in PKCS#12. A form that is not read is called by its name, with the command that converts it.

mod legacy;
mod password;
mod pkcs12;

use std::fmt::Display;
use std::fs;
use std::path::Path;

use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tls12::pem::{self, PemError};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use zeroize::Zeroizing;

pub use password::{KeyPassword, PasswordArgs};

use crate::failure::Failure;

/// The tag of a SEQUENCE, which keys and certificates in DER begin with.
const SEQUENCE: u8 = 0x30;

/// The largest file that is read, in bytes: a key or a chain has some thousands.
const MAX_FILE: u64 = 1 << 20;

/// Files of keys that are not read: how they begin, what they are, and what to do.
const FOREIGN: [(&[u8], &str); 4] = [
    (
        b"\xfe\xed\xfe\xed",
        "it is a Java keystore (JKS); convert it: keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 \
         -deststoretype PKCS12",
    ),
    (
        b"\xce\xce\xce\xce",
        "it is a Java keystore (JCEKS); convert it: keytool -importkeystore -srckeystore FILE -srcstoretype JCEKS \
         -destkeystore FILE.p12 -deststoretype PKCS12",
    ),
    (
        b"PuTTY-User-Key-File",
        "it is a PuTTY key; convert it: puttygen FILE -O private-openssh -o KEY && ssh-keygen -p -m PKCS8 -f KEY",
    ),
    (b"\x1e\xf1\xb5\xb0", "it is a Microsoft PVK file; convert it: openssl rsa -inform PVK -in FILE -out KEY"),
];

/// Why a file cannot be read, and what to do about it.
type Why = Box<str>;

fn because(why: impl Display) -> Why {
    why.to_string().into()
}

/// The certificates in a file, the first of which is that of the key.
pub fn chain(path: &Path, password: &KeyPassword<'_>) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let bytes = read(path)?;
    certificates(&bytes, path, password).map_err(|why| Failure::in_file(path, why))
}

/// The private key in a file.
pub fn private_key(path: &Path, password: &KeyPassword<'_>) -> Result<PrivateKeyDer<'static>, Failure> {
    let bytes = read(path)?;
    key(&bytes, path, password).map_err(|why| Failure::in_file(path, why))
}

/// Whether a file has a key beside its certificates, in PKCS#12.
pub fn holds_both(path: &Path) -> bool {
    read(path).is_ok_and(|bytes| pkcs12::is_pkcs12(&bytes))
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let in_context = |error| Failure::in_file(path, error);
    match fs::metadata(path).map_err(|error| Failure::in_file(path, error))?.len() {
        0..=MAX_FILE => fs::read(path).map(Zeroizing::new).map_err(in_context),
        len => Err(Failure::in_file(path, format!("it has {len} bytes, which is neither a key nor a chain"))),
    }
}

fn certificates(bytes: &[u8], path: &Path, password: &KeyPassword<'_>) -> Result<Vec<CertificateDer<'static>>, Why> {
    foreign(bytes)?;
    if pkcs12::is_pkcs12(bytes) {
        return Ok(pkcs12::open(bytes, path, password)?.chain);
    }
    if bytes.first() != Some(&SEQUENCE) {
        return pem::certificates(bytes).map_err(|error| match &error {
            PemError::Nothing { found, .. } if found.iter().any(|label| label.contains("PKCS7")) => {
                because(format!("{error}; convert it: openssl pkcs7 -in FILE -print_certs -out CHAIN"))
            }
            _ => because(error),
        });
    }
    if X509Certificate::from_der(bytes).is_ok() {
        return Ok(vec![CertificateDer::from(bytes.to_vec())]);
    }
    Err("it is DER, but not a certificate; if it is PKCS#7, convert it: openssl pkcs7 -inform DER -in FILE -print_certs \
         -out CHAIN"
        .into())
}

fn key(bytes: &[u8], path: &Path, password: &KeyPassword<'_>) -> Result<PrivateKeyDer<'static>, Why> {
    foreign(bytes)?;
    if pkcs12::is_pkcs12(bytes) {
        return Ok(pkcs12::open(bytes, path, password)?.key);
    }
    if bytes.first() == Some(&SEQUENCE) {
        return key_in_der(bytes, path, password);
    }
    match pem::private_key(bytes) {
        Err(PemError::Encrypted { .. }) => encrypted(bytes, path, password),
        read => read.map_err(because),
    }
}

fn foreign(bytes: &[u8]) -> Result<(), Why> {
    match FOREIGN.iter().find(|(start, _)| bytes.starts_with(start)) {
        None => Ok(()),
        Some((_, what)) => Err((*what).into()),
    }
}

fn key_in_der(bytes: &[u8], path: &Path, password: &KeyPassword<'_>) -> Result<PrivateKeyDer<'static>, Why> {
    if let Ok(encrypted) = EncryptedPrivateKeyInfoRef::try_from(bytes) {
        return decrypt(&encrypted, path, password);
    }
    if let Ok(key) = PrivateKeyDer::try_from(bytes) {
        return Ok(key.clone_key());
    }
    Err(if X509Certificate::from_der(bytes).is_ok() {
        "it is a certificate, not a private key".into()
    } else {
        "it is DER, but not a known form of private key: convert it (openssl pkey -inform DER -in FILE -out KEY)".into()
    })
}

/// An encrypted key in PEM: PKCS#8, or the older form of OpenSSL's with its headers (RFC 1421 §4.6).
fn encrypted(bytes: &[u8], path: &Path, password: &KeyPassword<'_>) -> Result<PrivateKeyDer<'static>, Why> {
    let sections = ::pem::parse_many(bytes).map_err(because)?;
    let is_key = |section: &&::pem::Pem| section.tag().ends_with("PRIVATE KEY");
    let section = sections.iter().find(is_key).ok_or_else(|| because("it contains no private key"))?;
    if section.tag() != "ENCRYPTED PRIVATE KEY" {
        return legacy::decrypt(section, path, password);
    }
    let wrong = |_| because("the encrypted private key is malformed");
    decrypt(&EncryptedPrivateKeyInfoRef::try_from(section.contents()).map_err(wrong)?, path, password)
}

fn decrypt(
    key: &EncryptedPrivateKeyInfoRef<'_>,
    path: &Path,
    password: &KeyPassword<'_>,
) -> Result<PrivateKeyDer<'static>, Why> {
    use pkcs8::pkcs5::EncryptionScheme;
    // PKCS#5's first scheme, which OpenSSL used up to 1.0.
    if matches!(key.encryption_algorithm, EncryptionScheme::Pbes1(_)) {
        return Err("its encryption is too old to be supported (PBES1); convert it: openssl pkcs8 -topk8 -in FILE \
                    -out KEY"
            .into());
    }
    let password = password.get(path)?;
    let decrypted = key.decrypt(password.as_bytes()).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm { oid }) => because(format!(
            "its encryption is not supported ({oid}); convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out KEY"
        )),
        _ => because(WRONG_PASSWORD),
    })?;
    Ok(PrivatePkcs8KeyDer::from(decrypted.as_bytes().to_vec()).into())
}

/// A wrong password makes nonsense of a key, and so does a damaged file.
const WRONG_PASSWORD: &str = "it cannot be decrypted: the password is wrong, or the file is damaged";
