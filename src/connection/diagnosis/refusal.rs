//! What a client and this server have not got in common.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Diagnosis, list};
use crate::crypto::{CipherSuite, KeyExchange};
use crate::handshake::{NoSuite, Objection, Refusal};

impl Diagnosis {
    pub(super) fn refused(&mut self, refusal: &Refusal) {
        match refusal {
            Refusal::Suites(no_suite) => self.no_suite(no_suite),
            Refusal::Protocols { offered, ours } => {
                self.detail(format!("the client offers: {}", list(offered.iter().map(|name| name.escape_ascii()))));
                self.detail(format!("this server has: {}", list(ours.iter().map(|name| name.escape_ascii()))));
                self.advise("add one that the client offers to the server's protocols");
            }
            Refusal::Name { asked, ours } => {
                self.cause =
                    format!("the client asks for {}, a name that this server does not have", asked.escape_debug());
                self.detail(format!("this server has: {}", list(ours)));
                self.advise("add a credential for this name, or set UnknownNames::UseDefault");
            }
        }
    }

    fn no_suite(&mut self, no_suite: &NoSuite) {
        let NoSuite { suites, unknown, groups: [our_groups, their_groups], schemes: [our_schemes, their_schemes] } =
            no_suite;
        let (not_offered, rest): (Vec<_>, Vec<_>) =
            suites.iter().partition(|(_, objection)| *objection == Objection::NotOffered);
        for (suite, objection) in &rest {
            self.detail(format!("{}: {}", suite.name, reason(*objection)));
        }
        self.detail(format!("not offered by the client: {}", list(not_offered.iter().map(|(suite, _)| suite.name))));
        if !unknown.is_empty() {
            self.detail(format!(
                "offered by the client, and not known here: {}",
                list(unknown.iter().map(|code| format!("{code:#06x}")))
            ));
        }
        let has = |wanted: Objection| rest.iter().any(|(_, objection)| *objection == wanted);
        if has(Objection::NoGroup) || has(Objection::NoCurve) {
            self.detail(format!("groups: the client's {}; ours {}", list(their_groups), list(our_groups)));
        }
        if has(Objection::NoScheme) {
            self.detail(format!("signature schemes: the client's {}; ours {}", list(their_schemes), list(our_schemes)));
        }
        for (suite, objection) in &rest {
            let line = remedy(suite, *objection);
            if !self.advice.contains(&line) {
                self.advise(line);
            }
        }
        if rest.is_empty() {
            self.advise("update the client: it offers no suite that is known here");
        }
    }
}

/// Why a suite is out.
fn reason(objection: Objection) -> &'static str {
    match objection {
        Objection::NotOffered => "the client does not offer it",
        Objection::NotOurs => "the client offers it, and this server's configuration leaves it out",
        Objection::EncryptThenMac => "this server requires encrypt-then-MAC for it, which the client does not offer",
        Objection::NoCertificate => "this server has no certificate with a key for it",
        Objection::NoCurve => "the client does not offer the curve of the certificate's key",
        Objection::NoGroup => "no group in common",
        Objection::NoScheme => "no signature scheme in common that the certificate's key can use",
    }
}

/// The setting that would bring the suite in.
fn remedy(suite: &CipherSuite, objection: Objection) -> String {
    match (objection, suite.key_exchange) {
        (Objection::NotOffered, _) => format!("allow {} at the client", suite.name),
        (Objection::NotOurs, KeyExchange::Psk | KeyExchange::EcdhePsk) => {
            String::from("configure the client's pre-shared key on the server")
        }
        (Objection::NotOurs, KeyExchange::Rsa) => {
            String::from("Policy::legacy on the server allows suites with static RSA key exchange")
        }
        (Objection::NotOurs, _) => format!("add {} to the suites of the server's policy", suite.name),
        (Objection::EncryptThenMac, _) => String::from("set encrypt_then_mac to Agreement::Prefer on the server"),
        (Objection::NoCertificate, KeyExchange::EcdheEcdsa) => {
            String::from("give the server a certificate with an ECDSA key beside the one that it has")
        }
        (Objection::NoCertificate, _) => {
            String::from("give the server a certificate with an RSA key beside the one that it has")
        }
        (Objection::NoCurve, _) => {
            String::from("give the server a certificate with a key on a curve that the client offers")
        }
        (Objection::NoGroup, _) => String::from("allow a group on the server that the client offers"),
        (Objection::NoScheme, _) => {
            String::from("allow a signature scheme on the server that the client offers, by Policy::signature_schemes")
        }
    }
}
