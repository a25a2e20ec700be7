//! The ClientHello of a probe: of any version, with any offer. Nothing in it is malformed.

use std::sync::LazyLock;

use tls12::crypto::{SUITES, ring};
use tls12::wire::{
    COMPRESSION_NULL, ContentType, EMPTY_RENEGOTIATION_INFO_SCSV, ExtensionType, FALLBACK_SCSV, HandshakeType,
    LengthOf, NamedGroup, ProtocolVersion, SignatureScheme, put_alpn, put_code_points, put_ec_point_formats, put_empty,
    put_extension, put_message, put_padding, put_renegotiation_info, put_server_name, put_session_ticket,
    put_signature_algorithms, put_status_request, put_supported_groups, put_vec, suite_name,
};

use super::names::{GROUPS, SCHEMES};

/// The suites of TLS 1.3 (RFC 8446 §B.4).
pub const TLS13_SUITES: [u16; 5] = [0x1301, 0x1302, 0x1303, 0x1304, 0x1305];

/// key_share (RFC 8446 §4.2.8).
const KEY_SHARE: ExtensionType = ExtensionType(51);

/// A ClientHello to be sent.
#[derive(Clone, Debug)]
pub struct Hello {
    /// client_version, which is also the version of the record, but there at most that of TLS 1.0 (RFC 5246 §E.1).
    pub version: ProtocolVersion,
    pub record_version: ProtocolVersion,
    pub suites: Vec<u16>,
    pub compression: Vec<u8>,
    pub name: Option<String>,
    pub groups: Vec<u16>,
    pub schemes: Vec<u16>,
    pub protocols: Vec<String>,
    /// The contents of supported_versions; if empty, the extension is omitted.
    pub versions: Vec<u16>,
    /// Other extensions, by type, which precede the rest.
    pub others: Vec<(ExtensionType, Vec<u8>)>,
    /// The length in bytes to which a shorter message is padded.
    pub length: usize,
}

/// Every suite that IANA has assigned for TLS up to 1.2, those that tls12 supports first.
pub fn all_suites() -> Vec<u16> {
    static ALL: LazyLock<Vec<u16>> = LazyLock::new(|| {
        let ours: Vec<u16> = SUITES.iter().map(|suite| suite.code).collect();
        let is_other = |code: &u16| {
            let signals = [EMPTY_RENEGOTIATION_INFO_SCSV, FALLBACK_SCSV];
            suite_name(*code).is_some() && ![&ours[..], &signals, &TLS13_SUITES].iter().any(|list| list.contains(code))
        };
        ours.iter().copied().chain((0..=u16::MAX).filter(is_other)).collect()
    });
    ALL.clone()
}

impl Hello {
    /// Creates one that offers everything, up to this version.
    pub fn of_all(version: ProtocolVersion, name: Option<&str>) -> Self {
        Self {
            version: version.min(ProtocolVersion::TLS_1_2),
            record_version: ProtocolVersion::TLS_1_0,
            suites: if version == ProtocolVersion::TLS_1_3 { TLS13_SUITES.into() } else { all_suites() },
            compression: vec![COMPRESSION_NULL],
            name: name.map(str::to_owned),
            groups: GROUPS.iter().map(|(code, _)| *code).collect(),
            schemes: SCHEMES.iter().map(|(code, _)| *code).collect(),
            protocols: Vec::new(),
            versions: if version == ProtocolVersion::TLS_1_3 { vec![version.0] } else { Vec::new() },
            others: Vec::new(),
            length: 0,
        }
    }

    /// Creates the shortest one that offers this suite, with the groups and schemes that tls12 supports.
    pub fn short(suite: u16, name: Option<&str>) -> Self {
        let provider = ring::provider();
        let algorithms = provider.signature_algorithms();
        let schemes = algorithms.schemes().chain(algorithms.schemes_by_name_only());
        Self {
            suites: vec![suite],
            groups: provider.groups().iter().map(|group| group.name().0).collect(),
            schemes: schemes.map(|scheme| scheme.0).collect(),
            ..Self::of_all(ProtocolVersion::TLS_1_2, name)
        }
    }

    /// Returns the records that contain it.
    pub fn records(&self, random: &[u8; 32]) -> Vec<u8> {
        let mut message = self.message(random, 0);
        if let Some(missing) = self.length.checked_sub(message.len()).filter(|missing| *missing > 0) {
            message = self.message(random, missing);
        }
        let mut records = Vec::new();
        for fragment in message.chunks(tls12::wire::MAX_PLAINTEXT) {
            records.push(ContentType::HANDSHAKE.0);
            records.extend(self.record_version.0.to_be_bytes());
            put_vec(&mut records, LengthOf::U16, |out| out.extend(fragment));
        }
        records
    }

    fn message(&self, random: &[u8; 32], padding: usize) -> Vec<u8> {
        let mut message = Vec::new();
        put_message(&mut message, HandshakeType::CLIENT_HELLO, |out| {
            out.extend(self.version.0.to_be_bytes());
            out.extend(random);
            put_vec(out, LengthOf::U8, |_| {});
            put_vec(out, LengthOf::U16, |out| put_code_points(out, self.suites.iter().copied()));
            put_vec(out, LengthOf::U8, |out| out.extend(&self.compression));
            put_vec(out, LengthOf::U16, |out| self.put_extensions(out, padding));
        });
        message
    }

    fn put_extensions(&self, out: &mut Vec<u8>, padding: usize) {
        for (typ, content) in &self.others {
            put_extension(out, *typ, |out| out.extend(content));
        }
        if let Some(name) = &self.name {
            put_server_name(out, name);
        }
        put_renegotiation_info(out, &[]);
        put_empty(out, ExtensionType::EXTENDED_MASTER_SECRET);
        put_empty(out, ExtensionType::ENCRYPT_THEN_MAC);
        put_session_ticket(out, &[]);
        put_status_request(out);
        if !self.groups.is_empty() {
            put_supported_groups(out, &self.groups.iter().copied().map(NamedGroup).collect::<Vec<_>>());
            put_ec_point_formats(out);
        }
        // RFC 5246 §7.4.1.4.1: not for clients of earlier versions.
        if self.version >= ProtocolVersion::TLS_1_2 {
            put_signature_algorithms(out, &self.schemes.iter().copied().map(SignatureScheme).collect::<Vec<_>>());
        }
        if !self.protocols.is_empty() {
            put_alpn(out, self.protocols.iter().map(String::as_bytes));
        }
        if !self.versions.is_empty() {
            put_extension(out, ExtensionType::SUPPORTED_VERSIONS, |out| {
                put_vec(out, LengthOf::U8, |out| put_code_points(out, self.versions.iter().copied()));
            });
        }
        if self.versions.contains(&ProtocolVersion::TLS_1_3.0) {
            // Without a share, the server requests one, and so reveals which suite it chooses (RFC 8446 §4.1.4).
            put_extension(out, KEY_SHARE, |out| put_vec(out, LengthOf::U16, |_| {}));
        }
        if padding > 0 {
            put_padding(out, padding);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tls12::wire::{ClientExtensions, ClientHello, Message, RecordHeader};

    /// The library, which is strict, reads each.
    #[test]
    fn hellos_are_well_formed() {
        for version in [ProtocolVersion::TLS_1_0, ProtocolVersion::TLS_1_2, ProtocolVersion::TLS_1_3] {
            for length in [0, 4096] {
                let hello = Hello { length, ..Hello::of_all(version, Some("a.example")) };
                let records = hello.records(&[7; 32]);
                let (header, fragment) = records.split_first_chunk().unwrap();
                assert_eq!(RecordHeader::from_bytes(*header).length, fragment.len());
                let (message, rest) = Message::split(fragment).unwrap();
                assert!(rest.is_empty() && fragment.len() >= length);
                assert!(length == 0 || fragment.len() == length || hello.length < 1024);
                let read = ClientHello::decode(message.body).unwrap();
                ClientExtensions::decode(read.extensions).unwrap();
                assert_eq!(read.cipher_suites.iter().count(), hello.suites.len());
            }
        }
        assert!(Hello::short(0xc02f, Some("a.example")).records(&[0; 32]).len() < 256);
    }

    /// Whatever is assigned, once.
    #[test]
    fn all_suites_are_offered() {
        let suites = all_suites();
        let distinct: std::collections::BTreeSet<u16> = suites.iter().copied().collect();
        assert_eq!(distinct.len(), suites.len());
        for code in [0x0000, 0x0005, 0x000a, 0x0033, 0x009e, 0xc02f, 0xcca8] {
            assert!(distinct.contains(&code), "{code:#06x}");
        }
    }
}
