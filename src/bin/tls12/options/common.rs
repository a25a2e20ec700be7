//! What client and server can both be told.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use tls12::NamedGroup;
use tls12::crypto::{CipherSuite, Provider};
use tls12::io::KeyLogFile;
use tls12::{Agreement, KeyLog, Policy};

use super::checks::{Allowed, Checks};
use super::parse::{self, Export};
use crate::failure::Failure;

#[derive(clap::Args)]
pub struct CommonOptions {
    /// Negotiate only this cipher suite, whatever the policy; give it several times, most preferred first
    ///
    /// The names are those of the standards, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256. An unknown one is answered with the
    /// list of all that there are.
    #[arg(long = "suite", value_name = "NAME", value_parser = parse::suite(), hide_possible_values = true)]
    suites: Vec<&'static CipherSuite>,
    /// Negotiate only this group; give it several times, most preferred first
    #[arg(long = "group", value_name = "NAME", value_parser = parse::group())]
    groups: Vec<NamedGroup>,
    /// What may be negotiated
    #[arg(long, value_name = "NAME", default_value = "default")]
    policy: PolicyName,
    #[command(flatten)]
    pub checks: Checks,
    /// Refuse a peer that does not know the extended master secret (RFC 7627)
    #[arg(long)]
    require_ems: bool,
    /// Agree on an application protocol, such as h2; several with commas between them, most preferred first
    ///
    /// It can also be given several times. Without it the client offers none, and the server agrees on none.
    #[arg(long = "alpn", value_name = "NAME", value_delimiter = ',', value_parser = parse::protocol)]
    pub protocols: Vec<String>,
    /// Print LEN bytes of keying material for LABEL, in hexadecimal (RFC 5705)
    ///
    /// There is no context. Both sides get the same, and nobody else. Can be given several times.
    #[arg(long = "export", value_name = "LABEL:LEN", value_parser = parse::export)]
    pub exports: Vec<Export>,
    /// Append the connections' secrets to this file, for Wireshark; without it, to the one that SSLKEYLOGFILE names
    ///
    /// Who has it can read the connections.
    #[arg(long, value_name = "FILE")]
    keylog: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum PolicyName {
    /// ECDHE with AEADs
    Modern,
    /// Also ECDHE with AES-CBC
    Default,
    /// Also without forward secrecy: static RSA, and pre-shared keys without ECDHE; and servers without secure renegotiation
    Legacy,
}

impl CommonOptions {
    /// The provider that does what is allowed.
    pub fn provider(&self) -> Arc<dyn Provider> {
        self.checks.provider()
    }

    pub fn policy(&self) -> Policy {
        let mut policy = match self.policy {
            PolicyName::Modern => Policy::modern(),
            PolicyName::Default => Policy::default(),
            PolicyName::Legacy => Policy::legacy(),
        };
        if !self.suites.is_empty() {
            policy = policy.suites(self.suites.iter().copied());
        }
        if !self.groups.is_empty() {
            policy = policy.groups(self.groups.iter().copied());
        }
        if self.checks.allows(Allowed::Sha1) {
            let algorithms = self.provider().signature_algorithms();
            let schemes = algorithms.by_scheme.iter().chain(algorithms.by_name_only);
            policy = policy.signature_schemes(schemes.map(|(scheme, _)| *scheme));
        }
        if self.require_ems {
            policy = policy.extended_master_secret(Agreement::Require);
        }
        policy
    }

    /// The key log, if one is wanted.
    pub fn key_log(&self) -> Result<Option<Arc<dyn KeyLog>>, Failure> {
        let by_environment = || env::var_os("SSLKEYLOGFILE").filter(|path| !path.is_empty()).map(PathBuf::from);
        let Some(path) = &self.keylog.clone().or_else(by_environment) else { return Ok(None) };
        let file = KeyLogFile::append(path).map_err(|error| Failure::in_file(path, error))?;
        Ok(Some(Arc::new(file)))
    }
}
