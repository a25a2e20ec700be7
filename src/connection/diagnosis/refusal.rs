//! What a client and this server do not have in common.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::chosen::{allow_suites, suite_text};
use super::{Advice, Diagnosis, list};
use crate::crypto::{CipherSuite, KeyExchange, KeyType};
use crate::handshake::{Common, NoSuite, Objection, Refusal, ServerConfig, distinct};
use crate::wire::{EMPTY_RENEGOTIATION_INFO_SCSV, FALLBACK_SCSV, NamedGroup, is_grease};

/// The curves that a certificate's key can be on.
const KEY_CURVES: [NamedGroup; 3] = [NamedGroup::SECP256R1, NamedGroup::SECP384R1, NamedGroup::SECP521R1];

impl Diagnosis {
    pub(super) fn refused(&mut self, refusal: &Refusal, config: &ServerConfig) {
        match refusal {
            Refusal::Suites(_) => {}
            Refusal::Protocols { offered } => {
                let ours = &config.alpn_protocols;
                self.detail(format!("the client offers: {}", list(offered.iter().map(|name| name.escape_ascii()))));
                self.detail(format!("this server has: {}", list(ours.iter().map(|name| name.escape_ascii()))));
                self.advise(Advice::AddProtocols(offered.clone()));
            }
            Refusal::Name { asked } => {
                let ours = config.credentials.iter().flat_map(|named| named.names.iter().flatten());
                self.cause =
                    format!("the client requested {}, a name that this server does not have", asked.escape_debug());
                self.detail(format!("this server has: {}", list(ours)));
                self.advise(Advice::AddName(asked.clone()));
            }
        }
    }

    pub(super) fn no_suite_for(&mut self, refusal: &Refusal, config: &ServerConfig) {
        if let Refusal::Suites(no_suite) = refusal {
            self.no_suite(no_suite, &config.common);
        }
    }

    fn no_suite(&mut self, no_suite: &NoSuite, common: &Common) {
        let (not_offered, rest): (Vec<_>, Vec<_>) =
            no_suite.suites.iter().partition(|(_, objection)| *objection == Objection::NotOffered);
        for (suite, objection) in &rest {
            self.detail(format!("{}: {}", suite.name, reason(*objection)));
        }
        self.detail(format!("not offered by the client: {}", list(not_offered.iter().map(|(suite, _)| suite.name))));
        let signals = [FALLBACK_SCSV, EMPTY_RENEGOTIATION_INFO_SCSV];
        let unknown = no_suite.unknown.iter().filter(|code| !signals.contains(code) && !is_grease(**code));
        let unknown: Vec<String> = unknown.map(|code| suite_text(*code)).collect();
        if !unknown.is_empty() {
            self.detail(format!("offered by the client, but not supported by this library: {}", list(unknown)));
        }
        let has = |wanted: Objection| rest.iter().any(|(_, objection)| *objection == wanted);
        if has(Objection::NoGroup) || has(Objection::NoCurve) {
            let theirs = no_suite.groups.as_deref().map_or_else(|| String::from("any"), list);
            self.detail(format!("groups: the client's {theirs}; ours {}", list(&common.groups)));
        }
        if has(Objection::NoScheme) {
            let unnamed = || String::from("not named, which means SHA-1 (RFC 5246 §7.4.1.4.1)");
            let theirs = no_suite.schemes.as_deref().map_or_else(unnamed, list);
            self.detail(format!("signature schemes: the client's {theirs}; ours {}", list(&common.schemes)));
        }
        for (suite, objection) in &rest {
            let advice = remedy(suite, *objection, no_suite, common);
            advice.into_iter().for_each(|advice| self.advise(advice));
        }
        let serviceable = no_suite.serviceable.clone();
        if self.advice.is_empty() && !serviceable.is_empty() {
            self.advise(Advice::EnableSuitesAtPeer(serviceable));
        }
    }
}

/// Why a suite cannot be used.
fn reason(objection: Objection) -> &'static str {
    match objection {
        // Those that are not offered are listed in a line of their own.
        Objection::NotOffered | Objection::NotOurs => {
            "the client offers it, but this server cannot use it as configured"
        }
        Objection::NotAllowed => "the client offers it, but this server's policy excludes it",
        Objection::EncryptThenMac => "this server requires encrypt-then-MAC for it, which the client does not offer",
        Objection::NoCertificate => "this server has no certificate with a suitable key",
        Objection::NoCurve => "the client does not offer the curve of the certificate's key",
        Objection::NoGroup => "the two sides have no group in common",
        Objection::NoScheme => "the two sides have no signature scheme in common that the certificate's key can use",
    }
}

/// What would make the suite usable.
fn remedy(suite: &'static CipherSuite, objection: Objection, no_suite: &NoSuite, common: &Common) -> Option<Advice> {
    let groups = no_suite.groups.as_deref().unwrap_or_default();
    Some(match objection {
        Objection::NotOurs if suite.key_exchange.is_psk() && !common.knows_psk() => Advice::ConfigurePresharedKey,
        Objection::NotOffered | Objection::NotOurs => return None,
        Objection::NotAllowed => allow_suites(common, vec![suite]),
        Objection::EncryptThenMac => Advice::PreferEncryptThenMac,
        Objection::NoCertificate if suite.key_exchange == KeyExchange::EcdheEcdsa => {
            let curve = KEY_CURVES.into_iter().find(|curve| no_suite.groups.is_none() || groups.contains(curve));
            Advice::AddCertificate(curve.map_or(KeyType::Ed25519, KeyType::Ecdsa))
        }
        Objection::NoCertificate => Advice::AddCertificate(KeyType::Rsa),
        Objection::NoCurve => {
            let curve = KEY_CURVES.into_iter().find(|curve| groups.contains(curve));
            Advice::AddCertificate(curve.map_or(KeyType::Ed25519, KeyType::Ecdsa))
        }
        Objection::NoGroup => {
            let has = |group: &NamedGroup| common.provider.groups().iter().any(|ours| ours.name() == *group);
            match distinct(groups.iter().copied().filter(has)) {
                shared if shared.is_empty() => Advice::EnableGroupsAtPeer(common.groups.clone()),
                shared => Advice::AllowGroups(shared),
            }
        }
        Objection::NoScheme if no_suite.usable_schemes.is_empty() => {
            Advice::EnableSchemesAtPeer(no_suite.own_schemes.clone())
        }
        Objection::NoScheme => Advice::AllowSchemes(no_suite.usable_schemes.clone()),
    })
}
