//! What a handshake is like before its first message: which side is tested, how keys are agreed on, what is resumed, what is
//! asked of the client.

use std::sync::{Arc, Mutex};

use tls12::crypto::{CipherSuite, Provider, Secret};
use tls12::session::{ClientSession, ServerSession, ServerSessionStore, TicketKeys};
use tls12::{
    CertificateError, ClientConfig, ClientTrust, Connection, KeyLog, PeerChain, Policy, PresharedKey, Renegotiation,
    ServerConfig, UnixTime, VerifyPeer,
};

use super::cheap::Cheap;
use crate::support::pair::{End, Pair};
use crate::support::pki::{SERVER_NAME, now};

pub const PSK_IDENTITY: &[u8] = b"meter-17";
pub const PSK: &[u8] = b"twenty-three bytes long";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Client,
    Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kx {
    Rsa,
    Ecdhe,
    Psk,
    EcdhePsk,
}

impl Kx {
    pub const ALL: [Self; 4] = [Self::Rsa, Self::Ecdhe, Self::Psk, Self::EcdhePsk];

    pub fn suite(self) -> &'static CipherSuite {
        let name = match self {
            Self::Rsa => "TLS_RSA_WITH_AES_128_GCM_SHA256",
            Self::Ecdhe => "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            Self::Psk => "TLS_PSK_WITH_AES_128_GCM_SHA256",
            Self::EcdhePsk => "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256",
        };
        CipherSuite::from_name(name).unwrap()
    }

    pub fn has_certificates(self) -> bool {
        matches!(self, Self::Rsa | Self::Ecdhe)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    Not,
    ById,
    ByTicket,
}

/// What the server asks of its client; with a client as the target, whether that has a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    None,
    Asked,
    Required,
}

#[derive(Clone, Copy, Debug)]
pub struct Profile {
    pub target: Target,
    pub kx: Kx,
    pub resumed: Resumed,
    pub client_auth: ClientAuth,
    /// The server's hello has session_ticket: a NewSessionTicket follows (RFC 5077 §3.2).
    pub promises_ticket: bool,
    /// The server's hello has status_request: a CertificateStatus may follow (RFC 6066 §8).
    pub promises_status: bool,
    /// On a connection that is established already.
    pub renegotiates: bool,
}

/// The two configurations of a profile, and the session that is resumed.
pub struct Configured {
    pub profile: Profile,
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    session: Option<ClientSession>,
    /// The master secret of that session.
    pub master: Option<Vec<u8>>,
}

impl Profile {
    pub fn configure(self) -> Configured {
        let provider: Arc<dyn Provider> = Arc::new(Cheap::default());
        let policy = Policy::legacy().suites([self.kx.suite()]);
        let log = Arc::new(Log::default());
        let (mut client, mut server);
        if self.kx.has_certificates() {
            client = ClientConfig::builder_with_provider(provider.clone(), Arc::new(Anybody));
            server = ServerConfig::builder_with_provider(provider.clone(), Cheap::credential());
            if self.client_auth != ClientAuth::None {
                client = client.credentials([Cheap::credential()]);
            }
            let trust = ClientTrust::new(Arc::new(Anybody));
            server = match self.client_auth {
                ClientAuth::None => server,
                ClientAuth::Asked => server.client_auth(tls12::ClientAuth::Request(trust)),
                ClientAuth::Required => server.client_auth(tls12::ClientAuth::Require(trust)),
            };
        } else {
            let key = || PresharedKey::new(PSK_IDENTITY, Secret::new(PSK.to_vec())).unwrap();
            client = ClientConfig::builder_with_psk_only(provider.clone()).preshared_key(key());
            server = ServerConfig::builder_with_psk_only(provider.clone()).preshared_keys([key()]);
        }
        server = match self.resumed {
            Resumed::ByTicket => server.tickets(Arc::new(TicketKeys::new(provider))).no_session_store(),
            _ => server.session_store(Arc::new(Unforgetting::default())).no_tickets(),
        };
        let renegotiation = if self.renegotiates { Renegotiation::AtMost(1) } else { Renegotiation::Refuse };
        let client = client.policy(policy.clone()).key_log(log.clone()).renegotiation(renegotiation).build().unwrap();
        let server = server.policy(policy).build().unwrap();
        let mut configured = Configured { profile: self, client, server, session: None, master: None };
        if self.resumed != Resumed::Not {
            let mut first = Pair::of(configured.client(), configured.server());
            first.run();
            first.assert_connected();
            configured.session = Some(first.client.client_session());
            configured.master = Some(log.0.lock().unwrap().clone());
        }
        configured
    }
}

impl Configured {
    /// A client that has said its hello, which offers the session.
    pub fn client(&self) -> End {
        End::client(Arc::clone(&self.client), SERVER_NAME, self.session.clone(), now())
    }

    pub fn server(&self) -> End {
        End::new(Connection::server(Arc::clone(&self.server), now()), Vec::new())
    }
}

/// Keeps the first session for ever, though the connections that resume it fail.
#[derive(Debug, Default)]
struct Unforgetting(Mutex<Option<ServerSession>>);

impl ServerSessionStore for Unforgetting {
    fn find(&self, _: &[u8], _: UnixTime) -> Option<ServerSession> {
        self.0.lock().unwrap().clone()
    }

    fn keep(&self, _: &[u8], session: ServerSession, _: UnixTime) {
        self.0.lock().unwrap().get_or_insert(session);
    }

    fn forget(&self, _: &[u8]) {}
}

/// Keeps the last master secret.
#[derive(Default)]
struct Log(Mutex<Vec<u8>>);

impl KeyLog for Log {
    fn log(&self, _: &str, _: &[u8; 32], secret: &[u8]) {
        *self.0.lock().unwrap() = secret.to_vec();
    }
}

/// Trusts anybody.
#[derive(Debug)]
struct Anybody;

impl VerifyPeer for Anybody {
    fn verify(&self, _: &PeerChain) -> Result<tls12::Verified, CertificateError> {
        Ok(tls12::Verified::default())
    }
}
