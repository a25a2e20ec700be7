//! What one byte of the input decides: suite, extensions, and so the configurations of both sides.

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::{ServerName, UnixTime};
use tls12::crypto::{CipherSuite, Secret};
use tls12::{
    Agreement, CertificateError, ClientConfig, Connection, Credential, ExternalKey, PeerChain, Policy, PresharedKey,
    ServerConfig, VerifyPeer,
};

use crate::provider::{Protection, credential, provider};

/// The name that the client asks for.
pub const SERVER_NAME: &str = "server.example";

/// The time of all connections: 2026-01-01.
pub fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_767_225_600))
}

/// One of each kind that the server's RSA certificate serves, and one for which there is a pre-shared key.
const SUITES: [&str; 7] = [
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA256",
    "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA",
];

/// One way to configure both sides.
#[derive(Clone, Copy, Debug)]
pub struct Mode(u8);

/// Who answers what the handshake needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// The configuration.
    InLoop,
    /// The caller of the connection.
    Later,
}

impl Mode {
    /// All that differ.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=0x1f).filter(|bits| bits & 7 <= 6).map(Self)
    }

    /// Bits 0 to 2: the suite, or all of them. Bit 3: no encrypt-then-MAC. Bit 4: no extended master secret. The others
    /// count for nothing.
    pub fn new(byte: u8) -> Self {
        Self(byte)
    }

    /// As a byte.
    pub fn byte(self) -> u8 {
        self.0
    }

    fn policy(self) -> Policy {
        let agreement = |bit: u8| if self.0 & bit == 0 { Agreement::Prefer } else { Agreement::Never };
        let policy = Policy::legacy().encrypt_then_mac(agreement(1 << 3)).extended_master_secret(agreement(1 << 4));
        match SUITES.get(usize::from(self.0 & 7)) {
            Some(suite) => policy.suites(CipherSuite::from_name(suite)),
            None => policy,
        }
    }

    /// The pre-shared key, if the suite takes one.
    fn preshared_key(self) -> Option<PresharedKey> {
        let takes_one = SUITES.get(usize::from(self.0 & 7)).is_some_and(|suite| suite.contains("PSK"));
        takes_one.then(|| PresharedKey::new(b"me", Secret::new(vec![7; 16])).unwrap())
    }

    /// A client, with its ClientHello in `out`.
    pub fn client(self, protection: Protection, answers: Answers, out: &mut Vec<u8>) -> Connection {
        let provider = provider(protection);
        let config = match answers {
            Answers::InLoop => ClientConfig::builder_with_provider(provider, Arc::new(Anybody)),
            Answers::Later => ClientConfig::builder_verifying_later(provider),
        };
        let config = match self.preshared_key() {
            Some(key) => config.preshared_key(key),
            None => config,
        };
        let config = config.policy(self.policy()).build().unwrap();
        Connection::client(config, ServerName::try_from(SERVER_NAME).unwrap(), now(), out).unwrap()
    }

    /// A server.
    pub fn server(self, protection: Protection, answers: Answers) -> Connection {
        let credential = match answers {
            Answers::InLoop => credential(),
            Answers::Later => {
                let key = ExternalKey::new(crate::provider::SCHEMES).with_decryption();
                Credential::external(vec![crate::provider::certificate()], key).unwrap()
            }
        };
        let config = match self.preshared_key() {
            Some(key) => ServerConfig::builder_with_psk_only(provider(protection)).preshared_keys([key]),
            None => ServerConfig::builder_with_provider(provider(protection), credential),
        };
        Connection::server(config.policy(self.policy()).build().unwrap(), now())
    }
}

/// Trusts anybody.
#[derive(Debug)]
struct Anybody;

impl VerifyPeer for Anybody {
    fn verify(&self, _chain: &PeerChain) -> Result<tls12::Verified, CertificateError> {
        Ok(tls12::Verified::default())
    }
}
