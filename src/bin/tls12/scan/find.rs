//! Finds what a server supports, by offering it and reading what it chooses.
//!
//! Each choice is left out of the next offer, until the server refuses. So there is one probe for each item that the server
//! supports, however many are offered, and the items are found in its order.

use std::sync::{Mutex, PoisonError};

use rustls_pki_types::CertificateDer;
use tls12::wire::{ExtensionType, ProtocolVersion, suite_name};

use super::dial::Dialer;
use super::flight::{Answer, Flight};
use super::hello::{Hello, TLS13_SUITES, all_suites};
use super::names::PROTOCOLS;

/// How many suites are offered at once to a server that does not answer to all of them.
const FEW_SUITES: usize = 60;

/// The versions that are offered.
pub const VERSIONS: [ProtocolVersion; 4] =
    [ProtocolVersion::TLS_1_0, ProtocolVersion::TLS_1_1, ProtocolVersion::TLS_1_2, ProtocolVersion::TLS_1_3];

/// Probes a server, and keeps what its answers have shown.
pub struct Finder<'a> {
    pub dialer: &'a Dialer<'a>,
    pub name: Option<&'a str>,
    seen: Mutex<Seen>,
}

/// The contents of every server's first flight, in TLS up to 1.2.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The distinct chains.
    pub chains: Vec<Vec<CertificateDer<'static>>>,
    pub extended_master_secret: Option<bool>,
    /// With CBC suites.
    pub encrypt_then_mac: Option<bool>,
    pub secure_renegotiation: Option<bool>,
    pub is_stapled: bool,
    pub asks_for_certificate: bool,
    /// The length of the shortest DHE prime, in bits.
    pub dh_bits: Option<usize>,
}

/// Offers all of these, then repeatedly those that are left, until none is chosen.
fn in_turn(mut offer: Vec<u16>, choose: impl Fn(&[u16]) -> Option<u16>) -> Vec<u16> {
    let mut chosen = Vec::new();
    while let Some(code) = choose(&offer).filter(|code| offer.contains(code)) {
        chosen.push(code);
        offer.retain(|offered| *offered != code);
        if offer.is_empty() {
            break;
        }
    }
    chosen
}

impl<'a> Finder<'a> {
    pub fn new(dialer: &'a Dialer<'a>, name: Option<&'a str>) -> Self {
        Self { dialer, name, seen: Mutex::default() }
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a ClientHello, and keeps what the answer shows.
    pub fn ask(&self, hello: &Hello) -> Answer {
        let answer = self.dialer.ask(hello);
        if let Some(flight) = answer.flight().filter(|flight| flight.version < ProtocolVersion::TLS_1_3) {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).add(flight);
        }
        answer
    }

    /// The server's answer to a ClientHello of this version; a flight only if it has this version.
    pub fn version(&self, version: ProtocolVersion) -> Answer {
        let answer = self.ask(&Hello::of_all(version, self.name));
        if answer.flight().is_none() && version < ProtocolVersion::TLS_1_3 {
            // Some servers do not answer a ClientHello with this many suites.
            let few = Hello {
                suites: all_suites().into_iter().take(FEW_SUITES).collect(),
                ..Hello::of_all(version, self.name)
            };
            return self.ask(&few);
        }
        answer
    }

    /// The suites of a version, in the order in which the server chooses them.
    pub fn suites(&self, version: ProtocolVersion) -> Vec<u16> {
        if version == ProtocolVersion::TLS_1_3 {
            return in_turn(TLS13_SUITES.into(), |suites| self.suite_of(version, suites));
        }
        let choose = |suites: &[u16]| self.suite_of(version, suites);
        let found = in_turn(all_suites(), choose);
        if !found.is_empty() {
            return found;
        }
        let found: Vec<u16> = all_suites().chunks(FEW_SUITES).flat_map(|few| in_turn(few.to_vec(), choose)).collect();
        if found.len() > 1 { in_turn(found, choose) } else { found }
    }

    fn suite_of(&self, version: ProtocolVersion, suites: &[u16]) -> Option<u16> {
        let answer = self.ask(&Hello { suites: suites.to_vec(), ..Hello::of_all(version, self.name) });
        answer.flight().filter(|flight| flight.version == version).map(|flight| flight.suite)
    }

    /// Whether the server chooses by its own order. `suites` are in the order in which it chose them. `None` if there is no choice.
    pub fn prefers_own_order(&self, version: ProtocolVersion, suites: &[u16]) -> Option<bool> {
        let (first, _) = suites.split_first().filter(|(_, others)| !others.is_empty())?;
        let reversed: Vec<u16> = suites.iter().rev().copied().collect();
        self.suite_of(version, &reversed).map(|chosen| chosen == *first)
    }

    /// The groups for ECDHE, in the order in which the server chooses them.
    pub fn groups(&self, version: ProtocolVersion, all: Vec<u16>) -> Vec<u16> {
        let suites: Vec<u16> = signed_suites().into_iter().filter(|suite| is_named(*suite, "_ECDHE_")).collect();
        let ask = |groups: &[u16]| {
            let hello = Hello { suites: suites.clone(), groups: groups.to_vec(), ..Hello::of_all(version, self.name) };
            self.ask(&hello).flight().and_then(|flight| flight.group)
        };
        let mut found = in_turn(all.clone(), ask);
        // RFC 8422 §5.1.1: without the group of its ECDSA key, a server may have nothing to sign with. So those that were
        // chosen stay in the offer, behind the others, until one of them is chosen again.
        let mut left: Vec<u16> = all.into_iter().filter(|group| !found.contains(group)).collect();
        for last in found.clone() {
            let with_last = |groups: &[u16]| ask(&[groups, &[last]].concat());
            let more = in_turn(left.clone(), with_last);
            left.retain(|group| !more.contains(group));
            found.extend(more);
        }
        found
    }

    /// The schemes with which the server signs its key exchange, in the order in which it chooses them.
    pub fn schemes(&self, all: Vec<u16>) -> Vec<u16> {
        in_turn(all, |schemes| {
            let hello = Hello {
                suites: signed_suites(),
                schemes: schemes.to_vec(),
                ..Hello::of_all(ProtocolVersion::TLS_1_2, self.name)
            };
            self.ask(&hello).flight().and_then(|flight| flight.scheme)
        })
    }

    /// The application protocols, in the order in which the server chooses them.
    pub fn protocols(&self, version: ProtocolVersion) -> Vec<String> {
        let mut offer: Vec<String> = PROTOCOLS.map(str::to_owned).into();
        let mut chosen = Vec::new();
        while let Some(protocol) = self.protocol_of(version, &offer).filter(|protocol| offer.contains(protocol)) {
            offer.retain(|offered| *offered != protocol);
            chosen.push(protocol);
        }
        chosen
    }

    fn protocol_of(&self, version: ProtocolVersion, protocols: &[String]) -> Option<String> {
        let hello = Hello { protocols: protocols.to_vec(), ..Hello::of_all(version, self.name) };
        let answer = self.ask(&hello);
        // A list of one name: two bytes of length, and one (RFC 7301 §3.1).
        let content = answer.flight()?.extension(ExtensionType::ALPN)?;
        String::from_utf8(content.get(3..)?.to_vec()).ok()
    }

    /// The length of the longest record that the server accepts, if it announces one (RFC 8449).
    pub fn record_size_limit(&self, version: ProtocolVersion) -> Option<u16> {
        let others = vec![(ExtensionType::RECORD_SIZE_LIMIT, tls12::wire::MAX_RECORD_SIZE_LIMIT.to_be_bytes().into())];
        let answer = self.ask(&Hello { others, ..Hello::of_all(version, self.name) });
        let content = answer.flight()?.extension(ExtensionType::RECORD_SIZE_LIMIT)?;
        content.try_into().ok().map(u16::from_be_bytes)
    }

    /// Whether the server accepts the fragment length that the client requests (RFC 6066 §4).
    pub fn max_fragment_length(&self, version: ProtocolVersion) -> Option<bool> {
        /// It stands for 2^12 bytes.
        const LONGEST: u8 = 4;
        let others = vec![(ExtensionType::MAX_FRAGMENT_LENGTH, vec![LONGEST])];
        let answer = self.ask(&Hello { others, ..Hello::of_all(version, self.name) });
        Some(answer.flight()?.extension(ExtensionType::MAX_FRAGMENT_LENGTH) == Some(&[LONGEST]))
    }

    /// Whether the server compresses, which can reveal secrets (RFC 7457 §2.6).
    pub fn compresses(&self, version: ProtocolVersion) -> Option<bool> {
        /// RFC 3749 §2.1.
        const DEFLATE: u8 = 1;
        let compression = vec![DEFLATE, tls12::wire::COMPRESSION_NULL];
        let answer = self.ask(&Hello { compression, ..Hello::of_all(version, self.name) });
        Some(answer.flight()?.compression == DEFLATE)
    }

    /// The server's answer to a client that sends no server name.
    pub fn without_name(&self, version: ProtocolVersion) -> Answer {
        self.ask(&Hello::of_all(version, None))
    }
}

/// The suites whose key exchange is signed.
fn signed_suites() -> Vec<u16> {
    let is_signed = |code: &u16| {
        ["_ECDHE_ECDSA_", "_ECDHE_RSA_", "_DHE_RSA_", "_DHE_DSS_"].iter().any(|kind| is_named(*code, kind))
    };
    all_suites().into_iter().filter(is_signed).collect()
}

fn is_named(suite: u16, part: &str) -> bool {
    suite_name(suite).is_some_and(|name| name.contains(part))
}

impl Seen {
    fn add(&mut self, flight: &Flight) {
        if !flight.chain.is_empty() && !self.chains.contains(&flight.chain) {
            self.chains.push(flight.chain.clone());
        }
        let or = |before: Option<bool>, typ| Some(before.unwrap_or(false) || flight.extension(typ).is_some());
        self.extended_master_secret = or(self.extended_master_secret, ExtensionType::EXTENDED_MASTER_SECRET);
        self.secure_renegotiation = or(self.secure_renegotiation, ExtensionType::RENEGOTIATION_INFO);
        if flight.is_cbc() {
            self.encrypt_then_mac = or(self.encrypt_then_mac, ExtensionType::ENCRYPT_THEN_MAC);
        }
        self.is_stapled |= flight.is_stapled;
        self.asks_for_certificate |= flight.asks_for_certificate;
        self.dh_bits = [self.dh_bits, flight.dh_bits].into_iter().flatten().min();
    }
}
