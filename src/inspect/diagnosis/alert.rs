//! A handshake that a side ended: with an alert, or without one.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::message::ClientHello;
use super::certificate::Seen;
use super::{Explanation, after, from};
use crate::connection::{list, list_authorities};
use crate::crypto::{name_text, suite_name};
use crate::error::{AlertDescription, CertificateErrorKind};
use crate::handshake::Role;
use crate::wire::{HandshakeType, ProtocolVersion};

/// The advice if nothing in the capture says more.
const READ_LOG: &str = "read its log: only it knows the cause";

impl Explanation<'_> {
    /// A side ended the conversation with an alert.
    pub(super) fn alert(&mut self, sender: Role, alert: AlertDescription) {
        let story = self.story;
        let what = if story.is_complete() { "connection" } else { "handshake" };
        let after = after(story, from(sender.other()));
        self.cause = format!("the {sender} ended the {what} with the alert {alert}{after}");
        match sender {
            _ if story.is_complete() => self.advise(sender, READ_LOG),
            Role::Server if story.server.is_none() => self.hello_refused(Some(alert)),
            Role::Server => self.client_refused(Some(alert)),
            Role::Client => self.server_refused(Some(alert)),
        }
    }

    /// The handshake was not completed, and nobody said why.
    pub(super) fn unfinished(&mut self) {
        let story = self.story;
        let Some((direction, how)) = story.ended else {
            if story.client.is_some() {
                let waits = if story.server.is_none() || story.changed.client { Role::Server } else { Role::Client };
                let after = after(story, from(waits.other()));
                self.cause = format!("the capture ends in the handshake{after}, which the {waits} did not answer");
                self.advise(waits, "check that it runs and is reachable, and read its log; or capture for longer");
            } else {
                self.cause = String::from("the capture does not have the beginning of the handshake");
            }
            return;
        };
        let sender = direction.sender();
        let after = after(story, direction.other());
        self.cause = format!("the {sender} {how} in the handshake without an alert{after}");
        if let Some((direction, alert)) = story.warning {
            self.detail(format!("the {} sent the warning {}", direction.sender(), alert.description));
        }
        match sender {
            Role::Server if story.client.is_none() => self.advise(Role::Server, READ_LOG),
            Role::Server if story.server.is_none() => {
                let warned = story.warning.filter(|(direction, _)| direction.sender() == sender);
                self.hello_refused(warned.map(|(_, alert)| alert.description));
            }
            Role::Server => self.client_refused(None),
            Role::Client if story.server.is_none() => {
                self.advise(Role::Client, "raise its time limit, or read its log: it did not wait for the answer");
            }
            Role::Client => self.server_refused(None),
        }
    }

    /// The server refused the ClientHello.
    fn hello_refused(&mut self, alert: Option<AlertDescription>) {
        use AlertDescription as A;
        let Some(hello) = &self.story.client else { return self.advise(Role::Server, READ_LOG) };
        self.details.extend(hello.offered());
        let highest = hello.highest_version();
        match alert {
            Some(A::ProtocolVersion) if highest < ProtocolVersion::TLS_1_2 => {
                self.advise(Role::Client, format!("enable TLS 1.2: it offers {highest} at most"));
                self.advise(Role::Server, format!("enable {highest}, if the client cannot be updated"));
            }
            Some(A::ProtocolVersion) if hello.excludes_tls12() => {
                self.advise(Role::Client, "allow TLS 1.2");
                self.advise(Role::Server, "enable TLS 1.3");
            }
            Some(A::ProtocolVersion) => {
                self.advise(Role::Server, format!("enable TLS 1.2: it refuses a client that offers {highest}"));
            }
            Some(A::InappropriateFallback) => {
                self.detail("it repeated its attempt with a lower version (TLS_FALLBACK_SCSV, RFC 7507)");
                self.advise(
                    Role::Client,
                    "find out why its attempt before this one failed, which had a higher version",
                );
            }
            Some(A::UnrecognizedName) => {
                let name = hello.server_name.as_deref().unwrap_or("no name").escape_debug();
                self.advise(Role::Server, format!("add a certificate for {name}, or use a default one"));
                self.advise(Role::Client, "connect with a name that the server has");
            }
            Some(A::NoApplicationProtocol) => {
                self.advise(Role::Server, format!("enable one of {}", list(hello.protocols())));
                self.advise(Role::Client, "offer an application protocol that the server has, or none");
            }
            Some(A::InternalError) => self.advise(Role::Server, READ_LOG),
            Some(A::DecodeError | A::IllegalParameter | A::UnexpectedMessage | A::UnsupportedExtension) => {
                self.advise(Role::Server, "update its software: it cannot read this ClientHello");
            }
            _ => self.nothing_in_common(),
        }
    }

    fn nothing_in_common(&mut self) {
        let Some(hello) = &self.story.client else { return };
        if hello.highest_version() < ProtocolVersion::TLS_1_2 {
            self.advise(Role::Client, "enable TLS 1.2, which most servers require");
        }
        let lacking = hello.lacking();
        if !lacking.is_empty() {
            self.advise(Role::Client, format!("offer cipher suites of these kinds too: {}", lacking.join(", ")));
        }
        self.advise(
            Role::Server,
            "enable one of the suites, groups and signature schemes that the client offers, and have \
                                   a certificate that goes with it",
        );
        if hello.server_name.is_none() {
            self.advise(
                Role::Client,
                "ask for the server by name (server_name): many servers refuse those that do not",
            );
        }
        if hello.is_fallback() {
            self.advise(Role::Client, "find out why its attempt before this one failed, which had a higher version");
        }
        self.advise(Role::Server, READ_LOG);
    }

    /// The server refused what the client sent after the hellos.
    fn client_refused(&mut self, alert: Option<AlertDescription>) {
        use AlertDescription as A;
        let story = self.story;
        let suite = story.server.as_ref().and_then(|hello| suite_name(hello.cipher_suite));
        if let Some(identity) = &story.identity {
            self.detail(format!("the identity of the client's pre-shared key: {}", identity.escape_ascii()));
        }
        // The messages of suites that are not supported are not read, but their names are known.
        if story.identity.is_some() || suite.is_some_and(|name| name.contains("_PSK_")) {
            match alert {
                Some(A::UnknownPskIdentity) => {
                    self.advise(Role::Server, "add a pre-shared key with this identity");
                    self.advise(Role::Client, "correct the identity of its pre-shared key");
                }
                _ => self.advise(Role::Client, "compare its pre-shared key with that of the server: they may differ"),
            }
            return;
        }
        if self.certificate_refused() {
            return;
        }
        match alert {
            Some(A::BadRecordMac | A::DecryptError | A::DecryptionFailed) => {
                self.detail("the two sides have different keys, or something between them changed a message");
                self.advise(
                    Role::Server,
                    "check that the private key matches the certificate, and look for a device on the path",
                );
            }
            _ => self.advise(Role::Server, READ_LOG),
        }
    }

    /// Whether the server had requested a certificate, over which it then failed.
    fn certificate_refused(&mut self) -> bool {
        let story = self.story;
        let (Some(request), Some(chain)) = (&story.request, &story.chains.client) else { return false };
        let authorities: Vec<String> = request.authorities.iter().map(|name| name_text(name)).collect();
        self.detail(match authorities.as_slice() {
            [] => String::from("the server accepts client certificates of any CA, as far as it says"),
            names => format!("the server accepts client certificates of: {}", list_authorities(names)),
        });
        self.detail(format!("for their keys it accepts: {}", list(&request.schemes)));
        if chain.is_empty() {
            self.cause.push_str(": it had requested a client certificate, and the client had none");
            self.advise(
                Role::Client,
                match authorities.as_slice() {
                    [] => String::from("configure a client certificate"),
                    names => {
                        format!("configure a client certificate issued by one of these: {}", list_authorities(names))
                    }
                },
            );
            self.advise(Role::Server, "make client certificates optional");
            return true;
        }
        self.chain(Role::Client);
        self.advise(Role::Server, "trust the CA of the client's certificate, or read its log");
        self.advise(
            Role::Client,
            "send the intermediate certificates, or use a certificate of a CA that the server names",
        );
        true
    }

    /// The client refused what the server sent after the hellos.
    fn server_refused(&mut self, alert: Option<AlertDescription>) {
        use AlertDescription as A;
        let story = self.story;
        let Some(server) = &story.server else {
            self.advise(Role::Client, READ_LOG);
            return;
        };
        self.detail(server.chosen());
        let is_of_certificate = matches!(
            alert,
            Some(
                A::BadCertificate
                    | A::UnsupportedCertificate
                    | A::CertificateRevoked
                    | A::CertificateExpired
                    | A::CertificateUnknown
                    | A::UnknownCa
                    | A::BadCertificateStatusResponse
            )
        );
        // Without an alert, the most frequent reason by far is the certificate.
        if is_of_certificate || (alert.is_none() && story.chains.server.is_some()) {
            return self.server_certificate(alert);
        }
        match alert {
            Some(A::ProtocolVersion) => {
                let offered = story.client.as_ref().map_or(server.version, ClientHello::highest_version);
                self.detail(format!("the client offered {offered} at most"));
                self.advise(Role::Client, format!("allow {}", server.version));
                self.advise(Role::Server, "enable a version that the client allows");
            }
            Some(A::DecryptError | A::BadRecordMac) => {
                self.detail("the two sides have different keys, or something between them changed a message");
                self.advise(
                    Role::Server,
                    "check that the private key matches the certificate, and look for a device on the path",
                );
            }
            Some(A::UserCanceled) => {}
            _ => {
                let signed = *story.last.of(from(Role::Server)) == Some(HandshakeType::SERVER_HELLO_DONE);
                if signed {
                    self.advise(Role::Server, "choose a group, a key and a signature scheme that the client offers");
                }
                if let Some(hello) = &story.client {
                    self.details.extend(hello.offered());
                }
                self.advise(Role::Client, READ_LOG);
            }
        }
    }

    fn server_certificate(&mut self, alert: Option<AlertDescription>) {
        use CertificateErrorKind as Kind;
        let problem = self.chain(Role::Server);
        match (alert, problem) {
            (Some(AlertDescription::CertificateExpired), _) | (_, Some(Kind::Expired)) => {
                self.advise(Role::Server, "renew its certificate");
                self.advise(Role::Client, "set its clock, if the certificate has not expired");
            }
            (Some(AlertDescription::CertificateRevoked), _) => {
                self.advise(Role::Server, "replace its certificate: the client considers it revoked");
            }
            (_, Some(Kind::NameMismatch)) => {
                self.advise(Role::Client, "connect by a name that the certificate is valid for");
                self.advise(Role::Server, "use a certificate that is valid for the name that the client asks for");
            }
            (_, Some(_)) => self.advise(Role::Server, "use a certificate without this problem"),
            (_, None) => {
                self.advise(Role::Client, "trust the root of the server's certificate");
                self.advise(Role::Server, "send its intermediate certificates");
            }
        }
    }

    /// Says what is known of a side's chain. Returns what is wrong with it, whatever is trusted.
    fn chain(&mut self, side: Role) -> Option<CertificateErrorKind> {
        let Seen { details, problem } = Seen::of(self.story, from(side), self.provider);
        self.details.extend(details);
        if let (Role::Server, Some(hello)) = (side, &self.story.client)
            && let Some(name) = &hello.server_name
        {
            self.detail(format!("the client asks for {}", name.escape_debug()));
        }
        let (kind, problem) = problem?;
        self.detail(format!("anyone would refuse the {side}'s certificate: {problem}"));
        Some(kind)
    }
}
