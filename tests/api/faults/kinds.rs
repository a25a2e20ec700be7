//! The kinds of handshakes: by key exchange, full or resumed, with a client certificate or without.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use tls12::crypto::{CipherSuite, ring};
use tls12::session::{ClientSession, ServerMemoryStore, TicketKeys};
use tls12::{ClientAuth, ClientConfig, ClientTrust, Policy, ServerConfig};

use crate::support::pair::{End, Pair};
use crate::support::pki::{KeyKind, PKI, Pinned, SERVER_NAME, now};
use crate::support::psk::Psk;

/// A suite for each way of key exchange, and for each kind of protection.
const SUITES: [&str; 4] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256",
    "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256",
];

/// How a session is resumed, if it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    Not,
    ById,
    ByTicket,
}

/// A kind of handshake, ready to be made as often as is needed.
pub struct Kind {
    suite: &'static CipherSuite,
    resumed: Resumed,
    client_certificate: bool,
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    session: Option<ClientSession>,
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certificate = if self.client_certificate { ", with a client certificate" } else { "" };
        write!(f, "{}, resumed: {:?}{certificate}", self.suite.name, self.resumed)
    }
}

impl Kind {
    /// All of them.
    pub fn all() -> Vec<Self> {
        let mut kinds = Vec::new();
        for suite in SUITES.map(|name| CipherSuite::from_name(name).unwrap()) {
            for resumed in [Resumed::Not, Resumed::ById, Resumed::ByTicket] {
                kinds.push(Self::new(suite, resumed, false));
                if !suite.key_exchange.is_psk() {
                    kinds.push(Self::new(suite, resumed, true));
                }
            }
        }
        kinds
    }

    fn new(suite: &'static CipherSuite, resumed: Resumed, client_certificate: bool) -> Self {
        let (provider, policy) = (ring::provider(), Policy::legacy().suites([suite]));
        let (mut client, mut server);
        if suite.key_exchange.is_psk() {
            client = ClientConfig::builder_with_psk_only(Arc::clone(&provider)).preshared_key(Psk::PLAIN.ours());
            server = ServerConfig::builder_with_psk_only(provider.clone()).preshared_keys([Psk::PLAIN.ours()]);
        } else {
            let kind = KeyKind::serving(suite.key_exchange);
            client = ClientConfig::builder(Pinned::server_with(kind));
            server = ServerConfig::builder(PKI.server(kind).credential(&*provider));
            if client_certificate {
                let of_client = PKI.client(KeyKind::P256);
                client = client.credentials([of_client.credential(&*provider)]);
                let verifier = ClientTrust::new(Arc::new(Pinned(of_client.certificate.clone())));
                server = server.client_auth(ClientAuth::Require(verifier));
            }
        }
        server = match resumed {
            Resumed::ById => {
                server.session_store(Arc::new(ServerMemoryStore::new(NonZeroUsize::new(10).unwrap()))).no_tickets()
            }
            _ => server.tickets(Arc::new(TicketKeys::new(provider))).no_session_store(),
        };
        let (client, server) = (client.policy(policy.clone()).build().unwrap(), server.policy(policy).build().unwrap());
        let mut kind = Self { suite, resumed, client_certificate, client, server, session: None };
        if resumed != Resumed::Not {
            let mut first = kind.start();
            first.run();
            kind.session = Some(first.client.client_session());
        }
        kind
    }

    /// Both ends, before anything was delivered: the ClientHello is in the client's output.
    pub fn start(&self) -> Pair {
        let client = End::client(Arc::clone(&self.client), SERVER_NAME, self.session.clone(), now());
        Pair::of(client, End::server(Arc::clone(&self.server), now()))
    }

    /// Both ends, when the handshake is complete.
    pub fn connected(&self) -> Pair {
        let mut pair = self.start();
        pair.run();
        pair.assert_connected();
        assert_eq!(pair.client.info().resumed(), self.resumed != Resumed::Not, "{self:?}");
        pair
    }
}
