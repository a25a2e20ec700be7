//! The private operation of RSA with its key secret.

use std::io::Read;

use rand::RngExt;
use rsa::BoxedUint;
use rsa::hazmat::rsa_encrypt;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::pkcs8::EncodePrivateKey;
use rsa::traits::PublicKeyParts;
use rustls_pki_types::PrivateKeyDer;
use tls12::SignatureScheme;
use tls12::crypto::ring;

use crate::valgrind::{hide, unreported};

/// What [`private_parts`] are called.
pub const NAMES: [&str; 6] = ["RSA: d", "RSA: p", "RSA: q", "RSA: dP", "RSA: dQ", "RSA: qInv"];

/// The same of a key that RustCrypto signs with.
pub const NAMES_BY_RUSTCRYPTO: [&str; 6] = [
    "RSA by RustCrypto: d",
    "RSA by RustCrypto: p",
    "RSA by RustCrypto: q",
    "RSA by RustCrypto: dP",
    "RSA by RustCrypto: dQ",
    "RSA by RustCrypto: qInv",
];

/// A fresh key of 2048 bits, PKCS #8: outside Valgrind, where it takes a moment.
pub fn generate() -> Vec<u8> {
    generate_of(2048)
}

/// The same of another size.
pub fn generate_of(bits: usize) -> Vec<u8> {
    let key = rsa::PrivateKey::new(&mut rand::rng(), bits).unwrap();
    key.to_pkcs8_der().unwrap().as_bytes().to_vec()
}

/// Reads the key from the standard input, makes its private parts secret, and decrypts and signs with it. Loading is not
/// looked at: it happens once, on nobody's demand, and checks the form of the key.
pub fn operate() -> usize {
    let mut der = Vec::new();
    std::io::stdin().read_to_end(&mut der).unwrap();
    for part in private_parts(&der) {
        hide(&mut der[part]);
    }
    let provider = ring::provider();
    let key = unreported(|| provider.load_private_key(PrivateKeyDer::Pkcs8(der.into()))).unwrap();
    let mut operations = 0;
    for byte in [1, 0x5a] {
        let raw = key.decrypt().unwrap().decrypt_raw(&[byte; 256], provider.random()).unwrap();
        assert_eq!(raw.expose().len(), 256);
        operations += 1;
    }
    for scheme in [SignatureScheme::RSA_PSS_RSAE_SHA256, SignatureScheme::RSA_PKCS1_SHA1] {
        assert_eq!(key.sign(scheme, b"message").unwrap().len(), 256);
        operations += 1;
    }
    operations
}

/// The raw encryption, with this RSAPublicKey, of a random number with so many leading zeros, in bytes.
pub fn encrypt_raw(public: &[u8], zeros: usize) -> Vec<u8> {
    let key = rsa::PublicKey::from_pkcs1_der(public).unwrap();
    let mut number = [0; 256];
    rand::rng().fill(&mut number[zeros..]);
    let number = BoxedUint::from_be_slice(&number, key.n_bits_precision()).unwrap();
    rsa_encrypt(&key, &number).unwrap().to_be_bytes().to_vec()
}

/// Where the private exponent, the primes and what belongs to them lie in an RSAPrivateKey (RFC 8017 A.1.2): the INTEGERs
/// after version, modulus and public exponent. Without their first byte, which is 0 or says little: a parser may look at it.
pub fn private_parts(pkcs8: &[u8]) -> Vec<std::ops::Range<usize>> {
    const OCTET_STRING: u8 = 4;
    // Before it are a header, the version and the algorithm (RFC 5958 §2).
    let octets = 4 + 3 + 15;
    assert_eq!(pkcs8[octets], OCTET_STRING);
    let mut at = octets + 8;
    let mut parts = Vec::new();
    while at < pkcs8.len() {
        let (start, len) = match pkcs8[at + 1] {
            0x81 => (at + 3, usize::from(pkcs8[at + 2])),
            0x82 => (at + 4, usize::from(u16::from_be_bytes([pkcs8[at + 2], pkcs8[at + 3]]))),
            len => (at + 2, usize::from(len)),
        };
        parts.push(start..start + len);
        at = start + len;
    }
    assert_eq!(parts.len(), 9);
    parts[3..].iter().map(|part| part.start + 2..part.end).collect()
}
