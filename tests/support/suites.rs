//! Sets of cipher suites.

use tls12::crypto::{AeadAlgorithm, CipherSuite, KeyExchange, KeyType, MacOrder, Protection, SUITES};

/// Those with certificates.
pub fn certified() -> impl Iterator<Item = &'static CipherSuite> {
    SUITES.iter().filter(|suite| !suite.key_exchange.is_psk())
}

/// Those that a server with an RSA certificate can use.
pub fn of_rsa() -> impl Iterator<Item = &'static CipherSuite> {
    SUITES.iter().filter(|suite| KeyType::Rsa.serves(suite.key_exchange))
}

/// Those with pre-shared keys.
pub fn psk() -> impl Iterator<Item = &'static CipherSuite> {
    SUITES.iter().filter(|suite| suite.key_exchange.is_psk())
}

/// Those with pre-shared keys that OpenSSL and GnuTLS have: not those of RFC 8442, ECDHE_PSK with AES-GCM.
pub fn psk_of_peers() -> impl Iterator<Item = &'static CipherSuite> {
    use AeadAlgorithm::{Aes128Gcm, Aes256Gcm};
    let is_gcm = |suite: &CipherSuite| matches!(suite.protection, Protection::Aead(Aes128Gcm | Aes256Gcm));
    psk().filter(move |suite| suite.key_exchange == KeyExchange::Psk || !is_gcm(suite))
}

/// Those of the recorded connections.
pub fn recorded() -> impl Iterator<Item = &'static CipherSuite> {
    certified().chain(psk_of_peers())
}

/// Each with each order of MAC and encryption that it can have.
pub fn recorded_with_orders() -> impl Iterator<Item = (&'static CipherSuite, Option<MacOrder>)> {
    recorded().flat_map(|suite| {
        let orders = match suite.protection {
            Protection::Aead(_) => &[None][..],
            Protection::Cbc(..) => &[Some(MacOrder::EncryptThenMac), Some(MacOrder::MacThenEncrypt)],
            _ => panic!("{suite:?} is new"),
        };
        orders.iter().map(move |order| (suite, *order))
    })
}
