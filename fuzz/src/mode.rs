//! What one byte of the input decides: suite, extensions, and so the configurations of both sides.

use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use rustls_pki_types::{ServerName, UnixTime};
use tls12::crypto::{CipherSuite, Secret};
use tls12::{
    Agreement, CertificateError, ClientAuth, ClientConfig, ClientTrust, Connection, Credential, ExternalKey,
    FalseStart, PeerChain, Policy, PresharedKey, RecordLimit, Renegotiation, ServerConfig, VerifyPeer,
};

use crate::drive::connect;
use crate::provider::{Protection, credential, provider};
use crate::sessions::Fixed;

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
    /// All suites with and without the extensions that change the keys; and with both of them, all else.
    pub fn all() -> impl Iterator<Item = Self> {
        let is_one = |bits: &u8| bits & 7 <= 6 && (*bits <= 0x1f || bits & 0x18 == 0);
        (0..=0x7f).filter(is_one).map(Self)
    }

    /// Bits 0 to 2: the suite, or all of them. Bit 3: no encrypt-then-MAC. Bit 4: no extended master secret. Bit 5:
    /// certificates of clients, application protocols, limits of records, and renegotiation. Bit 6: both have a session, by ticket if bit
    /// 5 is set, and else by ID. The last counts for nothing.
    pub fn new(byte: u8) -> Self {
        Self(byte)
    }

    fn is_full(self) -> bool {
        self.0 & 1 << 5 != 0
    }

    /// Whether both sides have a session.
    pub fn has_session(self) -> bool {
        self.0 & 1 << 6 != 0
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
        start(
            if self.has_session() {
                Arc::clone(&self.with_session(protection, answers).0)
            } else {
                self.client_config(protection, answers, None)
            },
            out,
        )
    }

    fn client_config(self, protection: Protection, answers: Answers, session: Option<Arc<Fixed>>) -> Arc<ClientConfig> {
        let provider = provider(protection);
        let mut config = match answers {
            Answers::InLoop => ClientConfig::builder_with_provider(provider, Arc::new(Anybody)),
            Answers::Later => ClientConfig::builder_verifying_later(provider),
        };
        if let Some(key) = self.preshared_key() {
            config = config.preshared_key(key);
        }
        if self.is_full() {
            config = config
                .credentials([credential()])
                .alpn_protocols(PROTOCOLS)
                .record_limit(RecordLimit::RecordSizeLimit(1 << 10))
                .renegotiation(Renegotiation::AtMost(2))
                .false_start(FalseStart::WhereSafe);
        }
        if let Some(session) = session {
            config = config.session_store(session);
        }
        config.policy(self.policy()).build().unwrap()
    }

    /// A server.
    pub fn server(self, protection: Protection, answers: Answers) -> Connection {
        let config = if self.has_session() {
            Arc::clone(&self.with_session(protection, answers).1)
        } else {
            self.server_config(protection, answers, None)
        };
        Connection::server(config, now())
    }

    fn server_config(self, protection: Protection, answers: Answers, session: Option<Arc<Fixed>>) -> Arc<ServerConfig> {
        let (credential, trust) = match answers {
            Answers::InLoop => (credential(), ClientTrust::new(Arc::new(Anybody))),
            Answers::Later => {
                let key = ExternalKey::new(crate::provider::SCHEMES).with_decryption();
                let credential = Credential::external(vec![crate::provider::certificate()], key);
                (credential.unwrap(), ClientTrust::later())
            }
        };
        let mut config = match self.preshared_key() {
            Some(key) => ServerConfig::builder_with_psk_only(provider(protection)).preshared_keys([key]),
            None => ServerConfig::builder_with_provider(provider(protection), credential),
        };
        if self.is_full() {
            config = config.alpn_protocols(PROTOCOLS).record_size_limit(1 << 11);
            if self.preshared_key().is_none() {
                config = config.client_auth(ClientAuth::Request(trust));
            }
        }
        if let Some(session) = session {
            config = config.session_store(session);
            if !self.is_full() {
                config = config.no_tickets();
            }
        }
        config.policy(self.policy()).build().unwrap()
    }

    /// Configurations with a session each: of a handshake that they have made with each other.
    fn with_session(self, protection: Protection, answers: Answers) -> &'static Configs {
        static ALL: LazyLock<Vec<OnceLock<Configs>>> = LazyLock::new(|| vec![OnceLock::new(); 4 << 7]);
        let at = usize::from(self.0 & 0x7f) << 2 | usize::from(protection == Protection::Ring) << 1;
        ALL[at | usize::from(answers == Answers::Later)].get_or_init(|| {
            let session = Arc::new(Fixed::default());
            let client = self.client_config(protection, answers, Some(Arc::clone(&session)));
            let server = self.server_config(protection, answers, Some(Arc::clone(&session)));
            let mut said = Vec::new();
            let client_side = start(Arc::clone(&client), &mut said);
            connect(client_side, said, Connection::server(Arc::clone(&server), now()));
            (client, server)
        })
    }
}

fn start(config: Arc<ClientConfig>, out: &mut Vec<u8>) -> Connection {
    let name = ServerName::try_from(SERVER_NAME).unwrap();
    Connection::client_with_store(config, name, None, now(), out).unwrap()
}

/// Of a client and of a server.
type Configs = (Arc<ClientConfig>, Arc<ServerConfig>);

/// What both speak.
const PROTOCOLS: [&str; 2] = ["http/1.1", "h2"];

/// Trusts anybody.
#[derive(Debug)]
struct Anybody;

impl VerifyPeer for Anybody {
    fn verify(&self, _chain: &PeerChain) -> Result<tls12::Verified, CertificateError> {
        Ok(tls12::Verified::default())
    }
}
