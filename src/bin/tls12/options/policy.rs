//! What may be negotiated: suites, groups, and the policy that they are chosen from.

use clap::ValueEnum;
use tls12::NamedGroup;
use tls12::Policy;
use tls12::crypto::CipherSuite;

use super::parse;

#[derive(clap::Args)]
pub struct PolicyArgs {
    /// Negotiate only this cipher suite, whatever the policy; give it several times, most preferred first
    ///
    /// The names are those of the standards, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256. `tls12 suites` lists them.
    #[arg(long = "suite", value_name = "NAME", value_parser = parse::suite(), hide_possible_values = true)]
    suites: Vec<&'static CipherSuite>,
    /// Negotiate only this group; give it several times, most preferred first
    #[arg(long = "group", value_name = "NAME", value_parser = parse::group())]
    pub groups: Vec<NamedGroup>,
    /// What may be negotiated
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub policy: PolicyName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicyName {
    /// ECDHE with AEADs
    Modern,
    /// Also ECDHE with AES-CBC
    Default,
    /// Also without forward secrecy: static RSA, and pre-shared keys without ECDHE; and servers without secure renegotiation
    Legacy,
}

impl PolicyName {
    /// All of them, each allowing what the one before allows.
    pub const ALL: [Self; 3] = [Self::Modern, Self::Default, Self::Legacy];

    pub fn policy(self) -> Policy {
        match self {
            Self::Modern => Policy::modern(),
            Self::Default => Policy::default(),
            Self::Legacy => Policy::legacy(),
        }
    }

    /// As it is given.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Default => "default",
            Self::Legacy => "legacy",
        }
    }

    /// The strictest that allows this suite.
    pub fn least_for(suite: &CipherSuite) -> Self {
        Self::ALL.into_iter().find(|name| name.policy().allows(suite)).unwrap_or(Self::Legacy)
    }
}

impl PolicyArgs {
    pub fn policy(&self) -> Policy {
        let mut policy = self.policy.policy();
        if !self.suites.is_empty() {
            policy = policy.suites(self.suites.iter().copied());
        }
        if !self.groups.is_empty() {
            policy = policy.groups(self.groups.iter().copied());
        }
        policy
    }
}
