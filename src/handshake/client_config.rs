//! The configuration of a client.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::{CertificateDer, ServerName};

use super::config::{Common, ConfigError, KeyLog, Knows, MAX_SESSION_CONTEXT, SecretSink};
use super::credential::Credential;
use super::peer::{ChainLimit, Peer, VerifyPeer};
use super::policy::Policy;
use super::psk::{ClientPsk, PresharedKey};
use super::shape::{HelloShape, Indication};
use super::trace::Trace;
use crate::crypto::{HashAlgorithm, Protection, Provider};
use crate::error::{CertificateError, ProviderError};
use crate::session::{ClientContext, ClientSessionStore, CredentialsId, VerifierId};
use crate::wire::{MAX_RECORD_SIZE_LIMIT, MIN_RECORD_SIZE_LIMIT, MaxFragmentLength, put_certificate};

/// The configuration of a client, shared by any number of connections.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    pub(crate) common: Common,
    pub(crate) verifier: Verification,
    pub(crate) certificates: ClientCertificates,
    pub(crate) credentials_id: CredentialsId,
    pub(crate) psk: ClientPsk,
    pub(crate) alpn_protocols: Vec<Box<[u8]>>,
    pub(crate) tickets: AskFor,
    pub(crate) certificate_status: AskFor,
    pub(crate) certificate_timestamps: AskFor,
    pub(crate) record_limit: RecordLimit,
    pub(crate) renegotiation: Renegotiation,
    pub(crate) false_start: FalseStart,
    pub(crate) shape: HelloShape,
    pub(crate) sessions: Option<Arc<dyn ClientSessionStore>>,
    pub(crate) session_context: ClientContext,
}

/// What decides whether a peer's certificate chain is trusted.
#[derive(Clone, Debug)]
pub(crate) enum Verification {
    /// This verifier, within the call.
    InLoop(Arc<dyn VerifyPeer>),
    /// The answer to [`Need::VerifyPeer`](crate::Need::VerifyPeer).
    Later,
    /// Nothing: there are only pre-shared keys.
    None,
}

impl Verification {
    /// The identity of the verifier; `None` if its verdicts may change at any time.
    pub(crate) fn identity(&self) -> Option<VerifierId> {
        match self {
            Self::InLoop(verifier) => verifier.identity(),
            Self::Later | Self::None => None,
        }
    }

    /// Tells the verifier that the handshake is complete, if the peer has certificates. A caller who answers later
    /// learns it from [`Event::Connected`](crate::Event::Connected).
    pub(crate) fn established(&self, peer: &Peer, certificates: &[CertificateDer<'_>]) -> Result<(), CertificateError> {
        match self {
            Self::InLoop(verifier) if !certificates.is_empty() => verifier.established(peer, certificates),
            _ => Ok(()),
        }
    }
}

/// The certificates that a client can present on request.
#[derive(Clone, Debug)]
pub(crate) enum ClientCertificates {
    /// The first of these that matches the server's request, or none.
    InLoop(Vec<Arc<Credential>>),
    /// The answer to [`Need::SelectCertificate`](crate::Need::SelectCertificate).
    Later,
}

impl ClientCertificates {
    /// A hash of them, which differs between none and those that are selected later.
    fn id(&self, provider: &dyn Provider) -> Result<CredentialsId, ProviderError> {
        let mut list = Vec::new();
        match self {
            Self::InLoop(all) => all.iter().for_each(|one| put_certificate(&mut list, &one.chain)),
            // A client without certificates must not resume a session under one that was selected. No chain is a single byte.
            Self::Later => list.push(1),
        }
        let digest = provider.hash(HashAlgorithm::Sha256, &list)?;
        digest.as_ref().try_into().map(Arc::new).map_err(|_| ProviderError::Failed("hashing"))
    }
}

/// Whether a client requests something from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AskFor {
    /// Request it.
    Yes,
    /// Do not request it.
    No,
}

/// The limit on the size of records that a client requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordLimit {
    /// No limit: each side sends up to 2^14 bytes of plaintext per record.
    None,
    /// A limit for both sides (max_fragment_length, RFC 6066 §4), if the server supports it. It applies to the whole
    /// session: a session that was created with another limit is not offered.
    MaxFragmentLength(MaxFragmentLength),
    /// The maximum plaintext of the server's records, 64 to 2^14 bytes, while the server sets that of the client's
    /// records (record_size_limit, RFC 8449), if the server supports it.
    RecordSizeLimit(u16),
}

/// Whether a client renegotiates at the server's request (RFC 5246 §7.4.1.1). Servers do this to request a client
/// certificate after they have read an application request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Renegotiation {
    /// Refuse with `no_renegotiation`. Most servers then close the connection.
    Refuse,
    /// Renegotiate up to this many times per connection, but only securely (RFC 5746), with a server that presents the
    /// same certificates again, and never if the application protocol is `h2` (RFC 9113 §9.2.1). During a renegotiation
    /// no data can be sent: [`SealError::Renegotiating`](crate::SealError::Renegotiating).
    AtMost(u8),
}

/// Whether a client sends data before it has received the server's Finished (RFC 7918), which saves a round trip.
///
/// By then the server's chain has been verified, and its signature authenticates its key share, so only the server can
/// read the data. But only the server's Finished proves that the hellos were not modified: an attacker may have made
/// the two sides choose another suite or protocol among those that this side allows. If the handshake then fails, the
/// data is lost, and was not processed.
///
/// It saves the round trip when a [`Connection`](crate::Connection) is driven directly, and with `io::blocking`, where
/// the first write waits only until data can be sent. The asynchronous adapters return from `connect` once the
/// handshake is complete, and the adapter for ureq also completes it, so False Start saves nothing there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FalseStart {
    /// Wait for the server's Finished.
    Never,
    /// Send data early if the connection has forward secrecy and an AEAD (RFC 7918 §4), and this is the first handshake
    /// of the connection, and a full one. [`Event::FalseStart`](crate::Event::FalseStart) then precedes
    /// [`Event::Connected`](crate::Event::Connected).
    WhereSafe,
}

impl ClientConfig {
    /// Creates a builder with the default provider. `verifier` decides whether a server is trusted: a
    /// `tls12::verify::TrustStore`, or your own implementation.
    #[cfg(feature = "ring")]
    pub fn builder(verifier: Arc<dyn VerifyPeer>) -> ClientConfigBuilder {
        Self::builder_with_provider(crate::crypto::ring::provider(), verifier)
    }

    /// Creates a builder with this provider.
    pub fn builder_with_provider(provider: Arc<dyn Provider>, verifier: Arc<dyn VerifyPeer>) -> ClientConfigBuilder {
        ClientConfigBuilder::new(provider, Verification::InLoop(verifier))
    }

    /// Creates a builder for connections that request each verdict with [`Need::VerifyPeer`](crate::Need::VerifyPeer).
    pub fn builder_verifying_later(provider: Arc<dyn Provider>) -> ClientConfigBuilder {
        ClientConfigBuilder::new(provider, Verification::Later)
    }

    /// Creates a builder for servers that are authenticated by a pre-shared key instead of a certificate. Set the key
    /// with [`preshared_key`](ClientConfigBuilder::preshared_key).
    pub fn builder_with_psk_only(provider: Arc<dyn Provider>) -> ClientConfigBuilder {
        ClientConfigBuilder::new(provider, Verification::None)
    }

    /// Returns a builder with the settings of this configuration, to derive another one from it. The new configuration
    /// uses the same session store, but does not resume this one's sessions unless both have the same
    /// [`session_context`](ClientConfigBuilder::session_context).
    pub fn to_builder(&self) -> ClientConfigBuilder {
        ClientConfigBuilder {
            provider: Arc::clone(&self.common.provider),
            verifier: self.verifier.clone(),
            policy: self.common.policy.clone(),
            key_log: self.common.key_log.clone(),
            trace: self.common.trace.clone(),
            certificates: self.certificates.clone(),
            psk: self.psk.clone(),
            alpn_protocols: self.alpn_protocols.clone(),
            tickets: self.tickets,
            certificate_status: self.certificate_status,
            certificate_timestamps: self.certificate_timestamps,
            record_limit: self.record_limit,
            send_limit: Some(self.common.send_limit),
            chain_limit: self.common.chain_limit,
            renegotiation: self.renegotiation,
            false_start: self.false_start,
            shape: self.shape.clone(),
            sessions: self.sessions.clone(),
            session_context: match &self.session_context {
                ClientContext::Own(_) => None,
                ClientContext::Shared(context) => Some(context.clone()),
            },
            #[cfg(feature = "std")]
            counter: self.common.counter.clone(),
        }
    }

    /// The fragment length to request.
    pub(crate) fn max_fragment_length(&self) -> Option<MaxFragmentLength> {
        match self.record_limit {
            RecordLimit::MaxFragmentLength(length) => Some(length),
            RecordLimit::None | RecordLimit::RecordSizeLimit(_) => None,
        }
    }

    /// The name in the server_name extension, if there is one. `server_name` is the name that the certificate must have.
    pub(crate) fn indicated<'a>(&'a self, server_name: Option<&'a ServerName<'_>>) -> Option<&'a str> {
        let name = match (&self.shape.indication, server_name) {
            (Indication::Same, Some(ServerName::DnsName(name))) | (Indication::Other(name), _) => name,
            // RFC 6066 §3: literal addresses are not permitted in it.
            (Indication::Same, _) | (Indication::Omitted, _) => return None,
        };
        Some(name.as_ref().trim_end_matches('.'))
    }

    pub(crate) fn uses_cbc(&self) -> bool {
        self.common.any_suite(|suite| matches!(suite.protection, Protection::Cbc(..)))
    }
}

/// Builds a [`ClientConfig`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ClientConfigBuilder {
    provider: Arc<dyn Provider>,
    verifier: Verification,
    policy: Policy,
    key_log: Option<SecretSink>,
    trace: Option<Arc<dyn Trace>>,
    certificates: ClientCertificates,
    psk: ClientPsk,
    alpn_protocols: Vec<Box<[u8]>>,
    tickets: AskFor,
    certificate_status: AskFor,
    certificate_timestamps: AskFor,
    record_limit: RecordLimit,
    send_limit: Option<u16>,
    chain_limit: ChainLimit,
    renegotiation: Renegotiation,
    false_start: FalseStart,
    shape: HelloShape,
    sessions: Option<Arc<dyn ClientSessionStore>>,
    session_context: Option<Box<[u8]>>,
    #[cfg(feature = "std")]
    counter: Option<Arc<super::counter::HandshakeCounter>>,
}

/// The number of sessions that a client keeps in memory by default.
#[cfg(feature = "std")]
const DEFAULT_SESSIONS: core::num::NonZeroUsize = core::num::NonZeroUsize::new(256).unwrap();

fn default_sessions() -> Option<Arc<dyn ClientSessionStore>> {
    #[cfg(feature = "std")]
    return Some(Arc::new(crate::session::ClientMemoryStore::new(DEFAULT_SESSIONS)));
    #[cfg(not(feature = "std"))]
    None
}

impl ClientConfigBuilder {
    fn new(provider: Arc<dyn Provider>, verifier: Verification) -> Self {
        Self {
            provider,
            verifier,
            policy: Policy::default(),
            key_log: None,
            trace: None,
            #[cfg(feature = "std")]
            counter: None,
            certificates: ClientCertificates::InLoop(Vec::new()),
            psk: ClientPsk::Off,
            alpn_protocols: Vec::new(),
            tickets: AskFor::Yes,
            certificate_status: AskFor::Yes,
            certificate_timestamps: AskFor::Yes,
            record_limit: RecordLimit::None,
            send_limit: None,
            chain_limit: ChainLimit::default(),
            renegotiation: Renegotiation::Refuse,
            false_start: FalseStart::Never,
            shape: HelloShape::default(),
            sessions: default_sessions(),
            session_context: None,
        }
    }

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

    /// Sets the certificates for servers that request one. The first is used whose key and schemes match, preferably
    /// one issued by a CA that the server lists. Default: none, in which case the client answers with an empty list and
    /// the server decides whether to accept it. A session with a server that requested a certificate is resumed only
    /// with the same set of certificates.
    pub fn credentials(mut self, credentials: impl IntoIterator<Item = Credential>) -> Self {
        self.certificates = ClientCertificates::InLoop(credentials.into_iter().map(Arc::new).collect());
        self
    }

    /// Requests the certificate with [`Need::SelectCertificate`](crate::Need::SelectCertificate). A resumed session has
    /// the client identity with which it was created: keep sessions of different answers apart.
    pub fn credentials_later(mut self) -> Self {
        self.certificates = ClientCertificates::Later;
        self
    }

    /// Sets the pre-shared key for the server (RFC 4279), and offers the PSK suites of the policy. A session is resumed only with
    /// the key with which it was created. Default: none.
    pub fn preshared_key(mut self, psk: PresharedKey) -> Self {
        self.psk = ClientPsk::InLoop(psk);
        self
    }

    /// Requests the pre-shared key with [`Need::SelectPsk`](crate::Need::SelectPsk), which contains the server's hint, and
    /// before a session is offered.
    pub fn preshared_key_later(mut self) -> Self {
        self.psk = ClientPsk::Later;
        self
    }

    /// Sets the application protocols to offer, most preferred first (RFC 7301), such as `h2`. Default: none.
    pub fn alpn_protocols<P: AsRef<[u8]>>(mut self, protocols: impl IntoIterator<Item = P>) -> Self {
        self.alpn_protocols = protocols.into_iter().map(|name| name.as_ref().into()).collect();
        self
    }

    /// Sets whether to request and offer session tickets (RFC 5077). Default: yes.
    pub fn tickets(mut self, tickets: AskFor) -> Self {
        self.tickets = tickets;
        self
    }

    /// Sets whether to request an OCSP response (RFC 6066 §8) for the verifier. Default: yes.
    pub fn certificate_status(mut self, certificate_status: AskFor) -> Self {
        self.certificate_status = certificate_status;
        self
    }

    /// Sets whether to request certificate timestamps (RFC 6962 §3.3) for the verifier. Default: yes. Example:
    /// [`ConnectionInfo::sct_list`](crate::ConnectionInfo::sct_list).
    pub fn certificate_timestamps(mut self, certificate_timestamps: AskFor) -> Self {
        self.certificate_timestamps = certificate_timestamps;
        self
    }

    /// Sets the limit on the size of records. Default: none.
    pub fn record_limit(mut self, limit: RecordLimit) -> Self {
        self.record_limit = limit;
        self
    }

    /// Sets the maximum plaintext of sent records, 64 to 2^14 bytes, including those of the handshake. It is not negotiated;
    /// a lower limit that the peer requests takes precedence. Default: 2^14. Example:
    /// [`ConnectionInfo::send_limit`](crate::ConnectionInfo::send_limit).
    pub fn send_limit(mut self, limit: u16) -> Self {
        self.send_limit = Some(limit);
        self
    }

    /// Sets the maximum length of a server's certificate chain. Default: [`ChainLimit::default`].
    pub fn chain_limit(mut self, limit: ChainLimit) -> Self {
        self.chain_limit = limit;
        self
    }

    /// Sets whether to renegotiate at the server's request. Default: no.
    pub fn renegotiation(mut self, renegotiation: Renegotiation) -> Self {
        self.renegotiation = renegotiation;
        self
    }

    /// Sets whether data may be sent before the server's Finished. Default: never.
    pub fn false_start(mut self, false_start: FalseStart) -> Self {
        self.false_start = false_start;
        self
    }

    /// Sets the shape of the ClientHello. Default: the order of this library, without padding.
    pub fn hello_shape(mut self, shape: HelloShape) -> Self {
        self.shape = shape;
        self
    }

    /// Keeps sessions in `store`, for resumption by every adapter in `io` and by
    /// [`Connection::client_with_store`](crate::Connection::client_with_store). Default: 256 sessions in memory with
    /// the feature `std`, none without it.
    pub fn session_store(mut self, store: Arc<dyn ClientSessionStore>) -> Self {
        self.sessions = Some(store);
        self
    }

    /// Keeps no sessions: each connection makes a full handshake, unless it is given a session explicitly.
    pub fn no_session_store(mut self) -> Self {
        self.sessions = None;
        self
    }

    /// Lets configurations with the same context share the sessions in a common store, such as one that outlives the
    /// process. `context` has at most 255 bytes. Default: a configuration does not share its sessions.
    pub fn session_context(mut self, context: impl Into<Box<[u8]>>) -> Self {
        self.session_context = Some(context.into());
        self
    }

    /// Reports each message to `trace` as it is sent or received. Default: none.
    pub fn trace(mut self, trace: Arc<dyn Trace>) -> Self {
        self.trace = Some(trace);
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
    pub fn build(self) -> Result<Arc<ClientConfig>, ConfigError> {
        check_alpn_protocols(&self.alpn_protocols)?;
        if let RecordLimit::RecordSizeLimit(limit) = self.record_limit {
            check_record_size_limit(limit)?;
        }
        if self.shape.min_len > HelloShape::MAX_LEN {
            return Err(ConfigError::HelloTooLong);
        }
        if self.session_context.as_ref().is_some_and(|context| context.len() > MAX_SESSION_CONTEXT) {
            return Err(ConfigError::SessionContext);
        }
        let knows = match (&self.verifier, &self.psk) {
            (Verification::None, ClientPsk::Off) => return Err(ConfigError::NoCredential),
            (Verification::None, _) => Knows::PresharedKeys,
            (_, ClientPsk::Off) => Knows::Certificates,
            _ => Knows::Both,
        };
        let common = Common::new(self.provider, self.policy, self.key_log, knows)?.traced_by(self.trace);
        let common = common.limited(self.send_limit, self.chain_limit)?;
        #[cfg(feature = "std")]
        let common = common.counted_by(self.counter);
        self.psk.check(&common)?;
        if let ClientCertificates::InLoop(credentials) = &self.certificates {
            for credential in credentials {
                credential.scheme(&common, &common.schemes).ok_or(ConfigError::NoSchemeForKey)?;
            }
        }
        Ok(Arc::new(ClientConfig {
            credentials_id: self.certificates.id(&*common.provider)?,
            common,
            verifier: self.verifier,
            certificates: self.certificates,
            psk: self.psk,
            alpn_protocols: self.alpn_protocols,
            tickets: self.tickets,
            certificate_status: self.certificate_status,
            certificate_timestamps: self.certificate_timestamps,
            record_limit: self.record_limit,
            renegotiation: self.renegotiation,
            false_start: self.false_start,
            shape: self.shape,
            sessions: self.sessions,
            session_context: self.session_context.map_or_else(ClientContext::own, ClientContext::Shared),
        }))
    }
}

/// RFC 7301 §3.1: names of 1 to 255 bytes.
pub(crate) fn check_alpn_protocols(protocols: &[Box<[u8]>]) -> Result<(), ConfigError> {
    /// The maximum total length of the encoded names, in bytes, so that they fit in a ClientHello together with a
    /// ticket.
    const MAX_LIST: usize = 1 << 14;
    let good = |name: &[u8]| (1..=255).contains(&name.len());
    let len: usize = protocols.iter().map(|name| 1 + name.len()).sum();
    let all_good = protocols.iter().all(|name| good(name)) && len <= MAX_LIST;
    if all_good { Ok(()) } else { Err(ConfigError::AlpnProtocol) }
}

/// RFC 8449 §4: at least 64, and in TLS 1.2 no more than a record holds.
pub(crate) fn check_record_size_limit(limit: u16) -> Result<(), ConfigError> {
    let allowed = MIN_RECORD_SIZE_LIMIT..=MAX_RECORD_SIZE_LIMIT;
    if allowed.contains(&limit) { Ok(()) } else { Err(ConfigError::RecordSizeLimit(limit)) }
}
