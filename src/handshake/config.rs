//! The common part of client and server configurations, and the errors in building them.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::limits::RecordLimits;
use super::peer::ChainLimit;
use super::policy::{Agreement, Policy, SecureRenegotiation, Suites, UnboundSessions};
use super::trace::Trace;
use crate::crypto::{CipherSuite, KeyExchange, KeyShare, MasterSecret, Provider, fitting};
use crate::error::ProviderError;
use crate::pem::PemError;
use crate::wire::{MAX_RECORD_SIZE_LIMIT, MIN_RECORD_SIZE_LIMIT, NamedGroup, Random, SignatureScheme};

/// The maximum length of a certificate chain, OCSP response or timestamp list that is sent, in bytes, so that a peer
/// using this library accepts the message.
pub(crate) const MAX_CHAIN: usize = 60_000;

/// The maximum length of a session context, in bytes.
pub(crate) const MAX_SESSION_CONTEXT: usize = 255;

/// The common part of client and server configurations: the policy, reduced to what the provider supports.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) suites: Vec<&'static CipherSuite>,
    pub(crate) groups: Vec<NamedGroup>,
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) scheme_order: SchemeOrder,
    pub(crate) extended_master_secret: Agreement,
    pub(crate) encrypt_then_mac: Agreement,
    pub(crate) secure_renegotiation: SecureRenegotiation,
    pub(crate) unbound_sessions: UnboundSessions,
    pub(crate) key_log: Option<SecretSink>,
    pub(crate) trace: Option<Arc<dyn Trace>>,
    /// The longest text of a record that this side sends, whatever the peer accepts.
    pub(crate) send_limit: u16,
    pub(crate) chain_limit: ChainLimit,
    #[cfg(feature = "std")]
    pub(crate) counter: Option<Arc<super::counter::HandshakeCounter>>,
    /// Records the next connection, if it is to be recorded.
    #[cfg(feature = "record")]
    pub(crate) recorder: Option<Arc<dyn super::tape::Recorder>>,
    /// The original policy, for deriving another configuration.
    pub(crate) policy: Policy,
    knows: Knows,
}

/// How to choose among several schemes of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SchemeOrder {
    /// By the order of the policy.
    Policy,
    /// By the key's own preference, since the policy has none: the scheme whose hash matches its curve.
    Key,
}

impl Common {
    pub(crate) fn new(
        provider: Arc<dyn Provider>,
        policy: Policy,
        key_log: Option<SecretSink>,
        knows: Knows,
    ) -> Result<Self, ConfigError> {
        let has_group = |name: &NamedGroup| provider.groups().iter().any(|group| group.name() == *name);
        let algorithms = provider.signature_algorithms();
        let has_scheme = |name: &SignatureScheme| algorithms.of_scheme(*name).next().is_some();
        let all_groups = || provider.groups().iter().map(|group| group.name()).collect();
        let all_schemes = || algorithms.schemes().collect();
        let groups: Vec<NamedGroup> = policy.groups.clone().unwrap_or_else(all_groups);
        let scheme_order = if policy.schemes.is_some() { SchemeOrder::Policy } else { SchemeOrder::Key };
        let schemes: Vec<SignatureScheme> = policy.schemes.clone().unwrap_or_else(all_schemes);
        let suites = match policy.suites.clone() {
            Suites::Named(suites) => match suites.iter().find(|suite| !provider.supports(suite)) {
                Some(suite) => return Err(ConfigError::UnsupportedSuite(suite.name)),
                None => match suites.iter().find(|suite| !knows.serves(suite)) {
                    Some(suite) if suite.key_exchange.is_psk() => return Err(ConfigError::NoPresharedKey(suite.name)),
                    Some(suite) => return Err(ConfigError::OnlyPresharedKeys(suite.name)),
                    None => suites,
                },
            },
            Suites::All(suites) => {
                suites.into_iter().filter(|suite| provider.supports(suite) && knows.serves(suite)).collect()
            }
        };
        if let Some(group) = groups.iter().find(|group| !has_group(group)) {
            return Err(ConfigError::UnsupportedGroup(*group));
        }
        if let Some(scheme) = schemes.iter().find(|scheme| !has_scheme(scheme)) {
            return Err(ConfigError::UnsupportedScheme(*scheme));
        }
        if suites.is_empty() {
            return Err(ConfigError::NoSuites);
        }
        if suites.iter().any(|suite| suite.key_exchange.is_ephemeral()) {
            if groups.is_empty() {
                return Err(ConfigError::NoGroups);
            }
            if schemes.is_empty() && suites.iter().any(|suite| !suite.key_exchange.is_psk()) {
                return Err(ConfigError::NoSchemes);
            }
        }
        Ok(Self {
            suites,
            groups,
            schemes,
            scheme_order,
            extended_master_secret: policy.extended_master_secret,
            encrypt_then_mac: policy.encrypt_then_mac,
            secure_renegotiation: policy.secure_renegotiation,
            unbound_sessions: policy.unbound_sessions,
            key_log,
            trace: None,
            send_limit: MAX_RECORD_SIZE_LIMIT,
            chain_limit: ChainLimit::default(),
            #[cfg(feature = "std")]
            counter: None,
            #[cfg(feature = "record")]
            recorder: None,
            provider,
            policy,
            knows,
        })
    }

    /// Whether the policy lists its suites explicitly.
    pub(crate) fn names_suites(&self) -> bool {
        matches!(self.policy.suites, Suites::Named(_))
    }

    /// Whether another policy would allow `suite`, everything else being equal.
    pub(crate) fn could_allow(&self, suite: &CipherSuite) -> bool {
        let named = self.suites.iter().map(|ours| ours.code).any(|code| code == suite.code);
        !named && self.knows.serves(suite) && self.provider.supports(suite)
    }

    /// Whether another policy would allow this signature scheme, everything else being equal.
    pub(crate) fn could_allow_scheme(&self, scheme: SignatureScheme) -> bool {
        let algorithms = self.provider.signature_algorithms();
        let is_here = algorithms.of_scheme(scheme).next().is_some();
        is_here && !self.schemes.contains(&scheme) && self.any_suite(|suite| !suite.key_exchange.is_psk())
    }

    /// Whether there is a pre-shared key, or may be.
    pub(crate) fn knows_psk(&self) -> bool {
        !matches!(self.knows, Knows::Certificates)
    }

    /// Sets the receiver of the trace.
    pub(crate) fn traced_by(self, trace: Option<Arc<dyn Trace>>) -> Self {
        Self { trace, ..self }
    }

    /// Sets the counter of handshakes.
    #[cfg(feature = "std")]
    pub(crate) fn counted_by(self, counter: Option<Arc<super::counter::HandshakeCounter>>) -> Self {
        Self { counter, ..self }
    }

    /// The same, with limits that were set.
    pub(crate) fn limited(self, send_limit: Option<u16>, chain_limit: ChainLimit) -> Result<Self, ConfigError> {
        let send_limit = send_limit.unwrap_or(MAX_RECORD_SIZE_LIMIT);
        if !(MIN_RECORD_SIZE_LIMIT..=MAX_RECORD_SIZE_LIMIT).contains(&send_limit) {
            return Err(ConfigError::RecordSizeLimit(send_limit));
        }
        if chain_limit.certificates == 0 || chain_limit.bytes == 0 {
            return Err(ConfigError::ChainLimit);
        }
        Ok(Self { send_limit, chain_limit, ..self })
    }

    /// The negotiated limits, further limited by this side's `send_limit`.
    pub(crate) fn limit(&self, agreed: RecordLimits) -> RecordLimits {
        RecordLimits { send: agreed.send.min(self.send_limit), ..agreed }
    }

    /// Whether to keep a session with or without the extended master secret (RFC 7627 §5.3).
    pub(crate) fn keeps_session(&self, extended_master_secret: bool) -> bool {
        extended_master_secret || self.unbound_sessions == UnboundSessions::Resume
    }

    /// Whether a session with or without the extended master secret may be resumed. The caller checks that the current
    /// hellos agree.
    pub(crate) fn may_resume(&self, extended_master_secret: bool) -> bool {
        match (extended_master_secret, self.extended_master_secret) {
            (true, Agreement::Never) | (false, Agreement::Require) => false,
            _ => self.keeps_session(extended_master_secret),
        }
    }

    /// Whether a session may be resumed whose key exchange was in this group and whose peer signed by this scheme: a policy that has
    /// become stricter holds for sessions too.
    pub(crate) fn accepts(&self, group: Option<NamedGroup>, peers: Option<SignatureScheme>) -> bool {
        group.is_none_or(|group| self.groups.contains(&group))
            && peers.is_none_or(|scheme| self.schemes.contains(&scheme))
    }

    /// Passes the master secret to the key log, if there is one.
    pub(crate) fn log_master_secret(&self, client_random: &Random, master: &MasterSecret) {
        if let Some(key_log) = &self.key_log {
            key_log.0.log("CLIENT_RANDOM", client_random, master.expose());
        }
    }

    pub(crate) fn any_suite(&self, is: impl Fn(&CipherSuite) -> bool) -> bool {
        self.suites.iter().any(|suite| is(suite))
    }

    /// Generates a share in the group with this name, which was offered or chosen.
    pub(crate) fn key_share(&self, name: NamedGroup) -> Result<Box<dyn KeyShare>, ProviderError> {
        let found = self.provider.groups().iter().copied().find(|group| group.name() == name);
        let share = self.provider.key_share(found.ok_or(ProviderError::Unsupported("the group"))?)?;
        fitting(share.public_key(), usize::from(u8::MAX), "making a key share of 1 to 255 bytes")?;
        Ok(share)
    }
}

/// How a configuration can authenticate its peers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Knows {
    Certificates,
    PresharedKeys,
    Both,
}

impl Knows {
    /// Whether the configuration has the kind of credentials that `suite` needs.
    pub(crate) fn serves(self, suite: &CipherSuite) -> bool {
        match self {
            Self::Certificates => !suite.key_exchange.is_psk(),
            Self::PresharedKeys => suite.key_exchange.is_psk(),
            Self::Both => true,
        }
    }
}

/// Receives the master secret of each connection, so that recorded traffic can be decrypted (in the NSS key log
/// format).
///
/// Anyone with these secrets can read the connections. Use it only for debugging.
pub trait KeyLog: Send + Sync {
    /// `label` is `CLIENT_RANDOM`, `secret` the master secret.
    fn log(&self, label: &str, client_random: &[u8; 32], secret: &[u8]);
}

/// The key log of a configuration. It is not printed, since it may contain the secrets that it received.
#[derive(Clone)]
pub(crate) struct SecretSink(pub(crate) Arc<dyn KeyLog>);

impl fmt::Debug for SecretSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyLog")
    }
}

/// Why a configuration was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The policy has no cipher suite.
    NoSuites,
    /// The policy has ECDHE suites, but no group.
    NoGroups,
    /// The policy has ECDHE suites, or client certificates are requested, but there is no signature scheme.
    NoSchemes,
    /// The provider does not support the algorithms of this suite.
    UnsupportedSuite(&'static str),
    /// The provider does not support this group.
    UnsupportedGroup(NamedGroup),
    /// The provider does not support this signature scheme.
    UnsupportedScheme(SignatureScheme),
    /// The certificate chain is empty.
    NoCertificate,
    /// The certificate chain is longer than 60000 bytes.
    ChainTooLong,
    /// The PEM text could not be read.
    Pem(PemError),
    /// The first certificate is malformed.
    Certificate,
    /// The private key does not match the first certificate.
    KeyMismatch,
    /// No suite of the policy can be used with the key of the certificate.
    NoSuiteForKey,
    /// No signature scheme of the policy can be used with the key of a client's certificate.
    NoSchemeForKey,
    /// This is not a name that clients can request: a DNS name, or `*.` and a DNS name. Empty if no name was given.
    ServerName(Box<str>),
    /// The OCSP response is empty, or longer than 60000 bytes.
    OcspResponse,
    /// The list of certificate timestamps is malformed (RFC 6962 §3.3), or longer than 60000 bytes.
    SctList,
    /// The distinguished name of a CA is empty.
    AuthorityName,
    /// The name of an application protocol is not 1 to 255 bytes long, or all of them together exceed 16384 bytes.
    AlpnProtocol,
    /// A record size limit, or a send limit, is not 64 to 2^14.
    RecordSizeLimit(u16),
    /// The limit on the peer's chain does not allow a single certificate.
    ChainLimit,
    /// A key cannot sign with this scheme, which was set for its credential; or none was set.
    SchemeNotOfKey(Option<SignatureScheme>),
    /// The requested padding of the ClientHello exceeds a record.
    HelloTooLong,
    /// The session context is longer than 255 bytes.
    SessionContext,
    /// The identity of a pre-shared key is longer than 1024 bytes, or the key does not have 1 to 512 bytes, or the hint
    /// is longer than 1024 bytes.
    PresharedKey,
    /// Two pre-shared keys have the same identity: this one, escaped.
    PskIdentityTwice(Box<str>),
    /// This suite needs a pre-shared key, but there is none.
    NoPresharedKey(&'static str),
    /// This suite needs certificates, but the configuration is for pre-shared keys only.
    OnlyPresharedKeys(&'static str),
    /// There is a pre-shared key, but the policy has no PSK suite.
    NoSuiteForPsk,
    /// A server has neither a certificate nor a pre-shared key, or a client for pre-shared keys only has none.
    NoCredential,
    /// The provider failed, or refused the private key.
    Provider(ProviderError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuites => f.write_str("the policy has no cipher suite"),
            Self::NoGroups => f.write_str("the policy has ECDHE suites, but no group for them"),
            Self::NoSchemes => {
                f.write_str("the policy has no signature scheme for ECDHE suites or clients' certificates")
            }
            Self::UnsupportedSuite(name) => {
                write!(f, "the provider does not support the cipher suite {name}")?;
                let is_static_rsa =
                    CipherSuite::from_name(name).is_some_and(|suite| suite.key_exchange == KeyExchange::Rsa);
                if cfg!(not(feature = "static-rsa")) && is_static_rsa {
                    f.write_str("; the providers of tls12 need its feature `static-rsa` for that")?;
                }
                Ok(())
            }
            Self::UnsupportedGroup(group) => write!(f, "the provider does not support the group {group}"),
            Self::UnsupportedScheme(scheme) => write!(f, "the provider does not support the signature scheme {scheme}"),
            Self::NoCertificate => f.write_str("the certificate chain is empty"),
            Self::ChainTooLong => write!(f, "the certificate chain is longer than {MAX_CHAIN} bytes"),
            Self::Pem(why) => write!(f, "the PEM text cannot be read: {why}"),
            Self::Certificate => f.write_str("the first certificate of the chain is malformed"),
            Self::KeyMismatch => f.write_str(
                "the private key does not match the first certificate (the server's own must come first in the chain)",
            ),
            Self::NoSuiteForKey => f.write_str("no cipher suite of the policy can be used with this key"),
            Self::NoSchemeForKey => f.write_str("no signature scheme of the policy can be used with this key"),
            Self::ServerName(name) if name.is_empty() => f.write_str("the credential has no names"),
            Self::ServerName(name) => {
                write!(f, "\"{}\" is neither a DNS name nor *. followed by a DNS name", name.escape_debug())
            }
            Self::OcspResponse => write!(f, "an OCSP response must have 1 to {MAX_CHAIN} bytes"),
            Self::SctList => {
                write!(
                    f,
                    "the list of certificate timestamps is malformed (RFC 6962 §3.3), or longer than {MAX_CHAIN} bytes"
                )
            }
            Self::AuthorityName => f.write_str("the distinguished name of a CA is empty"),
            Self::AlpnProtocol => f.write_str(
                "the name of an application protocol must have 1 to 255 bytes, and all of them together at most 16384",
            ),
            Self::RecordSizeLimit(limit) => write!(f, "a record size limit must be 64 to 16384 bytes, not {limit}"),
            Self::ChainLimit => f.write_str("the limit on the peer's chain does not allow a single certificate"),
            Self::SchemeNotOfKey(None) => f.write_str("a credential must have a signature scheme"),
            Self::SchemeNotOfKey(Some(scheme)) => write!(f, "the key of the credential cannot sign with {scheme}"),
            Self::HelloTooLong => f.write_str("the ClientHello cannot be padded to more than 16384 bytes"),
            Self::SessionContext => f.write_str("the session context must have at most 255 bytes"),
            Self::PresharedKey => f.write_str(
                "a pre-shared key must have 1 to 512 bytes, and its identity and hint at most 1024 each",
            ),
            Self::PskIdentityTwice(identity) => write!(f, "two pre-shared keys have the identity \"{identity}\""),
            Self::NoPresharedKey(suite) => write!(f, "the cipher suite {suite} needs a pre-shared key, but there is none"),
            Self::OnlyPresharedKeys(suite) => {
                write!(f, "the cipher suite {suite} needs certificates, but this configuration is for pre-shared keys only")
            }
            Self::NoSuiteForPsk => f.write_str(
                "there is a pre-shared key, but the policy has no PSK cipher suite (those without ECDHE need Policy::legacy, or to be named)",
            ),
            Self::NoCredential => f.write_str("there is neither a certificate nor a pre-shared key for authentication"),
            Self::Provider(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ConfigError {}

impl From<PemError> for ConfigError {
    fn from(error: PemError) -> Self {
        Self::Pem(error)
    }
}

impl From<ProviderError> for ConfigError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}
