//! What client and server can both be told.

use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use tls12::crypto::CipherSuite;
use tls12::io::KeyLogFile;
use tls12::wire::NamedGroup;
use tls12::{KeyLog, Policy};

use super::parse;
use crate::failure::Failure;

#[derive(clap::Args)]
pub struct CommonOptions {
    /// Negotiate only this cipher suite, whatever the policy; give it several times, most preferred first
    #[arg(long = "suite", value_name = "NAME", value_parser = parse::suite())]
    suites: Vec<&'static CipherSuite>,
    /// Negotiate only this group; give it several times, most preferred first
    #[arg(long = "group", value_name = "NAME", value_parser = parse::group())]
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
    /// ECDHE with AEADs
    Modern,
    /// Also ECDHE with AES-CBC
    Default,
    /// Also static RSA key exchange, without forward secrecy
    Legacy,
}

impl CommonOptions {
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
        let file = KeyLogFile::append(path).map_err(|error| Failure::in_file(path, error))?;
        Ok(Some(Arc::new(file)))
    }
}
