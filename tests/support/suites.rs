//! Sets of cipher suites.

use tls12::crypto::{CipherSuite, KeyType, MacOrder, Protection, SUITES};

/// Those with certificates.
pub fn certified() -> impl Iterator<Item = &'static CipherSuite> {
    const { &SUITES }.iter().filter(|suite| !suite.key_exchange.is_psk())
}

/// Those that a server with an RSA certificate can use.
pub fn of_rsa() -> impl Iterator<Item = &'static CipherSuite> {
    const { &SUITES }.iter().filter(|suite| KeyType::Rsa.serves(suite.key_exchange))
}

/// Those of the recorded connections.
pub fn recorded() -> impl Iterator<Item = &'static CipherSuite> {
    certified()
}

/// Each with each order of MAC and encryption that it can have.
pub fn recorded_with_orders() -> impl Iterator<Item = (&'static CipherSuite, Option<MacOrder>)> {
    recorded().flat_map(|suite| {
        let orders = match suite.protection {
            Protection::Aead(_) => &[None][..],
            Protection::Cbc(..) => &[Some(MacOrder::EncryptThenMac), Some(MacOrder::MacThenEncrypt)],
        };
        orders.iter().map(move |order| (suite, *order))
    })
}
