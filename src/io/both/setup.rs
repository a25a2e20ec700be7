//! The configurations of rustls that do the same as those of this crate.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use rustls::client::{ClientSessionMemoryCache, ClientSessionStore, Resumption};
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{NoClientAuth, NoServerSessionStorage};
use rustls::version::{TLS12, TLS13};
use rustls::{SupportedCipherSuite, SupportedProtocolVersion};
use rustls_pki_types::ServerName;

use super::SetupError;
use super::choice::Supported;
use super::credential::{OfClient, OfServer};
use super::trust::RustlsVerifier;
use crate::crypto::KeyExchange;
use crate::handshake::{
    Agreement, ClientAuth, ClientCertificates, ClientConfig, Common, Indication, LaterVersion, SecretSink,
    ServerConfig, Sessions, TicketPolicy, Verification,
};
use crate::wire::RecordHeader;

/// A client's configurations for both stacks.
#[derive(Debug)]
pub(super) struct ClientSetup {
    pub(super) rustls: Arc<rustls::ClientConfig>,
    pub(super) tls12: Arc<ClientConfig>,
    pub(super) verifier: Arc<RustlsVerifier>,
    /// The sessions of rustls.
    sessions: Arc<ClientSessionMemoryCache>,
}

/// The number of servers whose sessions rustls keeps: as many as it and this crate keep by default.
const MAX_SESSIONS: usize = 256;

/// A server's configurations for both stacks.
#[derive(Debug)]
pub(super) struct ServerSetup {
    pub(super) rustls: Arc<rustls::ServerConfig>,
    pub(super) tls12: Arc<ServerConfig>,
    /// Verifies clients, if they are.
    pub(super) verifier: Option<Arc<RustlsVerifier>>,
    pub(super) supported: Supported,
}

impl ClientSetup {
    pub(super) fn new(config: &ClientConfig) -> Result<Self, SetupError> {
        let Common { provider, schemes, chain_limit, .. } = &config.common;
        let verifier = match &config.verifier {
            Verification::InLoop(verifier) => Arc::clone(verifier),
            Verification::Later => return Err(SetupError::Deferred("the verdict on the server's certificate")),
            Verification::None => return Err(SetupError::NoCertificates),
        };
        if let ClientCertificates::Later = config.certificates {
            return Err(SetupError::Deferred("the choice of the client's certificate"));
        }
        let enable_sni = match config.shape.indication {
            Indication::Same => true,
            Indication::Omitted => false,
            Indication::Other(_) => return Err(SetupError::Indication),
        };
        let verifier = Arc::new(RustlsVerifier::with(verifier, Arc::clone(provider), schemes, *chain_limit));
        let certificates = OfClient::new(config.credentials(), &config.common)?;
        let builder = rustls::ClientConfig::builder_with_provider(Arc::new(crypto(&config.common)?));
        let builder = builder.with_protocol_versions(&BOTH_VERSIONS).map_err(SetupError::Rustls)?;
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier.clone());
        let mut rustls = builder.with_client_cert_resolver(Arc::new(certificates));
        rustls.alpn_protocols = config.alpn_protocols.iter().map(|name| name.to_vec()).collect();
        rustls.enable_sni = enable_sni;
        rustls.require_ems = config.common.extended_master_secret == Agreement::Require;
        rustls.max_fragment_size = fragment_size(&config.common);
        let sessions = Arc::new(ClientSessionMemoryCache::new(MAX_SESSIONS));
        rustls.resumption = match &config.sessions {
            None => Resumption::disabled(),
            Some(_) => Resumption::store(sessions.clone()),
        };
        if let Some(log) = key_log(&config.common) {
            rustls.key_log = log;
        }
        let policy = config.policy().clone().later_version(LaterVersion::Supported);
        let tls12 = config.to_builder().policy(policy).build()?;
        Ok(Self { rustls: Arc::new(rustls), tls12, verifier, sessions })
    }

    /// Forgets the sessions of rustls with this server.
    pub(super) fn forget_sessions(&self, name: &ServerName<'static>) {
        self.sessions.remove_tls12_session(name);
        while self.sessions.take_tls13_ticket(name).is_some() {}
    }
}

impl ServerSetup {
    pub(super) fn new(config: &ServerConfig) -> Result<Self, SetupError> {
        let policy = config.policy().clone().later_version(LaterVersion::Supported);
        let config = config.to_builder().policy(policy).build()?;
        let Common { provider, schemes, chain_limit, .. } = &config.common;
        let (trust, is_optional) = match &config.client_auth {
            ClientAuth::None => (None, false),
            ClientAuth::Request(trust) => (Some(trust), true),
            ClientAuth::Require(trust) => (Some(trust), false),
        };
        let verifier = match trust.map(|trust| (&trust.verifier, &trust.authorities)) {
            None | Some((Verification::None, _)) => None,
            Some((Verification::Later, _)) => {
                return Err(SetupError::Deferred("the verdict on the client's certificate"));
            }
            Some((Verification::InLoop(verifier), authorities)) => {
                let verifier = RustlsVerifier::with(Arc::clone(verifier), Arc::clone(provider), schemes, *chain_limit)
                    .authorities(authorities.iter().cloned());
                Some(Arc::new(if is_optional { verifier.client_certificate_optional() } else { verifier }))
            }
        };
        let certificates = OfServer::new(&config)?;
        let crypto = crypto(&config.common)?;
        let supported = supported(&config.common, &crypto, &certificates);
        let builder = rustls::ServerConfig::builder_with_provider(Arc::new(crypto));
        let builder = builder.with_protocol_versions(&BOTH_VERSIONS).map_err(SetupError::Rustls)?;
        let builder = match &verifier {
            None => builder.with_client_cert_verifier(Arc::new(NoClientAuth)),
            Some(verifier) => builder.with_client_cert_verifier(verifier.clone()),
        };
        let mut rustls = builder.with_cert_resolver(Arc::new(certificates));
        rustls.alpn_protocols = config.alpn_protocols.iter().map(|name| name.to_vec()).collect();
        rustls.require_ems = config.common.extended_master_secret == Agreement::Require;
        rustls.max_fragment_size = fragment_size(&config.common);
        keep_sessions(&mut rustls, &config)?;
        if let Some(log) = key_log(&config.common) {
            rustls.key_log = log;
        }
        Ok(Self { rustls: Arc::new(rustls), tls12: config, verifier, supported })
    }
}

const BOTH_VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// The cryptography of rustls, as far as the policy allows it. The policy does not know the suites of TLS 1.3, which are all
/// allowed.
fn crypto(common: &Common) -> Result<CryptoProvider, SetupError> {
    let mut crypto = ring::default_provider();
    crypto.cipher_suites.retain(|suite| match suite {
        SupportedCipherSuite::Tls13(_) => true,
        SupportedCipherSuite::Tls12(_) => {
            let code = u16::from(suite.suite());
            common.suites.iter().any(|allowed| allowed.code == code)
        }
    });
    if let Some(groups) = common.policy.allowed_groups() {
        crypto.kx_groups.retain(|group| groups.iter().any(|allowed| allowed.0 == u16::from(group.name())));
    }
    if crypto.kx_groups.is_empty() { Err(SetupError::NoGroups) } else { Ok(crypto) }
}

/// What rustls can negotiate with these certificates.
fn supported(common: &Common, crypto: &CryptoProvider, certificates: &OfServer) -> Supported {
    let codes = |wanted: fn(&SupportedCipherSuite) -> bool| -> Vec<u16> {
        crypto.cipher_suites.iter().filter(|suite| wanted(suite)).map(|suite| u16::from(suite.suite())).collect()
    };
    let mut tls12 = codes(|suite| matches!(suite, SupportedCipherSuite::Tls12(_)));
    tls12.retain(|code| {
        let suite = common.suites.iter().find(|suite| suite.code == *code);
        let fits = |exchange: KeyExchange| certificates.keys().any(|key| key.serves(exchange));
        suite.is_some_and(|suite| fits(suite.key_exchange))
    });
    Supported {
        tls13: codes(|suite| matches!(suite, SupportedCipherSuite::Tls13(_))),
        tls12,
        groups: crypto.kx_groups.iter().map(|group| u16::from(group.name())).collect(),
        schemes: certificates.schemes().map(|scheme| scheme.0).collect(),
    }
}

/// The limit on the records that rustls sends, which includes their headers.
fn fragment_size(common: &Common) -> Option<usize> {
    Some(usize::from(common.send_limit).saturating_add(RecordHeader::LEN))
}

/// Whether and how rustls resumes sessions: by tickets, if there are any, with keys of its own.
fn keep_sessions(rustls: &mut rustls::ServerConfig, config: &ServerConfig) -> Result<(), SetupError> {
    match (&config.tickets, &config.sessions) {
        (TicketPolicy::Off, Sessions::Off) => {
            rustls.session_storage = Arc::new(NoServerSessionStorage {});
            rustls.send_tls13_tickets = 0;
        }
        // By session ID, in memory, which is its default.
        (TicketPolicy::Off, _) => {}
        _ => rustls.ticketer = ring::Ticketer::new().map_err(SetupError::Rustls)?,
    }
    Ok(())
}

fn key_log(common: &Common) -> Option<Arc<dyn rustls::KeyLog>> {
    let sink = common.key_log.clone()?;
    Some(Arc::new(Log(sink)))
}

/// A key log of this crate, for rustls.
struct Log(SecretSink);

impl rustls::KeyLog for Log {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        // It has 32 bytes in every version.
        if let Ok(client_random) = client_random.try_into() {
            self.0.0.log(label, client_random, secret);
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}
