//! The result of a scan, for `--json` and as text.

use std::fmt::{self, Display};

use serde::Serialize;
use tls12::crypto::{CipherSuite, ring};
use tls12::wire::suite_name;

use super::least::Least;
use super::session::{End, Sessions};
use super::tolerance::Intolerance;
use crate::certificates::Described;

#[derive(Serialize)]
pub struct Report {
    pub address: String,
    pub versions: Vec<VersionReport>,
    pub groups: Vec<Named>,
    pub signature_schemes: Vec<Named>,
    pub certificates: Vec<ChainReport>,
    /// Whether a client that sends no server name is presented with one of these.
    pub same_without_name: Option<bool>,
    pub extended_master_secret: Option<bool>,
    pub encrypt_then_mac: Option<bool>,
    pub secure_renegotiation: Option<bool>,
    pub ocsp_stapled: bool,
    pub asks_for_client_certificate: bool,
    pub dh_bits: Option<usize>,
    pub alpn: Vec<String>,
    pub record_size_limit: Option<u16>,
    pub max_fragment_length: Option<bool>,
    pub compression: Option<bool>,
    pub sessions: Option<Sessions>,
    pub intolerances: Option<Vec<Intolerance>>,
    pub needs: Needs,
    pub connections: usize,
    pub unanswered: usize,
    pub milliseconds: u64,
}

/// A version, and its suites in the server's order.
#[derive(Serialize)]
pub struct VersionReport {
    pub version: String,
    pub supported: bool,
    /// The answer to a client that offers only this version, if it is not supported.
    pub answer: Option<String>,
    pub suites: Vec<SuiteReport>,
    /// Whether the server chooses in its own order rather than in the client's.
    pub server_order: Option<bool>,
}

#[derive(Serialize)]
pub struct SuiteReport {
    pub code: u16,
    pub name: String,
    /// Whether tls12 supports it.
    pub ours: bool,
}

#[derive(Serialize)]
pub struct Named {
    pub code: u16,
    pub name: String,
}

/// A chain, and the verdict on it.
#[derive(Serialize)]
pub struct ChainReport {
    pub trusted: bool,
    pub report: Option<String>,
    pub chain: Vec<Described>,
}

/// What a program needs to connect to the server.
#[derive(Serialize)]
pub struct Needs {
    /// Why it cannot connect.
    pub impossible: Option<String>,
    pub code: Option<String>,
    pub small_rsa_keys: bool,
    pub options: Vec<String>,
}

impl Needs {
    pub fn of(least: &Result<Least, String>) -> Self {
        match least {
            Ok(least) => Self {
                impossible: None,
                code: Some(least.code()),
                small_rsa_keys: least.needs_small_rsa_keys(),
                options: least.options(),
            },
            Err(why) => Self { impossible: Some(why.clone()), code: None, small_rsa_keys: false, options: Vec::new() },
        }
    }
}

impl SuiteReport {
    pub fn of(code: u16) -> Self {
        let name = suite_name(code).map_or_else(|| format!("{code:#06x}"), str::to_owned);
        Self { code, name, ours: CipherSuite::from_code(code).is_some() }
    }
}

/// A list in one line; "none", if it is empty.
fn listed(items: impl IntoIterator<Item = impl Display>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

fn known(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not known",
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.address)?;
        for version in &self.versions {
            version.fmt(f)?;
        }
        let names = |list: &[Named]| listed(list.iter().map(|named| named.name.clone()));
        writeln!(f, "groups: {}", names(&self.groups))?;
        writeln!(f, "signature schemes: {}", names(&self.signature_schemes))?;
        for (number, chain) in (1..).zip(&self.certificates) {
            writeln!(f, "certificate {number}: {chain}")?;
        }
        self.fmt_extensions(f)?;
        self.fmt_sessions(f)?;
        match self.intolerances.as_deref() {
            None => writeln!(f, "intolerance: not known")?,
            Some([]) => writeln!(f, "intolerance: none")?,
            Some(found) => {
                found
                    .iter()
                    .try_for_each(|found| writeln!(f, "intolerance: to {}, answered by {}", found.to, found.answer))?;
            }
        }
        writeln!(
            f,
            "connections: {} in {} ms, {} without an answer",
            self.connections, self.milliseconds, self.unanswered
        )?;
        self.needs.fmt_tried(f, self.sessions.as_ref())?;
        let untrusted = self.certificates.iter().find(|chain| !chain.trusted);
        let pin = untrusted.and_then(|chain| chain.chain.first()?.pin.as_deref());
        if let Some(pin) = pin {
            write!(f, "\nits certificate is not trusted; if you know that it is the server's: --pin {pin}")?;
        }
        Ok(())
    }
}

impl Report {
    /// Whether tls12 supports this group.
    pub fn has_group(code: u16) -> bool {
        ring::provider().groups().iter().any(|group| group.name().0 == code)
    }

    fn fmt_extensions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(false) = self.same_without_name {
            writeln!(f, "without server_name: another certificate, or none")?;
        }
        writeln!(f, "extended master secret: {}", known(self.extended_master_secret))?;
        writeln!(f, "encrypt-then-MAC: {}", known(self.encrypt_then_mac))?;
        writeln!(f, "secure renegotiation: {}", known(self.secure_renegotiation))?;
        writeln!(f, "OCSP staple: {}", known(Some(self.ocsp_stapled)))?;
        writeln!(
            f,
            "client certificate: {}",
            if self.asks_for_client_certificate { "asked for" } else { "not asked for" }
        )?;
        if let Some(bits) = self.dh_bits {
            writeln!(f, "DHE prime: {bits} bits")?;
        }
        writeln!(f, "ALPN: {}", listed(&self.alpn))?;
        writeln!(f, "record_size_limit: {}", listed(self.record_size_limit))?;
        writeln!(f, "max_fragment_length: {}", known(self.max_fragment_length))?;
        writeln!(f, "compression: {}", known(self.compression))
    }

    fn fmt_sessions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sessions = self.sessions.as_ref();
        writeln!(f, "resumption by ID: {}", known(sessions.and_then(|sessions| sessions.by_id)))?;
        writeln!(f, "resumption by ticket: {}", known(sessions.and_then(|sessions| sessions.by_ticket)))?;
        let end = match sessions.and_then(|sessions| sessions.end) {
            Some(End::CloseNotify) => "answered with close_notify",
            Some(End::Truncated) => "answered with the end of TCP, without close_notify",
            Some(End::StaysOpen) => "not answered",
            None => "not known",
        };
        writeln!(f, "our close_notify: {end}")
    }
}

impl Display for VersionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.answer, self.server_order, self.suites.len()) {
            (Some(answer), ..) => writeln!(f, "{}: no ({answer})", self.version)?,
            (None, _, 0) => writeln!(f, "{}: yes", self.version)?,
            (None, Some(true), _) => writeln!(f, "{}: yes, in the server's order of preference:", self.version)?,
            (None, Some(false), _) => writeln!(f, "{}: yes, in the client's order of preference:", self.version)?,
            (None, None, _) => writeln!(f, "{}: yes, with:", self.version)?,
        }
        for suite in &self.suites {
            let note = if suite.ours { "" } else { "  (not supported by tls12)" };
            writeln!(f, "  {:#06x}  {}{note}", suite.code, suite.name)?;
        }
        Ok(())
    }
}

impl Display for ChainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.trusted { "trusted".to_owned() } else { "not trusted".to_owned() };
        match self.chain.first().and_then(|own| own.contents.as_ref()) {
            None => write!(f, "cannot be read")?,
            Some(own) => {
                let until = own.not_after.split('T').next().unwrap_or_default();
                write!(
                    f,
                    "{}, {}, issued by {}, valid until {until} ({} days left)",
                    own.key, own.subject, own.issuer, own.days_left
                )?;
            }
        }
        write!(f, ", {} in its chain; {verdict}", self.chain.len())?;
        self.report.iter().try_for_each(|report| write!(f, ": {}", report.lines().next().unwrap_or_default()))
    }
}

impl Needs {
    /// Together with the result of trying it.
    fn fmt_tried(&self, f: &mut fmt::Formatter<'_>, sessions: Option<&Sessions>) -> fmt::Result {
        let Some(code) = &self.code else {
            return write!(f, "\ntls12 cannot connect to it: {}", self.impossible.as_deref().unwrap_or_default());
        };
        let tried = match sessions.map(|sessions| &sessions.failure) {
            Some(None) => "tried: the handshake succeeded".to_owned(),
            Some(Some(why)) => format!("tried, and failed: {why}"),
            None => "not tried".to_owned(),
        };
        writeln!(f, "\nthe least that a program needs to connect to it ({tried}):\n  {}", code.replace('\n', "\n  "))?;
        if self.small_rsa_keys {
            writeln!(
                f,
                "  with the provider crypto::ring::provider_for_small_rsa_keys(), and Allow::SmallRsaKeys in its Verifier"
            )?;
        }
        write!(
            f,
            "as options of tls12 client: {}",
            if self.options.is_empty() { "none".to_owned() } else { self.options.join(" ") }
        )
    }
}
