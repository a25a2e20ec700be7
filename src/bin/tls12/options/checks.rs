//! The checks of certificates, and which of them are relaxed, for every command.

use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use tls12::crypto::{Provider, ring};
use tls12::verify::{Allow, Revocation, UnknownStatus, Verifier};

use crate::failure::Failure;
use crate::say;

#[derive(clap::Args)]
pub struct Checks {
    /// Allow something that is refused by default but that old devices need; can be given several times
    #[arg(long = "allow", value_name = "WHAT")]
    allowed: Vec<Allowed>,
    /// Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)
    #[arg(long)]
    strict: bool,
    /// Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before
    #[arg(long, value_name = "DAYS")]
    pub warn_days: Option<u32>,
}

/// What can be allowed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Allowed {
    /// Signatures with SHA-1 in the handshake
    Sha1,
    /// Peers' RSA keys of 1024 bits and more
    SmallRsaKeys,
    /// Signatures with SHA-1 on certificates
    Sha1Signatures,
    /// The common name of a certificate that has no subjectAltName
    CommonName,
    /// Roots that have expired
    ExpiredRoots,
    /// Certificates of X.509 version 1 or 2
    OldVersions,
    /// Revocation lists that have expired
    ExpiredCrls,
    /// Stapled OCSP responses that cannot be used
    UnusableStaple,
}

impl Allowed {
    /// The check of certificates that this relaxes.
    pub const fn check(self) -> Option<Allow> {
        Some(match self {
            Self::Sha1 => return None,
            Self::SmallRsaKeys => Allow::SmallRsaKeys,
            Self::Sha1Signatures => Allow::Sha1Signatures,
            Self::CommonName => Allow::CommonName,
            Self::ExpiredRoots => Allow::ExpiredRoots,
            Self::OldVersions => Allow::OldVersions,
            Self::ExpiredCrls => Allow::ExpiredCrls,
            Self::UnusableStaple => Allow::UnusableStaple,
        })
    }
}

impl Checks {
    pub fn allows(&self, what: Allowed) -> bool {
        self.allowed.contains(&what)
    }

    /// Whether there are revocation lists.
    pub fn has_lists(&self) -> bool {
        !self.crl.is_empty()
    }

    /// The provider for these settings.
    pub fn provider(&self) -> Arc<dyn Provider> {
        if self.allows(Allowed::SmallRsaKeys) { ring::provider_for_small_rsa_keys() } else { ring::provider() }
    }

    /// The option given that only affects a verifier, if there is one.
    pub fn of_verifier_only(&self) -> Option<&'static str> {
        match self {
            Self { strict: true, .. } => Some("--strict"),
            Self { crl, .. } if !crl.is_empty() => Some("--crl"),
            _ => None,
        }
    }

    /// Applies all of these settings.
    pub fn set(&self, verifier: Verifier) -> Result<Verifier, Failure> {
        let mut verifier = self.allowed.iter().filter_map(|allowed| allowed.check()).fold(verifier, Verifier::allow);
        if self.strict {
            verifier = verifier.strict();
        }
        if !self.crl.is_empty() {
            let revocation = Revocation::from_files(&self.crl, UnknownStatus::Refuse)?;
            for rejected in revocation.rejected() {
                say(format_args!("tls12: skipped: {rejected}"));
            }
            verifier = verifier.revocation(revocation);
        }
        Ok(verifier)
    }
}
