//! The configuration of a server.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::DnsName;

use super::client_config::{Verification, check_alpn_protocols, check_record_size_limit};
use super::config::{Common, ConfigError, KeyLog, Knows, MAX_CHAIN, MAX_SESSION_CONTEXT, SecretSink};
use super::credential::Credential;
use super::peer::{ChainLimit, VerifyPeer};
use super::policy::Policy;
use super::psk::{PresharedKey, ServerPsks};
use super::trace::Trace;
use crate::crypto::{Provider, PublicKey};
use crate::session::{ServerSessionStore, Tickets, VerifierId};
use crate::wire::{LengthOf, MAX_PSK_IDENTITY, put_vec};

/// The configuration of a server, shared by any number of connections.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    pub(crate) common: Common,
    pub(crate) credentials: Vec<Named>,
    pub(crate) unknown_names: UnknownNames,
    pub(crate) alpn_protocols: Vec<Box<[u8]>>,
    pub(crate) client_auth: ClientAuth,
    pub(crate) psks: ServerPsks,
    pub(crate) psk_identity_hint: Box<[u8]>,
    pub(crate) sessions: Sessions,
    pub(crate) tickets: TicketPolicy,
    pub(crate) session_context: Box<[u8]>,
    pub(crate) record_size_limit: Option<u16>,
}

/// A credential and its names. Without names, it is the default for names that no other credential has.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) names: Option<Vec<Box<str>>>,
    pub(crate) credential: Arc<Credential>,
}

/// What to do with a client that requests a name for which there is no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnknownNames {
    /// Use the default credentials: those without names.
    UseDefault,
    /// Refuse it with `unrecognized_name` (RFC 6066 §3). The default credentials are then for clients that request no
    /// name.
    Refuse,
}

/// Whether a server requests certificates from its clients.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientAuth {
    /// No certificate is requested.
    None,
    /// A certificate is requested, but a client without one is accepted too.
    Request(ClientTrust),
    /// A certificate is requested, and a client without one is refused.
    Require(ClientTrust),
}

/// How a server verifies its clients.
#[derive(Clone, Debug)]
pub struct ClientTrust {
    pub(crate) verifier: Verification,
    pub(crate) authorities: Vec<Vec<u8>>,
}

impl ClientTrust {
    /// Verifies with `verifier`: a `tls12::verify::TrustStore`, or your own implementation.
    #[must_use]
    pub fn new(verifier: Arc<dyn VerifyPeer>) -> Self {
        Self { verifier: Verification::InLoop(verifier), authorities: Vec::new() }
    }

    /// Verifies by the answer to [`Need::VerifyPeer`](crate::Need::VerifyPeer).
    #[must_use]
    pub fn later() -> Self {
        Self { verifier: Verification::Later, authorities: Vec::new() }
    }

    /// Sets the acceptable CAs that are announced to clients: distinguished names in DER, such as the subjects of the
    /// roots. This is a hint for the client's choice; the verifier decides. Default: none, which means any CA.
    #[must_use]
    pub fn authorities(mut self, names: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.authorities = names.into_iter().collect();
        self
    }
}

impl ClientTrust {
    /// Checks that a CertificateRequest can be made of this (RFC 5246 §7.4.4).
    fn check(&self, common: &Common) -> Result<(), ConfigError> {
        if common.schemes.is_empty() {
            return Err(ConfigError::NoSchemes);
        }
        if self.authorities.iter().any(Vec::is_empty) {
            return Err(ConfigError::AuthorityName);
        }
        // It has the same limit as a chain.
        let len: usize = self.authorities.iter().map(|name| name.len() + 2).sum();
        if len > MAX_CHAIN { Err(ConfigError::ChainTooLong) } else { Ok(()) }
    }
}

impl ClientAuth {
    pub(crate) fn trust(&self) -> Option<&ClientTrust> {
        match self {
            Self::None => None,
            Self::Request(trust) | Self::Require(trust) => Some(trust),
        }
    }
}

/// Where a server stores sessions by ID.
#[derive(Clone, Debug)]
pub(crate) enum Sessions {
    /// Nowhere.
    Off,
    /// In this store.
    InLoop(Arc<dyn ServerSessionStore>),
    /// The caller stores them, with [`Event::Session`](crate::Event::Session) and
    /// [`Need::FindSession`](crate::Need::FindSession).
    Later,
}

/// How a server seals sessions in tickets.
#[derive(Clone, Debug)]
pub(crate) enum TicketPolicy {
    /// There are no tickets.
    Off,
    /// With this.
    InLoop(Arc<dyn Tickets>),
    /// By the answers to [`Need::SealTicket`](crate::Need::SealTicket) and
    /// [`Need::OpenTicket`](crate::Need::OpenTicket).
    Later,
}

impl ServerConfig {
    /// Creates a builder with the default provider. `credential` is the default for names that no other credential has.
    #[cfg(feature = "ring")]
    pub fn builder(credential: Credential) -> ServerConfigBuilder {
        Self::builder_with_provider(crate::crypto::ring::provider(), credential)
    }

    /// Creates a builder with this provider. `credential` is the default for names that no other credential has.
    pub fn builder_with_provider(provider: Arc<dyn Provider>, credential: Credential) -> ServerConfigBuilder {
        let mut builder = Self::builder_with_psk_only(provider);
        builder.credentials.push(Named { names: None, credential: Arc::new(credential) });
        builder
    }

    /// Creates a builder for clients that are authenticated by a pre-shared key, without certificates. Set the keys
    /// with [`preshared_keys`](ServerConfigBuilder::preshared_keys).
    pub fn builder_with_psk_only(provider: Arc<dyn Provider>) -> ServerConfigBuilder {
        ServerConfigBuilder {
            policy: Policy::default(),
            key_log: None,
            trace: None,
            #[cfg(feature = "std")]
            counter: None,
            credentials: Vec::new(),
            unknown_names: UnknownNames::UseDefault,
            alpn_protocols: Vec::new(),
            client_auth: ClientAuth::None,
            psks: ServerPsks::Off,
            psk_identity_hint: Box::default(),
            sessions: default_sessions(),
            tickets: default_tickets(&provider),
            session_context: Box::default(),
            record_size_limit: None,
            send_limit: None,
            chain_limit: ChainLimit::default(),
            provider,
        }
    }

    /// Returns a builder with the settings of this configuration, to derive another one from it. Both use the same
    /// session store and ticket keys, as with [`ServerConfigBuilder::resuming_as`].
    pub fn to_builder(&self) -> ServerConfigBuilder {
        ServerConfigBuilder {
            provider: Arc::clone(&self.common.provider),
            policy: self.common.policy.clone(),
            key_log: self.common.key_log.clone(),
            trace: self.common.trace.clone(),
            credentials: self.credentials.clone(),
            unknown_names: self.unknown_names,
            alpn_protocols: self.alpn_protocols.clone(),
            client_auth: self.client_auth.clone(),
            psks: self.psks.clone(),
            psk_identity_hint: self.psk_identity_hint.clone(),
            sessions: self.sessions.clone(),
            tickets: self.tickets.clone(),
            session_context: self.session_context.clone(),
            record_size_limit: self.record_size_limit,
            send_limit: Some(self.common.send_limit),
            chain_limit: self.common.chain_limit,
            #[cfg(feature = "std")]
            counter: self.common.counter.clone(),
        }
    }

    /// The identity of the verifier of clients; `None` if its verdicts may change at any time, or clients are not
    /// verified.
    pub(crate) fn verifier_id(&self) -> Option<VerifierId> {
        self.client_auth.trust()?.verifier.identity()
    }

    /// The credential with this key.
    pub(crate) fn credential_of(&self, key: &PublicKey) -> Option<&Arc<Credential>> {
        self.credentials.iter().map(|named| &named.credential).find(|credential| credential.public_key == *key)
    }

    /// The context that a session is bound to: it is resumed only with the same requirements on the client, and the
    /// same application protocol.
    pub(crate) fn context(&self, protocol: Option<&[u8]>) -> Box<[u8]> {
        let client_auth = match self.client_auth {
            ClientAuth::None => 0,
            ClientAuth::Request(_) => 1,
            ClientAuth::Require(_) => 2,
        };
        let mut context = Vec::from([client_auth]);
        put_vec(&mut context, LengthOf::U8, |out| out.extend(protocol.unwrap_or_default()));
        context.extend(&self.session_context);
        context.into()
    }
}

/// Checks that a client can request this name (RFC 6066 §3), or a name under `*.`.
fn check_name(name: &str) -> Result<(), ConfigError> {
    let name = name.strip_prefix("*.").unwrap_or(name);
    match DnsName::try_from(name) {
        Ok(_) if !name.ends_with('.') => Ok(()),
        _ => Err(ConfigError::ServerName(name.into())),
    }
}

/// The number of sessions that a server keeps in memory by default.
#[cfg(feature = "std")]
const DEFAULT_SESSIONS: core::num::NonZeroUsize = core::num::NonZeroUsize::new(1024).unwrap();

fn default_sessions() -> Sessions {
    #[cfg(feature = "std")]
    return Sessions::InLoop(Arc::new(crate::session::ServerMemoryStore::new(DEFAULT_SESSIONS)));
    #[cfg(not(feature = "std"))]
    Sessions::Off
}

fn default_tickets(provider: &Arc<dyn Provider>) -> TicketPolicy {
    #[cfg(feature = "std")]
    return TicketPolicy::InLoop(Arc::new(crate::session::TicketKeys::new(Arc::clone(provider))));
    #[cfg(not(feature = "std"))]
    {
        let _ = provider;
        TicketPolicy::Off
    }
}

/// Builds a [`ServerConfig`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ServerConfigBuilder {
    provider: Arc<dyn Provider>,
    policy: Policy,
    key_log: Option<SecretSink>,
    trace: Option<Arc<dyn Trace>>,
    credentials: Vec<Named>,
    unknown_names: UnknownNames,
    alpn_protocols: Vec<Box<[u8]>>,
    client_auth: ClientAuth,
    psks: ServerPsks,
    psk_identity_hint: Box<[u8]>,
    sessions: Sessions,
    tickets: TicketPolicy,
    session_context: Box<[u8]>,
    record_size_limit: Option<u16>,
    send_limit: Option<u16>,
    chain_limit: ChainLimit,
    #[cfg(feature = "std")]
    counter: Option<Arc<super::counter::HandshakeCounter>>,
}

impl ServerConfigBuilder {
    /// Sets what may be negotiated. Default: [`Policy::default`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the receiver of the secrets. Default: none.
    pub fn key_log(mut self, key_log: Arc<dyn KeyLog>) -> Self {
        self.key_log = Some(SecretSink(key_log));
        self
    }

    /// Adds a default credential, such as one with another type of key.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credentials.push(Named { names: None, credential: Arc::new(credential) });
        self
    }

    /// Adds a credential for these names: `a.example`, or `*.example` for all names with one more label that no
    /// credential has in full. Among several for a name, the client's cipher suites, schemes and groups decide, then
    /// the schemes with which their certificates are signed, then their order.
    pub fn credential_for<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>, credential: Credential) -> Self {
        let names = names.into_iter().map(|name| name.as_ref().to_ascii_lowercase().into()).collect();
        self.credentials.push(Named { names: Some(names), credential: Arc::new(credential) });
        self
    }

    /// Sets what to do with a client that requests another name. Default: [`UnknownNames::UseDefault`].
    pub fn unknown_names(mut self, unknown_names: UnknownNames) -> Self {
        self.unknown_names = unknown_names;
        self
    }

    /// Sets the application protocols, most preferred first (RFC 7301). A client that offers only others is refused.
    /// Default: none, and the offers of clients are ignored.
    pub fn alpn_protocols<P: AsRef<[u8]>>(mut self, protocols: impl IntoIterator<Item = P>) -> Self {
        self.alpn_protocols = protocols.into_iter().map(|name| name.as_ref().into()).collect();
        self
    }

    /// Sets whether certificates are requested from clients. Default: no.
    pub fn client_auth(mut self, client_auth: ClientAuth) -> Self {
        self.client_auth = client_auth;
        self
    }

    /// Sets pre-shared keys (RFC 4279), one for each client, and allows the PSK suites of the policy. No certificate is requested
    /// from a client that uses one, and its session is resumed only while it has the same key. A client with another identity
    /// receives `unknown_psk_identity`: to hide which identities are known, use
    /// [`preshared_keys_later`](Self::preshared_keys_later) and answer with a random key. Default: none.
    pub fn preshared_keys(mut self, keys: impl IntoIterator<Item = PresharedKey>) -> Self {
        self.psks = ServerPsks::InLoop(keys.into_iter().collect());
        self
    }

    /// Requests the pre-shared key of a client with [`Need::FindPsk`](crate::Need::FindPsk), also before a session is resumed.
    pub fn preshared_keys_later(mut self) -> Self {
        self.psks = ServerPsks::Later;
        self
    }

    /// Sets the hint that tells clients which of their identities to use (RFC 4279 §5.2), at most 1024 bytes. Default:
    /// none.
    pub fn psk_identity_hint(mut self, hint: impl Into<Box<[u8]>>) -> Self {
        self.psk_identity_hint = hint.into();
        self
    }

    /// Stores sessions by ID in `store`. Default: 1024 sessions in memory with the feature `std`, none without it.
    pub fn session_store(mut self, store: Arc<dyn ServerSessionStore>) -> Self {
        self.sessions = Sessions::InLoop(store);
        self
    }

    /// Lets the caller store sessions: [`Event::Session`](crate::Event::Session) provides them, and
    /// [`Need::FindSession`](crate::Need::FindSession) requests them.
    pub fn session_store_later(mut self) -> Self {
        self.sessions = Sessions::Later;
        self
    }

    /// Stores no sessions by ID.
    pub fn no_session_store(mut self) -> Self {
        self.sessions = Sessions::Off;
        self
    }

    /// Seals tickets with `tickets`. Default: rotating keys in memory with the feature `std`, no tickets without it.
    pub fn tickets(mut self, tickets: Arc<dyn Tickets>) -> Self {
        self.tickets = TicketPolicy::InLoop(tickets);
        self
    }

    /// Requests tickets with [`Need::SealTicket`](crate::Need::SealTicket) and
    /// [`Need::OpenTicket`](crate::Need::OpenTicket).
    pub fn tickets_later(mut self) -> Self {
        self.tickets = TicketPolicy::Later;
        self
    }

    /// Neither issues nor accepts tickets.
    pub fn no_tickets(mut self) -> Self {
        self.tickets = TicketPolicy::Off;
        self
    }

    /// Uses the session store and ticket keys of `other`, so that clients can resume their sessions after a change of
    /// configuration. A session is resumed only with the same [`Self::session_context`] and application protocol, and if
    /// certificates are still requested, required, or neither; after a change of the verifier, the client's chain is
    /// verified again. Replaces a session store and ticket keys that were set before.
    pub fn resuming_as(mut self, other: &ServerConfig) -> Self {
        self.sessions = other.sessions.clone();
        self.tickets = other.tickets.clone();
        self
    }

    /// Binds sessions to `context`, at most 255 bytes: another server with the same store or ticket keys resumes them
    /// only with the same context. A client's chain is verified again if the server has a different verifier than the
    /// one that accepted it, or if the verdict no longer holds. Default: empty.
    pub fn session_context(mut self, context: impl Into<Box<[u8]>>) -> Self {
        self.session_context = context.into();
        self
    }

    /// Sets the maximum plaintext of received records, 64 to 2^14 bytes, for clients that support it (RFC 8449).
    /// Default: 2^14.
    pub fn record_size_limit(mut self, limit: u16) -> Self {
        self.record_size_limit = Some(limit);
        self
    }

    /// Reports each message to `trace` as it is sent or received. Default: none.
    pub fn trace(mut self, trace: Arc<dyn Trace>) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Sets the maximum plaintext of sent records, 64 to 2^14 bytes, including those of the handshake. It is not negotiated;
    /// a lower limit that the peer requests takes precedence. Default: 2^14. Example:
    /// [`ConnectionInfo::send_limit`](crate::ConnectionInfo::send_limit).
    pub fn send_limit(mut self, limit: u16) -> Self {
        self.send_limit = Some(limit);
        self
    }

    /// Sets the maximum length of a client's certificate chain. Default: [`ChainLimit::default`].
    pub fn chain_limit(mut self, limit: ChainLimit) -> Self {
        self.chain_limit = limit;
        self
    }

    /// Counts handshakes in `counter`. Default: they are not counted.
    #[cfg(feature = "std")]
    pub fn counter(mut self, counter: Arc<super::counter::HandshakeCounter>) -> Self {
        self.counter = Some(counter);
        self
    }

    /// Builds the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] if the configuration could never work.
    pub fn build(self) -> Result<Arc<ServerConfig>, ConfigError> {
        check_alpn_protocols(&self.alpn_protocols)?;
        if let Some(limit) = self.record_size_limit {
            check_record_size_limit(limit)?;
        }
        if self.session_context.len() > MAX_SESSION_CONTEXT {
            return Err(ConfigError::SessionContext);
        }
        let knows = match (&*self.credentials, &self.psks) {
            ([], ServerPsks::Off) => return Err(ConfigError::NoCredential),
            ([], _) => Knows::PresharedKeys,
            (_, ServerPsks::Off) => Knows::Certificates,
            _ => Knows::Both,
        };
        let common = Common::new(self.provider, self.policy, self.key_log, knows)?.traced_by(self.trace);
        let common = common.limited(self.send_limit, self.chain_limit)?;
        #[cfg(feature = "std")]
        let common = common.counted_by(self.counter);
        self.psks.check(&common)?;
        if self.psk_identity_hint.len() > MAX_PSK_IDENTITY {
            return Err(ConfigError::PresharedKey);
        }
        for Named { names, credential } in &self.credentials {
            if !common.any_suite(|suite| credential.serves(&common, suite.key_exchange)) {
                return Err(ConfigError::NoSuiteForKey);
            }
            match names.as_deref() {
                Some([]) => return Err(ConfigError::ServerName(Box::default())),
                Some(names) => names.iter().try_for_each(|name| check_name(name))?,
                None => {}
            }
            credential.check_staple()?;
        }
        if let Some(verifier) = self.client_auth.trust() {
            verifier.check(&common)?;
        }
        Ok(Arc::new(ServerConfig {
            common,
            credentials: self.credentials,
            unknown_names: self.unknown_names,
            alpn_protocols: self.alpn_protocols,
            client_auth: self.client_auth,
            psks: self.psks,
            psk_identity_hint: self.psk_identity_hint,
            sessions: self.sessions,
            tickets: self.tickets,
            session_context: self.session_context,
            record_size_limit: self.record_size_limit,
        }))
    }
}
