//! What a bare alert of the peer's may mean, given what it has heard from us.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use rustls_pki_types::ServerName;

use super::{Diagnosis, list};
use crate::crypto::{KeyExchange, Protection, name_text};
use crate::error::AlertDescription;
use crate::handshake::{ClientConfig, Journal, JournalOf, ServerConfig, Shown, Stage};

impl Diagnosis {
    pub(super) fn alert(&mut self, alert: AlertDescription, journal: Option<&Journal>) {
        let Some(journal) = journal else {
            return;
        };
        match (&journal.side, journal.stage) {
            (JournalOf::Client { config, server_name }, Stage::Greeting) => {
                self.cause = format!("the server refused our ClientHello with the alert {alert}");
                self.offered(config, server_name);
                self.hello_refused(alert, config, server_name);
            }
            (JournalOf::Client { config, .. }, Stage::Greeted) => {
                self.cause = format!("the server ended the handshake with the alert {alert}");
                self.client_refused(alert, config, journal);
            }
            (JournalOf::Server { .. }, Stage::Greeting) => {
                self.cause = format!("the client gave up with the alert {alert} before it said anything else");
            }
            (JournalOf::Server { config }, Stage::Greeted) => {
                self.cause = format!("the client ended the handshake with the alert {alert}");
                self.server_refused(alert, config.as_deref());
            }
        }
    }

    /// What our ClientHello offered.
    pub(super) fn offered(&mut self, config: &ClientConfig, server_name: &ServerName<'_>) {
        let common = &config.common;
        self.detail("we offered TLS 1.2 only");
        self.detail(format!("suites: {}", list(common.suites.iter().map(|suite| suite.name))));
        self.detail(format!("groups: {}", list(&common.groups)));
        self.detail(format!("signature schemes: {}", list(&common.schemes)));
        self.detail(match server_name {
            ServerName::DnsName(name) => format!("server_name: {}", name.as_ref()),
            _ => String::from("server_name: none, since we were given an address"),
        });
        if !config.protocols.is_empty() {
            self.detail(format!("protocols: {}", list(config.protocols.iter().map(|name| name.escape_ascii()))));
        }
    }

    fn hello_refused(&mut self, alert: AlertDescription, config: &ClientConfig, server_name: &ServerName<'_>) {
        use AlertDescription as A;
        match alert {
            A::ProtocolVersion => {
                self.advise("the server does not speak TLS 1.2: switch it on there; an old one needs an update, one that speaks TLS 1.3 only another client");
            }
            A::UnrecognizedName => {
                self.advise("connect by a name that the server has; by an address, if it is to use its default");
            }
            A::NoApplicationProtocol => self.advise("offer a protocol that the server speaks, or none"),
            A::InternalError => self.advise("ask the server's log: it failed on its own side"),
            _ => {
                self.advise_on_offer(config);
                if !matches!(server_name, ServerName::DnsName(_)) {
                    self.advise("connect by the server's name: many servers do not answer without one");
                }
                self.advise("ask the server's log which suite, group or certificate it misses");
            }
        }
    }

    /// What we did not offer that servers may want.
    pub(super) fn advise_on_offer(&mut self, config: &ClientConfig) {
        let common = &config.common;
        if !common.any_suite(|suite| suite.key_exchange == KeyExchange::Rsa) {
            self.advise("Policy::legacy, which also offers static RSA key exchange: old servers know nothing else");
        }
        if !common.any_suite(|suite| matches!(suite.protection, Protection::Cbc(..))) {
            self.advise("Policy::default, which also offers AES-CBC");
        }
        if !common.any_suite(|suite| suite.key_exchange.is_psk()) {
            self.advise("a pre-shared key, if the server wants one");
        }
        let unused: Vec<_> =
            common.provider.signature_algorithms().by_name_only.iter().map(|(scheme, _)| scheme).collect();
        if unused.iter().any(|scheme| !common.schemes.contains(scheme)) {
            self.advise(format!("{}, by Policy::signature_schemes, if the server signs with SHA-1", list(unused)));
        }
    }

    /// The server has heard all of us.
    fn client_refused(&mut self, alert: AlertDescription, config: &ClientConfig, journal: &Journal) {
        use AlertDescription as A;
        if self.certificate_request(journal) {
            return;
        }
        match alert {
            A::UnknownPskIdentity => self.advise("the identity of the pre-shared key: the server does not know it"),
            A::BadRecordMac | A::DecryptError if config.common.any_suite(|suite| suite.key_exchange.is_psk()) => {
                self.advise("compare the pre-shared keys of both sides");
            }
            A::BadRecordMac | A::DecryptError => {
                self.advise("look for a device between the two that changes what passes");
            }
            _ => self.advise("ask the server's log why"),
        }
    }

    /// What became of the server's wish for a certificate, if it had one.
    pub(super) fn certificate_request(&mut self, journal: &Journal) -> bool {
        let Some(request) = &journal.certificate_request else {
            return false;
        };
        let authorities = list(request.authorities.iter().map(|name| name_text(name)));
        self.detail(match request.authorities.is_empty() {
            true => String::from("the server asked for a certificate of ours, by any authority"),
            false => format!("the server asked for a certificate of ours, by one of: {authorities}"),
        });
        self.detail(match request.shown {
            Shown::Nothing => "we showed none",
            Shown::Certificate => "we showed one",
            Shown::OfOtherAuthority => "we showed one that none of them has issued, as far as our chain tells",
        });
        self.advise(match request.shown {
            Shown::Nothing => "configure a certificate that one of these has issued (ClientConfigBuilder::certificates)",
            Shown::Certificate => "ask the server's log what it has against our certificate: expired, revoked, without the purpose clientAuth, or its intermediates are missing in our chain",
            Shown::OfOtherAuthority => "show a certificate that one of these has issued, with the intermediates that lead to it",
        });
        true
    }

    /// The client has heard our certificate.
    fn server_refused(&mut self, alert: AlertDescription, config: Option<&ServerConfig>) {
        use AlertDescription as A;
        let credentials = config.into_iter().flat_map(|config| &config.credentials);
        let issuers = credentials.filter_map(|named| {
            let last = named.credential.chain.last()?;
            crate::crypto::issuer_of_certificate(last).map(name_text)
        });
        match alert {
            A::UnknownCa | A::BadCertificate | A::CertificateUnknown | A::UnsupportedCertificate => {
                self.detail(format!("our chains end below: {}", list(issuers)));
                self.advise(
                    "have the server send its intermediate certificates, up to one that the client's roots have issued",
                );
                self.advise("or give the client the root; and make sure of the name that it connects by");
            }
            A::CertificateExpired => self.advise("renew the server's certificate; or set the client's clock"),
            A::CertificateRevoked => self.advise("replace the server's certificate: the client takes it for revoked"),
            A::DecryptError | A::BadRecordMac => {
                self.advise("look for a device between the two that changes what passes")
            }
            _ => self.advise("ask the client's log why"),
        }
    }
}
