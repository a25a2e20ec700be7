//! What client and server can both be told about what to negotiate.

use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use tls12::crypto::{CipherSuite, SUITES, ring};
use tls12::io::KeyLogFile;
use tls12::wire::NamedGroup;
use tls12::{KeyLog, Policy};

use crate::Failure;

#[derive(clap::Args)]
pub struct Options {
    /// Negotiate only this cipher suite, whatever the policy; give it several times, most preferred first
    #[arg(long = "suite", value_name = "NAME", value_parser = suite_parser())]
    suites: Vec<&'static CipherSuite>,
    /// Negotiate only this group; give it several times, most preferred first
    #[arg(long = "group", value_name = "NAME", value_parser = group_parser())]
    groups: Vec<NamedGroup>,
    /// What may be negotiated
    #[arg(long, value_name = "NAME", default_value = "default")]
    policy: PolicyName,
    /// Append the connections' secrets to this file, for Wireshark. Who has it can read the connections
    #[arg(long, value_name = "FILE")]
    keylog: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum PolicyName {
    /// ECDHE with AES-GCM
    Modern,
    /// Also ECDHE with AES-CBC
    Default,
    /// Also static RSA key exchange, without forward secrecy
    Legacy,
}

impl Options {
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
        policy
    }

    /// The key log, if one is wanted.
    pub fn key_log(&self) -> Result<Option<Arc<dyn KeyLog>>, Failure> {
        let Some(path) = &self.keylog else { return Ok(None) };
        let file = KeyLogFile::append(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Some(Arc::new(file)))
    }
}

fn suite_parser() -> impl TypedValueParser<Value = &'static CipherSuite> {
    let names = PossibleValuesParser::new(SUITES.iter().map(|suite| suite.name));
    names.try_map(|name| CipherSuite::from_name(&name).ok_or("unknown cipher suite"))
}

fn group_parser() -> impl TypedValueParser<Value = NamedGroup> {
    let provider = ring::provider();
    let names = PossibleValuesParser::new(provider.groups().iter().filter_map(|group| group.name().name()));
    names.try_map(|name| NamedGroup::from_name(&name).ok_or("unknown group"))
}
