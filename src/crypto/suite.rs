//! The table of cipher suites. Adding a suite is one row.

use core::fmt;

/// A cipher suite: its name, its number, and its algorithms.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CipherSuite {
    /// The number on the wire.
    pub code: u16,
    /// The name in the standard.
    pub name: &'static str,
    /// The key exchange.
    pub key_exchange: KeyExchange,
    /// How records are protected.
    pub protection: Protection,
    /// The hash of the PRF and of Finished.
    pub hash: HashAlgorithm,
}

impl fmt::Debug for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Every supported suite, strongest and fastest first. This is the default order of preference.
#[rustfmt::skip] // a table: one row a suite
pub const SUITES: &[CipherSuite] = {
    use AeadAlgorithm::{Aes128Gcm, Aes256Gcm, ChaCha20Poly1305};
    use CbcCipher::{Aes128, Aes256};
    use HashAlgorithm::{Sha1, Sha256, Sha384};
    use KeyExchange::{EcdheEcdsa, EcdhePsk, EcdheRsa, Psk, Rsa};
    use Protection::{Aead, Cbc};
    &[
        suite(0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", EcdheEcdsa, Aead(Aes128Gcm), Sha256),
        suite(0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", EcdheRsa, Aead(Aes128Gcm), Sha256),
        suite(0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", EcdheEcdsa, Aead(Aes256Gcm), Sha384),
        suite(0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", EcdheRsa, Aead(Aes256Gcm), Sha384),
        suite(0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", EcdheEcdsa, Aead(ChaCha20Poly1305), Sha256),
        suite(0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", EcdheRsa, Aead(ChaCha20Poly1305), Sha256),
        suite(0xd001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", EcdhePsk, Aead(Aes128Gcm), Sha256),
        suite(0xd002, "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384", EcdhePsk, Aead(Aes256Gcm), Sha384),
        suite(0xccac, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", EcdhePsk, Aead(ChaCha20Poly1305), Sha256),
        suite(0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", EcdheEcdsa, Cbc(Aes128, Sha1), Sha256),
        suite(0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", EcdheRsa, Cbc(Aes128, Sha1), Sha256),
        suite(0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", EcdheEcdsa, Cbc(Aes256, Sha1), Sha256),
        suite(0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", EcdheRsa, Cbc(Aes256, Sha1), Sha256),
        suite(0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", EcdheEcdsa, Cbc(Aes128, Sha256), Sha256),
        suite(0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", EcdheRsa, Cbc(Aes128, Sha256), Sha256),
        suite(0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", EcdheEcdsa, Cbc(Aes256, Sha384), Sha384),
        suite(0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", EcdheRsa, Cbc(Aes256, Sha384), Sha384),
        suite(0xc035, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA", EcdhePsk, Cbc(Aes128, Sha1), Sha256),
        suite(0xc036, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA", EcdhePsk, Cbc(Aes256, Sha1), Sha256),
        suite(0xc037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", EcdhePsk, Cbc(Aes128, Sha256), Sha256),
        suite(0xc038, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384", EcdhePsk, Cbc(Aes256, Sha384), Sha384),
        suite(0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256", Rsa, Aead(Aes128Gcm), Sha256),
        suite(0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384", Rsa, Aead(Aes256Gcm), Sha384),
        suite(0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", Rsa, Cbc(Aes128, Sha1), Sha256),
        suite(0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", Rsa, Cbc(Aes256, Sha1), Sha256),
        suite(0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256", Rsa, Cbc(Aes128, Sha256), Sha256),
        suite(0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256", Rsa, Cbc(Aes256, Sha256), Sha256),
        suite(0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256", Psk, Aead(Aes128Gcm), Sha256),
        suite(0x00a9, "TLS_PSK_WITH_AES_256_GCM_SHA384", Psk, Aead(Aes256Gcm), Sha384),
        suite(0xccab, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", Psk, Aead(ChaCha20Poly1305), Sha256),
        suite(0x008c, "TLS_PSK_WITH_AES_128_CBC_SHA", Psk, Cbc(Aes128, Sha1), Sha256),
        suite(0x008d, "TLS_PSK_WITH_AES_256_CBC_SHA", Psk, Cbc(Aes256, Sha1), Sha256),
        suite(0x00ae, "TLS_PSK_WITH_AES_128_CBC_SHA256", Psk, Cbc(Aes128, Sha256), Sha256),
        suite(0x00af, "TLS_PSK_WITH_AES_256_CBC_SHA384", Psk, Cbc(Aes256, Sha384), Sha384),
    ]
};

const fn suite(
    code: u16,
    name: &'static str,
    key_exchange: KeyExchange,
    protection: Protection,
    hash: HashAlgorithm,
) -> CipherSuite {
    CipherSuite { code, name, key_exchange, protection, hash }
}

impl CipherSuite {
    /// Returns the suite with this number.
    #[must_use]
    pub fn from_code(code: u16) -> Option<&'static Self> {
        SUITES.iter().find(|suite| suite.code == code)
    }

    /// Returns the suite with this name, as in the standards.
    #[must_use]
    pub fn from_name(name: &str) -> Option<&'static Self> {
        SUITES.iter().find(|suite| suite.name == name)
    }
}

/// A key exchange: how the two sides agree on the premaster secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyExchange {
    /// The client encrypts it to the server's RSA key (RFC 5246 §7.4.7.1). No forward secrecy.
    Rsa,
    /// Ephemeral elliptic-curve Diffie-Hellman, signed by the server's RSA key (RFC 8422 §2).
    EcdheRsa,
    /// Ephemeral elliptic-curve Diffie-Hellman, signed by the server's ECDSA or Ed25519 key (RFC 8422 §2).
    EcdheEcdsa,
    /// A pre-shared key (RFC 4279 §2). No forward secrecy.
    Psk,
    /// Ephemeral elliptic-curve Diffie-Hellman with a pre-shared key (RFC 5489 §2).
    EcdhePsk,
}

impl KeyExchange {
    /// Returns whether the key exchange is ephemeral, and therefore has forward secrecy.
    #[must_use]
    pub const fn is_ephemeral(self) -> bool {
        matches!(self, Self::EcdheRsa | Self::EcdheEcdsa | Self::EcdhePsk)
    }

    /// Returns whether the two sides authenticate each other with a pre-shared key instead of certificates.
    #[must_use]
    pub const fn is_psk(self) -> bool {
        matches!(self, Self::Psk | Self::EcdhePsk)
    }
}

/// How records are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protection {
    /// Authenticated encryption (RFC 5246 §6.2.3.3).
    Aead(AeadAlgorithm),
    /// A block cipher in CBC mode with an HMAC (RFC 5246 §6.2.3.2; RFC 7366).
    Cbc(CbcCipher, HashAlgorithm),
}

/// An AEAD algorithm. Its tag is 16 bytes, its nonce 12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AeadAlgorithm {
    /// AES-128 in Galois/Counter Mode (RFC 5288).
    Aes128Gcm,
    /// AES-256 in Galois/Counter Mode (RFC 5288).
    Aes256Gcm,
    /// ChaCha20 with Poly1305 (RFC 7905).
    ChaCha20Poly1305,
}

impl AeadAlgorithm {
    /// The longest nonce of any of them, in bytes.
    pub(crate) const MAX_NONCE_LEN: usize = 12;

    /// Returns the length of its nonce, in bytes (RFC 5288 §3, RFC 7905 §2). Each record carries the part that
    /// [`Self::fixed_iv_len`] does not cover.
    #[must_use]
    pub const fn nonce_len(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm | Self::ChaCha20Poly1305 => 12,
        }
    }

    /// Returns the length of its tag, in bytes (RFC 5116 §5.1, RFC 8439 §2.8).
    #[must_use]
    pub const fn tag_len(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm | Self::ChaCha20Poly1305 => 16,
        }
    }

    /// Returns the length of its key, in bytes.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 => 32,
        }
    }

    /// Returns the maximum number of records that one key may protect with an adequate confidentiality margin: 2^24.5
    /// full records for AES-GCM (RFC 8446 §5.5; the analysis also applies to TLS 1.2); no practical limit for
    /// ChaCha20-Poly1305.
    #[must_use]
    pub const fn max_records(self) -> u64 {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm => 23_726_566,
            Self::ChaCha20Poly1305 => u64::MAX,
        }
    }

    /// Returns the length of the part of its nonce that comes from the key block, in bytes (RFC 5288 §3, RFC 7905 §2).
    #[must_use]
    pub const fn fixed_iv_len(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm => 4,
            Self::ChaCha20Poly1305 => 12,
        }
    }
}

/// A block cipher with blocks of 16 bytes, for CBC mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CbcCipher {
    /// AES with a key of 128 bits.
    Aes128,
    /// AES with a key of 256 bits.
    Aes256,
}

impl CbcCipher {
    /// Returns the length of its key, in bytes.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes256 => 32,
        }
    }
}

/// A hash algorithm, on its own or in an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// SHA-1: for record MACs only.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512: for channel bindings only (RFC 5929 §4.1).
    Sha512,
}

impl HashAlgorithm {
    /// Returns the length of its output, in bytes.
    #[must_use]
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}
