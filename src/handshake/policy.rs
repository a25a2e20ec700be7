//! What may be negotiated: suites, groups, signature schemes, and the extensions that repair TLS 1.2.

use alloc::vec::Vec;

use crate::crypto::{CipherSuite, Protection, SUITES};
use crate::wire::{NamedGroup, SignatureScheme};

/// What may be negotiated. Start from one of the three, and set one by one what must differ.
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
}

/// The suites of a policy, most preferred first.
#[derive(Clone, Debug)]
pub(crate) enum Suites {
    /// Those of these that the provider has.
    All(Vec<&'static CipherSuite>),
    /// These, or none.
    Named(Vec<&'static CipherSuite>),
}

/// How much an extension is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Agreement {
    /// It is not offered, nor accepted.
    Never,
    /// It is used with every peer that knows it.
    Prefer,
    /// A peer that does not know it is refused.
    Require,
}

/// What to do with a server that does not know secure renegotiation (RFC 5746 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecureRenegotiation {
    /// Refuse it: an attacker may have spliced our handshake into a connection of its own to that server.
    Require,
    /// Take the risk. Some devices leave no choice.
    Tolerate,
}

/// What to do with sessions whose keys are not bound to the handshake that made them: those without the extended master
/// secret (RFC 7627 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnboundSessions {
    /// Neither keep nor resume them: each connection to such a peer takes a full handshake.
    Refuse,
    /// Resume them, where both sides do without the extended master secret again. Old devices need it, and so do FTPS servers
    /// whose data connections must resume the session of the control connection. An attacker in the middle may have the same
    /// keys on two connections: so one that resumes such a session exports no keys, has no channel binding
    /// ([`Connection::tls_unique`](crate::Connection::tls_unique)), and is not renegotiated (RFC 7627 §5.4).
    Resume,
}

impl Default for Policy {
    /// ECDHE, with AEADs and with AES-CBC: what is safe with every peer that has forward secrecy.
    fn default() -> Self {
        Self::of(|suite| suite.key_exchange.is_ephemeral())
    }
}

impl Policy {
    /// ECDHE with AEADs only.
    pub fn modern() -> Self {
        Self::of(|suite| suite.key_exchange.is_ephemeral() && matches!(suite.protection, Protection::Aead(_)))
    }

    /// Everything: also static RSA key exchange, which has no forward secrecy, servers that do not know secure
    /// renegotiation, and sessions without the extended master secret.
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
        }
    }

    /// Only these suites, most preferred first: by the standard's names, see [`CipherSuite::from_name`].
    pub fn suites(mut self, suites: impl IntoIterator<Item = &'static CipherSuite>) -> Self {
        self.suites = Suites::Named(suites.into_iter().collect());
        self
    }

    /// Whether this suite may be negotiated, if the provider has it.
    #[must_use]
    pub fn allows(&self, suite: &CipherSuite) -> bool {
        let (Suites::All(suites) | Suites::Named(suites)) = &self.suites;
        suites.iter().any(|allowed| allowed.code == suite.code)
    }

    /// Only these groups, most preferred first. Without this: all that the provider has.
    pub fn groups(mut self, groups: impl IntoIterator<Item = NamedGroup>) -> Self {
        self.groups = Some(groups.into_iter().collect());
        self
    }

    /// Only these signature schemes, most preferred first. Without this: all that the provider has but those with SHA-1, which
    /// must be named.
    pub fn signature_schemes(mut self, schemes: impl IntoIterator<Item = SignatureScheme>) -> Self {
        self.schemes = Some(schemes.into_iter().collect());
        self
    }

    /// The extended master secret (RFC 7627), which binds the keys to the whole handshake. Default: prefer.
    pub fn extended_master_secret(mut self, agreement: Agreement) -> Self {
        self.extended_master_secret = agreement;
        self
    }

    /// Encrypt-then-MAC (RFC 7366) for CBC suites. Default: prefer.
    pub fn encrypt_then_mac(mut self, agreement: Agreement) -> Self {
        self.encrypt_then_mac = agreement;
        self
    }

    /// What to do with sessions without the extended master secret. Default: refuse them, but for [`Self::legacy`].
    pub fn unbound_sessions(mut self, unbound_sessions: UnboundSessions) -> Self {
        self.unbound_sessions = unbound_sessions;
        self
    }

    /// Whether a client accepts a server that does not know secure renegotiation.
    pub fn secure_renegotiation(mut self, secure_renegotiation: SecureRenegotiation) -> Self {
        self.secure_renegotiation = secure_renegotiation;
        self
    }
}
