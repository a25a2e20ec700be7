//! The configurations of rustls that correspond to those of this crate.

use alloc::sync::Arc;
use core::fmt;
use rustls::client::{ClientSessionMemoryCache, ClientSessionStore, Resumption};
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{NoClientAuth, NoServerSessionStorage};
use rustls::version::TLS13;
use rustls::{SupportedCipherSuite, SupportedProtocolVersion};
use rustls_pki_types::ServerName;

use super::SetupError;
use super::choice::Supported;
use super::credential::{OfClient, OfServer};
use super::trust::RustlsVerifier;
use crate::handshake::{
    Agreement, ClientAuth, ClientCertificates, ClientConfig, Common, Indication, LaterVersion, PresharedKeys,
    SecretSink, ServerConfig, Sessions, TicketPolicy, Verification,
};
use crate::wire::{ProtocolVersion, RecordHeader};

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
    /// Verifies clients, if the configuration requests it.
    pub(super) verifier: Option<Arc<RustlsVerifier>>,
    pub(super) supported: Supported,
}

impl ClientSetup {
    pub(super) fn new(config: &ClientConfig, min_version: ProtocolVersion) -> Result<Self, SetupError> {
        let versions = versions(min_version)?;
        let Common { provider, schemes, chain_limit, .. } = &config.common;
        let verifier = match &config.verifier {
            Verification::InLoop(verifier) => Arc::clone(verifier),
            Verification::Later => return Err(SetupError::Deferred("the verdict on the server's certificate")),
            Verification::None => return Err(SetupError::NoCertificates),
        };
        if let ClientCertificates::Later = config.certificates {
            return Err(SetupError::Deferred("the choice of the client's certificate"));
        }
        if let PresharedKeys::Later = config.psk {
            return Err(PSK_DEFERRED);
        }
        let enable_sni = match config.shape.indication {
            Indication::Same => true,
            Indication::Omitted => false,
            Indication::Other(_) => return Err(SetupError::Indication),
        };
        let verifier = Arc::new(RustlsVerifier::with(verifier, Arc::clone(provider), schemes, *chain_limit));
        let certificates = OfClient::new(config.credentials(), &config.common)?;
        let builder = rustls::ClientConfig::builder_with_provider(Arc::new(crypto(&config.common)?));
        let builder = builder.with_protocol_versions(versions).map_err(SetupError::Rustls)?;
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
    pub(super) fn new(config: &ServerConfig, min_version: ProtocolVersion) -> Result<Self, SetupError> {
        let versions = versions(min_version)?;
        let policy = config.policy().clone().later_version(LaterVersion::Supported);
        let config = config.to_builder().policy(policy).build()?;
        if let PresharedKeys::Later = config.psks {
            return Err(PSK_DEFERRED);
        }
        if config.credentials.is_empty() {
            return Err(SetupError::NoCertificates);
        }
        let verifier = verifier_of_clients(&config)?;
        let crypto = crypto(&config.common)?;
        let certificates = Arc::new(OfServer::new(&config, &crypto)?);
        let groups = crypto.kx_groups.iter().map(|group| u16::from(group.name())).collect();
        let supported = Supported { groups, keys: certificates.clone(), min_version };
        let builder = rustls::ServerConfig::builder_with_provider(Arc::new(crypto));
        let builder = builder.with_protocol_versions(versions).map_err(SetupError::Rustls)?;
        let builder = match &verifier {
            None => builder.with_client_cert_verifier(Arc::new(NoClientAuth)),
            Some(verifier) => builder.with_client_cert_verifier(verifier.clone()),
        };
        let mut rustls = builder.with_cert_resolver(certificates);
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

static ONLY_TLS13: [&SupportedProtocolVersion; 1] = [&TLS13];

/// The versions of rustls from this one on.
fn versions(min_version: ProtocolVersion) -> Result<&'static [&'static SupportedProtocolVersion], SetupError> {
    match min_version {
        ProtocolVersion::TLS_1_2 => Ok(rustls::ALL_VERSIONS),
        ProtocolVersion::TLS_1_3 => Ok(&ONLY_TLS13),
        other => Err(SetupError::MinVersion(other)),
    }
}

/// The cryptography of rustls that the policy allows. The policy does not cover the suites of TLS 1.3, all of which are
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

/// The limit on the records that rustls sends, which includes their headers.
fn fragment_size(common: &Common) -> Option<usize> {
    Some(usize::from(common.send_limit).saturating_add(RecordHeader::LEN))
}

/// Whether and how rustls resumes sessions: by tickets, if there are any, with keys of its own, and by session ID, in memory,
/// which is its default.
///
/// If clients are verified, it resumes none. It requests no verdict on the chain of a session, and after it has resumed one, a
/// refusal comes too late: the client keeps the session, offers it again, and is refused again.
fn keep_sessions(rustls: &mut rustls::ServerConfig, config: &ServerConfig) -> Result<(), SetupError> {
    let verifies = config.client_auth.trust().is_some();
    if verifies || matches!(config.sessions, Sessions::Off) {
        rustls.session_storage = Arc::new(NoServerSessionStorage {});
    }
    match (&config.tickets, &config.sessions) {
        (TicketPolicy::Later, _) => return Err(SetupError::Deferred("the sealing of tickets")),
        (_, Sessions::Later) => return Err(SetupError::Deferred("the storing of sessions")),
        _ if verifies => rustls.send_tls13_tickets = 0,
        (TicketPolicy::Off, Sessions::Off) => rustls.send_tls13_tickets = 0,
        (TicketPolicy::Off, Sessions::InLoop(_)) => {}
        (TicketPolicy::InLoop(_), _) => rustls.ticketer = ring::Ticketer::new().map_err(SetupError::Rustls)?,
    }
    Ok(())
}

const PSK_DEFERRED: SetupError = SetupError::Deferred("the choice of a pre-shared key");

/// The verifier of a server's clients, if they are verified.
fn verifier_of_clients(config: &ServerConfig) -> Result<Option<Arc<RustlsVerifier>>, SetupError> {
    let Common { provider, schemes, chain_limit, .. } = &config.common;
    let Some(trust) = config.client_auth.trust() else { return Ok(None) };
    let Verification::InLoop(verifier) = &trust.verifier else {
        return Err(SetupError::Deferred("the verdict on the client's certificate"));
    };
    let verifier = RustlsVerifier::with(Arc::clone(verifier), Arc::clone(provider), schemes, *chain_limit)
        .authorities(trust.authorities.iter().cloned());
    let is_optional = matches!(config.client_auth, ClientAuth::Request(_));
    Ok(Some(Arc::new(if is_optional { verifier.client_certificate_optional() } else { verifier })))
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
