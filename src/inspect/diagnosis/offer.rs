//! What a client offered, and what a server chose of it, in words.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::message::{ClientHello, ServerHello, extension};
use crate::connection::list;
use crate::crypto::{CipherSuite, KeyExchange, suite_name};
use crate::wire::{ExtensionType, FALLBACK_SCSV, NamedGroup, ProtocolVersion, SignatureScheme};

/// Whether a suite is of a kind.
type IsOne = fn(&CipherSuite) -> bool;

/// The kinds of suites that old servers may depend on, and whether a suite is one of them.
const FAMILIES: [(&str, IsOne); 3] = [
    ("ECDHE", |suite| suite.key_exchange.is_ephemeral()),
    ("static RSA (TLS_RSA_WITH_…)", |suite| suite.key_exchange == KeyExchange::Rsa),
    ("AES-CBC", |suite| suite.name.contains("_CBC_")),
];

impl ClientHello {
    /// The numbers in a list with a length of two bytes.
    fn numbers(&self, typ: ExtensionType) -> Option<Vec<u16>> {
        Some(pairs(extension(&self.extensions, typ)?.get(2..)?))
    }

    /// The versions that the client supports, if it lists them; else all up to the one it names.
    pub(super) fn highest_version(&self) -> ProtocolVersion {
        let listed = extension(&self.extensions, ExtensionType::SUPPORTED_VERSIONS).and_then(|list| list.get(1..));
        // GREASE (RFC 8701) has larger numbers than any version.
        let known = |version: &u16| (0x0300..=0x0304).contains(version);
        let listed = listed.and_then(|list| pairs(list).into_iter().filter(known).max());
        ProtocolVersion(listed.unwrap_or(self.version.0))
    }

    pub(super) fn is_fallback(&self) -> bool {
        self.cipher_suites.contains(&FALLBACK_SCSV)
    }

    /// The application protocols that the client offers (RFC 7301 §3.1).
    pub(super) fn protocols(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut rest = extension(&self.extensions, ExtensionType::ALPN).and_then(|list| list.get(2..));
        while let Some([len, tail @ ..]) = rest {
            let Some((name, tail)) = tail.split_at_checked(usize::from(*len)) else { break };
            names.push(name.escape_ascii().to_string());
            rest = Some(tail);
        }
        names
    }

    /// What the client offered, one line each.
    pub(super) fn offered(&self) -> Vec<String> {
        // Signalling values (RFC 5746 §3.3, RFC 7507 §2), and GREASE (RFC 8701).
        let is_suite = |code: &&u16| **code != FALLBACK_SCSV && **code != 0x00ff && **code & 0x0f0f != 0x0a0a;
        let suites = self.cipher_suites.iter().filter(is_suite).map(|code| name_of(*code));
        let mut lines = Vec::from([
            format!("the client offers {} at most", self.highest_version()),
            format!("its suites: {}", list(suites)),
        ]);
        if let Some(groups) = self.numbers(ExtensionType::SUPPORTED_GROUPS) {
            lines.push(format!("its groups: {}", list(groups.into_iter().map(NamedGroup))));
        }
        if let Some(schemes) = self.numbers(ExtensionType::SIGNATURE_ALGORITHMS) {
            lines.push(format!("its signature schemes: {}", list(schemes.into_iter().map(SignatureScheme))));
        }
        lines.push(match &self.server_name {
            Some(name) => format!("the server that it asks for: {}", name.escape_debug()),
            None => String::from("it asks for no server by name (server_name)"),
        });
        let protocols = self.protocols();
        if !protocols.is_empty() {
            lines.push(format!("its application protocols: {}", list(protocols)));
        }
        lines
    }

    /// The kinds of suites that it does not offer.
    pub(super) fn lacking(&self) -> Vec<&'static str> {
        let suites: Vec<&CipherSuite> =
            self.cipher_suites.iter().filter_map(|code| CipherSuite::from_code(*code)).collect();
        let lacks = |is: IsOne| !suites.iter().any(|suite| is(suite));
        FAMILIES.iter().filter(|(_, is)| lacks(*is)).map(|(name, _)| *name).collect()
    }
}

impl ServerHello {
    /// What the server chose, on one line.
    pub(super) fn chosen(&self) -> String {
        format!("the server chose {} and {}", self.version, name_of(self.cipher_suite))
    }
}

fn name_of(code: u16) -> String {
    suite_name(code).map_or_else(|| format!("{code:#06x}"), ToString::to_string)
}

fn pairs(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect()
}
