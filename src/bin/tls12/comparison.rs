//! `tls12 client --explain`: a handshake has failed, and the server did not say why. Scans the server, and compares what it
//! supports with what was offered.

use std::fmt;

use serde::Serialize;
use tls12::crypto::CipherSuite;
use tls12::wire::ProtocolVersion;

use crate::scan::{Named, Report};

/// The offer, by number.
pub struct Offered {
    pub suites: Vec<u16>,
    pub groups: Vec<u16>,
    pub schemes: Vec<u16>,
    pub client_certificate: bool,
}

/// The findings.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The reasons why the handshake fails.
    facts: Vec<String>,
    /// The options to use instead; empty if no option helps, or none is needed.
    options: Vec<String>,
    /// Whether a handshake with these options was tried, and complete.
    works: bool,
    connections: usize,
}

impl Explanation {
    /// Whether it explains more than the failure itself, so that guesses are not needed.
    pub fn is_conclusive(&self) -> bool {
        !self.facts.is_empty() || self.works
    }

    pub fn of(report: &Report, offered: &Offered) -> Self {
        let mut found = Self { facts: Vec::new(), options: Vec::new(), works: false, connections: report.connections };
        let versions: Vec<&str> = report
            .versions
            .iter()
            .filter(|version| version.supported)
            .map(|version| version.version.as_str())
            .collect();
        let tls12 = ProtocolVersion::TLS_1_2.to_string();
        let Some(version) = report.versions.iter().find(|version| version.supported && version.version == tls12) else {
            found.facts.push(format!("the server speaks only {}; tls12 speaks {tls12}", versions.join(", ")));
            return found;
        };
        let has = |list: &[u16], codes: &[u16]| codes.iter().any(|code| list.contains(code));
        let suites: Vec<u16> = version.suites.iter().map(|suite| suite.code).collect();
        if !has(&suites, &offered.suites) {
            let names: Vec<&str> = version.suites.iter().map(|suite| suite.name.as_str()).collect();
            found
                .facts
                .push(format!("the server supports only cipher suites that were not offered: {}", names.join(", ")));
        }
        let common = offered.suites.iter().filter(|code| suites.contains(code));
        let with_ecdhe =
            common.filter_map(|code| CipherSuite::from_code(*code)).any(|suite| suite.key_exchange.is_ephemeral());
        let codes = |list: &[Named]| list.iter().map(|named| named.code).collect::<Vec<_>>();
        if with_ecdhe && !has(&codes(&report.groups), &offered.groups) {
            found.facts.push(only(&report.groups, "group"));
            let ours = report.groups.iter().filter(|group| Report::has_group(group.code));
            found.options.extend(ours.map(|group| format!("--group {}", group.name)));
        }
        if with_ecdhe && !has(&codes(&report.signature_schemes), &offered.schemes) {
            found.facts.push(only(&report.signature_schemes, "signature scheme"));
        }
        if report.asks_for_client_certificate && !offered.client_certificate {
            found.facts.push("the server requests a client certificate (--client-cert), and none was given".to_owned());
        }
        for intolerance in report.intolerances.iter().flatten() {
            found
                .facts
                .push(format!("the server cannot handle {}, and answers with {}", intolerance.to, intolerance.answer));
        }
        if let Some(impossible) = &report.needs.impossible {
            found.facts.push(impossible.clone());
        }
        found.options.extend(report.needs.options.iter().filter(|option| *option != "--policy modern").cloned());
        found.works = report.sessions.as_ref().is_some_and(|sessions| sessions.failure.is_none());
        found
    }
}

/// The server supports only these, which were not offered.
fn only(list: &[Named], kind: &str) -> String {
    let names: Vec<&str> = list.iter().map(|named| named.name.as_str()).collect();
    match names.as_slice() {
        [] => format!("the server supports no {kind} that tls12 knows"),
        [name] => format!("the server supports only the {kind} {name}, which was not offered"),
        names => format!("the server supports only the {kind}s {}, none of which was offered", names.join(", ")),
    }
}

/// Lines to append to the failure.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  found by {} further connections:", self.connections)?;
        self.facts.iter().try_for_each(|fact| write!(f, "\n  {fact}"))?;
        let options = self.options.join(" ");
        match (self.works, self.options.is_empty(), self.facts.is_empty()) {
            (true, false, _) => write!(f, "\n- a handshake succeeded with: {options}"),
            (true, true, true) => {
                f.write_str("\n  a handshake with the default options succeeded; the difference was not found")
            }
            (true, true, false) => f.write_str("\n- a handshake succeeded with the default options: omit those given"),
            (false, ..) => f.write_str("\n  no handshake succeeded, whatever was offered"),
        }
    }
}
