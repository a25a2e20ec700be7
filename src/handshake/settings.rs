//! What a configuration or a policy says of itself, for whoever was given one.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::client_config::{ClientCertificates, ClientConfig};
use super::credential::{Credential, UnfitReason};
use super::need::SelectCertificateRequest;
use super::policy::{Agreement, Policy, SecureRenegotiation, Suites, UnboundSessions};
use super::server_config::{ClientAuth, ServerConfig};
use crate::crypto::{CipherSuite, Provider};
use crate::session::ClientSessionStore;
use crate::wire::{NamedGroup, SignatureScheme};

/// What both configurations say.
macro_rules! common_settings {
    ($config:ident) => {
        impl $config {
            /// The provider.
            #[must_use]
            pub fn provider(&self) -> &Arc<dyn Provider> {
                &self.common.provider
            }

            /// The policy, as it was given.
            #[must_use]
            pub fn policy(&self) -> &Policy {
                &self.common.policy
            }

            /// The cipher suites that can be used, most preferred first: those of the policy that the provider has and the
            /// credentials or pre-shared keys may serve.
            pub fn suites(&self) -> impl Iterator<Item = &'static CipherSuite> + '_ {
                self.common.suites.iter().copied()
            }

            /// The groups that can be used, most preferred first.
            #[must_use]
            pub fn groups(&self) -> &[NamedGroup] {
                &self.common.groups
            }

            /// The signature schemes that can be used, most preferred first.
            #[must_use]
            pub fn signature_schemes(&self) -> &[SignatureScheme] {
                &self.common.schemes
            }

            /// The application protocols, most preferred first.
            pub fn alpn_protocols(&self) -> impl Iterator<Item = &[u8]> {
                self.alpn_protocols.iter().map(Box::as_ref)
            }
        }
    };
}

common_settings!(ClientConfig);
common_settings!(ServerConfig);

impl ClientConfig {
    /// The credentials that may be shown to a server that asks for one, in order. None, if there are none or they are asked
    /// for by [`Need::SelectCertificate`](crate::Need::SelectCertificate).
    #[must_use]
    pub fn credentials(&self) -> &[Arc<Credential>] {
        match &self.certificates {
            ClientCertificates::InLoop(credentials) => credentials,
            ClientCertificates::Later => &[],
        }
    }

    /// Where sessions are kept; none if they are not.
    #[must_use]
    pub fn session_store(&self) -> Option<&Arc<dyn ClientSessionStore>> {
        self.sessions.as_ref()
    }
}

impl ServerConfig {
    /// The credentials, in order, whichever names they are for.
    pub fn credentials(&self) -> impl Iterator<Item = &Arc<Credential>> {
        self.credentials.iter().map(|named| &named.credential)
    }

    /// Whether clients are asked for a certificate.
    #[must_use]
    pub fn client_auth(&self) -> &ClientAuth {
        &self.client_auth
    }
}

impl Credential {
    /// The first objection to showing this to the server that makes `request`, to a client of this configuration; none if it
    /// fits. One that only [`UnfitReason::Authority`] stands against can be shown all the same.
    #[must_use]
    pub fn unfit_for(&self, request: &SelectCertificateRequest, config: &ClientConfig) -> Option<UnfitReason> {
        self.unfit(&config.common, request.certificate_types(), request.signature_schemes(), &request.authorities)
    }
}

impl Policy {
    /// The suites that it allows, most preferred first. A provider may lack some of them, unless they were named one by one.
    pub fn allowed_suites(&self) -> impl Iterator<Item = &'static CipherSuite> + '_ {
        match &self.suites {
            Suites::All(suites) | Suites::Named(suites) => suites.iter().copied(),
        }
    }

    /// The groups that it names, most preferred first; none if it allows all that the provider has.
    #[must_use]
    pub fn allowed_groups(&self) -> Option<&[NamedGroup]> {
        self.groups.as_deref()
    }

    /// The signature schemes that it names, most preferred first; none if it allows all that the provider has but those with
    /// SHA-1.
    #[must_use]
    pub fn allowed_signature_schemes(&self) -> Option<&[SignatureScheme]> {
        self.schemes.as_deref()
    }

    /// How much the extended master secret is wanted.
    #[must_use]
    pub fn extended_master_secret_agreement(&self) -> Agreement {
        self.extended_master_secret
    }

    /// How much encrypt-then-MAC is wanted.
    #[must_use]
    pub fn encrypt_then_mac_agreement(&self) -> Agreement {
        self.encrypt_then_mac
    }

    /// Whether a server must know secure renegotiation.
    #[must_use]
    pub fn secure_renegotiation_rule(&self) -> SecureRenegotiation {
        self.secure_renegotiation
    }

    /// What happens to sessions without the extended master secret.
    #[must_use]
    pub fn unbound_sessions_rule(&self) -> UnboundSessions {
        self.unbound_sessions
    }
}
