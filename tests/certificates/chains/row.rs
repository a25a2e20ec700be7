//! What a row of the table is, and what a chain is asked for.

use tls12::verify::{Allow, Rule};
use tls12::{CertificateErrorKind as Kind, KeyUse};

pub use crate::certificates::Der;
pub use crate::certificates::theirs::{Accepts, CannotBeAsked, OnlyTheyAccept, OnlyTheyRefuse, Refuses, Theirs};

/// 2026-06-01T00:00:00Z, by `date -u -d 2026-06-01 +%s`.
pub const NOW: u64 = 1_780_272_000;

/// One chain, and what everybody says of it.
pub struct Row {
    /// Unique, `group/what`.
    pub name: &'static str,
    /// What it is, with the clause that decides.
    pub what: &'static str,
    /// How it is made.
    pub made: fn() -> Case,
    /// Our verdict.
    pub ours: Ours,
    /// OpenSSL's verdict.
    pub openssl: Theirs,
    /// GnuTLS's verdict.
    pub gnutls: Theirs,
}

/// Our verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ours {
    /// Accepted, with notes on these rules and no others. Each of them refuses where it is required.
    Accepted(&'static [Rule]),
    /// Refused with a kind of error and the code of an alert (RFC 5246 §7.2).
    Refused(Kind, u8),
}

impl Ours {
    pub fn is_ok(self) -> bool {
        matches!(self, Self::Accepted(_))
    }
}

pub const OK: Ours = Ours::Accepted(&[]);

pub const fn noted(rules: &'static [Rule]) -> Ours {
    Ours::Accepted(rules)
}

// RFC 5246 §7.2.2 says which alert is for what.
pub const MISSING: Ours = Ours::Refused(Kind::NoServerCertificate, 40);
pub const MALFORMED: Ours = Ours::Refused(Kind::Malformed, 42);
pub const NAME: Ours = Ours::Refused(Kind::NameMismatch, 42);
pub const SIGNATURE: Ours = Ours::Refused(Kind::BadSignature, 42);
pub const CONSTRAINT: Ours = Ours::Refused(Kind::Constraint, 42);
pub const PURPOSE: Ours = Ours::Refused(Kind::WrongPurpose, 43);
pub const ALGORITHM: Ours = Ours::Refused(Kind::UnsupportedAlgorithm, 43);
pub const UNSUPPORTED: Ours = Ours::Refused(Kind::Unsupported, 43);
pub const REVOKED: Ours = Ours::Refused(Kind::Revoked, 44);
pub const EXPIRED: Ours = Ours::Refused(Kind::Expired, 45);
pub const NOT_YET: Ours = Ours::Refused(Kind::NotYetValid, 45);
pub const LIMIT: Ours = Ours::Refused(Kind::Refused, 46);
/// RFC 6066 §8.
pub const BAD_STAPLE: Ours = Ours::Refused(Kind::BadStatusResponse, 113);
pub const UNKNOWN: Ours = Ours::Refused(Kind::RevocationUnknown, 46);
pub const ISSUER: Ours = Ours::Refused(Kind::UnknownIssuer, 48);

/// Why GnuTLS is not asked about OCSP.
pub const NO_OCSP_TOOL: Theirs =
    CannotBeAsked("certtool takes no OCSP response, and ocsptool does not compare one with a certificate");

/// A chain, and what it is asked for.
#[derive(Clone)]
pub struct Case {
    /// The trust store.
    pub roots: Vec<Der>,
    /// The chain as sent.
    pub sent: Vec<Der>,
    /// The server's name or address; None for a client.
    pub server: Option<&'static str>,
    pub key_use: KeyUse,
    /// Certificate revocation lists; if there are any, every certificate of the path is looked up.
    pub crls: Vec<Vec<u8>>,
    /// The stapled OCSP response.
    pub staple: Option<Vec<u8>>,
    /// The checks that are relaxed.
    pub allowed: Vec<Allow>,
    /// The rules that are required. If there are any, the others are asked strictly.
    pub required: Vec<Rule>,
}

impl Case {
    /// For a server of the name a.example, which signs its key exchange.
    pub fn new(roots: Vec<Der>, sent: Vec<Der>) -> Self {
        let (server, key_use) = (Some("a.example"), KeyUse::DigitalSignature);
        Self { roots, sent, server, key_use, crls: Vec::new(), staple: None, allowed: Vec::new(), required: Vec::new() }
    }

    pub fn named(self, name: &'static str) -> Self {
        Self { server: Some(name), ..self }
    }

    pub fn client(self) -> Self {
        Self { server: None, ..self }
    }

    /// Static RSA key exchange.
    pub fn static_rsa(self) -> Self {
        Self { key_use: KeyUse::KeyEncipherment, ..self }
    }

    pub fn crls(self, crls: Vec<Vec<u8>>) -> Self {
        Self { crls, ..self }
    }

    pub fn stapled(self, response: Vec<u8>) -> Self {
        Self { staple: Some(response), ..self }
    }

    pub fn allow(mut self, allow: Allow) -> Self {
        self.allowed.push(allow);
        self
    }

    pub fn require(mut self, rule: Rule) -> Self {
        self.required.push(rule);
        self
    }

    /// The chain is sent otherwise.
    pub fn sent(mut self, change: impl FnOnce(&mut Vec<Der>)) -> Self {
        change(&mut self.sent);
        self
    }
}
