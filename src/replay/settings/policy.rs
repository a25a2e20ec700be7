//! The policy of a configuration, and its limits.

use alloc::format;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::words::Named as _;
use super::{Known, Lines};
use crate::connection::{Words, hexes};
use crate::crypto::CipherSuite;
use crate::handshake::{Agreement, ChainLimit, Common, LaterVersion, Policy, SecureRenegotiation, UnboundSessions};
use crate::wire::{NamedGroup, SignatureScheme};

/// What both configurations have in common.
#[derive(Default)]
pub(super) struct CommonSettings {
    pub(super) policy: Policy,
    pub(super) send_limit: Option<u16>,
    pub(super) chain_limit: ChainLimit,
    /// The sizes of peers' RSA keys that the provider accepts.
    pub(super) rsa_key_bits: Option<RangeInclusive<u32>>,
}

pub(super) fn put(lines: &mut Lines, common: &Common) {
    let policy = &common.policy;
    let codes = |codes: Vec<u16>| hexes(codes.into_iter().map(u16::to_be_bytes));
    let of = if common.names_suites() { "exactly" } else { "supported" };
    lines.set("suites", format!("{of} {}", codes(policy.allowed_suites().map(|suite| suite.code).collect())));
    match policy.allowed_groups() {
        None => lines.set("groups", "default"),
        Some(groups) => lines.set("groups", format!("exactly {}", codes(groups.iter().map(|group| group.0).collect()))),
    }
    match policy.allowed_signature_schemes() {
        None => lines.set("signature_schemes", "default"),
        Some(schemes) => {
            let schemes = codes(schemes.iter().map(|scheme| scheme.0).collect());
            lines.set("signature_schemes", format!("exactly {schemes}"));
        }
    }
    lines.set("extended_master_secret", policy.extended_master_secret.put());
    lines.set("encrypt_then_mac", policy.encrypt_then_mac.put());
    lines.set("secure_renegotiation", policy.secure_renegotiation.put());
    lines.set("unbound_sessions", policy.unbound_sessions.put());
    lines.set("later_version", policy.later_version.put());
    let bits = common.provider.rsa_key_bits();
    lines.set("rsa_key_bits", format!("{} {}", bits.start(), bits.end()));
    lines.set("send_limit", common.send_limit);
    lines.set("chain_limit", format!("{} {}", common.chain_limit.certificates, common.chain_limit.bytes));
}

impl CommonSettings {
    /// Reads a setting, as [`super::Settings::read`] does.
    pub(super) fn read(&mut self, name: &str, words: &mut Words<'_>) -> Option<Known> {
        let policy = self.policy.clone();
        self.policy = match name {
            "suites" => read_suites(policy, words)?,
            "groups" => match words.word()? {
                "default" => policy,
                "exactly" => policy.groups(words.codes()?.into_iter().map(NamedGroup)),
                _ => return None,
            },
            "signature_schemes" => match words.word()? {
                "default" => policy,
                "exactly" => policy.signature_schemes(words.codes()?.into_iter().map(SignatureScheme)),
                _ => return None,
            },
            "extended_master_secret" => policy.extended_master_secret(Agreement::read(words.word()?)?),
            "encrypt_then_mac" => policy.encrypt_then_mac(Agreement::read(words.word()?)?),
            "secure_renegotiation" => policy.secure_renegotiation(SecureRenegotiation::read(words.word()?)?),
            "unbound_sessions" => policy.unbound_sessions(UnboundSessions::read(words.word()?)?),
            "later_version" => policy.later_version(LaterVersion::read(words.word()?)?),
            "rsa_key_bits" => {
                self.rsa_key_bits = Some(words.number()?..=words.number()?);
                policy
            }
            "send_limit" => {
                self.send_limit = Some(words.number()?);
                policy
            }
            "chain_limit" => {
                self.chain_limit = ChainLimit { certificates: words.number()?, bytes: words.number()? };
                policy
            }
            _ => return Some(Known::No),
        };
        Some(Known::Yes)
    }
}

/// Suites that another version has, and this one does not, are left out.
fn read_suites(policy: Policy, words: &mut Words<'_>) -> Option<Policy> {
    let of = words.word()?;
    let suites: Vec<_> = words.codes()?.into_iter().filter_map(CipherSuite::from_code).collect();
    match of {
        "exactly" => Some(policy.suites(suites)),
        "supported" => Some(policy.allow_supported(suites)),
        _ => None,
    }
}
