//! The getters of configurations and policies.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::client_config::{ClientCertificates, ClientConfig};
use super::credential::{Credential, UnfitReason};
use super::later_version::LaterVersion;
use super::need::SelectCertificateRequest;
use super::policy::{Agreement, Policy, SecureRenegotiation, Suites, UnboundSessions};
use super::server_config::{ClientAuth, ServerConfig};
use crate::crypto::{CipherSuite, Provider};
use crate::session::ClientSessionStore;
use crate::wire::{NamedGroup, SignatureScheme};

/// The getters that both configurations have.
macro_rules! common_settings {
    ($config:ident) => {
        impl $config {
            /// Returns the provider.
            #[must_use]
            pub fn provider(&self) -> &Arc<dyn Provider> {
                &self.common.provider
            }

            /// Returns the policy, as it was given.
            pub fn policy(&self) -> &Policy {
                &self.common.policy
            }

            /// Returns the usable cipher suites, most preferred first: those of the policy that the provider supports,
            /// and that the credentials or pre-shared keys allow.
            pub fn suites(&self) -> impl Iterator<Item = &'static CipherSuite> + '_ {
                self.common.suites.iter().copied()
            }

            /// Returns the usable groups, most preferred first.
            #[must_use]
            pub fn groups(&self) -> &[NamedGroup] {
                &self.common.groups
            }

            /// Returns the usable signature schemes, most preferred first.
            #[must_use]
            pub fn signature_schemes(&self) -> &[SignatureScheme] {
                &self.common.schemes
            }

            /// Returns the application protocols, most preferred first.
            pub fn alpn_protocols(&self) -> impl Iterator<Item = &[u8]> {
                self.alpn_protocols.iter().map(Box::as_ref)
            }
        }
    };
}

common_settings!(ClientConfig);
common_settings!(ServerConfig);

impl ClientConfig {
    /// Returns the credentials for servers that request a certificate, in order. Empty if there are none, or if they are
    /// requested with [`Need::SelectCertificate`](crate::Need::SelectCertificate).
    #[must_use]
    pub fn credentials(&self) -> &[Arc<Credential>] {
        match &self.certificates {
            ClientCertificates::InLoop(credentials) => credentials,
            ClientCertificates::Later => &[],
        }
    }

    /// Returns the session store, if there is one.
    #[must_use]
    pub fn session_store(&self) -> Option<&Arc<dyn ClientSessionStore>> {
        self.sessions.as_ref()
    }
}

impl ServerConfig {
    /// Returns the credentials for all names, in order.
    pub fn credentials(&self) -> impl Iterator<Item = &Arc<Credential>> {
        self.credentials.iter().map(|named| &named.credential)
    }

    /// Returns whether certificates are requested from clients.
    #[must_use]
    pub fn client_auth(&self) -> &ClientAuth {
        &self.client_auth
    }
}

impl Credential {
    /// Returns the first reason why this does not match the server's `request`, on a client with this configuration, or `None`
    /// if it matches. A certificate can be presented in spite of [`UnfitReason::Authority`].
    #[must_use]
    pub fn unfit_for(&self, request: &SelectCertificateRequest, config: &ClientConfig) -> Option<UnfitReason> {
        self.unfit(&config.common, request.certificate_types(), request.signature_schemes(), &request.authorities)
    }
}

impl Policy {
    /// Returns the suites that it allows, most preferred first. A provider may not support all of them, unless they
    /// were named explicitly.
    pub fn allowed_suites(&self) -> impl Iterator<Item = &'static CipherSuite> + '_ {
        match &self.suites {
            Suites::All(suites) | Suites::Named(suites) => suites.iter().copied(),
        }
    }

    /// Returns the groups that it names, most preferred first, or `None` if it allows all that the provider supports.
    #[must_use]
    pub fn allowed_groups(&self) -> Option<&[NamedGroup]> {
        self.groups.as_deref()
    }

    /// Returns the signature schemes that it names, most preferred first, or `None` if it allows all that the provider
    /// supports, except those with SHA-1.
    #[must_use]
    pub fn allowed_signature_schemes(&self) -> Option<&[SignatureScheme]> {
        self.schemes.as_deref()
    }

    /// Returns whether the extended master secret is required, preferred or not used.
    #[must_use]
    pub fn extended_master_secret_agreement(&self) -> Agreement {
        self.extended_master_secret
    }

    /// Returns whether encrypt-then-MAC is required, preferred or not used.
    #[must_use]
    pub fn encrypt_then_mac_agreement(&self) -> Agreement {
        self.encrypt_then_mac
    }

    /// Returns whether a server must support secure renegotiation.
    #[must_use]
    pub fn secure_renegotiation_rule(&self) -> SecureRenegotiation {
        self.secure_renegotiation
    }

    /// Returns how sessions without the extended master secret are treated.
    #[must_use]
    pub fn unbound_sessions_rule(&self) -> UnboundSessions {
        self.unbound_sessions
    }

    /// Returns whether this endpoint also supports TLS 1.3 through another library.
    #[must_use]
    pub fn later_version_rule(&self) -> LaterVersion {
        self.later_version
    }
}
