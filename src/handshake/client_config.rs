//! How a client behaves.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::{CertificateDer, ServerName};

use super::config::{Common, ConfigError, KeyLog, Knows, MAX_SESSION_CONTEXT, SecretSink};
use super::credential::Credential;
use super::peer::{Peer, VerifyPeer};
use super::policy::Policy;
use super::psk::{ClientPsk, PresharedKey};
use super::shape::{HelloShape, Indication};
use crate::crypto::{HashAlgorithm, Protection, Provider};
use crate::error::{CertificateError, ProviderError};
use crate::session::{ClientContext, ClientSessionStore, CredentialsId, VerifierId};
use crate::wire::{MAX_RECORD_SIZE_LIMIT, MIN_RECORD_SIZE_LIMIT, MaxFragmentLength, put_certificate};

/// How a client behaves. Shared by any number of connections.
#[derive(Debug)]
pub struct ClientConfig {
    pub(crate) common: Common,
    pub(crate) verifier: Verification,
    pub(crate) certificates: ClientCertificates,
    pub(crate) credentials_id: CredentialsId,
    pub(crate) psk: ClientPsk,
    pub(crate) alpn_protocols: Vec<Box<[u8]>>,
    pub(crate) tickets: AskFor,
    pub(crate) certificate_status: AskFor,
    pub(crate) record_limit: RecordLimit,
    pub(crate) renegotiation: Renegotiation,
    pub(crate) false_start: FalseStart,
    pub(crate) shape: HelloShape,
    pub(crate) sessions: Option<Arc<dyn ClientSessionStore>>,
    pub(crate) session_context: ClientContext,
}

/// Who says whether a peer's certificate chain is to be trusted.
#[derive(Clone, Debug)]
pub(crate) enum Verification {
    /// This one, in the loop.
    InLoop(Arc<dyn VerifyPeer>),
    /// Whoever answers [`Need::VerifyPeer`](crate::Need::VerifyPeer).
    Later,
    /// Nobody: there are only pre-shared keys.
    None,
}

impl Verification {
    /// What the verdicts depend on; none, if they may change at any time.
    pub(crate) fn identity(&self) -> Option<VerifierId> {
        match self {
            Self::InLoop(verifier) => verifier.identity(),
            Self::Later | Self::None => None,
        }
    }

    /// Tells the verifier that the handshake is complete, if the peer has certificates. Whoever answers later is told by
    /// [`Event::Connected`](crate::Event::Connected).
    pub(crate) fn established(&self, peer: &Peer, certificates: &[CertificateDer<'_>]) -> Result<(), CertificateError> {
        match self {
            Self::InLoop(verifier) if !certificates.is_empty() => verifier.established(peer, certificates),
            _ => Ok(()),
        }
    }
}

/// What a client shows to a server that asks for a certificate.
#[derive(Clone, Debug)]
pub(crate) enum ClientCertificates {
    /// The first of these that fits what the server asks for, or none.
    InLoop(Vec<Arc<Credential>>),
    /// What the answer to [`Need::SelectCertificate`](crate::Need::SelectCertificate) says.
    Later,
}

impl ClientCertificates {
    /// A hash of them.
    fn id(&self, provider: &dyn Provider) -> Result<CredentialsId, ProviderError> {
        let mut list = Vec::new();
        if let Self::InLoop(credentials) = self {
            for credential in credentials {
                put_certificate(&mut list, &credential.chain);
            }
        }
        let digest = provider.hash(HashAlgorithm::Sha256, &list)?;
        digest.as_ref().try_into().map_err(|_| ProviderError::Failed("hashing"))
    }
}

/// Whether a client asks the server for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AskFor {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// How a client limits the size of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordLimit {
    /// Not: each side sends up to 2^14 bytes.
    None,
    /// Both sides keep to a length (max_fragment_length, RFC 6066 §4), if the server knows how. It holds for the session: a
    /// session that was made under another limit is not offered.
    MaxFragmentLength(MaxFragmentLength),
    /// The server sends at most so many bytes in a record, 64 to 2^14, and the client what the server says (RFC 8449), if
    /// the server knows how.
    RecordSizeLimit(u16),
}

/// Whether a client renegotiates when the server asks for it (RFC 5246 §7.4.1.1), as servers do that want a certificate only
/// after they have read the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Renegotiation {
    /// It refuses, with `no_renegotiation`; most servers then close the connection.
    Refuse,
    /// It does so many times on a connection, but only securely (RFC 5746), with a server that shows the same certificates
    /// again, and never where `h2` is spoken (RFC 9113 §9.2.1). Meanwhile nothing can be sent:
    /// [`SealError::Renegotiating`](crate::SealError::Renegotiating).
    AtMost(u8),
}

/// Whether a client sends data before the server's Finished has come (RFC 7918), and so saves a round trip.
///
/// By then the server's chain is verified, and its signature binds its share of the key exchange: nobody but the holder of that
/// key can read what is sent. But that nobody has changed the two hellos on their way is known only by its Finished: an attacker
/// may have had the two choose another suite or protocol of those that this side allows. If the handshake fails after all, what
/// was sent is lost, and was not read.
///
/// It saves the round trip with a [`Connection`](crate::Connection) of one's own and with `io::blocking`, where the first write
/// waits only until data can be sent. The asynchronous adapters return from `connect` once the handshake is complete, and the
/// adapter for ureq completes it too, so it saves nothing there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FalseStart {
    /// It does not.
    Never,
    /// It may where the connection has forward secrecy and an AEAD (RFC 7918 §4), and it is a full handshake, the first of the
    /// connection: then [`Event::FalseStart`](crate::Event::FalseStart) comes before
    /// [`Event::Connected`](crate::Event::Connected).
    WhereSafe,
}

impl ClientConfig {
    /// A configuration with the default provider. `verifier` decides whether a server is trusted: a
    /// `tls12::verify::TrustStore`, or one of your own.
    #[cfg(feature = "ring")]
    pub fn builder(verifier: Arc<dyn VerifyPeer>) -> ClientConfigBuilder {
        Self::builder_with_provider(crate::crypto::ring::provider(), verifier)
    }

    /// A configuration with this provider.
    pub fn builder_with_provider(provider: Arc<dyn Provider>, verifier: Arc<dyn VerifyPeer>) -> ClientConfigBuilder {
        ClientConfigBuilder::new(provider, Verification::InLoop(verifier))
    }

    /// A configuration whose connections ask for each verdict by [`Need::VerifyPeer`](crate::Need::VerifyPeer).
    pub fn builder_verifying_later(provider: Arc<dyn Provider>) -> ClientConfigBuilder {
        ClientConfigBuilder::new(provider, Verification::Later)
    }

    /// A configuration for servers that are known by a pre-shared key, not by a certificate: set it by
    /// [`preshared_key`](ClientConfigBuilder::preshared_key).
    pub fn builder_with_psk_only(provider: Arc<dyn Provider>) -> ClientConfigBuilder {
        ClientConfigBuilder::new(provider, Verification::None)
    }

    /// A builder with the settings of this configuration, so that another is derived from it. The new one keeps its sessions
    /// in the same store, but does not resume those of this one unless the two have a
    /// [`session_context`](ClientConfigBuilder::session_context).
    pub fn to_builder(&self) -> ClientConfigBuilder {
        ClientConfigBuilder {
            provider: Arc::clone(&self.common.provider),
            verifier: self.verifier.clone(),
            policy: self.common.policy.clone(),
            key_log: self.common.key_log.clone(),
            certificates: self.certificates.clone(),
            psk: self.psk.clone(),
            alpn_protocols: self.alpn_protocols.clone(),
            tickets: self.tickets,
            certificate_status: self.certificate_status,
            record_limit: self.record_limit,
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

    /// The fragment length to ask for.
    pub(crate) fn max_fragment_length(&self) -> Option<MaxFragmentLength> {
        match self.record_limit {
            RecordLimit::MaxFragmentLength(length) => Some(length),
            RecordLimit::None | RecordLimit::RecordSizeLimit(_) => None,
        }
    }

    /// The name in the server_name extension, if there is one. `server_name` is the name that the certificate must have.
    pub(crate) fn indicated<'a>(&'a self, server_name: &'a ServerName<'_>) -> Option<&'a str> {
        let name = match (&self.shape.indication, server_name) {
            (Indication::Same, ServerName::DnsName(name)) | (Indication::Other(name), _) => name,
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
    certificates: ClientCertificates,
    psk: ClientPsk,
    alpn_protocols: Vec<Box<[u8]>>,
    tickets: AskFor,
    certificate_status: AskFor,
    record_limit: RecordLimit,
    renegotiation: Renegotiation,
    false_start: FalseStart,
    shape: HelloShape,
    sessions: Option<Arc<dyn ClientSessionStore>>,
    session_context: Option<Box<[u8]>>,
    #[cfg(feature = "std")]
    counter: Option<Arc<super::counter::HandshakeCounter>>,
}

/// How many sessions a client keeps in memory unless it is told otherwise.
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
            #[cfg(feature = "std")]
            counter: None,
            certificates: ClientCertificates::InLoop(Vec::new()),
            psk: ClientPsk::Off,
            alpn_protocols: Vec::new(),
            tickets: AskFor::Yes,
            certificate_status: AskFor::Yes,
            record_limit: RecordLimit::None,
            renegotiation: Renegotiation::Refuse,
            false_start: FalseStart::Never,
            shape: HelloShape::default(),
            sessions: default_sessions(),
            session_context: None,
        }
    }

    /// What may be negotiated. Default: [`Policy::default`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Who receives the secrets. Default: nobody.
    pub fn key_log(mut self, key_log: Arc<dyn KeyLog>) -> Self {
        self.key_log = Some(SecretSink(key_log));
        self
    }

    /// What may be shown to a server that asks for a certificate: the first whose key and schemes fit, and which is issued by
    /// an authority that the server names, if one is. Default: none, which is a clean answer; it is for the server to
    /// accept it or not. A session of a server that asked is resumed only with the same certificates.
    pub fn credentials(mut self, credentials: impl IntoIterator<Item = Credential>) -> Self {
        self.certificates = ClientCertificates::InLoop(credentials.into_iter().map(Arc::new).collect());
        self
    }

    /// Asks what to show by [`Need::SelectCertificate`](crate::Need::SelectCertificate). A session is resumed as whoever it was
    /// made by: keep the sessions of different answers apart.
    pub fn credentials_later(mut self) -> Self {
        self.certificates = ClientCertificates::Later;
        self
    }

    /// The pre-shared key for the server (RFC 4279): offers the suites of the policy that take one. Default: none.
    pub fn preshared_key(mut self, psk: PresharedKey) -> Self {
        self.psk = ClientPsk::InLoop(psk);
        self
    }

    /// Asks for the pre-shared key by [`Need::SelectPsk`](crate::Need::SelectPsk), which has the server's hint.
    pub fn preshared_key_later(mut self) -> Self {
        self.psk = ClientPsk::Later;
        self
    }

    /// The application protocols, most preferred first (RFC 7301), such as `h2`. Default: none are offered.
    pub fn alpn_protocols<P: AsRef<[u8]>>(mut self, protocols: impl IntoIterator<Item = P>) -> Self {
        self.alpn_protocols = protocols.into_iter().map(|name| name.as_ref().into()).collect();
        self
    }

    /// Whether to ask for a session ticket (RFC 5077), and to offer one. Default: yes.
    pub fn tickets(mut self, tickets: AskFor) -> Self {
        self.tickets = tickets;
        self
    }

    /// Whether to ask for an OCSP response (RFC 6066 §8) and certificate timestamps (RFC 6962) for the verifier. Default:
    /// yes.
    pub fn certificate_status(mut self, certificate_status: AskFor) -> Self {
        self.certificate_status = certificate_status;
        self
    }

    /// How the size of records is limited. Default: not.
    pub fn record_limit(mut self, limit: RecordLimit) -> Self {
        self.record_limit = limit;
        self
    }

    /// Whether to renegotiate when the server asks for it. Default: not.
    pub fn renegotiation(mut self, renegotiation: Renegotiation) -> Self {
        self.renegotiation = renegotiation;
        self
    }

    /// Whether data may be sent before the server's Finished has come. Default: never.
    pub fn false_start(mut self, false_start: FalseStart) -> Self {
        self.false_start = false_start;
        self
    }

    /// The form of the ClientHello. Default: ours, without padding.
    pub fn hello_shape(mut self, shape: HelloShape) -> Self {
        self.shape = shape;
        self
    }

    /// Keeps sessions in `store`, to be resumed by every adapter in `io`, and by
    /// [`Connection::client_with_store`](crate::Connection::client_with_store). Default: 256 of them in memory (with feature
    /// `std`), else none.
    pub fn session_store(mut self, store: Arc<dyn ClientSessionStore>) -> Self {
        self.sessions = Some(store);
        self
    }

    /// Keeps no sessions: each connection makes a full handshake, but where it is given a session.
    pub fn no_session_store(mut self) -> Self {
        self.sessions = None;
        self
    }

    /// Has configurations with the same context share the sessions of a store that they share, such as one that outlives the
    /// process; at most 255 bytes. Default: a configuration shares its sessions with no other.
    pub fn session_context(mut self, context: impl Into<Box<[u8]>>) -> Self {
        self.session_context = Some(context.into());
        self
    }

    /// Counts handshakes by `counter`. Default: they are not counted.
    #[cfg(feature = "std")]
    pub fn counter(mut self, counter: Arc<super::counter::HandshakeCounter>) -> Self {
        self.counter = Some(counter);
        self
    }

    /// The configuration.
    ///
    /// # Errors
    /// [`ConfigError`], if it could never work.
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
        let common = Common::new(self.provider, self.policy, self.key_log, knows)?;
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
    /// All names with their lengths, in bytes, so that they fit in a ClientHello beside a ticket.
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
