//! What one byte of the input decides: suite, extensions, and so the configurations of both sides.

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::{ServerName, UnixTime};
use tls12::crypto::{CipherSuite, SUITES};
use tls12::{
    Agreement, CertificateError, ClientConfig, Connection, Credential, ExternalKey, PeerChain, Policy, ServerConfig,
    VerifyPeer,
};

use crate::provider::{Protection, credential, provider};

/// The name that the client asks for.
pub const SERVER_NAME: &str = "server.example";

/// The time of all connections: 2026-01-01.
pub fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_767_225_600))
}

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
            Some(suite) => policy.suites(CipherSuite::from_code(suite.code)),
            None => policy,
        }
    }

    /// A client, with its ClientHello in `out`.
    pub fn client(self, protection: Protection, answers: Answers, out: &mut Vec<u8>) -> Connection {
        let provider = provider(protection);
        let config = match answers {
            Answers::InLoop => ClientConfig::builder_with(provider, Arc::new(Anybody)),
            Answers::Later => ClientConfig::builder_verifying_later(provider),
        };
        let config = config.policy(self.policy()).build().unwrap();
        Connection::client(config, ServerName::try_from(SERVER_NAME).unwrap(), now(), out).unwrap()
    }

    /// A server.
    pub fn server(self, protection: Protection, answers: Answers) -> Connection {
        let credential = match answers {
            Answers::InLoop => credential(),
            Answers::Later => {
                let key = ExternalKey { schemes: crate::provider::SCHEMES.to_vec(), decrypts: true };
                Credential::external(vec![crate::provider::certificate()], key).unwrap()
            }
        };
        let config = ServerConfig::builder_with(provider(protection), credential).policy(self.policy()).build();
        Connection::server(config.unwrap(), now())
    }
}

/// Trusts anybody.
#[derive(Debug)]
struct Anybody;

impl VerifyPeer for Anybody {
    fn verify(&self, _chain: &PeerChain) -> Result<(), CertificateError> {
        Ok(())
    }
}
