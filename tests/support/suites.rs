//! Sets of cipher suites.

use tls12::crypto::{CipherSuite, KeyType, SUITES};

/// Those with certificates.
pub fn certified() -> impl Iterator<Item = &'static CipherSuite> {
    const { &SUITES }.iter().filter(|suite| !suite.key_exchange.is_psk())
}

/// Those that a server with an RSA certificate can use.
pub fn of_rsa() -> impl Iterator<Item = &'static CipherSuite> {
    const { &SUITES }.iter().filter(|suite| KeyType::Rsa.serves(suite.key_exchange))
}

/// Those of the recorded handshakes.
pub fn recorded() -> impl Iterator<Item = &'static CipherSuite> {
    const RECORDED: [&str; 6] = [
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
    ];
    RECORDED.into_iter().map(|name| CipherSuite::from_name(name).unwrap())
}
