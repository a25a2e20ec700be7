//! What a client offered, and what a server chose of it, in words.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::message::{ClientHello, ServerHello, extension};
use crate::connection::list;
use crate::crypto::{CipherSuite, KeyExchange, suite_name};
use crate::wire::{
    EMPTY_RENEGOTIATION_INFO_SCSV, ExtensionType, FALLBACK_SCSV, NamedGroup, ProtocolNames, ProtocolVersion, Reader,
    SignatureScheme, is_grease,
};

/// Whether a suite is of a kind.
type IsOne = fn(&CipherSuite) -> bool;

/// The kinds of suites that old servers may depend on, and whether a suite is one of them.
const FAMILIES: [(&str, IsOne); 3] = [
    ("ECDHE", |suite| suite.key_exchange.is_ephemeral()),
    ("static RSA (TLS_RSA_WITH_…)", |suite| suite.key_exchange == KeyExchange::Rsa),
    ("AES-CBC", |suite| suite.name.contains("_CBC_")),
];

impl ClientHello {
    fn reader(&self, typ: ExtensionType) -> Option<Reader<'_>> {
        Some(Reader::new("extension", extension(&self.extensions, typ)?))
    }

    /// The numbers in the list of an extension, without the reserved ones.
    fn numbers(&self, typ: ExtensionType) -> Option<Vec<u16>> {
        let list = self.reader(typ)?.code_points().ok()?;
        Some(list.iter().filter(|number| !is_grease(*number)).collect())
    }

    /// The versions in supported_versions (RFC 8446 §4.2.1), without reserved ones and those of drafts.
    fn listed_versions(&self) -> Option<Vec<u16>> {
        let list = self.reader(ExtensionType::SUPPORTED_VERSIONS)?.code_points8().ok()?;
        Some(list.iter().filter(|version| (0x0300..=0x0304).contains(version)).collect())
    }

    /// The highest version that the client supports: of those that it lists, or else the one that it names.
    pub(super) fn highest_version(&self) -> ProtocolVersion {
        let listed = self.listed_versions().and_then(|list| list.into_iter().max());
        ProtocolVersion(listed.unwrap_or(self.version.0))
    }

    /// Whether the client lists its versions, and TLS 1.2 is not one of them.
    pub(super) fn excludes_tls12(&self) -> bool {
        self.listed_versions().is_some_and(|list| !list.contains(&ProtocolVersion::TLS_1_2.0))
    }

    pub(super) fn is_fallback(&self) -> bool {
        self.cipher_suites.contains(&FALLBACK_SCSV)
    }

    /// The application protocols that the client offers (RFC 7301 §3.1).
    pub(super) fn protocols(&self) -> Vec<String> {
        let list = self.reader(ExtensionType::ALPN).and_then(|mut reader| reader.vec16().ok());
        let names = list.into_iter().flat_map(|list| ProtocolNames::of(list).iter());
        // RFC 8701 §2: these are reserved, as a name of two bytes.
        let is_name = |name: &&[u8]| {
            !name.first_chunk().is_some_and(|two| name.len() == 2 && is_grease(u16::from_be_bytes(*two)))
        };
        names.filter(is_name).map(|name| name.escape_ascii().to_string()).collect()
    }

    /// What the client offered, one line each.
    pub(super) fn offered(&self) -> Vec<String> {
        let signals = [FALLBACK_SCSV, EMPTY_RENEGOTIATION_INFO_SCSV];
        let is_suite = |code: &&u16| !signals.contains(code) && !is_grease(**code);
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn hello(cipher_suites: Vec<u16>, extensions: Vec<(ExtensionType, Vec<u8>)>) -> ClientHello {
        ClientHello {
            version: ProtocolVersion::TLS_1_2,
            random: [0; 32],
            session_id: Vec::new(),
            cipher_suites,
            compression_methods: Vec::new(),
            extensions,
            server_name: None,
        }
    }

    /// RFC 8701 §2: the reserved values, in every list, and no others.
    #[test]
    fn reserved_values_are_not_offers() {
        let hello = hello(
            vec![0x5a5a, 0x1a2a, EMPTY_RENEGOTIATION_INFO_SCSV, FALLBACK_SCSV, 0x009c],
            vec![
                (ExtensionType::SUPPORTED_GROUPS, vec![0, 4, 0xaa, 0xaa, 0, 0x1d]),
                (ExtensionType::SIGNATURE_ALGORITHMS, vec![0, 4, 0x3a, 0x3a, 4, 1]),
                (ExtensionType::SUPPORTED_VERSIONS, vec![4, 0x2a, 0x2a, 3, 4]),
                (ExtensionType::ALPN, vec![0, 6, 2, 0x8a, 0x8a, 2, b'h', b'2']),
            ],
        );
        let offered = hello.offered();
        for line in [
            "its suites: 0x1a2a, TLS_RSA_WITH_AES_128_GCM_SHA256",
            "its groups: x25519",
            "its signature schemes: rsa_pkcs1_sha256",
            "its application protocols: h2",
            "the client offers TLS 1.3 at most",
        ] {
            assert!(offered.iter().any(|offered| offered == line), "{line}: {offered:#?}");
        }
        assert!(hello.excludes_tls12());
    }
}
