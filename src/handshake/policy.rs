//! What may be negotiated: suites, groups, signature schemes, and the extensions that fix weaknesses of TLS 1.2.

use alloc::vec::Vec;

use super::later_version::LaterVersion;
use crate::crypto::{CipherSuite, Protection, SUITES};
use crate::wire::{NamedGroup, SignatureScheme};

/// What may be negotiated. Start from one of the three predefined policies, and change individual settings.
///
/// Whatever the policy, there is no SSL, TLS 1.0 or 1.1, RC4, 3DES, EXPORT, NULL, compression or insecure renegotiation.
#[derive(Clone, Debug)]
#[must_use]
pub struct Policy {
    pub(crate) suites: Suites,
    pub(crate) groups: Option<Vec<NamedGroup>>,
    pub(crate) schemes: Option<Vec<SignatureScheme>>,
    pub(crate) extended_master_secret: Agreement,
    pub(crate) encrypt_then_mac: Agreement,
    pub(crate) secure_renegotiation: SecureRenegotiation,
    pub(crate) unbound_sessions: UnboundSessions,
    pub(crate) later_version: LaterVersion,
}

/// The suites of a policy, most preferred first.
#[derive(Clone, Debug)]
pub(crate) enum Suites {
    /// Those of these that the provider supports.
    All(Vec<&'static CipherSuite>),
    /// Exactly these.
    Named(Vec<&'static CipherSuite>),
}

/// Whether an extension is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Agreement {
    /// It is neither offered nor accepted.
    Never,
    /// It is used with every peer that supports it.
    Prefer,
    /// A peer that does not support it is refused.
    Require,
}

/// What to do with a server that does not support secure renegotiation (RFC 5746 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecureRenegotiation {
    /// Refuse it: an attacker may have spliced this side's handshake into a connection of its own to that server.
    Require,
    /// Accept the risk. Some devices leave no choice.
    Tolerate,
}

/// What to do with sessions whose keys are not bound to the handshake that created them: those without the extended
/// master secret (RFC 7627 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnboundSessions {
    /// Neither store nor resume them: each connection to such a peer needs a full handshake.
    Refuse,
    /// Resume them, if neither side uses the extended master secret again. Old devices need this, and so do FTPS
    /// servers whose data connections must resume the session of the control connection. An on-path attacker may give
    /// two connections the same keys, so a connection that resumes such a session exports no keys, has no channel
    /// binding ([`Connection::tls_unique`](crate::Connection::tls_unique)), and is not renegotiated (RFC 7627 §5.4).
    Resume,
}

impl Default for Policy {
    /// Returns a policy with ECDHE, AEADs and AES-CBC: safe with every peer that supports forward secrecy.
    fn default() -> Self {
        Self::of(|suite| suite.key_exchange.is_ephemeral())
    }
}

impl Policy {
    /// Returns a policy with ECDHE and AEADs only.
    pub fn modern() -> Self {
        Self::of(|suite| suite.key_exchange.is_ephemeral() && matches!(suite.protection, Protection::Aead(_)))
    }

    /// Returns a policy that allows everything: also static RSA key exchange, which has no forward secrecy, servers
    /// without secure renegotiation, and sessions without the extended master secret.
    ///
    /// Static RSA needs the feature `static-rsa`, which is on by default; without it, this policy has only the other suites.
    pub fn legacy() -> Self {
        Self {
            secure_renegotiation: SecureRenegotiation::Tolerate,
            unbound_sessions: UnboundSessions::Resume,
            ..Self::of(|_| true)
        }
    }

    fn of(select: impl Fn(&CipherSuite) -> bool) -> Self {
        Self {
            suites: Suites::All(SUITES.iter().filter(|suite| select(suite)).collect()),
            groups: None,
            schemes: None,
            extended_master_secret: Agreement::Prefer,
            encrypt_then_mac: Agreement::Prefer,
            secure_renegotiation: SecureRenegotiation::Require,
            unbound_sessions: UnboundSessions::Refuse,
            later_version: LaterVersion::Unsupported,
        }
    }

    /// Allows only these suites, most preferred first. [`CipherSuite::from_name`] finds a suite by its standard name.
    pub fn suites(mut self, suites: impl IntoIterator<Item = &'static CipherSuite>) -> Self {
        self.suites = Suites::Named(suites.into_iter().collect());
        self
    }

    /// Allows those of these suites that the provider supports.
    #[cfg(feature = "record")]
    pub(crate) fn allow_supported(mut self, suites: Vec<&'static CipherSuite>) -> Self {
        self.suites = Suites::All(suites);
        self
    }

    /// Returns whether this suite may be negotiated if the provider supports it.
    #[must_use]
    pub fn allows(&self, suite: &CipherSuite) -> bool {
        let (Suites::All(suites) | Suites::Named(suites)) = &self.suites;
        suites.iter().any(|allowed| allowed.code == suite.code)
    }

    /// Allows only these groups, most preferred first. Default: all that the provider supports.
    pub fn groups(mut self, groups: impl IntoIterator<Item = NamedGroup>) -> Self {
        self.groups = Some(groups.into_iter().collect());
        self
    }

    /// Allows only these signature schemes, most preferred first. Default: all that the provider supports, except those
    /// with SHA-1, which must be named. A key with an order of its own keeps it
    /// ([`Credential::signature_schemes`](crate::Credential::signature_schemes)).
    pub fn signature_schemes(mut self, schemes: impl IntoIterator<Item = SignatureScheme>) -> Self {
        self.schemes = Some(schemes.into_iter().collect());
        self
    }

    /// Sets the use of the extended master secret (RFC 7627), which binds the keys to the whole handshake. Default:
    /// prefer.
    pub fn extended_master_secret(mut self, agreement: Agreement) -> Self {
        self.extended_master_secret = agreement;
        self
    }

    /// Sets the use of encrypt-then-MAC (RFC 7366) for CBC suites. Default: prefer.
    pub fn encrypt_then_mac(mut self, agreement: Agreement) -> Self {
        self.encrypt_then_mac = agreement;
        self
    }

    /// Sets what to do with sessions without the extended master secret. Default: refuse them, except in
    /// [`Self::legacy`].
    pub fn unbound_sessions(mut self, unbound_sessions: UnboundSessions) -> Self {
        self.unbound_sessions = unbound_sessions;
        self
    }

    /// Sets whether a client accepts a server that does not support secure renegotiation.
    pub fn secure_renegotiation(mut self, secure_renegotiation: SecureRenegotiation) -> Self {
        self.secure_renegotiation = secure_renegotiation;
        self
    }

    /// Sets whether this endpoint also supports TLS 1.3 through another library, so that a forced downgrade to TLS 1.2 is
    /// detected. Default: it does not.
    pub fn later_version(mut self, later_version: LaterVersion) -> Self {
        self.later_version = later_version;
        self
    }
}
