//! Forbidden choices and certificates of a peer.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::{Advice, Diagnosis, SuiteSetting};
use crate::crypto::CipherSuite;
use crate::error::Violation;
use crate::handshake::{Common, Journal, JournalOf};
use crate::wire::{NamedGroup, SignatureScheme, suite_name};

impl Diagnosis {
    pub(super) fn violation(&mut self, violation: Violation, journal: Option<&Journal>) {
        let Some(journal) = journal else { return };
        let Some(common) = journal.common() else { return };
        match violation {
            Violation::SuiteNotOffered(code) => {
                self.cause = format!("the server chose {}, which was not offered", suite_text(code));
                match CipherSuite::from_code(code).filter(|suite| common.could_allow(suite)) {
                    Some(suite) => self.advise(allow_suites(common, vec![suite])),
                    None => self.advise(Advice::EnableSuitesAtPeer(common.suites.clone())),
                }
            }
            Violation::GroupNotOffered(code) => {
                let group = NamedGroup(code);
                self.cause = format!("the server chose the group {group}, which was not offered");
                match common.provider.groups().iter().any(|ours| ours.name() == group) {
                    true => self.advise(Advice::AllowGroups(vec![group])),
                    false => self.advise(Advice::EnableGroupsAtPeer(common.groups.clone())),
                }
            }
            Violation::SchemeNotOffered(code) => {
                let scheme = SignatureScheme(code);
                self.cause = format!("the peer signed with {}, which was not offered", scheme_text(scheme));
                self.advise(Advice::EnableSchemesAtPeer(common.schemes.clone()));
                if common.could_allow_scheme(scheme) {
                    self.advise(Advice::AllowSchemes(vec![scheme]));
                }
            }
            Violation::SchemeNotForKey(code) => {
                let scheme = scheme_text(SignatureScheme(code));
                self.cause = format!("the peer signed with {scheme}, which does not match the key in its certificate");
            }
            Violation::CertificateKeyKind(code) => {
                let suite = suite_text(code);
                self.cause = format!("the type of the key in the server's certificate does not match {suite}");
                if let Some((place, count)) = journal.better_certificate {
                    self.detail(format!("certificate {place} of {count} that it sent has a matching key"));
                    self.advise(Advice::ReorderPeerChain);
                }
            }
            Violation::CertificateKeyCurve(code) => {
                let curve = NamedGroup(code);
                self.cause = format!("the key in the server's certificate is on {curve}, which was not offered");
                self.advise(Advice::AllowGroups(vec![curve]));
            }
            Violation::ResumedOtherSuite
            | Violation::ExtendedMasterSecretLost
            | Violation::ExtendedMasterSecretGained
                if matches!(journal.side, JournalOf::Client { .. }) =>
            {
                self.advise(Advice::DiscardSession);
            }
            _ => {}
        }
    }
}

/// The advice that allows these suites, which the policy excludes.
pub(super) fn allow_suites(common: &Common, suites: Vec<&'static CipherSuite>) -> Advice {
    let setting = match suites.iter().all(|suite| suite.key_exchange.is_ephemeral()) {
        _ if common.names_suites() => SuiteSetting::Named,
        true => SuiteSetting::DefaultPolicy,
        false => SuiteSetting::LegacyPolicy,
    };
    Advice::AllowSuites { suites, setting }
}

/// The name and number of a suite.
pub(super) fn suite_text(code: u16) -> String {
    match suite_name(code) {
        Some(name) => format!("{name} ({code:#06x})"),
        None => format!("cipher suite {code:#06x}, which IANA has not assigned"),
    }
}

fn scheme_text(scheme: SignatureScheme) -> String {
    format!("{scheme} ({:#06x})", scheme.0)
}
