//! What an alert from the peer may mean, given what this side has sent.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use rustls_pki_types::ServerName;

use super::chosen::allow_suites;
use super::{Advice, Diagnosis, list, list_authorities};
use crate::crypto::{CipherSuite, SUITES, name_text};
use crate::error::AlertDescription;
use crate::handshake::{ClientConfig, Journal, JournalOf, ServerConfig, Shown, Stage, UnfitReason};

/// What no setting can enable.
const NOT_HERE: &str = "this library does not support DHE, CCM, CAMELLIA, ARIA, 3DES or RC4, so it cannot connect to a server that supports nothing else";

impl Diagnosis {
    pub(super) fn alert(&mut self, alert: AlertDescription, journal: Option<&Journal>) {
        let Some(journal) = journal else {
            return;
        };
        match (&journal.side, journal.stage) {
            (JournalOf::Client { config, server_name }, Stage::Greeting) => {
                self.cause = format!("the server refused our ClientHello with the alert {alert}");
                self.offered(config, server_name.as_ref());
                self.hello_refused(alert, config, server_name.as_ref());
            }
            (JournalOf::Client { config, .. }, Stage::Greeted) => {
                self.cause = format!("the server ended the handshake with the alert {alert}");
                self.client_refused(alert, config, journal);
            }
            (JournalOf::Server { .. }, Stage::Greeting) => {
                self.cause = format!("the client gave up with the alert {alert} before it sent anything else");
            }
            (JournalOf::Server { config }, Stage::Greeted) => {
                self.cause = format!("the client ended the handshake with the alert {alert}");
                self.server_refused(alert, config.as_deref());
            }
        }
    }

    /// What our ClientHello offered.
    pub(super) fn offered(&mut self, config: &ClientConfig, server_name: Option<&ServerName<'_>>) {
        let common = &config.common;
        self.detail("offered: TLS 1.2 only");
        self.detail(format!("suites: {}", list(common.suites.iter().map(|suite| suite.name))));
        self.detail(format!("groups: {}", list(&common.groups)));
        self.detail(format!("signature schemes: {}", list(&common.schemes)));
        self.detail(match (config.indicated(server_name), server_name) {
            (Some(name), _) => format!("server_name: {name}"),
            (None, Some(ServerName::DnsName(_))) => String::from("server_name: none, as the configuration says"),
            (None, Some(_)) => String::from("server_name: none, because the server was given by its address"),
            (None, None) => String::from("server_name: none, because the connection was made without one"),
        });
        if !config.alpn_protocols.is_empty() {
            self.detail(format!("protocols: {}", list(config.alpn_protocols.iter().map(|name| name.escape_ascii()))));
        }
    }

    fn hello_refused(&mut self, alert: AlertDescription, config: &ClientConfig, server_name: Option<&ServerName<'_>>) {
        use AlertDescription as A;
        match alert {
            A::ProtocolVersion => self.advise(Advice::EnableTls12AtPeer),
            A::UnrecognizedName => self.advise(Advice::ConnectByKnownName),
            A::NoApplicationProtocol => self.advise(Advice::OfferOtherProtocols),
            A::InternalError => self.advise(Advice::ReadPeerLog),
            _ => {
                self.advise_on_offer(config);
                if config.indicated(server_name).is_none() {
                    self.advise(Advice::ConnectByName);
                }
                self.advise(Advice::ReadPeerLog);
            }
        }
    }

    /// Advises what this side could offer in addition; and says what no setting can enable.
    pub(super) fn advise_on_offer(&mut self, config: &ClientConfig) {
        let common = &config.common;
        let missing = |is: &dyn Fn(&CipherSuite) -> bool| -> Vec<&'static CipherSuite> {
            SUITES.iter().filter(|suite| common.could_allow(suite) && is(suite)).collect()
        };
        // Each policy includes the previous one: suites that the default policy lacks need the legacy policy.
        let ephemeral = missing(&|suite| suite.key_exchange.is_ephemeral());
        let others = missing(&|suite| !suite.key_exchange.is_ephemeral());
        for suites in [ephemeral, others].into_iter().filter(|suites| !suites.is_empty()) {
            self.advise(allow_suites(common, suites));
        }
        let groups = common.provider.groups().iter().map(|group| group.name());
        let groups: Vec<_> = groups.filter(|group| !common.groups.contains(group)).collect();
        if !groups.is_empty() {
            self.advise(Advice::AllowGroups(groups));
        }
        let algorithms = common.provider.signature_algorithms();
        let schemes = algorithms.schemes().chain(algorithms.schemes_by_name_only());
        let schemes: Vec<_> = schemes.filter(|scheme| common.could_allow_scheme(*scheme)).collect();
        if !schemes.is_empty() {
            self.advise(Advice::AllowSchemes(schemes));
        }
        if !common.knows_psk() {
            self.advise(Advice::ConfigurePresharedKey);
        }
        self.detail(NOT_HERE);
        self.advise(Advice::EnableSuitesAtPeer(common.suites.clone()));
    }

    /// The server sent the alert after this side's last message.
    fn client_refused(&mut self, alert: AlertDescription, config: &ClientConfig, journal: &Journal) {
        use AlertDescription as A;
        if self.certificate_request(journal) {
            return;
        }
        match alert {
            A::UnknownPskIdentity => self.advise(Advice::CorrectPresharedIdentity),
            A::BadRecordMac | A::DecryptError if config.common.knows_psk() => {
                self.advise_all([Advice::ComparePresharedKeys, Advice::CheckPath]);
            }
            A::BadRecordMac | A::DecryptError => self.advise(Advice::CheckPath),
            _ => self.advise(Advice::ReadPeerLog),
        }
    }

    /// Explains how the server's request for a certificate was answered, if there was one.
    pub(super) fn certificate_request(&mut self, journal: &Journal) -> bool {
        let Some(request) = &journal.certificate_request else {
            return false;
        };
        let authorities: Vec<String> = request.authorities.iter().map(name_text).collect();
        self.detail(match authorities.is_empty() {
            true => String::from("the server requested a client certificate, from any CA"),
            false => {
                format!("the server requested a client certificate, from one of: {}", list_authorities(&authorities))
            }
        });
        for unfit in &request.unfit {
            self.detail(format!("client certificate {}: {}", unfit.place, unfit.reason));
        }
        match request.shown {
            Shown::Nothing => {
                self.detail("none was sent");
                let scheme = request.unfit.iter().any(|unfit| unfit.reason == UnfitReason::SignatureScheme);
                self.advise(match request.unfit.is_empty() {
                    true => Advice::ConfigureClientCertificate(authorities),
                    false if scheme => Advice::ClientCertificateForSchemes(request.schemes.clone()),
                    false => Advice::ClientCertificateOfTypes(request.types.clone()),
                });
            }
            Shown::Certificate => {
                self.detail("one was sent");
                self.advise_all([Advice::ReadPeerLog, Advice::CompleteOwnChain]);
            }
            Shown::OfOtherAuthority => {
                self.detail("one was sent, but as far as its chain shows, none of these CAs issued it");
                self.advise_all([Advice::ConfigureClientCertificate(authorities), Advice::CompleteOwnChain]);
            }
        }
        true
    }

    /// The client sent the alert after receiving this side's certificate.
    fn server_refused(&mut self, alert: AlertDescription, config: Option<&ServerConfig>) {
        use AlertDescription as A;
        let credentials = config.into_iter().flat_map(|config| &config.credentials);
        let issuers = credentials.filter_map(|named| {
            let last = named.credential.chain.last()?;
            crate::crypto::issuer_of_certificate(last).map(name_text)
        });
        match alert {
            A::UnknownCa | A::BadCertificate | A::CertificateUnknown | A::UnsupportedCertificate => {
                self.detail(format!("our chains lead to: {}", list(issuers)));
                self.advise(Advice::LetPeerTrust);
            }
            A::CertificateExpired => self.advise(Advice::RenewCertificate),
            A::CertificateRevoked => self.advise(Advice::ReplaceCertificate),
            A::DecryptError | A::BadRecordMac => self.advise(Advice::CheckPath),
            _ => self.advise(Advice::ReadPeerLog),
        }
    }
}
